/* Shared parts of the codecs. No state; any thread. */
#include "common/wire/codec.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/wire/messages.h"

/* Room for structs, pointers and protobuf-c's own lists, beyond the bytes of the message itself.
 * A probe takes about 320 bytes of it. */
#define ARENA_EXTRA_BYTES (8u * 1024u)
#define ARENA_EXTRA_BATCH_BYTES (OV_BATCH_PROBES_MAX * 512u)

#define TIME_END_US INT64_C(4102444800000000) /* 2100-01-01 */
#define MINUTE_US INT64_C(60000000)

static void *arena_alloc(void *data, size_t size)
{
    struct codec_arena *arena = data;
    size_t room = arena->block.size - arena->used;
    if (size > room || ((size + 15u) & ~(size_t)15u) > room)
        return NULL;
    void *at = arena->block.data + arena->used;
    arena->used += (size + 15u) & ~(size_t)15u;
    return at;
}

static void arena_free(void *data, void *block)
{
    /* Nothing: the whole arena goes at once. */
    (void)data;
    (void)block;
}

enum ov_status codec_unpack(const ProtobufCMessageDescriptor *descriptor, uint16_t type,
                            const uint8_t *data, size_t size, struct codec_arena *arena,
                            ProtobufCMessage **ret_message, struct ov_error *err)
{
    memset(arena, 0, sizeof(*arena));
    if (size > ov_frame_max_bytes(type))
        return ov_fail(err, OV_ERR_PROTOCOL, "frame.too_long",
                       "a %s message of %zu bytes is longer than the %u that are allowed",
                       ov_frame_type_name(type), size, ov_frame_max_bytes(type));
    size_t extra = type == OV_FRAME_PROBE_BATCH ? ARENA_EXTRA_BATCH_BYTES : ARENA_EXTRA_BYTES;
    if (ov_secret_new(&arena->block, size + extra) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for a message");
    arena->allocator.alloc = arena_alloc;
    arena->allocator.free = arena_free;
    arena->allocator.allocator_data = arena;
    ProtobufCMessage *message =
        protobuf_c_message_unpack(descriptor, &arena->allocator, size, data);
    if (message == NULL)
        return ov_fail(err, OV_ERR_PROTOCOL, "message.format",
                       "the bytes are no %s message, or have too many parts",
                       ov_frame_type_name(type));
    *ret_message = message;
    return OV_OK;
}

void codec_done(struct codec_arena *arena)
{
    ov_secret_free(&arena->block);
}

enum ov_status codec_pack(const ProtobufCMessage *message, uint16_t type,
                          struct ov_secret *ret_frame)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    if (size > ov_frame_max_bytes(type))
        return OV_ERR_LIMIT;
    struct ov_secret frame = OV_SECRET_INIT;
    enum ov_status status = ov_secret_new(&frame, OV_FRAME_HEADER_BYTES + size);
    if (status != OV_OK)
        return status;
    struct ov_frame_header header = {.length = (uint32_t)size, .type = type};
    ov_frame_header_write(frame.data, &header);
    (void)protobuf_c_message_pack(message, frame.data + OV_FRAME_HEADER_BYTES);
    *ret_frame = frame;
    return OV_OK;
}

ProtobufCBinaryData codec_borrow(const void *data, size_t size)
{
    union {
        const void *in;
        uint8_t *out;
    } pointer = {.in = data};
    ProtobufCBinaryData borrowed = {.len = size, .data = pointer.out};
    return borrowed;
}

char *codec_text(const char *text)
{
    union {
        const char *in;
        char *out;
    } pointer = {.in = text};
    return pointer.out;
}

enum ov_status codec_refuse(struct ov_error *err, const char *field, const char *rule)
{
    char code[sizeof(err->code)];
    (void)snprintf(code, sizeof(code), "message.%s", field);
    return ov_fail(err, OV_ERR_PROTOCOL, code, "the field %s %s", field, rule);
}

enum ov_status take_bytes(const char *field, const ProtobufCBinaryData *in, void *out, size_t size,
                          struct ov_error *err)
{
    if (in->len != size)
        return codec_refuse(err, field, "has another length than its kind needs");
    memcpy(out, in->data, size);
    return OV_OK;
}

enum ov_status take_id(const char *field, const ProtobufCBinaryData *in, struct ov_id *ret_id,
                       struct ov_error *err)
{
    return take_bytes(field, in, ret_id->bytes, sizeof(ret_id->bytes), err);
}

enum ov_status take_text(const char *field, const char *in, char *out, size_t out_size,
                         struct ov_error *err)
{
    size_t length = strnlen(in, out_size);
    if (length == out_size)
        return codec_refuse(err, field, "is too long");
    memcpy(out, in, length + 1);
    return OV_OK;
}

enum ov_status take_secret(const char *field, const ProtobufCBinaryData *in, size_t max,
                           struct ov_secret *ret_secret, struct ov_error *err)
{
    if (in->len > max)
        return codec_refuse(err, field, "is too long");
    if (in->len > 0 && ov_secret_copy(ret_secret, in->data, in->len) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for a message");
    return OV_OK;
}

enum ov_status check_text(const char *field, const char *text, size_t text_size,
                          struct ov_error *err)
{
    size_t length = strnlen(text, text_size);
    if (length == text_size)
        return codec_refuse(err, field, "is too long");
    if (!ov_text_is_clean_utf8(text, length))
        return codec_refuse(err, field, "has to be UTF-8 without control characters");
    return OV_OK;
}

enum ov_status check_code(const char *field, const char *text, size_t text_size, bool may_be_empty,
                          struct ov_error *err)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.");
    if (length >= text_size || text[length] != '\0')
        return codec_refuse(err, field, "has to be short, of a-z, 0-9, _ and .");
    if (length == 0 && !may_be_empty)
        return codec_refuse(err, field, "is missing");
    return OV_OK;
}

static bool is_camera_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

enum ov_status check_camera(const char *field, const char *name, struct ov_error *err)
{
    size_t length = 0;
    while (length < OV_CAMERA_NAME_SIZE && is_camera_char(name[length]))
        length++;
    if (length == 0 || length == OV_CAMERA_NAME_SIZE || name[length] != '\0')
        return codec_refuse(err, field, "has to be 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-'");
    return OV_OK;
}

enum ov_status check_time(const char *field, int64_t utc_us, struct ov_error *err)
{
    if (utc_us <= 0 || utc_us >= TIME_END_US)
        return codec_refuse(err, field, "is no time between 1970 and 2100");
    return OV_OK;
}

enum ov_status check_minute(const char *field, int64_t utc_us, struct ov_error *err)
{
    if (utc_us % MINUTE_US != 0)
        return codec_refuse(err, field, "is not the start of a minute");
    return check_time(field, utc_us, err);
}

enum ov_status check_number(const char *field, float value, float min, float max,
                            struct ov_error *err)
{
    if (!isfinite(value) || value < min || value > max)
        return codec_refuse(err, field, "is no number in its range");
    return OV_OK;
}

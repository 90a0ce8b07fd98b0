/*
 * What the codecs of this folder share: unpacking into one wiped arena, packing into a frame, and
 * the checks of single values. The only header here that knows protobuf; private to the folder.
 *
 * Each codec has the same shape. take_X copies a decoded protobuf message into our struct, checking
 * what the struct cannot hold (lengths, counts); check_X checks the struct's values and serves both
 * ways: a decoded message that fails is refused, and so is one that we are asked to encode.
 */
#ifndef OVERT_COMMON_WIRE_CODEC_H
#define OVERT_COMMON_WIRE_CODEC_H

#include <overt.pb-c.h>

#include "common/base/id.h"
#include "common/base/secret.h"
#include "common/base/status.h"
#include "common/wire/frame.h"

/*
 * Everything that protobuf-c allocates while it decodes one message: a single block of secret
 * memory, whose size follows from the message's length, wiped as a whole. A message that wants more
 * (thousands of empty parts) does not decode.
 */
struct codec_arena {
    struct ov_secret block;
    size_t used; /* bytes */
    ProtobufCAllocator allocator;
};

/* Longer than the type's limit: "frame.too_long"; not such a message: "message.format". The
 * result lives in the arena; call codec_done on every path. */
OV_CHECKED enum ov_status codec_unpack(const ProtobufCMessageDescriptor *descriptor, uint16_t type,
                                       const uint8_t *data, size_t size, struct codec_arena *arena,
                                       ProtobufCMessage **ret_message, struct ov_error *err);
void codec_done(struct codec_arena *arena);

/* Header and message in one block; OV_ERR_LIMIT when longer than its type may be. */
OV_CHECKED enum ov_status codec_pack(const ProtobufCMessage *message, uint16_t type,
                                     struct ov_secret *ret_frame);

/* Bytes of ours as protobuf-c wants them; it only reads them. */
ProtobufCBinaryData codec_borrow(const void *data, size_t size);
/* A string of ours as protobuf-c wants it; it only reads it. */
char *codec_text(const char *text);

/* The error for one field: "message.FIELD". */
enum ov_status codec_refuse(struct ov_error *err, const char *field, const char *rule);

/* Copying out of a decoded message; the size must be exactly right, a text must fit. */
OV_CHECKED enum ov_status take_bytes(const char *field, const ProtobufCBinaryData *in, void *out,
                                     size_t size, struct ov_error *err);
OV_CHECKED enum ov_status take_id(const char *field, const ProtobufCBinaryData *in,
                                  struct ov_id *ret_id, struct ov_error *err);
OV_CHECKED enum ov_status take_text(const char *field, const char *in, char *out, size_t out_size,
                                    struct ov_error *err);
/* At most max bytes into secret memory; none leaves ret_secret empty. */
OV_CHECKED enum ov_status take_secret(const char *field, const ProtobufCBinaryData *in, size_t max,
                                      struct ov_secret *ret_secret, struct ov_error *err);

/* Values. text_size is the array's size; the text must end within it and be clean UTF-8. */
OV_CHECKED enum ov_status check_text(const char *field, const char *text, size_t text_size,
                                     struct ov_error *err);
/* [a-z0-9_.], not empty unless may_be_empty. */
OV_CHECKED enum ov_status check_code(const char *field, const char *text, size_t text_size,
                                     bool may_be_empty, struct ov_error *err);
/* 1..64 bytes of [A-Za-z0-9._-]. */
OV_CHECKED enum ov_status check_camera(const char *field, const char *name, struct ov_error *err);
/* After 1970 and before 2100. */
OV_CHECKED enum ov_status check_time(const char *field, int64_t utc_us, struct ov_error *err);
/* The start of a minute, and a time. */
OV_CHECKED enum ov_status check_minute(const char *field, int64_t utc_us, struct ov_error *err);
/* Finite and within [min, max]. */
OV_CHECKED enum ov_status check_number(const char *field, float value, float min, float max,
                                       struct ov_error *err);

/* Cosines; a float32 dot product may pass 1 by its rounding. */
#define COSINE_MAX 1.001f

#endif

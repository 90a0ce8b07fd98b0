/*
 * A stream of frames as a session reads it: header, table, body, decoder. The first byte says who
 * is sending; Hello and Welcome open the session.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/wire/samples.h"

static void decode_body(uint16_t type, const uint8_t *body, size_t size)
{
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        struct ov_secret again = OV_SECRET_INIT;
        if (families[i].type != type)
            continue;
        if (families[i].recode(body, size, &again, NULL) == OV_OK)
            ov_secret_free(&again);
        return;
    }
    fuzz_require(false); /* the table let a type through that has no codec */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum ov_frame_sender sender = (data[0] & 1) != 0 ? OV_FROM_SERVER : OV_FROM_CLIENT;
    enum ov_session_state state = OV_SESSION_GREETING;
    size_t at = 1;
    while (size - at >= OV_FRAME_HEADER_BYTES) {
        struct ov_frame_header header;
        struct ov_error err = OV_ERROR_INIT;
        uint8_t written[OV_FRAME_HEADER_BYTES];
        ov_frame_header_read(data + at, &header);
        ov_frame_header_write(written, &header);
        fuzz_require(memcmp(written, data + at, sizeof(written)) == 0);
        if (ov_frame_check(&header, sender, state, &err) != OV_OK) {
            fuzz_require(err.code[0] != '\0');
            return 0;
        }
        fuzz_require(header.length <= ov_frame_max_bytes(header.type));
        fuzz_require(state != OV_SESSION_GREETING || header.length <= 65536);
        at += OV_FRAME_HEADER_BYTES;
        if (header.length > size - at)
            return 0;
        decode_body(header.type, data + at, header.length);
        at += header.length;
        state = OV_SESSION_OPEN;
    }
    return 0;
}

/* All samples of one sender in a row, the one that opens the session first. */
static void emit_stream(bool server, void (*emit)(void *ctx, const void *data, size_t size),
                        void *ctx)
{
    struct ov_buf stream = OV_BUF_INIT;
    ov_buf_append(&stream, server ? "\x01" : "\x00", 1);
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        struct ov_frame_header header = {.length = 0, .type = families[i].type};
        struct ov_secret frame = OV_SECRET_INIT;
        enum ov_session_state state = stream.length == 1 ? OV_SESSION_GREETING : OV_SESSION_OPEN;
        if (ov_frame_check(&header, server ? OV_FROM_SERVER : OV_FROM_CLIENT, state, NULL) != OV_OK)
            continue;
        fuzz_require(families[i].sample(&frame) == OV_OK);
        ov_buf_append(&stream, frame.data, frame.size);
        ov_secret_free(&frame);
    }
    emit(ctx, stream.data, stream.length);
    ov_buf_free(&stream);
}

void fuzz_seeds(void (*emit)(void *ctx, const void *data, size_t size), void *ctx)
{
    emit_stream(false, emit, ctx);
    emit_stream(true, emit, ctx);
}

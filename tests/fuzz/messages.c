/*
 * Every message codec: the first byte picks the message, the rest is its bytes. What decodes must
 * encode, and that must decode and encode to the same bytes: nothing gets lost on the way.
 */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/unit/wire/samples.h"

/* Renormalising a descriptor twice may move its last bit: only the length must stay. */
static void check_same(const struct family *family, const struct ov_secret *a,
                       const struct ov_secret *b)
{
    if (family->type == OV_FRAME_PROBE_BATCH)
        fuzz_require(a->size == b->size);
    else
        fuzz_require(ov_secret_equal(a, b));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct family *family = &families[data[0] % FAMILY_COUNT];
    struct ov_secret once = OV_SECRET_INIT;
    struct ov_secret twice = OV_SECRET_INIT;
    struct ov_error err = OV_ERROR_INIT;
    enum ov_status status = family->recode(data + 1, size - 1, &once, &err);
    if (status != OV_OK) {
        fuzz_require(err.status == status); /* refused, with a reason */
        fuzz_require(err.code[0] != '\0' && err.text[0] != '\0');
        fuzz_require(once.data == NULL);
        return 0;
    }
    fuzz_require(family->recode(once.data + OV_FRAME_HEADER_BYTES,
                                once.size - OV_FRAME_HEADER_BYTES, &twice, NULL) == OV_OK);
    check_same(family, &once, &twice);
    ov_secret_free(&once);
    ov_secret_free(&twice);
    return 0;
}

void fuzz_seeds(void (*emit)(void *ctx, const void *data, size_t size), void *ctx)
{
    for (uint8_t i = 0; i < FAMILY_COUNT; i++) {
        struct ov_secret frame = OV_SECRET_INIT;
        fuzz_require(families[i].sample(&frame) == OV_OK);
        frame.data[OV_FRAME_HEADER_BYTES - 1] = i;
        emit(ctx, frame.data + OV_FRAME_HEADER_BYTES - 1, frame.size - OV_FRAME_HEADER_BYTES + 1);
        ov_secret_free(&frame);
    }
}

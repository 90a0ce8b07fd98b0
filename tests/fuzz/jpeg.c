/* JPEG decoding: the one decoder that sees pictures from outside. The first byte picks the scale.
 */
#include <stdlib.h>
#include <string.h>

#include "common/face/image.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int sides[] = {0, 1, 16, 100, 4000};
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_error err = OV_ERROR_INIT;
    int width = 0;
    int height = 0;
    if (size == 0)
        return 0;
    int side = sides[data[0] % 5];
    if (ov_jpeg_size(data + 1, size - 1, &width, &height, NULL) == OV_OK) {
        fuzz_require(width > 0 && height > 0);
        fuzz_require((int64_t)width * height <= OV_IMAGE_MAX_PIXELS);
        if ((int64_t)width * height > 1000000)
            return 0; /* allowed, but too slow to try thousands of */
    }
    if (ov_jpeg_decode(&image, data + 1, size - 1, side, &err) != OV_OK) {
        fuzz_require(err.code[0] != '\0');
        fuzz_require(image.pixels.data == NULL);
        return 0;
    }
    fuzz_require(image.width > 0 && image.height > 0);
    fuzz_require(image.pixels.size == (size_t)image.width * (size_t)image.height * 3);
    ov_image_free(&image);
    return 0;
}

static void emit_image(int width, int height, int quality,
                       void (*emit)(void *ctx, const void *data, size_t size), void *ctx)
{
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_secret jpeg = OV_SECRET_INIT;
    fuzz_require(ov_image_new(&image, width, height) == OV_OK);
    for (size_t i = 0; i < image.pixels.size; i++)
        image.pixels.data[i] = (unsigned char)(i * 7 + i / 100);
    fuzz_require(ov_jpeg_encode(&jpeg, &image, quality, NULL) == OV_OK);
    uint8_t *input = malloc(jpeg.size + 1);
    fuzz_require(input != NULL);
    for (uint8_t scale = 0; scale < 5; scale += 2) {
        input[0] = scale;
        memcpy(input + 1, jpeg.data, jpeg.size);
        emit(ctx, input, jpeg.size + 1);
    }
    free(input);
    ov_secret_free(&jpeg);
    ov_image_free(&image);
}

void fuzz_seeds(void (*emit)(void *ctx, const void *data, size_t size), void *ctx)
{
    emit_image(1, 1, 50, emit, ctx);
    emit_image(33, 17, 75, emit, ctx);
    emit_image(64, 48, 95, emit, ctx);
}

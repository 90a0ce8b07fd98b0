/* Helpers of the unit tests of common/face. */
#include "tests/unit/face/face_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"

void load_photo(int number, struct ov_image *ret_image)
{
    char path[1024];
    struct ov_error err = OV_ERROR_INIT;
    struct ov_secret file = OV_SECRET_INIT;
    assert_true(place_of_photo(number, path, sizeof path));
    assert_ok(ov_file_read_secret(path, 16u << 20, &file, &err), &err);
    assert_ok(ov_jpeg_decode(ret_image, file.data, file.size, 0, &err), &err);
    ov_secret_free(&file);
}

void make_gradient(int width, int height, struct ov_image *ret_image)
{
    assert_int_equal(ov_image_new(ret_image, width, height), OV_OK);
    unsigned char *pixel = ret_image->pixels.data;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            pixel[0] = (unsigned char)(255 * x / width);
            pixel[1] = (unsigned char)(255 * y / height);
            pixel[2] = 128;
            pixel += 3;
        }
    }
}

struct ov_face_engine *engine_or_skip(void)
{
    char pack[1024], photo[1024];
    struct ov_error err = OV_ERROR_INIT;
    struct ov_face_engine *engine = NULL;
    if (!place_of_pack(pack, sizeof pack) || !place_of_photo(1, photo, sizeof photo)) {
        (void)printf("skipped: no model pack or photos; run deploy/setup\n");
        exit(77);
    }
    if (ov_face_engine_new(pack, NULL, &engine, &err) != OV_OK) {
        (void)printf("%s: %s\n", err.code, err.text);
        exit(1);
    }
    return engine;
}

void paste(struct ov_image *canvas, const struct ov_image *source, int left, int top, int width,
           int height)
{
    struct ov_image scaled = OV_IMAGE_INIT;
    assert_int_equal(ov_image_resize(&scaled, source, width, height), OV_OK);
    assert_true(left >= 0 && top >= 0 && left + width <= canvas->width &&
                top + height <= canvas->height);
    for (int y = 0; y < height; y++)
        memcpy(canvas->pixels.data + ((size_t)(top + y) * (size_t)canvas->width + (size_t)left) * 3,
               scaled.pixels.data + (size_t)y * (size_t)width * 3, (size_t)width * 3);
    ov_image_free(&scaled);
}

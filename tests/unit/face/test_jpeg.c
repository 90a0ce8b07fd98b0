/* JPEG and Exif: what is read, what is refused, and which way up pictures come out. */
#include "tests/unit/face/face_test.h"

#include <stdlib.h>
#include <string.h>

#include <turbojpeg.h>

#include "common/face/exif.h"

static void encode(const struct ov_image *image, int quality, struct ov_secret *ret_jpeg)
{
    struct ov_error err = OV_ERROR_INIT;
    assert_ok(ov_jpeg_encode(ret_jpeg, image, quality, &err), &err);
}

static void expect_refused(const void *data, size_t size, const char *code)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_image image = OV_IMAGE_INIT;
    assert_int_not_equal(ov_jpeg_decode(&image, data, size, 0, &err), OV_OK);
    assert_string_equal(err.code, code);
    assert_true(strlen(err.text) > 20);
    assert_null(image.pixels.data);
}

static void test_a_picture_survives_encoding_and_decoding(void **state)
{
    struct ov_image image = OV_IMAGE_INIT, back = OV_IMAGE_INIT;
    struct ov_secret jpeg = OV_SECRET_INIT;
    struct ov_error err = OV_ERROR_INIT;
    make_gradient(123, 77, &image);
    encode(&image, 95, &jpeg);
    assert_ok(ov_jpeg_decode(&back, jpeg.data, jpeg.size, 0, &err), &err);
    assert_int_equal(back.width, 123);
    assert_int_equal(back.height, 77);
    for (size_t i = 0; i < image.pixels.size; i++)
        assert_in_range(abs(image.pixels.data[i] - back.pixels.data[i]), 0, 8);
    ov_image_free(&image);
    ov_image_free(&back);
    ov_secret_free(&jpeg);
}

/* Secret memory stays mapped when it is given back, so its bytes can still be looked at. */
static void test_a_picture_that_is_done_with_has_been_wiped(void **state)
{
    struct ov_image image = OV_IMAGE_INIT, back = OV_IMAGE_INIT;
    struct ov_secret jpeg = OV_SECRET_INIT;
    struct ov_error err = OV_ERROR_INIT;
    make_gradient(64, 48, &image);
    encode(&image, 95, &jpeg);
    assert_ok(ov_jpeg_decode(&back, jpeg.data, jpeg.size, 0, &err), &err);
    const volatile unsigned char *pixels = back.pixels.data;
    size_t size = back.pixels.size;
    ov_image_free(&back);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(pixels[i], 0);
    ov_image_free(&image);
    ov_secret_free(&jpeg);
}

static void test_an_encoded_picture_carries_no_metadata(void **state)
{
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_secret jpeg = OV_SECRET_INIT;
    make_gradient(16, 16, &image);
    encode(&image, 80, &jpeg);
    for (size_t i = 0; i + 1 < jpeg.size; i++) {
        if (jpeg.data[i] == 0xFF) {
            assert_int_not_equal(jpeg.data[i + 1], 0xE1); /* Exif, XMP */
            assert_int_not_equal(jpeg.data[i + 1], 0xFE); /* comment */
        }
    }
    ov_image_free(&image);
    ov_secret_free(&jpeg);
}

static void test_a_picture_cut_short_anywhere_is_refused(void **state)
{
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_secret jpeg = OV_SECRET_INIT;
    make_gradient(64, 48, &image);
    encode(&image, 90, &jpeg);
    for (size_t size = 0; size < jpeg.size; size++) {
        /* An exact copy, so that AddressSanitizer sees a read past the end. */
        unsigned char *cut = malloc(size > 0 ? size : 1);
        struct ov_error err = OV_ERROR_INIT;
        struct ov_image back = OV_IMAGE_INIT;
        assert_non_null(cut);
        memcpy(cut, jpeg.data, size);
        assert_int_equal(ov_jpeg_decode(&back, cut, size, 0, &err), OV_ERR_INVALID);
        assert_null(back.pixels.data);
        free(cut);
    }
    ov_image_free(&image);
    ov_secret_free(&jpeg);
}

static void test_garbage_is_refused(void **state)
{
    static const char text[] = "this is not a picture, whatever its name says";
    unsigned char noise[4096];
    unsigned seed = 1;
    expect_refused(text, sizeof text, "image.not_jpeg");
    expect_refused(NULL, 0, "image.not_jpeg");
    expect_refused("\xFF\xD8", 2, "image.not_jpeg");
    for (size_t i = 0; i < sizeof noise; i++) {
        seed = seed * 1664525u + 1013904223u;
        noise[i] = (unsigned char)(seed >> 24);
    }
    expect_refused(noise, sizeof noise, "image.not_jpeg");
    noise[0] = 0xFF;
    noise[1] = 0xD8;
    expect_refused(noise, sizeof noise, "image.damaged");
}

static void test_flipped_bytes_never_crash(void **state)
{
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_secret jpeg = OV_SECRET_INIT;
    make_gradient(40, 40, &image);
    encode(&image, 85, &jpeg);
    for (size_t i = 0; i < jpeg.size; i++) {
        struct ov_image back = OV_IMAGE_INIT;
        unsigned char before = jpeg.data[i];
        jpeg.data[i] ^= 0x5A;
        if (ov_jpeg_decode(&back, jpeg.data, jpeg.size, 0, NULL) == OV_OK)
            ov_image_free(&back);
        jpeg.data[i] = before;
    }
    ov_image_free(&image);
    ov_secret_free(&jpeg);
}

/* Rewrites the picture size in the start-of-frame segment. */
static void set_header_size(struct ov_secret *jpeg, unsigned width, unsigned height)
{
    for (size_t i = 0; i + 9 < jpeg->size; i++) {
        if (jpeg->data[i] == 0xFF && jpeg->data[i + 1] == 0xC0) {
            jpeg->data[i + 5] = (unsigned char)(height >> 8);
            jpeg->data[i + 6] = (unsigned char)height;
            jpeg->data[i + 7] = (unsigned char)(width >> 8);
            jpeg->data[i + 8] = (unsigned char)width;
            return;
        }
    }
    fail_msg("no start of frame");
}

static void test_a_header_that_claims_too_much_is_refused_before_memory_is_taken(void **state)
{
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_secret jpeg = OV_SECRET_INIT;
    int width = 0, height = 0;
    struct ov_error err = OV_ERROR_INIT;
    make_gradient(32, 32, &image);
    encode(&image, 85, &jpeg);
    set_header_size(&jpeg, 50000, 50000);
    expect_refused(jpeg.data, jpeg.size, "image.too_large");
    assert_int_equal(ov_jpeg_size(jpeg.data, jpeg.size, &width, &height, &err), OV_ERR_LIMIT);
    set_header_size(&jpeg, 8001, 8000);
    expect_refused(jpeg.data, jpeg.size, "image.too_large");
    set_header_size(&jpeg, 0, 32);
    expect_refused(jpeg.data, jpeg.size, "image.damaged");
    set_header_size(&jpeg, 32, 0);
    expect_refused(jpeg.data, jpeg.size, "image.damaged");
    set_header_size(&jpeg, 64, 64); /* four times what is there */
    expect_refused(jpeg.data, jpeg.size, "image.damaged");
    ov_image_free(&image);
    ov_secret_free(&jpeg);
}

/* A JPEG of one flat value, in a pixel format of TurboJPEG's. */
static size_t encode_with(int format, int channels, int subsampling, unsigned char **ret_jpeg)
{
    unsigned char pixels[16 * 16 * 4];
    unsigned long size = 0;
    tjhandle codec = tjInitCompress();
    memset(pixels, 100, sizeof pixels);
    *ret_jpeg = NULL;
    assert_int_equal(tjCompress2(codec, pixels, 16, 16 * channels, 16, format, ret_jpeg, &size,
                                 subsampling, 90, 0),
                     0);
    assert_int_equal(tjDestroy(codec), 0);
    return size;
}

static void test_greyscale_becomes_rgb(void **state)
{
    unsigned char *jpeg = NULL;
    size_t size = encode_with(TJPF_GRAY, 1, TJSAMP_GRAY, &jpeg);
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_error err = OV_ERROR_INIT;
    assert_ok(ov_jpeg_decode(&image, jpeg, size, 0, &err), &err);
    for (size_t i = 0; i < image.pixels.size; i++)
        assert_in_range(image.pixels.data[i], 98, 102);
    ov_image_free(&image);
    tjFree(jpeg);
}

static void test_print_colours_are_refused(void **state)
{
    unsigned char *jpeg = NULL;
    size_t size = encode_with(TJPF_CMYK, 4, TJSAMP_444, &jpeg);
    expect_refused(jpeg, size, "image.colours");
    tjFree(jpeg);
}

static void test_scaling_down_keeps_the_longer_side_at_what_was_asked(void **state)
{
    static const int cases[][2] = {{0, 800},   {900, 800}, {800, 800}, {401, 800},
                                   {400, 400}, {200, 200}, {100, 100}, {10, 100}};
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_secret jpeg = OV_SECRET_INIT;
    make_gradient(800, 600, &image);
    encode(&image, 85, &jpeg);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ov_image back = OV_IMAGE_INIT;
        struct ov_error err = OV_ERROR_INIT;
        assert_ok(ov_jpeg_decode(&back, jpeg.data, jpeg.size, cases[i][0], &err), &err);
        assert_int_equal(back.width, cases[i][1]);
        assert_int_equal(back.height, cases[i][1] * 3 / 4);
        ov_image_free(&back);
    }
    ov_image_free(&image);
    ov_secret_free(&jpeg);
}

/* ---- Exif ---- */

/* jpeg with an Exif block that holds only the orientation, after its first marker. */
static void with_orientation(const struct ov_secret *jpeg, int orientation, bool big_endian,
                             struct ov_secret *ret)
{
    static const unsigned char little[] = "\xFF\xE1\x00\x22"
                                          "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0";
    static const unsigned char big[] = "\xFF\xE1\x00\x22"
                                       "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01";
    unsigned char block[36] = {0};
    memcpy(block, big_endian ? big : little, 28);
    block[big_endian ? 29 : 28] = (unsigned char)orientation;
    assert_int_equal(ov_secret_new(ret, jpeg->size + sizeof block), OV_OK);
    memcpy(ret->data, jpeg->data, 2);
    memcpy(ret->data + 2, block, sizeof block);
    memcpy(ret->data + 2 + sizeof block, jpeg->data + 2, jpeg->size - 2);
}

/* The mean of one corner's colour: which says where left-right and top-bottom ended up. */
static void corner(const struct ov_image *image, bool right, bool bottom, int *red, int *green)
{
    int x = right ? image->width - 4 : 3;
    int y = bottom ? image->height - 4 : 3;
    const unsigned char *pixel = image->pixels.data + 3 * (y * image->width + x);
    *red = pixel[0] > 128;
    *green = pixel[1] > 128;
}

static void test_orientation_is_applied(void **state)
{
    /* What the upright picture's top left corner shows, as right and bottom of the stored one. */
    static const int top_left[9][2] = {{0, 0}, {0, 0}, {1, 0}, {1, 1}, {0, 1},
                                       {0, 0}, {0, 1}, {1, 1}, {1, 0}};
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_secret jpeg = OV_SECRET_INIT;
    make_gradient(64, 32, &image);
    encode(&image, 95, &jpeg);
    for (int orientation = 1; orientation <= 8; orientation++) {
        struct ov_secret turned = OV_SECRET_INIT;
        struct ov_image back = OV_IMAGE_INIT;
        struct ov_error err = OV_ERROR_INIT;
        int width = 0, height = 0, red = 0, green = 0;
        with_orientation(&jpeg, orientation, orientation % 2 == 0, &turned);
        assert_int_equal(ov_exif_orientation(turned.data, turned.size), orientation);
        assert_ok(ov_jpeg_decode(&back, turned.data, turned.size, 0, &err), &err);
        assert_ok(ov_jpeg_size(turned.data, turned.size, &width, &height, &err), &err);
        assert_int_equal(back.width, orientation >= 5 ? 32 : 64);
        assert_int_equal(back.height, orientation >= 5 ? 64 : 32);
        assert_int_equal(width, back.width);
        assert_int_equal(height, back.height);
        corner(&back, false, false, &red, &green);
        assert_int_equal(red, top_left[orientation][0]);
        assert_int_equal(green, top_left[orientation][1]);
        /* Along the upright picture's top edge the stored row runs, or the column when turned. */
        corner(&back, true, false, &red, &green);
        if (orientation >= 5)
            assert_int_not_equal(green, top_left[orientation][1]);
        else
            assert_int_not_equal(red, top_left[orientation][0]);
        ov_image_free(&back);
        ov_secret_free(&turned);
    }
    ov_image_free(&image);
    ov_secret_free(&jpeg);
}

static void test_a_broken_exif_block_is_ignored(void **state)
{
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_secret jpeg = OV_SECRET_INIT, turned = OV_SECRET_INIT;
    make_gradient(16, 16, &image);
    encode(&image, 90, &jpeg);
    with_orientation(&jpeg, 6, false, &turned);
    for (size_t i = 2; i < 38; i++) { /* each byte of the block, at its extremes */
        unsigned char before = turned.data[i];
        for (int value = 0; value < 256; value += 85) {
            turned.data[i] = (unsigned char)value;
            assert_in_range(ov_exif_orientation(turned.data, turned.size), 1, 8);
        }
        turned.data[i] = before;
    }
    for (size_t size = 0; size < 40; size++) {
        unsigned char *cut = malloc(size > 0 ? size : 1);
        assert_non_null(cut);
        memcpy(cut, turned.data, size);
        assert_in_range(ov_exif_orientation(cut, size), 1, 8);
        free(cut);
    }
    ov_image_free(&image);
    ov_secret_free(&jpeg);
    ov_secret_free(&turned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_picture_survives_encoding_and_decoding),
        cmocka_unit_test(test_a_picture_that_is_done_with_has_been_wiped),
        cmocka_unit_test(test_an_encoded_picture_carries_no_metadata),
        cmocka_unit_test(test_a_picture_cut_short_anywhere_is_refused),
        cmocka_unit_test(test_garbage_is_refused),
        cmocka_unit_test(test_flipped_bytes_never_crash),
        cmocka_unit_test(test_a_header_that_claims_too_much_is_refused_before_memory_is_taken),
        cmocka_unit_test(test_greyscale_becomes_rgb),
        cmocka_unit_test(test_print_colours_are_refused),
        cmocka_unit_test(test_scaling_down_keeps_the_longer_side_at_what_was_asked),
        cmocka_unit_test(test_orientation_is_applied),
        cmocka_unit_test(test_a_broken_exif_block_is_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Photographs: only JPEG files leave this computer, and of those only the part that was asked for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/file.h"
#include "common/face/image.h"
#include "server/ctl/image.h"

static struct ov_error err;

static void regions_are_four_numbers(void **state)
{
    static const char *const bad[] = {
        "",        "1,2,3",    "1,2,3,4,5", "1,2,0,4",     "-1,2,3,4",
        "1,2,3,x", "1, 2,3,4", "1,2,3,4 ",  "1,2,3,65501", "12345678,1,1,1"};
    struct image_region region;
    (void)state;
    assert_int_equal(image_region_parse("1030,0,330,331", &region, &err), OV_OK);
    assert_int_equal(region.left, 1030);
    assert_int_equal(region.top, 0);
    assert_int_equal(region.width, 330);
    assert_int_equal(region.height, 331);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(image_region_parse(bad[i], &region, &err), OV_ERR_INVALID);
}

/* A JPEG that is dark on the left and bright on the right. */
static void write_photo(const char *path)
{
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_secret jpeg = OV_SECRET_INIT;
    assert_int_equal(ov_image_new(&image, 64, 32), OV_OK);
    for (int y = 0; y < 32; y++)
        memset(image.pixels.data + ((size_t)y * 64 + 32) * 3, 255, (size_t)32 * 3);
    assert_int_equal(ov_jpeg_encode(&jpeg, &image, 95, &err), OV_OK);
    assert_int_equal(ov_file_write_new(path, 0600, jpeg.data, jpeg.size, &err), OV_OK);
    ov_secret_free(&jpeg);
    ov_image_free(&image);
}

static void a_region_is_all_that_is_kept(void **state)
{
    const char *path = *state;
    struct image_region region = {40, 8, 16, 24};
    struct ov_secret jpeg = OV_SECRET_INIT;
    struct ov_image image = OV_IMAGE_INIT;
    write_photo(path);
    assert_int_equal(image_read(path, &region, &jpeg, &err), OV_OK);
    assert_int_equal(ov_jpeg_decode(&image, jpeg.data, jpeg.size, 0, &err), OV_OK);
    assert_int_equal(image.width, 16);
    assert_int_equal(image.height, 24);
    assert_true(image.pixels.data[0] > 240);
    ov_image_free(&image);
    ov_secret_free(&jpeg);
    region.width = 25; /* one too many */
    assert_int_equal(image_read(path, &region, &jpeg, &err), OV_ERR_INVALID);
    assert_string_equal(err.code, "image.region");
}

static void other_files_are_not_read_as_photographs(void **state)
{
    const char *path = *state;
    struct ov_secret jpeg = OV_SECRET_INIT;
    assert_int_equal(ov_file_write_new(path, 0600, "root:x:0:0", 10, &err), OV_OK);
    assert_int_equal(image_read(path, NULL, &jpeg, &err), OV_ERR_INVALID);
    assert_string_equal(err.code, "image.not_jpeg");
    assert_null(jpeg.data);
}

static int set_up(void **state)
{
    static char path[] = "/tmp/overt-ctl-image-XXXXXX";
    memcpy(strrchr(path, '-') + 1, "XXXXXX", 6);
    int fd = mkstemp(path);
    if (fd < 0 || close(fd) != 0 || unlink(path) != 0)
        return -1;
    ov_error_clear(&err);
    *state = path;
    return 0;
}

static int tear_down(void **state)
{
    (void)unlink(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_are_four_numbers),
        cmocka_unit_test_setup_teardown(a_region_is_all_that_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_files_are_not_read_as_photographs, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

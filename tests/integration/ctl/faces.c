/* Photographs of one face each. The regions were found with the default detector, 2026. */
#include "tests/integration/ctl/faces.h"

#include <stdio.h>

#include "common/base/file.h"
#include "common/face/image.h"

static const struct {
    const char *photo;
    int left, top, width, height;
} regions[FACES_COUNT] = {
    {"sample3.jpg", 945, 100, 488, 496},  {"sample3.jpg", 1396, 222, 397, 422},
    {"sample1.jpg", 710, 372, 452, 323},  {"sample2.jpg", 1318, 94, 451, 353},
    {"sample4.jpg", 547, 0, 415, 390},    {"sample5.jpg", 264, 782, 411, 471},
    {"sample5.jpg", 691, 22, 349, 384},   {"sample5.jpg", 1033, 114, 327, 396},
    {"sample6.jpg", 1358, 171, 470, 487}, {"sample6.jpg", 1060, 229, 412, 433},
};

static bool cut(const char *from, const char *to, int i)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_secret file = OV_SECRET_INIT;
    struct ov_secret jpeg = OV_SECRET_INIT;
    struct ov_image whole = OV_IMAGE_INIT;
    struct ov_image part = OV_IMAGE_INIT;
    bool good = ov_file_read_secret(from, 16u << 20, &file, &err) == OV_OK &&
                ov_jpeg_decode(&whole, file.data, file.size, 0, &err) == OV_OK &&
                ov_image_crop(&part, &whole, regions[i].left, regions[i].top, regions[i].width,
                              regions[i].height) == OV_OK &&
                ov_jpeg_encode(&jpeg, &part, 95, &err) == OV_OK &&
                ov_file_write_new(to, 0600, jpeg.data, jpeg.size, &err) == OV_OK;
    ov_image_free(&part);
    ov_image_free(&whole);
    ov_secret_free(&jpeg);
    ov_secret_free(&file);
    return good;
}

bool faces_cut(const char *photos, const char *folder)
{
    char from[512];
    char to[512];
    for (int i = 0; i < FACES_COUNT; i++) {
        (void)snprintf(from, sizeof(from), "%s/%s", photos, regions[i].photo);
        (void)snprintf(to, sizeof(to), "%s/portrait-%d.jpg", folder, i);
        if (!cut(from, to, i))
            return false;
    }
    return true;
}

/* A photograph from this computer. Pixels and files stay in secret memory. Any thread. */
#include "server/ctl/image.h"

#include <stdio.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/file.h"
#include "common/face/image.h"

#define IMAGE_MAX_BYTES ((size_t)16 * 1024 * 1024)
#define REGION_QUALITY 95
#define REGION_SIDE_MAX 65500 /* of any JPEG */

enum ov_status image_region_parse(const char *text, struct image_region *ret, struct ov_error *err)
{
    int numbers[4] = {0, 0, 0, 0};
    char part[8];
    for (int i = 0; i < 4; i++) {
        int64_t number = 0;
        size_t length = strcspn(text, ",");
        bool last = i == 3;
        (void)snprintf(part, sizeof(part), "%.*s", (int)(length < 7 ? length : 7), text);
        if (text[length] != (last ? '\0' : ',') ||
            ov_parse_i64(part, i < 2 ? 0 : 1, REGION_SIDE_MAX, &number) != OV_OK)
            return ov_fail(err, OV_ERR_INVALID, "usage.option",
                           "--region takes X,Y,WIDTH,HEIGHT in pixels, like 120,40,300,300");
        numbers[i] = (int)number;
        text += length + (last ? 0 : 1);
    }
    *ret = (struct image_region){numbers[0], numbers[1], numbers[2], numbers[3]};
    return OV_OK;
}

static enum ov_status cut(const struct ov_secret *jpeg, const struct image_region *region,
                          struct ov_secret *ret_jpeg, struct ov_error *err)
{
    struct ov_image whole = OV_IMAGE_INIT;
    struct ov_image part = OV_IMAGE_INIT;
    enum ov_status status = ov_jpeg_decode(&whole, jpeg->data, jpeg->size, 0, err);
    if (status == OV_OK &&
        (region->left + region->width > whole.width || region->top + region->height > whole.height))
        status = ov_fail(err, OV_ERR_INVALID, "image.region",
                         "the region is not within the photograph, which has %d x %d px",
                         whole.width, whole.height);
    if (status == OV_OK && ov_image_crop(&part, &whole, region->left, region->top, region->width,
                                         region->height) != OV_OK)
        status = ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    if (status == OV_OK)
        status = ov_jpeg_encode(ret_jpeg, &part, REGION_QUALITY, err);
    ov_image_free(&part);
    ov_image_free(&whole);
    return status;
}

enum ov_status image_read(const char *path, const struct image_region *region,
                          struct ov_secret *ret_image, struct ov_error *err)
{
    static const unsigned char jpeg[] = {0xff, 0xd8, 0xff};
    struct ov_secret image = OV_SECRET_INIT;
    enum ov_status status = ov_file_read_secret(path, IMAGE_MAX_BYTES, &image, err);
    if (status != OV_OK)
        return status;
    if (image.size < sizeof(jpeg) || memcmp(image.data, jpeg, sizeof(jpeg)) != 0) {
        ov_secret_free(&image);
        return ov_fail(err, OV_ERR_INVALID, "image.not_jpeg", "the image is not a JPEG file");
    }
    if (region == NULL || region->width == 0) {
        *ret_image = image;
        return OV_OK;
    }
    status = cut(&image, region, ret_image, err);
    ov_secret_free(&image);
    return status;
}

/* Images in secret memory: made, cut out, resized. Any thread; an image belongs to its holder. */
#include "common/face/image.h"

#include <string.h>

#include "common/face/resample.h"

enum ov_status ov_image_new(struct ov_image *ret_image, int width, int height)
{
    if (width < 1 || height < 1)
        return OV_ERR_INVALID;
    if ((int64_t)width * height > OV_IMAGE_MAX_PIXELS)
        return OV_ERR_LIMIT;
    struct ov_image image = {width, height, OV_SECRET_INIT};
    enum ov_status status = ov_secret_new(&image.pixels, (size_t)width * (size_t)height * 3);
    if (status == OV_OK)
        *ret_image = image;
    return status;
}

void ov_image_free(struct ov_image *image)
{
    if (image == NULL)
        return;
    ov_secret_free(&image->pixels);
    image->width = 0;
    image->height = 0;
}

/* The part of [from, from + length) that lies within [0, size), relative to from. */
static void overlap(int64_t from, int64_t length, int64_t size, int64_t *ret_skip,
                    int64_t *ret_count)
{
    int64_t low = from > 0 ? from : 0;
    int64_t high = from + length < size ? from + length : size;
    *ret_skip = low - from;
    *ret_count = high > low ? high - low : 0;
}

enum ov_status ov_image_crop(struct ov_image *ret_crop, const struct ov_image *image, int left,
                             int top, int width, int height)
{
    struct ov_image crop = OV_IMAGE_INIT;
    enum ov_status status = ov_image_new(&crop, width, height);
    if (status != OV_OK)
        return status;
    int64_t skip_x, count_x, skip_y, count_y;
    overlap(left, width, image->width, &skip_x, &count_x);
    overlap(top, height, image->height, &skip_y, &count_y);
    for (int64_t y = 0; count_x > 0 && y < count_y; y++) {
        size_t to = (size_t)((skip_y + y) * width + skip_x) * 3;
        size_t from = (size_t)((top + skip_y + y) * image->width + left + skip_x) * 3;
        memcpy(crop.pixels.data + to, image->pixels.data + from, (size_t)count_x * 3);
    }
    *ret_crop = crop;
    return OV_OK;
}

enum ov_status ov_image_resize(struct ov_image *ret_resized, const struct ov_image *image,
                               int width, int height)
{
    struct ov_image resized = OV_IMAGE_INIT;
    enum ov_status status = ov_image_new(&resized, width, height);
    if (status != OV_OK)
        return status;
    struct ov_box whole = {0.0f, 0.0f, (float)image->width, (float)image->height};
    status = ov_resample(image, &whole, width, height, resized.pixels.data);
    if (status != OV_OK)
        ov_image_free(&resized);
    else
        *ret_resized = resized;
    return status;
}

/*
 * Pixels in secret memory, and JPEG in and out (libjpeg-turbo; the only place that speaks to it).
 */
#ifndef OVERT_COMMON_FACE_IMAGE_H
#define OVERT_COMMON_FACE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/secret.h"
#include "common/base/status.h"

/* Interleaved 8-bit RGB, rows top to bottom, no padding: stride = 3 * width bytes. */
struct ov_image {
    int width;  /* px */
    int height; /* px */
    struct ov_secret pixels;
};

#define OV_IMAGE_INIT                                                                              \
    {                                                                                              \
        0, 0, OV_SECRET_INIT                                                                       \
    }

/* No image of more than this is decoded, whatever its file size: 64 megapixels. */
#define OV_IMAGE_MAX_PIXELS 64000000

/* A black image. Sides of 1 px or more, at most OV_IMAGE_MAX_PIXELS in all. */
OV_CHECKED enum ov_status ov_image_new(struct ov_image *ret_image, int width, int height);
void ov_image_free(struct ov_image *image);

/* A region in pixels; parts outside the image are black. Result has width x height px. */
OV_CHECKED enum ov_status ov_image_crop(struct ov_image *ret_crop, const struct ov_image *image,
                                        int left, int top, int width, int height);
/* Area-averaged when smaller, bilinear when larger. */
OV_CHECKED enum ov_status ov_image_resize(struct ov_image *ret_resized,
                                          const struct ov_image *image, int width, int height);

/*
 * Decodes a JPEG. The header is checked before anything is allocated: more than
 * OV_IMAGE_MAX_PIXELS is OV_ERR_LIMIT "image.too_large"; anything that is not a whole JPEG is
 * OV_ERR_INVALID ("image.not_jpeg", "image.damaged"). With max_side_px > 0 the decoder scales down
 * by the largest of its own factors (1/2, 1/4, 1/8) that keeps the longer side >= max_side_px.
 */
OV_CHECKED enum ov_status ov_jpeg_decode(struct ov_image *ret_image, const void *data, size_t size,
                                         int max_side_px, struct ov_error *err);

/* Width and height from the header alone, with the same errors. */
OV_CHECKED enum ov_status ov_jpeg_size(const void *data, size_t size, int *ret_width,
                                       int *ret_height, struct ov_error *err);

/* Encodes at quality 1..100 (4:2:0 below 90) into secret memory, without any metadata. */
OV_CHECKED enum ov_status ov_jpeg_encode(struct ov_secret *ret_jpeg, const struct ov_image *image,
                                         int quality, struct ov_error *err);

#endif

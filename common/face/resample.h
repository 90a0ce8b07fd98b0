/*
 * Resampling a region of an image: area-averaged where it shrinks, bilinear where it grows.
 * Private to common/face.
 */
#ifndef OVERT_COMMON_FACE_RESAMPLE_H
#define OVERT_COMMON_FACE_RESAMPLE_H

#include "common/base/status.h"
#include "common/face/face.h"
#include "common/face/image.h"

/*
 * Resamples region (px, may be fractional and reach outside, where the nearest edge pixel counts)
 * to out_width x out_height interleaved RGB. out holds 3 * out_width * out_height bytes.
 * Both axes are independent, so the region may be stretched. OV_ERR_INVALID for an empty or
 * non-finite region.
 */
OV_CHECKED enum ov_status ov_resample(const struct ov_image *image, const struct ov_box *region,
                                      int out_width, int out_height, uint8_t *out);

#endif

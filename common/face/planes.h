/* Pixels into a network's input: value = (pixel - mean) * scale, planar. Private to common/face. */
#ifndef OVERT_COMMON_FACE_PLANES_H
#define OVERT_COMMON_FACE_PLANES_H

#include <stddef.h>
#include <stdint.h>

#include "common/face/manifest.h"

/* rgb has 3 * count bytes; out gets three planes in the network's channel order. */
void ov_planes_from_rgb(const struct ov_network *network, const uint8_t *rgb, size_t count,
                        float *out);
/* One plane: the weighted sum of red, green and blue. */
void ov_planes_from_grey(const struct ov_network *network, const float weights[3],
                         const uint8_t *rgb, size_t count, float *out);

#endif

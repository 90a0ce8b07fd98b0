/* Faces brought into one pose, so that networks see eyes and mouth in one place. Private. */
#ifndef OVERT_COMMON_FACE_ALIGN_H
#define OVERT_COMMON_FACE_ALIGN_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/face/face.h"

#define OV_ALIGNED_SIDE_PX 112
#define OV_ALIGNED_PIXELS ((size_t)OV_ALIGNED_SIDE_PX * OV_ALIGNED_SIDE_PX)

/* x' = a x - b y + tx, y' = b x + a y + ty: a turn, a scale and a shift, no mirror. */
struct ov_similarity {
    float a, b, tx, ty;
};

/* Where the five points lie in an aligned face of 112 x 112 px (the ArcFace template). */
const struct ov_point *ov_align_template(void);

/*
 * The similarity that maps from[] onto to[] with the least sum of squared distances (Umeyama 1991,
 * in two dimensions and without reflection, where it has this closed form). OV_ERR_INVALID when
 * the points of from[] coincide.
 */
OV_CHECKED enum ov_status ov_similarity_fit(struct ov_similarity *ret, const struct ov_point *from,
                                            const struct ov_point *to, size_t count);
struct ov_point ov_similarity_apply(const struct ov_similarity *map, struct ov_point point);
/* The inverse of a map whose scale is not zero. */
struct ov_similarity ov_similarity_inverse(const struct ov_similarity *map);
/* How many times longer lines become. */
float ov_similarity_scale(const struct ov_similarity *map);

/*
 * The face as side x side px of interleaved RGB (3 * side * side bytes in out), its five points on
 * the template scaled by side / 112. Bilinear; where the face has far more pixels than the result
 * they are averaged first. Outside the picture is black. OV_ERR_INVALID for a degenerate face.
 */
OV_CHECKED enum ov_status ov_align_face(const struct ov_image *image, const struct ov_point five[5],
                                        int side, uint8_t *out);

#endif

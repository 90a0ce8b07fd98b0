/* Measuring a face's quality from its pixels and landmarks. Private to common/face. */
#ifndef OVERT_COMMON_FACE_MEASURE_H
#define OVERT_COMMON_FACE_MEASURE_H

#include "common/base/status.h"
#include "common/face/face.h"

/* Fills face->cut_off and face->quality; box, landmarks and five are set. */
OV_CHECKED enum ov_status ov_quality_measure(const struct ov_image *image, struct ov_face *face,
                                             struct ov_error *err);

/* The head's direction alone, from the 68 points: degrees, signs as in struct ov_quality. */
void ov_pose_from_landmarks(const struct ov_point landmarks[68], float *ret_yaw_deg,
                            float *ret_pitch_deg);

/* Sharpness of size x size px of luminance (0..255), 0..1: see measure.c. */
float ov_sharpness(const float *luma, int width, int height);

#endif

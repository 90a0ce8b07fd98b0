/* The 68 points of a face, and the five that align it. Private to common/face. */
#ifndef OVERT_COMMON_FACE_LANDMARKS_H
#define OVERT_COMMON_FACE_LANDMARKS_H

#include "common/base/status.h"
#include "common/face/face.h"
#include "common/face/infer.h"
#include "common/face/manifest.h"

struct ov_landmarker;

/* net is consumed, on failure too; manifest is borrowed for the landmarker's life. */
OV_CHECKED enum ov_status ov_landmarker_new(struct ov_landmarker **ret_landmarker,
                                            const struct ov_manifest *manifest,
                                            struct ov_infer *take_net, struct ov_error *err);
void ov_landmarker_free(struct ov_landmarker *landmarker);

/* Fills landmarks and five of a face whose box is set. */
OV_CHECKED enum ov_status ov_landmarks_find(struct ov_landmarker *landmarker,
                                            const struct ov_image *image, struct ov_face *face,
                                            struct ov_error *err);

/* Eye centres, nose tip and mouth corners out of the 68 iBUG points. */
void ov_landmarks_five(const struct ov_point landmarks[68], struct ov_point five[5]);

#endif

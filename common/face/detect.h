/* Boxes around faces. Private to common/face. */
#ifndef OVERT_COMMON_FACE_DETECT_H
#define OVERT_COMMON_FACE_DETECT_H

#include <stddef.h>

#include "common/base/status.h"
#include "common/face/image.h"
#include "common/face/infer.h"
#include "common/face/manifest.h"
#include "common/face/tiles.h"

struct ov_detector;

/* net is consumed, on failure too; manifest is borrowed for the detector's life. */
OV_CHECKED enum ov_status ov_detector_new(struct ov_detector **ret_detector,
                                          const struct ov_manifest *manifest,
                                          struct ov_infer *take_net, struct ov_error *err);
void ov_detector_free(struct ov_detector *detector);

/*
 * Faces of the picture at least min_face_px wide, best first, merged over all tiles, OV_FACES_MAX
 * at most; the caller frees *ret_candidates.
 */
OV_CHECKED enum ov_status ov_detect(struct ov_detector *detector, const struct ov_image *image,
                                    int min_face_px, struct ov_candidate **ret_candidates,
                                    size_t *ret_count, struct ov_error *err);

#endif

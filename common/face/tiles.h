/*
 * Where the detector looks, and what becomes of the boxes it finds there: plain geometry, no
 * pixels. Private to common/face.
 *
 * The detector's input is small, so a large picture is looked at whole and then again in
 * overlapping tiles, each level finding smaller faces than the one before. A face is whole in at
 * least one tile of its level, because tiles overlap by more than the smallest face that the
 * coarser level finds.
 */
#ifndef OVERT_COMMON_FACE_TILES_H
#define OVERT_COMMON_FACE_TILES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/status.h"
#include "common/face/face.h"

/* A face this wide in the detector's input is found; what is smaller may be missed. Measured. */
#define OV_DETECTABLE_PX 20.0f
/* No face smaller than this is looked for: below it tiles only multiply. */
#define OV_MIN_FACE_FLOOR_PX 12

struct ov_tile {
    struct ov_box region; /* px in the image; whole numbers */
    /* Edges behind which the picture goes on: what ends there may be half a face. */
    bool inner_left, inner_top, inner_right, inner_bottom;
};

struct ov_tile_plan {
    struct ov_tile *tiles; /* the whole picture first */
    size_t count;
};

/* min_face_px 0 plans the whole picture only. */
OV_CHECKED enum ov_status ov_tiles_plan(struct ov_tile_plan *ret_plan, int width, int height,
                                        int min_face_px, int input_width, int input_height);
void ov_tile_plan_free(struct ov_tile_plan *plan);

struct ov_candidate {
    struct ov_box box;
    float score;
    bool cut; /* ends at an inner edge of its tile */
};

/* Whether a box found in tile touches one of its inner edges. */
bool ov_tile_cuts(const struct ov_tile *tile, const struct ov_box *box, int input_width);

/* Intersection over union, and the share of inner's area that lies within outer; 0..1. */
float ov_box_iou(const struct ov_box *a, const struct ov_box *b);
float ov_box_share(const struct ov_box *inner, const struct ov_box *outer);

/*
 * Greedy non-maximum suppression, in place; returns how many are left, best first. Whole boxes go
 * before cut ones, then by score. A box falls to a better one that overlaps it by more than iou;
 * a cut box also to one that covers most of it.
 */
size_t ov_candidates_merge(struct ov_candidate *candidates, size_t count, float iou);

#endif

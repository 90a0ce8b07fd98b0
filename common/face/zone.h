/*
 * Zones of recognition: one polygon per camera, in the camera's picture, outside of which no face
 * is looked at. Pure integer geometry, the same on client and server, so that both always agree.
 *
 * Coordinates are ten-thousandths of the picture's width and height, from its top left. A zone
 * without points is the whole picture.
 */
#ifndef OVERT_COMMON_FACE_ZONE_H
#define OVERT_COMMON_FACE_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define OV_ZONE_POINTS_MAX 32
#define OV_ZONE_SCALE 10000 /* the picture's right and bottom edge */

struct ov_zone_point {
    uint16_t x, y; /* 0..OV_ZONE_SCALE */
};

struct ov_zone {
    size_t count; /* 0: the whole picture; else 3..OV_ZONE_POINTS_MAX */
    struct ov_zone_point points[OV_ZONE_POINTS_MAX];
};

/* A face as it is reported: its box and the picture that it is in, in px. */
struct ov_zone_face {
    uint32_t left, top, width, height;
    uint32_t frame_width, frame_height;
};

/* "zone.points" (number or range), "zone.shape" (its edges touch or cross each other, or it has no
 * area). */
OV_CHECKED enum ov_status ov_zone_check(const struct ov_zone *zone, struct ov_error *err);

/* Whether the centre of the face lies in the zone; its edge belongs to it. False where the
 * picture's size is not known and the zone is not the whole picture. */
bool ov_zone_has_face(const struct ov_zone *zone, const struct ov_zone_face *face);

/* Both have passed ov_zone_check. inner is outer, or a part of it: exact, nothing is rounded. */
bool ov_zone_is_within(const struct ov_zone *inner, const struct ov_zone *outer);
/* The same points in the same order. */
bool ov_zone_equal(const struct ov_zone *a, const struct ov_zone *b);

#endif

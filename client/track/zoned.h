/*
 * Faces and the zone of recognition: what lies outside is dropped before it is followed or counted.
 * Pure; any thread.
 */
#ifndef OVERT_CLIENT_TRACK_ZONED_H
#define OVERT_CLIENT_TRACK_ZONED_H

#include "common/face/face.h"
#include "common/face/zone.h"

/* The box as it is reported: whole px, never empty. The server judges the same numbers. */
struct ov_zone_face zoned_face(const struct ov_box *box, int frame_width, int frame_height);

/* Wipes and takes out of the list every face whose centre is outside; returns how many. */
size_t zoned_drop_outside(struct ov_face_list *list, const struct ov_zone *zone, int frame_width,
                          int frame_height);

#endif

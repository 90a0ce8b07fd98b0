/*
 * The one thing we want from a photo's Exif block: which way up it is. Private to common/face.
 */
#ifndef OVERT_COMMON_FACE_EXIF_H
#define OVERT_COMMON_FACE_EXIF_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/status.h"
#include "common/face/image.h"

/*
 * The orientation tag (0x0112) of a JPEG's Exif block, 1..8 (Exif 2.32 section 4.6.4); 1 when there
 * is none or it cannot be read. Reads only within data[0..size); never fails, whatever the bytes.
 */
int ov_exif_orientation(const void *data, size_t size);

/* Width and height trade places for the orientations 5..8. */
bool ov_exif_swaps_sides(int orientation);

/* Turns the stored image upright. take_stored is consumed, on failure too. */
OV_CHECKED enum ov_status ov_exif_apply(struct ov_image *ret_upright, struct ov_image *take_stored,
                                        int orientation);

#endif

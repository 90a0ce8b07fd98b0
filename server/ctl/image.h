/* A photograph from this computer, for the watchlist. */
#ifndef OVERT_SERVER_CTL_IMAGE_H
#define OVERT_SERVER_CTL_IMAGE_H

#include "common/base/secret.h"
#include "common/base/status.h"

/* Part of a photograph, in pixels of the picture as a viewer shows it (turned upright). */
struct image_region {
    int left;
    int top;
    int width; /* 0: no region, all of it */
    int height;
};

/* "X,Y,WIDTH,HEIGHT". */
OV_CHECKED enum ov_status image_region_parse(const char *text, struct image_region *ret,
                                             struct ov_error *err);

/*
 * At most 16 MiB. What does not begin like a JPEG is refused ("image.not_jpeg"), so that another
 * file named by mistake never leaves this computer. With a region only that part is kept, encoded
 * again without metadata: whoever else is in the photograph does not leave it either.
 */
OV_CHECKED enum ov_status image_read(const char *path, const struct image_region *region,
                                     struct ov_secret *ret_image, struct ov_error *err);

#endif

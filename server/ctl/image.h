/* A photograph from this computer, for the watchlist. */
#ifndef OVERT_SERVER_CTL_IMAGE_H
#define OVERT_SERVER_CTL_IMAGE_H

#include "common/base/secret.h"
#include "common/base/status.h"

/* At most 16 MiB. What does not begin like a JPEG is refused ("image.not_jpeg"), so that another
 * file named by mistake never leaves this computer. */
OV_CHECKED enum ov_status image_read(const char *path, struct ov_secret *ret_image,
                                     struct ov_error *err);

#endif

/* JPEG files, one after the other: a single one, or a folder's in the order of their names. */
#ifndef OVERT_CLIENT_CAMERA_STILLS_H
#define OVERT_CLIENT_CAMERA_STILLS_H

#include "common/base/status.h"
#include "common/face/image.h"

struct stills;

/* A folder without JPEGs (*.jpg, *.jpeg; folders within are not entered) is OV_ERR_NOT_FOUND. */
OV_CHECKED enum ov_status stills_open_folder(const char *path, struct stills **ret_stills,
                                             struct ov_error *err);
OV_CHECKED enum ov_status stills_open_image(const char *path, struct stills **ret_stills,
                                            struct ov_error *err);
/*
 * OV_ERR_CLOSED after the last. A file that cannot be read is an error for that file only. Images
 * of a folder are called by their number, since a file's name may be a person's.
 */
OV_CHECKED enum ov_status stills_next(struct stills *stills, struct ov_image *ret_image,
                                      struct ov_error *err);
/* Takes NULL. */
void stills_close(struct stills *stills);

#endif

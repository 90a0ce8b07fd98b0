/*
 * What --open was given: a video file, a V4L2 device, an RTSP or a web address. Anything else, and
 * every other thing FFmpeg would take for a protocol, is refused before FFmpeg sees it.
 */
#ifndef OVERT_CLIENT_CAMERA_PLACE_H
#define OVERT_CLIENT_CAMERA_PLACE_H

#include "common/base/status.h"

enum place_kind {
    PLACE_FILE,   /* a regular file */
    PLACE_DEVICE, /* a V4L2 character device */
    PLACE_RTSP,
    PLACE_HTTP
};

#define PLACE_URL_SIZE 2048

struct place {
    enum place_kind kind;
    char url[PLACE_URL_SIZE];   /* as FFmpeg gets it; may hold a camera's password */
    char shown[PLACE_URL_SIZE]; /* for people: without password and query */
};

/* Reads the file system, opens nothing. */
OV_CHECKED enum ov_status place_parse(const char *text, struct place *ret_place,
                                      struct ov_error *err);

#endif

/* Makes a video file when a test runs: a photo that moves, encoded by FFmpeg. */
#ifndef OVERT_TESTS_CAPTURE_VIDEO_H
#define OVERT_TESTS_CAPTURE_VIDEO_H

#include <stdbool.h>

#include "common/face/image.h"

struct video_shape {
    const char *encoder; /* "mpeg4", "mjpeg" ... */
    int width, height;   /* px, even */
    int fps;
    int frames;
};

/* The container follows from path's suffix. False when FFmpeg here cannot make it. */
bool video_make(const char *path, const struct ov_image *picture, const struct video_shape *shape);

/* The photo, scaled to width px. Fails the running test on trouble. */
void video_picture(const char *photo, int width, struct ov_image *ret_picture);

#endif

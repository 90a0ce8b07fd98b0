/*
 * One picture on its way from a source to the recogniser. Owned by whoever holds it; its pixels are
 * secret memory and wiped with it.
 */
#ifndef OVERT_CLIENT_CAMERA_FRAME_H
#define OVERT_CLIENT_CAMERA_FRAME_H

#include <stdint.h>

#include "common/face/image.h"

struct frame {
    struct ov_image image;
    int64_t captured_at_us; /* UTC, by this machine's clock */
    int64_t media_us;       /* the source's own time: what tracks are measured by */
    uint64_t generation;    /* of the permit it was captured under */
};

/* Takes NULL; the signature of ov_queue_free's free_item. */
void frame_free(void *frame);

#endif

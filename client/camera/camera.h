/*
 * The camera's thread: reads a source as long as there is a permit, and hands frames to a queue.
 *
 * Without a permit nothing is read: a live source is closed (the camera is off), a recording waits
 * where it is. A live source drops frames that nobody has taken when a newer one is there, and is
 * opened again when it is lost; a recording and images wait for the taker and end.
 */
#ifndef OVERT_CLIENT_CAMERA_CAMERA_H
#define OVERT_CLIENT_CAMERA_CAMERA_H

#include "client/camera/source.h"
#include "client/permit.h"
#include "common/base/clock.h"
#include "common/base/queue.h"
#include "common/base/status.h"

struct camera;

struct camera_options {
    struct source_spec spec;
    enum ov_source_kind kind;     /* from source_inspect */
    struct permit *permit;        /* borrowed */
    struct ov_queue *frames;      /* borrowed, of struct frame; closed by the thread when it ends */
    const struct ov_clock *clock; /* borrowed */
    /* On the camera's thread: one image could not be read (retry_ms 0), or a live source was lost
     * and is tried again after retry_ms. */
    void (*on_trouble)(void *ctx, const struct ov_error *err, int retry_ms);
    void *ctx;
};

/* Frames that may wait for the recogniser. */
size_t camera_queue_capacity(enum ov_source_kind kind);

OV_CHECKED enum ov_status camera_start(const struct camera_options *options,
                                       struct camera **ret_camera, struct ov_error *err);

/* Why the thread ended; to be called once the frames queue is closed. OV_OK: the source's end, or
 * the run was stopped. */
enum ov_status camera_outcome(const struct camera *camera, struct ov_error *ret_err);

/* Waits for the thread, which ends by itself or after permit_stop. Takes NULL. */
void camera_free(struct camera *camera);

#endif

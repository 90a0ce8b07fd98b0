/*
 * The recogniser's thread: frames in, faces worth comparing out.
 *
 * Owns the face engine and the tracker. Every frame and everything made from it is wiped once it
 * has been dealt with; a frame whose permit is over is not looked at.
 */
#ifndef OVERT_CLIENT_TRACK_RECOGNISER_H
#define OVERT_CLIENT_TRACK_RECOGNISER_H

#include "client/camera/camera.h"
#include "client/permit.h"
#include "client/track/report.h"
#include "common/base/queue.h"
#include "common/face/face.h"

struct recogniser;

/* Where reports go; called on the recogniser's thread. */
struct report_sink {
    /* Takes the report on OV_OK; on OV_ERR_LIMIT (no room within timeout_ms) and OV_ERR_CLOSED the
     * caller keeps it. */
    enum ov_status (*post)(void *ctx, struct report *report, int timeout_ms);
    /* Whether one more face would be kept rather than dropped. */
    bool (*has_room)(void *ctx);
    void *ctx;
};

struct recogniser_options {
    enum ov_source_kind kind;
    int min_face_px;         /* the smallest face of interest; Welcome may ask for larger ones */
    struct permit *permit;   /* borrowed */
    struct ov_queue *frames; /* borrowed, of struct frame */
    const struct camera *camera; /* borrowed; asked for its outcome at the end */
    struct report_sink sink;
};

/* take_engine passes to the thread on every path. */
OV_CHECKED enum ov_status recogniser_start(const struct recogniser_options *options,
                                           struct ov_face_engine *take_engine,
                                           struct recogniser **ret_recogniser,
                                           struct ov_error *err);

/* Waits for the thread, which ends when the frames queue is closed and empty. Takes NULL. */
void recogniser_free(struct recogniser *recogniser);

/* Why this face would not be used, or OV_QUALITY_OK. Pure. */
enum ov_quality_reason recogniser_judge(const struct ov_face *face,
                                        const struct ov_quality_gate *gate);

#endif

/* The recogniser's thread. Everything in struct recogniser belongs to it. */
#include "client/track/recogniser.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "client/camera/frame.h"
#include "client/track/tracker.h"
#include "client/track/zoned.h"
#include "common/base/log.h"

#define POLL_MS 100
#define POST_MS 100
#define CROP_MARGIN 0.5f
#define CROP_MAX_SIDE_PX 320
#define FAILURES_IN_A_ROW_MAX 25

struct recogniser {
    struct recogniser_options options;
    struct ov_face_engine *engine;
    struct tracker *tracker;
    struct tally tally;     /* not yet reported */
    uint64_t stills_tracks; /* ids given to detections in still images */
    int failures_in_a_row;
    struct ov_error failure; /* set when recognition itself has failed for good */
    pthread_t thread;
};

enum ov_quality_reason recogniser_judge(const struct ov_face *face,
                                        const struct ov_quality_gate *gate)
{
    enum ov_quality_reason reason = ov_quality_check(&face->quality, gate);
    if (face->cut_off && reason != OV_QUALITY_TOO_SMALL)
        return OV_QUALITY_CUT_OFF; /* the order of checks in quality.h */
    return reason;
}

static bool is_stills(const struct recogniser *recogniser)
{
    return recogniser->options.kind == OV_SOURCE_STILLS;
}

static bool has_tally(const struct tally *tally)
{
    static const struct tally none;
    return memcmp(tally, &none, sizeof(none)) != 0;
}

/* What cannot be posted now is kept for the next time. */
static void post_tally(struct recogniser *recogniser, int timeout_ms)
{
    if (!has_tally(&recogniser->tally))
        return;
    struct report *report = report_new(REPORT_TALLY);
    if (report == NULL)
        return;
    report->tally = recogniser->tally;
    const struct report_sink *sink = &recogniser->options.sink;
    if (sink->post(sink->ctx, report, timeout_ms) == OV_OK)
        memset(&recogniser->tally, 0, sizeof(recogniser->tally));
    else
        report_free(report);
}

static void on_track_finished(void *ctx, const struct track *track)
{
    struct recogniser *recogniser = ctx;
    recogniser->tally.faces_seen++;
    if (track->probes > 0)
        return;
    if (track->was_dropped)
        recogniser->tally.rejected[OV_REJECT_CAPACITY]++;
    else if (track->reason != OV_QUALITY_OK)
        recogniser->tally.rejected[track->reason]++;
}

/* A recording waits until the link has room; a camera does not wait. */
static bool wait_for_room(const struct recogniser *recogniser, uint64_t generation)
{
    const struct report_sink *sink = &recogniser->options.sink;
    while (!sink->has_room(sink->ctx)) {
        if (recogniser->options.kind == OV_SOURCE_LIVE ||
            !permit_covers(recogniser->options.permit, generation) ||
            permit_pause(recogniser->options.permit, 10) != PERMIT_OPEN)
            return false;
    }
    return true;
}

static struct report *make_report(struct recogniser *recogniser, const struct frame *frame,
                                  const struct ov_face *face, uint64_t track, struct ov_error *err)
{
    struct report *report = report_new(REPORT_FACE);
    if (report == NULL) {
        (void)ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for a face");
        return NULL;
    }
    struct found_face *found = &report->face;
    found->generation = frame->generation;
    found->track = track;
    found->captured_at_us = frame->captured_at_us;
    found->at = zoned_face(&face->box, frame->image.width, frame->image.height);
    found->quality = face->quality;
    enum ov_status status =
        ov_face_embed(recogniser->engine, &frame->image, face, &found->descriptor, err);
    if (status != OV_OK) {
        report_free(report);
        return NULL;
    }
    struct ov_error crop_err = OV_ERROR_INIT;
    if (ov_face_crop_jpeg(&frame->image, face, CROP_MARGIN, CROP_MAX_SIDE_PX, &found->crop,
                          &crop_err) != OV_OK)
        ov_log_error(OV_LOG_WARNING, "recogniser", "no_crop", &crop_err);
    return report;
}

enum send_outcome {
    SEND_DONE,    /* the link has the face */
    SEND_NO_ROOM, /* dropped: more faces than the link can keep */
    SEND_VOID     /* not to be compared any more, or it could not be embedded */
};

static enum send_outcome send_face(struct recogniser *recogniser, const struct frame *frame,
                                   const struct ov_face *face, uint64_t track)
{
    const struct report_sink *sink = &recogniser->options.sink;
    struct permit *permit = recogniser->options.permit;
    struct ov_error err = OV_ERROR_INIT;
    if (!wait_for_room(recogniser, frame->generation))
        return permit_covers(permit, frame->generation) ? SEND_NO_ROOM : SEND_VOID;
    struct report *report = make_report(recogniser, frame, face, track, &err);
    if (report == NULL) {
        ov_log_error(OV_LOG_WARNING, "recogniser", "no_descriptor", &err);
        return SEND_VOID;
    }
    int timeout_ms = recogniser->options.kind == OV_SOURCE_LIVE ? 0 : POST_MS;
    enum ov_status status = OV_ERR_LIMIT;
    do {
        status = sink->post(sink->ctx, report, timeout_ms);
    } while (status == OV_ERR_LIMIT && timeout_ms > 0 && permit_covers(permit, frame->generation));
    if (status == OV_OK)
        return SEND_DONE;
    report_free(report);
    return permit_covers(permit, frame->generation) ? SEND_NO_ROOM : SEND_VOID;
}

static void handle_still(struct recogniser *recogniser, const struct frame *frame,
                         const struct ov_face_list *list, const struct capture_terms *terms)
{
    for (size_t i = 0; i < list->count; i++) {
        enum ov_quality_reason reason = recogniser_judge(&list->faces[i], &terms->gate);
        recogniser->tally.faces_seen++;
        if (reason != OV_QUALITY_OK)
            recogniser->tally.rejected[reason]++;
        else if (send_face(recogniser, frame, &list->faces[i], ++recogniser->stills_tracks) ==
                 SEND_NO_ROOM)
            recogniser->tally.rejected[OV_REJECT_CAPACITY]++;
    }
}

static void handle_tracked(struct recogniser *recogniser, const struct frame *frame,
                           const struct ov_face *face, struct track *track,
                           const struct capture_terms *terms)
{
    track->reason = recogniser_judge(face, &terms->gate);
    if (track->reason != OV_QUALITY_OK)
        return;
    float merit = track_merit(&face->quality);
    if (!track_wants_probe(track, merit, frame->media_us))
        return;
    switch (send_face(recogniser, frame, face, track->id)) {
    case SEND_DONE:
        track_probed(track, merit, frame->media_us);
        break;
    case SEND_NO_ROOM:
        track->was_dropped = true;
        break;
    case SEND_VOID:
        break;
    }
}

static void handle_moving(struct recogniser *recogniser, const struct frame *frame,
                          const struct ov_face_list *list, const struct capture_terms *terms)
{
    struct ov_box boxes[OV_FACES_MAX];
    struct track *tracks[OV_FACES_MAX];
    size_t count = list->count < OV_FACES_MAX ? list->count : OV_FACES_MAX;
    for (size_t i = 0; i < count; i++)
        boxes[i] = list->faces[i].box;
    tracker_sweep(recogniser->tracker, frame->media_us, on_track_finished, recogniser);
    tracker_update(recogniser->tracker, boxes, count, frame->media_us, tracks);
    for (size_t i = 0; i < count; i++) {
        if (tracks[i] != NULL)
            handle_tracked(recogniser, frame, &list->faces[i], tracks[i], terms);
    }
}

static int smallest_face(const struct recogniser *recogniser, const struct capture_terms *terms)
{
    int asked = recogniser->options.min_face_px;
    return asked > (int)terms->min_face_px ? asked : (int)terms->min_face_px;
}

static void on_find_failed(struct recogniser *recogniser, const struct ov_error *err)
{
    ov_log_error(OV_LOG_WARNING, "recogniser", "no_detection", err);
    if (++recogniser->failures_in_a_row < FAILURES_IN_A_ROW_MAX)
        return;
    recogniser->failure = *err;
    permit_stop(recogniser->options.permit);
}

static void handle_frame(struct recogniser *recogniser, const struct frame *frame)
{
    struct capture_terms terms;
    uint64_t generation = 0;
    if (permit_check(recogniser->options.permit, &terms, &generation) != PERMIT_OPEN ||
        generation != frame->generation)
        return;
    struct ov_face_list list = {NULL, 0};
    struct ov_error err = OV_ERROR_INIT;
    recogniser->tally.frames++;
    enum ov_status status = ov_face_find(recogniser->engine, &frame->image,
                                         smallest_face(recogniser, &terms), &list, &err);
    if (status != OV_OK) {
        on_find_failed(recogniser, &err);
        return;
    }
    recogniser->failures_in_a_row = 0;
    (void)zoned_drop_outside(&list, &terms.zone, frame->image.width, frame->image.height);
    if (is_stills(recogniser))
        handle_still(recogniser, frame, &list, &terms);
    else
        handle_moving(recogniser, frame, &list, &terms);
    ov_face_list_free(&list);
    post_tally(recogniser, 0);
}

static void report_end(struct recogniser *recogniser)
{
    const struct report_sink *sink = &recogniser->options.sink;
    struct ov_error outcome = recogniser->failure;
    tracker_flush(recogniser->tracker, on_track_finished, recogniser);
    post_tally(recogniser, OV_WAIT_FOREVER);
    if (outcome.status == OV_OK)
        (void)camera_outcome(recogniser->options.camera, &outcome);
    struct report *report = report_new(REPORT_END);
    if (report == NULL)
        abort(); /* nobody could be told that the run is over */
    report->end = outcome;
    if (sink->post(sink->ctx, report, OV_WAIT_FOREVER) != OV_OK)
        report_free(report);
}

static void *run(void *ctx)
{
    struct recogniser *recogniser = ctx;
    ov_face_thread_init();
    for (;;) {
        void *item = NULL;
        enum ov_status status = ov_queue_pop(recogniser->options.frames, POLL_MS, &item);
        if (status == OV_OK) {
            handle_frame(recogniser, item);
            frame_free(item);
        } else if (status == OV_ERR_CLOSED) {
            break;
        } else if (permit_check(recogniser->options.permit, NULL, NULL) == PERMIT_CLOSED) {
            tracker_flush(recogniser->tracker, on_track_finished, recogniser);
            post_tally(recogniser, 0);
        }
    }
    report_end(recogniser);
    return NULL;
}

enum ov_status recogniser_start(const struct recogniser_options *options,
                                struct ov_face_engine *take_engine,
                                struct recogniser **ret_recogniser, struct ov_error *err)
{
    struct recogniser *recogniser = calloc(1, sizeof(*recogniser));
    struct tracker *tracker = tracker_new();
    if (recogniser == NULL || tracker == NULL) {
        free(recogniser);
        tracker_free(tracker);
        ov_face_engine_free(take_engine);
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    }
    recogniser->options = *options;
    recogniser->engine = take_engine;
    recogniser->tracker = tracker;
    if (pthread_create(&recogniser->thread, NULL, run, recogniser) != 0) {
        tracker_free(tracker);
        ov_face_engine_free(take_engine);
        free(recogniser);
        return ov_fail(err, OV_ERR_UNAVAILABLE, "thread", "cannot start the recogniser's thread");
    }
    *ret_recogniser = recogniser;
    return OV_OK;
}

void recogniser_free(struct recogniser *recogniser)
{
    if (recogniser == NULL)
        return;
    (void)pthread_join(recogniser->thread, NULL);
    tracker_free(recogniser->tracker);
    ov_face_engine_free(recogniser->engine);
    free(recogniser);
}

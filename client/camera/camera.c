/* The camera's thread. Owns the source; everything in struct camera belongs to it until it ends. */
#include "client/camera/camera.h"

#include <pthread.h>
#include <stdlib.h>

#include "client/backoff.h"
#include "client/camera/frame.h"
#include "common/base/log.h"

#define POLL_MS 200 /* how long a step may ignore that the permit has changed */

struct camera {
    struct camera_options options;
    struct source *source; /* NULL while closed */
    struct backoff backoff;
    enum ov_status outcome;
    struct ov_error error;
    int64_t frames;
    int64_t unreadable; /* images left out */
    pthread_t thread;
};

void frame_free(void *frame)
{
    struct frame *gone = frame;
    if (gone == NULL)
        return;
    ov_image_free(&gone->image);
    free(gone);
}

size_t camera_queue_capacity(enum ov_source_kind kind)
{
    return kind == OV_SOURCE_LIVE ? 1 : 2;
}

static bool is_live(const struct camera *camera)
{
    return camera->options.kind == OV_SOURCE_LIVE;
}

/* A live source is let go when the permit ends; a recording keeps its place until the run ends. */
static bool wants_interrupt(void *ctx)
{
    const struct camera *camera = ctx;
    enum permit_state state = permit_check(camera->options.permit, NULL, NULL);
    return is_live(camera) ? state != PERMIT_OPEN : state == PERMIT_STOPPED;
}

static enum ov_status end_with(struct camera *camera, enum ov_status status)
{
    camera->outcome = status == OV_ERR_CLOSED ? OV_OK : status;
    return OV_ERR_CLOSED;
}

/* Pauses before a live source is tried again. */
static enum ov_status after_loss(struct camera *camera, struct ov_error *err)
{
    source_close(camera->source);
    camera->source = NULL;
    if (permit_check(camera->options.permit, NULL, NULL) != PERMIT_OPEN)
        return OV_OK; /* it was closed on purpose */
    if (err->status == OV_ERR_DENIED) {
        camera->error = *err;
        return end_with(camera, OV_ERR_DENIED);
    }
    int pause_ms = backoff_next_ms(&camera->backoff);
    ov_log_error(OV_LOG_INFO, "camera", "lost", err);
    camera->options.on_trouble(camera->options.ctx, err, pause_ms);
    (void)permit_pause(camera->options.permit, pause_ms);
    return OV_OK;
}

static enum ov_status ensure_open(struct camera *camera)
{
    if (camera->source != NULL)
        return OV_OK;
    const struct source_interrupt interrupt = {wants_interrupt, camera};
    struct ov_error err = OV_ERROR_INIT;
    enum ov_status status =
        source_open(&camera->options.spec, camera->options.kind, &interrupt, &camera->source, &err);
    if (status == OV_OK)
        return OV_OK;
    if (is_live(camera)) {
        status = after_loss(camera, &err);
        return status == OV_OK ? OV_ERR_UNAVAILABLE : status;
    }
    camera->error = err;
    return end_with(camera, status);
}

/* Live: the newest frame replaces one that nobody has taken. */
static void push_newest(struct camera *camera, struct frame *frame)
{
    while (ov_queue_push(camera->options.frames, frame, 0) != OV_OK) {
        void *older = NULL;
        if (ov_queue_pop(camera->options.frames, 0, &older) == OV_OK)
            frame_free(older);
    }
}

static void push_in_turn(struct camera *camera, struct frame *frame)
{
    struct permit *permit = camera->options.permit;
    while (ov_queue_push(camera->options.frames, frame, POLL_MS) != OV_OK) {
        if (permit_covers(permit, frame->generation) &&
            permit_check(permit, NULL, NULL) == PERMIT_OPEN)
            continue;
        frame_free(frame);
        return;
    }
}

static void deliver(struct camera *camera, struct ov_image *take_image, int64_t media_us,
                    uint64_t generation)
{
    struct frame *frame = calloc(1, sizeof(*frame));
    if (frame == NULL || !permit_covers(camera->options.permit, generation)) {
        free(frame);
        ov_image_free(take_image);
        return;
    }
    frame->image = *take_image;
    frame->captured_at_us = ov_clock_utc_us(camera->options.clock);
    frame->media_us = media_us;
    frame->generation = generation;
    camera->frames++;
    if (is_live(camera))
        push_newest(camera, frame);
    else
        push_in_turn(camera, frame);
}

static enum ov_status after_failure(struct camera *camera, enum ov_status status,
                                    struct ov_error *err)
{
    if (is_live(camera))
        return after_loss(camera, err);
    bool is_one_of_many = camera->options.spec.form == SOURCE_FORM_FOLDER &&
                          (status == OV_ERR_INVALID || status == OV_ERR_LIMIT);
    if (is_one_of_many) {
        camera->unreadable++;
        camera->options.on_trouble(camera->options.ctx, err, 0);
        return OV_OK;
    }
    camera->error = *err;
    return end_with(camera, status);
}

/* One frame. OV_ERR_CLOSED when the thread has nothing more to do. */
static enum ov_status step(struct camera *camera)
{
    uint64_t generation = 0;
    enum permit_state state = permit_wait(camera->options.permit, POLL_MS);
    if (state == PERMIT_OPEN)
        state = permit_check(camera->options.permit, NULL, &generation);
    if (state == PERMIT_STOPPED)
        return end_with(camera, OV_OK);
    if (state == PERMIT_CLOSED) {
        if (is_live(camera)) {
            source_close(camera->source);
            camera->source = NULL;
        }
        return OV_OK;
    }
    enum ov_status status = ensure_open(camera);
    if (status != OV_OK)
        return status == OV_ERR_UNAVAILABLE ? OV_OK : OV_ERR_CLOSED;
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_error err = OV_ERROR_INIT;
    int64_t media_us = 0;
    status = source_next(camera->source, &image, &media_us, &err);
    if (status == OV_OK) {
        backoff_reset(&camera->backoff);
        deliver(camera, &image, media_us, generation);
        return OV_OK;
    }
    if (status == OV_ERR_CLOSED && !is_live(camera))
        return end_with(camera, OV_OK);
    return after_failure(camera, status, &err);
}

static void *run(void *ctx)
{
    struct camera *camera = ctx;
    enum ov_status status = OV_OK;
    while (status == OV_OK)
        status = step(camera);
    source_close(camera->source);
    camera->source = NULL;
    if (camera->outcome == OV_OK && camera->frames == 0 && camera->unreadable > 0)
        camera->outcome =
            ov_fail(&camera->error, OV_ERR_INVALID, "source.no_images",
                    "none of the %lld images could be read", (long long)camera->unreadable);
    ov_queue_close(camera->options.frames);
    return NULL;
}

enum ov_status camera_start(const struct camera_options *options, struct camera **ret_camera,
                            struct ov_error *err)
{
    struct camera *camera = calloc(1, sizeof(*camera));
    if (camera == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    camera->options = *options;
    if (pthread_create(&camera->thread, NULL, run, camera) != 0) {
        free(camera);
        return ov_fail(err, OV_ERR_UNAVAILABLE, "thread", "cannot start the camera's thread");
    }
    *ret_camera = camera;
    return OV_OK;
}

enum ov_status camera_outcome(const struct camera *camera, struct ov_error *ret_err)
{
    if (ret_err != NULL)
        *ret_err = camera->error;
    return camera->outcome;
}

void camera_free(struct camera *camera)
{
    if (camera == NULL)
        return;
    (void)pthread_join(camera->thread, NULL);
    free(camera);
}

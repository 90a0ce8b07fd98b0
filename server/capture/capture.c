/* The loop's thread, its start and end, and the messages other threads leave for it. */
#include "server/capture/capture.h"

#include <stdlib.h>

#include "common/base/log.h"
#include "common/wire/frame.h"
#include "server/capture/capture_private.h"

#define MAILBOX_CAPACITY 16384u
#define POST_MS 200
#define DRAIN_US (5 * OV_US_PER_S)

enum message_kind {
    MESSAGE_BATCH,  /* a job has come back */
    MESSAGE_ALERT,  /* to be pushed */
    MESSAGE_DESK,   /* an answer */
    MESSAGE_CHANGE, /* the registry has changed */
    MESSAGE_RELOAD,
    MESSAGE_STOP
};

struct message {
    enum message_kind kind;
    struct match_job *batch; /* owned, like the next two; at most one is set */
    struct delivery_item *alert;
    struct desk_job *desk;
};

static void free_message(void *item)
{
    struct message *message = item;
    match_job_free(message->batch);
    delivery_item_free(message->alert);
    free(message->desk);
    free(message);
}

/* Any thread. Waits for room as long as the loop runs; then what is posted is dropped. */
static void post_made(struct capture *capture, struct message *take_message)
{
    while (ov_mailbox_post(capture->mailbox, take_message, POST_MS) != OV_OK) {
        if (atomic_load(&capture->ended)) {
            free_message(take_message);
            return;
        }
    }
}

static void post(struct capture *capture, struct message content)
{
    struct message *message = malloc(sizeof(*message));
    if (message == NULL) {
        ov_log(OV_LOG_ERROR, "capture", "message_lost", "kind=%d", (int)content.kind);
        match_job_free(content.batch);
        delivery_item_free(content.alert);
        free(content.desk);
        return;
    }
    *message = content;
    post_made(capture, message);
}

void capture_on_matched(void *ctx, struct match_job *take_job)
{
    struct capture *capture = ctx;
    if (take_job->outcome == MATCH_COMPARED && take_job->candidates.count > 0) {
        if (alert_path_raise(capture->links.alerts, take_job) == OV_OK)
            return;
        take_job->outcome = MATCH_FAILED;
    }
    post(capture, (struct message){.kind = MESSAGE_BATCH, .batch = take_job});
}

void capture_on_raised(void *ctx, struct match_job *take_job)
{
    post(ctx, (struct message){.kind = MESSAGE_BATCH, .batch = take_job});
}

void capture_on_alert(void *ctx, struct delivery_item *take_item)
{
    post(ctx, (struct message){.kind = MESSAGE_ALERT, .alert = take_item});
}

void capture_on_change(void *ctx)
{
    post(ctx, (struct message){.kind = MESSAGE_CHANGE});
}

static void on_desk_done(void *ctx, struct desk_job *take_job)
{
    post(ctx, (struct message){.kind = MESSAGE_DESK, .desk = take_job});
}

void capture_reload_tls(struct capture *capture)
{
    post(capture, (struct message){.kind = MESSAGE_RELOAD});
}

/* Also to a session whose deployment has just ended: nobody gets another one there to hear of an
 * alert that was raised a moment before. */
static void push_alert(struct capture *capture, const struct delivery_item *item)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = capture->sessions[i];
        if (session != NULL && session_is_open(session) &&
            ov_id_equal(&session->site_id, &item->site_id) &&
            ov_id_equal(&session->deployment_id, &item->deployment_id))
            session_push_alert(session, item);
    }
}

static void on_desk_answer(struct capture *capture, struct desk_job *job)
{
    struct session *session = capture_find(capture, job->session);
    switch (job->kind) {
    case DESK_HELLO:
        if (session != NULL)
            session_on_identified(session, job);
        return;
    case DESK_COUNTS:
        if (session != NULL)
            session_on_counts_stored(session, job);
        return;
    case DESK_ALERT_ACK:
        if (job->status != OV_OK)
            ov_log_error(OV_LOG_WARNING, "capture", "alert_ack_failed", &job->err);
        return;
    case DESK_PAUSE:
        if (session != NULL)
            session_on_pause_done(session, job);
        return;
    case DESK_RECHECK:
        capture_on_rechecked(capture, job);
        return;
    }
}

static void on_batch(struct capture *capture, const struct match_job *job)
{
    struct session *session = capture_find(capture, job->session);
    if (session != NULL)
        session_on_batch_done(session, job);
}

static void begin_stop(struct capture *capture)
{
    capture->stopping = true;
    capture->stop_at_us = ov_clock_mono_us(capture->options.clock) + DRAIN_US;
    evconnlistener_free(capture->listener);
    capture->listener = NULL;
    capture_tick(capture);
}

static void on_message(void *ctx, void *item)
{
    struct capture *capture = ctx;
    struct message *message = item;
    switch (message->kind) {
    case MESSAGE_BATCH:
        on_batch(capture, message->batch);
        break;
    case MESSAGE_ALERT:
        push_alert(capture, message->alert);
        break;
    case MESSAGE_DESK:
        on_desk_answer(capture, message->desk);
        break;
    case MESSAGE_CHANGE:
        capture_tick(capture);
        break;
    case MESSAGE_RELOAD:
        capture_reload_now(capture);
        break;
    case MESSAGE_STOP:
        begin_stop(capture);
        break;
    }
    free_message(message);
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
    capture_tick(ctx);
}

static enum ov_status make_parts(struct capture *capture, struct ov_error *err)
{
    capture->base = event_base_new();
    capture->wanted = calloc(1, sizeof(*capture->wanted));
    capture->stop = calloc(1, sizeof(*capture->stop));
    if (capture->base != NULL)
        capture->tick = event_new(capture->base, -1, EV_PERSIST, on_tick, capture);
    if (capture->wanted == NULL || capture->stop == NULL || capture->tick == NULL ||
        ov_mailbox_new(capture->base, MAILBOX_CAPACITY, on_message, free_message, capture,
                       &capture->mailbox) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "capture.memory", "no memory for the capture loop");
    enum ov_status status =
        ov_tls_server_new(&capture->options.tls, OV_ALPN_CAPTURE, &capture->tls, err);
    if (status == OV_OK)
        status = lease_signer_new(&capture->signer, err);
    return status == OV_OK ? capture_listen(capture, err) : status;
}

enum ov_status capture_new(const struct capture_options *options, struct capture **ret_capture,
                           struct ov_error *err)
{
    struct capture *capture = calloc(1, sizeof(*capture));
    if (capture == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "capture.memory", "no memory for the capture loop");
    capture->options = *options;
    atomic_init(&capture->open_sessions, 0);
    atomic_init(&capture->ended, false);
    struct desk_options desk = {.conninfo = options->conninfo,
                                .vault = options->vault,
                                .registry = options->registry,
                                .model = options->model,
                                .clock = options->clock,
                                .threads = options->desk_threads,
                                .on_done = on_desk_done,
                                .ctx = capture};
    enum ov_status status = make_parts(capture, err);
    if (status == OV_OK)
        status = desk_start(&desk, &capture->desk, err);
    if (status != OV_OK) {
        capture_free(capture);
        return status;
    }
    *ret_capture = capture;
    return OV_OK;
}

static void *capture_main(void *arg)
{
    struct capture *capture = arg;
    (void)event_base_dispatch(capture->base);
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct ov_error err = OV_ERROR_INIT;
        (void)ov_fail(&err, OV_ERR_CLOSED, "server.stopping", "the server stops");
        if (capture->sessions[i] != NULL)
            session_cut(capture->sessions[i], &err);
    }
    atomic_store(&capture->ended, true);
    return NULL;
}

enum ov_status capture_start(struct capture *capture, const struct capture_links *links,
                             struct ov_error *err)
{
    struct timeval every = {0, (suseconds_t)TICK_MS * 1000};
    capture->links = *links;
    if (event_add(capture->tick, &every) != 0 || evconnlistener_enable(capture->listener) != 0 ||
        pthread_create(&capture->thread, NULL, capture_main, capture) != 0)
        return ov_fail(err, OV_ERR_NOMEM, "capture.threads", "cannot start the capture loop");
    capture->running = true;
    return OV_OK;
}

void capture_stop(struct capture *capture)
{
    if (capture == NULL || !capture->running)
        return;
    capture->stop->kind = MESSAGE_STOP;
    post_made(capture, capture->stop);
    capture->stop = NULL;
    (void)pthread_join(capture->thread, NULL);
    capture->running = false;
}

void capture_free(struct capture *capture)
{
    if (capture == NULL)
        return;
    capture_stop(capture);
    atomic_store(&capture->ended, true);
    desk_stop(capture->desk);
    if (capture->listener != NULL)
        evconnlistener_free(capture->listener);
    if (capture->relisten != NULL)
        event_free(capture->relisten);
    if (capture->tick != NULL)
        event_free(capture->tick);
    ov_mailbox_free(capture->mailbox);
    if (capture->base != NULL)
        event_base_free(capture->base);
    lease_signer_free(capture->signer);
    SSL_CTX_free(capture->tls);
    free(capture->wanted);
    free(capture->stop);
    free(capture);
}

int capture_port(const struct capture *capture)
{
    return capture->port;
}

int capture_sessions(const struct capture *capture)
{
    return atomic_load(&capture->open_sessions);
}

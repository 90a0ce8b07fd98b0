/* The desk's threads: take a job, do it with their own connection, give it back. */
#include "server/capture/desk.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/log.h"
#include "common/base/queue.h"
#include "server/capture/desk_private.h"
#include "server/service/pause.h"
#include "server/store/alerts.h"

#define QUEUE_CAPACITY 16384u
#define RETRY_MS 200

struct desk_thread {
    struct desk *desk;
    struct desk_worker worker;
    pthread_t thread;
    bool started;
};

struct desk {
    struct desk_options options;
    struct ov_queue *queue;
    atomic_bool stopping;
    struct desk_thread *threads;
    int count;
};

const char *desk_kind_name(enum desk_kind kind)
{
    switch (kind) {
    case DESK_HELLO:
        return "hello";
    case DESK_COUNTS:
        return "counts";
    case DESK_ALERT_ACK:
        return "alert_ack";
    case DESK_PAUSE:
        return "pause";
    case DESK_RECHECK:
        return "recheck";
    }
    return "unknown";
}

/* One transaction with its event: when the site had the alert is part of the alert's record, which
 * may be of another deployment than the session that acknowledges it. */
static enum ov_status alert_ack(struct desk_worker *worker, const struct desk_job *job,
                                struct ov_error *err)
{
    const struct actor server = {.is_server = true};
    int64_t now = ov_clock_utc_us(worker->options->clock);
    struct delivery_ack ack = {.first = false};
    enum ov_status status = store_begin(worker->store, err);
    if (status == OV_OK)
        status = store_delivery_ack(worker->store, &job->alert_id, &job->site_id, now, &ack, err);
    if (status == OV_OK && ack.first) {
        struct audit_event *event = audit_event_new("alert.delivered", &server, now);
        if (event == NULL)
            return ov_fail(err, OV_ERR_NOMEM, "capture.memory", "no memory for an event");
        audit_event_deployment(event, &ack.deployment_id);
        audit_event_object(event, "alert", &job->alert_id);
        audit_event_id(event, "site", &job->site_id);
        status = audit_event_write(worker->store, event, err);
    }
    return status == OV_OK ? store_commit(worker->store, err) : status;
}

static enum ov_status pause_deployment(struct desk_worker *worker, const struct desk_job *job,
                                       struct ov_error *err)
{
    struct actor actor;
    enum ov_status status = desk_identify(worker, &job->peer, &actor, err);
    if (status == OV_OK)
        status = service_deployment_pause_by_site(&worker->service, &actor, &job->site_id,
                                                  &job->deployment_id, job->pressed_at_us, err);
    return status;
}

static enum ov_status do_job(struct desk_worker *worker, struct desk_job *job, struct ov_error *err)
{
    struct actor actor;
    switch (job->kind) {
    case DESK_HELLO:
        return desk_hello(worker, job, err);
    case DESK_COUNTS:
        return store_counts_add(worker->store, &job->deployment_id, &job->site_id, &job->counts,
                                err);
    case DESK_ALERT_ACK:
        return alert_ack(worker, job, err);
    case DESK_PAUSE:
        return pause_deployment(worker, job, err);
    case DESK_RECHECK:
        return desk_identify(worker, &job->peer, &actor, err);
    }
    return ov_fail(err, OV_ERR_INTERNAL, "capture.desk", "a job of no kind");
}

/* A client sends counts and acknowledgements once per session, and whoever was switched off is
 * asked about once: these wait for the database here. A client says Hello again by itself. */
static bool is_worth_waiting(const struct desk_job *job)
{
    return job->status == OV_ERR_UNAVAILABLE && job->kind != DESK_HELLO;
}

static bool put_back(struct desk *desk, struct desk_job *job)
{
    struct timespec pause = {0, RETRY_MS * 1000000L};
    if (atomic_load(&desk->stopping))
        return false;
    (void)nanosleep(&pause, NULL);
    return ov_queue_push(desk->queue, job, 0) == OV_OK;
}

static void *desk_main(void *arg)
{
    struct desk_thread *thread = arg;
    struct desk *desk = thread->desk;
    void *item = NULL;
    while (ov_queue_pop(desk->queue, OV_WAIT_FOREVER, &item) == OV_OK) {
        struct desk_job *job = item;
        if (atomic_load(&desk->stopping)) {
            free(job);
            continue;
        }
        ov_error_clear(&job->err);
        job->status = store_ensure(thread->worker.store, &job->err);
        if (job->status == OV_OK)
            job->status = do_job(&thread->worker, job, &job->err);
        if (job->status != OV_OK)
            store_rollback(thread->worker.store);
        if (is_worth_waiting(job) && put_back(desk, job))
            continue;
        desk->options.on_done(desk->options.ctx, job);
    }
    return NULL;
}

static enum ov_status start_thread(struct desk *desk, struct desk_thread *thread,
                                   struct ov_error *err)
{
    thread->desk = desk;
    thread->worker.options = &desk->options;
    enum ov_status status = store_open(desk->options.conninfo, &thread->worker.store, err);
    if (status != OV_OK)
        return status;
    thread->worker.service = (struct service){.store = thread->worker.store,
                                              .vault = desk->options.vault,
                                              .faces = NULL,
                                              .clock = desk->options.clock};
    if (pthread_create(&thread->thread, NULL, desk_main, thread) != 0)
        return ov_fail(err, OV_ERR_NOMEM, "capture.threads", "cannot start a desk thread");
    thread->started = true;
    return OV_OK;
}

static enum ov_status start_threads(struct desk *desk, struct ov_error *err)
{
    enum ov_status status = OV_OK;
    if (desk->queue == NULL || desk->threads == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "capture.memory", "no memory for the desk");
    while (status == OV_OK && desk->count < desk->options.threads)
        status = start_thread(desk, &desk->threads[desk->count++], err);
    return status;
}

enum ov_status desk_start(const struct desk_options *options, struct desk **ret_desk,
                          struct ov_error *err)
{
    struct desk *desk = calloc(1, sizeof(*desk));
    if (desk == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "capture.memory", "no memory for the desk");
    desk->options = *options;
    atomic_init(&desk->stopping, false);
    desk->queue = ov_queue_new(QUEUE_CAPACITY);
    desk->threads = calloc((size_t)options->threads, sizeof(*desk->threads));
    enum ov_status status = start_threads(desk, err);
    if (status != OV_OK) {
        desk_stop(desk);
        return status;
    }
    *ret_desk = desk;
    return OV_OK;
}

enum ov_status desk_submit(struct desk *desk, struct desk_job *job)
{
    return ov_queue_push(desk->queue, job, 0);
}

void desk_stop(struct desk *desk)
{
    if (desk == NULL)
        return;
    atomic_store(&desk->stopping, true);
    if (desk->queue != NULL)
        ov_queue_close(desk->queue);
    for (int i = 0; i < desk->count; i++) {
        if (desk->threads[i].started)
            (void)pthread_join(desk->threads[i].thread, NULL);
        store_close(desk->threads[i].worker.store);
    }
    ov_queue_free(desk->queue, free);
    free(desk->threads);
    free(desk);
}

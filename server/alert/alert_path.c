/* The workers' threads and their queue. */
#include "server/alert/alert_path.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/queue.h"
#include "server/alert/raise.h"
#include "server/alert/worker.h"

#define QUEUE_CAPACITY 65536u

struct alert_work {
    struct match_job *batch; /* one of the two */
    struct crop_job *crop;
};

struct alert_thread {
    struct alert_path *path;
    struct alert_worker worker;
    pthread_t thread;
    bool started;
};

struct alert_path {
    struct alert_path_options options;
    struct ov_queue *queue;
    atomic_bool stopping;
    struct alert_thread *threads;
    int count;
};

static void free_work(void *item)
{
    struct alert_work *work = item;
    match_job_free(work->batch);
    crop_job_free(work->crop);
    free(work);
}

static void count_outcome(struct alert_worker *worker, const struct match_job *job,
                          enum raise_outcome outcome)
{
    struct tally_step step = {.alerts = outcome == RAISE_NEW,
                              .suppressed = outcome == RAISE_SUPPRESSED};
    if (step.alerts > 0 || step.suppressed > 0)
        tally_add(worker->tally, &job->deployment_id, &job->site_id, &step);
}

static void raise_all(struct alert_worker *worker, struct match_job *job)
{
    char id[OV_ID_TEXT_SIZE];
    for (size_t i = 0; i < job->candidates.count && job->outcome == MATCH_COMPARED; i++) {
        const struct candidate *candidate = &job->candidates.items[i];
        struct ov_error err = OV_ERROR_INIT;
        enum raise_outcome outcome = RAISE_DROPPED;
        if (raise_alert(worker, job, candidate, &outcome, &err) != OV_OK) {
            ov_log_error(OV_LOG_ERROR, "alert", "raise_failed", &err);
            job->outcome = MATCH_FAILED;
            return;
        }
        count_outcome(worker, job, outcome);
        if (outcome == RAISE_NEW || outcome == RAISE_SAME)
            job->alerted[candidate->query] = true;
        ov_log(outcome == RAISE_NEW ? OV_LOG_INFO : OV_LOG_DEBUG, "alert", "decided",
               "deployment=%s outcome=%s", ov_id_format(&job->deployment_id, id),
               raise_outcome_name(outcome));
    }
}

static void *worker_main(void *arg)
{
    struct alert_thread *thread = arg;
    struct alert_path *path = thread->path;
    void *item = NULL;
    ov_face_thread_init();
    while (ov_queue_pop(path->queue, OV_WAIT_FOREVER, &item) == OV_OK) {
        struct alert_work *work = item;
        if (work->batch != NULL) {
            raise_all(&thread->worker, work->batch);
            path->options.on_raised(path->options.ctx, work->batch);
            work->batch = NULL;
        }
        if (work->crop != NULL)
            crop_check(&thread->worker, work->crop);
        free_work(work);
    }
    return NULL;
}

static enum ov_status start_thread(struct alert_path *path, struct alert_thread *thread,
                                   struct ov_error *err)
{
    const struct alert_path_options *options = &path->options;
    thread->path = path;
    thread->worker = (struct alert_worker){.vault = options->vault,
                                           .tally = options->tally,
                                           .clock = options->clock,
                                           .stopping = &path->stopping};
    enum ov_status status = store_open(options->conninfo, &thread->worker.store, err);
    if (status == OV_OK)
        status = ov_face_engine_new(options->model_pack, options->onnxruntime_path,
                                    &thread->worker.faces, err);
    if (status != OV_OK)
        return status;
    if (pthread_create(&thread->thread, NULL, worker_main, thread) != 0)
        return ov_fail(err, OV_ERR_NOMEM, "alert.threads", "cannot start an alert worker");
    thread->started = true;
    return OV_OK;
}

static enum ov_status start_threads(struct alert_path *path, struct ov_error *err)
{
    enum ov_status status = OV_OK;
    if (path->queue == NULL || path->threads == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "alert.memory", "no memory for the alert path");
    while (status == OV_OK && path->count < path->options.threads)
        status = start_thread(path, &path->threads[path->count++], err);
    return status;
}

enum ov_status alert_path_start(const struct alert_path_options *options,
                                struct alert_path **ret_path, struct ov_error *err)
{
    struct alert_path *path = calloc(1, sizeof(*path));
    if (path == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "alert.memory", "no memory for the alert path");
    path->options = *options;
    atomic_init(&path->stopping, false);
    path->queue = ov_queue_new(QUEUE_CAPACITY);
    path->threads = calloc((size_t)options->threads, sizeof(*path->threads));
    enum ov_status status = start_threads(path, err);
    if (status != OV_OK) {
        alert_path_stop(path);
        return status;
    }
    *ret_path = path;
    return OV_OK;
}

/* Alerts first: people wait for them, and a crop takes as long as many alerts. */
static enum ov_status submit(struct alert_path *path, struct match_job *batch,
                             struct crop_job *crop, int timeout_ms)
{
    struct alert_work *work = calloc(1, sizeof(*work));
    if (work == NULL)
        return OV_ERR_NOMEM;
    *work = (struct alert_work){batch, crop};
    enum ov_status status = batch != NULL ? ov_queue_push_urgent(path->queue, work, timeout_ms)
                                          : ov_queue_push(path->queue, work, timeout_ms);
    if (status != OV_OK)
        free(work);
    return status;
}

enum ov_status alert_path_raise(struct alert_path *path, struct match_job *job)
{
    return submit(path, job, NULL, OV_WAIT_FOREVER);
}

enum ov_status alert_path_check_crop(struct alert_path *path, struct crop_job *job)
{
    return submit(path, NULL, job, 0);
}

void alert_path_stop(struct alert_path *path)
{
    if (path == NULL)
        return;
    atomic_store(&path->stopping, true);
    if (path->queue != NULL)
        ov_queue_close(path->queue);
    for (int i = 0; i < path->count; i++) {
        struct alert_thread *thread = &path->threads[i];
        if (thread->started)
            (void)pthread_join(thread->thread, NULL);
        ov_face_engine_free(thread->worker.faces);
        store_close(thread->worker.store);
    }
    ov_queue_free(path->queue, free_work);
    free(path->threads);
    free(path);
}

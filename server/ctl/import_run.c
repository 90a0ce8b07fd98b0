/* Working through an import list. See the header for who owns what. */
#include "server/ctl/import_run.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/queue.h"
#include "server/ctl/api.h"
#include "server/ctl/image.h"
#include "server/ctl/interrupt.h"

/* Twice the cores of a small server: while one answer travels, the next photograph is looked at. */
#define WORKERS 4
#define DONE_ROWS 64 /* waiting to be accounted for */
#define RETRY_FIRST_MS 500
#define RETRY_LONGEST_MS 16000
#define RETRY_FOR_MS 31500       /* 0.5 + 1 + 2 + 4 + 8 + 16 s: a server's restart */
#define RETRY_FULL_FOR_MS 600000 /* somebody makes room on the server */

struct import_run {
    struct import_job job;
    pthread_mutex_t source_lock;
    bool source_ended;
    struct ov_queue *done;
    pthread_t threads[WORKERS];
    size_t thread_count;
    atomic_size_t working; /* threads; the last one closes the queue */
    atomic_bool gave_up;   /* the rest is not tried */
    atomic_int waiting;    /* threads that wait for the server */
    atomic_bool is_full;   /* and that it has no room is why */
    pthread_mutex_t lock;  /* of the next two */
    struct ov_error reason;
    enum ctl_exit exit;
};

void import_run_give_up(struct import_run *run, enum ctl_exit exit, const struct ov_error *reason)
{
    (void)pthread_mutex_lock(&run->lock);
    if (run->exit == CTL_OK) {
        run->exit = exit;
        run->reason = *reason;
    }
    (void)pthread_mutex_unlock(&run->lock);
    atomic_store(&run->gave_up, true);
}

const char *import_run_waits_for(struct import_run *run)
{
    if (atomic_load(&run->waiting) == 0)
        return NULL;
    return atomic_load(&run->is_full) ? "store.full" : "server.waits";
}

/* Whether every further row would fail in the same way. */
static bool is_hopeless(enum ctl_exit exit, const struct ov_error *err)
{
    if (exit == CTL_UNREACHABLE) /* but not one answer that was lost on its way */
        return err->status != OV_ERR_TIMEOUT && err->status != OV_ERR_CLOSED;
    return err->status == OV_ERR_DENIED || err->status == OV_ERR_NOT_FOUND ||
           err->status == OV_ERR_UNAVAILABLE ||
           strncmp(err->code, "deployment.", strlen("deployment.")) == 0 ||
           strncmp(err->code, "model.", strlen("model.")) == 0;
}

/* The server was not there, or its answer was lost, or is still being worked out. Sending once more
 * does no harm: the row's key gets the same answer again, and a photograph that is on the list
 * already is not added again. */
static bool may_pass(enum ctl_exit exit, const struct ov_error *err)
{
    return err->status == OV_ERR_UNAVAILABLE || strcmp(err->code, "request.in_progress") == 0 ||
           (exit == CTL_UNREACHABLE &&
            (err->status == OV_ERR_TIMEOUT || err->status == OV_ERR_CLOSED));
}

static bool wait_a_little(struct import_run *run, int wait_ms, bool is_full)
{
    atomic_store(&run->is_full, is_full);
    (void)atomic_fetch_add(&run->waiting, 1);
    bool interrupted = interrupt_wait(run->job.ctl->server.interrupt_fd, wait_ms);
    (void)atomic_fetch_sub(&run->waiting, 1);
    return !interrupted && !atomic_load(&run->gave_up);
}

static enum ctl_exit send_entry(struct import_run *run, struct http *http,
                                const struct api_entry *entry, bool *ret_is_new,
                                struct ov_error *err)
{
    int waited_ms = 0;
    for (int wait_ms = RETRY_FIRST_MS;;) {
        json_t *answer = NULL;
        enum ctl_exit exit = api_add_entry(http, run->job.deployment_id, entry, &answer, err);
        *ret_is_new = !json_is_true(json_object_get(answer, "already"));
        json_decref(answer);
        bool is_full = strcmp(err->code, "store.full") == 0;
        if (exit == CTL_OK || !may_pass(exit, err) ||
            waited_ms + wait_ms > (is_full ? RETRY_FULL_FOR_MS : RETRY_FOR_MS) ||
            !wait_a_little(run, wait_ms, is_full))
            return exit;
        waited_ms += wait_ms;
        wait_ms = wait_ms < RETRY_LONGEST_MS ? 2 * wait_ms : RETRY_LONGEST_MS;
        ov_error_clear(err);
    }
}

static enum ctl_exit send_row(struct import_run *run, struct http *http,
                              const struct import_row *row, const struct ov_secret *image,
                              const char **ret_outcome, struct ov_error *err)
{
    bool is_new = true;
    struct api_entry entry = {.category = row->fields[IMPORT_CATEGORY],
                              .response = row->fields[IMPORT_RESPONSE],
                              .name = row->fields[IMPORT_NAME],
                              .reference = row->fields[IMPORT_REFERENCE],
                              .priority = row->fields[IMPORT_PRIORITY],
                              .justification = row->fields[IMPORT_JUSTIFICATION],
                              .legal_basis = row->fields[IMPORT_LEGAL_BASIS],
                              .image_source = row->fields[IMPORT_IMAGE_SOURCE],
                              .image_date = row->fields[IMPORT_IMAGE_DATE],
                              .birth_date = row->fields[IMPORT_BIRTH_DATE],
                              .expiry = row->fields[IMPORT_EXPIRY],
                              .consent_digest = row->fields[IMPORT_CONSENT_DIGEST],
                              .override = row->fields[IMPORT_OVERRIDE],
                              .jpeg = image->data,
                              .jpeg_bytes = image->size,
                              .key = ov_id_new()};
    enum ctl_exit exit = send_entry(run, http, &entry, &is_new, err);
    if (exit == CTL_OK)
        *ret_outcome = is_new ? IMPORT_ADDED : IMPORT_THERE_ALREADY;
    return exit;
}

/* Unless an earlier run has done it: sends the row, and remembers that. */
static enum ctl_exit do_image(struct import_run *run, struct http *http,
                              const struct import_row *row, const struct ov_secret *image,
                              const char **ret_outcome, struct ov_error *err)
{
    uint8_t digest[IMPORT_DIGEST_BYTES];
    if (run->job.state == NULL)
        return send_row(run, http, row, image, ret_outcome, err);
    if (import_state_digest(run->job.state, row, image, digest, err) != OV_OK)
        return CTL_USAGE;
    if (import_state_has(run->job.state, digest)) {
        *ret_outcome = IMPORT_ADDED_BEFORE;
        return CTL_OK;
    }
    enum ctl_exit exit = send_row(run, http, row, image, ret_outcome, err);
    struct ov_error why = OV_ERROR_INIT;
    if (exit == CTL_OK && import_state_add(run->job.state, digest, &why) != OV_OK)
        import_run_give_up(run, CTL_USAGE, &why);
    return exit;
}

static enum ctl_exit do_row(struct import_run *run, struct http *http, struct import_row *row,
                            const char **ret_outcome, struct ov_error *err)
{
    char path[PATH_MAX];
    struct ov_secret image = OV_SECRET_INIT;
    if (import_source_image(run->job.source, row, path, err) != OV_OK ||
        image_read(path, NULL, &image, err) != OV_OK)
        return CTL_USAGE;
    enum ctl_exit exit = do_image(run, http, row, &image, ret_outcome, err);
    ov_secret_free(&image);
    return exit;
}

static void finish_row(struct import_run *run, struct http *http, struct import_row *row)
{
    struct ov_error err = OV_ERROR_INIT;
    const char *outcome = IMPORT_ADDED;
    if (row->outcome[0] != '\0')
        return; /* found wanting when the list was read */
    if (atomic_load(&run->gave_up) || interrupt_wait(run->job.ctl->server.interrupt_fd, 0)) {
        outcome = IMPORT_NOT_TRIED;
    } else {
        enum ctl_exit exit = do_row(run, http, row, &outcome, &err);
        if (exit != CTL_OK)
            outcome = err.code;
        if (exit == CTL_REFUSED)
            (void)snprintf(row->reason, sizeof(row->reason), "%s", err.text);
        if (exit != CTL_OK && exit != CTL_USAGE && is_hopeless(exit, &err))
            import_run_give_up(run, exit, &err);
    }
    (void)snprintf(row->outcome, sizeof(row->outcome), "%s", outcome);
}

/* NULL at the end of the list, or where it cannot be read on. */
static struct import_row *take_row(struct import_run *run)
{
    struct import_row *row = NULL;
    struct ov_error err = OV_ERROR_INIT;
    (void)pthread_mutex_lock(&run->source_lock);
    if (!run->source_ended) {
        enum ov_status status = import_source_next(run->job.source, &row, &err);
        run->source_ended = status != OV_OK;
        if (run->source_ended && status != OV_ERR_CLOSED)
            import_run_give_up(run, CTL_USAGE, &err);
    }
    (void)pthread_mutex_unlock(&run->source_lock);
    return row;
}

static void *work(void *ctx)
{
    struct import_run *run = ctx;
    struct ov_error err = OV_ERROR_INIT;
    struct http *http = NULL;
    struct import_row *row = NULL;
    struct http_options options = run->job.ctl->server;
    options.interrupt_fd = INTERRUPT_NONE; /* what is under way is finished */
    if (http_new(&options, &http, &err) != OV_OK)
        import_run_give_up(run, CTL_UNREACHABLE, &err);
    while ((row = take_row(run)) != NULL) {
        finish_row(run, http, row);
        if (ov_queue_push(run->done, row, OV_WAIT_FOREVER) != OV_OK) {
            import_row_free(row);
            break;
        }
    }
    http_free(http);
    if (atomic_fetch_sub(&run->working, 1) == 1)
        ov_queue_close(run->done);
    return NULL;
}

static void free_row(void *row)
{
    import_row_free(row);
}

static void free_run(struct import_run *run)
{
    ov_queue_free(run->done, free_row);
    (void)pthread_mutex_destroy(&run->lock);
    (void)pthread_mutex_destroy(&run->source_lock);
    free(run);
}

static void start_threads(struct import_run *run)
{
    atomic_store(&run->working, WORKERS);
    for (size_t i = 0; i < WORKERS; i++) {
        if (pthread_create(&run->threads[run->thread_count], NULL, work, run) == 0)
            run->thread_count++; /* one does as well, only slower */
        else if (atomic_fetch_sub(&run->working, 1) == 1)
            ov_queue_close(run->done);
    }
}

enum ov_status import_run_start(const struct import_job *job, struct import_run **ret_run,
                                struct ov_error *err)
{
    struct import_run *run = calloc(1, sizeof(*run));
    if (run == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    run->job = *job;
    (void)pthread_mutex_init(&run->lock, NULL);
    (void)pthread_mutex_init(&run->source_lock, NULL);
    run->done = ov_queue_new(DONE_ROWS);
    if (run->done != NULL)
        start_threads(run);
    if (run->thread_count == 0) {
        free_run(run);
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory or threads");
    }
    *ret_run = run;
    return OV_OK;
}

enum ov_status import_run_next(struct import_run *run, int timeout_ms, struct import_row **ret_row)
{
    void *item = NULL;
    enum ov_status status = ov_queue_pop(run->done, timeout_ms, &item);
    if (status == OV_OK)
        *ret_row = item;
    return status;
}

enum ctl_exit import_run_finish(struct import_run *run, struct ov_error *err)
{
    for (size_t i = 0; i < run->thread_count; i++)
        (void)pthread_join(run->threads[i], NULL);
    enum ctl_exit exit = run->exit;
    if (exit != CTL_OK)
        *err = run->reason;
    free_run(run);
    return exit;
}

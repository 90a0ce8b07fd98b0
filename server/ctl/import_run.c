/* Working through an import list. Two worker threads; see the header for who owns what. */
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

#define WORKERS 2
#define RETRY_FIRST_MS 500
#define RETRIES 6 /* 0.5 + 1 + 2 + 4 + 8 + 16 s: a server's restart */

struct import_run {
    struct ctl *ctl;
    struct import_list *list;
    const char *deployment_id;
    struct ov_queue *open; /* rows to do */
    struct ov_queue *done;
    pthread_t threads[WORKERS];
    size_t thread_count;
    atomic_bool gave_up;  /* the rest is not tried */
    pthread_mutex_t lock; /* of the next two */
    struct ov_error reason;
    enum ctl_exit exit;
};

static void give_up(struct import_run *run, enum ctl_exit exit, const struct ov_error *reason)
{
    (void)pthread_mutex_lock(&run->lock);
    if (run->exit == CTL_OK) {
        run->exit = exit;
        run->reason = *reason;
    }
    (void)pthread_mutex_unlock(&run->lock);
    atomic_store(&run->gave_up, true);
}

/* Whether every further row would fail in the same way. */
static bool is_hopeless(enum ctl_exit exit, const struct ov_error *err)
{
    if (exit == CTL_UNREACHABLE) /* but not one answer that was lost on its way */
        return err->status != OV_ERR_TIMEOUT && err->status != OV_ERR_CLOSED;
    return err->status == OV_ERR_DENIED || err->status == OV_ERR_NOT_FOUND ||
           strncmp(err->code, "deployment.", strlen("deployment.")) == 0 ||
           strncmp(err->code, "model.", strlen("model.")) == 0;
}

/* Sends the entry, again where the server was not there; its key sees to it that it is done once.
 */
static enum ctl_exit send_entry(struct import_run *run, struct http *http,
                                const struct api_entry *entry, struct ov_error *err)
{
    int wait_ms = RETRY_FIRST_MS;
    for (int retry = 0;; retry++, wait_ms *= 2) {
        json_t *answer = NULL;
        enum ctl_exit exit = api_add_entry(http, run->deployment_id, entry, &answer, err);
        json_decref(answer);
        if (exit == CTL_OK || err->status != OV_ERR_UNAVAILABLE || retry == RETRIES ||
            atomic_load(&run->gave_up) || interrupt_wait(run->ctl->server.interrupt_fd, wait_ms))
            return exit;
        ov_error_clear(err);
    }
}

static enum ctl_exit do_row(struct import_run *run, struct http *http, struct import_row *row,
                            struct ov_error *err)
{
    char path[PATH_MAX];
    struct ov_secret image = OV_SECRET_INIT;
    int length =
        snprintf(path, sizeof(path), "%s/%s", run->list->folder, row->fields[IMPORT_IMAGE]);
    if (length < 0 || (size_t)length >= sizeof(path)) {
        (void)ov_fail(err, OV_ERR_LIMIT, "file.path", "the path is too long");
        return CTL_USAGE;
    }
    if (image_read(path, NULL, &image, err) != OV_OK)
        return CTL_USAGE;
    struct api_entry entry = {.category = row->fields[IMPORT_CATEGORY],
                              .response = row->fields[IMPORT_RESPONSE],
                              .name = row->fields[IMPORT_NAME],
                              .reference = row->fields[IMPORT_REFERENCE],
                              .jpeg = image.data,
                              .jpeg_bytes = image.size,
                              .key = ov_id_new()};
    enum ctl_exit exit = send_entry(run, http, &entry, err);
    ov_secret_free(&image);
    return exit;
}

static void finish_row(struct import_run *run, struct http *http, struct import_row *row)
{
    struct ov_error err = OV_ERROR_INIT;
    const char *outcome = IMPORT_ADDED;
    if (row->outcome[0] != '\0')
        return; /* found wanting when the list was read */
    if (atomic_load(&run->gave_up) || interrupt_wait(run->ctl->server.interrupt_fd, 0)) {
        outcome = IMPORT_NOT_TRIED;
    } else {
        enum ctl_exit exit = do_row(run, http, row, &err);
        if (exit != CTL_OK)
            outcome = err.code;
        if (exit == CTL_REFUSED)
            (void)snprintf(row->reason, sizeof(row->reason), "%s", err.text);
        if (exit != CTL_OK && exit != CTL_USAGE && is_hopeless(exit, &err))
            give_up(run, exit, &err);
    }
    (void)snprintf(row->outcome, sizeof(row->outcome), "%s", outcome);
}

static void *work(void *ctx)
{
    struct import_run *run = ctx;
    struct ov_error err = OV_ERROR_INIT;
    struct http *http = NULL;
    void *item = NULL;
    struct http_options options = run->ctl->server;
    options.interrupt_fd = INTERRUPT_NONE; /* what is under way is finished */
    if (http_new(&options, &http, &err) != OV_OK)
        give_up(run, CTL_UNREACHABLE, &err);
    while (ov_queue_pop(run->open, OV_WAIT_FOREVER, &item) == OV_OK) {
        finish_row(run, http, item);
        if (ov_queue_push(run->done, item, OV_WAIT_FOREVER) != OV_OK)
            break;
    }
    http_free(http);
    return NULL;
}

static void free_run(struct import_run *run)
{
    ov_queue_free(run->open, NULL);
    ov_queue_free(run->done, NULL);
    (void)pthread_mutex_destroy(&run->lock);
    free(run);
}

/* All rows go in at once: pointers are small, and then nobody ever waits for room. */
static bool fill(struct import_run *run, struct import_list *list)
{
    size_t capacity = list->count == 0 ? 1 : list->count;
    run->open = ov_queue_new(capacity);
    run->done = ov_queue_new(capacity);
    if (run->open == NULL || run->done == NULL)
        return false;
    for (size_t i = 0; i < list->count; i++) {
        if (ov_queue_push(run->open, &list->rows[i], 0) != OV_OK)
            return false;
    }
    ov_queue_close(run->open);
    return true;
}

enum ov_status import_run_start(struct ctl *ctl, struct import_list *list,
                                const char *deployment_id, struct import_run **ret_run,
                                struct ov_error *err)
{
    struct import_run *run = calloc(1, sizeof(*run));
    if (run == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    (void)pthread_mutex_init(&run->lock, NULL);
    run->ctl = ctl;
    run->list = list;
    run->deployment_id = deployment_id;
    bool good = fill(run, list);
    for (size_t i = 0; good && i < WORKERS; i++) {
        if (pthread_create(&run->threads[i], NULL, work, run) != 0)
            break; /* one worker does as well, only slower */
        run->thread_count++;
    }
    if (run->thread_count == 0) {
        free_run(run);
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory or threads");
    }
    *ret_run = run;
    return OV_OK;
}

const struct import_row *import_run_next(struct import_run *run, int timeout_ms)
{
    void *item = NULL;
    return ov_queue_pop(run->done, timeout_ms, &item) == OV_OK ? item : NULL;
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

/* The API as a whole: its loop thread and its workers, started and stopped together. */
#include "server/api/api.h"

#include <signal.h>
#include <stdlib.h>

#include <jansson.h>

#include "common/base/log.h"
#include "server/api/worker.h"

#define WORKERS_MAX 64

struct api {
    struct api_options options; /* its strings are the caller's and outlive the api */
    struct loop loop;
    pthread_t thread;
    bool running;
    int worker_count;
    struct worker *workers;
};

void api_init_memory(void)
{
    json_set_alloc_funcs(ov_wiping_malloc, ov_wiping_free);
}

static enum ov_status start_thread(pthread_t *thread, void *(*run)(void *), void *arg,
                                   bool *ret_running, struct ov_error *err)
{
    /* Signals are for main's thread. */
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(thread, NULL, run, arg);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    *ret_running = rc == 0;
    return rc == 0 ? OV_OK
                   : ov_fail(err, OV_ERR_UNAVAILABLE, "api.thread",
                             "cannot start a thread for the API (error %d)", rc);
}

static enum ov_status start_workers(struct api *api, struct ov_error *err)
{
    int64_t now_us = ov_clock_mono_us(api->options.clock);
    enum ov_status status = OV_OK;
    for (int i = 0; i < api->worker_count && status == OV_OK; i++)
        status = worker_init(&api->workers[i], &api->options, &api->loop, now_us, err);
    for (int i = 0; i < api->worker_count && status == OV_OK; i++)
        status = start_thread(&api->workers[i].thread, worker_run, &api->workers[i],
                              &api->workers[i].running, err);
    return status;
}

enum ov_status api_start(const struct api_options *options, struct api **ret_api,
                         struct ov_error *err)
{
    SSL_CTX *tls = NULL;
    enum ov_status status = ov_tls_server_new(&options->tls, "http/1.1", &tls, err);
    if (status != OV_OK)
        return status;
    struct api *api = calloc(1, sizeof(*api));
    int workers = options->workers < 1 ? 1 : options->workers;
    workers = workers > WORKERS_MAX ? WORKERS_MAX : workers;
    if (api != NULL)
        api->workers = calloc((size_t)workers, sizeof(*api->workers));
    if (api == NULL || api->workers == NULL) {
        SSL_CTX_free(tls);
        free(api);
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory while starting the API");
    }
    api->options = *options;
    api->worker_count = workers;
    status = loop_init(&api->loop, &api->options, tls, err);
    if (status == OV_OK)
        status = start_workers(api, err);
    if (status == OV_OK)
        status = start_thread(&api->thread, loop_run, &api->loop, &api->running, err);
    if (status != OV_OK) {
        api_stop(api);
        return status;
    }
    ov_log(OV_LOG_INFO, "api", "listening", "port=%d workers=%d", api->loop.port, workers);
    *ret_api = api;
    return OV_OK;
}

int api_port(const struct api *api)
{
    return api->loop.port;
}

static enum ov_status post(struct api *api, enum command_kind kind, SSL_CTX *take_newer,
                           int timeout_ms)
{
    struct command *command = calloc(1, sizeof(*command));
    if (command == NULL) {
        SSL_CTX_free(take_newer);
        return OV_ERR_NOMEM;
    }
    *command = (struct command){kind, take_newer};
    enum ov_status status = ov_mailbox_post(api->loop.commands, command, timeout_ms);
    if (status != OV_OK)
        command_free(command);
    return status;
}

enum ov_status api_reload_tls(struct api *api, struct ov_error *err)
{
    SSL_CTX *newer = NULL;
    enum ov_status status = ov_tls_server_new(&api->options.tls, "http/1.1", &newer, err);
    if (status != OV_OK)
        return status;
    status = post(api, COMMAND_RENEW_TLS, newer, 5000);
    return status == OV_OK ? OV_OK
                           : ov_fail(err, status, "api.reload",
                                     "the API's loop does not take the new certificates");
}

void api_wake(struct api *api)
{
    /* Lost when the loop is behind: it looks by itself twice a second. */
    (void)!post(api, COMMAND_WAKE, NULL, 0);
}

void api_stop(struct api *api)
{
    if (api == NULL)
        return;
    if (api->running) {
        while (post(api, COMMAND_STOP, NULL, 1000) != OV_OK)
            ov_log(OV_LOG_WARNING, "api", "stop_waits", "workers=%d", api->worker_count);
        (void)pthread_join(api->thread, NULL);
    }
    if (api->loop.queue != NULL)
        ov_queue_close(api->loop.queue);
    for (int i = 0; i < api->worker_count; i++) {
        if (api->workers[i].running)
            (void)pthread_join(api->workers[i].thread, NULL);
        worker_done(&api->workers[i]);
    }
    loop_done(&api->loop);
    free(api->workers);
    free(api);
}

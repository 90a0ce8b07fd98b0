/* Workers: requests are run here, one at a time, and may block. */
#include "server/api/worker.h"

#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "common/face/face.h"
#include "server/api/repeat.h"
#include "server/api/reply.h"
#include "server/service/people.h"

enum ov_status worker_init(struct worker *worker, const struct api_options *options,
                           struct loop *loop, int64_t up_since_us, struct ov_error *err)
{
    *worker = (struct worker){.options = options, .loop = loop, .up_since_us = up_since_us};
    worker->service.vault = options->vault;
    worker->service.clock = options->clock;
    worker->service.ledger_key = options->ledger_key;
    enum ov_status status = store_open(options->conninfo, &worker->service.store, err);
    if (status == OV_OK)
        status = ov_face_engine_new(options->model_pack, options->onnxruntime_path,
                                    &worker->service.faces, err);
    return status;
}

void worker_done(struct worker *worker)
{
    store_close(worker->service.store);
    ov_face_engine_free(worker->service.faces);
    worker->service = (struct service){.store = NULL};
}

_Static_assert(ACTOR_KEY_MAX >= OV_PEER_KEY_MAX, "an actor holds the key of any peer");

/* Looked up for every request, so that a person who is switched off is out at once. */
static enum ov_status identify(struct worker *worker, struct request *request,
                               struct actor *ret_actor, struct ov_error *err)
{
    char uri[sizeof("overt://person/") + OV_PEER_NAME_SIZE];
    (void)snprintf(uri, sizeof(uri), "overt://person/%s", request->peer.name);
    enum ov_status status =
        service_identify(&worker->service, uri, request->peer.serial, ret_actor, err);
    if (status != OV_OK)
        return status;
    ret_actor->request_id = request->id;
    memcpy(ret_actor->key, request->peer.key, request->peer.key_bytes);
    ret_actor->key_bytes = request->peer.key_bytes;
    request->principal_id = ret_actor->principal.id;
    return OV_OK;
}

/* A parameter that nobody looks at would be taken for one that has an effect. */
static enum ov_status check_query(struct request *request, struct ov_error *err)
{
    static const char *const none[] = {NULL};
    return route_takes_query(request->route) ? OV_OK : request_check_query(request, none, err);
}

static void run(struct worker *worker, struct request *request)
{
    struct ov_error err = OV_ERROR_INIT;
    struct actor actor;
    struct call call = {.service = &worker->service,
                        .actor = &actor,
                        .request = request,
                        .options = worker->options,
                        .up_since_us = worker->up_since_us};
    enum ov_status status = store_ensure(worker->service.store, &err);
    if (status == OV_OK)
        status = identify(worker, request, &actor, &err);
    if (status == OV_OK)
        status = check_permission(&actor, request->route->action, &err);
    if (status == OV_OK)
        status = check_query(request, &err);
    if (status == OV_OK && request->has_key)
        status = repeat_run(&call, &worker->service, &err);
    else if (status == OV_OK)
        status = request->route->handle(&call, &err);
    if (status == OV_OK)
        return;
    if (err.status == OV_OK)
        (void)ov_fail(&err, status, "memory", "out of memory");
    request->reply.wait = false;
    reply_error(request, &err);
}

void *worker_run(void *arg)
{
    struct worker *worker = arg;
    void *item = NULL;
    ov_face_thread_init();
    while (ov_queue_pop(worker->loop->queue, OV_WAIT_FOREVER, &item) == OV_OK) {
        struct request *request = item;
        run(worker, request);
        /* The mailbox holds more than there can be requests; should it be full, the loop is dead
         * and so is this request: it stays for the process to end. */
        if (ov_mailbox_post(worker->loop->finished, request, OV_WAIT_FOREVER) != OV_OK)
            ov_log(OV_LOG_ERROR, "api", "reply_lost", "status=%d", request->reply.status);
    }
    return NULL;
}

/* Requests that are done once. */
#include "server/service/once.h"

#include <string.h>

#include "common/base/log.h"
#include "server/service/act.h"

#define REPEATED "request.repeated" /* never leaves the server: it is looked up again */

struct look {
    const struct once *once;
    struct once_answer *ret;
    struct ov_error *err;
};

static enum ov_status on_answer(void *ctx, const struct request_answer *answer)
{
    struct look *look = ctx;
    const struct request_row *request = &look->once->request;
    if (strcmp(answer->route, request->route) != 0 ||
        memcmp(answer->digest, request->digest, sizeof(request->digest)) != 0)
        return ov_fail(look->err, OV_ERR_CONFLICT, "request.key_reused",
                       "this Idempotency-Key came with another request before; make a new one for "
                       "each request");
    if (answer->body.size > 0 &&
        ov_secret_copy(&look->ret->body, answer->body.data, answer->body.size) != OV_OK)
        return OV_ERR_NOMEM;
    look->ret->status = answer->status;
    return OV_OK;
}

enum ov_status service_once_find(struct service *service, const struct once *once,
                                 struct once_answer *ret, struct ov_error *err)
{
    struct once_answer found = {0, OV_SECRET_INIT};
    struct look look = {once, &found, err};
    enum ov_status status = store_begin(service->store, err);
    if (status != OV_OK)
        return status;
    status = store_request_find(service->store, &once->request, on_answer, &look, err);
    status = status == OV_OK ? store_commit(service->store, err) : status;
    if (status != OV_OK) {
        store_rollback(service->store);
        ov_secret_free(&found.body);
        return status;
    }
    *ret = found;
    return OV_OK;
}

enum ov_status once_begin(struct service *service, struct ov_error *err)
{
    struct once *once = service->once;
    struct ov_error inner = OV_ERROR_INIT;
    bool new = false;
    if (once->held) /* a further act of the same request */
        return OV_OK;
    enum ov_status status = store_begin(service->store, err);
    if (status != OV_OK)
        return status;
    status = store_request_claim(service->store, &once->request, &new, &inner);
    if (status == OV_OK && new)
        return OV_OK;
    store_rollback(service->store);
    if (status == OV_OK)
        return ov_fail(err, OV_ERR_CONFLICT, REPEATED, "the same request was done meanwhile");
    if (strcmp(inner.code, "store.busy") == 0)
        return ov_fail(err, OV_ERR_STATE, "request.in_progress",
                       "the same request is being done; ask again in a moment, with the same key");
    return ov_fail(err, inner.status, inner.code, "%s", inner.text);
}

enum ov_status once_end(struct service *service, enum ov_status status)
{
    if (status == OV_OK)
        service->once->held = true;
    else
        service_once_drop(service);
    return status;
}

void act_made_key(struct service *service, enum vault_class class_id, const struct ov_id *id)
{
    if (service->once == NULL)
        return; /* the transaction has ended */
    service->once->has_key = true;
    service->once->key_class = class_id;
    service->once->key_id = *id;
}

bool service_once_was_repeated(const struct ov_error *err)
{
    return strcmp(err->code, REPEATED) == 0;
}

/* The act is undone; its key goes with it. */
static void destroy_key(struct service *service)
{
    struct once *once = service->once;
    struct ov_error err = OV_ERROR_INIT;
    if (once->has_key &&
        vault_key_destroy(service->vault, once->key_class, &once->key_id, &err) != OV_OK)
        ov_log_error(OV_LOG_ERROR, "service", "key_left", &err);
    once->has_key = false;
}

enum ov_status service_once_commit(struct service *service, int status, struct store_bytes body,
                                   struct ov_error *err)
{
    struct once *once = service->once;
    if (!once->held)
        return OV_OK;
    enum ov_status result = store_request_answer(service->store, &once->request, status, body, err);
    if (result != OV_OK) {
        service_once_drop(service);
        return result;
    }
    once->held = false;
    result = store_commit(service->store, err);
    if (result != OV_OK && !act_outcome_unknown(result, err))
        destroy_key(service);
    return result;
}

void service_once_drop(struct service *service)
{
    store_rollback(service->store);
    service->once->held = false;
    destroy_key(service);
}

enum ov_status service_requests_prune(struct service *service, struct ov_error *err)
{
    int64_t count = 0;
    return store_request_prune(service->store, &count, err);
}

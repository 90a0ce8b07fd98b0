/* /v1/erasure, and erasing a list by command. On a worker's thread. */
#include <string.h>

#include "server/api/handle_deployments.h"
#include "server/api/json_in.h"
#include "server/api/reply.h"
#include "server/service/erasure.h"
#include "server/service/erasure_check.h"

/* In one answer; looked at are all. */
#define SHOWN_MAX 500

struct found_list {
    json_t *array;
    size_t count;
};

static json_t *id_or_null(const struct ov_id *id)
{
    return ov_id_is_zero(id) ? json_null() : reply_id(id);
}

static enum ov_status on_leftover(void *ctx, const struct erasure_leftover *leftover)
{
    struct found_list *list = ctx;
    if (list->count++ >= SHOWN_MAX)
        return OV_OK;
    json_t *json = json_pack("{ss so so}", "code", leftover->code, "id", id_or_null(&leftover->id),
                             "since", reply_time(leftover->since_us));
    return json_array_append_new(list->array, json) == 0 ? OV_OK : OV_ERR_NOMEM;
}

static enum ov_status part_of_query(struct request *request, enum erasure_part *ret,
                                    struct ov_error *err)
{
    static const char *const parameters[] = {"part", NULL};
    enum ov_status status = request_check_query(request, parameters, err);
    if (status != OV_OK)
        return status;
    const char *text = request_query_value(request, "part");
    for (int part = 0; text != NULL && part < ERASURE_PARTS; part++) {
        if (strcmp(text, erasure_part_name((enum erasure_part)part)) == 0) {
            *ret = (enum erasure_part)part;
            return OV_OK;
        }
    }
    (void)snprintf(request->field, sizeof(request->field), "part");
    return ov_fail(err, OV_ERR_INVALID, "request.parameter",
                   "part is lists, alerts, keys or ledger: each is looked through by itself");
}

enum ov_status handle_erasure_check(struct call *call, struct ov_error *err)
{
    enum erasure_part part = ERASURE_PART_LISTS;
    struct erasure_looked looked = {0, 0};
    enum ov_status status = part_of_query(call->request, &part, err);
    if (status != OV_OK)
        return status;
    struct found_list list = {json_array(), 0};
    status =
        service_erasure_check(call->service, call->actor, part, on_leftover, &list, &looked, err);
    if (status != OV_OK) {
        json_decref(list.array);
        return status;
    }
    return reply_json(call->request, 200,
                      json_pack("{ss sI sI so}", "part", erasure_part_name(part), "looked_at",
                                (json_int_t)looked.things, "found", (json_int_t)looked.leftovers,
                                "leftovers", list.array),
                      err);
}

static json_t *erasure_json(const struct list_erasure *erasure)
{
    bool certified = erasure->certified_at_us != 0;
    const char *ledger = erasure_ledger_name(erasure->ledger);
    return json_pack(
        "{so so so so sI sI so so sI sI sI sI so so sI so so so}", "deployment",
        reply_id(&erasure->deployment_id), "due_at", reply_time(erasure->due_at_us), "begun_at",
        reply_time(erasure->begun_at_us), "asked_by", id_or_null(&erasure->asked_by), "entries",
        (json_int_t)erasure->entries, "images", (json_int_t)erasure->images, "ledger",
        *ledger != '\0' ? json_string(ledger) : json_null(), "waiver",
        id_or_null(&erasure->waiver_id), "subjects", (json_int_t)erasure->subjects, "unreadable",
        (json_int_t)erasure->unreadable, "image_digests", (json_int_t)erasure->image_digests,
        "unreadable_images", (json_int_t)erasure->unreadable_images, "key_missing_at",
        reply_time(erasure->key_missing_at_us), "key_destroyed_at",
        reply_time(erasure->key_destroyed_at_us), "keys", (json_int_t)erasure->keys,
        "tables_dropped_at", reply_time(erasure->dropped_at_us), "certified_at",
        reply_time(erasure->certified_at_us), "certificate",
        certified ? reply_digest(erasure->certificate, sizeof(erasure->certificate)) : json_null());
}

enum ov_status handle_erasure_get(struct call *call, struct ov_error *err)
{
    struct deployment deployment;
    struct list_erasure erasure;
    enum ov_status status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = service_erasure_get(call->service, call->actor, &deployment.id, &erasure, err);
    return status != OV_OK ? status : reply_json(call->request, 200, erasure_json(&erasure), err);
}

enum ov_status handle_deployment_erase(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct deployment deployment;
    struct list_erasure erasure;
    enum ov_status status = json_in_nothing(request, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = service_erase_list(call->service, call->actor, &deployment.id, &erasure, err);
    return status != OV_OK ? status : reply_json(request, 200, erasure_json(&erasure), err);
}

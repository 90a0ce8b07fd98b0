/* /v1/models: which models this installation accepts for operational use. On a worker's thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "server/api/json_in.h"
#include "server/api/names.h"
#include "server/api/reply.h"
#include "server/api/signature_in.h"
#include "server/api/to_sign.h"
#include "server/service/models.h"

static json_t *model_json(struct names *names, const struct model_acceptance *model,
                          struct ov_error *err)
{
    return json_pack("{so so so so ss so so so so so}", "id", reply_id(&model->id), "model_digest",
                     reply_digest(model->model_digest, OV_DIGEST_BYTES), "report_digest",
                     reply_digest(model->report_digest, OV_DIGEST_BYTES), "threshold_floor",
                     reply_score(model->threshold_floor), "state", model_state_name(model->state),
                     "document_digest", reply_digest(model->document_digest, OV_DIGEST_BYTES),
                     "proposed_by", names_principal(names, &model->proposed_by, err), "proposed_at",
                     reply_time(model->proposed_at_us), "decided_by",
                     names_principal(names, &model->decided_by, err), "decided_at",
                     reply_time(model->decided_at_us));
}

static enum ov_status reply_model(struct call *call, int http_status,
                                  const struct model_acceptance *model, struct ov_error *err)
{
    struct names names;
    names_init(&names, call);
    json_t *json = model_json(&names, model, err);
    names_done(&names);
    if (json == NULL && err->status != OV_OK)
        return err->status;
    return reply_json(call->request, http_status, json, err);
}

/* --- in ------------------------------------------------------------------------------------ */

static enum ov_status refuse_field(struct request *request, const char *field, const char *what,
                                   struct ov_error *err)
{
    (void)snprintf(request->field, sizeof(request->field), "%s", field);
    return ov_fail(err, OV_ERR_INVALID, "model.digest", "%s %s", field, what);
}

/* The caller decrefs the root. */
static enum ov_status read_proposal(struct request *request, struct model_acceptance *ret,
                                    struct signature_in *in, const struct signature **signature,
                                    json_t **ret_root, struct ov_error *err)
{
    struct json_in_member members[] = {{"id", JSON_IN_STRING, true, NULL},
                                       {"model_digest", JSON_IN_STRING, true, NULL},
                                       {"report_digest", JSON_IN_STRING, true, NULL},
                                       {"threshold_floor", JSON_IN_NUMBER, true, NULL},
                                       {"signature", JSON_IN_OBJECT, false, NULL}};
    json_t *root = NULL;
    memset(ret, 0, sizeof(*ret));
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, members, 5, &root, err);
    if (status != OV_OK)
        return status;
    if (ov_id_parse(json_string_value(members[0].value), &ret->id) != OV_OK)
        status = refuse_field(request, "id", "has to be a UUID of your choice", err);
    else if (ov_hex_decode(json_string_value(members[1].value), ret->model_digest, OV_DIGEST_BYTES))
        status = refuse_field(request, "model_digest", "has to be 64 hexadecimal digits", err);
    else if (ov_hex_decode(json_string_value(members[2].value), ret->report_digest,
                           OV_DIGEST_BYTES))
        status = refuse_field(request, "report_digest", "has to be 64 hexadecimal digits", err);
    ret->threshold_floor = (float)json_number_value(members[3].value);
    if (status == OV_OK)
        status = signature_in_read(request, members[4].value, in, signature, err);
    if (status != OV_OK)
        json_decref(root);
    else
        *ret_root = root;
    return status;
}

static enum ov_status model_of_path(const struct request *request, struct ov_id *ret,
                                    struct ov_error *err)
{
    if (ov_id_parse(request->segments[2], ret) == OV_OK)
        return OV_OK;
    return ov_fail(err, OV_ERR_NOT_FOUND, "model.unknown",
                   "there is no such proposal of a model; see the list of models");
}

/* --- handlers ------------------------------------------------------------------------------ */

struct model_list {
    struct model_acceptance *items;
    size_t count;
};

static enum ov_status on_model(void *ctx, const struct model_acceptance *model)
{
    struct model_list *list = ctx;
    struct model_acceptance *more = reallocarray(list->items, list->count + 1, sizeof(*more));
    if (more == NULL)
        return OV_ERR_NOMEM;
    list->items = more;
    list->items[list->count++] = *model;
    return OV_OK;
}

enum ov_status handle_model_list(struct call *call, struct ov_error *err)
{
    struct model_list list = {NULL, 0};
    enum ov_status status = service_model_each(call->service, call->actor, on_model, &list, err);
    struct names names;
    names_init(&names, call);
    json_t *models = json_array();
    for (size_t i = 0; i < list.count && status == OV_OK; i++)
        if (json_array_append_new(models, model_json(&names, &list.items[i], err)) != 0)
            status = err->status != OV_OK ? err->status
                                          : ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    names_done(&names);
    free(list.items);
    if (status != OV_OK) {
        json_decref(models);
        return status;
    }
    return reply_json(call->request, 200, json_pack("{so}", "models", models), err);
}

enum ov_status handle_model_draft(struct call *call, struct ov_error *err)
{
    struct model_acceptance proposal;
    struct signature_in in;
    const struct signature *signature = NULL;
    json_t *root = NULL;
    enum ov_status status = read_proposal(call->request, &proposal, &in, &signature, &root, err);
    if (status != OV_OK)
        return status;
    json_decref(root);
    struct to_sign to_sign = {.document = OV_BUF_INIT};
    status = service_model_draft(call->service, call->actor, &proposal, &to_sign, err);
    if (status == OV_OK)
        return to_sign_reply(call->request, "model.acceptance", &to_sign, err);
    ov_buf_free(&to_sign.document);
    return status;
}

enum ov_status handle_model_propose(struct call *call, struct ov_error *err)
{
    struct model_acceptance proposal;
    struct model_acceptance made;
    struct signature_in in;
    const struct signature *signature = NULL;
    json_t *root = NULL;
    enum ov_status status = read_proposal(call->request, &proposal, &in, &signature, &root, err);
    if (status != OV_OK)
        return status;
    status = service_model_propose(call->service, call->actor, &proposal, signature, &made, err);
    json_decref(root);
    return status == OV_OK ? reply_model(call, 201, &made, err) : status;
}

enum ov_status handle_model_statement(struct call *call, struct ov_error *err)
{
    struct ov_id id;
    struct to_sign to_sign = {.document = OV_BUF_INIT};
    enum ov_status status = model_of_path(call->request, &id, err);
    if (status == OV_OK)
        status = service_model_approval(call->service, call->actor, &id, &to_sign, err);
    if (status == OV_OK)
        return to_sign_reply(call->request, "model.acceptance", &to_sign, err);
    ov_buf_free(&to_sign.document);
    return status;
}

enum ov_status handle_model_approve(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct signature_in in;
    const struct signature *signature = NULL;
    struct model_acceptance model;
    struct ov_id id;
    json_t *root = NULL;
    enum ov_status status = model_of_path(request, &id, err);
    if (status == OV_OK)
        status = signature_in_body(request, &in, &signature, &root, err);
    if (status == OV_OK)
        status = service_model_approve(call->service, call->actor, &id, signature, &model, err);
    json_decref(root);
    return status == OV_OK ? reply_model(call, 200, &model, err) : status;
}

static enum ov_status end(struct call *call, enum model_state state, struct ov_error *err)
{
    struct request *request = call->request;
    struct model_acceptance model;
    struct ov_id id;
    enum ov_status status = model_of_path(request, &id, err);
    if (status == OV_OK)
        status = json_in_nothing(request, err);
    if (status != OV_OK)
        return status;
    status = service_model_end(call->service, call->actor, &id, state, &model, err);
    return status == OV_OK ? reply_model(call, 200, &model, err) : status;
}

enum ov_status handle_model_refuse(struct call *call, struct ov_error *err)
{
    return end(call, MODEL_REFUSED, err);
}

enum ov_status handle_model_withdraw(struct call *call, struct ov_error *err)
{
    return end(call, MODEL_WITHDRAWN, err);
}

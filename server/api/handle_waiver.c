/* /v1/ledger-waivers: leaving the ledger out, by two. On a worker's thread. */
#include <stdlib.h>
#include <string.h>

#include "server/api/handle_deployments.h"
#include "server/api/json_in.h"
#include "server/api/names.h"
#include "server/api/page.h"
#include "server/api/reply.h"
#include "server/service/waiver.h"

static json_t *waiver_json(struct names *names, const struct ledger_waiver *waiver,
                           struct ov_error *err)
{
    return json_pack(
        "{so so ss so so so ss so so}", "id", reply_id(&waiver->id), "deployment",
        reply_id(&waiver->deployment_id), "reason", waiver_reason_name((int)waiver->reason),
        "asked_by", names_principal(names, &waiver->asked_by, err), "asked_at",
        reply_time(waiver->asked_at_us), "expires_at", reply_time(waiver->expires_at_us), "state",
        waiver_state_name((int)waiver->state), "decided_by",
        names_principal(names, &waiver->decided_by, err), "decided_at",
        reply_time(waiver->decided_at_us));
}

static enum ov_status reply_waiver(struct call *call, int http_status,
                                   const struct ledger_waiver *waiver, struct ov_error *err)
{
    struct names names;
    names_init(&names, call);
    json_t *json = waiver_json(&names, waiver, err);
    names_done(&names);
    if (json == NULL && err->status != OV_OK)
        return err->status;
    return reply_json(call->request, http_status, json, err);
}

/* --- asking --- */

static enum ov_status read_reason(struct request *request, enum waiver_reason *ret,
                                  struct ov_error *err)
{
    struct json_in_member member = {"reason", JSON_IN_STRING, true, NULL};
    json_t *root = NULL;
    bool known = false;
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, &member, 1, &root, err);
    const char *text = status == OV_OK ? json_string_value(member.value) : "";
    for (int reason = 0; reason < WAIVER_REASONS && !known; reason++) {
        known = strcmp(text, waiver_reason_name(reason)) == 0;
        if (known)
            *ret = (enum waiver_reason)reason;
    }
    json_decref(root);
    if (status != OV_OK || known)
        return status;
    (void)snprintf(request->field, sizeof(request->field), "reason");
    return ov_fail(err, OV_ERR_INVALID, "waiver.reason",
                   "the reason is list_key_lost or ledger_key_lost");
}

enum ov_status handle_waiver_ask(struct call *call, struct ov_error *err)
{
    struct deployment deployment;
    struct ledger_waiver waiver;
    enum waiver_reason reason = WAIVER_LIST_KEY_LOST;
    enum ov_status status = read_reason(call->request, &reason, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status =
            service_waiver_ask(call->service, call->actor, &deployment.id, reason, &waiver, err);
    return status == OV_OK ? reply_waiver(call, 201, &waiver, err) : status;
}

/* --- deciding --- */

static enum ov_status waiver_of_path(struct call *call, struct ov_id *ret, struct ov_error *err)
{
    enum ov_status status = json_in_nothing(call->request, err);
    if (status != OV_OK || ov_id_parse(call->request->segments[2], ret) == OV_OK)
        return status;
    return ov_fail(err, OV_ERR_NOT_FOUND, "waiver.unknown",
                   "there is no such waiver; see the list of waivers");
}

enum ov_status handle_waiver_confirm(struct call *call, struct ov_error *err)
{
    struct ledger_waiver waiver;
    struct ov_id id;
    enum ov_status status = waiver_of_path(call, &id, err);
    if (status == OV_OK)
        status = service_waiver_confirm(call->service, call->actor, &id, &waiver, err);
    return status == OV_OK ? reply_waiver(call, 200, &waiver, err) : status;
}

enum ov_status handle_waiver_withdraw(struct call *call, struct ov_error *err)
{
    struct ov_id id;
    enum ov_status status = waiver_of_path(call, &id, err);
    if (status == OV_OK)
        status = service_waiver_withdraw(call->service, call->actor, &id, err);
    if (status == OV_OK)
        reply_empty(call->request);
    return status;
}

/* --- seeing --- */

struct waiver_list {
    struct ledger_waiver rows[PAGE_LIMIT_MAX];
    size_t count;
};

static enum ov_status on_waiver(void *ctx, const struct ledger_waiver *waiver)
{
    struct waiver_list *list = ctx;
    if (list->count == PAGE_LIMIT_MAX)
        return OV_ERR_LIMIT;
    list->rows[list->count++] = *waiver;
    return OV_OK;
}

static enum ov_status list_waivers(struct call *call, const struct page *page,
                                   struct waiver_list *list, json_t *array, struct ov_error *err)
{
    const struct store_page piece = {page_after(page), page->limit};
    struct names names;
    enum ov_status status =
        service_waiver_each(call->service, call->actor, &piece, on_waiver, list, err);
    names_init(&names, call);
    for (size_t i = 0; i < list->count && status == OV_OK; i++) {
        if (json_array_append_new(array, waiver_json(&names, &list->rows[i], err)) != 0)
            status = err->status != OV_OK ? err->status : OV_ERR_NOMEM;
    }
    names_done(&names);
    return status;
}

enum ov_status handle_waiver_list(struct call *call, struct ov_error *err)
{
    struct page page;
    enum ov_status status = page_read(call->request, &page, err);
    if (status != OV_OK)
        return status;
    struct waiver_list *list = calloc(1, sizeof(*list));
    json_t *array = json_array();
    struct ov_id last = {{0}};
    status = list != NULL ? list_waivers(call, &page, list, array, err) : OV_ERR_NOMEM;
    if (status == OV_OK && list->count > 0)
        last = list->rows[list->count - 1].id;
    free(list);
    return page_reply(call->request, &page, "waivers", array, &last, status, err);
}

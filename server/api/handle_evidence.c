/* /v1/evidence. On a worker's thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/api/json_in.h"
#include "server/api/names.h"
#include "server/api/page.h"
#include "server/api/reply.h"
#include "server/service/evidence.h"

/* --- as JSON --- */

static json_t *optional_code(const char *code)
{
    return code[0] != '\0' ? json_string(code) : json_null();
}

/* json_pack's "o" takes the value on every path and makes the whole fail when it is NULL. */
static json_t *term_json(struct names *names, const struct evidence_hold *hold,
                         struct ov_error *err)
{
    if (ov_id_is_zero(&hold->open_id))
        return json_null();
    return json_pack("{so so so}", "review_at", reply_time(hold->open_review_at_us), "proposed_by",
                     names_principal(names, &hold->open_by, err), "proposed_at",
                     reply_time(hold->open_at_us));
}

static json_t *hold_json(struct names *names, const struct evidence_hold *hold, json_t *take_number,
                         struct ov_error *err)
{
    return json_pack(
        "{so so so ss ss ss so sb so so so so so so so so}", "id", reply_id(&hold->id), "alert",
        reply_id(&hold->alert_id), "deployment", reply_id(&hold->deployment_id), "outcome",
        hold->outcome, "kind", hold->kind, "brought_by", hold->brought_by, "number", take_number,
        "in_force", hold->in_force, "review_at", reply_time(hold->review_at_us), "proposed_by",
        names_principal(names, &hold->proposed_by, err), "confirmed_by",
        names_principal(names, &hold->confirmed_by, err), "confirmed_at",
        reply_time(hold->confirmed_at_us), "open", term_json(names, hold, err), "ended_at",
        reply_time(hold->ended_at_us), "end_reason", optional_code(hold->end_reason), "ended_by",
        names_principal(names, &hold->ended_by, err));
}

/* Without the number: what creates something answers with nothing that is sealed. */
static enum ov_status reply_hold(struct call *call, int http_status,
                                 const struct evidence_view *view, struct ov_error *err)
{
    struct names names;
    names_init(&names, call);
    json_t *json = hold_json(&names, &view->hold, json_null(), err);
    names_done(&names);
    if (json == NULL && err->status != OV_OK)
        return err->status;
    return reply_json(call->request, http_status, json, err);
}

/* --- listing --- */

struct hold_list {
    struct evidence_hold holds[PAGE_LIMIT_MAX];
    json_t *numbers; /* of the same order */
    size_t count;
};

static enum ov_status on_view(void *ctx, const struct evidence_view *view)
{
    struct hold_list *list = ctx;
    json_t *number = view->number.size > 0
                         ? json_stringn((const char *)view->number.data, view->number.size)
                         : json_null();
    if (list->count == PAGE_LIMIT_MAX || json_array_append_new(list->numbers, number) != 0)
        return OV_ERR_NOMEM;
    list->holds[list->count++] = view->hold;
    return OV_OK;
}

static json_t *list_json(struct call *call, const struct hold_list *list, struct ov_error *err)
{
    struct names names;
    json_t *array = json_array();
    names_init(&names, call);
    for (size_t i = 0; i < list->count && array != NULL; i++) {
        json_t *number = json_incref(json_array_get(list->numbers, i));
        if (json_array_append_new(array, hold_json(&names, &list->holds[i], number, err)) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    names_done(&names);
    return array;
}

enum ov_status handle_evidence_list(struct call *call, struct ov_error *err)
{
    struct page page;
    enum ov_status status = page_read(call->request, &page, err);
    if (status != OV_OK)
        return status;
    struct hold_list *list = calloc(1, sizeof(*list));
    if (list == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    list->numbers = json_array();
    status = service_evidence_each(call->service, call->actor, page_after(&page), page.limit,
                                   on_view, list, err);
    json_t *holds = status == OV_OK ? list_json(call, list, err) : NULL;
    json_t *next =
        page_next(&page, list->count, list->count > 0 ? &list->holds[list->count - 1].id : NULL);
    json_decref(list->numbers);
    free(list);
    if (holds == NULL && err->status != OV_OK) {
        json_decref(next);
        return err->status;
    }
    return reply_json(call->request, 200, json_pack("{soso}", "holds", holds, "next", next), err);
}

/* --- acts --- */

static enum ov_status hold_of_path(struct call *call, struct ov_id *ret, struct ov_error *err)
{
    if (ov_id_parse(call->request->segments[2], ret) != OV_OK)
        return ov_fail(err, OV_ERR_NOT_FOUND, "evidence.unknown",
                       "there is no such hold; see the list of holds");
    return OV_OK;
}

enum { IN_ALERT, IN_KIND, IN_BROUGHT_BY, IN_NUMBER, IN_REVIEW, IN_COUNT };

enum ov_status handle_evidence_propose(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct json_in_member members[IN_COUNT] = {
        [IN_ALERT] = {"alert", JSON_IN_STRING, true, NULL},
        [IN_KIND] = {"kind", JSON_IN_STRING, true, NULL},
        [IN_BROUGHT_BY] = {"brought_by", JSON_IN_STRING, true, NULL},
        [IN_NUMBER] = {"number", JSON_IN_STRING, true, NULL},
        [IN_REVIEW] = {"review_at", JSON_IN_STRING, true, NULL},
    };
    struct evidence_view view;
    json_t *root = NULL;
    enum ov_status status = json_in_read(request, request->body.data, request->body.size, members,
                                         IN_COUNT, &root, err);
    if (status != OV_OK)
        return status;
    struct evidence_proposal proposal = {.kind = json_string_value(members[IN_KIND].value),
                                         .brought_by =
                                             json_string_value(members[IN_BROUGHT_BY].value),
                                         .number = json_string_value(members[IN_NUMBER].value)};
    if (ov_id_parse(json_string_value(members[IN_ALERT].value), &proposal.alert_id) != OV_OK) {
        (void)snprintf(request->field, sizeof(request->field), "alert");
        status = ov_fail(err, OV_ERR_INVALID, "request.id", "alert has to be an alert's id");
    }
    if (status == OV_OK)
        status = json_in_time(request, &members[IN_REVIEW], &proposal.review_at_us, err);
    if (status == OV_OK)
        status = service_evidence_propose(call->service, call->actor, &proposal, &view, err);
    json_decref(root);
    return status != OV_OK ? status : reply_hold(call, 201, &view, err);
}

enum ov_status handle_evidence_renew(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct json_in_member review = {"review_at", JSON_IN_STRING, true, NULL};
    struct evidence_view view;
    struct ov_id id;
    int64_t review_at_us = 0;
    json_t *root = NULL;
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, &review, 1, &root, err);
    if (status != OV_OK)
        return status;
    status = json_in_time(request, &review, &review_at_us, err);
    if (status == OV_OK)
        status = hold_of_path(call, &id, err);
    if (status == OV_OK)
        status = service_evidence_renew(call->service, call->actor, &id, review_at_us, &view, err);
    json_decref(root);
    return status != OV_OK ? status : reply_hold(call, 200, &view, err);
}

/* Acts that need nothing said. */
static enum ov_status act_on_hold(struct call *call,
                                  enum ov_status (*act)(struct service *, const struct actor *,
                                                        const struct ov_id *,
                                                        struct evidence_view *, struct ov_error *),
                                  struct ov_error *err)
{
    struct request *request = call->request;
    struct evidence_view view;
    struct ov_id id;
    enum ov_status status = json_in_nothing(request, err);
    if (status == OV_OK)
        status = hold_of_path(call, &id, err);
    if (status == OV_OK)
        status = act(call->service, call->actor, &id, &view, err);
    return status != OV_OK ? status : reply_hold(call, 200, &view, err);
}

enum ov_status handle_evidence_confirm(struct call *call, struct ov_error *err)
{
    return act_on_hold(call, service_evidence_confirm, err);
}

enum ov_status handle_evidence_release(struct call *call, struct ov_error *err)
{
    return act_on_hold(call, service_evidence_release, err);
}

enum ov_status handle_evidence_export(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct json_in_member recipient = {"recipient", JSON_IN_STRING, true, NULL};
    struct ov_secret file = OV_SECRET_INIT;
    struct ov_id id;
    json_t *root = NULL;
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, &recipient, 1, &root, err);
    if (status != OV_OK)
        return status;
    status = hold_of_path(call, &id, err);
    if (status == OV_OK)
        status = service_evidence_export(call->service, call->actor, &id,
                                         json_string_value(recipient.value),
                                         json_string_length(recipient.value), &file, err);
    json_decref(root);
    if (status != OV_OK)
        return status;
    request->reply.body = file;
    request->reply.content_type = "application/cms"; /* RFC 7193 */
    request->reply.status = 200;
    return OV_OK;
}

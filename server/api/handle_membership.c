/* /v1/membership. On a worker's thread. References come in bodies and never go out again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/api/json_in.h"
#include "server/api/names.h"
#include "server/api/page.h"
#include "server/api/reply.h"
#include "server/service/membership.h"

#define DAY_US (INT64_C(24) * 3600 * OV_US_PER_S)

/* --- as JSON --- */

static json_t *day_json(int32_t day)
{
    char text[OV_TIME_TEXT_SIZE];
    if (day == MEMBERSHIP_ANY_DAY)
        return json_null();
    (void)ov_time_format(day * DAY_US, text);
    text[strcspn(text, "T")] = '\0';
    return json_string(text);
}

static json_t *query_json(struct names *names, const struct membership_query *q,
                          struct ov_error *err)
{
    return json_pack(
        "{so ss so so so so so ss so so}", "id", reply_id(&q->id), "request", q->request_number,
        "deployment", ov_id_is_zero(&q->deployment_id) ? json_null() : reply_id(&q->deployment_id),
        "day", day_json(q->day), "asked_by", names_principal(names, &q->asked_by, err), "asked_at",
        reply_time(q->asked_at_us), "expires_at", reply_time(q->expires_at_us), "state",
        membership_state_name((int)q->state), "decided_by",
        names_principal(names, &q->decided_by, err), "decided_at", reply_time(q->decided_at_us));
}

/* --- asking --- */

static enum ov_status read_day(struct request *request, const char *text, int32_t *ret_day,
                               struct ov_error *err)
{
    char midnight[32];
    int64_t utc_us = 0;
    (void)snprintf(midnight, sizeof(midnight), "%.10sT00:00:00Z", text);
    if (strlen(text) == 10 && ov_time_parse(midnight, &utc_us) == OV_OK && utc_us % DAY_US == 0) {
        *ret_day = (int32_t)(utc_us / DAY_US);
        return OV_OK;
    }
    (void)snprintf(request->field, sizeof(request->field), "day");
    return ov_fail(err, OV_ERR_INVALID, "membership.day", "a day is written 2026-05-01");
}

enum { ASK_REQUEST, ASK_DEPLOYMENT, ASK_DAY, ASK_REFERENCE, ASK_COUNT };

static enum ov_status read_question(struct request *request, const struct json_in_member *members,
                                    struct membership_question *ret, struct ov_error *err)
{
    const char *day = json_string_value(members[ASK_DAY].value);
    *ret = (struct membership_question){
        .request_number = json_string_value(members[ASK_REQUEST].value),
        .deployment = json_string_value(members[ASK_DEPLOYMENT].value),
        .day = MEMBERSHIP_ANY_DAY,
        .reference = json_string_value(members[ASK_REFERENCE].value)};
    if ((day == NULL) == (ret->deployment == NULL)) {
        (void)snprintf(request->field, sizeof(request->field), "day");
        return ov_fail(err, OV_ERR_INVALID, "membership.scope",
                       "ask about either a deployment or a day");
    }
    return day != NULL ? read_day(request, day, &ret->day, err) : OV_OK;
}

static enum ov_status reply_query(struct call *call, int http_status,
                                  const struct membership_query *query, struct ov_error *err)
{
    struct names names;
    names_init(&names, call);
    json_t *json = query_json(&names, query, err);
    names_done(&names);
    if (json == NULL && err->status != OV_OK)
        return err->status;
    return reply_json(call->request, http_status, json, err);
}

enum ov_status handle_membership_ask(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct membership_question question;
    struct membership_query query;
    json_t *root = NULL;
    struct json_in_member members[ASK_COUNT] = {
        [ASK_REQUEST] = {"request", JSON_IN_STRING, true, NULL},
        [ASK_DEPLOYMENT] = {"deployment", JSON_IN_STRING, false, NULL},
        [ASK_DAY] = {"day", JSON_IN_STRING, false, NULL},
        [ASK_REFERENCE] = {"reference", JSON_IN_STRING, true, NULL},
    };
    enum ov_status status = json_in_read(request, request->body.data, request->body.size, members,
                                         ASK_COUNT, &root, err);
    if (status == OV_OK)
        status = read_question(request, members, &question, err);
    if (status == OV_OK)
        status = service_membership_ask(call->service, call->actor, &question, &query, err);
    json_decref(root);
    return status == OV_OK ? reply_query(call, 201, &query, err) : status;
}

/* --- answering --- */

static enum ov_status query_of_path(struct call *call, struct ov_id *ret, struct ov_error *err)
{
    if (ov_id_parse(call->request->segments[2], ret) == OV_OK)
        return OV_OK;
    return ov_fail(err, OV_ERR_NOT_FOUND, "membership.unknown",
                   "there is no such query; see the list of queries");
}

static enum ov_status on_list(void *ctx, const struct membership *list)
{
    json_t *json =
        json_pack("{so so so}", "deployment", reply_id(&list->deployment_id), "first_day",
                  day_json(list->first_day), "last_day", day_json(list->last_day));
    return json_array_append_new(ctx, json) == 0 ? OV_OK : OV_ERR_NOMEM;
}

enum ov_status handle_membership_confirm(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct json_in_member reference = {"reference", JSON_IN_STRING, true, NULL};
    struct membership_query query;
    struct ov_id id;
    json_t *root = NULL;
    json_t *lists = json_array();
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, &reference, 1, &root, err);
    if (status == OV_OK)
        status = query_of_path(call, &id, err);
    if (status == OV_OK)
        status = service_membership_confirm(call->service, call->actor, &id,
                                            json_string_value(reference.value), on_list, lists,
                                            &query, err);
    json_decref(root);
    if (status != OV_OK) {
        json_decref(lists);
        return status;
    }
    struct names names;
    names_init(&names, call);
    json_t *json = query_json(&names, &query, err);
    names_done(&names);
    if (json_object_set_new(json, "lists", lists) != 0) {
        json_decref(json);
        return err->status != OV_OK ? err->status : OV_ERR_NOMEM;
    }
    return reply_json(request, 200, json, err);
}

enum ov_status handle_membership_withdraw(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct ov_id id;
    enum ov_status status = json_in_nothing(request, err);
    if (status == OV_OK)
        status = query_of_path(call, &id, err);
    if (status == OV_OK)
        status = service_membership_withdraw(call->service, call->actor, &id, err);
    if (status == OV_OK)
        reply_empty(request);
    return status;
}

/* --- seeing --- */

struct query_list {
    struct membership_query rows[PAGE_LIMIT_MAX];
    size_t count;
};

static enum ov_status on_query(void *ctx, const struct membership_query *query)
{
    struct query_list *list = ctx;
    if (list->count == PAGE_LIMIT_MAX)
        return OV_ERR_LIMIT;
    list->rows[list->count++] = *query;
    return OV_OK;
}

static enum ov_status list_queries(struct call *call, const struct page *page,
                                   struct query_list *list, json_t *array, struct ov_error *err)
{
    const struct store_page piece = {page_after(page), page->limit};
    struct names names;
    enum ov_status status =
        service_membership_each(call->service, call->actor, &piece, on_query, list, err);
    names_init(&names, call);
    for (size_t i = 0; i < list->count && status == OV_OK; i++) {
        if (json_array_append_new(array, query_json(&names, &list->rows[i], err)) != 0)
            status = err->status != OV_OK ? err->status : OV_ERR_NOMEM;
    }
    names_done(&names);
    return status;
}

enum ov_status handle_membership_list(struct call *call, struct ov_error *err)
{
    struct page page;
    enum ov_status status = page_read(call->request, &page, err);
    if (status != OV_OK)
        return status;
    struct query_list *list = calloc(1, sizeof(*list));
    json_t *array = json_array();
    struct ov_id last = {{0}};
    status = list != NULL ? list_queries(call, &page, list, array, err) : OV_ERR_NOMEM;
    if (status == OV_OK && list->count > 0)
        last = list->rows[list->count - 1].id;
    free(list);
    return page_reply(call->request, &page, "queries", array, &last, status, err);
}

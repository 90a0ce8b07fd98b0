/*
 * /v1/deployments/{deployment}/alerts, with long poll: a request that finds nothing says so by
 * reply.wait, goes back to the loop and is tried again; it never holds a worker while it waits.
 */
#include <string.h>

#include "server/api/handle_deployments.h"
#include "server/api/reply.h"
#include "server/service/alerts.h"

#define LIMIT_MAX 500
#define LIMIT_DEFAULT 100
#define WAIT_MAX_S 30

struct alerts {
    json_t *array;
    struct ov_id sites[LIMIT_MAX];
    int64_t last_feed;
    int count;
};

static json_t *secret_text(const struct ov_secret *secret)
{
    return secret->size > 0 ? json_stringn((const char *)secret->data, secret->size) : json_null();
}

static json_t *crop_json(const struct alert_row *row)
{
    bool checked = row->crop_state == CROP_MATCHES || row->crop_state == CROP_DIFFERS;
    return json_pack("{ssso}", "state", crop_state_name(row->crop_state), "score",
                     checked ? reply_score(row->crop_score) : json_null());
}

static enum ov_status on_alert(void *ctx, const struct alert_view *view)
{
    struct alerts *alerts = ctx;
    const struct alert_row *row = &view->row;
    json_t *json = json_pack(
        "{so sI so ss ss so so ss so so so so so}", "id", reply_id(&row->id), "feed",
        (json_int_t)row->feed_number, "entry", reply_id(&row->entry_id), "category", row->category,
        "response", row->response, "name", secret_text(&view->name), "reference",
        secret_text(&view->reference), "camera", row->camera, "captured_at",
        reply_time(row->captured_at_us), "raised_at", reply_time(row->raised_at_us), "score",
        reply_score(row->score), "threshold", reply_score(row->threshold), "crop", crop_json(row));
    if (alerts->count == LIMIT_MAX || json_array_append_new(alerts->array, json) != 0)
        return OV_ERR_NOMEM;
    alerts->sites[alerts->count++] = row->site_id;
    alerts->last_feed = row->feed_number;
    return OV_OK;
}

static enum ov_status add_sites(struct call *call, struct alerts *alerts, struct ov_error *err)
{
    struct names names;
    enum ov_status status = OV_OK;
    names_init(&names, call);
    for (int i = 0; i < alerts->count && status == OV_OK; i++) {
        json_t *alert = json_array_get(alerts->array, (size_t)i);
        if (json_object_set_new(alert, "site", names_site(&names, &alerts->sites[i], err)) != 0)
            status = err->status != OV_OK ? err->status : OV_ERR_NOMEM;
    }
    names_done(&names);
    return status;
}

/* Remembers until when to wait, on the first try; tells whether to go on waiting. */
static bool goes_on_waiting(struct call *call, int64_t wait_s)
{
    struct request *request = call->request;
    int64_t now_us = ov_clock_mono_us(call->options->clock);
    if (request->wait_until_us == 0)
        request->wait_until_us = now_us + wait_s * OV_US_PER_S;
    return wait_s > 0 && !request->last_try && now_us < request->wait_until_us;
}

enum ov_status handle_alert_list(struct call *call, struct ov_error *err)
{
    static const char *const parameters[] = {"after", "limit", "wait_s", NULL};
    struct request *request = call->request;
    struct deployment deployment;
    int64_t after = 0;
    int64_t limit = 0;
    int64_t wait_s = 0;
    enum ov_status status = request_check_query(request, parameters, err);
    if (status == OV_OK)
        status = request_query_i64(request, "after", 0, INT64_MAX, 0, &after, err);
    if (status == OV_OK)
        status = request_query_i64(request, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT, &limit, err);
    if (status == OV_OK)
        status = request_query_i64(request, "wait_s", 0, WAIT_MAX_S, 0, &wait_s, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status != OV_OK)
        return status;

    struct alerts alerts = {.array = json_array(), .last_feed = after};
    status = service_alert_each(call->service, call->actor, &deployment.id, after, (int)limit,
                                on_alert, &alerts, err);
    if (status == OV_OK)
        status = add_sites(call, &alerts, err);
    request->reply.wait = status == OV_OK && alerts.count == 0 && goes_on_waiting(call, wait_s);
    if (status != OV_OK || request->reply.wait) {
        json_decref(alerts.array);
        return status;
    }
    return reply_json(
        request, 200,
        json_pack("{sosI}", "alerts", alerts.array, "next", (json_int_t)alerts.last_feed), err);
}

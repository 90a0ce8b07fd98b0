/* /v1/alarms. On a worker's thread. */
#include "server/api/handle_alarms.h"

#include "server/api/json_in.h"
#include "server/api/reply.h"
#include "server/service/alarms.h"

struct alarm_list {
    struct alarm_row rows[PAGE_LIMIT_MAX];
    size_t count;
};

static enum ov_status on_alarm(void *ctx, const struct alarm_row *alarm)
{
    struct alarm_list *list = ctx;
    if (list->count == PAGE_LIMIT_MAX)
        return OV_ERR_LIMIT;
    list->rows[list->count++] = *alarm;
    return OV_OK;
}

static json_t *optional_id(const struct ov_id *id)
{
    return ov_id_is_zero(id) ? json_null() : reply_id(id);
}

static json_t *alarm_json(struct names *names, const struct alarm_row *alarm, struct ov_error *err)
{
    return json_pack("{so ss so so so so so so}", "id", reply_id(&alarm->id), "code", alarm->code,
                     "raised_at", reply_time(alarm->raised_at_us), "raised_by",
                     names_principal(names, &alarm->raised_by, err), "deployment",
                     optional_id(&alarm->deployment_id), "about", optional_id(&alarm->object_id),
                     "cleared_at", reply_time(alarm->cleared_at_us), "cleared_by",
                     names_principal(names, &alarm->cleared_by, err));
}

json_t *alarms_json(struct names *names, bool with_cleared, const struct page *page,
                    json_t **ret_next, struct ov_error *err)
{
    struct alarm_list list = {.count = 0};
    struct call *call = names->call;
    const struct store_page piece = {page_after(page), page->limit};
    if (service_alarm_each(call->service, call->actor, with_cleared, &piece, on_alarm, &list,
                           err) != OV_OK)
        return NULL;
    json_t *array = json_array();
    for (size_t i = 0; i < list.count; i++) {
        if (json_array_append_new(array, alarm_json(names, &list.rows[i], err)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    if (ret_next != NULL)
        *ret_next =
            page_next(page, list.count, list.count > 0 ? &list.rows[list.count - 1].id : NULL);
    return array;
}

enum ov_status handle_alarm_list(struct call *call, struct ov_error *err)
{
    struct page page;
    bool all = false;
    enum ov_status status = page_read_state(call->request, "open", &page, &all, err);
    if (status != OV_OK)
        return status;
    struct names names;
    json_t *next = NULL;
    names_init(&names, call);
    json_t *alarms = alarms_json(&names, all, &page, &next, err);
    names_done(&names);
    if (alarms == NULL && err->status != OV_OK)
        return err->status;
    return reply_json(call->request, 200, json_pack("{soso}", "alarms", alarms, "next", next), err);
}

static enum ov_status alarm_of_path(struct call *call, struct ov_id *ret, struct ov_error *err)
{
    if (ov_id_parse(call->request->segments[2], ret) != OV_OK)
        return ov_fail(err, OV_ERR_NOT_FOUND, "alarm.unknown",
                       "there is no such alarm; see the list of alarms");
    return OV_OK;
}

enum ov_status handle_alarm_clear(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct alarm_row alarm;
    struct ov_id id;
    enum ov_status status = json_in_nothing(request, err);
    if (status == OV_OK)
        status = alarm_of_path(call, &id, err);
    if (status == OV_OK)
        status = service_alarm_clear(call->service, call->actor, &id, &alarm, err);
    if (status != OV_OK)
        return status;
    struct names names;
    names_init(&names, call);
    json_t *json = alarm_json(&names, &alarm, err);
    names_done(&names);
    if (json == NULL && err->status != OV_OK)
        return err->status;
    return reply_json(request, 200, json, err);
}

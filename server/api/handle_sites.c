/* /v1/sites. On a worker's thread. */
#include "server/api/json_in.h"
#include "server/api/page.h"
#include "server/api/reply.h"
#include "server/api/route.h"
#include "server/service/people.h"

enum ov_status handle_site_add(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct json_in_member name = {"name", JSON_IN_STRING, true, NULL};
    json_t *root = NULL;
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, &name, 1, &root, err);
    if (status != OV_OK)
        return status;
    struct site site;
    status =
        service_site_add(call->service, call->actor, json_string_value(name.value), &site, err);
    json_decref(root);
    if (status != OV_OK)
        return status;
    return reply_json(request, 201,
                      json_pack("{soss}", "id", reply_id(&site.id), "name", site.name), err);
}

struct site_list {
    json_t *array;
    struct ov_id last;
};

static enum ov_status on_site(void *ctx, const struct site *site)
{
    struct site_list *list = ctx;
    json_t *json = json_pack("{sossso}", "id", reply_id(&site->id), "name", site->name, "added_at",
                             reply_time(site->added_at_us));
    list->last = site->id;
    return json_array_append_new(list->array, json) == 0 ? OV_OK : OV_ERR_NOMEM;
}

enum ov_status handle_site_list(struct call *call, struct ov_error *err)
{
    struct page page;
    enum ov_status status = page_read(call->request, &page, err);
    if (status != OV_OK)
        return status;
    struct site_list list = {.array = json_array()};
    const struct store_page piece = {page_after(&page), page.limit};
    status = service_site_page(call->service, call->actor, &piece, on_site, &list, err);
    if (status != OV_OK) {
        json_decref(list.array);
        return status;
    }
    json_t *next = page_next(&page, json_array_size(list.array), &list.last);
    return reply_json(call->request, 200, json_pack("{soso}", "sites", list.array, "next", next),
                      err);
}

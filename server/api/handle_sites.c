/* /v1/sites. On a worker's thread. */
#include "server/api/json_in.h"
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

static enum ov_status on_site(void *ctx, const struct site *site)
{
    json_t *json = json_pack("{sossso}", "id", reply_id(&site->id), "name", site->name, "added_at",
                             reply_time(site->added_at_us));
    return json_array_append_new(ctx, json) == 0 ? OV_OK : OV_ERR_NOMEM;
}

enum ov_status handle_site_list(struct call *call, struct ov_error *err)
{
    json_t *sites = json_array();
    enum ov_status status = service_site_each(call->service, call->actor, on_site, sites, err);
    if (status != OV_OK) {
        json_decref(sites);
        return status;
    }
    return reply_json(call->request, 200, json_pack("{so}", "sites", sites), err);
}

/* /v1/deployments. On a worker's thread. */
#include "server/api/handle_deployments.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "server/api/page.h"
#include "server/api/reply.h"
#include "server/service/deployments.h"
#include "server/service/watchlist.h"

/* --- as JSON --- */

json_t *deployment_counts_json(struct call *call, const struct ov_id *id, struct ov_error *err)
{
    struct watchlist_counts counts;
    if (service_watchlist_counts(call->service, call->actor, id, &counts, err) != OV_OK)
        return NULL;
    return json_pack("{sIsIsIsIsI}", "proposed", (json_int_t)counts.proposed, "approved",
                     (json_int_t)counts.approved, "withdrawn", (json_int_t)counts.withdrawn,
                     "expired", (json_int_t)counts.expired, "blue_list",
                     (json_int_t)counts.blue_list);
}

static json_t *site_names(struct names *names, const struct deployment *deployment,
                          struct ov_error *err)
{
    json_t *sites = json_array();
    for (size_t i = 0; i < deployment->site_count; i++) {
        if (json_array_append_new(sites, names_site(names, &deployment->sites[i], err)) != 0) {
            json_decref(sites);
            return NULL;
        }
    }
    return sites;
}

static json_t *codes(const char (*list)[DEPLOYMENT_CODE_SIZE], size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(array, json_string(list[i]));
    return array;
}

static json_t *digest_or_null(const uint8_t digest[OV_DIGEST_BYTES])
{
    static const uint8_t none[OV_DIGEST_BYTES];
    return memcmp(digest, none, sizeof(none)) == 0 ? json_null()
                                                   : reply_digest(digest, OV_DIGEST_BYTES);
}

/* Under which authority it is, and what of the application the rules read. */
static json_t *lifecycle_json(struct names *names, const struct deployment *d, struct ov_error *err)
{
    return json_pack(
        "{si so so si so so ss so sb so so so so ss so so so so so si si si}", "revision",
        d->revision, "edited_by", names_principal(names, &d->edited_by, err), "edited_at",
        reply_time(d->edited_at_us), "policy_version", d->policy_version, "application_digest",
        digest_or_null(d->application_digest), "settings_digest",
        digest_or_null(d->settings_digest), "authority", deployment_authority_name(d->authority),
        "authorisation_digest", digest_or_null(d->authorisation_digest), "urgent", (int)d->urgent,
        "oral_by", names_principal(names, &d->oral_by, err), "recorded_by",
        names_principal(names, &d->recorded_by, err), "oral_at", reply_time(d->oral_at_us),
        "written_due_at", reply_time(d->written_due_at_us), "end_reason",
        deployment_end_name(d->end_reason), "location_type",
        d->location_type[0] != '\0' ? json_string(d->location_type) : json_null(),
        "expected_entries",
        d->expected_entries > 0 ? json_integer(d->expected_entries) : json_null(),
        "expected_footfall",
        d->expected_footfall > 0 ? json_integer(d->expected_footfall) : json_null(), "categories",
        codes(d->categories, d->category_count), "flags", codes(d->flags, d->flag_count),
        "retention_watchlist_h", d->retention_watchlist_h, "retention_alert_h",
        d->retention_alert_h, "retention_true_alert_h", d->retention_true_alert_h);
}

/* json_pack's "o" takes the value on every path and makes the whole fail when it is NULL. */
static json_t *deployment_json(struct names *names, const struct deployment *d,
                               struct ov_error *err)
{
    return json_pack(
        "{so ss ss ss ss so so so si si so so so so so so so so so so}", "id", reply_id(&d->id),
        "name", d->name, "purpose", d->purpose, "kind", deployment_kind_name(d->kind), "state",
        deployment_state_name(d->state), "starts_at", reply_time(d->starts_at_us), "ends_at",
        reply_time(d->ends_at_us), "threshold", reply_score(d->threshold), "cool_down_s",
        d->cool_down_s, "min_face_px", d->min_face_px, "model_digest",
        reply_digest(d->model_digest, sizeof(d->model_digest)), "applied_by",
        names_principal(names, &d->applied_by, err), "authorised_by",
        names_principal(names, &d->authorised_by, err), "applied_at", reply_time(d->applied_at_us),
        "authorised_at", reply_time(d->authorised_at_us), "went_live_at",
        reply_time(d->went_live_at_us), "closed_at", reply_time(d->closed_at_us), "sites",
        site_names(names, d, err), "watchlist", deployment_counts_json(names->call, &d->id, err),
        "lifecycle", lifecycle_json(names, d, err));
}

/* Whatever made a piece NULL has filled err; otherwise memory was out. */
static enum ov_status reply_or_fail(struct request *request, int http_status, json_t *take_json,
                                    struct ov_error *err)
{
    if (take_json == NULL && err->status != OV_OK)
        return err->status;
    return reply_json(request, http_status, take_json, err);
}

enum ov_status deployment_reply(struct call *call, int http_status,
                                const struct deployment *deployment, struct ov_error *err)
{
    struct names names;
    names_init(&names, call);
    json_t *json = deployment_json(&names, deployment, err);
    names_done(&names);
    return reply_or_fail(call->request, http_status, json, err);
}

/* --- listing --- */

static enum ov_status on_deployment(void *ctx, const struct deployment *deployment)
{
    struct deployment_list *list = ctx;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 16;
        struct deployment *items = realloc(list->items, capacity * sizeof(*items));
        if (items == NULL)
            return OV_ERR_NOMEM;
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = *deployment;
    return OV_OK;
}

enum ov_status deployments_collect(struct call *call, struct deployment_list *list,
                                   struct ov_error *err)
{
    return service_deployment_each(call->service, call->actor, on_deployment, list, err);
}

enum ov_status handle_deployment_list(struct call *call, struct ov_error *err)
{
    struct deployment_list list = {NULL, 0, 0};
    struct names names;
    struct page page;
    enum ov_status status = page_read(call->request, &page, err);
    if (status != OV_OK)
        return status;
    names_init(&names, call);
    json_t *array = json_array();
    const struct store_page piece = {page_after(&page), page.limit};
    status = service_deployment_page(call->service, call->actor, &piece, on_deployment, &list, err);
    for (size_t i = 0; i < list.count && status == OV_OK; i++) {
        if (json_array_append_new(array, deployment_json(&names, &list.items[i], err)) != 0)
            status = err->status != OV_OK ? err->status : OV_ERR_NOMEM;
    }
    names_done(&names);
    json_t *next =
        page_next(&page, list.count, list.count > 0 ? &list.items[list.count - 1].id : NULL);
    free(list.items);
    if (status != OV_OK) {
        json_decref(array);
        json_decref(next);
        return status;
    }
    return reply_json(call->request, 200, json_pack("{soso}", "deployments", array, "next", next),
                      err);
}

enum ov_status deployment_of_path(struct call *call, struct deployment *ret, struct ov_error *err)
{
    return service_deployment_find(call->service, call->actor, call->request->segments[2], ret,
                                   err);
}

enum ov_status handle_deployment_get(struct call *call, struct ov_error *err)
{
    struct deployment deployment;
    enum ov_status status = deployment_of_path(call, &deployment, err);
    return status != OV_OK ? status : deployment_reply(call, 200, &deployment, err);
}

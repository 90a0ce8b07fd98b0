/* /v1/deployments. On a worker's thread. */
#include "server/api/handle_deployments.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "server/api/json_in.h"
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

/* json_pack's "o" takes the value on every path and makes the whole fail when it is NULL. */
static json_t *deployment_json(struct names *names, const struct deployment *d,
                               struct ov_error *err)
{
    return json_pack(
        "{so ss ss ss ss so so so si si so so so so so so so so so}", "id", reply_id(&d->id),
        "name", d->name, "purpose", d->purpose, "kind", deployment_kind_name(d->kind), "state",
        deployment_state_name(d->state), "starts_at", reply_time(d->starts_at_us), "ends_at",
        reply_time(d->ends_at_us), "threshold", reply_score(d->threshold), "cool_down_s",
        d->cool_down_s, "min_face_px", d->min_face_px, "model_digest",
        reply_digest(d->model_digest, sizeof(d->model_digest)), "applied_by",
        names_principal(names, &d->applied_by, err), "authorised_by",
        names_principal(names, &d->authorised_by, err), "applied_at", reply_time(d->applied_at_us),
        "authorised_at", reply_time(d->authorised_at_us), "went_live_at",
        reply_time(d->went_live_at_us), "closed_at", reply_time(d->closed_at_us), "sites",
        site_names(names, d, err), "watchlist", deployment_counts_json(names->call, &d->id, err));
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
    names_init(&names, call);
    json_t *array = json_array();
    enum ov_status status = deployments_collect(call, &list, err);
    for (size_t i = 0; i < list.count && status == OV_OK; i++) {
        if (json_array_append_new(array, deployment_json(&names, &list.items[i], err)) != 0)
            status = err->status != OV_OK ? err->status : OV_ERR_NOMEM;
    }
    names_done(&names);
    free(list.items);
    if (status != OV_OK) {
        json_decref(array);
        return status;
    }
    return reply_json(call->request, 200, json_pack("{so}", "deployments", array), err);
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

/* --- applying --- */

enum {
    IN_NAME,
    IN_PURPOSE,
    IN_KIND,
    IN_SITES,
    IN_STARTS,
    IN_ENDS,
    IN_THRESHOLD,
    IN_COOL,
    IN_FACE,
    IN_COUNT
};

/* A value given as 0 (or below) must not be taken for "not given", which is the rules' default. */
static int given_int(const json_t *value, int not_given, int refused)
{
    if (value == NULL)
        return not_given;
    json_int_t number = json_integer_value(value);
    return number < 0 || number > INT_MAX || (number == 0 && not_given == 0) ? refused
                                                                             : (int)number;
}

static enum ov_status read_kind(struct request *request, const json_t *value,
                                enum deployment_kind *ret, struct ov_error *err)
{
    const char *kind = json_string_value(value);
    *ret = DEPLOYMENT_OPERATIONAL;
    if (strcmp(kind, deployment_kind_name(DEPLOYMENT_OPERATIONAL)) == 0)
        return OV_OK;
    *ret = DEPLOYMENT_EXERCISE;
    if (strcmp(kind, deployment_kind_name(DEPLOYMENT_EXERCISE)) == 0)
        return OV_OK;
    memcpy(request->field, "kind", sizeof("kind"));
    return ov_fail(err, OV_ERR_INVALID, "deployment.kind",
                   "the kind has to be exercise or operational");
}

static enum ov_status read_application(struct request *request,
                                       const struct json_in_member *members,
                                       const char **site_names,
                                       struct deployment_application *application,
                                       struct ov_error *err)
{
    const json_t *sites = members[IN_SITES].value;
    const json_t *threshold = members[IN_THRESHOLD].value;
    size_t site_count = json_array_size(sites);
    for (size_t i = 0; i < site_count && i < DEPLOYMENT_SITES_MAX; i++)
        site_names[i] = json_string_value(json_array_get(sites, i));
    *application = (struct deployment_application){
        .name = json_string_value(members[IN_NAME].value),
        .purpose = json_string_value(members[IN_PURPOSE].value),
        .threshold = threshold != NULL ? (float)json_number_value(threshold) : 0.0f,
        .cool_down_s = given_int(members[IN_COOL].value, -1, INT_MAX),
        .min_face_px = given_int(members[IN_FACE].value, 0, INT_MAX),
        .site_count = site_count,
        .site_names = site_names};
    if (threshold != NULL && application->threshold == 0.0f)
        application->threshold = -1.0f;
    enum ov_status status = read_kind(request, members[IN_KIND].value, &application->kind, err);
    if (status == OV_OK)
        status = json_in_time(request, &members[IN_STARTS], &application->starts_at_us, err);
    if (status == OV_OK)
        status = json_in_time(request, &members[IN_ENDS], &application->ends_at_us, err);
    return status;
}

enum ov_status handle_deployment_create(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct json_in_member members[IN_COUNT] = {
        [IN_NAME] = {"name", JSON_IN_STRING, true, NULL},
        [IN_PURPOSE] = {"purpose", JSON_IN_STRING, true, NULL},
        [IN_KIND] = {"kind", JSON_IN_STRING, true, NULL},
        [IN_SITES] = {"sites", JSON_IN_STRINGS, true, NULL},
        [IN_STARTS] = {"starts_at", JSON_IN_STRING, false, NULL},
        [IN_ENDS] = {"ends_at", JSON_IN_STRING, false, NULL},
        [IN_THRESHOLD] = {"threshold", JSON_IN_NUMBER, false, NULL},
        [IN_COOL] = {"cool_down_s", JSON_IN_INTEGER, false, NULL},
        [IN_FACE] = {"min_face_px", JSON_IN_INTEGER, false, NULL},
    };
    json_t *root = NULL;
    enum ov_status status = json_in_read(request, request->body.data, request->body.size, members,
                                         IN_COUNT, &root, err);
    if (status != OV_OK)
        return status;
    const char *site_names[DEPLOYMENT_SITES_MAX];
    struct deployment_application application;
    struct deployment deployment;
    status = read_application(request, members, site_names, &application, err);
    if (status == OV_OK)
        status =
            service_deployment_create(call->service, call->actor, &application, &deployment, err);
    json_decref(root);
    return status != OV_OK ? status : deployment_reply(call, 201, &deployment, err);
}

/* --- starting and stopping --- */

enum ov_status handle_deployment_start(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct deployment deployment;
    json_t *root = NULL;
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, NULL, 0, &root, err);
    json_decref(root);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status =
            service_deployment_start(call->service, call->actor, &deployment.id, &deployment, err);
    return status != OV_OK ? status : deployment_reply(call, 200, &deployment, err);
}

enum ov_status handle_deployment_stop(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct deployment deployment;
    struct json_in_member reason = {"reason", JSON_IN_STRING, false, NULL};
    json_t *root = NULL;
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, &reason, 1, &root, err);
    if (status != OV_OK)
        return status;
    status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = service_deployment_stop(
            call->service, call->actor, &deployment.id,
            reason.value != NULL ? json_string_value(reason.value) : "manual", &deployment, err);
    json_decref(root);
    return status != OV_OK ? status : deployment_reply(call, 200, &deployment, err);
}

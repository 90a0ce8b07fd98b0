/* /v1/status. On a worker's thread. */
#include <stdlib.h>

#include "common/face/face.h"
#include "server/api/handle_alarms.h"
#include "server/api/handle_deployments.h"
#include "server/api/reply.h"

static json_t *me_json(const struct actor *actor)
{
    json_t *roles = json_array();
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        if ((actor->principal.roles & (1u << i)) != 0)
            (void)json_array_append_new(roles, json_string(role_name((enum role)(1u << i))));
    }
    return json_pack("{ssso}", "name", actor->principal.name, "roles", roles);
}

static json_t *model_json(const struct ov_face_engine *faces)
{
    return json_pack("{sssosi}", "name", ov_face_engine_name(faces), "digest",
                     reply_digest(ov_face_engine_digest(faces), OV_MODEL_DIGEST_BYTES), "dimension",
                     ov_face_engine_dimension(faces));
}

static json_t *live_json(const struct api_options *options)
{
    struct live_status live = {0};
    if (options->read_live_status != NULL)
        options->read_live_status(options->live_status_ctx, &live);
    return json_pack("{sisIsIsIsisI}", "sessions", live.sessions, "probes_compared",
                     (json_int_t)live.probes_compared, "alerts", (json_int_t)live.alerts,
                     "suppressed", (json_int_t)live.suppressed, "galleries", live.galleries,
                     "templates", (json_int_t)live.templates);
}

/* What has come to nothing, or has nothing left to erase, is in the list of deployments alone. */
static bool is_over(enum deployment_state state)
{
    return state == DEPLOYMENT_REFUSED || state == DEPLOYMENT_CANCELLED ||
           state == DEPLOYMENT_ERASED;
}

static enum ov_status list_deployments(struct call *call, json_t *array, struct ov_error *err)
{
    struct deployment_list list = {NULL, 0, 0};
    enum ov_status status = deployments_collect(call, &list, err);
    for (size_t i = 0; i < list.count && status == OV_OK; i++) {
        const struct deployment *d = &list.items[i];
        if (is_over(d->state))
            continue;
        json_t *json = json_pack(
            "{sosssssssoso}", "id", reply_id(&d->id), "name", d->name, "state",
            deployment_state_name(d->state), "kind", deployment_kind_name(d->kind), "ends_at",
            reply_time(d->ends_at_us), "watchlist", deployment_counts_json(call, &d->id, err));
        if (json_array_append_new(array, json) != 0)
            status = err->status != OV_OK ? err->status : OV_ERR_NOMEM;
    }
    free(list.items);
    return status;
}

enum ov_status handle_status(struct call *call, struct ov_error *err)
{
    json_t *deployments = json_array();
    enum ov_status status = list_deployments(call, deployments, err);
    if (status != OV_OK) {
        json_decref(deployments);
        return status;
    }
    struct names names;
    names_init(&names, call);
    const struct page first = {.limit = PAGE_LIMIT_DEFAULT};
    json_t *alarms = alarms_json(&names, false, &first, NULL, err);
    names_done(&names);
    if (alarms == NULL && err->status != OV_OK) {
        json_decref(deployments);
        return err->status;
    }
    int64_t up_us = ov_clock_mono_us(call->options->clock) - call->up_since_us;
    return reply_json(call->request, 200,
                      json_pack("{sssssosIsosososo}", "version", OVERT_VERSION, "schema",
                                store_known_schema(), "model", model_json(call->service->faces),
                                "uptime_s", (json_int_t)(up_us / OV_US_PER_S), "me",
                                me_json(call->actor), "live", live_json(call->options), "alarms",
                                alarms, "deployments", deployments),
                      err);
}

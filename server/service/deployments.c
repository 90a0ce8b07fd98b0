/*
 * Deployments going live and ending, and looking at them. drafts.c, apply.c, authorise.c,
 * refuse.c and urgent.c have what comes before.
 *
 * Each step locks the deployment's row first, so that what was checked still holds at the commit.
 */
#include "server/service/deployments.h"

#include <stdlib.h>
#include <string.h>

#include "server/service/check.h"
#include "server/service/lifecycle.h"
#include "server/service/permissions.h"
#include "server/service/steps.h"
#include "server/store/watchlists.h"

struct audit_event *lifecycle_event(const char *name, const struct actor *actor,
                                    const struct ov_id *id, int64_t at_us)
{
    struct audit_event *event = audit_event_new(name, actor, at_us);
    audit_event_deployment(event, id);
    audit_event_object(event, "deployment", id);
    return event;
}

/* --- starting --- */

static enum ov_status write_started(struct service *service, const struct actor *actor,
                                    const struct deployment *deployment, int64_t at_us,
                                    struct ov_error *err)
{
    struct watchlist_counts counts = {.approved = 0};
    enum ov_status status = store_watchlist_counts(service->store, &deployment->id, &counts, err);
    if (status != OV_OK)
        return status;
    struct audit_event *event =
        lifecycle_event("deployment.started", actor, &deployment->id, at_us);
    audit_event_code(event, "kind", deployment_kind_name(deployment->kind));
    audit_event_code(event, "authority", deployment_authority_name(deployment->authority));
    audit_event_int(event, "entries_approved", counts.approved);
    audit_event_int(event, "entries_proposed", counts.proposed);
    audit_event_int(event, "gallery_version", deployment->gallery_version + 1);
    return audit_event_write(service->store, event, err);
}

static enum ov_status start(struct service *service, const struct actor *actor,
                            const struct ov_id *id, struct deployment *ret, struct ov_error *err)
{
    enum ov_status status = store_deployment_get(service->store, id, true, ret, err);
    if (status == OV_OK)
        status = lifecycle_check_gates(service, actor, ret, err);
    int64_t now_us = act_now_us(service);
    if (status == OV_OK)
        status = store_deployment_set_state(service->store, id, DEPLOYMENT_LIVE, now_us, err);
    if (status == OV_OK)
        status = write_started(service, actor, ret, now_us, err);
    if (status == OV_OK)
        status = store_deployment_bump_gallery(service->store, id, err);
    if (status == OV_OK)
        status = store_deployment_get(service->store, id, false, ret, err);
    return status;
}

enum ov_status service_deployment_start(struct service *service, const struct actor *actor,
                                        const struct ov_id *id, struct deployment *ret,
                                        struct ov_error *err)
{
    struct deployment deployment;
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_START, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = act_end(service, start(service, actor, id, &deployment, err), err);
    if (status == OV_OK)
        *ret = deployment;
    return status;
}

/* --- ending --- */

static enum ov_status store_ending(struct service *service, const struct deployment *deployment,
                                   enum deployment_state state,
                                   const struct lifecycle_ending *ending, int64_t now_us,
                                   struct ov_error *err)
{
    /* Closed before, and now its written authorisation does not come. */
    if (deployment->state == DEPLOYMENT_CLOSED)
        return store_deployment_end_urgent(service->store, &deployment->id, ending->reason, err);
    return store_deployment_end(service->store, &deployment->id, state, ending->reason, now_us,
                                err);
}

enum ov_status lifecycle_end(struct service *service, const struct actor *actor,
                             const struct deployment *deployment,
                             const struct lifecycle_ending *ending, struct ov_error *err)
{
    int64_t now_us = act_now_us(service);
    enum deployment_state state =
        ending->reason == END_REFUSED ? DEPLOYMENT_REFUSED : state_at_end(deployment);
    enum ov_status status = store_ending(service, deployment, state, ending, now_us, err);
    if (status != OV_OK)
        return status;
    struct audit_event *event = lifecycle_event(ending->event, actor, &deployment->id, now_us);
    audit_event_code(event, "state", deployment_state_name(state));
    audit_event_code(event, "end_reason", deployment_end_name(ending->reason));
    audit_event_int(event, "ends_at_us", deployment->ends_at_us);
    if (ending->reason_code != NULL)
        audit_event_code(event, "reason", ending->reason_code);
    if (ending->digest != NULL)
        audit_event_digest(event, "reasons", ending->digest, OV_DIGEST_BYTES);
    status = audit_event_write(service->store, event, err);
    /* Wakes every server's matchers at once: the gallery is to be dropped. */
    if (status == OV_OK && state == DEPLOYMENT_CLOSED)
        status = store_deployment_bump_gallery(service->store, &deployment->id, err);
    return status;
}

static enum deployment_end end_by_hand(const struct deployment *deployment)
{
    return state_at_end(deployment) == DEPLOYMENT_CLOSED ? END_STOPPED : END_CANCELLED;
}

static enum ov_status stop(struct service *service, const struct actor *actor,
                           const struct ov_id *id, const char *reason_code, struct deployment *ret,
                           struct ov_error *err)
{
    enum ov_status status = store_deployment_get(service->store, id, true, ret, err);
    if (status != OV_OK)
        return status;
    if (state_has_ended(ret->state))
        return ov_fail(err, OV_ERR_STATE, "deployment.over",
                       "the deployment is %s already; nothing is left to stop",
                       deployment_state_name(ret->state));
    struct lifecycle_ending ending = {"deployment.stopped", end_by_hand(ret), reason_code, NULL};
    status = lifecycle_end(service, actor, ret, &ending, err);
    if (status == OV_OK)
        status = store_deployment_get(service->store, id, false, ret, err);
    return status;
}

enum ov_status service_deployment_stop(struct service *service, const struct actor *actor,
                                       const struct ov_id *id, const char *reason_code,
                                       struct deployment *ret, struct ov_error *err)
{
    struct deployment deployment;
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_STOP, err);
    if (status == OV_OK)
        status = check_reason(reason_code, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = act_end(service, stop(service, actor, id, reason_code, &deployment, err), err);
    if (status == OV_OK)
        *ret = deployment;
    return status;
}

/* --- the keeper's --- */

enum ov_status lifecycle_ids_add(struct lifecycle_ids *list, const struct ov_id *id)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 16;
        struct ov_id *ids = realloc(list->ids, capacity * sizeof(*ids));
        if (ids == NULL)
            return OV_ERR_NOMEM;
        list->ids = ids;
        list->capacity = capacity;
    }
    list->ids[list->count++] = *id;
    return OV_OK;
}

enum ov_status lifecycle_ids_each(struct service *service, const struct lifecycle_ids *list,
                                  enum ov_status (*one)(struct service *service,
                                                        const struct ov_id *id,
                                                        struct ov_error *err),
                                  struct ov_error *err)
{
    enum ov_status worst = OV_OK;
    for (size_t i = 0; i < list->count; i++) {
        enum ov_status status = one(service, &list->ids[i], err);
        if (status != OV_OK)
            worst = status; /* the others are dealt with all the same */
    }
    return worst;
}

enum ov_status lifecycle_now(struct service *service, int64_t *ret_us, struct ov_error *err)
{
    int64_t database_us = 0;
    int64_t server_us = act_now_us(service);
    enum ov_status status = store_now(service->store, &database_us, err);
    if (status == OV_OK)
        *ret_us = database_us > server_us ? database_us : server_us;
    return status;
}

struct ended_search {
    struct lifecycle_ids list;
    int64_t now_us;
};

static enum ov_status add_if_ended(void *ctx, const struct deployment *deployment)
{
    struct ended_search *search = ctx;
    if (deployment->ends_at_us > search->now_us || state_has_ended(deployment->state))
        return OV_OK;
    return lifecycle_ids_add(&search->list, &deployment->id);
}

static enum deployment_end end_by_clock(const struct deployment *deployment)
{
    return state_at_end(deployment) == DEPLOYMENT_CLOSED ? END_WINDOW_CLOSED : END_LAPSED;
}

static enum ov_status close_one(struct service *service, const struct ov_id *id,
                                struct ov_error *err)
{
    struct deployment deployment;
    int64_t now_us = 0;
    enum ov_status status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = store_deployment_get(service->store, id, true, &deployment, err);
    if (status == OV_OK)
        status = lifecycle_now(service, &now_us, err);
    /* Somebody may have stopped it between the listing and the lock. */
    if (status == OV_OK && !state_has_ended(deployment.state) && deployment.ends_at_us <= now_us) {
        struct lifecycle_ending ending = {"deployment.window_closed", end_by_clock(&deployment),
                                          NULL, NULL};
        status = lifecycle_end(service, act_server(), &deployment, &ending, err);
    }
    return act_end(service, status, err);
}

enum ov_status service_deployments_close_ended(struct service *service, struct ov_error *err)
{
    struct ended_search search = {.now_us = 0};
    enum ov_status status = lifecycle_now(service, &search.now_us, err);
    if (status == OV_OK)
        status = store_deployment_each_running(service->store, add_if_ended, &search, err);
    if (status == OV_OK)
        status = lifecycle_ids_each(service, &search.list, close_one, err);
    free(search.list.ids);
    return status;
}

enum ov_status service_deployments_cancel_lapsed(struct service *service, struct ov_error *err)
{
    struct ended_search search = {.now_us = 0};
    enum ov_status status = lifecycle_now(service, &search.now_us, err);
    if (status == OV_OK)
        status = store_deployment_each(service->store, add_if_ended, &search, err);
    if (status == OV_OK)
        status = lifecycle_ids_each(service, &search.list, close_one, err);
    free(search.list.ids);
    return status;
}

/* --- seeing --- */

enum ov_status service_deployment_find(struct service *service, const struct actor *actor,
                                       const char *id_or_name, struct deployment *ret,
                                       struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_SEE, err);
    if (status != OV_OK)
        return status;
    struct ov_id id;
    if (ov_id_parse(id_or_name, &id) == OV_OK)
        return store_deployment_get(service->store, &id, false, ret, err);
    return store_deployment_by_name(service->store, id_or_name, ret, err);
}

enum ov_status service_deployment_each(struct service *service, const struct actor *actor,
                                       enum ov_status (*on_row)(void *ctx,
                                                                const struct deployment *),
                                       void *ctx, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_SEE, err);
    return status != OV_OK ? status : store_deployment_each(service->store, on_row, ctx, err);
}

struct document_search {
    const struct ov_id *id;
    enum ov_status (*on_document)(void *ctx, const struct document *document);
    void *ctx;
};

static enum ov_status on_found(void *ctx, const struct document *document)
{
    const struct document_search *search = ctx;
    if (!ov_id_equal(search->id, &document->deployment_id))
        return OV_ERR_NOT_FOUND;
    return search->on_document(search->ctx, document);
}

enum ov_status
service_deployment_document(struct service *service, const struct actor *actor,
                            const struct ov_id *id, const uint8_t digest[OV_DIGEST_BYTES],
                            enum ov_status (*on_document)(void *ctx, const struct document *),
                            void *ctx, struct ov_error *err)
{
    struct document_search search = {id, on_document, ctx};
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_SEE, err);
    if (status == OV_OK)
        status = store_document_get(service->store, digest, on_found, &search, err);
    if (status == OV_ERR_NOT_FOUND)
        return ov_fail(
            err, OV_ERR_NOT_FOUND, "document.unknown",
            "the deployment has no document of this digest; its lifecycle names those it has");
    return status;
}

enum ov_status service_deployment_page(
    struct service *service, const struct actor *actor, const struct store_page *page,
    enum ov_status (*on_row)(void *ctx, const struct deployment *), void *ctx, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_SEE, err);
    return status != OV_OK ? status : store_deployment_page(service->store, page, on_row, ctx, err);
}

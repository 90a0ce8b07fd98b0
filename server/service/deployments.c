/*
 * Deployments: applied for, authorised and started by another person, stopped or run out.
 *
 * Each step locks the deployment's row first, so that what was checked still holds at the commit.
 */
#include "server/service/deployments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/face/face.h"
#include "server/service/act.h"
#include "server/service/approval.h"
#include "server/service/check.h"
#include "server/service/models.h"
#include "server/service/duty.h"
#include "server/service/permissions.h"
#include "server/service/policy.h"
#include "server/service/settings.h"
#include "server/vault/vault.h"

/* --- applying --- */

static enum ov_status resolve_sites(struct service *service,
                                    const struct deployment_application *application,
                                    struct deployment *deployment, struct ov_error *err)
{
    for (size_t i = 0; i < application->site_count; i++) {
        struct site site;
        struct ov_error inner = OV_ERROR_INIT;
        enum ov_status status =
            store_site_by_name(service->store, application->site_names[i], &site, &inner);
        if (status == OV_ERR_NOT_FOUND)
            return ov_fail(err, OV_ERR_INVALID, "deployment.site_unknown",
                           "there is no site called %s; add it first or correct the name",
                           application->site_names[i]);
        if (status != OV_OK)
            return ov_fail(err, inner.status, inner.code, "%s", inner.text);
        deployment->sites[deployment->site_count++] = site.id;
    }
    return OV_OK;
}

static enum ov_status write_applied(struct service *service, const struct actor *actor,
                                    const struct deployment *deployment, struct ov_error *err)
{
    struct audit_event *event =
        audit_event_new("deployment.applied", actor, deployment->applied_at_us);
    audit_event_deployment(event, &deployment->id);
    audit_event_object(event, "deployment", &deployment->id);
    audit_event_code(event, "kind", deployment_kind_name(deployment->kind));
    audit_event_int(event, "starts_at_us", deployment->starts_at_us);
    audit_event_int(event, "ends_at_us", deployment->ends_at_us);
    audit_event_int(event, "threshold", audit_score(deployment->threshold));
    audit_event_int(event, "cool_down_s", deployment->cool_down_s);
    audit_event_int(event, "min_face_px", deployment->min_face_px);
    audit_event_digest(event, "model_digest", deployment->model_digest, OV_DIGEST_BYTES);
    audit_event_int(event, "sites", (int64_t)deployment->site_count);
    for (size_t i = 0; i < deployment->site_count; i++) {
        char key[16] = "site_x"; /* keys are letters: site_a, site_b ... */
        key[5] = (char)('a' + (int)i);
        audit_event_id(event, key, &deployment->sites[i]);
    }
    return audit_event_write(service->store, event, err);
}

static enum ov_status add_application(struct service *service, struct deployment *deployment,
                                      struct ov_error *err)
{
    struct policy policy;
    struct audit_document *document = audit_document_new("application", &deployment->id);
    audit_document_text(document, "purpose", deployment->purpose);
    enum ov_status status = service_policy_get(service, 0, &policy, err);
    if (status != OV_OK) {
        audit_document_free(document);
        return status;
    }
    status = audit_document_write(service->store, document, deployment->application_digest, err);
    if (status == OV_OK)
        status = audit_document_write(service->store, settings_document(deployment, NULL, 0),
                                      deployment->settings_digest, err);
    if (status == OV_OK)
        status = store_deployment_add(service->store, deployment, NULL, 0, err);
    if (status == OV_OK)
        status = store_deployment_apply(service->store, &deployment->id, &deployment->applied_by,
                                        policy.version, deployment->applied_at_us, err);
    return status;
}

static enum ov_status insert_deployment(struct service *service, const struct actor *actor,
                                        struct deployment *deployment, struct ov_error *err)
{
    enum ov_status status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    struct ov_error inner = OV_ERROR_INIT;
    status = add_application(service, deployment, &inner);
    if (status == OV_ERR_EXISTS)
        status = ov_fail(err, OV_ERR_EXISTS, "deployment.exists",
                         "there is a deployment of this name already; choose another name");
    else if (status != OV_OK)
        status = ov_fail(err, inner.status, inner.code, "%s", inner.text);
    if (status == OV_OK)
        status = write_applied(service, actor, deployment, err);
    return act_end(service, status, err);
}

/* The key is there before the deployment is, and goes again when the deployment did not come. */
static enum ov_status insert_with_key(struct service *service, const struct actor *actor,
                                      struct deployment *deployment, struct ov_error *err)
{
    struct vault_key *key = NULL;
    enum ov_status status =
        vault_key_create(service->vault, VAULT_WATCHLIST, &deployment->id, &key, err);
    if (status != OV_OK)
        return status;
    vault_key_free(key);
    struct ov_error inner = OV_ERROR_INIT;
    status = insert_deployment(service, actor, deployment, &inner);
    if (status == OV_OK) {
        act_made_key(service, VAULT_WATCHLIST, &deployment->id);
        return OV_OK;
    }
    if (!act_outcome_unknown(status, &inner)) {
        struct ov_error ignored = OV_ERROR_INIT;
        (void)!vault_key_destroy(service->vault, VAULT_WATCHLIST, &deployment->id, &ignored);
    }
    return ov_fail(err, inner.status, inner.code, "%s", inner.text);
}

enum ov_status service_deployment_create(struct service *service, const struct actor *actor,
                                         const struct deployment_application *application,
                                         struct deployment *ret, struct ov_error *err)
{
    struct deployment_application filled;
    int64_t now_us = act_now_us(service);
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_APPLY, err);
    if (status == OV_OK)
        status = check_application(application, now_us, &filled, err);
    if (status != OV_OK)
        return status;

    struct deployment deployment = {.id = ov_id_new(),
                                    .kind = filled.kind,
                                    .state = DEPLOYMENT_APPLIED,
                                    .starts_at_us = filled.starts_at_us,
                                    .ends_at_us = filled.ends_at_us,
                                    .threshold = filled.threshold,
                                    .cool_down_s = filled.cool_down_s,
                                    .min_face_px = filled.min_face_px,
                                    .applied_by = actor->principal.id,
                                    .applied_at_us = now_us,
                                    .edited_by = actor->principal.id,
                                    .edited_at_us = now_us,
                                    .retention_watchlist_h = 24,
                                    .retention_alert_h = 24,
                                    .retention_true_alert_h = 744};
    (void)snprintf(deployment.name, sizeof(deployment.name), "%s", filled.name);
    (void)snprintf(deployment.purpose, sizeof(deployment.purpose), "%s", filled.purpose);
    memcpy(deployment.model_digest, ov_face_engine_digest(service->faces), OV_DIGEST_BYTES);
    status = resolve_sites(service, &filled, &deployment, err);
    if (status == OV_OK)
        status = insert_with_key(service, actor, &deployment, err);
    if (status == OV_OK)
        *ret = deployment;
    return status;
}

/* --- starting --- */

static enum ov_status check_model(struct service *service, const struct deployment *deployment,
                                  struct ov_error *err)
{
    if (memcmp(deployment->model_digest, ov_face_engine_digest(service->faces), OV_DIGEST_BYTES) !=
        0)
        return ov_fail(err, OV_ERR_STATE, "model.differs",
                       "the deployment was applied for with another model than this server runs; "
                       "apply again");
    return service_model_check(service, deployment, err);
}

static enum ov_status check_startable(struct service *service, const struct actor *actor,
                                      const struct deployment *deployment, struct ov_error *err)
{
    if (ov_id_equal(&deployment->applied_by, &actor->principal.id))
        return ov_fail(err, OV_ERR_DENIED, "deployment.same_person",
                       "you applied for this deployment; another person has to authorise it");
    if (deployment->state != DEPLOYMENT_APPLIED)
        return ov_fail(err, OV_ERR_STATE, "deployment.not_applied",
                       "the deployment is %s; only one that has been applied for can be started",
                       deployment_state_name(deployment->state));
    int64_t now_us = act_now_us(service);
    char start[OV_TIME_TEXT_SIZE];
    if (now_us < deployment->starts_at_us)
        return ov_fail(err, OV_ERR_STATE, "deployment.too_early",
                       "the deployment's window opens at %s; start it then",
                       ov_time_format(deployment->starts_at_us, start));
    if (now_us >= deployment->ends_at_us)
        return ov_fail(err, OV_ERR_STATE, "deployment.window_over",
                       "the deployment's window has passed; apply again");
    return check_model(service, deployment, err);
}

struct site_search {
    const struct deployment *wanted;
    bool taken;
};

static enum ov_status on_running(void *ctx, const struct deployment *running)
{
    struct site_search *search = ctx;
    for (size_t i = 0; i < running->site_count; i++) {
        for (size_t j = 0; j < search->wanted->site_count; j++) {
            if (ov_id_equal(&running->sites[i], &search->wanted->sites[j]))
                search->taken = true;
        }
    }
    return OV_OK;
}

/* Another deployment may be on its way to go live at one of the sites: whoever comes second waits,
 * and then sees it. The sites are in the order of their ids, so that nobody waits in a circle. */
static enum ov_status lock_sites(struct service *service, const struct deployment *deployment,
                                 struct ov_error *err)
{
    enum ov_status status = OV_OK;
    for (size_t i = 0; i < deployment->site_count && status == OV_OK; i++)
        status = store_site_lock(service->store, &deployment->sites[i], err);
    return status;
}

static enum ov_status check_sites_free(struct service *service, const struct deployment *deployment,
                                       struct ov_error *err)
{
    struct site_search search = {.wanted = deployment};
    enum ov_status status = store_deployment_each_running(service->store, on_running, &search, err);
    if (status == OV_OK && search.taken)
        status = ov_fail(err, OV_ERR_STATE, "deployment.site_taken",
                         "another deployment is live at one of the sites; stop that one first");
    return status;
}

static enum ov_status write_started(struct service *service, const struct actor *actor,
                                    const struct deployment *deployment,
                                    const struct watchlist_counts *counts, int64_t at_us,
                                    struct ov_error *err)
{
    struct audit_event *event = audit_event_new("deployment.authorised", actor, at_us);
    audit_event_deployment(event, &deployment->id);
    audit_event_object(event, "deployment", &deployment->id);
    audit_event_id(event, "applied_by", &deployment->applied_by);
    audit_event_int(event, "starts_at_us", deployment->starts_at_us);
    audit_event_int(event, "ends_at_us", deployment->ends_at_us);
    audit_event_int(event, "threshold", audit_score(deployment->threshold));
    audit_event_digest(event, "model_digest", deployment->model_digest, OV_DIGEST_BYTES);
    enum ov_status status = audit_event_write(service->store, event, err);
    if (status != OV_OK)
        return status;

    event = audit_event_new("deployment.started", actor, at_us);
    audit_event_deployment(event, &deployment->id);
    audit_event_object(event, "deployment", &deployment->id);
    audit_event_code(event, "kind", deployment_kind_name(deployment->kind));
    audit_event_int(event, "entries_approved", counts->approved);
    audit_event_int(event, "entries_proposed", counts->proposed);
    audit_event_int(event, "gallery_version", deployment->gallery_version + 1);
    return audit_event_write(service->store, event, err);
}

static enum ov_status start(struct service *service, const struct actor *actor,
                            const struct ov_id *id, struct deployment *ret, struct ov_error *err)
{
    enum ov_status status = store_deployment_get(service->store, id, true, ret, err);
    if (status == OV_OK)
        status = check_startable(service, actor, ret, err);
    struct watchlist_counts counts = {.approved = 0};
    struct policy policy;
    if (status == OV_OK)
        status = store_watchlist_counts(service->store, id, &counts, err);
    if (status == OV_OK)
        status = service_policy_get(service, ret->policy_version, &policy, err);
    if (status == OV_OK)
        status = check_reviewed(service, ret, &policy, err);
    if (status == OV_OK)
        status = service_duty_check(service, ret, err);
    if (status == OV_OK)
        status = lock_sites(service, ret, err);
    if (status == OV_OK)
        status = check_sites_free(service, ret, err);
    int64_t now_us = act_now_us(service);
    uint8_t digest[OV_DIGEST_BYTES];
    if (status == OV_OK)
        status = audit_document_write(service->store, audit_document_new("authorisation", id),
                                      digest, err);
    if (status == OV_OK)
        status = store_deployment_authorise(service->store, id, &actor->principal.id, digest,
                                            now_us, err);
    if (status == OV_OK)
        status = store_deployment_set_state(service->store, id, DEPLOYMENT_LIVE, now_us, err);
    if (status == OV_OK)
        status = write_started(service, actor, ret, &counts, now_us, err);
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
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_AUTHORISE, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = act_end(service, start(service, actor, id, &deployment, err), err);
    if (status == OV_OK)
        *ret = deployment;
    return status;
}

/* --- stopping --- */

/* The state in which a deployment ends, by the one it is in; it itself when it has ended. */
static enum deployment_state ended_state(enum deployment_state state)
{
    switch (state) {
    case DEPLOYMENT_LIVE:
    case DEPLOYMENT_PAUSED:
        return DEPLOYMENT_CLOSED;
    case DEPLOYMENT_DRAFT:
    case DEPLOYMENT_APPLIED:
    case DEPLOYMENT_AUTHORISED:
        return DEPLOYMENT_CANCELLED;
    case DEPLOYMENT_CLOSED:
    case DEPLOYMENT_ERASED:
    case DEPLOYMENT_REFUSED:
    case DEPLOYMENT_CANCELLED:
        break;
    }
    return state;
}

static enum ov_status end_deployment(struct service *service, const struct actor *actor,
                                     const struct deployment *deployment, const char *event_name,
                                     const char *reason_code, struct ov_error *err)
{
    int64_t now_us = act_now_us(service);
    enum deployment_state state = ended_state(deployment->state);
    enum ov_status status =
        store_deployment_set_state(service->store, &deployment->id, state, now_us, err);
    if (status != OV_OK)
        return status;
    struct audit_event *event = audit_event_new(event_name, actor, now_us);
    audit_event_deployment(event, &deployment->id);
    audit_event_object(event, "deployment", &deployment->id);
    audit_event_code(event, "state", deployment_state_name(state));
    audit_event_int(event, "ends_at_us", deployment->ends_at_us);
    if (reason_code != NULL)
        audit_event_code(event, "reason", reason_code);
    status = audit_event_write(service->store, event, err);
    /* Wakes every server's matchers at once: the gallery is to be dropped. */
    if (status == OV_OK && state == DEPLOYMENT_CLOSED)
        status = store_deployment_bump_gallery(service->store, &deployment->id, err);
    return status;
}

static enum ov_status stop(struct service *service, const struct actor *actor,
                           const struct ov_id *id, const char *reason_code, struct deployment *ret,
                           struct ov_error *err)
{
    enum ov_status status = store_deployment_get(service->store, id, true, ret, err);
    if (status != OV_OK)
        return status;
    if (ended_state(ret->state) == ret->state)
        return ov_fail(err, OV_ERR_STATE, "deployment.over", "the deployment is %s already",
                       deployment_state_name(ret->state));
    status = end_deployment(service, actor, ret, "deployment.stopped", reason_code, err);
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

struct id_list {
    struct ov_id *ids;
    size_t count;
    size_t capacity;
    int64_t now_us;
};

static enum ov_status add_if_ended(void *ctx, const struct deployment *deployment)
{
    struct id_list *list = ctx;
    if (deployment->ends_at_us > list->now_us ||
        ended_state(deployment->state) == deployment->state)
        return OV_OK;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 16;
        struct ov_id *ids = realloc(list->ids, capacity * sizeof(*ids));
        if (ids == NULL)
            return OV_ERR_NOMEM;
        list->ids = ids;
        list->capacity = capacity;
    }
    list->ids[list->count++] = deployment->id;
    return OV_OK;
}

static enum ov_status close_one(struct service *service, const struct ov_id *id,
                                struct ov_error *err)
{
    struct deployment deployment;
    enum ov_status status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = store_deployment_get(service->store, id, true, &deployment, err);
    /* Somebody may have stopped it between the listing and the lock. */
    if (status == OV_OK && ended_state(deployment.state) != deployment.state &&
        deployment.ends_at_us <= act_now_us(service))
        status = end_deployment(service, act_server(), &deployment, "deployment.window_closed",
                                NULL, err);
    return act_end(service, status, err);
}

static enum ov_status close_all(struct service *service, const struct id_list *list,
                                struct ov_error *err)
{
    enum ov_status worst = OV_OK;
    for (size_t i = 0; i < list->count; i++) {
        enum ov_status status = close_one(service, &list->ids[i], err);
        if (status != OV_OK)
            worst = status; /* the others are closed all the same */
    }
    return worst;
}

enum ov_status service_deployments_close_ended(struct service *service, struct ov_error *err)
{
    struct id_list list = {.now_us = act_now_us(service)};
    enum ov_status status = store_deployment_each_running(service->store, add_if_ended, &list, err);
    if (status == OV_OK)
        status = close_all(service, &list, err);
    free(list.ids);
    return status;
}

enum ov_status service_deployments_cancel_lapsed(struct service *service, struct ov_error *err)
{
    struct id_list list = {.now_us = act_now_us(service)};
    enum ov_status status = store_deployment_each(service->store, add_if_ended, &list, err);
    if (status == OV_OK)
        status = close_all(service, &list, err);
    free(list.ids);
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

/* Pausing and resuming. Each locks the deployment's row first. */
#include "server/service/pause.h"

#include "server/service/act.h"
#include "server/service/check.h"
#include "server/service/duty.h"
#include "server/service/permissions.h"

/* --- pausing --- */

static enum ov_status write_paused(struct service *service, const struct actor *actor,
                                   const struct ov_id *id, const struct pause_cause *cause,
                                   int64_t now_us, struct ov_error *err)
{
    struct audit_event *event = audit_event_new("deployment.paused", actor, now_us);
    audit_event_deployment(event, id);
    audit_event_object(event, "deployment", id);
    audit_event_code(event, "reason", cause->reason_code);
    if (cause->site_id != NULL) {
        audit_event_id(event, "site", cause->site_id);
        audit_event_int(event, "pressed_at_us", cause->pressed_at_us);
    }
    return audit_event_write(service->store, event, err);
}

enum ov_status pause_locked(struct service *service, const struct actor *actor,
                            const struct ov_id *id, const struct pause_cause *cause,
                            struct ov_error *err)
{
    int64_t now_us = act_now_us(service);
    enum ov_status status =
        store_deployment_set_state(service->store, id, DEPLOYMENT_PAUSED, now_us, err);
    return status == OV_OK ? write_paused(service, actor, id, cause, now_us, err) : status;
}

static enum ov_status pause(struct service *service, const struct actor *actor,
                            const struct ov_id *id, const struct pause_cause *cause,
                            struct deployment *ret, struct ov_error *err)
{
    enum ov_status status = store_deployment_get(service->store, id, true, ret, err);
    if (status != OV_OK || ret->state == DEPLOYMENT_PAUSED)
        return status;
    if (ret->state != DEPLOYMENT_LIVE)
        return ov_fail(err, OV_ERR_STATE, "deployment.not_live",
                       "the deployment is %s; only a live one can be paused",
                       deployment_state_name(ret->state));
    status = pause_locked(service, actor, id, cause, err);
    return status == OV_OK ? store_deployment_get(service->store, id, false, ret, err) : status;
}

enum ov_status service_deployment_pause(struct service *service, const struct actor *actor,
                                        const struct ov_id *id, const char *reason_code,
                                        struct deployment *ret, struct ov_error *err)
{
    struct deployment deployment;
    const struct pause_cause cause = {.reason_code = reason_code};
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_PAUSE, err);
    if (status == OV_OK)
        status = check_reason(reason_code, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = act_end(service, pause(service, actor, id, &cause, &deployment, err), err);
    if (status == OV_OK)
        *ret = deployment;
    return status;
}

static enum ov_status check_is_the_site(const struct actor *actor, struct ov_error *err)
{
    const struct principal *who = &actor->principal;
    if (!actor->is_server && who->active && who->kind == PRINCIPAL_SITE &&
        (who->roles & ROLE_SITE) != 0)
        return OV_OK;
    return ov_fail(err, OV_ERR_DENIED, "permission.denied",
                   "the pause key is at a site's capture client; elsewhere a person pauses");
}

static enum ov_status pause_by_site(struct service *service, const struct actor *actor,
                                    const struct ov_id *id, const struct pause_cause *cause,
                                    struct ov_error *err)
{
    struct deployment deployment;
    bool is_of_it = false;
    enum ov_status status = store_deployment_get(service->store, id, true, &deployment, err);
    if (status != OV_OK)
        return status;
    for (size_t i = 0; i < deployment.site_count; i++)
        is_of_it = is_of_it || ov_id_equal(&deployment.sites[i], cause->site_id);
    if (!is_of_it)
        return ov_fail(err, OV_ERR_DENIED, "deployment.other_site",
                       "the deployment's authorisation does not name this site");
    return deployment.state == DEPLOYMENT_LIVE ? pause_locked(service, actor, id, cause, err)
                                               : OV_OK;
}

enum ov_status service_deployment_pause_by_site(struct service *service, const struct actor *actor,
                                                const struct ov_id *site_id, const struct ov_id *id,
                                                int64_t pressed_at_us, struct ov_error *err)
{
    const struct pause_cause cause = {"pause_key", site_id, pressed_at_us};
    enum ov_status status = check_is_the_site(actor, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    return act_end(service, pause_by_site(service, actor, id, &cause, err), err);
}

/* --- resuming --- */

static enum ov_status check_resumable(const struct service *service,
                                      const struct deployment *deployment, struct ov_error *err)
{
    if (deployment->state != DEPLOYMENT_PAUSED)
        return ov_fail(err, OV_ERR_STATE, "deployment.not_paused",
                       "the deployment is %s; only a paused one can be resumed",
                       deployment_state_name(deployment->state));
    if (act_now_us(service) >= deployment->ends_at_us)
        return ov_fail(err, OV_ERR_STATE, "deployment.window_over",
                       "the deployment's window has passed; apply again");
    return OV_OK;
}

static enum ov_status resume(struct service *service, const struct actor *actor,
                             const struct ov_id *id, struct deployment *ret, struct ov_error *err)
{
    int64_t now_us = act_now_us(service);
    enum ov_status status = store_deployment_get(service->store, id, true, ret, err);
    if (status == OV_OK)
        status = check_resumable(service, ret, err);
    if (status == OV_OK)
        status = service_duty_check(service, ret, err);
    if (status == OV_OK)
        status = store_deployment_set_state(service->store, id, DEPLOYMENT_LIVE, now_us, err);
    if (status != OV_OK)
        return status;
    struct audit_event *event = audit_event_new("deployment.resumed", actor, now_us);
    audit_event_deployment(event, id);
    audit_event_object(event, "deployment", id);
    status = audit_event_write(service->store, event, err);
    return status == OV_OK ? store_deployment_get(service->store, id, false, ret, err) : status;
}

enum ov_status service_deployment_resume(struct service *service, const struct actor *actor,
                                         const struct ov_id *id, struct deployment *ret,
                                         struct ov_error *err)
{
    struct deployment deployment;
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_RESUME, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = act_end(service, resume(service, actor, id, &deployment, err), err);
    if (status == OV_OK)
        *ret = deployment;
    return status;
}

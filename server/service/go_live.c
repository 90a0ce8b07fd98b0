/*
 * The gates: what has to be true for a deployment to go live, one row each. All are asked in the
 * transaction that takes the step, under the lock of the deployment's row.
 */
#include <stdio.h>
#include <string.h>

#include "common/face/face.h"
#include "server/service/approval.h"
#include "server/service/duty.h"
#include "server/service/lifecycle.h"
#include "server/service/models.h"
#include "server/service/notice.h"
#include "server/service/service.h"
#include "server/service/settings_change.h"
#include "server/service/steps.h"
#include "server/store/people.h"
#include "server/store/watchlists.h"

struct gate {
    const char *name; /* for the log and the README */
    enum ov_status (*check)(struct service *service, const struct actor *actor,
                            const struct deployment *deployment, struct ov_error *err);
};

/* --- state, authority, window --------------------------------------------------------------- */

static enum ov_status check_authorised(struct service *service, const struct actor *actor,
                                       const struct deployment *deployment, struct ov_error *err)
{
    (void)service;
    (void)actor;
    if (deployment->state == DEPLOYMENT_AUTHORISED)
        return OV_OK;
    return ov_fail(err, OV_ERR_STATE, "deployment.not_authorised",
                   "the deployment is %s; only one that has been authorised goes live",
                   deployment_state_name(deployment->state));
}

static enum ov_status check_written_in_time(struct service *service, const struct actor *actor,
                                            const struct deployment *deployment,
                                            struct ov_error *err)
{
    (void)actor;
    if (!deployment_is_overdue(deployment, act_now_us(service)))
        return OV_OK;
    return ov_fail(err, OV_ERR_STATE, "deployment.urgent_lapsed",
                   "the written authorisation did not come in time; apply again");
}

static enum ov_status check_window_open(struct service *service, const struct actor *actor,
                                        const struct deployment *deployment, struct ov_error *err)
{
    (void)actor;
    int64_t now_us = act_now_us(service);
    char start[OV_TIME_TEXT_SIZE];
    if (now_us < deployment->starts_at_us)
        return ov_fail(err, OV_ERR_STATE, "deployment.too_early",
                       "the deployment's window opens at %s; start it then",
                       ov_time_format(deployment->starts_at_us, start));
    if (now_us >= deployment->ends_at_us)
        return ov_fail(err, OV_ERR_STATE, "deployment.window_over",
                       "the deployment's window has passed; apply again");
    return OV_OK;
}

/* --- the model ------------------------------------------------------------------------------ */

static enum ov_status check_model(struct service *service, const struct actor *actor,
                                  const struct deployment *deployment, struct ov_error *err)
{
    (void)actor;
    if (memcmp(deployment->model_digest, ov_face_engine_digest(service->faces), OV_DIGEST_BYTES) !=
        0)
        return ov_fail(err, OV_ERR_STATE, "model.differs",
                       "the deployment was applied for with another model than this server runs; "
                       "apply again");
    return service_model_check(service, deployment, err);
}

/* --- the hours at this place ----------------------------------------------------------------- */

/* Others may have gone live at the same place since it was authorised. */
static enum ov_status check_higher_authority(struct service *service, const struct actor *actor,
                                             const struct deployment *deployment,
                                             struct ov_error *err)
{
    struct policy policy;
    struct policy_reasons reasons;
    struct principal officer;
    bool written = deployment->authority == AUTHORITY_WRITTEN;
    (void)actor;
    enum ov_status status = service_policy_get(service, deployment->policy_version, &policy, err);
    if (status == OV_OK)
        status = lifecycle_higher_reasons(service, &policy, deployment, deployment->urgent,
                                          &reasons, err);
    if (status == OV_OK && reasons.count == 0)
        return OV_OK;
    if (status == OV_OK)
        status = store_principal_by_id(service->store,
                                       written ? &deployment->authorised_by : &deployment->oral_by,
                                       &officer, err);
    return status == OV_OK ? check_policy_authority(&reasons, officer.roles, err) : status;
}

/* --- the list ------------------------------------------------------------------------------- */

static enum ov_status check_list(struct service *service, const struct actor *actor,
                                 const struct deployment *deployment, struct ov_error *err)
{
    (void)actor;
    struct policy policy;
    enum ov_status status = service_policy_get(service, deployment->policy_version, &policy, err);
    return status == OV_OK ? check_reviewed(service, deployment, &policy, err) : status;
}

/* --- the sites ------------------------------------------------------------------------------ */

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
static enum ov_status check_sites_free(struct service *service, const struct actor *actor,
                                       const struct deployment *deployment, struct ov_error *err)
{
    (void)actor;
    struct site_search search = {.wanted = deployment};
    enum ov_status status = OV_OK;
    for (size_t i = 0; i < deployment->site_count && status == OV_OK; i++)
        status = store_site_lock(service->store, &deployment->sites[i], err);
    if (status == OV_OK)
        status = store_deployment_each_running(service->store, on_running, &search, err);
    if (status == OV_OK && search.taken)
        status = ov_fail(err, OV_ERR_STATE, "deployment.site_taken",
                         "another deployment is live at one of the sites; stop that one first");
    return status;
}

static enum ov_status check_duty(struct service *service, const struct actor *actor,
                                 const struct deployment *deployment, struct ov_error *err)
{
    (void)actor;
    return service_duty_check(service, deployment, err);
}

static enum ov_status check_signs(struct service *service, const struct actor *actor,
                                  const struct deployment *deployment, struct ov_error *err)
{
    (void)actor;
    return service_signs_check(service, deployment, err);
}

static enum ov_status check_notice(struct service *service, const struct actor *actor,
                                   const struct deployment *deployment, struct ov_error *err)
{
    (void)actor;
    return service_notice_check(service, deployment, err);
}

/* In this order; what locks comes last. */
static const struct gate gates[] = {
    {"authorised", check_authorised},
    {"written_in_time", check_written_in_time},
    {"window", check_window_open},
    {"model", check_model},
    {"notice", check_notice},
    {"higher_authority", check_higher_authority},
    {"signs", check_signs},
    {"list", check_list},
    {"duty", check_duty},
    {"sites_free", check_sites_free},
};

enum ov_status lifecycle_check_gates(struct service *service, const struct actor *actor,
                                     const struct deployment *deployment, struct ov_error *err)
{
    enum ov_status status = OV_OK;
    for (size_t i = 0; i < sizeof(gates) / sizeof(gates[0]) && status == OV_OK; i++)
        status = gates[i].check(service, actor, deployment, err);
    return status;
}

/* What presence means for a deployment: the gate of going live, and the keeper's pause. */
#include "server/service/act.h"
#include "server/service/duty.h"
#include "server/service/pause.h"

/* The reason for which it may not be live, or NULL. */
static const char *missing(const struct duty_presence *presence)
{
    if (presence->adjudicators < 1)
        return "no_adjudicator";
    return presence->engagement_officers < 1 ? "no_engagement_officer" : NULL;
}

enum ov_status service_duty_check(struct service *service, const struct deployment *deployment,
                                  struct ov_error *err)
{
    struct duty_presence presence = {0, 0};
    int heartbeat_s = 0;
    enum ov_status status =
        service_duty_presence(service, deployment, &presence, &heartbeat_s, err);
    if (status != OV_OK)
        return status;
    if (presence.adjudicators < 1)
        return ov_fail(err, OV_ERR_STATE, "duty.no_adjudicator",
                       "no adjudicator has been heard of in the last %d s; one runs 'overtctl duty "
                       "hold' or 'overtctl alerts --follow'",
                       heartbeat_s);
    if (presence.engagement_officers < 1)
        return ov_fail(err, OV_ERR_STATE, "duty.no_engagement_officer",
                       "no engagement officer is on duty; one runs 'overtctl duty take'");
    return OV_OK;
}

static enum ov_status pause_if_unattended(struct service *service, const struct ov_id *id,
                                          struct ov_error *err)
{
    struct deployment deployment;
    struct duty_presence presence = {0, 0};
    int heartbeat_s = 0;
    enum ov_status status = store_deployment_get(service->store, id, true, &deployment, err);
    if (status != OV_OK || deployment.state != DEPLOYMENT_LIVE)
        return status;
    status = service_duty_presence(service, &deployment, &presence, &heartbeat_s, err);
    const struct pause_cause cause = {.reason_code = missing(&presence)};
    if (status != OV_OK || cause.reason_code == NULL)
        return status;
    return pause_locked(service, act_server(), id, &cause, err);
}

struct sweep {
    struct service *service;
    struct ov_error *err;
    enum ov_status worst;
};

/* The rows are all here before the first call, so the store may be used. */
static enum ov_status on_running(void *ctx, const struct deployment *deployment)
{
    struct sweep *sweep = ctx;
    if (deployment->state != DEPLOYMENT_LIVE)
        return OV_OK;
    enum ov_status status = act_begin(sweep->service, sweep->err);
    if (status == OV_OK)
        status =
            act_end(sweep->service,
                    pause_if_unattended(sweep->service, &deployment->id, sweep->err), sweep->err);
    if (status != OV_OK)
        sweep->worst = status;
    return OV_OK; /* the others are paused all the same */
}

enum ov_status service_duty_pause_unattended(struct service *service, struct ov_error *err)
{
    struct sweep sweep = {service, err, OV_OK};
    enum ov_status status = store_deployment_each_running(service->store, on_running, &sweep, err);
    return status != OV_OK ? status : sweep.worst;
}

/* The table of steps. */
#include "server/service/steps.h"

#define BIT(state) (1u << (unsigned)(state))

static const unsigned steps[] = {
    [DEPLOYMENT_DRAFT] = BIT(DEPLOYMENT_APPLIED) | BIT(DEPLOYMENT_CANCELLED),
    [DEPLOYMENT_APPLIED] =
        BIT(DEPLOYMENT_AUTHORISED) | BIT(DEPLOYMENT_REFUSED) | BIT(DEPLOYMENT_CANCELLED),
    [DEPLOYMENT_AUTHORISED] =
        BIT(DEPLOYMENT_LIVE) | BIT(DEPLOYMENT_CLOSED) | BIT(DEPLOYMENT_CANCELLED),
    [DEPLOYMENT_LIVE] = BIT(DEPLOYMENT_PAUSED) | BIT(DEPLOYMENT_CLOSED),
    [DEPLOYMENT_PAUSED] = BIT(DEPLOYMENT_LIVE) | BIT(DEPLOYMENT_CLOSED),
    [DEPLOYMENT_CLOSED] = BIT(DEPLOYMENT_ERASED),
    [DEPLOYMENT_ERASED] = 0,
    [DEPLOYMENT_REFUSED] = BIT(DEPLOYMENT_ERASED),
    [DEPLOYMENT_CANCELLED] = BIT(DEPLOYMENT_ERASED),
};

bool step_is_legal(enum deployment_state from, enum deployment_state to)
{
    return (steps[from] & BIT(to)) != 0;
}

enum ov_status check_step(const struct deployment *deployment, enum deployment_state to,
                          struct ov_error *err)
{
    if (step_is_legal(deployment->state, to))
        return OV_OK;
    return ov_fail(err, OV_ERR_STATE, "deployment.wrong_state",
                   "the deployment is %s; from there it does not become %s",
                   deployment_state_name(deployment->state), deployment_state_name(to));
}

bool state_has_ended(enum deployment_state state)
{
    switch (state) {
    case DEPLOYMENT_CLOSED:
    case DEPLOYMENT_ERASED:
    case DEPLOYMENT_REFUSED:
    case DEPLOYMENT_CANCELLED:
        return true;
    case DEPLOYMENT_DRAFT:
    case DEPLOYMENT_APPLIED:
    case DEPLOYMENT_AUTHORISED:
    case DEPLOYMENT_LIVE:
    case DEPLOYMENT_PAUSED:
        break;
    }
    return false;
}

enum deployment_state state_at_end(const struct deployment *deployment)
{
    if (state_has_ended(deployment->state))
        return deployment->state;
    bool was_live = step_is_legal(deployment->state, DEPLOYMENT_CLOSED) &&
                    deployment->state != DEPLOYMENT_AUTHORISED;
    return was_live || deployment->authority == AUTHORITY_ORAL ? DEPLOYMENT_CLOSED
                                                               : DEPLOYMENT_CANCELLED;
}

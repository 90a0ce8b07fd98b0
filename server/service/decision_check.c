/* Decisions on an application: what is checked before anything is looked up. */
#include "server/service/decision_check.h"

#include "server/service/check.h"

bool decision_awaits_writing(const struct deployment *deployment)
{
    return deployment->authority == AUTHORITY_ORAL && deployment->state != DEPLOYMENT_ERASED &&
           deployment->end_reason != END_URGENT_LAPSED &&
           deployment->end_reason != END_URGENT_REFUSED;
}

enum ov_status decision_check_person(const struct actor *actor, const struct deployment *deployment,
                                     struct ov_error *err)
{
    if (!ov_id_equal(&deployment->applied_by, &actor->principal.id))
        return OV_OK;
    return ov_fail(err, OV_ERR_DENIED, "deployment.same_person",
                   "you applied for this deployment; another person has to decide on it");
}

enum ov_status decision_check_reasons(const struct deployment_reasons *reasons,
                                      struct ov_error *err)
{
    enum ov_status status = check_why(reasons->necessity, "deployment.necessity",
                                      "why the deployment is necessary", err);
    if (status == OV_OK)
        status = check_why(reasons->proportionality, "deployment.proportionality",
                           "why the deployment is proportionate", err);
    if (status == OV_OK)
        status = check_lines(reasons->conditions, "deployment.conditions", err);
    return status;
}

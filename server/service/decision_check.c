/* Decisions on an application: what is checked before anything is looked up. */
#include "server/service/decision_check.h"

#include <string.h>

#include "server/service/application.h"
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

static bool is_blank(const char *text)
{
    return text == NULL || text[strspn(text, " \t\r\n")] == '\0';
}

enum ov_status decision_check_reasons(const struct deployment_reasons *reasons,
                                      struct ov_error *err)
{
    if (is_blank(reasons->necessity) || strlen(reasons->necessity) > APPLICATION_TEXT_MAX)
        return ov_fail(err, OV_ERR_INVALID, "deployment.necessity",
                       "say why the deployment is necessary, in 1 to %zu bytes",
                       APPLICATION_TEXT_MAX);
    if (is_blank(reasons->proportionality) ||
        strlen(reasons->proportionality) > APPLICATION_TEXT_MAX)
        return ov_fail(err, OV_ERR_INVALID, "deployment.proportionality",
                       "say why the deployment is proportionate, in 1 to %zu bytes",
                       APPLICATION_TEXT_MAX);
    if (reasons->conditions != NULL && strlen(reasons->conditions) > APPLICATION_TEXT_MAX)
        return ov_fail(err, OV_ERR_INVALID, "deployment.conditions",
                       "the conditions may have %zu bytes at most", APPLICATION_TEXT_MAX);
    enum ov_status status = check_lines(reasons->necessity, "deployment.necessity", err);
    if (status == OV_OK)
        status = check_lines(reasons->proportionality, "deployment.proportionality", err);
    if (status == OV_OK)
        status = check_lines(reasons->conditions, "deployment.conditions", err);
    return status;
}

enum ov_status decision_check_why(const char *reasons, struct ov_error *err)
{
    if (!is_blank(reasons) && strlen(reasons) <= APPLICATION_TEXT_MAX)
        return check_lines(reasons, "deployment.reasons", err);
    return ov_fail(err, OV_ERR_INVALID, "deployment.reasons", "say why, in 1 to %zu bytes",
                   APPLICATION_TEXT_MAX);
}

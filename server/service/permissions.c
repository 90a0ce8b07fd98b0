/* The table of roles and actions. Pure; any thread. */
#include "server/service/permissions.h"

#include <stdio.h>
#include <string.h>

/* Everyone who works with the system, oversight included: what is running is no secret to them. */
#define ANY_PERSON (((1u << ROLE_COUNT) - 1u) & ~(unsigned)ROLE_SITE)

/* Whoever has a part in a deployment may stop it. Oversight watches and does not operate. */
#define ANY_PART (ANY_PERSON & ~(unsigned)ROLE_OVERSIGHT)

struct permission {
    const char *name;
    unsigned roles;
};

static const struct permission table[] = {
    [ACTION_PEOPLE_SEE] = {"people.see",
                           ROLE_ADMINISTRATOR | ROLE_DATA_PROTECTION | ROLE_OVERSIGHT},
    [ACTION_PEOPLE_PROPOSE] = {"people.propose", ROLE_ADMINISTRATOR},
    [ACTION_PEOPLE_CONFIRM] = {"people.confirm", ROLE_ADMINISTRATOR},
    [ACTION_PEOPLE_SUSPEND] = {"people.suspend", ROLE_ADMINISTRATOR},
    [ACTION_SITE_ADD] = {"site.add", ROLE_ADMINISTRATOR},
    [ACTION_SITE_SEE] = {"site.see", ANY_PERSON},
    [ACTION_ALARM_SEE] = {"alarm.see", ANY_PERSON},
    [ACTION_ALARM_CLEAR] = {"alarm.clear",
                            ROLE_ADMINISTRATOR | ROLE_HIGHER_AUTHORITY | ROLE_DATA_PROTECTION},
    [ACTION_POLICY_SEE] = {"policy.see", ANY_PERSON},
    [ACTION_POLICY_PROPOSE] = {"policy.propose", ROLE_ADMINISTRATOR},
    [ACTION_POLICY_APPROVE] = {"policy.approve", ROLE_HIGHER_AUTHORITY},
    [ACTION_POLICY_REFUSE] = {"policy.refuse", ROLE_ADMINISTRATOR | ROLE_HIGHER_AUTHORITY},
    [ACTION_MODEL_PROPOSE] = {"model.propose", ROLE_ADMINISTRATOR},
    [ACTION_MODEL_APPROVE] = {"model.approve", ROLE_HIGHER_AUTHORITY},
    [ACTION_MODEL_END] = {"model.end", ROLE_ADMINISTRATOR | ROLE_HIGHER_AUTHORITY},
    [ACTION_DEPLOYMENT_SEE] = {"deployment.see", ANY_PERSON},
    [ACTION_DEPLOYMENT_DRAFT] = {"deployment.draft", ROLE_APPLICANT},
    [ACTION_DEPLOYMENT_APPLY] = {"deployment.apply", ROLE_APPLICANT},
    [ACTION_DEPLOYMENT_AUTHORISE] = {"deployment.authorise",
                                     ROLE_AUTHORISING_OFFICER | ROLE_HIGHER_AUTHORITY},
    [ACTION_DEPLOYMENT_REFUSE] = {"deployment.refuse",
                                  ROLE_AUTHORISING_OFFICER | ROLE_HIGHER_AUTHORITY},
    [ACTION_DEPLOYMENT_CANCEL] = {"deployment.cancel", ROLE_APPLICANT | ROLE_AUTHORISING_OFFICER |
                                                           ROLE_HIGHER_AUTHORITY},
    [ACTION_DEPLOYMENT_RECORD_ORAL] = {"deployment.record_oral", ROLE_DEPLOYMENT_LEAD},
    [ACTION_DEPLOYMENT_START] = {"deployment.start",
                                 ROLE_AUTHORISING_OFFICER | ROLE_DEPLOYMENT_LEAD},
    [ACTION_DEPLOYMENT_PAUSE] = {"deployment.pause", ROLE_AUTHORISING_OFFICER |
                                                         ROLE_HIGHER_AUTHORITY |
                                                         ROLE_DEPLOYMENT_LEAD | ROLE_ADJUDICATOR |
                                                         ROLE_ENGAGEMENT_OFFICER | ROLE_OVERSIGHT},
    [ACTION_DEPLOYMENT_RESUME] = {"deployment.resume", ROLE_DEPLOYMENT_LEAD},
    [ACTION_DEPLOYMENT_STOP] = {"deployment.stop", ANY_PART},
    [ACTION_DEPLOYMENT_CHANGE] = {"deployment.change",
                                  ROLE_APPLICANT | ROLE_AUTHORISING_OFFICER | ROLE_DEPLOYMENT_LEAD},
    [ACTION_DEPLOYMENT_APPROVE_CHANGE] = {"deployment.approve_change",
                                          ROLE_AUTHORISING_OFFICER | ROLE_HIGHER_AUTHORITY},
    [ACTION_DEPLOYMENT_DUTY] = {"deployment.duty",
                                ROLE_DEPLOYMENT_LEAD | ROLE_ADJUDICATOR | ROLE_ENGAGEMENT_OFFICER},
    [ACTION_DEPLOYMENT_CONFIRM_SIGNS] = {"deployment.confirm_signs",
                                         ROLE_DEPLOYMENT_LEAD | ROLE_ENGAGEMENT_OFFICER},
    [ACTION_NOTICE_SEE] = {"notice.see", ANY_PERSON},
    [ACTION_NOTICE_PUBLISH] = {"notice.publish", ROLE_APPLICANT | ROLE_DEPLOYMENT_LEAD},
    [ACTION_WATCHLIST_ADD] = {"watchlist.add", ROLE_APPLICANT | ROLE_WATCHLIST_MANAGER},
    [ACTION_WATCHLIST_APPROVE] = {"watchlist.approve",
                                  ROLE_WATCHLIST_MANAGER | ROLE_AUTHORISING_OFFICER |
                                      ROLE_HIGHER_AUTHORITY}, /* the latter: those under 18 only */
    [ACTION_WATCHLIST_REMOVE] = {"watchlist.remove", ROLE_APPLICANT | ROLE_WATCHLIST_MANAGER |
                                                         ROLE_AUTHORISING_OFFICER},
    [ACTION_WATCHLIST_SEE] = {"watchlist.see", ROLE_APPLICANT | ROLE_WATCHLIST_MANAGER |
                                                   ROLE_AUTHORISING_OFFICER |
                                                   ROLE_HIGHER_AUTHORITY},
    [ACTION_WATCHLIST_REVIEW] = {"watchlist.review",
                                 ROLE_WATCHLIST_MANAGER | ROLE_AUTHORISING_OFFICER},
    [ACTION_ALERT_SEE] = {"alert.see", ROLE_AUTHORISING_OFFICER | ROLE_DEPLOYMENT_LEAD |
                                           ROLE_ADJUDICATOR | ROLE_ENGAGEMENT_OFFICER},
    [ACTION_ERASURE_CHECK] = {"erasure.check", ROLE_ADMINISTRATOR | ROLE_AUTHORISING_OFFICER |
                                                   ROLE_HIGHER_AUTHORITY | ROLE_DATA_PROTECTION |
                                                   ROLE_OVERSIGHT},
    [ACTION_ERASURE_RUN] = {"erasure.run", ROLE_AUTHORISING_OFFICER | ROLE_DATA_PROTECTION},
    [ACTION_ERASURE_WAIVE] = {"erasure.waive", ROLE_DATA_PROTECTION},
    [ACTION_ERASURE_CONFIRM_WAIVER] = {"erasure.confirm_waiver", ROLE_AUTHORISING_OFFICER},
    [ACTION_MEMBERSHIP_ASK] = {"membership.ask", ROLE_DATA_PROTECTION},
    [ACTION_MEMBERSHIP_CONFIRM] = {"membership.confirm",
                                   ROLE_HIGHER_AUTHORITY | ROLE_DATA_PROTECTION},
    [ACTION_EVIDENCE_PROPOSE] = {"evidence.propose", ROLE_AUTHORISING_OFFICER},
    [ACTION_EVIDENCE_CONFIRM] = {"evidence.confirm", ROLE_AUTHORISING_OFFICER |
                                                         ROLE_HIGHER_AUTHORITY |
                                                         ROLE_DATA_PROTECTION},
    [ACTION_EVIDENCE_EXPORT] = {"evidence.export", ROLE_AUTHORISING_OFFICER},
    [ACTION_STATUS_SEE] = {"status.see", ANY_PERSON},
};

static const struct permission *permission_of(enum action action)
{
    return &table[action];
}

const char *action_name(enum action action)
{
    return permission_of(action)->name;
}

static void list_roles(unsigned roles, char *out, size_t out_size)
{
    size_t used = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        if ((roles & (1u << i)) == 0 || used >= out_size)
            continue;
        int wrote = snprintf(out + used, out_size - used, "%s%s", used > 0 ? ", " : "",
                             role_name((enum role)(1u << i)));
        used += wrote > 0 ? (size_t)wrote : 0;
    }
}

enum ov_status check_permission(const struct actor *actor, enum action action, struct ov_error *err)
{
    const struct permission *needed = permission_of(action);
    const struct principal *who = &actor->principal;
    if (!actor->is_server && who->active && who->kind == PRINCIPAL_PERSON &&
        (who->roles & needed->roles) != 0)
        return OV_OK;
    char roles[256];
    list_roles(needed->roles, roles, sizeof(roles));
    return ov_fail(err, OV_ERR_DENIED, "permission.denied",
                   "you may not do this (%s); it takes one of the roles: %s", needed->name, roles);
}

/*
 * What the rules demand of a decision on an application (authorise, refuse, cancel), whoever makes
 * it: pure functions. Private to service/.
 */
#ifndef OVERT_SERVER_SERVICE_DECISION_CHECK_H
#define OVERT_SERVER_SERVICE_DECISION_CHECK_H

#include "server/service/deployments.h"

/* An oral authorisation still stands, and is to be put in writing or refused. */
bool decision_awaits_writing(const struct deployment *deployment);
/* "deployment.same_person" */
OV_CHECKED enum ov_status decision_check_person(const struct actor *actor,
                                                const struct deployment *deployment,
                                                struct ov_error *err);
/* An authorisation's: "deployment.necessity", "deployment.proportionality",
 * "deployment.conditions". */
OV_CHECKED enum ov_status decision_check_reasons(const struct deployment_reasons *reasons,
                                                 struct ov_error *err);

#endif

/*
 * The policy: versioned data that every other rule is judged by. One person proposes a version,
 * another approves it.
 *
 * The policy of a deployment is service_policy_get(service, deployment->policy_version, ...): a
 * deployment keeps the version it was applied for under, whatever is approved afterwards.
 */
#ifndef OVERT_SERVER_SERVICE_POLICY_H
#define OVERT_SERVER_SERVICE_POLICY_H

#include "server/audit/event.h"
#include "server/store/policies.h"

struct service;

/* For the rules themselves, in or out of a transaction. version 0: the one in force. */
OV_CHECKED enum ov_status service_policy_get(struct service *service, int version,
                                             struct policy *ret, struct ov_error *err);

/* Bootstrap's: version 1 with the defaults, in the open transaction. */
OV_CHECKED enum ov_status service_policy_ship(struct service *service,
                                              const struct ov_id *proposed_by,
                                              const struct ov_id *approved_by,
                                              struct ov_error *err);

#endif

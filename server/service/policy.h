/*
 * The policy: versioned data that every other rule is judged by. One person proposes a version,
 * another approves it; both sign the same document.
 *
 * The policy of a deployment is service_policy_get(service, deployment->policy_version, ...): a
 * deployment keeps the version it was applied for under, whatever is approved afterwards.
 */
#ifndef OVERT_SERVER_SERVICE_POLICY_H
#define OVERT_SERVER_SERVICE_POLICY_H

#include "common/base/bytes.h"
#include "server/audit/event.h"
#include "server/service/signing.h"
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

/* For people. version 0: the one in force. */
OV_CHECKED enum ov_status service_policy_show(struct service *service, const struct actor *actor,
                                              int version, struct policy *ret,
                                              struct ov_error *err);
/* Newest first. */
OV_CHECKED enum ov_status service_policy_each(struct service *service, const struct actor *actor,
                                              enum ov_status (*on_row)(void *ctx,
                                                                       const struct policy *),
                                              void *ctx, struct ov_error *err);

/* What is signed, and the document that it is about. */
struct to_sign {
    struct signing_statement statement;
    struct ov_buf document; /* free it with ov_buf_free, also after a failure */
    uint8_t digest[OV_DIGEST_BYTES];
};

/* Proposing takes what differs from the policy in force as a whole new policy: base_version says
 * which one it was made from. "policy.<field>" when a number is outside its range. */
OV_CHECKED enum ov_status service_policy_draft(struct service *service, const struct actor *actor,
                                               const struct policy *proposal,
                                               struct to_sign *to_sign, struct ov_error *err);
OV_CHECKED enum ov_status service_policy_propose(struct service *service, const struct actor *actor,
                                                 const struct policy *proposal,
                                                 const struct signature *signature,
                                                 struct policy *ret, struct ov_error *err);
OV_CHECKED enum ov_status service_policy_approval(struct service *service,
                                                  const struct actor *actor, int version,
                                                  struct to_sign *to_sign, struct ov_error *err);
/* By another person than proposed it. */
OV_CHECKED enum ov_status service_policy_approve(struct service *service, const struct actor *actor,
                                                 int version, const struct signature *signature,
                                                 struct policy *ret, struct ov_error *err);
/* By whoever may approve, or by who proposed it. */
OV_CHECKED enum ov_status service_policy_refuse(struct service *service, const struct actor *actor,
                                                int version, struct policy *ret,
                                                struct ov_error *err);

#endif

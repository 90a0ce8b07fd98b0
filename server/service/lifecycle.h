/* What the files of the lifecycle share. Private to service/. */
#ifndef OVERT_SERVER_SERVICE_LIFECYCLE_H
#define OVERT_SERVER_SERVICE_LIFECYCLE_H

#include "server/service/act.h"
#include "server/service/deployments.h"
#include "server/service/policy.h"
#include "server/service/policy_check.h"

/* --- what the policy says of a deployment (circumstances.c) --- */

OV_CHECKED enum ov_status lifecycle_check_policy(const struct policy *policy,
                                                 const struct deployment *deployment, bool urgent,
                                                 struct ov_error *err);
/* Why it takes the higher authority: what other deployments at the same place and the list say. */
OV_CHECKED enum ov_status lifecycle_higher_reasons(struct service *service,
                                                   const struct policy *policy,
                                                   const struct deployment *deployment, bool urgent,
                                                   struct policy_reasons *ret,
                                                   struct ov_error *err);

/* --- going live (go_live.c) --- */

/* Every gate in turn; the first that is shut says why. */
OV_CHECKED enum ov_status lifecycle_check_gates(struct service *service, const struct actor *actor,
                                                const struct deployment *deployment,
                                                struct ov_error *err);

/* --- acts --- */

/* A new event of the deployment, about itself; NULL when memory is out. */
struct audit_event *lifecycle_event(const char *name, const struct actor *actor,
                                    const struct ov_id *id, int64_t at_us);

/* Ends a deployment that is locked: in the state that state_at_end says, with the event.
 * reason_code and digest (of a document of reasons) may be NULL. */
struct lifecycle_ending {
    const char *event;
    enum deployment_end reason;
    const char *reason_code;
    const uint8_t *digest;
};
OV_CHECKED enum ov_status lifecycle_end(struct service *service, const struct actor *actor,
                                        const struct deployment *deployment,
                                        const struct lifecycle_ending *ending,
                                        struct ov_error *err);

/* Deployments whose turn it is, by id; then one act for each. One that fails does not keep the
 * others waiting: the first failure is returned at the end. */
struct lifecycle_ids {
    struct ov_id *ids;
    size_t count;
    size_t capacity;
};
/* What ends by the clock ends by the later of two, the server's and the database's: a server whose
 * clock lags prolongs nothing. */
OV_CHECKED enum ov_status lifecycle_now(struct service *service, int64_t *ret_us,
                                        struct ov_error *err);
OV_CHECKED enum ov_status lifecycle_ids_add(struct lifecycle_ids *list, const struct ov_id *id);
OV_CHECKED enum ov_status lifecycle_ids_each(
    struct service *service, const struct lifecycle_ids *list,
    enum ov_status (*one)(struct service *service, const struct ov_id *id, struct ov_error *err),
    struct ov_error *err);

#endif

/* The policy: shipped, proposed by one person, decided on by another. */
#include "server/service/policy.h"

#include "server/service/act.h"
#include "server/service/policy_fields.h"

enum ov_status service_policy_get(struct service *service, int version, struct policy *ret,
                                  struct ov_error *err)
{
    return store_policy_get(service->store, version, ret, err);
}

enum ov_status service_policy_ship(struct service *service, const struct ov_id *proposed_by,
                                   const struct ov_id *approved_by, struct ov_error *err)
{
    struct policy policy;
    int version = 0;
    int64_t now_us = act_now_us(service);
    policy_defaults(&policy);
    policy.proposed_by = *proposed_by;
    policy.proposed_at_us = now_us;
    enum ov_status status = store_policy_propose(service->store, &policy, &version, err);
    if (status == OV_OK)
        status =
            store_policy_decide(service->store, version, POLICY_APPROVED, approved_by, now_us, err);
    if (status != OV_OK)
        return status;
    struct audit_event *event = audit_event_new("policy.shipped", act_server(), now_us);
    audit_event_int(event, "version", version);
    audit_event_id(event, "proposed_by", proposed_by);
    audit_event_id(event, "approved_by", approved_by);
    return audit_event_write(service->store, event, err);
}

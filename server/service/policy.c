/* The policy: shipped, proposed by one person, decided on by another. */
#include "server/service/policy.h"

#include <string.h>

#include "server/service/act.h"
#include "server/service/permissions.h"
#include "server/service/policy_check.h"
#include "server/service/policy_document.h"
#include "server/service/policy_fields.h"

/* --- reading ------------------------------------------------------------------------------- */

enum ov_status service_policy_get(struct service *service, int version, struct policy *ret,
                                  struct ov_error *err)
{
    return store_policy_get(service->store, version, ret, err);
}

enum ov_status service_policy_show(struct service *service, const struct actor *actor, int version,
                                   struct policy *ret, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_POLICY_SEE, err);
    return status != OV_OK ? status : store_policy_get(service->store, version, ret, err);
}

enum ov_status service_policy_each(struct service *service, const struct actor *actor,
                                   enum ov_status (*on_row)(void *ctx, const struct policy *),
                                   void *ctx, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_POLICY_SEE, err);
    return status != OV_OK ? status : store_policy_each(service->store, on_row, ctx, err);
}

/* --- shipping ------------------------------------------------------------------------------ */

static enum ov_status insert(struct service *service, struct policy *policy, struct ov_error *err)
{
    enum ov_status status =
        audit_document_write(service->store, policy_document(policy), policy->document_digest, err);
    if (status == OV_OK)
        status = store_policy_propose(service->store, policy, &policy->version, err);
    return status;
}

enum ov_status service_policy_ship(struct service *service, const struct ov_id *proposed_by,
                                   const struct ov_id *approved_by, struct ov_error *err)
{
    struct policy policy;
    int64_t now_us = act_now_us(service);
    policy_defaults(&policy);
    policy.proposed_by = *proposed_by;
    policy.proposed_at_us = now_us;
    enum ov_status status = insert(service, &policy, err);
    if (status == OV_OK)
        status = store_policy_decide(service->store, policy.version, POLICY_APPROVED, approved_by,
                                     now_us, err);
    if (status != OV_OK)
        return status;
    struct audit_event *event = audit_event_new("policy.shipped", act_server(), now_us);
    audit_event_int(event, "version", policy.version);
    audit_event_digest(event, "policy", policy.document_digest, OV_DIGEST_BYTES);
    audit_event_id(event, "proposed_by", proposed_by);
    audit_event_id(event, "approved_by", approved_by);
    return audit_event_write(service->store, event, err);
}

/* --- proposing ----------------------------------------------------------------------------- */

static enum ov_status make_draft(struct service *service, const struct actor *actor,
                                 const struct policy *proposal, struct to_sign *to_sign,
                                 struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_POLICY_PROPOSE, err);
    if (status == OV_OK)
        status = check_policy(proposal, err);
    struct policy in_force = {.version = 0};
    if (status == OV_OK) {
        struct ov_error inner = OV_ERROR_INIT;
        status = store_policy_get(service->store, 0, &in_force, &inner);
        if (status == OV_ERR_NOT_FOUND)
            status = OV_OK; /* the first one */
        else if (status != OV_OK)
            return ov_fail(err, inner.status, inner.code, "%s", inner.text);
    }
    if (status == OV_OK && proposal->base_version != in_force.version)
        status = ov_fail(err, OV_ERR_CONFLICT, "policy.stale",
                         "version %d is in force now; make the proposal from that one",
                         in_force.version);
    if (status != OV_OK)
        return status;
    struct audit_document *document = policy_document(proposal);
    status = audit_document_finish(document, &to_sign->document, to_sign->digest, err);
    audit_document_free(document);
    signing_begin(&to_sign->statement, "policy.propose");
    signing_int(&to_sign->statement, "base", proposal->base_version);
    signing_digest(&to_sign->statement, "policy", to_sign->digest, OV_DIGEST_BYTES);
    return status;
}

enum ov_status service_policy_draft(struct service *service, const struct actor *actor,
                                    const struct policy *proposal, struct to_sign *to_sign,
                                    struct ov_error *err)
{
    return make_draft(service, actor, proposal, to_sign, err);
}

static enum ov_status propose(struct service *service, const struct actor *actor,
                              const struct signature *signature, struct policy *policy,
                              struct ov_error *err)
{
    enum ov_status status = insert(service, policy, err);
    if (status != OV_OK)
        return status;
    struct audit_event *event = audit_event_new("policy.proposed", actor, policy->proposed_at_us);
    audit_event_int(event, "version", policy->version);
    audit_event_int(event, "base_version", policy->base_version);
    audit_event_digest(event, "policy", policy->document_digest, OV_DIGEST_BYTES);
    audit_event_signature(event, actor, signature);
    return audit_event_write(service->store, event, err);
}

enum ov_status service_policy_propose(struct service *service, const struct actor *actor,
                                      const struct policy *proposal,
                                      const struct signature *signature, struct policy *ret,
                                      struct ov_error *err)
{
    struct to_sign to_sign = {.document = OV_BUF_INIT};
    enum ov_status status = make_draft(service, actor, proposal, &to_sign, err);
    ov_buf_free(&to_sign.document);
    if (status == OV_OK)
        status = signing_check(actor, &to_sign.statement, signature, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    struct policy policy = *proposal;
    policy.proposed_by = actor->principal.id;
    policy.proposed_at_us = act_now_us(service);
    status = act_end(service, propose(service, actor, signature, &policy, err), err);
    return status == OV_OK ? store_policy_get(service->store, policy.version, ret, err) : status;
}

/* --- deciding ------------------------------------------------------------------------------ */

/* An open proposal; version 0 stands for none here. */
static enum ov_status get_open(struct service *service, int version, struct policy *ret,
                               struct ov_error *err)
{
    if (version < 1)
        return ov_fail(err, OV_ERR_NOT_FOUND, "policy.unknown",
                       "there is no such version of the policy; its history has them all");
    enum ov_status status = store_policy_get(service->store, version, ret, err);
    if (status == OV_OK && ret->state != POLICY_PROPOSED)
        status = ov_fail(err, OV_ERR_STATE, "policy.decided",
                         "version %d of the policy is %s already; propose another", version,
                         policy_state_name(ret->state));
    return status;
}

static enum ov_status make_approval(struct service *service, const struct actor *actor, int version,
                                    struct policy *policy, struct signing_statement *statement,
                                    struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_POLICY_APPROVE, err);
    if (status == OV_OK)
        status = get_open(service, version, policy, err);
    if (status == OV_OK && ov_id_equal(&policy->proposed_by, &actor->principal.id))
        status = ov_fail(err, OV_ERR_DENIED, "policy.same_person",
                         "you proposed this; another person has to approve it");
    if (status != OV_OK)
        return status;
    signing_begin(statement, "policy.approve");
    signing_int(statement, "version", version);
    signing_digest(statement, "policy", policy->document_digest, OV_DIGEST_BYTES);
    return OV_OK;
}

static enum ov_status copy_document(void *ctx, const struct document *document)
{
    ov_buf_append(ctx, document->body.data, document->body.size);
    return OV_OK;
}

enum ov_status service_policy_approval(struct service *service, const struct actor *actor,
                                       int version, struct to_sign *to_sign, struct ov_error *err)
{
    struct policy policy;
    enum ov_status status =
        make_approval(service, actor, version, &policy, &to_sign->statement, err);
    if (status != OV_OK)
        return status;
    memcpy(to_sign->digest, policy.document_digest, OV_DIGEST_BYTES);
    return store_document_get(service->store, to_sign->digest, copy_document, &to_sign->document,
                              err);
}

static enum ov_status decide(struct service *service, const struct actor *actor,
                             const struct policy *policy, enum policy_state state,
                             const struct signature *signature, struct ov_error *err)
{
    int64_t now_us = act_now_us(service);
    enum ov_status status = store_policy_decide(service->store, policy->version, state,
                                                &actor->principal.id, now_us, err);
    if (status != OV_OK)
        return status;
    struct audit_event *event = audit_event_new(
        state == POLICY_APPROVED ? "policy.approved" : "policy.refused", actor, now_us);
    audit_event_int(event, "version", policy->version);
    audit_event_int(event, "base_version", policy->base_version);
    audit_event_id(event, "proposed_by", &policy->proposed_by);
    audit_event_digest(event, "policy", policy->document_digest, OV_DIGEST_BYTES);
    if (signature != NULL)
        audit_event_signature(event, actor, signature);
    return audit_event_write(service->store, event, err);
}

static enum ov_status decide_in_act(struct service *service, const struct actor *actor,
                                    const struct policy *policy, enum policy_state state,
                                    const struct signature *signature, struct policy *ret,
                                    struct ov_error *err)
{
    enum ov_status status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = act_end(service, decide(service, actor, policy, state, signature, err), err);
    return status == OV_OK ? store_policy_get(service->store, policy->version, ret, err) : status;
}

enum ov_status service_policy_approve(struct service *service, const struct actor *actor,
                                      int version, const struct signature *signature,
                                      struct policy *ret, struct ov_error *err)
{
    struct policy policy = {.version = 0};
    struct signing_statement statement;
    enum ov_status status = make_approval(service, actor, version, &policy, &statement, err);
    if (status == OV_OK)
        status = signing_check(actor, &statement, signature, err);
    return status != OV_OK
               ? status
               : decide_in_act(service, actor, &policy, POLICY_APPROVED, signature, ret, err);
}

enum ov_status service_policy_refuse(struct service *service, const struct actor *actor,
                                     int version, struct policy *ret, struct ov_error *err)
{
    struct policy policy = {.version = 0};
    struct ov_error denied = OV_ERROR_INIT;
    enum ov_status status = check_permission(actor, ACTION_POLICY_REFUSE, err);
    enum ov_status may_approve = check_permission(actor, ACTION_POLICY_APPROVE, &denied);
    if (status == OV_OK)
        status = get_open(service, version, &policy, err);
    if (status == OV_OK && may_approve != OV_OK &&
        !ov_id_equal(&policy.proposed_by, &actor->principal.id))
        status = ov_fail(err, denied.status, denied.code, "%s", denied.text);
    return status != OV_OK ? status
                           : decide_in_act(service, actor, &policy, POLICY_REFUSED, NULL, ret, err);
}

/* Applying, the first signed act: with it the deployment has a list, and the list's key. */
#include <stdio.h>

#include "server/service/lifecycle.h"
#include "server/service/permissions.h"
#include "server/service/service.h"
#include "server/service/steps.h"
#include "server/service/to_sign.h"
#include "server/vault/vault.h"

static enum ov_status check_applicable(struct service *service, const struct deployment *deployment,
                                       struct policy *policy, struct ov_error *err)
{
    enum ov_status status = check_step(deployment, DEPLOYMENT_APPLIED, err);
    if (status == OV_OK && deployment->ends_at_us <= act_now_us(service))
        status = ov_fail(err, OV_ERR_STATE, "deployment.window_over",
                         "the window that the draft asks for has passed; change it first");
    if (status == OV_OK)
        status = service_policy_get(service, 0, policy, err);
    if (status == OV_OK)
        status = lifecycle_check_policy(policy, deployment, false, err);
    return status;
}

static enum ov_status build_apply(struct service *service, const struct actor *actor,
                                  const struct deployment *deployment, const struct policy *policy,
                                  struct deployment_to_sign *ret, struct ov_error *err)
{
    signing_begin(&ret->statement, "deployment.apply");
    enum ov_status status = to_sign_application(service, deployment, ret, err);
    signing_word(&ret->statement, "applicant", actor->principal.name);
    signing_int(&ret->statement, "policy", policy->version);
    return status;
}

enum ov_status service_deployment_apply_statement(struct service *service,
                                                  const struct actor *actor, const struct ov_id *id,
                                                  struct deployment_to_sign *ret,
                                                  struct ov_error *err)
{
    struct deployment deployment;
    struct policy policy;
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_APPLY, err);
    if (status == OV_OK)
        status = store_deployment_get(service->store, id, false, &deployment, err);
    if (status == OV_OK)
        status = check_applicable(service, &deployment, &policy, err);
    return status == OV_OK ? build_apply(service, actor, &deployment, &policy, ret, err) : status;
}

static enum ov_status write_applied(struct service *service, const struct actor *actor,
                                    const struct deployment *deployment, int policy_version,
                                    const struct signature *signature, int64_t at_us,
                                    struct ov_error *err)
{
    struct audit_event *event =
        lifecycle_event("deployment.applied", actor, &deployment->id, at_us);
    audit_event_code(event, "kind", deployment_kind_name(deployment->kind));
    audit_event_int(event, "starts_at_us", deployment->starts_at_us);
    audit_event_int(event, "ends_at_us", deployment->ends_at_us);
    audit_event_int(event, "threshold", audit_score(deployment->threshold));
    audit_event_int(event, "cool_down_s", deployment->cool_down_s);
    audit_event_int(event, "min_face_px", deployment->min_face_px);
    audit_event_int(event, "policy", policy_version);
    audit_event_int(event, "retention_watchlist_h", deployment->retention_watchlist_h);
    audit_event_int(event, "retention_alert_h", deployment->retention_alert_h);
    audit_event_int(event, "retention_true_alert_h", deployment->retention_true_alert_h);
    audit_event_digest(event, "model_digest", deployment->model_digest, OV_DIGEST_BYTES);
    audit_event_digest(event, "application", deployment->application_digest, OV_DIGEST_BYTES);
    audit_event_digest(event, "settings", deployment->settings_digest, OV_DIGEST_BYTES);
    audit_event_int(event, "sites", (int64_t)deployment->site_count);
    for (size_t i = 0; i < deployment->site_count; i++) {
        char key[16] = "site_x"; /* keys are letters: site_a, site_b ... */
        key[5] = (char)('a' + (int)i);
        audit_event_id(event, key, &deployment->sites[i]);
    }
    audit_event_signature(event, actor, signature);
    return audit_event_write(service->store, event, err);
}

static enum ov_status apply(struct service *service, const struct actor *actor,
                            const struct ov_id *id, const struct signature *signature,
                            struct deployment *ret, struct ov_error *err)
{
    struct policy policy;
    struct deployment_to_sign to_sign = {.document_count = 0};
    int64_t now_us = act_now_us(service);
    enum ov_status status = store_deployment_get(service->store, id, true, ret, err);
    if (status == OV_OK)
        status = check_applicable(service, ret, &policy, err);
    if (status == OV_OK)
        status = build_apply(service, actor, ret, &policy, &to_sign, err);
    if (status == OV_OK)
        status = signing_check(actor, &to_sign.statement, signature, err);
    deployment_to_sign_done(&to_sign);
    if (status == OV_OK)
        status = store_deployment_apply(service->store, id, &actor->principal.id, policy.version,
                                        now_us, err);
    if (status == OV_OK)
        status = write_applied(service, actor, ret, policy.version, signature, now_us, err);
    return status == OV_OK ? store_deployment_get(service->store, id, false, ret, err) : status;
}

/* The key is there, durably, before the list is. One that is there already was made by an attempt
 * that ended before its commit was known; nothing was sealed with it. */
static enum ov_status make_key(struct service *service, const struct ov_id *id, bool *ret_made,
                               struct ov_error *err)
{
    struct vault_key *key = NULL;
    struct ov_error inner = OV_ERROR_INIT;
    enum ov_status status = vault_key_create(service->vault, VAULT_WATCHLIST, id, &key, &inner);
    *ret_made = status == OV_OK;
    vault_key_free(key);
    if (status == OV_OK || status == OV_ERR_EXISTS)
        return OV_OK;
    return ov_fail(err, inner.status, inner.code, "%s", inner.text);
}

enum ov_status service_deployment_apply(struct service *service, const struct actor *actor,
                                        const struct ov_id *id, const struct signature *signature,
                                        struct deployment *ret, struct ov_error *err)
{
    struct deployment deployment;
    struct ov_error inner = OV_ERROR_INIT;
    bool made = false;
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_APPLY, err);
    if (status == OV_OK) /* so that an unknown one, or one that is applied for, gets no key */
        status = store_deployment_get(service->store, id, false, &deployment, err);
    if (status == OV_OK)
        status = check_step(&deployment, DEPLOYMENT_APPLIED, err);
    if (status == OV_OK)
        status = make_key(service, id, &made, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = act_end(service, apply(service, actor, id, signature, &deployment, &inner), &inner);
    if (status == OV_OK) {
        if (made)
            act_made_key(service, VAULT_WATCHLIST, id);
        *ret = deployment;
        return OV_OK;
    }
    /* Another's attempt may have come first, with the key that this one made. */
    bool still_draft =
        made && !act_outcome_unknown(status, &inner) &&
        store_deployment_get(service->store, id, false, &deployment, NULL) == OV_OK &&
        deployment.state == DEPLOYMENT_DRAFT;
    if (still_draft)
        (void)!vault_key_destroy(service->vault, VAULT_WATCHLIST, id, NULL);
    return ov_fail(err, inner.status, inner.code, "%s", inner.text);
}

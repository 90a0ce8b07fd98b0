/* Authorising: what is signed is built anew from what is there, the list included. */
#include <stdio.h>

#include "server/service/decision_check.h"
#include "server/service/lifecycle.h"
#include "server/service/permissions.h"
#include "server/service/service.h"
#include "server/service/steps.h"
#include "server/service/to_sign.h"
#include "server/store/watchlists.h"

static enum ov_status check_authorisable(struct service *service, const struct actor *actor,
                                         const struct deployment *deployment, struct policy *policy,
                                         struct policy_reasons *higher, struct ov_error *err)
{
    int64_t now_us = act_now_us(service);
    enum ov_status status = decision_check_person(actor, deployment, err);
    if (status == OV_OK && ov_id_equal(&deployment->recorded_by, &actor->principal.id))
        status = ov_fail(err, OV_ERR_DENIED, "deployment.same_person",
                         "you recorded the oral authorisation; an authorising officer, the one who "
                         "gave it or another, has to put it in writing");
    if (status == OV_OK && !decision_awaits_writing(deployment))
        status = check_step(deployment, DEPLOYMENT_AUTHORISED, err);
    if (status == OV_OK && decision_awaits_writing(deployment) &&
        now_us >= deployment->written_due_at_us)
        status = ov_fail(err, OV_ERR_STATE, "deployment.urgent_lapsed",
                         "the written authorisation did not come in time; the deployment has "
                         "ended");
    if (status == OV_OK && !decision_awaits_writing(deployment) && deployment->ends_at_us <= now_us)
        status = ov_fail(err, OV_ERR_STATE, "deployment.window_over",
                         "the deployment's window has passed; apply again");
    if (status == OV_OK)
        status = service_policy_get(service, deployment->policy_version, policy, err);
    if (status == OV_OK)
        status =
            lifecycle_higher_reasons(service, policy, deployment, deployment->urgent, higher, err);
    return status == OV_OK ? check_policy_authority(higher, actor->principal.roles, err) : status;
}

static struct audit_document *reasons_document(const struct deployment *deployment,
                                               const struct deployment_reasons *reasons,
                                               const struct policy_reasons *higher)
{
    struct audit_document *document = audit_document_new("authorisation", &deployment->id);
    audit_document_lines(document, "necessity", reasons->necessity);
    audit_document_lines(document, "proportionality", reasons->proportionality);
    audit_document_lines(document, "conditions",
                         reasons->conditions != NULL ? reasons->conditions : "");
    audit_document_int(document, "after_oral", deployment->authority == AUTHORITY_ORAL ? 1 : 0);
    audit_document_array(document, "higher_authority");
    for (size_t i = 0; i < higher->count; i++)
        audit_document_text(document, NULL, higher->codes[i]);
    audit_document_end(document);
    return document;
}

static enum ov_status on_group(void *ctx, const struct watchlist_group *group)
{
    struct audit_document *document = ctx;
    audit_document_object(document, NULL);
    audit_document_text(document, "category", group->category);
    audit_document_text(document, "response", group->response);
    audit_document_text(document, "state", group->state);
    audit_document_int(document, "entries", group->entries);
    audit_document_digest(document, "members", group->members, OV_DIGEST_BYTES);
    audit_document_end(document);
    return OV_OK;
}

/* How many of each category, response and state, with a digest of the entries' ids. */
static enum ov_status add_watchlist(struct service *service, const struct deployment *deployment,
                                    struct deployment_to_sign *ret, struct ov_error *err)
{
    struct audit_document *document = audit_document_new("watchlist_summary", &deployment->id);
    audit_document_array(document, "groups");
    enum ov_status status =
        store_watchlist_summary(service->store, &deployment->id, on_group, document, err);
    audit_document_end(document);
    if (status == OV_OK)
        return to_sign_built(ret, "watchlist_summary", document, err);
    audit_document_free(document);
    return status;
}

static enum ov_status build_authorise(struct service *service, const struct deployment *deployment,
                                      const struct policy_reasons *higher,
                                      const struct deployment_reasons *reasons,
                                      struct deployment_to_sign *ret, struct ov_error *err)
{
    signing_begin(&ret->statement, "deployment.authorise");
    enum ov_status status = to_sign_application(service, deployment, ret, err);
    if (status == OV_OK)
        status = add_watchlist(service, deployment, ret, err);
    if (status == OV_OK)
        status =
            to_sign_built(ret, "authorisation", reasons_document(deployment, reasons, higher), err);
    if (status != OV_OK)
        return status;
    signing_digest(&ret->statement, "watchlist", ret->documents[TO_SIGN_STORED].digest,
                   OV_DIGEST_BYTES);
    signing_digest(&ret->statement, "reasons", ret->documents[TO_SIGN_STORED + 1].digest,
                   OV_DIGEST_BYTES);
    signing_int(&ret->statement, "policy", deployment->policy_version);
    return OV_OK;
}

enum ov_status service_deployment_authorise_statement(
    struct service *service, const struct actor *actor, const struct ov_id *id,
    const struct deployment_reasons *reasons, struct deployment_to_sign *ret, struct ov_error *err)
{
    struct deployment deployment;
    struct policy policy;
    struct policy_reasons higher;
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_AUTHORISE, err);
    if (status == OV_OK)
        status = decision_check_reasons(reasons, err);
    if (status == OV_OK)
        status = store_deployment_get(service->store, id, false, &deployment, err);
    if (status == OV_OK)
        status = check_authorisable(service, actor, &deployment, &policy, &higher, err);
    return status == OV_OK ? build_authorise(service, &deployment, &higher, reasons, ret, err)
                           : status;
}

static enum ov_status write_authorised(struct service *service, const struct actor *actor,
                                       const struct deployment *deployment,
                                       const struct deployment_to_sign *to_sign,
                                       const struct policy_reasons *higher,
                                       const struct signature *signature, int64_t at_us,
                                       struct ov_error *err)
{
    struct audit_event *event =
        lifecycle_event("deployment.authorised", actor, &deployment->id, at_us);
    audit_event_id(event, "applied_by", &deployment->applied_by);
    audit_event_int(event, "starts_at_us", deployment->starts_at_us);
    audit_event_int(event, "ends_at_us", deployment->ends_at_us);
    audit_event_int(event, "threshold", audit_score(deployment->threshold));
    audit_event_int(event, "policy", deployment->policy_version);
    audit_event_int(event, "after_oral", deployment->authority == AUTHORITY_ORAL ? 1 : 0);
    audit_event_digest(event, "model_digest", deployment->model_digest, OV_DIGEST_BYTES);
    audit_event_digest(event, "application", deployment->application_digest, OV_DIGEST_BYTES);
    audit_event_digest(event, "settings", deployment->settings_digest, OV_DIGEST_BYTES);
    audit_event_digest(event, "watchlist", to_sign->documents[TO_SIGN_STORED].digest,
                       OV_DIGEST_BYTES);
    audit_event_digest(event, "reasons", to_sign->documents[TO_SIGN_STORED + 1].digest,
                       OV_DIGEST_BYTES);
    for (size_t i = 0; i < higher->count; i++) {
        char key[64];
        (void)snprintf(key, sizeof(key), "higher_%s", higher->codes[i]);
        audit_event_int(event, key, 1);
    }
    audit_event_signature(event, actor, signature);
    return audit_event_write(service->store, event, err);
}

static enum ov_status store_authorisation(struct service *service, const struct actor *actor,
                                          const struct deployment *deployment,
                                          const struct deployment_to_sign *to_sign, int64_t now_us,
                                          struct ov_error *err)
{
    const uint8_t *digest = to_sign->documents[TO_SIGN_STORED + 1].digest;
    enum ov_status status = to_sign_store(service, deployment, to_sign, TO_SIGN_STORED, err);
    if (status != OV_OK)
        return status;
    return decision_awaits_writing(deployment)
               ? store_deployment_confirm(service->store, &deployment->id, &actor->principal.id,
                                          digest, now_us, err)
               : store_deployment_authorise(service->store, &deployment->id, &actor->principal.id,
                                            digest, now_us, err);
}

static enum ov_status authorise(struct service *service, const struct actor *actor,
                                const struct ov_id *id, const struct deployment_reasons *reasons,
                                const struct signature *signature, struct deployment *ret,
                                struct ov_error *err)
{
    struct policy policy;
    struct policy_reasons higher;
    struct deployment_to_sign to_sign = {.document_count = 0};
    int64_t now_us = act_now_us(service);
    enum ov_status status = store_deployment_get(service->store, id, true, ret, err);
    if (status == OV_OK)
        status = check_authorisable(service, actor, ret, &policy, &higher, err);
    if (status == OV_OK)
        status = build_authorise(service, ret, &higher, reasons, &to_sign, err);
    if (status == OV_OK)
        status = signing_check(actor, &to_sign.statement, signature, err);
    if (status == OV_OK)
        status = store_authorisation(service, actor, ret, &to_sign, now_us, err);
    if (status == OV_OK)
        status = write_authorised(service, actor, ret, &to_sign, &higher, signature, now_us, err);
    deployment_to_sign_done(&to_sign);
    return status == OV_OK ? store_deployment_get(service->store, id, false, ret, err) : status;
}

enum ov_status service_deployment_authorise(struct service *service, const struct actor *actor,
                                            const struct ov_id *id,
                                            const struct deployment_reasons *reasons,
                                            const struct signature *signature,
                                            struct deployment *ret, struct ov_error *err)
{
    struct deployment deployment;
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_AUTHORISE, err);
    if (status == OV_OK)
        status = decision_check_reasons(reasons, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status =
        act_end(service, authorise(service, actor, id, reasons, signature, &deployment, err), err);
    if (status == OV_OK)
        *ret = deployment;
    return status;
}

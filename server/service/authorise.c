/* The signed acts, and refusing and cancelling: what is signed is built anew from what is there. */
#include <stdio.h>
#include <string.h>

#include "server/service/check.h"
#include "server/service/lifecycle.h"
#include "server/service/permissions.h"
#include "server/service/service.h"
#include "server/service/steps.h"
#include "server/store/watchlists.h"
#include "server/vault/vault.h"

/* --- what is signed ------------------------------------------------------------------------- */

void deployment_to_sign_done(struct deployment_to_sign *to_sign)
{
    for (size_t i = 0; i < to_sign->document_count; i++)
        ov_buf_free(&to_sign->documents[i].body);
    to_sign->document_count = 0;
}

static enum ov_status add_stored(void *ctx, const struct document *document)
{
    struct deployment_to_sign *to_sign = ctx;
    size_t at = to_sign->document_count++;
    memcpy(to_sign->documents[at].digest, document->digest, OV_DIGEST_BYTES);
    memcpy(to_sign->documents[at].kind, document->kind, sizeof(document->kind));
    ov_buf_append(&to_sign->documents[at].body, document->body.data, document->body.size);
    return OV_OK;
}

/* A document that is written with the act only. Takes it. */
static enum ov_status add_built(struct deployment_to_sign *to_sign, const char *kind,
                                struct audit_document *take_document, struct ov_error *err)
{
    size_t at = to_sign->document_count++;
    (void)snprintf(to_sign->documents[at].kind, sizeof(to_sign->documents[at].kind), "%s", kind);
    enum ov_status status = audit_document_finish(take_document, &to_sign->documents[at].body,
                                                  to_sign->documents[at].digest, err);
    audit_document_free(take_document);
    return status;
}

static enum ov_status add_application(struct service *service, const struct deployment *deployment,
                                      struct deployment_to_sign *ret, struct ov_error *err)
{
    enum ov_status status =
        store_document_get(service->store, deployment->application_digest, add_stored, ret, err);
    if (status == OV_OK)
        status =
            store_document_get(service->store, deployment->settings_digest, add_stored, ret, err);
    signing_id(&ret->statement, "deployment", &deployment->id);
    signing_digest(&ret->statement, "application", deployment->application_digest, OV_DIGEST_BYTES);
    signing_digest(&ret->statement, "settings", deployment->settings_digest, OV_DIGEST_BYTES);
    return status;
}

static enum ov_status write_built(struct service *service, const struct deployment *deployment,
                                  const struct deployment_to_sign *to_sign, size_t first,
                                  struct ov_error *err)
{
    enum ov_status status = OV_OK;
    for (size_t i = first; i < to_sign->document_count && status == OV_OK; i++)
        status = store_document_write(service->store, to_sign->documents[i].digest,
                                      to_sign->documents[i].kind, &deployment->id,
                                      to_sign->documents[i].body.data,
                                      to_sign->documents[i].body.length, err);
    return status;
}

/* --- applying ------------------------------------------------------------------------------- */

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
    enum ov_status status = add_application(service, deployment, ret, err);
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

/* --- authorising ---------------------------------------------------------------------------- */

static bool awaits_writing(const struct deployment *deployment)
{
    return deployment->authority == AUTHORITY_ORAL && deployment->state != DEPLOYMENT_ERASED &&
           deployment->end_reason != END_URGENT_LAPSED &&
           deployment->end_reason != END_URGENT_REFUSED;
}

static enum ov_status check_not_applicant(const struct actor *actor,
                                          const struct deployment *deployment, struct ov_error *err)
{
    if (!ov_id_equal(&deployment->applied_by, &actor->principal.id))
        return OV_OK;
    return ov_fail(err, OV_ERR_DENIED, "deployment.same_person",
                   "you applied for this deployment; another person has to decide on it");
}

static enum ov_status check_authorisable(struct service *service, const struct actor *actor,
                                         const struct deployment *deployment, struct policy *policy,
                                         struct policy_reasons *higher, struct ov_error *err)
{
    int64_t now_us = act_now_us(service);
    enum ov_status status = check_not_applicant(actor, deployment, err);
    if (status == OV_OK && !awaits_writing(deployment))
        status = check_step(deployment, DEPLOYMENT_AUTHORISED, err);
    if (status == OV_OK && awaits_writing(deployment) && now_us >= deployment->written_due_at_us)
        status = ov_fail(err, OV_ERR_STATE, "deployment.urgent_lapsed",
                         "the written authorisation did not come in time; the deployment has "
                         "ended");
    if (status == OV_OK && !awaits_writing(deployment) && deployment->ends_at_us <= now_us)
        status = ov_fail(err, OV_ERR_STATE, "deployment.window_over",
                         "the deployment's window has passed; apply again");
    if (status == OV_OK)
        status = service_policy_get(service, deployment->policy_version, policy, err);
    if (status == OV_OK)
        status =
            lifecycle_higher_reasons(service, policy, deployment, deployment->urgent, higher, err);
    return status == OV_OK ? check_policy_authority(higher, actor->principal.roles, err) : status;
}

static bool is_blank(const char *text)
{
    return text == NULL || text[strspn(text, " \t\r\n")] == '\0';
}

static enum ov_status check_reasons(const struct deployment_reasons *reasons, struct ov_error *err)
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
        return add_built(ret, "watchlist_summary", document, err);
    audit_document_free(document);
    return status;
}

#define STORED_DOCUMENTS 2u /* application and settings come first, and are there already */

static enum ov_status build_authorise(struct service *service, const struct deployment *deployment,
                                      const struct policy_reasons *higher,
                                      const struct deployment_reasons *reasons,
                                      struct deployment_to_sign *ret, struct ov_error *err)
{
    signing_begin(&ret->statement, "deployment.authorise");
    enum ov_status status = add_application(service, deployment, ret, err);
    if (status == OV_OK)
        status = add_watchlist(service, deployment, ret, err);
    if (status == OV_OK)
        status =
            add_built(ret, "authorisation", reasons_document(deployment, reasons, higher), err);
    if (status != OV_OK)
        return status;
    signing_digest(&ret->statement, "watchlist", ret->documents[STORED_DOCUMENTS].digest,
                   OV_DIGEST_BYTES);
    signing_digest(&ret->statement, "reasons", ret->documents[STORED_DOCUMENTS + 1].digest,
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
        status = check_reasons(reasons, err);
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
    audit_event_digest(event, "watchlist", to_sign->documents[STORED_DOCUMENTS].digest,
                       OV_DIGEST_BYTES);
    audit_event_digest(event, "reasons", to_sign->documents[STORED_DOCUMENTS + 1].digest,
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
    const uint8_t *digest = to_sign->documents[STORED_DOCUMENTS + 1].digest;
    enum ov_status status = write_built(service, deployment, to_sign, STORED_DOCUMENTS, err);
    if (status != OV_OK)
        return status;
    return awaits_writing(deployment)
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
        status = check_reasons(reasons, err);
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

/* --- refusing, cancelling ------------------------------------------------------------------- */

static enum ov_status check_why(const char *reasons, struct ov_error *err)
{
    if (!is_blank(reasons) && strlen(reasons) <= APPLICATION_TEXT_MAX)
        return check_lines(reasons, "deployment.reasons", err);
    return ov_fail(err, OV_ERR_INVALID, "deployment.reasons", "say why, in 1 to %zu bytes",
                   APPLICATION_TEXT_MAX);
}

static enum ov_status write_why(struct service *service, const struct ov_id *id, const char *kind,
                                const char *reasons, uint8_t digest[OV_DIGEST_BYTES],
                                struct ov_error *err)
{
    struct audit_document *document = audit_document_new(kind, id);
    audit_document_lines(document, "reasons", reasons);
    return audit_document_write(service->store, document, digest, err);
}

static enum ov_status refuse(struct service *service, const struct actor *actor,
                             const struct ov_id *id, const char *reasons, struct deployment *ret,
                             struct ov_error *err)
{
    uint8_t digest[OV_DIGEST_BYTES];
    struct lifecycle_ending ending = {"deployment.refused", END_REFUSED, NULL, digest};
    enum ov_status status = store_deployment_get(service->store, id, true, ret, err);
    if (status == OV_OK)
        status = check_not_applicant(actor, ret, err);
    if (status == OV_OK && awaits_writing(ret))
        ending.reason = END_URGENT_REFUSED;
    else if (status == OV_OK)
        status = check_step(ret, DEPLOYMENT_REFUSED, err);
    if (status == OV_OK)
        status = write_why(service, id, "refusal", reasons, digest, err);
    if (status == OV_OK)
        status = lifecycle_end(service, actor, ret, &ending, err);
    return status == OV_OK ? store_deployment_get(service->store, id, false, ret, err) : status;
}

static enum ov_status cancel(struct service *service, const struct actor *actor,
                             const struct ov_id *id, const char *reasons, struct deployment *ret,
                             struct ov_error *err)
{
    uint8_t digest[OV_DIGEST_BYTES];
    struct lifecycle_ending ending = {"deployment.cancelled", END_CANCELLED, NULL, digest};
    enum ov_status status = store_deployment_get(service->store, id, true, ret, err);
    if (status == OV_OK)
        status = check_step(ret, DEPLOYMENT_CANCELLED, err);
    if (status == OV_OK && ret->authority == AUTHORITY_ORAL)
        status = ov_fail(err, OV_ERR_STATE, "deployment.oral",
                         "the deployment was authorised orally, which is accounted for in "
                         "writing; stop it, or refuse the written authorisation");
    if (status == OV_OK)
        status = write_why(service, id, "cancellation", reasons, digest, err);
    if (status == OV_OK)
        status = lifecycle_end(service, actor, ret, &ending, err);
    return status == OV_OK ? store_deployment_get(service->store, id, false, ret, err) : status;
}

static enum ov_status
decide(struct service *service, const struct actor *actor,
       enum ov_status (*act)(struct service *, const struct actor *, const struct ov_id *,
                             const char *, struct deployment *, struct ov_error *),
       const struct ov_id *id, const char *reasons, struct deployment *ret, struct ov_error *err)
{
    struct deployment deployment;
    enum ov_status status = check_why(reasons, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = act_end(service, act(service, actor, id, reasons, &deployment, err), err);
    if (status == OV_OK)
        *ret = deployment;
    return status;
}

enum ov_status service_deployment_refuse(struct service *service, const struct actor *actor,
                                         const struct ov_id *id, const char *reasons,
                                         struct deployment *ret, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_REFUSE, err);
    return status == OV_OK ? decide(service, actor, refuse, id, reasons, ret, err) : status;
}

enum ov_status service_deployment_cancel(struct service *service, const struct actor *actor,
                                         const struct ov_id *id, const char *reasons,
                                         struct deployment *ret, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_CANCEL, err);
    return status == OV_OK ? decide(service, actor, cancel, id, reasons, ret, err) : status;
}

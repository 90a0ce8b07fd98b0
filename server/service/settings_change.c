/* Changing the operating settings; see settings_change.h. */
#include "server/service/settings_change.h"

#include <string.h>

#include "server/audit/document.h"
#include "server/service/act.h"
#include "server/service/check.h"
#include "server/service/lifecycle.h"
#include "server/service/models.h"
#include "server/service/permissions.h"
#include "server/service/policy.h"
#include "server/service/policy_check.h"
#include "server/service/settings.h"
#include "server/service/settings_check.h"
#include "server/store/people.h"

void settings_draft_done(struct settings_draft *draft)
{
    ov_buf_free(&draft->settings);
    ov_buf_free(&draft->reason);
}

/* --- the settings in force --- */

static enum ov_status on_camera(void *ctx, const struct deployment_camera *camera)
{
    struct operating_settings *settings = ctx;
    if (settings->camera_count == DEPLOYMENT_CAMERAS_MAX)
        return OV_ERR_LIMIT;
    settings->cameras[settings->camera_count++] = *camera;
    return OV_OK;
}

static enum ov_status load(struct service *service, const struct deployment *deployment,
                           struct operating_settings *ret, struct ov_error *err)
{
    memset(ret, 0, sizeof(*ret));
    memcpy(ret->model_digest, deployment->model_digest, OV_DIGEST_BYTES);
    ret->threshold = deployment->threshold;
    ret->cool_down_s = deployment->cool_down_s;
    ret->min_face_px = deployment->min_face_px;
    ret->gate = deployment->gate;
    return store_deployment_cameras(service->store, &deployment->id, on_camera, ret, err);
}

enum ov_status service_settings_get(struct service *service, const struct actor *actor,
                                    const struct deployment *deployment,
                                    struct operating_settings *ret, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_SEE, err);
    return status == OV_OK ? load(service, deployment, ret, err) : status;
}

/* --- what is wanted --- */

enum ov_status service_settings_site(struct service *service, const struct actor *actor,
                                     const char *name, struct ov_id *ret_id, struct ov_error *err)
{
    struct site site;
    struct ov_error inner = OV_ERROR_INIT;
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_CHANGE, err);
    if (status != OV_OK)
        return status;
    status = store_site_by_name(service->store, name, &site, &inner);
    if (status == OV_ERR_NOT_FOUND)
        return ov_fail(err, OV_ERR_INVALID, "settings.cameras",
                       "there is no site of that name; name those of the deployment");
    if (status != OV_OK)
        return ov_fail(err, inner.status, inner.code, "%s", inner.text);
    *ret_id = site.id;
    return OV_OK;
}

/* The policy that the deployment keeps, and what the installation says of the model by now. */
static enum ov_status check_floor(struct service *service, const struct deployment *deployment,
                                  const struct operating_settings *wanted, struct ov_error *err)
{
    struct policy policy;
    struct deployment changed = *deployment;
    changed.threshold = wanted->threshold;
    enum ov_status status = service_policy_get(service, deployment->policy_version, &policy, err);
    if (status == OV_OK)
        status = check_policy_settings(&policy, wanted->threshold, deployment->model_digest, err);
    return status == OV_OK ? service_model_check(service, &changed, err) : status;
}

/* --- documents and statements --- */

static struct audit_document *reason_document(const struct ov_id *deployment_id, const char *reason)
{
    struct audit_document *document = audit_document_new("settings_reason", deployment_id);
    audit_document_lines(document, "reason", reason);
    return document;
}

static struct audit_document *wanted_document(const struct deployment *deployment,
                                              const struct operating_settings *wanted)
{
    struct deployment changed = *deployment;
    changed.threshold = wanted->threshold;
    changed.cool_down_s = wanted->cool_down_s;
    changed.min_face_px = wanted->min_face_px;
    changed.gate = wanted->gate;
    return settings_document(&changed, wanted->cameras, wanted->camera_count);
}

static enum ov_status finish(struct audit_document *take_document, struct ov_buf *body,
                             uint8_t digest[OV_DIGEST_BYTES], struct ov_error *err)
{
    enum ov_status status = audit_document_finish(take_document, body, digest, err);
    audit_document_free(take_document);
    return status;
}

static void state(struct signing_statement *statement, const char *act,
                  const struct deployment *deployment, const uint8_t *settings,
                  const uint8_t *reason)
{
    signing_begin(statement, act);
    signing_id(statement, "deployment", &deployment->id);
    signing_digest(statement, "base", deployment->settings_digest, OV_DIGEST_BYTES);
    signing_digest(statement, "settings", settings, OV_DIGEST_BYTES);
    signing_digest(statement, "reason", reason, OV_DIGEST_BYTES);
}

static enum ov_status make_draft(struct service *service, const struct deployment *deployment,
                                 const struct settings_request *request,
                                 struct settings_draft *draft, struct ov_error *err)
{
    const struct operating_settings *wanted = request->wanted;
    struct operating_settings current;
    enum ov_status status = settings_check(deployment, wanted, err);
    if (status == OV_OK)
        status = load(service, deployment, &current, err);
    if (status != OV_OK)
        return status;
    draft->difference = settings_compare(&current, wanted);
    if (draft->difference.overall == SETTINGS_SAME)
        return ov_fail(err, OV_ERR_INVALID, "settings.same",
                       "these are the settings in force; name what is to change");
    if (draft->difference.overall == SETTINGS_LOOSER)
        status = check_floor(service, deployment, wanted, err);
    if (status == OV_OK)
        status = finish(wanted_document(deployment, wanted), &draft->settings,
                        draft->settings_digest, err);
    if (status == OV_OK)
        status = finish(reason_document(&deployment->id, request->reason), &draft->reason,
                        draft->reason_digest, err);
    state(&draft->statement, "settings.propose", deployment, draft->settings_digest,
          draft->reason_digest);
    return status;
}

static enum ov_status check_changeable(const struct deployment *deployment, struct ov_error *err)
{
    switch (deployment->state) {
    case DEPLOYMENT_AUTHORISED:
    case DEPLOYMENT_LIVE:
    case DEPLOYMENT_PAUSED:
        return OV_OK;
    case DEPLOYMENT_DRAFT:
    case DEPLOYMENT_APPLIED:
    case DEPLOYMENT_CLOSED:
    case DEPLOYMENT_ERASED:
    case DEPLOYMENT_REFUSED:
    case DEPLOYMENT_CANCELLED:
        break;
    }
    return ov_fail(err, OV_ERR_STATE, "settings.state",
                   "the deployment is %s; its settings are part of the application until it is "
                   "authorised, and nothing after it has ended",
                   deployment_state_name(deployment->state));
}

static enum ov_status check_may_change(const struct actor *actor, const char *reason,
                                       struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_CHANGE, err);
    return status == OV_OK ? check_why(reason, "settings.reason", "why the settings change", err)
                           : status;
}

enum ov_status service_settings_draft(struct service *service, const struct actor *actor,
                                      const struct ov_id *deployment_id,
                                      const struct settings_request *request,
                                      struct settings_draft *draft, struct ov_error *err)
{
    struct deployment deployment;
    *draft = (struct settings_draft){.settings = OV_BUF_INIT, .reason = OV_BUF_INIT};
    enum ov_status status = check_may_change(actor, request->reason, err);
    if (status == OV_OK)
        status = store_deployment_get(service->store, deployment_id, false, &deployment, err);
    if (status == OV_OK)
        status = check_changeable(&deployment, err);
    return status == OV_OK ? make_draft(service, &deployment, request, draft, err) : status;
}

/* --- changing --- */

/* One step of a change, as it is recorded. */
struct step {
    const char *event;
    const struct settings_change *change;
    const struct settings_difference *difference; /* NULL: as proposed */
    const struct signature *signature;            /* NULL: none */
};

static enum ov_status write_event(struct service *service, const struct actor *actor,
                                  const struct ov_id *deployment_id, const struct step *step,
                                  struct ov_error *err)
{
    const struct settings_change *change = step->change;
    struct audit_event *event = audit_event_new(step->event, actor, act_now_us(service));
    audit_event_deployment(event, deployment_id);
    audit_event_object(event, "settings_change", &change->id);
    audit_event_digest(event, "base_digest", change->base_digest, OV_DIGEST_BYTES);
    audit_event_digest(event, "settings_digest", change->settings_digest, OV_DIGEST_BYTES);
    audit_event_digest(event, "reason_digest", change->reason_digest, OV_DIGEST_BYTES);
    for (int i = 0; step->difference != NULL && i < SETTINGS_FIELD_COUNT; i++)
        if (step->difference->fields[i] != SETTINGS_SAME)
            audit_event_code(event, settings_field_name((enum settings_field)i),
                             settings_direction_name(step->difference->fields[i]));
    if (step->signature != NULL)
        audit_event_signature(event, actor, step->signature);
    return audit_event_write(service->store, event, err);
}

static enum ov_status record(struct service *service, const struct actor *actor,
                             const struct deployment *deployment,
                             const struct settings_request *request,
                             const struct settings_draft *draft, struct ov_error *err)
{
    bool tightens = draft->difference.overall == SETTINGS_TIGHTER;
    uint8_t ignored[OV_DIGEST_BYTES];
    struct settings_change change = {.id = ov_id_new(),
                                     .proposed_by = actor->principal.id,
                                     .proposed_at_us = act_now_us(service)};
    const struct step step = {.event = tightens ? "settings.tightened" : "settings.proposed",
                              .change = &change,
                              .difference = &draft->difference,
                              .signature = tightens ? NULL : request->signature};
    memcpy(change.base_digest, deployment->settings_digest, OV_DIGEST_BYTES);
    memcpy(change.settings_digest, draft->settings_digest, OV_DIGEST_BYTES);
    memcpy(change.reason_digest, draft->reason_digest, OV_DIGEST_BYTES);
    enum ov_status status = audit_document_write(
        service->store, wanted_document(deployment, request->wanted), ignored, err);
    if (status == OV_OK)
        status = audit_document_write(
            service->store, reason_document(&deployment->id, request->reason), ignored, err);
    if (status == OV_OK)
        status = store_settings_change_add(service->store, &deployment->id, &change, tightens,
                                           request->wanted, err);
    if (status == OV_OK && tightens)
        status = store_settings_apply(service->store, &change.id, err);
    return status == OV_OK ? write_event(service, actor, &deployment->id, &step, err) : status;
}

static enum ov_status change(struct service *service, const struct actor *actor,
                             const struct ov_id *deployment_id,
                             const struct settings_request *request, struct settings_draft *draft,
                             struct ov_error *err)
{
    struct deployment deployment;
    enum ov_status status =
        store_deployment_get(service->store, deployment_id, true, &deployment, err);
    if (status == OV_OK)
        status = check_changeable(&deployment, err);
    if (status == OV_OK)
        status = make_draft(service, &deployment, request, draft, err);
    if (status == OV_OK && draft->difference.overall == SETTINGS_LOOSER)
        status = signing_check(actor, &draft->statement, request->signature, err);
    return status == OV_OK ? record(service, actor, &deployment, request, draft, err) : status;
}

enum ov_status service_settings_change(struct service *service, const struct actor *actor,
                                       const struct ov_id *deployment_id,
                                       const struct settings_request *request,
                                       enum settings_direction *ret_direction, struct ov_error *err)
{
    struct settings_draft draft = {.settings = OV_BUF_INIT, .reason = OV_BUF_INIT};
    enum ov_status status = check_may_change(actor, request->reason, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = act_end(service, change(service, actor, deployment_id, request, &draft, err), err);
    if (status == OV_OK)
        *ret_direction = draft.difference.overall;
    settings_draft_done(&draft);
    return status;
}

/* --- deciding --- */

static enum ov_status copy_document(void *ctx, const struct document *document)
{
    struct ov_buf *body = ctx;
    ov_buf_append(body, document->body.data, document->body.size);
    return body->failed ? OV_ERR_NOMEM : OV_OK;
}

/* The open proposal, for somebody else to decide on. */
static enum ov_status load_proposal(struct service *service, const struct actor *actor,
                                    const struct ov_id *deployment_id, bool for_update,
                                    struct deployment *deployment, struct settings_change *change,
                                    struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_APPROVE_CHANGE, err);
    if (status == OV_OK)
        status = store_deployment_get(service->store, deployment_id, for_update, deployment, err);
    return status == OV_OK ? store_settings_change_open(service->store, deployment_id, change, err)
                           : status;
}

/* What takes the higher authority to authorise takes it to loosen. */
static enum ov_status check_authority(struct service *service, const struct actor *actor,
                                      const struct deployment *deployment, struct ov_error *err)
{
    struct policy policy;
    struct policy_reasons reasons;
    enum ov_status status = service_policy_get(service, deployment->policy_version, &policy, err);
    if (status == OV_OK)
        status = lifecycle_higher_reasons(service, &policy, deployment, deployment->urgent,
                                          &reasons, err);
    return status == OV_OK ? check_policy_authority(&reasons, actor->principal.roles, err) : status;
}

static enum ov_status check_approvable(struct service *service, const struct actor *actor,
                                       const struct deployment *deployment,
                                       const struct settings_change *change, struct ov_error *err)
{
    if (ov_id_equal(&change->proposed_by, &actor->principal.id))
        return ov_fail(err, OV_ERR_DENIED, "settings.same_person",
                       "you proposed this change; another person has to approve it");
    if (ov_id_equal(&deployment->applied_by, &actor->principal.id))
        return ov_fail(err, OV_ERR_DENIED, "deployment.same_person",
                       "you applied for this deployment; another person has to approve the change");
    if (memcmp(change->base_digest, deployment->settings_digest, OV_DIGEST_BYTES) != 0)
        return ov_fail(err, OV_ERR_CONFLICT, "settings.stale",
                       "the settings have been changed since this was proposed; refuse it");
    enum ov_status status = check_changeable(deployment, err);
    return status == OV_OK ? check_authority(service, actor, deployment, err) : status;
}

enum ov_status service_settings_approval(struct service *service, const struct actor *actor,
                                         const struct ov_id *deployment_id,
                                         struct settings_draft *draft, struct ov_error *err)
{
    struct deployment deployment;
    struct settings_change change;
    *draft = (struct settings_draft){.settings = OV_BUF_INIT, .reason = OV_BUF_INIT};
    enum ov_status status =
        load_proposal(service, actor, deployment_id, false, &deployment, &change, err);
    if (status == OV_OK)
        status = check_approvable(service, actor, &deployment, &change, err);
    if (status != OV_OK)
        return status;
    memcpy(draft->settings_digest, change.settings_digest, OV_DIGEST_BYTES);
    memcpy(draft->reason_digest, change.reason_digest, OV_DIGEST_BYTES);
    state(&draft->statement, "settings.approve", &deployment, change.settings_digest,
          change.reason_digest);
    status = store_document_get(service->store, change.settings_digest, copy_document,
                                &draft->settings, err);
    return status == OV_OK ? store_document_get(service->store, change.reason_digest, copy_document,
                                                &draft->reason, err)
                           : status;
}

static enum ov_status approve(struct service *service, const struct actor *actor,
                              const struct ov_id *deployment_id, const struct signature *signature,
                              struct ov_error *err)
{
    struct deployment deployment;
    struct settings_change change;
    struct signing_statement statement;
    const struct step step = {"settings.approved", &change, NULL, signature};
    enum ov_status status =
        load_proposal(service, actor, deployment_id, true, &deployment, &change, err);
    if (status == OV_OK)
        status = check_approvable(service, actor, &deployment, &change, err);
    if (status != OV_OK)
        return status;
    state(&statement, "settings.approve", &deployment, change.settings_digest,
          change.reason_digest);
    status = signing_check(actor, &statement, signature, err);
    if (status == OV_OK)
        status = store_settings_change_decide(service->store, &change.id, true,
                                              &actor->principal.id, act_now_us(service), err);
    if (status == OV_OK)
        status = store_settings_apply(service->store, &change.id, err);
    return status == OV_OK ? write_event(service, actor, deployment_id, &step, err) : status;
}

enum ov_status service_settings_approve(struct service *service, const struct actor *actor,
                                        const struct ov_id *deployment_id,
                                        const struct signature *signature, struct ov_error *err)
{
    enum ov_status status = act_begin(service, err);
    return status == OV_OK
               ? act_end(service, approve(service, actor, deployment_id, signature, err), err)
               : status;
}

static enum ov_status refuse(struct service *service, const struct actor *actor,
                             const struct ov_id *deployment_id, struct ov_error *err)
{
    struct deployment deployment;
    struct settings_change change;
    const struct step step = {"settings.refused", &change, NULL, NULL};
    enum ov_status status =
        load_proposal(service, actor, deployment_id, true, &deployment, &change, err);
    if (status == OV_OK)
        status = store_settings_change_decide(service->store, &change.id, false,
                                              &actor->principal.id, act_now_us(service), err);
    return status == OV_OK ? write_event(service, actor, deployment_id, &step, err) : status;
}

enum ov_status service_settings_refuse(struct service *service, const struct actor *actor,
                                       const struct ov_id *deployment_id, struct ov_error *err)
{
    enum ov_status status = act_begin(service, err);
    return status == OV_OK ? act_end(service, refuse(service, actor, deployment_id, err), err)
                           : status;
}

/* Models: proposed by one person, approved by another, withdrawn by any one of them. */
#include "server/service/models.h"

#include <string.h>

#include "server/service/act.h"
#include "server/service/permissions.h"
#include "server/service/policy_document.h"
#include "server/service/policy_fields.h"

enum ov_status service_model_check(struct service *service, const struct deployment *deployment,
                                   struct ov_error *err)
{
    bool accepted = false;
    float floor = 0;
    if (deployment->kind == DEPLOYMENT_EXERCISE)
        return OV_OK;
    enum ov_status status =
        store_model_accepted(service->store, deployment->model_digest, &accepted, &floor, err);
    if (status == OV_OK && !accepted)
        status = ov_fail(err, OV_ERR_STATE, "model.not_accepted",
                         "this model is not accepted for operational use on this installation; "
                         "that takes a decision of two (overtctl model propose), or run an "
                         "exercise instead");
    if (status == OV_OK && !(deployment->threshold >= floor))
        status = ov_fail(err, OV_ERR_STATE, "model.threshold_floor",
                         "this model is accepted for operational use with a threshold of %.3f or "
                         "more",
                         (double)floor);
    return status;
}

enum ov_status service_model_each(struct service *service, const struct actor *actor,
                                  enum ov_status (*on_row)(void *ctx,
                                                           const struct model_acceptance *),
                                  void *ctx, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_POLICY_SEE, err);
    return status != OV_OK ? status : store_model_each(service->store, on_row, ctx, err);
}

static struct audit_event *event_of(const char *name, const struct actor *actor, int64_t at_us,
                                    const struct model_acceptance *acceptance)
{
    struct audit_event *event = audit_event_new(name, actor, at_us);
    audit_event_object(event, "model_acceptance", &acceptance->id);
    audit_event_digest(event, "model_digest", acceptance->model_digest, OV_DIGEST_BYTES);
    audit_event_digest(event, "report_digest", acceptance->report_digest, OV_DIGEST_BYTES);
    audit_event_int(event, "threshold_floor", audit_score(acceptance->threshold_floor));
    audit_event_digest(event, "document", acceptance->document_digest, OV_DIGEST_BYTES);
    return event;
}

/* --- proposing ----------------------------------------------------------------------------- */

static enum ov_status check_model_proposal(const struct model_acceptance *proposal,
                                           struct ov_error *err)
{
    if (ov_id_is_zero(&proposal->id))
        return ov_fail(err, OV_ERR_INVALID, "model.id", "the proposal has to have an id");
    if (proposal->threshold_floor >= POLICY_THRESHOLD_FLOOR_MIN &&
        proposal->threshold_floor <= POLICY_THRESHOLD_FLOOR_MAX)
        return OV_OK;
    return ov_fail(err, OV_ERR_INVALID, "model.threshold_floor",
                   "the lowest threshold has to be between %.2f and %.2f",
                   (double)POLICY_THRESHOLD_FLOOR_MIN, (double)POLICY_THRESHOLD_FLOOR_MAX);
}

enum ov_status service_model_draft(struct service *service, const struct actor *actor,
                                   const struct model_acceptance *proposal, struct to_sign *to_sign,
                                   struct ov_error *err)
{
    (void)service;
    enum ov_status status = check_permission(actor, ACTION_MODEL_PROPOSE, err);
    if (status == OV_OK)
        status = check_model_proposal(proposal, err);
    if (status != OV_OK)
        return status;
    struct audit_document *document = model_document(proposal);
    status = audit_document_finish(document, &to_sign->document, to_sign->digest, err);
    audit_document_free(document);
    signing_begin(&to_sign->statement, "model.propose");
    signing_digest(&to_sign->statement, "model", proposal->model_digest, OV_DIGEST_BYTES);
    signing_digest(&to_sign->statement, "acceptance", to_sign->digest, OV_DIGEST_BYTES);
    return status;
}

static enum ov_status propose(struct service *service, const struct actor *actor,
                              const struct signature *signature,
                              struct model_acceptance *acceptance, struct ov_error *err)
{
    enum ov_status status = audit_document_write(service->store, model_document(acceptance),
                                                 acceptance->document_digest, err);
    if (status == OV_OK)
        status = store_model_propose(service->store, acceptance, err);
    if (status != OV_OK)
        return status;
    struct audit_event *event =
        event_of("model.proposed", actor, acceptance->proposed_at_us, acceptance);
    audit_event_signature(event, actor, signature);
    return audit_event_write(service->store, event, err);
}

enum ov_status service_model_propose(struct service *service, const struct actor *actor,
                                     const struct model_acceptance *proposal,
                                     const struct signature *signature,
                                     struct model_acceptance *ret, struct ov_error *err)
{
    struct to_sign to_sign = {.document = OV_BUF_INIT};
    enum ov_status status = service_model_draft(service, actor, proposal, &to_sign, err);
    ov_buf_free(&to_sign.document);
    if (status == OV_OK)
        status = signing_check(actor, &to_sign.statement, signature, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    struct model_acceptance acceptance = *proposal;
    acceptance.proposed_by = actor->principal.id;
    acceptance.proposed_at_us = act_now_us(service);
    status = act_end(service, propose(service, actor, signature, &acceptance, err), err);
    return status == OV_OK ? store_model_get(service->store, &acceptance.id, ret, err) : status;
}

/* --- deciding ------------------------------------------------------------------------------ */

static enum ov_status make_approval(struct service *service, const struct actor *actor,
                                    const struct ov_id *id, struct model_acceptance *acceptance,
                                    struct signing_statement *statement, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_MODEL_APPROVE, err);
    if (status == OV_OK)
        status = store_model_get(service->store, id, acceptance, err);
    if (status == OV_OK && acceptance->state != MODEL_PROPOSED)
        status =
            ov_fail(err, OV_ERR_STATE, "model.decided", "this proposal is %s already; make another",
                    model_state_name(acceptance->state));
    if (status == OV_OK && ov_id_equal(&acceptance->proposed_by, &actor->principal.id))
        status = ov_fail(err, OV_ERR_DENIED, "model.same_person",
                         "you proposed this; another person has to approve it");
    if (status != OV_OK)
        return status;
    signing_begin(statement, "model.approve");
    signing_digest(statement, "model", acceptance->model_digest, OV_DIGEST_BYTES);
    signing_digest(statement, "acceptance", acceptance->document_digest, OV_DIGEST_BYTES);
    return OV_OK;
}

static enum ov_status copy_document(void *ctx, const struct document *document)
{
    ov_buf_append(ctx, document->body.data, document->body.size);
    return OV_OK;
}

enum ov_status service_model_approval(struct service *service, const struct actor *actor,
                                      const struct ov_id *id, struct to_sign *to_sign,
                                      struct ov_error *err)
{
    struct model_acceptance acceptance;
    enum ov_status status =
        make_approval(service, actor, id, &acceptance, &to_sign->statement, err);
    if (status != OV_OK)
        return status;
    memcpy(to_sign->digest, acceptance.document_digest, OV_DIGEST_BYTES);
    return store_document_get(service->store, to_sign->digest, copy_document, &to_sign->document,
                              err);
}

static const char *event_name(enum model_state state)
{
    switch (state) {
    case MODEL_PROPOSED:
        break;
    case MODEL_APPROVED:
        return "model.approved";
    case MODEL_REFUSED:
        return "model.refused";
    case MODEL_WITHDRAWN:
        return "model.withdrawn";
    }
    return "model.proposed";
}

static enum ov_status decide(struct service *service, const struct actor *actor,
                             const struct model_acceptance *acceptance, enum model_state state,
                             const struct signature *signature, struct model_acceptance *ret,
                             struct ov_error *err)
{
    int64_t now_us = act_now_us(service);
    enum ov_status status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = store_model_decide(service->store, &acceptance->id, state, &actor->principal.id,
                                now_us, err);
    if (status == OV_OK) {
        struct audit_event *event = event_of(event_name(state), actor, now_us, acceptance);
        audit_event_id(event, "proposed_by", &acceptance->proposed_by);
        if (signature != NULL)
            audit_event_signature(event, actor, signature);
        status = audit_event_write(service->store, event, err);
    }
    status = act_end(service, status, err);
    return status == OV_OK ? store_model_get(service->store, &acceptance->id, ret, err) : status;
}

enum ov_status service_model_approve(struct service *service, const struct actor *actor,
                                     const struct ov_id *id, const struct signature *signature,
                                     struct model_acceptance *ret, struct ov_error *err)
{
    struct model_acceptance acceptance;
    struct signing_statement statement;
    enum ov_status status = make_approval(service, actor, id, &acceptance, &statement, err);
    if (status == OV_OK)
        status = signing_check(actor, &statement, signature, err);
    return status != OV_OK
               ? status
               : decide(service, actor, &acceptance, MODEL_APPROVED, signature, ret, err);
}

enum ov_status service_model_end(struct service *service, const struct actor *actor,
                                 const struct ov_id *id, enum model_state state,
                                 struct model_acceptance *ret, struct ov_error *err)
{
    struct model_acceptance acceptance;
    enum ov_status status = check_permission(actor, ACTION_MODEL_END, err);
    if (status == OV_OK)
        status = store_model_get(service->store, id, &acceptance, err);
    if (status != OV_OK)
        return status;
    enum model_state needed = state == MODEL_WITHDRAWN ? MODEL_APPROVED : MODEL_PROPOSED;
    if (acceptance.state != needed)
        return ov_fail(err, OV_ERR_STATE,
                       state == MODEL_WITHDRAWN ? "model.not_approved" : "model.decided",
                       "this proposal is %s", model_state_name(acceptance.state));
    return decide(service, actor, &acceptance, state, NULL, ret, err);
}

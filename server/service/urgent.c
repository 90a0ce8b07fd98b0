/*
 * The urgent path: an officer's word, recorded by a third person, until their signature is there.
 * It is refused, or does not come in time: the deployment closes at once, and its list and alerts
 * are due for erasure at once (end_reason), also when it had ended before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "server/service/alarms.h"
#include "server/service/check.h"
#include "server/service/lifecycle.h"
#include "server/service/permissions.h"
#include "server/service/steps.h"
#include "server/store/people.h"

#define HOUR_US (INT64_C(3600) * OV_US_PER_S)

/* --- recording ------------------------------------------------------------------------------ */

static enum ov_status find_officer(struct service *service, const char *name, struct principal *ret,
                                   struct ov_error *err)
{
    char uri[sizeof("overt://person/") + PRINCIPAL_NAME_SIZE];
    struct ov_error inner = OV_ERROR_INIT;
    enum ov_status status = check_identity_name(name, "deployment.officer", err);
    if (status != OV_OK)
        return status;
    (void)snprintf(uri, sizeof(uri), "overt://person/%s", name);
    status = store_principal_by_identity(service->store, uri, ret, &inner);
    if (status != OV_OK && status != OV_ERR_NOT_FOUND)
        return ov_fail(err, inner.status, inner.code, "%s", inner.text);
    if (status == OV_OK && ret->active && ret->kind == PRINCIPAL_PERSON &&
        (ret->roles & (ROLE_AUTHORISING_OFFICER | ROLE_HIGHER_AUTHORITY)) != 0)
        return OV_OK;
    return ov_fail(err, OV_ERR_INVALID, "deployment.officer",
                   "there is no active authorising officer of that name; give the name that is in "
                   "their certificate");
}

static enum ov_status check_people(const struct actor *actor, const struct deployment *deployment,
                                   const struct principal *officer, struct ov_error *err)
{
    if (!ov_id_equal(&actor->principal.id, &deployment->applied_by) &&
        !ov_id_equal(&actor->principal.id, &officer->id) &&
        !ov_id_equal(&officer->id, &deployment->applied_by))
        return OV_OK;
    return ov_fail(err, OV_ERR_DENIED, "deployment.same_person",
                   "who applied, who authorised orally and who records that have to be three "
                   "people");
}

static enum ov_status check_recordable(struct service *service, const struct actor *actor,
                                       const struct deployment *deployment,
                                       const struct principal *officer, struct policy *policy,
                                       struct policy_reasons *higher, struct ov_error *err)
{
    enum ov_status status = check_people(actor, deployment, officer, err);
    if (status == OV_OK)
        status = check_step(deployment, DEPLOYMENT_AUTHORISED, err);
    if (status == OV_OK && deployment->ends_at_us <= act_now_us(service))
        status = ov_fail(err, OV_ERR_STATE, "deployment.window_over",
                         "the deployment's window has passed; apply again");
    if (status == OV_OK)
        status = service_policy_get(service, deployment->policy_version, policy, err);
    if (status == OV_OK)
        status = lifecycle_check_policy(policy, deployment, true, err);
    if (status == OV_OK)
        status = lifecycle_higher_reasons(service, policy, deployment, true, higher, err);
    return status == OV_OK ? check_policy_authority(higher, officer->roles, err) : status;
}

static enum ov_status write_oral(struct service *service, const struct actor *actor,
                                 const struct deployment *deployment,
                                 const struct deployment_oral *oral, struct ov_error *err)
{
    struct audit_event *event =
        lifecycle_event("deployment.oral_recorded", actor, &deployment->id, oral->at_us);
    audit_event_id(event, "applied_by", &deployment->applied_by);
    audit_event_id(event, "oral_by", &oral->by);
    audit_event_int(event, "written_due_at_us", oral->written_due_at_us);
    audit_event_digest(event, "application", deployment->application_digest, OV_DIGEST_BYTES);
    audit_event_digest(event, "settings", deployment->settings_digest, OV_DIGEST_BYTES);
    audit_event_digest(event, "reasons", oral->digest, OV_DIGEST_BYTES);
    return audit_event_write(service->store, event, err);
}

static enum ov_status record(struct service *service, const struct actor *actor,
                             const struct ov_id *id, const char *officer_name, const char *reasons,
                             struct deployment *ret, struct ov_error *err)
{
    struct policy policy;
    struct policy_reasons higher;
    struct principal officer;
    struct deployment_oral oral = {.recorded_by = actor->principal.id,
                                   .at_us = act_now_us(service)};
    enum ov_status status = store_deployment_get(service->store, id, true, ret, err);
    if (status == OV_OK)
        status = find_officer(service, officer_name, &officer, err);
    if (status == OV_OK)
        status = check_recordable(service, actor, ret, &officer, &policy, &higher, err);
    if (status != OV_OK)
        return status;
    oral.by = officer.id;
    /* A little early, so that the database's clock never finds it a little late. */
    oral.written_due_at_us = oral.at_us + policy.urgent_written_max_h * HOUR_US - 10 * OV_US_PER_S;
    struct audit_document *document = audit_document_new("oral_authorisation", id);
    audit_document_text(document, "officer", officer.name);
    audit_document_lines(document, "reasons", reasons);
    status = audit_document_write(service->store, document, oral.digest, err);
    if (status == OV_OK)
        status = store_deployment_oral(service->store, id, &oral, err);
    if (status == OV_OK)
        status = write_oral(service, actor, ret, &oral, err);
    return status == OV_OK ? store_deployment_get(service->store, id, false, ret, err) : status;
}

enum ov_status service_deployment_record_oral(struct service *service, const struct actor *actor,
                                              const struct ov_id *id, const char *officer_name,
                                              const char *reasons, struct deployment *ret,
                                              struct ov_error *err)
{
    struct deployment deployment;
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_RECORD_ORAL, err);
    if (status == OV_OK)
        status = check_why(reasons, "deployment.reasons",
                           "why it is urgent and what the officer said", err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status =
        act_end(service, record(service, actor, id, officer_name, reasons, &deployment, err), err);
    if (status == OV_OK)
        *ret = deployment;
    return status;
}

/* --- lapsing -------------------------------------------------------------------------------- */

/* By the database's clock alone: it refuses to let one lapse that has time left by it. */

static enum ov_status add_overdue(void *ctx, const struct deployment *deployment)
{
    return lifecycle_ids_add(ctx, &deployment->id);
}

static enum ov_status lapse_one(struct service *service, const struct ov_id *id,
                                struct ov_error *err)
{
    static const struct lifecycle_ending ending = {"deployment.urgent_lapsed", END_URGENT_LAPSED,
                                                   NULL, NULL};
    const struct alarm_subject alarm = {"deployment.urgent_lapsed", id, NULL};
    struct deployment deployment;
    int64_t now_us = 0;
    enum ov_status status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = store_deployment_get(service->store, id, true, &deployment, err);
    if (status == OV_OK)
        status = store_now(service->store, &now_us, err);
    /* It may have been put in writing between the listing and the lock. */
    bool due = status == OV_OK && deployment.authority == AUTHORITY_ORAL &&
               deployment.written_due_at_us <= now_us &&
               deployment.end_reason != END_URGENT_LAPSED &&
               deployment.end_reason != END_URGENT_REFUSED;
    if (due)
        status = lifecycle_end(service, act_server(), &deployment, &ending, err);
    if (status == OV_OK && due)
        status = service_alarm_raise(service, act_server(), &alarm, err);
    return act_end(service, status, err);
}

enum ov_status service_deployments_lapse_urgent(struct service *service, struct ov_error *err)
{
    struct lifecycle_ids list = {NULL, 0, 0};
    int64_t now_us = 0;
    enum ov_status status = store_now(service->store, &now_us, err);
    if (status == OV_OK)
        status = store_deployment_each_overdue(service->store, now_us, add_overdue, &list, err);
    if (status == OV_OK)
        status = lifecycle_ids_each(service, &list, lapse_one, err);
    free(list.ids);
    return status;
}

/* Drafts: made and changed by applicants, each change as a document; nothing is decided on them. */
#include <stdio.h>
#include <string.h>

#include "common/face/face.h"
#include "server/service/check.h"
#include "server/service/lifecycle.h"
#include "server/service/notice.h"
#include "server/service/permissions.h"
#include "server/service/settings.h"
#include "server/store/people.h"

static enum ov_status check_complete(const struct deployment_application *application,
                                     struct ov_error *err)
{
    const char *missing = application_missing(application);
    return missing == NULL
               ? OV_OK
               : ov_fail(err, OV_ERR_INVALID, "application.incomplete",
                         "an operational deployment says everything about itself; %s is missing",
                         missing);
}

/* The draft as it is to be stored, with its documents written; in the open transaction. */
static enum ov_status write_documents(struct service *service,
                                      const struct deployment_application *application,
                                      struct deployment *row, struct deployment_camera *cameras,
                                      struct notice *notice, struct ov_error *err)
{
    struct notice_facts facts = application_notice_facts(application, &row->id);
    enum ov_status status = application_to_row(service, application, row, cameras, err);
    if (status != OV_OK)
        return status;
    memcpy(row->model_digest, ov_face_engine_digest(service->faces), OV_DIGEST_BYTES);
    status = audit_document_write(service->store,
                                  settings_document(row, cameras, application->camera_count),
                                  row->settings_digest, err);
    if (status == OV_OK)
        status = notice_write(service, &facts, notice, err);
    if (status == OV_OK)
        status =
            audit_document_write(service->store, application_document(application, row, notice),
                                 row->application_digest, err);
    return status;
}

static enum ov_status check_policy_in_force(struct service *service, const struct deployment *row,
                                            struct ov_error *err)
{
    struct policy policy;
    enum ov_status status = service_policy_get(service, 0, &policy, err);
    return status == OV_OK ? lifecycle_check_policy(&policy, row, false, err) : status;
}

static enum ov_status write_event(struct service *service, const char *name,
                                  const struct actor *actor, const struct deployment *row,
                                  struct ov_error *err)
{
    struct audit_event *event = lifecycle_event(name, actor, &row->id, row->edited_at_us);
    audit_event_code(event, "kind", deployment_kind_name(row->kind));
    audit_event_int(event, "revision", row->revision);
    audit_event_digest(event, "application", row->application_digest, OV_DIGEST_BYTES);
    audit_event_digest(event, "settings", row->settings_digest, OV_DIGEST_BYTES);
    return audit_event_write(service->store, event, err);
}

/* A name that is taken is the one thing that may exist already. */
static enum ov_status told(enum ov_status status, const struct ov_error *inner,
                           struct ov_error *err)
{
    if (status == OV_ERR_EXISTS)
        return ov_fail(err, OV_ERR_EXISTS, "deployment.exists",
                       "there is a deployment of this name already; choose another name");
    return status == OV_OK ? OV_OK : ov_fail(err, inner->status, inner->code, "%s", inner->text);
}

static enum ov_status create(struct service *service, const struct actor *actor,
                             const struct deployment_application *filled, struct deployment *row,
                             struct ov_error *err)
{
    struct deployment_camera cameras[DEPLOYMENT_CAMERAS_MAX];
    struct ov_error inner = OV_ERROR_INIT;
    struct notice notice = {.revision = 1};
    enum ov_status status = write_documents(service, filled, row, cameras, &notice, err);
    if (status == OV_OK)
        status = check_policy_in_force(service, row, err);
    if (status != OV_OK)
        return status;
    status = store_deployment_add(service->store, row, cameras, filled->camera_count, &inner);
    status = told(status, &inner, err);
    if (status == OV_OK)
        status = store_notice_add(service->store, &row->id, &notice, err);
    return status == OV_OK ? write_event(service, "deployment.drafted", actor, row, err) : status;
}

enum ov_status service_deployment_create(struct service *service, const struct actor *actor,
                                         const struct deployment_application *application,
                                         struct deployment *ret, struct ov_error *err)
{
    struct deployment_application filled;
    int64_t now_us = act_now_us(service);
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_DRAFT, err);
    if (status == OV_OK)
        status = check_application(application, now_us, &filled, err);
    if (status == OV_OK)
        status = check_complete(&filled, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    struct deployment row = {.id = ov_id_new(),
                             .state = DEPLOYMENT_DRAFT,
                             .revision = 1,
                             .applied_by = actor->principal.id,
                             .edited_by = actor->principal.id,
                             .edited_at_us = now_us};
    status = act_end(service, create(service, actor, &filled, &row, err), err);
    if (status == OV_OK)
        *ret = row;
    return status;
}

/* --- editing --- */

static enum ov_status changed_meanwhile(struct service *service, const struct deployment *there,
                                        struct ov_error *err)
{
    struct principal by;
    struct ov_error ignored = OV_ERROR_INIT;
    char at[OV_TIME_TEXT_SIZE];
    bool known = store_principal_by_id(service->store, &there->edited_by, &by, &ignored) == OV_OK;
    return ov_fail(err, OV_ERR_CONFLICT, "deployment.changed_meanwhile",
                   "%s changed this draft at %s (it is revision %d now); look at it again, then "
                   "make your change",
                   known ? by.name : "somebody else", ov_time_format(there->edited_at_us, at),
                   there->revision);
}

static enum ov_status edit(struct service *service, const struct actor *actor,
                           const struct ov_id *id, int revision,
                           const struct deployment_application *filled, struct deployment *row,
                           struct ov_error *err)
{
    struct deployment_camera cameras[DEPLOYMENT_CAMERAS_MAX];
    struct ov_error inner = OV_ERROR_INIT;
    struct notice notice = {.revision = revision + 1};
    enum ov_status status = store_deployment_get(service->store, id, true, row, err);
    if (status == OV_OK && row->state != DEPLOYMENT_DRAFT)
        status = ov_fail(err, OV_ERR_STATE, "deployment.not_a_draft",
                         "the deployment is %s; what was applied for does not change any more. "
                         "Cancel it and apply anew, or propose a change of its settings",
                         deployment_state_name(row->state));
    if (status == OV_OK && row->revision != revision)
        status = changed_meanwhile(service, row, err);
    if (status == OV_OK)
        status = write_documents(service, filled, row, cameras, &notice, err);
    if (status == OV_OK)
        status = check_policy_in_force(service, row, err);
    if (status != OV_OK)
        return status;
    row->revision++;
    row->edited_by = actor->principal.id;
    row->edited_at_us = act_now_us(service);
    status = store_deployment_edit(service->store, row, cameras, filled->camera_count, &inner);
    status = told(status, &inner, err);
    if (status == OV_OK)
        status = store_notice_add(service->store, &row->id, &notice, err);
    return status == OV_OK ? write_event(service, "deployment.edited", actor, row, err) : status;
}

enum ov_status service_deployment_edit(struct service *service, const struct actor *actor,
                                       const struct ov_id *id, int revision,
                                       const struct deployment_application *application,
                                       struct deployment *ret, struct ov_error *err)
{
    struct deployment_application filled;
    struct deployment row;
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_DRAFT, err);
    if (status == OV_OK)
        status = check_application(application, act_now_us(service), &filled, err);
    if (status == OV_OK)
        status = check_complete(&filled, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = act_end(service, edit(service, actor, id, revision, &filled, &row, err), err);
    if (status == OV_OK)
        *ret = row;
    return status;
}

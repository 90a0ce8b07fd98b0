/* Signs: the crew has seen them at each camera, or nothing operational goes live. */
#include "server/service/act.h"
#include "server/service/permissions.h"
#include "server/service/settings_change.h"
#include "server/store/people.h"

static enum ov_status confirm(struct service *service, const struct actor *actor,
                              const struct ov_id *deployment_id, const char *site_name,
                              const char *camera, struct ov_error *err)
{
    struct site site;
    struct ov_error inner = OV_ERROR_INIT;
    bool is_new = false;
    int64_t now_us = act_now_us(service);
    enum ov_status status = store_site_by_name(service->store, site_name, &site, &inner);
    if (status == OV_ERR_NOT_FOUND)
        return ov_fail(err, OV_ERR_NOT_FOUND, "deployment.camera_unknown",
                       "the deployment has no such camera; its settings name them");
    if (status != OV_OK)
        return ov_fail(err, inner.status, inner.code, "%s", inner.text);
    status = store_sign_add(service->store, deployment_id, &site.id, camera, &actor->principal.id,
                            now_us, &is_new, err);
    if (status != OV_OK || !is_new)
        return status;
    struct audit_event *event = audit_event_new("signs.confirmed", actor, now_us);
    audit_event_deployment(event, deployment_id);
    audit_event_object(event, "site", &site.id);
    audit_event_code(event, "camera", camera);
    return audit_event_write(service->store, event, err);
}

enum ov_status service_signs_confirm(struct service *service, const struct actor *actor,
                                     const struct ov_id *deployment_id, const char *site_name,
                                     const char *camera, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_CONFIRM_SIGNS, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    return status == OV_OK
               ? act_end(service, confirm(service, actor, deployment_id, site_name, camera, err),
                         err)
               : status;
}

enum ov_status service_signs_check(struct service *service, const struct deployment *deployment,
                                   struct ov_error *err)
{
    char camera[OV_CAMERA_NAME_SIZE];
    size_t missing = 0;
    if (deployment->kind == DEPLOYMENT_EXERCISE)
        return OV_OK;
    enum ov_status status =
        store_sign_missing(service->store, &deployment->id, &missing, camera, err);
    if (status == OV_OK && missing > 0)
        status = ov_fail(err, OV_ERR_STATE, "deployment.signs_missing",
                         "nobody has confirmed the signs at camera %s (%zu cameras in all); the "
                         "crew does, with 'overtctl deployment signs'",
                         camera, missing);
    return status;
}

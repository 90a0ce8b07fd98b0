/* Refusing and cancelling: an application or an authorisation ends, with reasons and no signature.
 */
#include "server/service/check.h"
#include "server/service/decision_check.h"
#include "server/service/lifecycle.h"
#include "server/service/permissions.h"
#include "server/service/service.h"
#include "server/service/steps.h"

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
        status = decision_check_person(actor, ret, err);
    if (status == OV_OK && decision_awaits_writing(ret))
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
    enum ov_status status = check_why(reasons, "deployment.reasons", "why", err);
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

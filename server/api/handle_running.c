/* /v1/deployments/{deployment}/...: what happens while one runs. On a worker's thread. */
#include "server/api/handle_deployments.h"
#include "server/api/json_in.h"
#include "server/service/pause.h"

enum ov_status handle_deployment_pause(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct deployment deployment;
    struct json_in_member reason = {"reason", JSON_IN_STRING, false, NULL};
    json_t *root = NULL;
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, &reason, 1, &root, err);
    if (status != OV_OK)
        return status;
    status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = service_deployment_pause(
            call->service, call->actor, &deployment.id,
            reason.value != NULL ? json_string_value(reason.value) : "manual", &deployment, err);
    json_decref(root);
    return status != OV_OK ? status : deployment_reply(call, 200, &deployment, err);
}

enum ov_status handle_deployment_resume(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct deployment deployment;
    enum ov_status status = json_in_nothing(request, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status =
            service_deployment_resume(call->service, call->actor, &deployment.id, &deployment, err);
    return status != OV_OK ? status : deployment_reply(call, 200, &deployment, err);
}

/* /v1/deployments/{deployment}/...: starting, pausing, resuming, stopping. On a worker's thread. */
#include "server/api/handle_deployments.h"
#include "server/api/json_in.h"
#include "server/service/deployments.h"
#include "server/service/pause.h"

typedef enum ov_status (*plain_act)(struct service *, const struct actor *, const struct ov_id *,
                                    struct deployment *, struct ov_error *);
typedef enum ov_status (*act_for_reason)(struct service *, const struct actor *,
                                         const struct ov_id *, const char *reason_code,
                                         struct deployment *, struct ov_error *);

static enum ov_status run(struct call *call, plain_act act, struct ov_error *err)
{
    struct deployment deployment;
    enum ov_status status = json_in_nothing(call->request, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = act(call->service, call->actor, &deployment.id, &deployment, err);
    return status != OV_OK ? status : deployment_reply(call, 200, &deployment, err);
}

static enum ov_status run_for_reason(struct call *call, act_for_reason act, struct ov_error *err)
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
        status = act(call->service, call->actor, &deployment.id,
                     reason.value != NULL ? json_string_value(reason.value) : "manual", &deployment,
                     err);
    json_decref(root);
    return status != OV_OK ? status : deployment_reply(call, 200, &deployment, err);
}

enum ov_status handle_deployment_start(struct call *call, struct ov_error *err)
{
    return run(call, service_deployment_start, err);
}

enum ov_status handle_deployment_pause(struct call *call, struct ov_error *err)
{
    return run_for_reason(call, service_deployment_pause, err);
}

enum ov_status handle_deployment_resume(struct call *call, struct ov_error *err)
{
    return run(call, service_deployment_resume, err);
}

enum ov_status handle_deployment_stop(struct call *call, struct ov_error *err)
{
    return run_for_reason(call, service_deployment_stop, err);
}

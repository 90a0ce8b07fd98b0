/* /v1/deployments/{deployment}/duty: who is there. On a worker's thread. */
#include "server/api/handle_deployments.h"
#include "server/api/json_in.h"
#include "server/api/reply.h"
#include "server/service/duty.h"

struct duty_list {
    struct names *names;
    json_t *array;
    struct ov_error *err;
};

static enum ov_status on_duty(void *ctx, const struct duty *duty)
{
    struct duty_list *list = ctx;
    json_t *one = json_pack("{so ss so so so sb}", "person",
                            names_principal(list->names, &duty->person_id, list->err), "role",
                            role_name(duty->role), "since", reply_time(duty->since_us), "last_seen",
                            reply_time(duty->last_seen_us), "until", reply_time(duty->until_us),
                            "may_act", duty->may_act);
    if (json_array_append_new(list->array, one) != 0)
        return list->err->status != OV_OK ? list->err->status : OV_ERR_NOMEM;
    return OV_OK;
}

/* Takes the array. */
static enum ov_status reply_presence(struct call *call, const struct deployment *deployment,
                                     json_t *take_array, struct ov_error *err)
{
    struct duty_presence presence = {0, 0};
    int heartbeat_s = 0;
    enum ov_status status =
        service_duty_presence(call->service, deployment, &presence, &heartbeat_s, err);
    if (status != OV_OK) {
        json_decref(take_array);
        return status;
    }
    json_t *body = json_pack("{so s{sI sI} si}", "duties", take_array, "present", "adjudicators",
                             (json_int_t)presence.adjudicators, "engagement_officers",
                             (json_int_t)presence.engagement_officers, "heartbeat_s", heartbeat_s);
    return reply_json(call->request, 200, body, err);
}

static enum ov_status reply_duty(struct call *call, const struct deployment *deployment,
                                 struct ov_error *err)
{
    struct names names;
    names_init(&names, call);
    struct duty_list list = {&names, json_array(), err};
    enum ov_status status =
        service_duty_each(call->service, call->actor, &deployment->id, on_duty, &list, err);
    names_done(&names);
    if (status != OV_OK) {
        json_decref(list.array);
        return status;
    }
    return reply_presence(call, deployment, list.array, err);
}

enum ov_status handle_duty_list(struct call *call, struct ov_error *err)
{
    struct deployment deployment;
    enum ov_status status = deployment_of_path(call, &deployment, err);
    return status == OV_OK ? reply_duty(call, &deployment, err) : status;
}

enum { IN_ROLE, IN_TO, IN_COUNT };

/* What all of them are given: the deployment, and a role. root keeps the members alive. */
struct duty_input {
    struct deployment deployment;
    enum role role;
    struct json_in_member members[IN_COUNT];
    json_t *root;
};

static enum ov_status read_input(struct call *call, size_t members, struct duty_input *input,
                                 struct ov_error *err)
{
    struct request *request = call->request;
    input->members[IN_ROLE] = (struct json_in_member){"role", JSON_IN_STRING, true, NULL};
    input->members[IN_TO] = (struct json_in_member){"to", JSON_IN_STRING, true, NULL};
    input->root = NULL;
    enum ov_status status = json_in_read(request, request->body.data, request->body.size,
                                         input->members, members, &input->root, err);
    if (status != OV_OK)
        return status;
    status = service_duty_role(json_string_value(input->members[IN_ROLE].value), &input->role, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &input->deployment, err);
    return status;
}

enum ov_status handle_duty_take(struct call *call, struct ov_error *err)
{
    struct duty_input input;
    enum ov_status status = read_input(call, 1, &input, err);
    if (status == OV_OK)
        status =
            service_duty_take(call->service, call->actor, &input.deployment.id, input.role, err);
    if (status == OV_OK)
        status = reply_duty(call, &input.deployment, err);
    json_decref(input.root);
    return status;
}

enum ov_status handle_duty_heartbeat(struct call *call, struct ov_error *err)
{
    struct duty_input input;
    int heartbeat_s = 0;
    enum ov_status status = read_input(call, 1, &input, err);
    if (status == OV_OK)
        status = service_duty_heartbeat(call->service, call->actor, &input.deployment.id,
                                        input.role, &heartbeat_s, err);
    if (status == OV_OK)
        status = reply_json(call->request, 200, json_pack("{si}", "heartbeat_s", heartbeat_s), err);
    json_decref(input.root);
    return status;
}

enum ov_status handle_duty_end(struct call *call, struct ov_error *err)
{
    struct duty_input input;
    enum ov_status status = read_input(call, 1, &input, err);
    if (status == OV_OK)
        status =
            service_duty_end(call->service, call->actor, &input.deployment.id, input.role, err);
    if (status == OV_OK)
        status = reply_duty(call, &input.deployment, err);
    json_decref(input.root);
    return status;
}

enum ov_status handle_duty_hand_over(struct call *call, struct ov_error *err)
{
    struct duty_input input;
    enum ov_status status = read_input(call, 2, &input, err);
    if (status == OV_OK)
        status =
            service_duty_hand_over(call->service, call->actor, &input.deployment.id, input.role,
                                   json_string_value(input.members[IN_TO].value), err);
    if (status == OV_OK)
        status = reply_duty(call, &input.deployment, err);
    json_decref(input.root);
    return status;
}

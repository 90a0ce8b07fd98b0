/* /v1/policies. On a worker's thread. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "server/api/json_in.h"
#include "server/api/names.h"
#include "server/api/reply.h"
#include "server/api/signature_in.h"
#include "server/api/to_sign.h"
#include "server/service/policy.h"
#include "server/service/policy_fields.h"

/* --- out ----------------------------------------------------------------------------------- */

static json_t *codes_json(const struct policy_codes *codes)
{
    json_t *array = json_array();
    for (size_t i = 0; i < codes->count; i++)
        if (json_array_append_new(array, json_string(codes->codes[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *floors_json(const struct policy *policy)
{
    json_t *array = json_array();
    for (size_t i = 0; i < policy->floor_count; i++) {
        json_t *floor =
            json_pack("{so so}", "model_digest",
                      reply_digest(policy->floors[i].model_digest, OV_DIGEST_BYTES),
                      "threshold_floor", reply_score(policy->floors[i].threshold_floor));
        if (json_array_append_new(array, floor) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *policy_json(struct names *names, const struct policy *policy, struct ov_error *err)
{
    json_t *json =
        json_pack("{si si ss so so so so so so so so so so}", "version", policy->version,
                  "base_version", policy->base_version, "state", policy_state_name(policy->state),
                  "categories", codes_json(&policy->categories), "operational_locations",
                  codes_json(&policy->operational_locations), "exercise_locations",
                  codes_json(&policy->exercise_locations), "threshold_floor",
                  reply_score(policy->threshold_floor), "threshold_floors", floors_json(policy),
                  "document_digest", reply_digest(policy->document_digest, OV_DIGEST_BYTES),
                  "proposed_by", names_principal(names, &policy->proposed_by, err), "proposed_at",
                  reply_time(policy->proposed_at_us), "decided_by",
                  names_principal(names, &policy->decided_by, err), "decided_at",
                  reply_time(policy->decided_at_us));
    for (size_t i = 0; i < POLICY_FIELD_COUNT && json != NULL; i++) {
        const struct policy_field *field = &policy_fields()[i];
        int value = policy_field_get(policy, field);
        json_t *member = field->yes_no ? json_boolean(value) : json_integer(value);
        if (json_object_set_new(json, field->name, member) != 0) {
            json_decref(json);
            json = NULL;
        }
    }
    return json;
}

static enum ov_status reply_policy(struct call *call, int http_status, const struct policy *policy,
                                   struct ov_error *err)
{
    struct names names;
    names_init(&names, call);
    json_t *json = policy_json(&names, policy, err);
    names_done(&names);
    if (json == NULL && err->status != OV_OK)
        return err->status;
    return reply_json(call->request, http_status, json, err);
}

/* --- in ------------------------------------------------------------------------------------ */

static enum ov_status refuse_field(struct request *request, const char *field, const char *what,
                                   struct ov_error *err)
{
    (void)snprintf(request->field, sizeof(request->field), "%s", field);
    return ov_fail(err, OV_ERR_INVALID, "policy.code", "%s: %s", field, what);
}

static enum ov_status read_codes(struct request *request, const struct json_in_member *member,
                                 struct policy_codes *ret, struct ov_error *err)
{
    for (size_t i = 0; i < json_array_size(member->value); i++)
        if (!policy_codes_add(ret, json_string_value(json_array_get(member->value, i))))
            return refuse_field(request, member->name,
                                "name 1 to 16 codes, each of 1 to 40 of a-z and '_'", err);
    return OV_OK;
}

static enum ov_status read_floors(struct request *request, json_t *list, struct policy *ret,
                                  struct ov_error *err)
{
    if (json_array_size(list) > POLICY_FLOORS_MAX)
        return refuse_field(request, "threshold_floors", "at most 16 models have one of their own",
                            err);
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct json_in_member members[] = {{"model_digest", JSON_IN_STRING, true, NULL},
                                           {"threshold_floor", JSON_IN_NUMBER, true, NULL}};
        struct policy_floor *floor = &ret->floors[ret->floor_count++];
        json_t *item = json_array_get(list, i);
        if (!json_is_object(item))
            return refuse_field(request, "threshold_floors", "each is an object", err);
        enum ov_status status = json_in_members(request, item, members, 2, err);
        if (status != OV_OK)
            return status;
        if (ov_hex_decode(json_string_value(members[0].value), floor->model_digest,
                          OV_DIGEST_BYTES))
            return refuse_field(request, "threshold_floors",
                                "a model's digest is 64 hexadecimal digits", err);
        floor->threshold_floor = (float)json_number_value(members[1].value);
    }
    return OV_OK;
}

#define OTHER_MEMBERS 6

static enum ov_status read_policy(struct request *request, json_t *object, struct policy *ret,
                                  struct ov_error *err)
{
    struct json_in_member members[OTHER_MEMBERS + POLICY_FIELD_COUNT] = {
        {"base_version", JSON_IN_INTEGER, true, NULL},
        {"categories", JSON_IN_STRINGS, true, NULL},
        {"operational_locations", JSON_IN_STRINGS, true, NULL},
        {"exercise_locations", JSON_IN_STRINGS, true, NULL},
        {"threshold_floor", JSON_IN_NUMBER, true, NULL},
        {"threshold_floors", JSON_IN_ARRAY, true, NULL},
    };
    const struct policy_field *fields = policy_fields();
    for (size_t i = 0; i < POLICY_FIELD_COUNT; i++)
        members[OTHER_MEMBERS + i] = (struct json_in_member){
            fields[i].name, fields[i].yes_no ? JSON_IN_BOOL : JSON_IN_INTEGER, true, NULL};
    memset(ret, 0, sizeof(*ret));
    enum ov_status status =
        json_in_members(request, object, members, OTHER_MEMBERS + POLICY_FIELD_COUNT, err);
    if (status != OV_OK)
        return status;
    for (size_t i = 0; i < POLICY_FIELD_COUNT; i++) {
        const json_t *value = members[OTHER_MEMBERS + i].value;
        json_int_t number =
            json_is_boolean(value) ? json_is_true(value) : json_integer_value(value);
        policy_field_set(ret, &fields[i], number < -1 || number > INT32_MAX ? -1 : (int)number);
    }
    json_int_t base = json_integer_value(members[0].value);
    ret->base_version = base < 0 || base > INT32_MAX ? -1 : (int)base;
    ret->threshold_floor = (float)json_number_value(members[4].value);
    status = read_codes(request, &members[1], &ret->categories, err);
    if (status == OV_OK)
        status = read_codes(request, &members[2], &ret->operational_locations, err);
    if (status == OV_OK)
        status = read_codes(request, &members[3], &ret->exercise_locations, err);
    return status == OV_OK ? read_floors(request, members[5].value, ret, err) : status;
}

/* {"policy":{...},"signature":{...}}; the caller decrefs the root. */
static enum ov_status read_proposal(struct request *request, struct policy *policy,
                                    struct signature_in *in, const struct signature **signature,
                                    json_t **ret_root, struct ov_error *err)
{
    struct json_in_member members[] = {{"policy", JSON_IN_OBJECT, true, NULL},
                                       {"signature", JSON_IN_OBJECT, false, NULL}};
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, members, 2, ret_root, err);
    if (status != OV_OK)
        return status;
    status = read_policy(request, members[0].value, policy, err);
    if (status == OV_OK)
        status = signature_in_read(request, members[1].value, in, signature, err);
    if (status != OV_OK)
        json_decref(*ret_root);
    return status;
}

/* "in-force" is 0; anything else that is no version is one that there is not. */
static int version_of_path(const struct request *request)
{
    int64_t version = -1;
    if (strcmp(request->segments[2], "in-force") == 0)
        return 0;
    return ov_parse_i64(request->segments[2], 1, INT32_MAX, &version) == OV_OK ? (int)version : -1;
}

/* A rule's name is the member it is about: policy.<member>. */
static void set_field_of(struct request *request, const struct ov_error *err)
{
    if (request->field[0] == '\0' && err->status == OV_ERR_INVALID &&
        strncmp(err->code, "policy.", 7) == 0)
        (void)snprintf(request->field, sizeof(request->field), "%s", err->code + 7);
}

/* --- handlers ------------------------------------------------------------------------------ */

struct policy_list {
    struct policy *items;
    size_t count;
};

static enum ov_status on_policy(void *ctx, const struct policy *policy)
{
    struct policy_list *list = ctx;
    struct policy *more = reallocarray(list->items, list->count + 1, sizeof(*more));
    if (more == NULL)
        return OV_ERR_NOMEM;
    list->items = more;
    list->items[list->count++] = *policy;
    return OV_OK;
}

enum ov_status handle_policy_list(struct call *call, struct ov_error *err)
{
    struct policy_list list = {NULL, 0};
    enum ov_status status = service_policy_each(call->service, call->actor, on_policy, &list, err);
    struct names names;
    names_init(&names, call);
    json_t *policies = json_array();
    for (size_t i = 0; i < list.count && status == OV_OK; i++)
        if (json_array_append_new(policies, policy_json(&names, &list.items[i], err)) != 0)
            status = err->status != OV_OK ? err->status
                                          : ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    names_done(&names);
    free(list.items);
    if (status != OV_OK) {
        json_decref(policies);
        return status;
    }
    return reply_json(call->request, 200, json_pack("{so}", "policies", policies), err);
}

enum ov_status handle_policy_get(struct call *call, struct ov_error *err)
{
    struct policy policy;
    enum ov_status status = service_policy_show(call->service, call->actor,
                                                version_of_path(call->request), &policy, err);
    return status == OV_OK ? reply_policy(call, 200, &policy, err) : status;
}

enum ov_status handle_policy_draft(struct call *call, struct ov_error *err)
{
    struct policy policy;
    struct signature_in in;
    const struct signature *signature = NULL;
    json_t *root = NULL;
    enum ov_status status = read_proposal(call->request, &policy, &in, &signature, &root, err);
    if (status != OV_OK)
        return status;
    json_decref(root);
    struct to_sign to_sign = {.document = OV_BUF_INIT};
    status = service_policy_draft(call->service, call->actor, &policy, &to_sign, err);
    if (status == OV_OK)
        return to_sign_reply(call->request, "policy", &to_sign, err);
    ov_buf_free(&to_sign.document);
    set_field_of(call->request, err);
    return status;
}

enum ov_status handle_policy_propose(struct call *call, struct ov_error *err)
{
    struct policy policy;
    struct policy made;
    struct signature_in in;
    const struct signature *signature = NULL;
    json_t *root = NULL;
    enum ov_status status = read_proposal(call->request, &policy, &in, &signature, &root, err);
    if (status != OV_OK)
        return status;
    status = service_policy_propose(call->service, call->actor, &policy, signature, &made, err);
    json_decref(root);
    if (status == OV_OK)
        return reply_policy(call, 201, &made, err);
    set_field_of(call->request, err);
    return status;
}

enum ov_status handle_policy_statement(struct call *call, struct ov_error *err)
{
    struct to_sign to_sign = {.document = OV_BUF_INIT};
    enum ov_status status = service_policy_approval(call->service, call->actor,
                                                    version_of_path(call->request), &to_sign, err);
    if (status == OV_OK)
        return to_sign_reply(call->request, "policy", &to_sign, err);
    ov_buf_free(&to_sign.document);
    return status;
}

enum ov_status handle_policy_approve(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct signature_in in;
    const struct signature *signature = NULL;
    struct policy policy;
    json_t *root = NULL;
    enum ov_status status = signature_in_body(request, &in, &signature, &root, err);
    if (status == OV_OK)
        status = service_policy_approve(call->service, call->actor, version_of_path(request),
                                        signature, &policy, err);
    json_decref(root);
    return status == OV_OK ? reply_policy(call, 200, &policy, err) : status;
}

enum ov_status handle_policy_refuse(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct policy policy;
    enum ov_status status = json_in_nothing(request, err);
    if (status != OV_OK)
        return status;
    status =
        service_policy_refuse(call->service, call->actor, version_of_path(request), &policy, err);
    return status == OV_OK ? reply_policy(call, 200, &policy, err) : status;
}

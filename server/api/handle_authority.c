/* /v1/deployments: drafts, signed acts, decisions, documents. On a worker's thread. */
#include <string.h>

#include "common/base/bytes.h"
#include "server/api/application_in.h"
#include "server/api/handle_deployments.h"
#include "server/api/json_in.h"
#include "server/api/reply.h"
#include "server/api/signature_in.h"
#include "server/service/deployments.h"
#include "server/service/notice.h"

/* --- drafts --- */

enum ov_status handle_deployment_create(struct call *call, struct ov_error *err)
{
    struct application_in in;
    struct deployment deployment;
    enum ov_status status = application_in_read(call->request, false, &in, err);
    if (status == OV_OK)
        status = service_deployment_create(call->service, call->actor, &in.application, &deployment,
                                           err);
    if (status != OV_OK)
        application_in_explain(call->request, &in, err);
    json_decref(in.root);
    return status != OV_OK ? status : deployment_reply(call, 201, &deployment, err);
}

enum ov_status handle_deployment_edit(struct call *call, struct ov_error *err)
{
    struct application_in in;
    struct deployment deployment;
    enum ov_status status = application_in_read(call->request, true, &in, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = service_deployment_edit(call->service, call->actor, &deployment.id, in.revision,
                                         &in.application, &deployment, err);
    if (status != OV_OK)
        application_in_explain(call->request, &in, err);
    json_decref(in.root);
    return status != OV_OK ? status : deployment_reply(call, 200, &deployment, err);
}

/* --- what is to be signed --- */

enum { IN_NECESSITY, IN_PROPORTIONALITY, IN_CONDITIONS, REASON_COUNT };

/* An officer's reasons: the first members of what is read. */
static void expect_reasons(struct json_in_member *members)
{
    members[IN_NECESSITY] = (struct json_in_member){"necessity", JSON_IN_STRING, false, NULL};
    members[IN_PROPORTIONALITY] =
        (struct json_in_member){"proportionality", JSON_IN_STRING, false, NULL};
    members[IN_CONDITIONS] = (struct json_in_member){"conditions", JSON_IN_STRING, false, NULL};
}

static struct deployment_reasons reasons_of(const struct json_in_member *members)
{
    return (struct deployment_reasons){json_string_value(members[IN_NECESSITY].value),
                                       json_string_value(members[IN_PROPORTIONALITY].value),
                                       json_string_value(members[IN_CONDITIONS].value)};
}

static json_t *to_sign_json(const struct deployment_to_sign *to_sign)
{
    json_t *documents = json_array();
    for (size_t i = 0; i < to_sign->document_count; i++)
        (void)json_array_append_new(
            documents,
            json_pack("{ss so ss}", "kind", to_sign->documents[i].kind, "digest",
                      reply_digest(to_sign->documents[i].digest, OV_DIGEST_BYTES), "body",
                      to_sign->documents[i].body.data != NULL ? to_sign->documents[i].body.data
                                                              : ""));
    return json_pack("{ss so}", "statement", to_sign->statement.text, "documents", documents);
}

enum { IN_ACT = REASON_COUNT, IN_REASON, STATEMENT_COUNT };

static enum ov_status make_statement(struct call *call, const struct json_in_member *members,
                                     const struct ov_id *id, struct deployment_to_sign *to_sign,
                                     struct ov_error *err)
{
    const char *act = json_string_value(members[IN_ACT].value);
    struct deployment_reasons reasons = reasons_of(members);
    if (strcmp(act, "deployment.apply") == 0)
        return service_deployment_apply_statement(call->service, call->actor, id, to_sign, err);
    if (strcmp(act, "deployment.authorise") == 0)
        return service_deployment_authorise_statement(call->service, call->actor, id, &reasons,
                                                      to_sign, err);
    if (strcmp(act, "notice.waive") == 0)
        return service_notice_waive_statement(call->service, call->actor, id,
                                              json_string_value(members[IN_REASON].value), to_sign,
                                              err);
    memcpy(call->request->field, "act", sizeof("act"));
    return ov_fail(err, OV_ERR_INVALID, "deployment.act",
                   "the act has to be deployment.apply, deployment.authorise or notice.waive");
}

enum ov_status handle_deployment_statement(struct call *call, struct ov_error *err)
{
    struct json_in_member members[STATEMENT_COUNT] = {
        [IN_ACT] = {"act", JSON_IN_STRING, true, NULL},
        [IN_REASON] = {"reason", JSON_IN_STRING, false, NULL}};
    struct request *request = call->request;
    struct deployment deployment;
    struct deployment_to_sign to_sign = {.document_count = 0};
    json_t *root = NULL;
    expect_reasons(members);
    enum ov_status status = json_in_read(request, request->body.data, request->body.size, members,
                                         STATEMENT_COUNT, &root, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = make_statement(call, members, &deployment.id, &to_sign, err);
    if (status == OV_OK)
        status = reply_json(request, 200, to_sign_json(&to_sign), err);
    deployment_to_sign_done(&to_sign);
    json_decref(root);
    return status;
}

/* --- signed acts --- */

enum ov_status handle_deployment_apply(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct signature_in in;
    const struct signature *signature = NULL;
    struct deployment deployment;
    json_t *root = NULL;
    enum ov_status status = signature_in_body(request, &in, &signature, &root, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = service_deployment_apply(call->service, call->actor, &deployment.id, signature,
                                          &deployment, err);
    json_decref(root);
    return status != OV_OK ? status : deployment_reply(call, 200, &deployment, err);
}

enum { IN_SIGNATURE = REASON_COUNT, AUTHORISE_COUNT };

enum ov_status handle_deployment_authorise(struct call *call, struct ov_error *err)
{
    struct json_in_member members[AUTHORISE_COUNT] = {
        [IN_SIGNATURE] = {"signature", JSON_IN_OBJECT, false, NULL}};
    struct request *request = call->request;
    struct deployment_reasons reasons;
    struct signature_in in;
    const struct signature *signature = NULL;
    struct deployment deployment;
    json_t *root = NULL;
    expect_reasons(members);
    enum ov_status status = json_in_read(request, request->body.data, request->body.size, members,
                                         AUTHORISE_COUNT, &root, err);
    if (status == OV_OK)
        status = signature_in_read(request, members[IN_SIGNATURE].value, &in, &signature, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    reasons = reasons_of(members);
    if (status == OV_OK)
        status = service_deployment_authorise(call->service, call->actor, &deployment.id, &reasons,
                                              signature, &deployment, err);
    json_decref(root);
    return status != OV_OK ? status : deployment_reply(call, 200, &deployment, err);
}

/* --- decisions with reasons --- */

typedef enum ov_status (*decision)(struct service *, const struct actor *, const struct ov_id *,
                                   const char *, struct deployment *, struct ov_error *);

static enum ov_status decide(struct call *call, decision act, struct ov_error *err)
{
    struct request *request = call->request;
    struct json_in_member member = {"reasons", JSON_IN_STRING, true, NULL};
    struct deployment deployment;
    json_t *root = NULL;
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, &member, 1, &root, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = act(call->service, call->actor, &deployment.id, json_string_value(member.value),
                     &deployment, err);
    json_decref(root);
    return status != OV_OK ? status : deployment_reply(call, 200, &deployment, err);
}

enum ov_status handle_deployment_refuse(struct call *call, struct ov_error *err)
{
    return decide(call, service_deployment_refuse, err);
}

enum ov_status handle_deployment_cancel(struct call *call, struct ov_error *err)
{
    return decide(call, service_deployment_cancel, err);
}

enum ov_status handle_deployment_oral(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct json_in_member members[] = {{"officer", JSON_IN_STRING, true, NULL},
                                       {"reasons", JSON_IN_STRING, true, NULL}};
    struct deployment deployment;
    json_t *root = NULL;
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, members, 2, &root, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = service_deployment_record_oral(
            call->service, call->actor, &deployment.id, json_string_value(members[0].value),
            json_string_value(members[1].value), &deployment, err);
    json_decref(root);
    return status != OV_OK ? status : deployment_reply(call, 200, &deployment, err);
}

/* --- documents --- */

static enum ov_status on_document(void *ctx, const struct document *document)
{
    json_t **ret = ctx;
    json_t *parsed = json_loadb(document->body.data, document->body.size, 0, NULL);
    *ret = json_pack("{ss so so ss# so}", "kind", document->kind, "digest",
                     reply_digest(document->digest, OV_DIGEST_BYTES), "written_at",
                     reply_time(document->written_at_us), "body", document->body.data,
                     (int)document->body.size, "document", parsed);
    return *ret != NULL ? OV_OK : OV_ERR_NOMEM;
}

enum ov_status handle_deployment_document(struct call *call, struct ov_error *err)
{
    struct deployment deployment;
    uint8_t digest[OV_DIGEST_BYTES];
    json_t *json = NULL;
    enum ov_status status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK &&
        ov_hex_decode(call->request->segments[4], digest, sizeof(digest)) != OV_OK)
        status = ov_fail(err, OV_ERR_NOT_FOUND, "document.unknown",
                         "a document is named by its SHA-256, 64 hex digits");
    if (status == OV_OK)
        status = service_deployment_document(call->service, call->actor, &deployment.id, digest,
                                             on_document, &json, err);
    return status != OV_OK ? status : reply_json(call->request, 200, json, err);
}

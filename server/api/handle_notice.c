/* /v1/deployments/{deployment}/notice. On a worker's thread. */
#include <stdio.h>
#include <string.h>

#include "common/base/bytes.h"
#include "server/api/handle_deployments.h"
#include "server/api/json_in.h"
#include "server/api/names.h"
#include "server/api/reply.h"
#include "server/api/signature_in.h"
#include "server/service/notice.h"

static json_t *notice_json(struct call *call, const struct notice *notice, struct ov_error *err)
{
    struct names names;
    names_init(&names, call);
    json_t *json = json_pack(
        "{si so so so so so so so}", "revision", notice->revision, "page_digest",
        reply_digest(notice->page_digest, OV_DIGEST_BYTES), "document_digest",
        reply_digest(notice->document_digest, OV_DIGEST_BYTES), "published_by",
        names_principal(&names, &notice->published_by, err), "published_at",
        reply_time(notice->published_at_us), "waived_by",
        names_principal(&names, &notice->waived_by, err), "waived_at",
        reply_time(notice->waived_at_us), "waiver_digest",
        notice->waived ? reply_digest(notice->waiver_digest, OV_DIGEST_BYTES) : json_null());
    names_done(&names);
    return json;
}

static enum ov_status reply_notice(struct call *call, int http_status, const struct notice *notice,
                                   struct ov_error *err)
{
    json_t *json = notice_json(call, notice, err);
    if (json == NULL && err->status != OV_OK)
        return err->status;
    return reply_json(call->request, http_status, json, err);
}

/* The part's lines as they stand in the document, joined to the bytes they were. */
static json_t *part_html(const struct ov_buf *document, const char *part)
{
    struct ov_buf html = OV_BUF_INIT;
    json_t *root = json_loadb(document->data, document->length, 0, NULL);
    const json_t *line = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(root, part), i, line)
    {
        ov_buf_append(&html, json_string_value(line), json_string_length(line));
        ov_buf_puts(&html, "\n");
    }
    json_t *text = html.failed || html.length == 0 ? NULL : json_stringn(html.data, html.length);
    json_decref(root);
    ov_buf_free(&html);
    return text;
}

static const char *part_of_query(struct request *request)
{
    const char *part = request_query_value(request, "part");
    if (part == NULL)
        return notice_part_name(NOTICE_PAGE);
    for (int i = 0; i < NOTICE_PART_COUNT; i++)
        if (strcmp(part, notice_part_name((enum notice_part)i)) == 0)
            return notice_part_name((enum notice_part)i);
    return NULL;
}

enum ov_status handle_notice_get(struct call *call, struct ov_error *err)
{
    static const char *const parameters[] = {"part", NULL};
    struct deployment deployment;
    struct notice notice;
    struct ov_buf document = OV_BUF_INIT;
    enum ov_status status = request_check_query(call->request, parameters, err);
    const char *part = status == OV_OK ? part_of_query(call->request) : NULL;
    if (status == OV_OK && part == NULL) {
        (void)snprintf(call->request->field, sizeof(call->request->field), "part");
        status = ov_fail(err, OV_ERR_INVALID, "request.parameter", "part is page, sign or leaflet");
    }
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status =
            service_notice_get(call->service, call->actor, &deployment.id, &notice, &document, err);
    json_t *json = status == OV_OK ? notice_json(call, &notice, err) : NULL;
    if (json != NULL && (json_object_set_new(json, "part", json_string(part)) != 0 ||
                         json_object_set_new(json, "html", part_html(&document, part)) != 0)) {
        json_decref(json);
        json = NULL;
    }
    ov_buf_free(&document);
    if (err->status != OV_OK) {
        json_decref(json);
        return err->status;
    }
    return reply_json(call->request, 200, json, err);
}

enum ov_status handle_notice_publish(struct call *call, struct ov_error *err)
{
    struct json_in_member members[] = {{"page_digest", JSON_IN_STRING, true, NULL},
                                       {"url", JSON_IN_STRING, true, NULL}};
    struct request *request = call->request;
    struct deployment deployment;
    struct notice notice;
    uint8_t digest[OV_DIGEST_BYTES];
    json_t *root = NULL;
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, members, 2, &root, err);
    if (status != OV_OK)
        return status;
    if (ov_hex_decode(json_string_value(members[0].value), digest, sizeof(digest)) != OV_OK) {
        (void)snprintf(request->field, sizeof(request->field), "page_digest");
        status = ov_fail(err, OV_ERR_INVALID, "notice.digest",
                         "the page's digest is 64 hexadecimal digits");
    }
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = service_notice_publish(call->service, call->actor, &deployment.id, digest,
                                        json_string_value(members[1].value), &notice, err);
    json_decref(root);
    if (status == OV_OK)
        return reply_notice(call, 200, &notice, err);
    if (strcmp(err->code, "notice.url") == 0 || strcmp(err->code, "notice.differs") == 0)
        (void)snprintf(request->field, sizeof(request->field), "%s",
                       strcmp(err->code, "notice.url") == 0 ? "url" : "page_digest");
    return status;
}

enum ov_status handle_notice_waive(struct call *call, struct ov_error *err)
{
    struct json_in_member members[] = {{"reason", JSON_IN_STRING, true, NULL},
                                       {"signature", JSON_IN_OBJECT, false, NULL}};
    struct request *request = call->request;
    struct signature_in in;
    const struct signature *signature = NULL;
    struct deployment deployment;
    struct notice notice;
    json_t *root = NULL;
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, members, 2, &root, err);
    if (status == OV_OK)
        status = signature_in_read(request, members[1].value, &in, &signature, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = service_notice_waive(call->service, call->actor, &deployment.id,
                                      json_string_value(members[0].value), signature, &notice, err);
    json_decref(root);
    return status == OV_OK ? reply_notice(call, 200, &notice, err) : status;
}

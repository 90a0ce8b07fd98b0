/* Notices: made from applications, published, waived. */
#include "server/service/notice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "server/audit/document.h"
#include "server/service/act.h"
#include "server/service/check.h"
#include "server/service/permissions.h"

/* --- making -------------------------------------------------------------------------------- */

/* Local time is that of the server's own zone: it stands where the control room is. */
static int offset_s(int64_t at_us)
{
    struct tm parts;
    time_t seconds = (time_t)(at_us / OV_US_PER_S);
    return localtime_r(&seconds, &parts) != NULL ? (int)parts.tm_gmtoff : 0;
}

/* Line by line: joined again with \n after each they are the same bytes. */
static void add_lines(struct audit_document *document, const char *key, char *text)
{
    char *rest = text;
    audit_document_array(document, key);
    for (char *line = strsep(&rest, "\n"); rest != NULL; line = strsep(&rest, "\n"))
        audit_document_text(document, NULL, line);
    audit_document_end(document);
}

static enum ov_status add_part(struct audit_document *document, enum notice_part part,
                               const struct notice_facts *facts, struct notice *ret,
                               struct ov_error *err)
{
    struct ov_buf html = OV_BUF_INIT;
    enum ov_status status = notice_render(part, facts, &html, err);
    if (status == OV_OK && part == NOTICE_PAGE &&
        EVP_Digest(html.data, html.length, ret->page_digest, NULL, EVP_sha256(), NULL) != 1)
        status = ov_fail(err, OV_ERR_CRYPTO, "notice.digest", "the digest cannot be computed");
    if (status == OV_OK && part == NOTICE_PAGE)
        audit_document_digest(document, "page_digest", ret->page_digest, OV_DIGEST_BYTES);
    if (status == OV_OK)
        add_lines(document, notice_part_name(part), html.data);
    ov_buf_free(&html);
    return status;
}

enum ov_status notice_write(struct service *service, const struct notice_facts *facts,
                            struct notice *ret, struct ov_error *err)
{
    struct notice_facts local = *facts;
    local.starts_offset_s = offset_s(facts->starts_at_us);
    local.ends_offset_s = offset_s(facts->ends_at_us);
    struct audit_document *document = audit_document_new("notice", &facts->deployment_id);
    enum ov_status status = OV_OK;
    for (int part = 0; part < NOTICE_PART_COUNT && status == OV_OK; part++)
        status = add_part(document, (enum notice_part)part, &local, ret, err);
    if (status != OV_OK) {
        audit_document_free(document);
        return status;
    }
    return audit_document_write(service->store, document, ret->document_digest, err);
}

/* --- the gate ------------------------------------------------------------------------------ */

enum ov_status service_notice_check(struct service *service, const struct deployment *deployment,
                                    struct ov_error *err)
{
    struct notice notice;
    if (deployment->kind == DEPLOYMENT_EXERCISE)
        return OV_OK;
    enum ov_status status = store_notice_get(service->store, &deployment->id, &notice, err);
    if (status == OV_OK && !notice.published && !notice.waived)
        status = ov_fail(err, OV_ERR_STATE, "notice.not_published",
                         "the public notice has not been published; publish it and record where "
                         "(overtctl deployment notice NAME --published URL)");
    return status;
}

/* --- people -------------------------------------------------------------------------------- */

static enum ov_status copy_document(void *ctx, const struct document *document)
{
    ov_buf_append(ctx, document->body.data, document->body.size);
    return OV_OK;
}

enum ov_status service_notice_get(struct service *service, const struct actor *actor,
                                  const struct ov_id *deployment_id, struct notice *ret,
                                  struct ov_buf *ret_document, struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_NOTICE_SEE, err);
    if (status == OV_OK)
        status = store_notice_get(service->store, deployment_id, ret, err);
    if (status == OV_OK && ret_document != NULL)
        status = store_document_get(service->store, ret->document_digest, copy_document,
                                    ret_document, err);
    return status;
}

/* Before it has ended there is something to announce. */
static enum ov_status get_open(struct service *service, const struct ov_id *id, bool lock,
                               struct deployment *deployment, struct notice *notice,
                               struct ov_error *err)
{
    enum ov_status status = store_deployment_get(service->store, id, lock, deployment, err);
    if (status == OV_OK && deployment->state == DEPLOYMENT_DRAFT)
        status = ov_fail(err, OV_ERR_STATE, "notice.draft",
                         "the deployment is a draft; its notice is settled when it is applied for");
    if (status == OV_OK)
        status = check_list_open(deployment, err);
    return status == OV_OK ? store_notice_get(service->store, id, notice, err) : status;
}

static enum ov_status write_record(struct service *service, const struct actor *actor,
                                   const char *name, const struct ov_id *id,
                                   const struct notice *notice, const uint8_t *document,
                                   const struct signature *signature, struct ov_error *err)
{
    struct audit_event *event = audit_event_new(name, actor, act_now_us(service));
    audit_event_deployment(event, id);
    audit_event_object(event, "deployment", id);
    audit_event_digest(event, "page", notice->page_digest, OV_DIGEST_BYTES);
    audit_event_digest(event, "document", document, OV_DIGEST_BYTES);
    if (signature != NULL)
        audit_event_signature(event, actor, signature);
    return audit_event_write(service->store, event, err);
}

static enum ov_status publish(struct service *service, const struct actor *actor,
                              const struct ov_id *id, const uint8_t *page_digest, const char *url,
                              struct notice *notice, struct ov_error *err)
{
    struct deployment deployment;
    enum ov_status status = get_open(service, id, true, &deployment, notice, err);
    if (status == OV_OK && memcmp(notice->page_digest, page_digest, OV_DIGEST_BYTES) != 0)
        status = ov_fail(err, OV_ERR_INVALID, "notice.differs",
                         "the page is not the notice of this application; get it anew and publish "
                         "that one, unchanged");
    if (status != OV_OK)
        return status;
    struct audit_document *document = audit_document_new("notice.publication", id);
    audit_document_text(document, "url", url);
    audit_document_digest(document, "page_digest", page_digest, OV_DIGEST_BYTES);
    notice->published_by = actor->principal.id;
    notice->published_at_us = act_now_us(service);
    status = audit_document_write(service->store, document, notice->publication_digest, err);
    if (status == OV_OK)
        status = store_notice_publish(service->store, id, notice, err);
    return status == OV_OK ? write_record(service, actor, "notice.published", id, notice,
                                          notice->publication_digest, NULL, err)
                           : status;
}

enum ov_status service_notice_publish(struct service *service, const struct actor *actor,
                                      const struct ov_id *deployment_id,
                                      const uint8_t page_digest[OV_DIGEST_BYTES], const char *url,
                                      struct notice *ret, struct ov_error *err)
{
    struct notice notice;
    enum ov_status status = check_permission(actor, ACTION_NOTICE_PUBLISH, err);
    if (status == OV_OK && !notice_url_valid(url))
        status = ov_fail(err, OV_ERR_INVALID, "notice.url",
                         "the address of the page has to begin with https:// and to have at most "
                         "300 characters, without blanks and quotes");
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = act_end(service,
                     publish(service, actor, deployment_id, page_digest, url, &notice, err), err);
    return status == OV_OK ? store_notice_get(service->store, deployment_id, ret, err) : status;
}

/* --- waiving ------------------------------------------------------------------------------- */

static enum ov_status check_waiver(const struct actor *actor, const char *reason,
                                   struct ov_error *err)
{
    enum ov_status status = check_permission(actor, ACTION_DEPLOYMENT_AUTHORISE, err);
    return status == OV_OK
               ? check_why(reason, "notice.reason", "why there can be no prior notice", err)
               : status;
}

static enum ov_status check_not_applicant(const struct actor *actor,
                                          const struct deployment *deployment, struct ov_error *err)
{
    if (!ov_id_equal(&deployment->applied_by, &actor->principal.id))
        return OV_OK;
    return ov_fail(err, OV_ERR_DENIED, "notice.same_person",
                   "you applied for this deployment; an authorising officer who did not has to "
                   "decide this");
}

/* The reason, and the statement that names its digest. */
static enum ov_status build_waiver(const struct deployment *deployment, const struct notice *notice,
                                   const char *reason, struct deployment_to_sign *ret,
                                   struct ov_error *err)
{
    struct audit_document *document = audit_document_new("notice.waiver", &deployment->id);
    audit_document_lines(document, "reason", reason);
    ret->document_count = 1;
    (void)snprintf(ret->documents[0].kind, sizeof(ret->documents[0].kind), "notice.waiver");
    enum ov_status status =
        audit_document_finish(document, &ret->documents[0].body, ret->documents[0].digest, err);
    audit_document_free(document);
    signing_begin(&ret->statement, "notice.waive");
    signing_id(&ret->statement, "deployment", &deployment->id);
    signing_digest(&ret->statement, "application", deployment->application_digest, OV_DIGEST_BYTES);
    signing_digest(&ret->statement, "notice", notice->page_digest, OV_DIGEST_BYTES);
    signing_digest(&ret->statement, "reason", ret->documents[0].digest, OV_DIGEST_BYTES);
    return status;
}

enum ov_status service_notice_waive_statement(struct service *service, const struct actor *actor,
                                              const struct ov_id *deployment_id, const char *reason,
                                              struct deployment_to_sign *ret, struct ov_error *err)
{
    struct deployment deployment;
    struct notice notice;
    enum ov_status status = check_waiver(actor, reason, err);
    if (status == OV_OK)
        status = get_open(service, deployment_id, false, &deployment, &notice, err);
    if (status == OV_OK)
        status = check_not_applicant(actor, &deployment, err);
    return status == OV_OK ? build_waiver(&deployment, &notice, reason, ret, err) : status;
}

static enum ov_status waive(struct service *service, const struct actor *actor,
                            const struct ov_id *id, const char *reason,
                            const struct signature *signature, struct deployment_to_sign *to_sign,
                            struct ov_error *err)
{
    struct deployment deployment;
    struct notice notice;
    enum ov_status status = check_waiver(actor, reason, err);
    if (status == OV_OK)
        status = get_open(service, id, true, &deployment, &notice, err);
    if (status == OV_OK)
        status = check_not_applicant(actor, &deployment, err);
    if (status == OV_OK)
        status = build_waiver(&deployment, &notice, reason, to_sign, err);
    if (status == OV_OK)
        status = signing_check(actor, &to_sign->statement, signature, err);
    if (status != OV_OK)
        return status;
    memcpy(notice.waiver_digest, to_sign->documents[0].digest, OV_DIGEST_BYTES);
    notice.waived_by = actor->principal.id;
    notice.waived_at_us = act_now_us(service);
    status = store_document_write(service->store, notice.waiver_digest, to_sign->documents[0].kind,
                                  id, to_sign->documents[0].body.data,
                                  to_sign->documents[0].body.length, err);
    if (status == OV_OK)
        status = store_notice_waive(service->store, id, &notice, err);
    return status == OV_OK ? write_record(service, actor, "notice.waived", id, &notice,
                                          notice.waiver_digest, signature, err)
                           : status;
}

enum ov_status service_notice_waive(struct service *service, const struct actor *actor,
                                    const struct ov_id *deployment_id, const char *reason,
                                    const struct signature *signature, struct notice *ret,
                                    struct ov_error *err)
{
    struct deployment_to_sign to_sign = {.document_count = 0};
    enum ov_status status = act_begin(service, err);
    if (status != OV_OK)
        return status;
    status = act_end(service,
                     waive(service, actor, deployment_id, reason, signature, &to_sign, err), err);
    deployment_to_sign_done(&to_sign);
    return status == OV_OK ? store_notice_get(service->store, deployment_id, ret, err) : status;
}

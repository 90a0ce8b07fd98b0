/* What a person signs of a deployment: stored documents, ones to be stored, and a statement. */
#include "server/service/to_sign.h"

#include <stdio.h>
#include <string.h>

#include "server/service/service.h"

void deployment_to_sign_done(struct deployment_to_sign *to_sign)
{
    for (size_t i = 0; i < to_sign->document_count; i++)
        ov_buf_free(&to_sign->documents[i].body);
    to_sign->document_count = 0;
}

static enum ov_status add_stored(void *ctx, const struct document *document)
{
    struct deployment_to_sign *to_sign = ctx;
    size_t at = to_sign->document_count++;
    memcpy(to_sign->documents[at].digest, document->digest, OV_DIGEST_BYTES);
    memcpy(to_sign->documents[at].kind, document->kind, sizeof(document->kind));
    ov_buf_append(&to_sign->documents[at].body, document->body.data, document->body.size);
    return OV_OK;
}

enum ov_status to_sign_built(struct deployment_to_sign *to_sign, const char *kind,
                             struct audit_document *take_document, struct ov_error *err)
{
    size_t at = to_sign->document_count++;
    (void)snprintf(to_sign->documents[at].kind, sizeof(to_sign->documents[at].kind), "%s", kind);
    enum ov_status status = audit_document_finish(take_document, &to_sign->documents[at].body,
                                                  to_sign->documents[at].digest, err);
    audit_document_free(take_document);
    return status;
}

enum ov_status to_sign_application(struct service *service, const struct deployment *deployment,
                                   struct deployment_to_sign *ret, struct ov_error *err)
{
    enum ov_status status =
        store_document_get(service->store, deployment->application_digest, add_stored, ret, err);
    if (status == OV_OK)
        status =
            store_document_get(service->store, deployment->settings_digest, add_stored, ret, err);
    signing_id(&ret->statement, "deployment", &deployment->id);
    signing_digest(&ret->statement, "application", deployment->application_digest, OV_DIGEST_BYTES);
    signing_digest(&ret->statement, "settings", deployment->settings_digest, OV_DIGEST_BYTES);
    return status;
}

enum ov_status to_sign_store(struct service *service, const struct deployment *deployment,
                             const struct deployment_to_sign *to_sign, size_t first,
                             struct ov_error *err)
{
    enum ov_status status = OV_OK;
    for (size_t i = first; i < to_sign->document_count && status == OV_OK; i++)
        status = store_document_write(service->store, to_sign->documents[i].digest,
                                      to_sign->documents[i].kind, &deployment->id,
                                      to_sign->documents[i].body.data,
                                      to_sign->documents[i].body.length, err);
    return status;
}

/* Documents as rows. */
#include "server/store/documents.h"

#include <string.h>

#include "server/store/statement.h"

enum ov_status store_document_write(struct store *store, const uint8_t digest[OV_DIGEST_BYTES],
                                    const char *kind, const struct ov_id *deployment_id,
                                    const void *body, size_t size, struct ov_error *err)
{
    enum ov_status status = statement_need_transaction(store, err);
    if (status != OV_OK)
        return status;
    if (size > DOCUMENT_BODY_MAX)
        return ov_fail(err, OV_ERR_LIMIT, "document.too_large",
                       "the document has %zu bytes; at most %zu are kept", size, DOCUMENT_BODY_MAX);
    struct params params = PARAMS_INIT;
    params_bytes(&params, digest, OV_DIGEST_BYTES);
    params_text(&params, kind);
    params_id(&params, deployment_id);
    params_bytes(&params, body, size);
    return statement_run(store, STATEMENT_DOCUMENT_WRITE, &params, NULL, err);
}

struct sink {
    enum ov_status (*on_document)(void *ctx, const struct document *document);
    void *ctx;
};

static enum ov_status on_row(void *ctx, struct row *row, struct ov_error *err)
{
    const struct sink *sink = ctx;
    struct document document;
    row_fixed_bytes(row, document.digest, sizeof(document.digest));
    row_text(row, document.kind, sizeof(document.kind));
    row_id(row, &document.deployment_id);
    document.body = row_bytes(row);
    document.written_at_us = row_time(row);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_document(sink->ctx, &document) : status;
}

enum ov_status store_document_get(struct store *store, const uint8_t digest[OV_DIGEST_BYTES],
                                  enum ov_status (*on_document)(void *ctx,
                                                                const struct document *document),
                                  void *ctx, struct ov_error *err)
{
    struct sink sink = {on_document, ctx};
    struct params params = PARAMS_INIT;
    int64_t count = 0;
    params_bytes(&params, digest, OV_DIGEST_BYTES);
    enum ov_status status =
        statement_each(store, STATEMENT_DOCUMENT_GET, &params, on_row, &sink, &count, err);
    if (status == OV_OK && count == 0)
        status = ov_fail(err, OV_ERR_NOT_FOUND, "document.unknown",
                         "there is no document of this digest");
    return status;
}

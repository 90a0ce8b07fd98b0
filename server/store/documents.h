/* Documents that are kept byte for byte, found by their digest; server/audit builds them. */
#ifndef OVERT_SERVER_STORE_DOCUMENTS_H
#define OVERT_SERVER_STORE_DOCUMENTS_H

#include "common/wire/messages.h"
#include "server/store/store.h"

#define DOCUMENT_BODY_MAX ((size_t)262144)
#define DOCUMENT_KIND_SIZE 41

/*
 * Writes a document in the open transaction (OV_ERR_STATE "store.no_transaction" without one). The
 * database checks digest, kind and deployment against the body. The same document once more is
 * fine. deployment_id NULL: it is about none.
 */
OV_CHECKED enum ov_status store_document_write(struct store *store,
                                               const uint8_t digest[OV_DIGEST_BYTES],
                                               const char *kind, const struct ov_id *deployment_id,
                                               const void *body, size_t size, struct ov_error *err);

struct document {
    uint8_t digest[OV_DIGEST_BYTES];
    char kind[DOCUMENT_KIND_SIZE];
    struct ov_id deployment_id; /* zero: about none */
    struct store_bytes body;    /* borrowed for the call */
    int64_t written_at_us;
};

/* OV_ERR_NOT_FOUND "document.unknown". on_document is called once. */
OV_CHECKED enum ov_status
store_document_get(struct store *store, const uint8_t digest[OV_DIGEST_BYTES],
                   enum ov_status (*on_document)(void *ctx, const struct document *document),
                   void *ctx, struct ov_error *err);

#endif

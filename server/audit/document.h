/*
 * Documents: what is signed, or has to stay readable, as canonical JSON kept byte for byte. An
 * application, an authorisation's reasons, a set of operating settings. Unlike events they may hold
 * free text; what they say about a person on a list they may not hold.
 *
 * README.md has the form to the byte. Builders take the NULL of audit_document_new; a failure is
 * kept and reported by the finish or write. Keys are [a-z_]; members may be given in any order.
 */
#ifndef OVERT_SERVER_AUDIT_DOCUMENT_H
#define OVERT_SERVER_AUDIT_DOCUMENT_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/id.h"
#include "common/wire/messages.h"
#include "server/store/documents.h"

#define DOCUMENT_TEXT_MAX ((size_t)32768)

struct audit_document;

/* kind: [a-z_.], "application". deployment_id NULL: about none. NULL when memory is out. */
struct audit_document *audit_document_new(const char *kind, const struct ov_id *deployment_id);
void audit_document_free(struct audit_document *document);

/* One line of free text, without control characters; may be empty. */
void audit_document_text(struct audit_document *document, const char *key, const char *text);
/* Text of several lines: an array of one string for each. A carriage return before a line end goes,
 * a tab becomes a blank. */
void audit_document_lines(struct audit_document *document, const char *key, const char *text);
void audit_document_int(struct audit_document *document, const char *key, int64_t value);
void audit_document_digest(struct audit_document *document, const char *key, const void *data,
                           size_t size);
void audit_document_id(struct audit_document *document, const char *key, const struct ov_id *id);

/* What is added from here on goes into an object or array, until the end of the same level. In an
 * array every key is NULL and the order is kept. At most 8 levels. */
void audit_document_object(struct audit_document *document, const char *key);
void audit_document_array(struct audit_document *document, const char *key);
void audit_document_end(struct audit_document *document);

/* The bytes, appended to ret_body (may be NULL), and their SHA-256. */
OV_CHECKED enum ov_status audit_document_finish(const struct audit_document *document,
                                                struct ov_buf *ret_body,
                                                uint8_t ret_digest[OV_DIGEST_BYTES],
                                                struct ov_error *err);

/* Inserts the document in the store's open transaction. takes document, on every path. */
OV_CHECKED enum ov_status audit_document_write(struct store *store,
                                               struct audit_document *take_document,
                                               uint8_t ret_digest[OV_DIGEST_BYTES],
                                               struct ov_error *err);

#endif

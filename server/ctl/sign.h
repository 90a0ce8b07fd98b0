/*
 * Signing a statement with the identity's private key, and what is looked at before: the documents
 * that a statement names, each checked against the digest that is signed.
 */
#ifndef OVERT_SERVER_CTL_SIGN_H
#define OVERT_SERVER_CTL_SIGN_H

#include <jansson.h>

#include "common/base/status.h"
#include "server/ctl/identity.h"

/* {"statement":TEXT,"value":BASE64}. ECDSA over P-256 with SHA-256, or Ed25519; another key is
 * "identity.key_kind". */
OV_CHECKED enum ov_status sign_statement(const struct identity *identity, const char *statement,
                                         json_t **ret_signature, struct ov_error *err);

/*
 * What the API gives to be signed: {"statement":TEXT,"documents":[{"kind","digest","body"}...]}.
 * Checks that each body has its digest and that the statement names it, so that what is shown is
 * what is signed: "statement.mismatch" otherwise. The body's text is in "body"; its parsed form is
 * put beside it as "json".
 */
OV_CHECKED enum ov_status sign_check_documents(json_t *to_sign, struct ov_error *err);

/* The parsed document of this kind, or NULL. Borrowed. */
json_t *sign_document(const json_t *to_sign, const char *kind);

#endif

/*
 * Signed acts. A statement is one line that names an act and the digests of what it is about. A
 * person signs it with the private key of their certificate (the server never holds it) and sends
 * the signature along with the act; the server builds the statement again from what is true now.
 *
 *     overt statement v1; act=deployment.authorise; deployment=<uuid>; application=<hex> ...
 *
 * server/audit/README.md says how to check one offline.
 */
#ifndef OVERT_SERVER_SERVICE_SIGNING_H
#define OVERT_SERVER_SERVICE_SIGNING_H

#include "server/audit/event.h"

struct signing_statement {
    char text[SIGNATURE_STATEMENT_MAX + 1];
    bool failed; /* it did not fit, or a key or word was not of [A-Za-z0-9._:/+@-] */
};

/* act: "deployment.apply". */
void signing_begin(struct signing_statement *statement, const char *act);
/* Each adds "; key=value". */
void signing_word(struct signing_statement *statement, const char *key, const char *word);
void signing_int(struct signing_statement *statement, const char *key, int64_t value);
void signing_id(struct signing_statement *statement, const char *key, const struct ov_id *id);
void signing_digest(struct signing_statement *statement, const char *key, const void *data,
                    size_t size);

/*
 * The signature given with an act, against the statement as it is now: "signature.missing",
 * "signature.key" (the certificate's key is neither P-256 nor Ed25519), "signature.stale"
 * (something has changed since, or it is of another act), "signature.invalid". given may be NULL.
 */
OV_CHECKED enum ov_status signing_check(const struct actor *actor,
                                        const struct signing_statement *current,
                                        const struct signature *given, struct ov_error *err);

#endif

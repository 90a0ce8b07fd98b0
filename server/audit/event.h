/*
 * Audit events: what was done, by whom, on what, under which deployment. An event is written in the
 * transaction of the act it records; no audit, no act.
 *
 * The body is UTF-8 JSON with sorted keys, no white space and integers only; these exact bytes are
 * what is hashed. Details hold codes, numbers and digests, never free text, names or references.
 */
#ifndef OVERT_SERVER_AUDIT_EVENT_H
#define OVERT_SERVER_AUDIT_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/id.h"
#include "common/base/status.h"
#include "server/store/people.h"
#include "server/store/store.h"

#define ACTOR_KEY_MAX 128
#define SIGNATURE_STATEMENT_MAX 1000 /* bytes */
#define SIGNATURE_VALUE_MAX 128      /* bytes; an ECDSA P-256 one has up to 72, Ed25519 64 */

/* Whoever acts: a person or site with the certificate used, or the server itself. */
struct actor {
    bool is_server; /* then nothing else is set */
    struct principal principal;
    char serial[65];         /* of the certificate, hex */
    struct ov_id request_id; /* zero when the act did not come by request */
    /* The certificate's public key (SubjectPublicKeyInfo, DER): what signatures are checked with.
     * None when the act did not come by a certificate, or by one whose key signs nothing. */
    uint8_t key[ACTOR_KEY_MAX];
    size_t key_bytes;
};

/* What a person signed with the key of their certificate; service/signing.h checks it. */
struct signature {
    const char *statement; /* the text that was signed */
    const uint8_t *value;
    size_t value_bytes;
};

struct audit_event;

/* name: stable, dotted, past tense: "deployment.started". NULL when memory is out. */
struct audit_event *audit_event_new(const char *name, const struct actor *actor, int64_t at_us);
void audit_event_deployment(struct audit_event *event, const struct ov_id *deployment_id);
/* What was acted on: type ("entry", "alert", "site", "principal" ...) and its pseudonymous id. */
void audit_event_object(struct audit_event *event, const char *type, const struct ov_id *id);
/* Details. key: [a-z_]; code: a stable code or name of ours, never text a user typed. A failure is
 * kept and reported by audit_event_write. */
void audit_event_code(struct audit_event *event, const char *key, const char *code);
void audit_event_int(struct audit_event *event, const char *key, int64_t value);
void audit_event_digest(struct audit_event *event, const char *key, const void *data, size_t size);
void audit_event_id(struct audit_event *event, const char *key, const struct ov_id *id);

/* A signature that has been checked, with the key it was checked with: the actor's. At most 4. */
void audit_event_signature(struct audit_event *event, const struct actor *signer,
                           const struct signature *signature);

/* Inserts the event in the store's open transaction. takes event, on every path. */
OV_CHECKED enum ov_status audit_event_write(struct store *store, struct audit_event *take_event,
                                            struct ov_error *err);

/* Scores and thresholds in events are integers: cosine x 1,000,000, rounded to nearest. */
int64_t audit_score(float cosine);

#endif

/* An HTTPS client for tests: libcurl, one person per client, JSON back. */
#ifndef OVERT_TESTS_INTEGRATION_API_CLIENT_H
#define OVERT_TESTS_INTEGRATION_API_CLIENT_H

#include <stddef.h>

#include <jansson.h>

#include "common/base/bytes.h"

struct client; /* keeps its connection */

/* identity: a folder below pki/, "person-ada"; NULL: no certificate. */
struct client *client_new(const char *identity);
/* With another authority's certificate: a path below the bed's folder. */
struct client *client_new_at(const char *folder);
void client_free(struct client *client);

struct answer {
    long status; /* 0: there was none */
    int curl_code;
    struct ov_buf body;
    json_t *json; /* NULL when the body is empty or no JSON */
    char headers[4096];
};
void answer_done(struct answer *answer);

/* body may be NULL (none at all). headers: NULL-terminated lines, or NULL. The caller calls
 * answer_done. */
struct answer client_send(struct client *client, const char *method, const char *path,
                          const char *const *headers, const void *body, size_t body_bytes);

struct answer client_get(struct client *client, const char *path);
struct answer client_delete(struct client *client, const char *path);
/* JSON text as the body. */
struct answer client_post(struct client *client, const char *path, const char *json);
/* A photograph for a watchlist; entry_json goes into Overt-Entry. */
struct answer client_add(struct client *client, const char *deployment, const char *entry_json,
                         const void *jpeg, size_t jpeg_bytes);

/* The same with an Idempotency-Key. */
struct answer client_add_once(struct client *client, const char *deployment, const char *key,
                              const char *entry_json, const void *jpeg, size_t jpeg_bytes);
/* An act that is signed: asks for the statement of "deployment.VERB" with these members ("" or
 * "\"necessity\":..."), signs it with the client's key, and posts members and signature. */
struct answer client_signed(struct client *client, const char *deployment, const char *verb,
                            const char *members);
/* What is to be signed, and the signature of it by the client's key, as JSON; NULL when the answer
 * is none to sign. The caller decrefs. */
json_t *client_signature(struct client *client, const struct answer *to_sign);
#define CLIENT_REASONS "\"necessity\":\"needed\",\"proportionality\":\"measured\""
/* A draft that is applied for, and an application that is authorised; both have to succeed. */
void client_apply(struct client *client, const char *deployment);
void client_authorise(struct client *client, const char *deployment);

/* Opens what a round has drawn and approves all of it; how many that were: 0 when nothing waits. */
json_int_t client_approve_all(struct client *client, const char *deployment);
/* Opens one entry (and has the list compared), as its approval asks for. */
void client_open(struct client *client, const char *deployment, const char *entry);
/* Confirms the list as it is. */
void client_review(struct client *client, const char *deployment);

/* The text of a member, by a dotted path: "error.code"; "" when there is none. */
const char *answer_text(const struct answer *answer, const char *path);
json_int_t answer_int(const struct answer *answer, const char *path);

/* Fails the test unless the answer has this status (and, for errors, this code); frees it. */
void expect(struct answer answer, long status, const char *code);
/* The same, keeping the answer. */
struct answer expect_kept(struct answer answer, long status, const char *code);

/* All ids of a list, asked for two at a time, in the order in which they come; none comes twice. */
json_t *client_walk(struct client *client, const char *path, const char *key);

#endif

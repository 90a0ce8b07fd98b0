/*
 * Requests that are done once, however often they are sent: who creates something says a random key
 * with it, and the same key again gets the first answer.
 *
 * The key is taken at the beginning of the act's transaction (act_begin), and the answer is stored
 * in it: act_end leaves it open, service_once_commit ends it. So an act whose transaction did not
 * commit was not done and has no answer, and one that did has its answer, whenever the server dies.
 */
#ifndef OVERT_SERVER_SERVICE_ONCE_H
#define OVERT_SERVER_SERVICE_ONCE_H

#include "common/base/secret.h"
#include "server/store/requests.h"
#include "server/vault/vault.h"

struct service;

/* One request under way; service->once points to it while it is handled. */
struct once {
    struct request_row request;
    bool held; /* an act was done and its transaction is open */
    /* A key that goes again unless the transaction commits. */
    bool has_key;
    enum vault_class key_class;
    struct ov_id key_id;
};

struct once_answer {
    int status; /* HTTP's; 0: the request is new */
    struct ov_secret body;
};
/* What the same request was answered. "request.key_reused" when the key came with another one. */
OV_CHECKED enum ov_status service_once_find(struct service *service, const struct once *once,
                                            struct once_answer *ret, struct ov_error *err);
/* Whether a failure of an act says that the same request was done meanwhile: look again. */
bool service_once_was_repeated(const struct ov_error *err);
/* Stores the answer and commits; nothing when no act was done. */
OV_CHECKED enum ov_status service_once_commit(struct service *service, int status,
                                              struct store_bytes body, struct ov_error *err);
/* Nothing of it was done. */
void service_once_drop(struct service *service);

/* The keeper's: forgets what was answered more than a day ago. */
OV_CHECKED enum ov_status service_requests_prune(struct service *service, struct ov_error *err);

#endif

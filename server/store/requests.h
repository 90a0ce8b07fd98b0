/* Creating requests that were done, with their answers, for a day. */
#ifndef OVERT_SERVER_STORE_REQUESTS_H
#define OVERT_SERVER_STORE_REQUESTS_H

#include "server/store/store.h"

#define REQUEST_DIGEST_BYTES 32
#define REQUEST_ROUTE_SIZE 201
#define REQUEST_ANSWER_MAX_BYTES ((size_t)1024 * 1024)

struct request_row {
    struct ov_id principal_id;
    uint8_t key_digest[REQUEST_DIGEST_BYTES];
    char route[REQUEST_ROUTE_SIZE]; /* method and pattern */
    uint8_t digest[REQUEST_DIGEST_BYTES];
};

/* In the act's transaction. ret_new is false when the key has been used; one whose transaction is
 * open is waited for, and OV_ERR_UNAVAILABLE "store.busy" when that takes too long. */
OV_CHECKED enum ov_status store_request_claim(struct store *store, const struct request_row *row,
                                              bool *ret_new, struct ov_error *err);

struct request_answer {
    char route[REQUEST_ROUTE_SIZE];
    uint8_t digest[REQUEST_DIGEST_BYTES];
    int status;
    struct store_bytes body; /* borrowed during the callback */
};
/* Calls on_row when the key has been used; in a transaction. */
OV_CHECKED enum ov_status
store_request_find(struct store *store, const struct request_row *row,
                   enum ov_status (*on_row)(void *ctx, const struct request_answer *), void *ctx,
                   struct ov_error *err);
OV_CHECKED enum ov_status store_request_answer(struct store *store, const struct request_row *row,
                                               int status, struct store_bytes body,
                                               struct ov_error *err);
/* Deletes what is older than a day. */
OV_CHECKED enum ov_status store_request_prune(struct store *store, int64_t *ret_count,
                                              struct ov_error *err);

#endif

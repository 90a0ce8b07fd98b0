/* Membership queries: who asked whether somebody was listed, and who let it be answered. */
#ifndef OVERT_SERVER_STORE_MEMBERSHIP_H
#define OVERT_SERVER_STORE_MEMBERSHIP_H

#include "server/store/ledger.h"
#include "server/store/store.h"

#define MEMBERSHIP_REQUEST_SIZE 65
#define MEMBERSHIP_COMMITMENT_BYTES 32
#define MEMBERSHIP_MISMATCHES_MAX 3

enum membership_state {
    MEMBERSHIP_ASKED,
    MEMBERSHIP_ANSWERED,
    MEMBERSHIP_WITHDRAWN,
    MEMBERSHIP_LAPSED
};
const char *membership_state_name(int state);

struct membership_query {
    struct ov_id id;
    char request_number[MEMBERSHIP_REQUEST_SIZE];
    struct ov_id deployment_id; /* zero: asked about a day */
    int32_t day;                /* days since 1970-01-01; MEMBERSHIP_ANY_DAY: about a deployment */
    struct ov_id asked_by;
    int64_t asked_at_us; /* these two are the database's */
    int64_t expires_at_us;
    bool has_commitment;
    uint8_t commitment[MEMBERSHIP_COMMITMENT_BYTES];
    int32_t mismatches;
    enum membership_state state;
    struct ov_id decided_by;
    int64_t decided_at_us;
};

/* "membership.request", "membership.scope", "membership.role", "membership.limit". */
OV_CHECKED enum ov_status store_membership_ask(struct store *store,
                                               const struct membership_query *query,
                                               struct ov_error *err);
/* Locks the row. OV_ERR_NOT_FOUND "membership.unknown". */
OV_CHECKED enum ov_status store_membership_query_lock(struct store *store, const struct ov_id *id,
                                                      struct membership_query *ret,
                                                      struct ov_error *err);
/* The commitment goes with it. by: NULL for lapsed. */
OV_CHECKED enum ov_status store_membership_query_end(struct store *store, const struct ov_id *id,
                                                     enum membership_state state,
                                                     const struct ov_id *by, struct ov_error *err);
/* The second person gave another reference. */
OV_CHECKED enum ov_status
store_membership_query_mismatch(struct store *store, const struct ov_id *id, struct ov_error *err);
/* Newest first. */
OV_CHECKED enum ov_status
store_membership_query_each(struct store *store, const struct store_page *page,
                            enum ov_status (*on_row)(void *ctx, const struct membership_query *),
                            void *ctx, struct ov_error *err);
/* Those that are asked and have expired. */
OV_CHECKED enum ov_status store_membership_query_each_expired(
    struct store *store, enum ov_status (*on_row)(void *ctx, const struct membership_query *),
    void *ctx, struct ov_error *err);
/* How many were asked within the last 24 hours. */
OV_CHECKED enum ov_status
store_membership_query_count_recent(struct store *store, int64_t *ret_count, struct ov_error *err);

/* Lists that are not erased yet, with the days on which they held anybody: these are asked
 * themselves. On this day or MEMBERSHIP_ANY_DAY, of this deployment or (NULL) any. */
OV_CHECKED enum ov_status
store_membership_each_open(struct store *store, int32_t day, const struct ov_id *deployment_id,
                           enum ov_status (*on_row)(void *ctx, const struct membership *),
                           void *ctx, struct ov_error *err);

#endif

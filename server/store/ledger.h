/*
 * The membership ledger: on which lists a pseudonym ever was. Written once for a list, when that is
 * erased (erasures.h); server/service/ledger.h makes the pseudonyms. Days are counted from
 * 1970-01-01, in UTC.
 */
#ifndef OVERT_SERVER_STORE_LEDGER_H
#define OVERT_SERVER_STORE_LEDGER_H

#include "server/store/store.h"

#define MEMBERSHIP_PSEUDONYM_BYTES 32
#define MEMBERSHIP_IMAGE_BYTES 32

/* The fingerprint of the ledger's key. OV_ERR_NOT_FOUND "ledger.not_set_up" before there is one. */
OV_CHECKED enum ov_status store_ledger_key_get(struct store *store,
                                               uint8_t ret[MEMBERSHIP_PSEUDONYM_BYTES],
                                               struct ov_error *err);
/* In a transaction with its event; once and for good: OV_ERR_EXISTS "ledger.exists". */
OV_CHECKED enum ov_status
store_ledger_key_add(struct store *store, const uint8_t fingerprint[MEMBERSHIP_PSEUDONYM_BYTES],
                     struct ov_error *err);

/* The sealed references of all entries of a list that were ever approved, in no order. Streams:
 * on_row may not use the store. */
struct entry_reference {
    struct ov_id entry_id;
    struct store_bytes sealed_reference; /* column "entry.reference"; empty: there is none */
};
OV_CHECKED enum ov_status
store_entry_each_reference(struct store *store, const struct ov_id *deployment_id,
                           enum ov_status (*on_row)(void *ctx, const struct entry_reference *),
                           void *ctx, struct ov_error *err);

/* The images of those entries that were not rejected, one a row; an entry without any has a row
 * with image_id zero. Streams likewise. */
struct listed_image {
    struct ov_id entry_id;
    struct store_bytes sealed_reference; /* as above */
    struct ov_id image_id;
    struct store_bytes sealed_digest; /* column "image.ledger_digest"; empty: not computed yet */
    struct store_bytes sealed_jpeg;   /* column "image.jpeg", where there is no digest */
};
OV_CHECKED enum ov_status
store_listed_image_each(struct store *store, const struct ov_id *deployment_id,
                        enum ov_status (*on_row)(void *ctx, const struct listed_image *), void *ctx,
                        struct ov_error *err);

/* A pseudonym that earlier lists held. */
struct membership_known {
    uint8_t pseudonym[MEMBERSHIP_PSEUDONYM_BYTES];
    int64_t lists;       /* on how many */
    int32_t last_day;    /* of the latest of them */
    struct ov_id latest; /* that one */
};
/* Which of the pseudonyms (one after the other) are in the ledger of other deployments than except
 * (NULL: of any), in the order of the pseudonyms' bytes. */
OV_CHECKED enum ov_status
store_membership_known(struct store *store, struct store_bytes pseudonyms,
                       const struct ov_id *except,
                       enum ov_status (*on_row)(void *ctx, const struct membership_known *),
                       void *ctx, struct ov_error *err);

struct membership {
    struct ov_id deployment_id;
    int32_t first_day;
    int32_t last_day;
};
#define MEMBERSHIP_ANY_DAY INT32_MIN
/* The lists that held a pseudonym, the latest first: on this day or MEMBERSHIP_ANY_DAY, of this
 * deployment or (NULL) any. */
OV_CHECKED enum ov_status
store_membership_each(struct store *store, const uint8_t pseudonym[MEMBERSHIP_PSEUDONYM_BYTES],
                      int32_t day, const struct ov_id *deployment_id,
                      enum ov_status (*on_row)(void *ctx, const struct membership *), void *ctx,
                      struct ov_error *err);

#endif

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

/* A list that another one is compared with. */
struct other_list {
    struct ov_id deployment_id;
    bool in_ledger; /* erased, or about to be: else its entries are there */
};
/* Those of all other deployments of the same kind that anybody was ever approved for. */
OV_CHECKED enum ov_status
store_other_list_each(struct store *store, const struct ov_id *deployment_id,
                      enum ov_status (*on_row)(void *ctx, const struct other_list *), void *ctx,
                      struct ov_error *err);
/* What the ledger holds of a list: its pseudonyms and the digests of its images, each one after the
 * other; empty where it holds none. One call of on_row. */
OV_CHECKED enum ov_status store_ledger_list_get(
    struct store *store, const struct ov_id *deployment_id,
    enum ov_status (*on_row)(void *ctx, struct store_bytes pseudonyms, struct store_bytes digests),
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

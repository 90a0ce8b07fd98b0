/*
 * The erasure of a list, step by step. The database keeps how far it has come, and lets no step be
 * skipped; each call is made in a transaction with its audit event.
 */
#ifndef OVERT_SERVER_STORE_ERASURES_H
#define OVERT_SERVER_STORE_ERASURES_H

#include "common/wire/messages.h"
#include "server/store/store.h"

enum erasure_ledger {
    ERASURE_LEDGER_OPEN,
    ERASURE_LEDGER_WRITTEN,
    ERASURE_LEDGER_KEY_GONE, /* in erasures from before that took two people only */
    ERASURE_LEDGER_WAIVED
};
/* "" for open. */
const char *erasure_ledger_name(enum erasure_ledger ledger);

struct list_erasure {
    struct ov_id deployment_id;
    int64_t due_at_us;
    int64_t begun_at_us;   /* by the database's clock, like the others; 0: not yet */
    struct ov_id asked_by; /* zero: the keeper, because it was due */
    int64_t entries;       /* that there were, in any state */
    int64_t images;
    enum erasure_ledger ledger;
    int64_t ledger_at_us;
    struct ov_id waiver_id; /* by which the ledger was left out; else zero */
    int64_t subjects;       /* in the ledger */
    int64_t unreadable;     /* approved entries whose reference did not open */
    int64_t image_digests;  /* of image files, in the ledger too */
    int64_t unreadable_images;
    int64_t key_missing_at_us; /* as the erasure began it was not there, or did not open; else 0 */
    int64_t key_destroyed_at_us;
    int64_t keys; /* destroyed by this erasure: 1 or 0 */
    int64_t dropped_at_us;
    int64_t certified_at_us;
    uint8_t certificate[OV_DIGEST_BYTES];
};

/* OV_ERR_NOT_FOUND "erasure.not_begun". */
OV_CHECKED enum ov_status store_erasure_get(struct store *store, const struct ov_id *deployment_id,
                                            struct list_erasure *ret, struct ov_error *err);

/* In a transaction. asked_by NULL: because it is due ("erasure.not_due" before). "erasure.state"
 * unless the deployment has ended and is not erased; OV_ERR_EXISTS "erasure.begun". */
OV_CHECKED enum ov_status store_erasure_begin(struct store *store,
                                              const struct ov_id *deployment_id,
                                              const struct ov_id *asked_by, struct ov_error *err);
/* pseudonyms one after the other; the same one may come twice. */
OV_CHECKED enum ov_status store_erasure_write_ledger(struct store *store,
                                                     const struct ov_id *deployment_id,
                                                     struct store_bytes pseudonyms,
                                                     int64_t unreadable, int64_t *ret_subjects,
                                                     struct ov_error *err);
/* After that: the digests of the images of every entry ever approved, one after the other; the same
 * one may come twice. "ledger.count" unless it is all of them. */
OV_CHECKED enum ov_status store_erasure_write_images(struct store *store,
                                                     const struct ov_id *deployment_id,
                                                     struct store_bytes digests, int64_t unreadable,
                                                     struct ov_error *err);
/* By a waiver (waivers.h) of this list that two people confirmed: else "erasure.not_waived". */
OV_CHECKED enum ov_status store_erasure_without_ledger(struct store *store,
                                                       const struct ov_id *deployment_id,
                                                       const struct ov_id *waiver_id,
                                                       struct ov_error *err);
/* Before the ledger: there is no key of this list that opens. */
OV_CHECKED enum ov_status store_erasure_key_missing(struct store *store,
                                                    const struct ov_id *deployment_id,
                                                    struct ov_error *err);
/* keys: how many were destroyed, 1 or 0. */
OV_CHECKED enum ov_status store_erasure_key_destroyed(struct store *store,
                                                      const struct ov_id *deployment_id,
                                                      int64_t keys, struct ov_error *err);

/* The tables, which takes the ledger and the key first: store_watchlist_erase (watchlists.h). */

/* Tables, indexes and rows that are left of a list: 0 when it is erased. */
OV_CHECKED enum ov_status store_list_left(struct store *store, const struct ov_id *deployment_id,
                                          int64_t *ret_left, struct ov_error *err);
/* Notes the certificate, a document of this transaction; refused while something is left. */
OV_CHECKED enum ov_status store_erasure_certified(struct store *store,
                                                  const struct ov_id *deployment_id,
                                                  const uint8_t digest[OV_DIGEST_BYTES],
                                                  struct ov_error *err);

/* Something that is due by the database's clock. */
struct erasure_due {
    struct ov_id deployment_id;
    int64_t due_at_us; /* the earliest, where it is of several alerts */
    int64_t overdue_s; /* below 0: not yet, but begun by command */
    int64_t count;     /* alerts; 1 for a list */
};
/* Lists that are due, or whose erasure has begun, and that are not erased; the earliest first. */
OV_CHECKED enum ov_status
store_erasure_each_due(struct store *store,
                       enum ov_status (*on_row)(void *ctx, const struct erasure_due *), void *ctx,
                       struct ov_error *err);
/* Deployments with alerts that are due and not held. */
OV_CHECKED enum ov_status store_alert_each_due(struct store *store,
                                               enum ov_status (*on_row)(void *ctx,
                                                                        const struct erasure_due *),
                                               void *ctx, struct ov_error *err);

struct due_alert {
    struct ov_id alert_id;
    int64_t erase_at_us;
};
/* At most limit of a deployment's due alerts, locked until the transaction ends: nobody begins to
 * hold one as evidence meanwhile. Those that somebody else has locked are left out. */
OV_CHECKED enum ov_status
store_alert_lock_due(struct store *store, const struct ov_id *deployment_id, int limit,
                     enum ov_status (*on_row)(void *ctx, const struct due_alert *), void *ctx,
                     struct ov_error *err);
/* Asked once more, under the lock: what was decided while the lock was waited for is seen now. */
OV_CHECKED enum ov_status store_alert_is_due(struct store *store, const struct ov_id *alert_id,
                                             bool *ret_due, struct ov_error *err);
/* Deletes the row. Fine when it is gone; OV_ERR_STATE "alert.not_due" also while it is held. */
OV_CHECKED enum ov_status store_alert_erase(struct store *store, const struct ov_id *alert_id,
                                            bool *ret_erased, struct ov_error *err);

/* Of many owners of keys: which of them may have one. */
struct key_owner {
    struct ov_id id;
    bool may_have_key; /* false: its list is erased, or its key was to be destroyed */
};
#define KEY_OWNERS_MAX 256
enum key_owner_kind { KEY_OWNER_DEPLOYMENT, KEY_OWNER_ALERT };
/* Calls on_row for those of the ids that exist. */
OV_CHECKED enum ov_status
store_key_owners(struct store *store, enum key_owner_kind kind, const struct ov_id *ids,
                 size_t count, enum ov_status (*on_row)(void *ctx, const struct key_owner *),
                 void *ctx, struct ov_error *err);

#endif

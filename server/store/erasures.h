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
    ERASURE_LEDGER_KEY_GONE,
    ERASURE_LEDGER_WAIVED
};
/* "" for open. */
const char *erasure_ledger_name(enum erasure_ledger ledger);

struct list_erasure {
    struct ov_id deployment_id;
    int64_t due_at_us;
    int64_t begun_at_us;   /* by the database's clock, like the others; 0: not yet */
    struct ov_id early_by; /* zero: it was due */
    int64_t entries;       /* that there were, in any state */
    int64_t images;
    enum erasure_ledger ledger;
    int64_t ledger_at_us;
    int64_t subjects;   /* in the ledger */
    int64_t unreadable; /* approved entries whose reference did not open */
    int64_t key_destroyed_at_us;
    int64_t dropped_at_us;
    int64_t certified_at_us;
    uint8_t certificate[OV_DIGEST_BYTES];
};

/* OV_ERR_NOT_FOUND "erasure.not_begun". */
OV_CHECKED enum ov_status store_erasure_get(struct store *store, const struct ov_id *deployment_id,
                                            struct list_erasure *ret, struct ov_error *err);

/* early_by NULL: because it is due ("erasure.not_due" before). "erasure.state" unless the
 * deployment has ended and is not erased; OV_ERR_EXISTS "erasure.begun". */
OV_CHECKED enum ov_status store_erasure_begin(struct store *store,
                                              const struct ov_id *deployment_id,
                                              const struct ov_id *early_by, struct ov_error *err);
/* pseudonyms one after the other; the same one may come twice. */
OV_CHECKED enum ov_status store_erasure_write_ledger(struct store *store,
                                                     const struct ov_id *deployment_id,
                                                     struct store_bytes pseudonyms,
                                                     int64_t unreadable, int64_t *ret_subjects,
                                                     struct ov_error *err);
/* why: ERASURE_LEDGER_KEY_GONE, or ERASURE_LEDGER_WAIVED in an early erasure. */
OV_CHECKED enum ov_status store_erasure_without_ledger(struct store *store,
                                                       const struct ov_id *deployment_id,
                                                       enum erasure_ledger why,
                                                       struct ov_error *err);
OV_CHECKED enum ov_status store_erasure_key_destroyed(struct store *store,
                                                      const struct ov_id *deployment_id,
                                                      struct ov_error *err);

#endif

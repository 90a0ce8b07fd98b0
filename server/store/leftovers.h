/* What should be gone and is there, as far as the database can tell. Reads only. */
#ifndef OVERT_SERVER_STORE_LEFTOVERS_H
#define OVERT_SERVER_STORE_LEFTOVERS_H

#include "server/store/store.h"

#define LEFTOVER_CODE_SIZE 32

/* One for each thing that was looked at. */
struct leftover_row {
    char
        code[LEFTOVER_CODE_SIZE]; /* ""; or what is wrong with it: server/service/erasure_check.h */
    struct ov_id id;              /* zero: not known */
    int64_t since_us;             /* 0: not known */
};
typedef enum ov_status (*store_on_leftover)(void *ctx, const struct leftover_row *row);

/* What became due in the last grace_s seconds is left out. on_row may not use the store. */
OV_CHECKED enum ov_status store_leftovers_lists(struct store *store, int64_t grace_s,
                                                store_on_leftover on_row, void *ctx,
                                                struct ov_error *err);
OV_CHECKED enum ov_status store_leftovers_alerts(struct store *store, int64_t grace_s,
                                                 store_on_leftover on_row, void *ctx,
                                                 struct ov_error *err);
OV_CHECKED enum ov_status store_leftovers_ledger(struct store *store, store_on_leftover on_row,
                                                 void *ctx, struct ov_error *err);

/* Those that have sealed rows and are not being erased: each has to have its key. */
struct sealed_owner {
    struct ov_id id;
};
OV_CHECKED enum ov_status store_sealed_lists(struct store *store,
                                             enum ov_status (*on_row)(void *ctx,
                                                                      const struct sealed_owner *),
                                             void *ctx, struct ov_error *err);
OV_CHECKED enum ov_status store_sealed_alerts(struct store *store,
                                              enum ov_status (*on_row)(void *ctx,
                                                                       const struct sealed_owner *),
                                              void *ctx, struct ov_error *err);

#endif

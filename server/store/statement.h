/* Inside the store: running the prepared statements of sql/. */
#ifndef OVERT_SERVER_STORE_STATEMENT_H
#define OVERT_SERVER_STORE_STATEMENT_H

#include "server/store/row.h"
#include "server/store/statements.h"
#include "server/store/store.h"

/* Prepares all statements on a new connection. */
OV_CHECKED enum ov_status statement_prepare_all(struct store *store, struct ov_error *err);
OV_CHECKED enum ov_status statement_prepare(struct store *store, enum statement statement,
                                            struct ov_error *err);

/* Outside a transaction, OV_OK means that what the statement changed is durable. */
OV_CHECKED enum ov_status statement_run(struct store *store, enum statement statement,
                                        const struct params *params, int64_t *ret_affected,
                                        struct ov_error *err);

typedef enum ov_status (*statement_on_row)(void *ctx, struct row *row, struct ov_error *err);

/*
 * Calls on_row for each row, until one call fails: its status is the result. The rows are all here
 * before the first call, so on_row may use the store. ret_count may be NULL.
 */
OV_CHECKED enum ov_status statement_each(struct store *store, enum statement statement,
                                         const struct params *params, statement_on_row on_row,
                                         void *ctx, int64_t *ret_count, struct ov_error *err);

/* The same in single-row mode: memory stays small, and on_row may not use the store. */
OV_CHECKED enum ov_status statement_stream(struct store *store, enum statement statement,
                                           const struct params *params, statement_on_row on_row,
                                           void *ctx, struct ov_error *err);

/* OV_ERR_STATE "store.no_transaction" unless one is open. */
OV_CHECKED enum ov_status statement_need_transaction(struct store *store, struct ov_error *err);

/* A transaction for several statements that belong together, or the caller's own open one. */
OV_CHECKED enum ov_status statement_group_begin(struct store *store, bool *ret_own,
                                                struct ov_error *err);
/* Commits (or, when status is a failure, rolls back) a group's own transaction; returns what holds.
 */
OV_CHECKED enum ov_status statement_group_end(struct store *store, bool own, enum ov_status status,
                                              struct ov_error *err);

#endif

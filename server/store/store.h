/*
 * One connection to PostgreSQL with every statement prepared, and transactions on it.
 *
 * A store belongs to one thread. Calls block: never on a loop thread. The rows are plain structs in
 * the other headers of this folder; the SQL is in sql/, one statement a file. A lost connection
 * shows as OV_ERR_UNAVAILABLE ("store.down"); store_ensure brings it back.
 */
#ifndef OVERT_SERVER_STORE_STORE_H
#define OVERT_SERVER_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/id.h"
#include "common/base/status.h"

struct store;

/*
 * Connects (conninfo as libpq takes it, without password: peer, certificate or a passfile), checks
 * that the role owns nothing and that the schema's version is the one this build knows
 * ("store.schema_version"), and prepares all statements.
 */
OV_CHECKED enum ov_status store_open(const char *conninfo, struct store **ret_store,
                                     struct ov_error *err);
void store_close(struct store *store);

/* Fine when the connection works; else tries once to connect again. */
OV_CHECKED enum ov_status store_ensure(struct store *store, struct ov_error *err);

OV_CHECKED enum ov_status store_begin(struct store *store, struct ov_error *err);
/*
 * OV_OK means durable. A commit whose outcome is not known, or that PostgreSQL reports as perhaps
 * not replicated, is OV_ERR_UNAVAILABLE ("store.not_durable"): do the same act again with the same
 * ids.
 */
OV_CHECKED enum ov_status store_commit(struct store *store, struct ov_error *err);
/* Harmless outside a transaction and on a lost connection. */
void store_rollback(struct store *store);
bool store_in_transaction(const struct store *store);

/* PostgreSQL's clock, UTC microseconds. */
OV_CHECKED enum ov_status store_now(struct store *store, int64_t *ret_utc_us, struct ov_error *err);

/* The schema version this build knows (the newest migration's number), for messages. */
const char *store_known_schema(void);

/* Bytes borrowed by a call, or by a row callback for its duration. */
struct store_bytes {
    const void *data;
    size_t size;
};

/* A piece of a list that grows. */
struct store_page {
    const struct ov_id *after; /* the last one of the page before; NULL: from the beginning */
    int limit;
};

#endif

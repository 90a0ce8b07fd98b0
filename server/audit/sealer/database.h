/*
 * What the sealer asks the database: its only tie to it, as the role overt_sealer. One connection,
 * one thread. A lost connection shows as OV_ERR_UNAVAILABLE; close it and open another.
 */
#ifndef OVERT_SERVER_AUDIT_SEALER_DATABASE_H
#define OVERT_SERVER_AUDIT_SEALER_DATABASE_H

#include "common/base/bytes.h"
#include "common/base/id.h"
#include "server/audit/log/tree.h"

struct database;

/* "sealer.role" when the role is not overt_sealer, "sealer.schema" when there is no log. */
OV_CHECKED enum ov_status database_open(const char *conninfo, struct database **ret,
                                        struct ov_error *err);
void database_close(struct database *database);

/* From here on this sealer is the one; whoever sealed before is refused. */
OV_CHECKED enum ov_status database_take_over(struct database *database, int64_t *ret_epoch,
                                             struct ov_error *err);
/* How many events were missing on the list of what is to be sealed; now they are on it. */
OV_CHECKED enum ov_status database_list_forgotten(struct database *database, int64_t *ret_count,
                                                  struct ov_error *err);
/* How far the log is. "sealer.log" when size, root and edge do not fit together. */
OV_CHECKED enum ov_status database_log(struct database *database, struct tree_edge *ret_edge,
                                       struct ov_error *err);

/* Events without a leaf, in the order of their transactions, at most limit. */
OV_CHECKED enum ov_status database_unsealed(
    struct database *database, int limit,
    enum ov_status (*on_event)(void *ctx, const struct ov_id *id, const void *body, size_t size),
    void *ctx, struct ov_error *err);

/* The nodes of the log as it is stored; borrowed until the database is closed. */
struct tree_nodes database_nodes(struct database *database);

/* What is appended in one go. */
struct batch {
    struct ov_buf ids; /* array literals, as the function seal takes them */
    struct ov_buf leaves;
    struct ov_buf node_levels;
    struct ov_buf node_indexes;
    struct ov_buf node_hashes;
    size_t count;
};

void batch_init(struct batch *batch);
void batch_done(struct batch *batch);
void batch_add_event(struct batch *batch, const struct ov_id *id, const struct tree_hash *leaf);
void batch_add_node(struct batch *batch, unsigned level, uint64_t index,
                    const struct tree_hash *hash);

/* All of it, with its checkpoint, or nothing: "sealer.fenced" when the log is not where old says or
 * another sealer took over. */
OV_CHECKED enum ov_status database_seal(struct database *database, int64_t epoch,
                                        const struct tree_edge *old, const struct tree_edge *edge,
                                        struct batch *batch, const char *note,
                                        struct ov_error *err);

#endif

/* SQL of the sealer. The one file of it that knows libpq. */
#include "server/audit/sealer/database.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROW_TEXT_SIZE 64
#define NODES_LEVEL 8 /* each level of audit.node is so many levels of the tree */

struct database {
    PGconn *conn;
};

/* --- asking --- */

static enum ov_status failure(struct database *database, const PGresult *result,
                              struct ov_error *err)
{
    const char *state = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *constraint =
        result != NULL ? PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME) : NULL;
    if (PQstatus(database->conn) != CONNECTION_OK || state == NULL || strncmp(state, "57", 2) == 0)
        return ov_fail(err, OV_ERR_UNAVAILABLE, "sealer.database_down",
                       "the database is not there: %s", PQerrorMessage(database->conn));
    if (constraint != NULL && strcmp(constraint, "sealer_fenced") == 0)
        return ov_fail(err, OV_ERR_CONFLICT, "sealer.fenced",
                       "another sealer has taken over; this one stops");
    return ov_fail(err, OV_ERR_INTERNAL, "sealer.database", "the database refused: %s",
                   PQresultErrorMessage(result));
}

/* values: texts. The caller clears the result. */
static enum ov_status ask(struct database *database, const char *sql, int count,
                          const char *const *values, bool binary, PGresult **ret,
                          struct ov_error *err)
{
    PGresult *result =
        PQexecParams(database->conn, sql, count, NULL, values, NULL, NULL, binary ? 1 : 0);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        *ret = result;
        return OV_OK;
    }
    enum ov_status failed = failure(database, result, err);
    PQclear(result);
    return failed;
}

static enum ov_status ask_number(struct database *database, const char *sql, int64_t *ret,
                                 struct ov_error *err)
{
    PGresult *result = NULL;
    enum ov_status status = ask(database, sql, 0, NULL, false, &result, err);
    if (status == OV_OK && (PQntuples(result) != 1 ||
                            ov_parse_i64(PQgetvalue(result, 0, 0), 0, INT64_MAX, ret) != OV_OK))
        status = ov_fail(err, OV_ERR_INTERNAL, "sealer.answer",
                         "the database's answer is no number; is the schema the right one?");
    PQclear(result);
    return status;
}

/* --- the connection --- */

static enum ov_status check(struct database *database, struct ov_error *err)
{
    PGresult *result = NULL;
    enum ov_status status =
        ask(database, "SELECT current_user = 'overt_sealer', to_regclass('audit.log') IS NOT NULL",
            0, NULL, false, &result, err);
    if (status != OV_OK)
        return status;
    bool is_sealer = strcmp(PQgetvalue(result, 0, 0), "t") == 0;
    bool has_log = strcmp(PQgetvalue(result, 0, 1), "t") == 0;
    PQclear(result);
    if (!is_sealer)
        return ov_fail(err, OV_ERR_STATE, "sealer.role",
                       "the sealer connects as overt_sealer and nobody else");
    if (!has_log)
        return ov_fail(err, OV_ERR_STATE, "sealer.schema",
                       "the database has no log yet; bring its schema up to date");
    return OV_OK;
}

enum ov_status database_open(const char *conninfo, struct database **ret, struct ov_error *err)
{
    struct database *database = calloc(1, sizeof(*database));
    if (database == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    database->conn = PQconnectdb(conninfo);
    enum ov_status status = OV_OK;
    if (PQstatus(database->conn) != CONNECTION_OK)
        status = failure(database, NULL, err);
    if (status == OV_OK)
        status = check(database, err);
    if (status != OV_OK) {
        database_close(database);
        return status;
    }
    *ret = database;
    return OV_OK;
}

void database_close(struct database *database)
{
    if (database == NULL)
        return;
    PQfinish(database->conn);
    free(database);
}

enum ov_status database_take_over(struct database *database, int64_t *ret_epoch,
                                  struct ov_error *err)
{
    return ask_number(database, "SELECT audit.take_over()", ret_epoch, err);
}

enum ov_status database_list_forgotten(struct database *database, int64_t *ret_count,
                                       struct ov_error *err)
{
    return ask_number(database, "SELECT audit.list_forgotten()", ret_count, err);
}

/* --- reading --- */

static bool read_edge(const PGresult *result, struct tree_edge *ret)
{
    int64_t size = 0;
    size_t at = 0;
    if (PQntuples(result) != 1 || PQgetlength(result, 0, 0) != 8 ||
        PQgetlength(result, 0, 1) != TREE_HASH_BYTES)
        return false;
    size = (int64_t)ov_read_be64((const uint8_t *)PQgetvalue(result, 0, 0));
    size_t edge_bytes = (size_t)PQgetlength(result, 0, 2);
    ret->size = (uint64_t)size;
    for (unsigned level = 0; level < 63; level++) {
        if ((ret->size >> level & 1) == 0)
            continue;
        if (at + TREE_HASH_BYTES > edge_bytes)
            return false;
        memcpy(ret->nodes[level].bytes, PQgetvalue(result, 0, 2) + at, TREE_HASH_BYTES);
        at += TREE_HASH_BYTES;
    }
    struct tree_hash root = tree_root(ret);
    return size >= 0 && at == edge_bytes &&
           memcmp(root.bytes, PQgetvalue(result, 0, 1), TREE_HASH_BYTES) == 0;
}

enum ov_status database_log(struct database *database, struct tree_edge *ret_edge,
                            struct ov_error *err)
{
    PGresult *result = NULL;
    enum ov_status status =
        ask(database, "SELECT size, root, edge FROM audit.log", 0, NULL, true, &result, err);
    if (status == OV_OK && !read_edge(result, ret_edge))
        status = ov_fail(err, OV_ERR_CRYPTO, "sealer.log",
                         "size, root and edge in audit.log do not fit together: somebody changed "
                         "them. Nothing is sealed; compare the database with its replica");
    PQclear(result);
    return status;
}

enum ov_status database_unsealed(struct database *database, int limit,
                                 enum ov_status (*on_event)(void *ctx, const struct ov_id *id,
                                                            const void *body, size_t size),
                                 void *ctx, struct ov_error *err)
{
    static const char sql[] = "SELECT event.id, event.body\n"
                              "FROM audit.unsealed JOIN audit.event ON event.id = event_id\n"
                              "ORDER BY event.xid, event.id LIMIT $1::integer";
    char count[16];
    const char *const values[] = {count};
    PGresult *result = NULL;
    (void)snprintf(count, sizeof(count), "%d", limit);
    enum ov_status status = ask(database, sql, 1, values, true, &result, err);
    for (int i = 0; status == OV_OK && i < PQntuples(result); i++) {
        struct ov_id id;
        memcpy(id.bytes, PQgetvalue(result, i, 0), OV_ID_BYTES);
        status = on_event(ctx, &id, PQgetvalue(result, i, 1), (size_t)PQgetlength(result, i, 1));
    }
    PQclear(result);
    return status;
}

/* Folds count hashes, a power of two, into the one above them. */
static struct tree_hash fold(struct tree_hash *hashes, size_t count)
{
    for (; count > 1; count /= 2)
        for (size_t i = 0; i < count / 2; i++)
            hashes[i] = tree_node(&hashes[2 * i], &hashes[2 * i + 1]);
    return hashes[0];
}

/* The nodes stored below one: itself, or up to 128 that are folded. */
static enum ov_status read_node(void *ctx, unsigned level, uint64_t index, struct tree_hash *ret,
                                struct ov_error *err)
{
    static const char leaves[] = "SELECT hash FROM audit.leaf\n"
                                 "WHERE $1::integer = 0 AND index >= $2::bigint AND\n"
                                 "      index < $3::bigint ORDER BY index";
    static const char nodes[] = "SELECT hash FROM audit.node\n"
                                "WHERE level = $1::smallint AND index >= $2::bigint AND\n"
                                "      index < $3::bigint ORDER BY index";
    struct tree_hash hashes[1u << (NODES_LEVEL - 1)];
    char stored[16];
    char from[32];
    char to[32];
    const char *const values[] = {stored, from, to};
    PGresult *result = NULL;
    size_t count = (size_t)1 << level % NODES_LEVEL;
    (void)snprintf(stored, sizeof(stored), "%u", level / NODES_LEVEL);
    (void)snprintf(from, sizeof(from), "%" PRIu64, index * count);
    (void)snprintf(to, sizeof(to), "%" PRIu64, (index + 1) * count);
    enum ov_status status =
        ask(ctx, level < NODES_LEVEL ? leaves : nodes, 3, values, true, &result, err);
    if (status == OV_OK && (size_t)PQntuples(result) != count)
        status = ov_fail(err, OV_ERR_CRYPTO, "sealer.gap",
                         "the log has a gap: of %zu hashes at level %u from %s on there are %d",
                         count, level / NODES_LEVEL, from, PQntuples(result));
    for (size_t i = 0; status == OV_OK && i < count; i++)
        memcpy(hashes[i].bytes, PQgetvalue(result, (int)i, 0), TREE_HASH_BYTES);
    PQclear(result);
    if (status == OV_OK)
        *ret = fold(hashes, count);
    return status;
}

struct tree_nodes database_nodes(struct database *database)
{
    return (struct tree_nodes){database, read_node};
}

/* --- sealing --- */

void batch_init(struct batch *batch)
{
    memset(batch, 0, sizeof(*batch));
}

void batch_done(struct batch *batch)
{
    ov_buf_free(&batch->ids);
    ov_buf_free(&batch->leaves);
    ov_buf_free(&batch->node_levels);
    ov_buf_free(&batch->node_indexes);
    ov_buf_free(&batch->node_hashes);
    memset(batch, 0, sizeof(*batch));
}

/* The next element of an array literal: "{" or ",". */
static void separate(struct ov_buf *array)
{
    ov_buf_puts(array, array->length == 0 ? "{" : ",");
}

static void add_hash(struct ov_buf *array, const struct tree_hash *hash)
{
    char hex[2 * TREE_HASH_BYTES + 1];
    separate(array);
    ov_buf_printf(array, "\"\\\\x%s\"", ov_hex_encode(hash->bytes, TREE_HASH_BYTES, hex));
}

void batch_add_event(struct batch *batch, const struct ov_id *id, const struct tree_hash *leaf)
{
    char text[OV_ID_TEXT_SIZE];
    separate(&batch->ids);
    ov_buf_puts(&batch->ids, ov_id_format(id, text));
    add_hash(&batch->leaves, leaf);
    batch->count++;
}

void batch_add_node(struct batch *batch, unsigned level, uint64_t index,
                    const struct tree_hash *hash)
{
    if (level % NODES_LEVEL != 0)
        return;
    separate(&batch->node_levels);
    ov_buf_printf(&batch->node_levels, "%u", level / NODES_LEVEL);
    separate(&batch->node_indexes);
    ov_buf_printf(&batch->node_indexes, "%" PRIu64, index);
    add_hash(&batch->node_hashes, hash);
}

static const char *array_of(struct ov_buf *array)
{
    if (array->length == 0)
        return "{}";
    ov_buf_puts(array, "}");
    return array->data;
}

static void print_hashes(const struct tree_hash *hashes, size_t count, struct ov_buf *out)
{
    char hex[2 * TREE_HASH_BYTES + 1];
    ov_buf_puts(out, "\\x");
    for (size_t i = 0; i < count; i++)
        ov_buf_puts(out, ov_hex_encode(hashes[i].bytes, TREE_HASH_BYTES, hex));
}

static void print_edge(const struct tree_edge *edge, struct ov_buf *out)
{
    struct tree_hash hashes[63];
    size_t count = 0;
    for (unsigned level = 0; level < 63; level++)
        if ((edge->size >> level & 1) != 0)
            hashes[count++] = edge->nodes[level];
    print_hashes(hashes, count, out);
}

enum ov_status database_seal(struct database *database, int64_t epoch, const struct tree_edge *old,
                             const struct tree_edge *edge, struct batch *batch, const char *note,
                             struct ov_error *err)
{
    static const char sql[] = "SELECT audit.seal($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    char epoch_text[32];
    char size[32];
    struct ov_buf old_root = OV_BUF_INIT;
    struct ov_buf root = OV_BUF_INIT;
    struct ov_buf edge_text = OV_BUF_INIT;
    struct tree_hash hash = tree_root(old);
    print_hashes(&hash, 1, &old_root);
    hash = tree_root(edge);
    print_hashes(&hash, 1, &root);
    print_edge(edge, &edge_text);
    (void)snprintf(epoch_text, sizeof(epoch_text), "%" PRId64, epoch);
    (void)snprintf(size, sizeof(size), "%" PRIu64, old->size);
    const char *const values[] = {epoch_text,
                                  size,
                                  old_root.data,
                                  array_of(&batch->ids),
                                  array_of(&batch->leaves),
                                  root.data,
                                  edge_text.data,
                                  array_of(&batch->node_levels),
                                  array_of(&batch->node_indexes),
                                  array_of(&batch->node_hashes),
                                  note};
    bool complete = !old_root.failed && !root.failed && !edge_text.failed && !batch->ids.failed &&
                    !batch->leaves.failed && !batch->node_levels.failed &&
                    !batch->node_indexes.failed && !batch->node_hashes.failed;
    PGresult *result = NULL;
    enum ov_status status = complete ? ask(database, sql, 11, values, false, &result, err)
                                     : ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    PQclear(result);
    ov_buf_free(&old_root);
    ov_buf_free(&root);
    ov_buf_free(&edge_text);
    return status;
}

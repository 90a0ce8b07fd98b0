/*
 * The record in PostgreSQL. One transaction, REPEATABLE READ and read-only, so that all is of one
 * moment; rows come as binary COPY, which is several times as fast as a result set.
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "server/audit/verify/source.h"

#define COPY_SIGNATURE "PGCOPY\n\377\r\n"
#define COPY_HEADER_MIN 19
#define FIELDS_MAX 4

struct database {
    PGconn *conn;
};

static enum ov_status failure(const struct database *database, const PGresult *result,
                              struct ov_error *err)
{
    const char *text =
        result != NULL ? PQresultErrorMessage(result) : PQerrorMessage(database->conn);
    return ov_fail(err, OV_ERR_UNAVAILABLE, "verify.database", "the database says: %s", text);
}

static enum ov_status run(const struct database *database, const char *sql, ExecStatusType wanted,
                          struct ov_error *err)
{
    PGresult *result = PQexec(database->conn, sql);
    enum ov_status status =
        PQresultStatus(result) == wanted ? OV_OK : failure(database, result, err);
    PQclear(result);
    return status;
}

/* --- binary COPY --- */

/* A field: its bytes, or NULL. */
struct field {
    const uint8_t *data;
    size_t size;
};

/* One row, as PostgreSQL sends each in a message of its own. False: it is none. */
static bool read_row(const uint8_t *at, size_t size, struct field *fields, size_t count)
{
    if (size < 2 || ov_read_be16(at) != count)
        return false;
    size_t used = 2;
    for (size_t i = 0; i < count; i++) {
        if (size - used < 4)
            return false;
        uint32_t length = ov_read_be32(at + used);
        used += 4;
        fields[i] = (struct field){NULL, 0};
        if (length == UINT32_MAX)
            continue;
        if (length > size - used)
            return false;
        fields[i] = (struct field){at + used, length};
        used += length;
    }
    return used == size;
}

typedef enum ov_status (*on_fields)(void *ctx, const struct field *fields);

static enum ov_status bad_answer(struct ov_error *err)
{
    return ov_fail(err, OV_ERR_INVALID, "verify.answer",
                   "the database's answer has another form than it should; is its schema the "
                   "one of this program?");
}

/* A message: the header comes with the first row or alone, the trailer is two bytes of -1. */
static enum ov_status on_message(const uint8_t *at, size_t size, bool first, size_t count,
                                 on_fields on_row, void *ctx, struct ov_error *err)
{
    struct field fields[FIELDS_MAX];
    if (first) {
        if (size < COPY_HEADER_MIN || memcmp(at, COPY_SIGNATURE, 11) != 0)
            return bad_answer(err);
        at += COPY_HEADER_MIN;
        size -= COPY_HEADER_MIN;
    }
    if (size == 0 || (size == 2 && ov_read_be16(at) == UINT16_MAX))
        return OV_OK;
    return read_row(at, size, fields, count) ? on_row(ctx, fields) : bad_answer(err);
}

/* What is left after an error is read and thrown away by closing the connection. */
static enum ov_status copy_rows(struct database *database, const char *sql, size_t count,
                                on_fields on_row, void *ctx, struct ov_error *err)
{
    char *message = NULL;
    bool first = true;
    int size = 0;
    enum ov_status status = run(database, sql, PGRES_COPY_OUT, err);
    while (status == OV_OK && (size = PQgetCopyData(database->conn, &message, 0)) > 0) {
        status = on_message((const uint8_t *)message, (size_t)size, first, count, on_row, ctx, err);
        first = false;
        PQfreemem(message);
    }
    if (status != OV_OK)
        return status;
    if (size < -1)
        return failure(database, NULL, err);
    PGresult *result = NULL;
    while ((result = PQgetResult(database->conn)) != NULL) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK && status == OV_OK)
            status = failure(database, result, err);
        PQclear(result);
    }
    return status;
}

/* --- events --- */

struct events {
    enum ov_status (*on_event)(void *, const struct source_event *);
    void *ctx;
    struct ov_error *err;
};

enum { EVENT_INDEX, EVENT_LEAF, EVENT_ID, EVENT_BODY };

static enum ov_status on_event_row(void *ctx, const struct field *fields)
{
    const struct events *events = ctx;
    struct source_event event = {.has_place = fields[EVENT_INDEX].data != NULL,
                                 .has_body = fields[EVENT_BODY].data != NULL};
    if (event.has_place) {
        if (fields[EVENT_INDEX].size != 8 || fields[EVENT_LEAF].size != TREE_HASH_BYTES)
            return bad_answer(events->err);
        event.index = ov_read_be64(fields[EVENT_INDEX].data);
        memcpy(event.leaf.bytes, fields[EVENT_LEAF].data, TREE_HASH_BYTES);
    }
    if (fields[EVENT_ID].size != OV_ID_BYTES)
        return bad_answer(events->err);
    memcpy(event.id.bytes, fields[EVENT_ID].data, OV_ID_BYTES);
    if (event.has_body) {
        event.body = (const char *)fields[EVENT_BODY].data;
        event.size = fields[EVENT_BODY].size;
    }
    return events->on_event(events->ctx, &event);
}

static enum ov_status each_event(void *ctx,
                                 enum ov_status (*on_event)(void *, const struct source_event *),
                                 void *on_ctx, struct ov_error *err)
{
    struct events events = {on_event, on_ctx, err};
    return copy_rows(ctx,
                     "COPY (SELECT leaf.index, leaf.hash, coalesce(event.id, leaf.event_id), "
                     "event.body FROM audit.leaf FULL JOIN audit.event ON event.id = leaf.event_id "
                     "ORDER BY leaf.index NULLS LAST) TO STDOUT (FORMAT binary)",
                     4, on_event_row, &events, err);
}

/* --- checkpoints --- */

struct notes {
    enum ov_status (*on_note)(void *, uint64_t size, const char *note, size_t note_size);
    void *ctx;
    struct ov_error *err;
};

static enum ov_status on_note_row(void *ctx, const struct field *fields)
{
    const struct notes *notes = ctx;
    if (fields[0].size != 8 || fields[1].data == NULL)
        return bad_answer(notes->err);
    return notes->on_note(notes->ctx, ov_read_be64(fields[0].data), (const char *)fields[1].data,
                          fields[1].size);
}

static enum ov_status each_checkpoint(void *ctx,
                                      enum ov_status (*on_note)(void *, uint64_t size,
                                                                const char *note, size_t note_size),
                                      void *on_ctx, struct ov_error *err)
{
    struct notes notes = {on_note, on_ctx, err};
    return copy_rows(ctx,
                     "COPY (SELECT size, note FROM audit.checkpoint ORDER BY size) "
                     "TO STDOUT (FORMAT binary)",
                     2, on_note_row, &notes, err);
}

/* --- the rest --- */

static uint64_t count(void *ctx)
{
    const struct database *database = ctx;
    PGresult *result = PQexec(database->conn, "SELECT size FROM audit.log");
    int64_t size = 0;
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1 ||
        ov_parse_i64(PQgetvalue(result, 0, 0), 0, INT64_MAX, &size) != OV_OK)
        size = 0;
    PQclear(result);
    return (uint64_t)size;
}

static void close_database(void *ctx)
{
    struct database *database = ctx;
    PQfinish(database->conn);
    free(database);
}

enum ov_status source_open_database(const char *conninfo, struct source *ret, struct ov_error *err)
{
    struct database *database = calloc(1, sizeof(*database));
    if (database == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    database->conn = PQconnectdb(conninfo);
    enum ov_status status =
        PQstatus(database->conn) == CONNECTION_OK ? OV_OK : failure(database, NULL, err);
    if (status == OV_OK)
        status =
            run(database, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", PGRES_COMMAND_OK, err);
    if (status != OV_OK) {
        close_database(database);
        return status;
    }
    *ret = (struct source){.ctx = database,
                           .each_event = each_event,
                           .each_checkpoint = each_checkpoint,
                           .count = count,
                           .close = close_database};
    return OV_OK;
}

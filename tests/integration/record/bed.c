/* The bed. */
#include "tests/integration/record/bed.h"

#include <libpq-fe.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/integration/harness/process.h"

static struct bed bed;

const char *bed_program(const char *name)
{
    static char path[512];
    const char *build = getenv("OVERT_BUILD_DIR");
    assert_non_null(build);
    (void)snprintf(path, sizeof(path), "%s/bin/%s", build, name);
    return path;
}

const char *bed_path(const struct bed *given, const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof(path), "%s/%s", given->folder, name);
    return path;
}

static int make_key(const char *path, struct note_key *ret)
{
    struct ov_buf key = OV_BUF_INIT;
    struct ov_error err = OV_ERROR_INIT;
    const char *const argv[] = {
        bed_program("overt-sealer"), "keygen", "--key", path, "--name", BED_LOG, NULL};
    int status = process_run(argv, NULL, &key, NULL, 30);
    if (status == 0 && note_key_parse(key.data, ret, &err) != OV_OK)
        status = -1;
    ov_buf_free(&key);
    return status;
}

void bed_other_key(struct bed *given, char *out, size_t size)
{
    struct note_key key;
    struct ov_buf text = OV_BUF_INIT;
    assert_int_equal(make_key(bed_path(given, "other.key"), &key), 0);
    note_key_print(&key, &text);
    assert_true(text.length < size);
    memcpy(out, text.data, text.length + 1);
    ov_buf_free(&text);
}

int bed_start(void **state)
{
    bed = (struct bed){.folder = "/tmp/overt-record-XXXXXX"};
    if (mkdtemp(bed.folder) == NULL)
        return -1;
    (void)snprintf(bed.key, sizeof(bed.key), "%s/log.key", bed.folder);
    (void)snprintf(bed.state, sizeof(bed.state), "%s/checkpoint", bed.folder);
    bed.pg = pg_new(NULL);
    *state = &bed;
    return make_key(bed.key, &bed.public_key);
}

int bed_stop(void **state)
{
    const char *const argv[] = {"/bin/rm", "-rf", bed.folder, NULL};
    (void)state;
    pg_free(bed.pg);
    return process_run(argv, NULL, NULL, NULL, 30);
}

/* --- events --- */

void bed_write_events(struct bed *given, int count, bool apart)
{
    char sql[800];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(audit.write_event(id, convert_to(format("
                   "'{\"actor\":{\"kind\":\"server\"},\"at_us\":1777636800000000,\"details\":{"
                   "\"n\":%%s},\"id\":\"%%s\",\"name\":\"test.made\",\"v\":1}', n, id), 'UTF8'))) "
                   "FROM (SELECT gen_random_uuid() AS id, n FROM generate_series(1, %d) AS n) AS e",
                   apart ? 1 : count);
    for (int i = 0; i < (apart ? count : 1); i++)
        pg_sql(given->pg, "server", sql);
}

/* --- sealers --- */

static int seal(const struct bed *given, const char *conninfo, const char *state,
                struct ov_buf *log)
{
    const char *const argv[] = {bed_program("overt-sealer"),
                                "run",
                                "--database",
                                conninfo,
                                "--key",
                                given->key,
                                "--name",
                                BED_LOG,
                                "--state",
                                state,
                                "--once",
                                NULL};
    return process_run(argv, NULL, NULL, log, 60);
}

int bed_seal(struct bed *given, struct ov_buf *log)
{
    return seal(given, pg_conninfo(given->pg, "sealer"), given->state, log);
}

int bed_seal_with(struct bed *given, const char *database, const char *state)
{
    char conninfo[600];
    (void)snprintf(conninfo, sizeof(conninfo), "%s dbname=%s", pg_conninfo(given->pg, "sealer"),
                   database);
    bed_admin(given, database, "ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_unsealed");
    return seal(given, conninfo, state, NULL);
}

pid_t bed_sealer(struct bed *given, const char *log_name)
{
    const char *const argv[] = {bed_program("overt-sealer"),
                                "run",
                                "--database",
                                pg_conninfo(given->pg, "sealer"),
                                "--key",
                                given->key,
                                "--name",
                                BED_LOG,
                                "--state",
                                given->state,
                                NULL};
    pid_t pid = process_start(argv, bed_path(given, log_name), NULL);
    assert_true(pid > 0);
    return pid;
}

void bed_admin(struct bed *given, const char *database, const char *sql)
{
    char conninfo[600];
    (void)snprintf(conninfo, sizeof(conninfo), "%s dbname=%s", pg_conninfo(given->pg, "admin"),
                   database);
    PGconn *conn = PQconnectdb(conninfo);
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(conn));
    PQclear(result);
    PQfinish(conn);
}

/* --- checking --- */

static PGresult *rows(PGconn *conn, const char *sql)
{
    PGresult *result = PQexecParams(conn, sql, 0, NULL, NULL, NULL, NULL, 1);
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    return result;
}

static uint64_t number(const PGresult *result, int row, int column)
{
    assert_int_equal(PQgetlength(result, row, column), 8);
    return ov_read_be64((const uint8_t *)PQgetvalue(result, row, column));
}

static void check_checkpoint(const struct bed *given, const PGresult *result, int row,
                             const struct tree_edge *edge)
{
    struct checkpoint checkpoint;
    struct ov_error err = OV_ERROR_INIT;
    struct tree_hash root = tree_root(edge);
    assert_int_equal(checkpoint_open(PQgetvalue(result, row, 1),
                                     (size_t)PQgetlength(result, row, 1), &given->public_key,
                                     &checkpoint, &err),
                     OV_OK);
    assert_int_equal(checkpoint.size, number(result, row, 0));
    assert_int_equal(checkpoint.size, edge->size);
    assert_true(tree_hash_equal(&checkpoint.root, &root));
}

uint64_t bed_check_log(struct bed *given)
{
    PGconn *conn = PQconnectdb(pg_conninfo(given->pg, "oversight"));
    PGresult *events = rows(conn, "SELECT leaf.index, event.body FROM audit.event AS event "
                                  "LEFT JOIN audit.leaf ON event_id = id ORDER BY leaf.index");
    PGresult *notes = rows(conn, "SELECT size, note FROM audit.checkpoint ORDER BY size");
    struct tree_edge edge = {.size = 0};
    int seen = 0;
    for (int i = 0; i < PQntuples(events); i++) {
        assert_false(PQgetisnull(events, i, 0)); /* an event that was left out */
        assert_int_equal(number(events, i, 0), i);
        struct tree_hash leaf =
            tree_leaf(PQgetvalue(events, i, 1), (size_t)PQgetlength(events, i, 1));
        tree_append(&edge, &leaf, NULL, NULL);
        if (seen < PQntuples(notes) && number(notes, seen, 0) == edge.size)
            check_checkpoint(given, notes, seen++, &edge);
    }
    assert_int_equal(seen, PQntuples(notes));
    assert_true(seen > 0 && number(notes, seen - 1, 0) == edge.size);
    PQclear(events);
    PQclear(notes);
    PQfinish(conn);
    return edge.size;
}

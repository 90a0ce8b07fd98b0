/* An import that finds a disk full: it says so, waits or ends, and goes on when there is room. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/integration/ctl/faces.h"
#include "tests/integration/full/disk.h"
#include "tests/integration/full/tests.h"
#include "tests/integration/harness/process.h"

#define LIMIT_MS 240000 /* a wait of sixteen seconds is the longest between two tries */

struct import {
    struct office *office;
    const char *deployment;
    char list[PATH_MAX];
    char report[PATH_MAX];
    char out[PATH_MAX];
    char err[PATH_MAX];
    int good; /* rows */
    int bad;
    pid_t pid;
};

static void write_list(struct import *import)
{
    FILE *file = fopen(import->list, "w");
    assert_non_null(file);
    assert_true(fputs("image,category,response,name,reference\n", file) >= 0);
    for (int i = 0; i < import->bad; i++)
        assert_true(fputs("portrait-0.jpg,missing_at_risk,identify\n", file) >= 0);
    for (int i = 0; i < import->good; i++)
        assert_true(fprintf(file,
                            SECRET_FILE "%d.jpg,missing_at_risk,identify," SECRET_NAME
                                        "," SECRET_REFERENCE "%d\n",
                            i % FACES_COUNT, i) > 0);
    assert_int_equal(fclose(file), 0);
}

/* A deployment that is applied for, and a list for it. folder: where the report goes. */
static void prepare(struct import *import, struct office *office, const char *deployment,
                    const char *folder, int bad, int good)
{
    struct world *world = &office->world;
    struct ov_id id;
    *import = (struct import){
        .office = office, .deployment = deployment, .bad = bad, .good = good, .pid = -1};
    (void)snprintf(import->list, PATH_MAX, "%s/list/%s.csv", world->dir, deployment);
    (void)snprintf(import->report, PATH_MAX, "%s/%s/%s.csv", world->dir, folder, deployment);
    (void)snprintf(import->out, PATH_MAX, "%s/%s.out", world->dir, deployment);
    (void)snprintf(import->err, PATH_MAX, "%s/%s.err", world->dir, deployment);
    world_apply(world, deployment, "north", 0, &id);
    write_list(import);
}

static void start(struct import *import)
{
    const char *argv[PROCESS_ARGS_MAX];
    size_t count = office_command(import->office, "ada", argv);
    const char *const rest[] = {
        "watchlist", "import", import->deployment, import->list, "--report", import->report, NULL};
    memcpy(argv + count, rest, sizeof(rest));
    import->pid = process_start_split(argv, import->out, import->err);
    assert_true(import->pid > 0);
}

static int wait_for_end(struct import *import)
{
    int status = -1;
    assert_true(process_wait(import->pid, LIMIT_MS, &status));
    return status;
}

static long count_for(const struct import *import, const char *from)
{
    char query[512];
    (void)snprintf(query, sizeof(query),
                   "SELECT count(*) FROM overt.deployment d JOIN %s WHERE d.name = '%s'", from,
                   import->deployment);
    return world_psql_number(&import->office->world, query);
}

static long images(const struct import *import)
{
    return count_for(import, "watchlist.image i ON i.deployment_id = d.id");
}

/* An entry, its photograph and its event are there together or not at all. */
static void check_no_halves(const struct import *import, long rows)
{
    assert_int_equal(images(import), rows);
    assert_int_equal(count_for(import, "watchlist.entry e ON e.deployment_id = d.id"), rows);
    assert_int_equal(count_for(import, "watchlist.entry e ON e.deployment_id = d.id JOIN "
                                       "watchlist.image i ON i.deployment_id = d.id AND "
                                       "i.entry_id = e.id"),
                     rows);
    assert_int_equal(count_for(import, "(SELECT convert_from(body, 'UTF8')::jsonb AS b FROM "
                                       "audit.event) e ON b->>'deployment' = d.id::text AND "
                                       "b->>'name' = 'entry.proposed'"),
                     rows);
}

static size_t reported(const struct import *import, const char *outcome)
{
    struct ov_buf report = OV_BUF_INIT;
    char line[64];
    (void)snprintf(line, sizeof(line), ",%s\n", outcome);
    office_read_file(import->report, &report);
    size_t count = count_in(&report, line);
    ov_buf_free(&report);
    return count;
}

static void check_done(const struct import *import)
{
    struct ov_buf report = OV_BUF_INIT;
    office_read_file(import->report, &report);
    assert_int_equal(count_in(&report, "\n"), 1 + import->bad + import->good);
    ov_buf_free(&report);
    assert_int_equal(reported(import, "added") + reported(import, "added_before") +
                         reported(import, "there_already"),
                     import->good);
    check_no_halves(import, import->good);
}

static bool said(const struct import *import, const char *text)
{
    struct ov_buf err = OV_BUF_INIT;
    office_read_file(import->err, &err);
    bool has = said_has(&err, text);
    ov_buf_free(&err);
    return has;
}

static void as_admin(struct office *office, const char *sql)
{
    struct ov_buf out = OV_BUF_INIT;
    if (world_psql(&office->world, "admin", sql, &out) != 0)
        fail_msg("%s: %s", sql, out.data);
    ov_buf_free(&out);
}

/* The photographs of this list go to the small disk, which has room for a few. */
static void move_photographs(const struct import *import)
{
    char sql[1024];
    struct office *office = import->office;
    (void)snprintf(sql, sizeof(sql),
                   "DO $$ DECLARE part regclass; BEGIN SELECT c.oid::regclass INTO STRICT part "
                   "FROM pg_class c JOIN pg_inherits ON inhrelid = c.oid JOIN overt.deployment d "
                   "ON pg_get_expr(c.relpartbound, c.oid) LIKE '%%' || d.id || '%%' WHERE "
                   "inhparent = 'watchlist.image'::regclass AND d.name = '%s'; EXECUTE "
                   "format('ALTER TABLE %%s SET TABLESPACE small', part); END $$",
                   import->deployment);
    as_admin(office, sql);
    disk_fill(world_path(&office->world, TABLES), 512);
}

/* Comes to where the database has no room for the next photograph. */
static void start_until_full(struct import *import)
{
    struct ov_buf err = OV_BUF_INIT;
    move_photographs(import);
    start(import);
    assert_true(office_await_in_file(import->err, "waiting: store.full", 1, &err));
    ov_buf_free(&err);
    assert_true(images(import) > 0);
    assert_true(images(import) < import->good);
    check_no_halves(import, images(import));
}

static void a_full_database_is_waited_for_and_every_row_comes_once(void **state)
{
    struct office *office = *state;
    struct import import;
    char sql[PATH_MAX + 64];
    (void)snprintf(sql, sizeof(sql), "CREATE TABLESPACE small LOCATION '%s'",
                   world_path(&office->world, TABLES));
    as_admin(office, sql);
    prepare(&import, office, "waits", ".", 0, 24);
    start_until_full(&import);
    /* Anybody else is told as well. */
    struct said other =
        office_run(office, "ada", SECRET_NAME "\n" SECRET_REFERENCE "other\n", "watchlist", "add",
                   "waits", world_path(&office->world, "list/portrait-0.jpg"), "--category",
                   "missing_at_risk", "--response", "identify", NULL);
    assert_int_equal(other.status, 1);
    assert_true(said_has(&other.err, "(store.full)"));
    said_free(&other);
    disk_make_room(world_path(&office->world, TABLES));
    assert_int_equal(wait_for_end(&import), 0);
    assert_int_equal(reported(&import, "added"), import.good);
    check_done(&import);
    assert_true(world_log_says(office->world.overtd_log, "store.full"));
}

static void an_import_cut_off_while_it_waits_goes_on_later(void **state)
{
    struct office *office = *state;
    struct import import;
    prepare(&import, office, "cut-off", ".", 0, 24);
    start_until_full(&import);
    size_t before = (size_t)images(&import);
    assert_int_equal(process_end(import.pid, SIGINT, 30000), 3);
    assert_true(said(&import, "to go on, give the same command again"));
    assert_int_equal(reported(&import, "added"), before);
    assert_true(reported(&import, "store.full") > 0);
    assert_true(reported(&import, "not_tried") > 0);
    disk_make_room(world_path(&office->world, TABLES));
    start(&import);
    assert_int_equal(wait_for_end(&import), 0);
    assert_int_equal(reported(&import, "added_before"), before);
    assert_int_equal(reported(&import, "added"), (size_t)import.good - before);
    check_done(&import);
}

/* Ends with this word, and goes on when there is room. */
static void fills_its_own_disk(struct import *import, int status, const char *code)
{
    struct office *office = import->office;
    char desk[PATH_MAX];
    (void)snprintf(desk, sizeof(desk), "%s", world_path(&office->world, DESK));
    disk_fill(desk, 8); /* a page for the report, one for the state */
    start(import);
    assert_int_equal(wait_for_end(import), status);
    assert_true(said(import, code));
    assert_true(said(import, "give the same command again"));
    assert_true(images(import) < import->good);
    check_no_halves(import, images(import));
    disk_make_room(desk);
    start(import);
    assert_int_equal(wait_for_end(import), import->bad > 0 ? 3 : 0);
    check_done(import);
}

static void no_room_for_the_state_loses_nothing(void **state)
{
    struct import import;
    prepare(&import, *state, "no-state", DESK, 0, 200);
    fills_its_own_disk(&import, 3, "(state.write)");
}

/* The first rows are bad ones, which are in the report alone: nothing has been added. */
static void no_room_for_the_report_loses_nothing(void **state)
{
    struct import import;
    prepare(&import, *state, "no-report", DESK, 600, 20);
    fills_its_own_disk(&import, 2, "(report.write)");
}

/* Not even its first line: nothing is begun. */
static void no_room_at_all_begins_nothing(void **state)
{
    struct office *office = *state;
    struct import import;
    char desk[PATH_MAX];
    (void)snprintf(desk, sizeof(desk), "%s", world_path(&office->world, DESK));
    prepare(&import, office, "no-room", DESK, 0, 5);
    disk_fill(desk, 0);
    start(&import);
    assert_int_equal(wait_for_end(&import), 2);
    assert_true(said(&import, "(state.write)"));
    check_no_halves(&import, 0);
    disk_make_room(desk);
    start(&import);
    assert_int_equal(wait_for_end(&import), 0);
    check_done(&import);
}

const struct CMUnitTest import_full_tests[] = {
    cmocka_unit_test(a_full_database_is_waited_for_and_every_row_comes_once),
    cmocka_unit_test(an_import_cut_off_while_it_waits_goes_on_later),
    cmocka_unit_test(no_room_for_the_state_loses_nothing),
    cmocka_unit_test(no_room_for_the_report_loses_nothing),
    cmocka_unit_test(no_room_at_all_begins_nothing),
};
const size_t import_full_test_count = sizeof(import_full_tests) / sizeof(import_full_tests[0]);

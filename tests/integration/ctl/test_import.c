/* Imports that are cut off: by Ctrl-C, by kill -9 of either side, by a full disk; and go on. */
#include "tests/integration/ctl/office.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "common/base/file.h"

#include "tests/integration/ctl/line.h"
#include "tests/integration/harness/process.h"

#define ROWS 30 /* of the list that test_list.c has written ... */
#define BAD_ROWS 6

struct run {
    char report[PATH_MAX];
    char out[PATH_MAX];
    char err[PATH_MAX];
    pid_t pid;
};

static long long entries_of(struct office *office, const char *name)
{
    struct said said = office_run(office, "ada", NULL, "--json", "deployment", "show", name, NULL);
    json_t *deployment = json_loadb(said.out.data, said.out.length, 0, NULL);
    long long proposed =
        json_integer_value(json_object_get(json_object_get(deployment, "watchlist"), "proposed"));
    json_decref(deployment);
    said_free(&said);
    return proposed;
}

static long images_of(struct office *office, const char *name)
{
    char query[300];
    (void)snprintf(query, sizeof(query),
                   "SELECT count(*) FROM watchlist.image JOIN overt.deployment ON deployment.id = "
                   "image.deployment_id WHERE deployment.name = '%s'",
                   name);
    return world_psql_number(&office->world, query);
}

static void check_silent(const struct run *run)
{
    struct ov_buf text = OV_BUF_INIT;
    const char *const files[] = {run->report, run->out, run->err};
    for (size_t i = 0; i < 3; i++) {
        office_read_file(files[i], &text);
        assert_false(said_has(&text, SECRET_NAME));
        assert_false(said_has(&text, SECRET_REFERENCE));
        assert_false(said_has(&text, SECRET_FILE));
    }
    ov_buf_free(&text);
}

/* Starts importing, or goes on with it; with a limit on the size of files that it writes, as if the
 * disk were full behind it (NULL: none). */
static void run_within(struct office *office, const char *name, const char *limit, struct run *run)
{
    char list[PATH_MAX];
    char file[64];
    const char *argv[PROCESS_ARGS_MAX];
    (void)snprintf(list, sizeof(list), "%s", world_path(&office->world, "list"));
    (void)snprintf(file, sizeof(file), "%s.csv", name);
    (void)snprintf(run->report, sizeof(run->report), "%s", world_path(&office->world, file));
    (void)snprintf(file, sizeof(file), "%s.out", name);
    (void)snprintf(run->out, sizeof(run->out), "%s", world_path(&office->world, file));
    (void)snprintf(file, sizeof(file), "%s.err", name);
    (void)snprintf(run->err, sizeof(run->err), "%s", world_path(&office->world, file));
    argv[0] = "prlimit";
    argv[1] = limit;
    size_t skip = limit != NULL ? 2 : 0;
    size_t count = skip + office_command(office, "ada", argv + skip);
    char plain[PATH_MAX + 16]; /* without the recording, which would not fit either */
    (void)snprintf(plain, sizeof(plain), "%s/overtctl", office->world.programs);
    if (limit != NULL)
        argv[skip] = plain;
    const char *const rest[] = {"watchlist", "import", name, list, "--report", run->report, NULL};
    memcpy(argv + count, rest, sizeof(rest));
    run->pid = process_start_split(argv, run->out, run->err);
    assert_true(run->pid > 0);
}

static void run_again(struct office *office, const char *name, struct run *run)
{
    run_within(office, name, NULL, run);
}

/* Applies for a deployment and starts importing into it; returns once some rows are done. */
static void start(struct office *office, const char *name, struct run *run)
{
    struct ov_buf report = OV_BUF_INIT;
    office_expect(office, "ada", 0, NULL, "deployment", "create", name, "--purpose", "an import",
                  "--site", "north", NULL);
    office_expect(office, "ada", 0, NULL, "--yes", "deployment", "apply", name, NULL);
    run_again(office, name, run);
    assert_true(office_await_in_file(run->report, ",added\n", 2, &report));
    ov_buf_free(&report);
}

/* Goes on with an import that was cut off, to its end: then every row is accounted for, and every
 * photograph is on the list once. */
static void finish(struct office *office, const char *name, struct run *run)
{
    int status = -1;
    struct ov_buf report = OV_BUF_INIT;
    run_again(office, name, run);
    assert_true(process_wait(run->pid, 60000, &status));
    assert_int_equal(status, 3); /* for the bad rows */
    office_read_file(run->report, &report);
    assert_int_equal(count_in(&report, "\n"), 1 + ROWS);
    assert_int_equal(count_in(&report, ",added\n") + count_in(&report, ",added_before\n") +
                         count_in(&report, ",there_already\n"),
                     ROWS - BAD_ROWS);
    assert_true(count_in(&report, ",added_before\n") > 0);
    ov_buf_free(&report);
    assert_int_equal(entries_of(office, name), ROWS - BAD_ROWS);
    assert_int_equal(images_of(office, name), ROWS - BAD_ROWS);
    check_silent(run);
}

static void ctrl_c_finishes_what_is_under_way_and_accounts_for_the_rest(void **state)
{
    struct office *office = *state;
    struct run run;
    struct ov_buf report = OV_BUF_INIT;
    start(office, "cut-short", &run);
    assert_int_equal(process_end(run.pid, SIGINT, 30000), 3);
    office_read_file(run.report, &report);
    assert_int_equal(count_in(&report, "\n"), 1 + ROWS);
    assert_true(count_in(&report, ",not_tried\n") > 0);
    assert_int_equal(count_in(&report, ",added\n"), entries_of(office, "cut-short"));
    check_silent(&run);
    ov_buf_free(&report);
    finish(office, "cut-short", &run);
}

static void a_client_that_was_killed_goes_on_where_it_was(void **state)
{
    struct office *office = *state;
    struct run run;
    start(office, "killed", &run);
    (void)process_end(run.pid, SIGKILL, 30000);
    finish(office, "killed", &run);
}

/* With the state lost as well, the server knows what it has. */
static void a_client_that_lost_its_state_adds_nothing_twice(void **state)
{
    struct office *office = *state;
    struct run run;
    char path[PATH_MAX + 8];
    struct ov_buf report = OV_BUF_INIT;
    int status = -1;
    start(office, "forgot", &run);
    (void)process_end(run.pid, SIGKILL, 30000);
    (void)snprintf(path, sizeof(path), "%s.state", run.report);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(run.report), 0);
    run_again(office, "forgot", &run);
    assert_true(process_wait(run.pid, 60000, &status));
    office_read_file(run.report, &report);
    assert_true(count_in(&report, ",there_already\n") >= 2);
    ov_buf_free(&report);
    assert_int_equal(images_of(office, "forgot"), ROWS - BAD_ROWS);
}

/* As on a full disk: the report may not grow. What was done is not lost, and not done twice. */
static void a_full_disk_of_the_client_stops_the_import_until_there_is_room(void **state)
{
    struct office *office = *state;
    struct run run;
    struct ov_buf said = OV_BUF_INIT;
    int status = -1;
    office_expect(office, "ada", 0, NULL, "deployment", "create", "no-room", "--purpose", "p",
                  "--site", "north", NULL);
    office_expect(office, "ada", 0, NULL, "--yes", "deployment", "apply", "no-room", NULL);
    run_within(office, "no-room", "--fsize=300", &run); /* the state's header and five lines */
    assert_true(process_wait(run.pid, 60000, &status));
    office_read_file(run.err, &said);
    if (status != 3)
        fail_msg("status %d: %s", status, said.data);
    assert_true(said_has(&said, "(state.write)") || said_has(&said, "(report.write)"));
    assert_true(said_has(&said, "give the same command again"));
    ov_buf_free(&said);
    assert_true(entries_of(office, "no-room") < ROWS - BAD_ROWS);
    finish(office, "no-room", &run);
}

static void a_server_s_restart_is_waited_for_and_no_row_is_lost_or_added_twice(void **state)
{
    struct office *office = *state;
    struct run run;
    struct ov_buf report = OV_BUF_INIT;
    int status = -1;
    start(office, "restarted", &run);
    world_kill_overtd(&office->world);
    world_start_overtd(&office->world, NULL);
    assert_true(process_wait(run.pid, 60000, &status));
    assert_int_equal(status, 3);
    office_read_file(run.report, &report);
    /* What was committed just before its answer was lost gets that answer again. */
    assert_int_equal(count_in(&report, ",added\n"), ROWS - BAD_ROWS);
    assert_int_equal(count_in(&report, "\n"), 1 + ROWS);
    assert_int_equal(images_of(office, "restarted"), ROWS - BAD_ROWS);
    check_silent(&run);
    ov_buf_free(&report);
}

/* The answers to the four uploads that come first are lost, and again when they are asked for. Each
 * row goes with a key of its own: sent again without it, it would be there already. */
static void answers_that_are_lost_add_no_row_twice(void **state)
{
    struct office *office = *state;
    struct run run;
    struct line line;
    struct ov_buf report = OV_BUF_INIT;
    int status = -1;
    int port = office->world.api_port;
    office_expect(office, "ada", 0, NULL, "deployment", "create", "answers", "--purpose", "p",
                  "--site", "north", NULL);
    office_expect(office, "ada", 0, NULL, "--yes", "deployment", "apply", "answers", NULL);
    line_start(&line, port, 1, 8); /* the first connection asks for the deployment */
    office->world.api_port = line.port;
    run_again(office, "answers", &run);
    office->world.api_port = port;
    assert_true(process_wait(run.pid, 60000, &status));
    line_stop(&line);
    assert_int_equal(status, 3);
    assert_int_equal(atomic_load(&line.lost), 8);
    office_read_file(run.report, &report);
    assert_int_equal(count_in(&report, ",added\n"), ROWS - BAD_ROWS);
    ov_buf_free(&report);
    assert_int_equal(entries_of(office, "answers"), ROWS - BAD_ROWS);
    assert_int_equal(images_of(office, "answers"), ROWS - BAD_ROWS);
}

static void as_admin(struct office *office, const char *sql)
{
    struct ov_buf out = OV_BUF_INIT;
    if (world_psql(&office->world, "admin", sql, &out) != 0)
        fail_msg("%s: %s", sql, out.data);
    ov_buf_free(&out);
}

#define HOLDER "FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND granted"

/* Every act whose request has a key waits for a lock, which is held until it is let go. */
static pid_t hold_acts(struct office *office)
{
    struct ov_buf target = OV_BUF_INIT;
    as_admin(office, "CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                     "PERFORM pg_catalog.pg_advisory_xact_lock(4711); RETURN NEW; END $$");
    as_admin(office, "CREATE TRIGGER hold BEFORE INSERT ON overt.request FOR EACH ROW EXECUTE "
                     "FUNCTION public.hold()");
    world_conninfo(&office->world, "admin", &target);
    const char *argv[] = {"psql", target.data, "-c",
                          "SELECT pg_advisory_lock(4711); SELECT pg_sleep(600)", NULL};
    pid_t pid = process_start(argv, world_path(&office->world, "psql.log"), NULL);
    ov_buf_free(&target);
    assert_true(pid > 0);
    assert_true(world_await_number(&office->world, "SELECT count(*) " HOLDER, 1, 30000));
    return pid;
}

static void let_go(struct office *office, pid_t holder)
{
    int status = -1;
    assert_int_equal(
        world_psql_number(&office->world, "SELECT count(pg_terminate_backend(pid)) " HOLDER), 1);
    assert_true(process_wait(holder, 30000, &status));
}

/* Entries that the server refused for the state of things. */
static size_t conflicts(struct office *office)
{
    struct ov_buf log = OV_BUF_INIT;
    assert_int_equal(ov_file_read(office->world.overtd_log, (size_t)64 << 20, &log, NULL), OV_OK);
    ov_buf_puts(&log, "");
    size_t count = count_in(&log, "route=/v1/deployments/{deployment}/watchlist status=409");
    ov_buf_free(&log);
    return count;
}

static void a_server_that_is_still_busy_with_a_row_is_waited_for(void **state)
{
    struct office *office = *state;
    size_t before = conflicts(office);
    struct run run;
    struct ov_buf report = OV_BUF_INIT;
    int status = -1;
    office_expect(office, "ada", 0, NULL, "deployment", "create", "busy", "--purpose", "p",
                  "--site", "north", NULL);
    office_expect(office, "ada", 0, NULL, "--yes", "deployment", "apply", "busy", NULL);
    pid_t holder = hold_acts(office);
    run_again(office, "busy", &run);
    for (int tries = 0; tries < 600 && conflicts(office) == before; tries++)
        (void)process_wait(run.pid, 100, &status); /* it does not end meanwhile */
    assert_true(conflicts(office) > before);
    let_go(office, holder);
    assert_true(process_wait(run.pid, 90000, &status));
    as_admin(office, "DROP FUNCTION public.hold() CASCADE");
    assert_int_equal(status, 3);
    office_read_file(run.report, &report);
    assert_int_equal(count_in(&report, ",added\n"), ROWS - BAD_ROWS);
    ov_buf_free(&report);
    assert_int_equal(images_of(office, "busy"), ROWS - BAD_ROWS);
}

const struct CMUnitTest import_tests[] = {
    cmocka_unit_test(ctrl_c_finishes_what_is_under_way_and_accounts_for_the_rest),
    cmocka_unit_test(a_client_that_was_killed_goes_on_where_it_was),
    cmocka_unit_test(a_client_that_lost_its_state_adds_nothing_twice),
    cmocka_unit_test(a_full_disk_of_the_client_stops_the_import_until_there_is_room),
    cmocka_unit_test(a_server_s_restart_is_waited_for_and_no_row_is_lost_or_added_twice),
    cmocka_unit_test(answers_that_are_lost_add_no_row_twice),
    cmocka_unit_test(a_server_that_is_still_busy_with_a_row_is_waited_for),
};
const size_t import_test_count = sizeof(import_tests) / sizeof(import_tests[0]);

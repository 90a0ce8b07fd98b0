/* Imports that are cut off: by Ctrl-C, and by a server that goes away and comes back. */
#include "tests/integration/ctl/office.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "tests/integration/harness/process.h"

#define ROWS 30 /* of the list that test_list.c has written, six of them bad */

struct run {
    char report[PATH_MAX];
    char out[PATH_MAX];
    char err[PATH_MAX];
    pid_t pid;
};

/* Applies for a deployment and starts importing into it; returns once some rows are done. */
static void start(struct office *office, const char *name, struct run *run)
{
    char list[PATH_MAX];
    char file[64];
    struct ov_buf report = OV_BUF_INIT;
    const char *argv[PROCESS_ARGS_MAX];
    office_expect(office, "ada", 0, NULL, "deployment", "create", name, "--purpose", "an import",
                  "--site", "north", NULL);
    (void)snprintf(list, sizeof(list), "%s", world_path(&office->world, "list"));
    (void)snprintf(file, sizeof(file), "%s.csv", name);
    (void)snprintf(run->report, sizeof(run->report), "%s", world_path(&office->world, file));
    (void)snprintf(file, sizeof(file), "%s.out", name);
    (void)snprintf(run->out, sizeof(run->out), "%s", world_path(&office->world, file));
    (void)snprintf(file, sizeof(file), "%s.err", name);
    (void)snprintf(run->err, sizeof(run->err), "%s", world_path(&office->world, file));
    size_t count = office_command(office, "ada", argv);
    const char *const rest[] = {"watchlist", "import", name, list, "--report", run->report, NULL};
    memcpy(argv + count, rest, sizeof(rest));
    run->pid = process_start_split(argv, run->out, run->err);
    assert_true(run->pid > 0);
    assert_true(office_await_in_file(run->report, ",added\n", 2, &report));
    ov_buf_free(&report);
}

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
}

static void a_server_s_restart_is_waited_for_and_no_row_is_sent_twice(void **state)
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
    long long added = (long long)count_in(&report, ",added\n");
    long long unknown = (long long)count_in(&report, ",net.lost\n"); /* at most one per worker */
    assert_int_equal(count_in(&report, "\n"), 1 + ROWS);
    assert_int_equal(count_in(&report, ",not_tried\n"), 0);
    assert_in_range(unknown, 0, 2);
    assert_int_equal(added + unknown, ROWS - 6);
    assert_in_range(entries_of(office, "restarted"), added, added + unknown);
    check_silent(&run);
    ov_buf_free(&report);
}

const struct CMUnitTest import_tests[] = {
    cmocka_unit_test(ctrl_c_finishes_what_is_under_way_and_accounts_for_the_rest),
    cmocka_unit_test(a_server_s_restart_is_waited_for_and_no_row_is_sent_twice),
};
const size_t import_test_count = sizeof(import_tests) / sizeof(import_tests[0]);

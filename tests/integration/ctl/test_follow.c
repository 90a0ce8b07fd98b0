/* Live: started by the other person, followed across a server's restart, and the kill switch. */
#include "tests/integration/ctl/office.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "tests/integration/harness/process.h"

#define NAME "North gate, 1/May?"
#define ALERTS_SQL "SELECT count(*) FROM overt.alert"

static void the_other_person_starts_it(void **state)
{
    struct office *office = *state;
    struct said said = office_on_terminal(office, "ben", "no\n", "deployment", "start", NAME, NULL);
    assert_int_equal(said.status, 2);
    assert_true(said_has(&said.out, "search for 26 approved entries"));
    said_free(&said);
    office_expect(office, "ben", 1, "duty.no_adjudicator", "deployment", "start", NAME, NULL);
    world_attend(&office->world, NAME);
    office_expect(office, "ben", 0, NULL, "deployment", "start", NAME, NULL);
    office_expect(office, "ben", 1, "deployment.not_authorised", "deployment", "start", NAME, NULL);
    said = office_run(office, "ada", NULL, "deployment", "list", NULL);
    assert_true(said_has(&said.out, "live"));
    said_free(&said);
}

static void no_alerts_are_an_empty_list(void **state)
{
    struct office *office = *state;
    struct said said = office_run(office, "ben", NULL, "--json", "alerts", NAME, NULL);
    assert_int_equal(said.status, 0);
    assert_int_equal(said.out.length, 0);
    said_free(&said);
    office_expect(office, "ben", 2, "usage.option", "alerts", NAME, "--after", "-1", NULL);
    office_expect(office, "ben", 1, "deployment.unknown", "alerts", "no such", "--follow", NULL);
}

/* The site's camera sees a photograph. */
static void pass_by(struct office *office, const char *photo)
{
    char program[PATH_MAX + 32];
    char server[64];
    char image[PATH_MAX + 64];
    char model[PATH_MAX + 64];
    struct ov_buf out = OV_BUF_INIT;
    struct ov_buf err = OV_BUF_INIT;
    (void)snprintf(program, sizeof(program), "%s/overt-capture", office->world.programs);
    (void)snprintf(server, sizeof(server), "localhost:%d", office->world.capture_port);
    (void)snprintf(image, sizeof(image), "%s/photos/%s", office->world.deps, photo);
    (void)snprintf(model, sizeof(model), "%s/models/default", office->world.deps);
    const char *argv[] = {program,
                          "--server",
                          server,
                          "--identity",
                          world_identity(&office->world, "site-north"),
                          "--model",
                          model,
                          "--image",
                          image,
                          "--json",
                          NULL};
    int status = process_run(argv, NULL, &out, &err, 120);
    if (status != 0)
        print_error("overt-capture: exit %d: %s\n", status, err.data == NULL ? "" : err.data);
    ov_buf_free(&out);
    ov_buf_free(&err);
    assert_int_equal(status, 0);
}

static void check_feed(const struct ov_buf *out, long alerts)
{
    char feed[32];
    for (long i = 1; i <= alerts; i++) {
        (void)snprintf(feed, sizeof(feed), "\"feed\":%ld,", i);
        assert_int_equal(count_in(out, feed), 1);
    }
    assert_int_equal(count_in(out, "\n"), (size_t)alerts);
    assert_false(said_has(out, SECRET_NAME));
    assert_false(said_has(out, SECRET_REFERENCE));
}

static void following_survives_a_restart_and_shows_each_alert_once(void **state)
{
    struct office *office = *state;
    struct world *world = &office->world;
    struct ov_buf out = OV_BUF_INIT;
    struct ov_buf err = OV_BUF_INIT;
    char out_path[PATH_MAX];
    char err_path[PATH_MAX];
    const char *argv[PROCESS_ARGS_MAX];
    size_t count = office_command(office, "ben", argv);
    static const char *const rest[] = {"--json", "alerts", NAME, "--follow", NULL};
    memcpy(argv + count, rest, sizeof(rest));
    (void)snprintf(out_path, sizeof(out_path), "%s", world_path(world, "follow.out"));
    (void)snprintf(err_path, sizeof(err_path), "%s", world_path(world, "follow.err"));
    pid_t follower = process_start_split(argv, out_path, err_path);
    assert_true(follower > 0);

    pass_by(office, "sample3.jpg");
    long before = world_psql_number(world, ALERTS_SQL);
    assert_true(before >= 1);
    assert_true(office_await_in_file(out_path, "\n", (size_t)before, &out));

    world_kill_overtd(world);
    assert_true(office_await_in_file(err_path, "trying again", 1, &err));
    world_start_overtd(world, NULL);
    assert_true(office_await_in_file(err_path, "connected again", 1, &err));
    pass_by(office, "sample1.jpg");
    long after = world_psql_number(world, ALERTS_SQL);
    assert_true(after > before);
    assert_true(office_await_in_file(out_path, "\n", (size_t)after, &out));

    assert_int_equal(process_end(follower, SIGINT, 5000), 0);
    office_read_file(out_path, &out);
    check_feed(&out, after);
    assert_int_equal(count_in(&err, "trying again"), 1); /* said once, not at each try */
    ov_buf_free(&out);
    ov_buf_free(&err);
}

static void alerts_show_names_on_a_terminal_only(void **state)
{
    struct office *office = *state;
    struct said pipe = office_run(office, "ben", NULL, "alerts", NAME, NULL);
    struct said terminal = office_on_terminal(office, "ben", "", "alerts", NAME, NULL);
    struct said later =
        office_run(office, "ben", NULL, "--json", "alerts", NAME, "--after", "1", NULL);
    long alerts = world_psql_number(&office->world, ALERTS_SQL);
    assert_int_equal(pipe.status + terminal.status + later.status, 0);
    assert_int_equal(count_in(&pipe.out, "\n"), (size_t)alerts + 1);
    assert_true(said_has(&pipe.out, "missing_at_risk"));
    assert_int_equal(count_in(&terminal.out, SECRET_NAME), (size_t)alerts);
    assert_true(said_has(&terminal.out, "north/cam1"));
    assert_int_equal(count_in(&later.out, "\n"), (size_t)alerts - 1);
    said_free(&pipe);
    said_free(&terminal);
    said_free(&later);
}

static void the_kill_switch_asks_and_is_final(void **state)
{
    struct office *office = *state;
    office_expect(office, "ada", 2, "usage.confirm", "deployment", "stop", NAME, NULL);
    struct said said =
        office_on_terminal(office, "ada", "nein\n", "deployment", "stop", NAME, NULL);
    assert_int_equal(said.status, 2);
    said_free(&said);
    office_expect(office, "ada", 1, "deployment.reason", "--yes", "deployment", "stop", NAME,
                  "--reason", "Not A Code", NULL);
    said = office_on_terminal(office, "ada", "yes\n", "deployment", "stop", NAME, NULL);
    assert_int_equal(said.status, 0);
    assert_true(said_has(&said.out, "closed"));
    said_free(&said);
    office_expect(office, "ben", 1, "deployment.not_authorised", "deployment", "start", NAME, NULL);
}

static void no_log_holds_a_name(void **state)
{
    struct office *office = *state;
    struct ov_buf log = OV_BUF_INIT;
    assert_int_equal(ov_file_read(office->world.overtd_log, 64u << 20, &log, NULL), OV_OK);
    assert_false(said_has(&log, SECRET_NAME));
    assert_false(said_has(&log, SECRET_REFERENCE));
    ov_buf_free(&log);
}

const struct CMUnitTest follow_tests[] = {
    cmocka_unit_test(the_other_person_starts_it),
    cmocka_unit_test(no_alerts_are_an_empty_list),
    cmocka_unit_test(following_survives_a_restart_and_shows_each_alert_once),
    cmocka_unit_test(alerts_show_names_on_a_terminal_only),
    cmocka_unit_test(the_kill_switch_asks_and_is_final),
    cmocka_unit_test(no_log_holds_a_name),
};
const size_t follow_test_count = sizeof(follow_tests) / sizeof(follow_tests[0]);

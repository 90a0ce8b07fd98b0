/* The sealer: nothing committed is left out, and nothing is signed that is not the log. */
#include <libpq-fe.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "tests/integration/harness/process.h"
#include "tests/integration/record/bed.h"
#include "tests/integration/record/tests.h"

#define LIMIT_US (INT64_C(20) * OV_US_PER_S)

static bool said(const struct ov_buf *log, const char *code)
{
    return log->data != NULL && strstr(log->data, code) != NULL;
}

static void assert_refuses(struct bed *bed, const char *code)
{
    struct ov_buf log = OV_BUF_INIT;
    int64_t size = pg_value(bed->pg, "owner", "SELECT size FROM audit.log");
    assert_int_equal(bed_seal(bed, &log), 1);
    assert_true(said(&log, code));
    assert_int_equal(pg_value(bed->pg, "owner", "SELECT size FROM audit.log"), size);
    ov_buf_free(&log);
}

static void await(struct bed *bed, const char *sql, int64_t wanted)
{
    const struct timespec pause = {0, 50 * 1000000L};
    int64_t since_us = ov_clock_mono_us(ov_clock_system());
    int64_t waited_us = 0;
    while (waited_us < LIMIT_US) {
        bool there = pg_value(bed->pg, "owner", sql) == wanted;
        waited_us = ov_clock_mono_us(ov_clock_system()) - since_us;
        if (there) {
            print_message("after %d ms (an event is sealed within 2000): %s\n",
                          (int)(waited_us / OV_US_PER_MS), sql);
            return;
        }
        (void)nanosleep(&pause, NULL);
    }
    fail_msg("not within ten times as long: %s", sql);
}

/* --- tests, one after the other on the same log --- */

static void what_is_committed_is_sealed(void **state)
{
    struct bed *bed = *state;
    bed_write_events(bed, 1, true);
    assert_int_equal(bed_seal(bed, NULL), 0);
    assert_int_equal(bed_check_log(bed), 1);
    bed_write_events(bed, 2500, false);
    assert_int_equal(bed_seal(bed, NULL), 0);
    assert_int_equal(bed_check_log(bed), 2501);
    assert_int_equal(pg_value(bed->pg, "owner", "SELECT count(*) FROM audit.node"), 2501 / 256);
    assert_int_equal(bed_seal(bed, NULL), 0); /* nothing new: nothing signed */
    assert_int_equal(pg_value(bed->pg, "owner", "SELECT count(*) FROM audit.checkpoint"), 4);
}

static void what_is_committed_late_is_sealed_too(void **state)
{
    struct bed *bed = *state;
    PGconn *late = PQconnectdb(pg_conninfo(bed->pg, "server"));
    PQclear(PQexec(late, "BEGIN"));
    PGresult *result = PQexec(
        late,
        "SELECT audit.write_event('00000000-0000-4000-8000-000000000001', "
        "convert_to('{\"actor\":{\"kind\":\"server\"},\"at_us\":1,\"details\":{},\"id\":"
        "\"00000000-0000-4000-8000-000000000001\",\"name\":\"test.late\",\"v\":1}', 'UTF8'))");
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    PQclear(result);
    bed_write_events(bed, 3, true);
    assert_int_equal(bed_seal(bed, NULL), 0);
    PQclear(PQexec(late, "COMMIT"));
    PQfinish(late);
    assert_int_equal(bed_seal(bed, NULL), 0);
    assert_int_equal(bed_check_log(bed), 2505);
    assert_int_equal(pg_value(bed->pg, "owner",
                              "SELECT index FROM audit.leaf WHERE event_id = "
                              "'00000000-0000-4000-8000-000000000001'"),
                     2504);
}

static void a_running_sealer_seals_within_seconds_and_one_at_a_time(void **state)
{
    struct bed *bed = *state;
    int status = 0;
    pid_t first = bed_sealer(bed, "first.log");
    bed_write_events(bed, 5, true);
    await(bed, "SELECT count(*) FROM audit.unsealed", 0);
    int64_t epoch = pg_value(bed->pg, "owner", "SELECT epoch FROM audit.log");
    pid_t second = bed_sealer(bed, "second.log");
    await(bed, "SELECT epoch FROM audit.log", epoch + 1);
    bed_write_events(bed, 5, true);
    await(bed, "SELECT count(*) FROM audit.unsealed", 0);
    bed_write_events(bed, 5, true); /* the first one tries, if it has not yet */
    assert_true(process_wait(first, 30000, &status));
    assert_int_equal(status, 1);
    struct ov_buf log = OV_BUF_INIT;
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(ov_file_read(bed_path(bed, "first.log"), 100000, &log, &err), OV_OK);
    assert_true(said(&log, "sealer.fenced"));
    ov_buf_free(&log);
    await(bed, "SELECT count(*) FROM audit.unsealed", 0);
    assert_int_equal(process_end(second, SIGTERM, 30000), 0);
    (void)bed_check_log(bed);
}

#define KILLS 20

static int kills(void)
{
    const char *scale = getenv("OVERT_TEST_SCALE");
    int64_t percent = 100;
    if (scale != NULL && ov_parse_i64(scale, 1, 100000, &percent) != OV_OK)
        fail_msg("OVERT_TEST_SCALE is no percentage");
    return percent > 5 ? KILLS * (int)percent / 100 : 1;
}

static void a_sealer_killed_at_any_moment_leaves_nothing_out_and_nothing_twice(void **state)
{
    struct bed *bed = *state;
    pid_t writer = fork();
    assert_true(writer >= 0);
    if (writer == 0) { /* writes until it is ended */
        for (;;)
            bed_write_events(bed, 7, false);
    }
    for (int i = 0; i < kills(); i++) {
        const struct timespec pause = {0, (60 + i * 37 % 200) * 1000000L};
        pid_t sealer = bed_sealer(bed, "killed.log");
        (void)nanosleep(&pause, NULL);
        (void)process_end(sealer, SIGKILL, 30000);
    }
    (void)process_end(writer, SIGKILL, 30000);
    assert_int_equal(bed_seal(bed, NULL), 0);
    (void)bed_check_log(bed);
}

static void what_is_taken_off_the_list_is_found(void **state)
{
    struct bed *bed = *state;
    struct ov_buf log = OV_BUF_INIT;
    bed_write_events(bed, 4, false);
    pg_sql(bed->pg, "admin", "DELETE FROM audit.unsealed");
    assert_int_equal(bed_seal(bed, &log), 0);
    assert_true(said(&log, "forgotten events=4"));
    (void)bed_check_log(bed);
    ov_buf_free(&log);
}

static void nobody_seals_what_is_not_the_log(void **state)
{
    struct bed *bed = *state;
    char sqlstate[6];
    bed_write_events(bed, 1, false);
    /* The right place, and an event that there is, with a leaf that is not its own. */
    pg_sql(bed->pg, "sealer",
           "DO $attack$ DECLARE name text := 'nothing'; BEGIN BEGIN PERFORM audit.seal(log.epoch, "
           "log.size, log.root, ARRAY[(SELECT event_id FROM audit.unsealed)], ARRAY[sha256('x')], "
           "sha256('y'), log.edge, '{}', '{}', '{}', repeat('n', 60)) FROM audit.log; EXCEPTION "
           "WHEN check_violation THEN GET STACKED DIAGNOSTICS name = CONSTRAINT_NAME; END; IF name "
           "<> 'leaf_of_event' THEN RAISE EXCEPTION 'refused by %', name; END IF; END $attack$");
    static const char *const server_tries[] = {
        "SELECT audit.take_over()",
        "SELECT audit.list_forgotten()",
        "INSERT INTO audit.leaf VALUES (0, gen_random_uuid(), sha256('x'))",
        "UPDATE audit.log SET size = 0",
        "DELETE FROM audit.unsealed",
        "INSERT INTO audit.checkpoint (size, note) VALUES (1, repeat('n', 60))",
    };
    for (size_t i = 0; i < sizeof(server_tries) / sizeof(server_tries[0]); i++) {
        assert_false(pg_try(bed->pg, "server", server_tries[i], sqlstate));
        assert_string_equal(sqlstate, "42501");
    }
    static const char *const sealer_tries[] = {
        "DELETE FROM audit.event",
        "UPDATE audit.leaf SET hash = sha256('x')",
        "INSERT INTO audit.event VALUES (gen_random_uuid(), pg_current_xact_id(), '{}')",
        "SELECT * FROM overt.principal",
        "SELECT * FROM watchlist.entry",
    };
    for (size_t i = 0; i < sizeof(sealer_tries) / sizeof(sealer_tries[0]); i++) {
        assert_false(pg_try(bed->pg, "sealer", sealer_tries[i], sqlstate));
        assert_string_equal(sqlstate, "42501");
    }
    assert_int_equal(bed_seal(bed, NULL), 0);
}

static void a_changed_database_gets_no_signature(void **state)
{
    struct bed *bed = *state;
    bed_write_events(bed, 1, false);
    pg_sql(bed->pg, "admin", "UPDATE audit.log SET size = size - 1");
    assert_refuses(bed, "sealer.log");
    pg_sql(bed->pg, "admin", "UPDATE audit.log SET size = size + 1");
    pg_sql(bed->pg, "admin", "ALTER TABLE audit.leaf DISABLE TRIGGER ALL");
    pg_sql(bed->pg, "admin",
           "UPDATE audit.leaf SET hash = sha256('x') "
           "WHERE index = (SELECT size - 1 FROM audit.log)");
    assert_refuses(bed, "sealer.log");
}

static void a_database_that_was_set_back_gets_no_signature(void **state)
{
    (void)state;
    /* The same key and state with a database that never had these events. */
    struct bed *bed = *state;
    struct bed other = *bed;
    other.pg = pg_new(NULL);
    assert_refuses(&other, "sealer.rolled_back");
    int64_t size = pg_value(bed->pg, "owner", "SELECT size FROM audit.log");
    bed_write_events(&other, (int)size + 10, false); /* longer, with another sealer's state */
    (void)snprintf(other.state, sizeof(other.state), "%s/other", bed->folder);
    assert_int_equal(bed_seal(&other, NULL), 0);
    memcpy(other.state, bed->state, sizeof(other.state));
    bed_write_events(&other, 1, false);
    assert_refuses(&other, "sealer.forked");
    pg_free(other.pg);
}

int run_sealer_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_committed_is_sealed),
        cmocka_unit_test(what_is_committed_late_is_sealed_too),
        cmocka_unit_test(a_running_sealer_seals_within_seconds_and_one_at_a_time),
        cmocka_unit_test(a_sealer_killed_at_any_moment_leaves_nothing_out_and_nothing_twice),
        cmocka_unit_test(what_is_taken_off_the_list_is_found),
        cmocka_unit_test(nobody_seals_what_is_not_the_log),
        cmocka_unit_test(a_changed_database_gets_no_signature),
        cmocka_unit_test(a_database_that_was_set_back_gets_no_signature),
    };
    return cmocka_run_group_tests_name("sealer", tests, bed_start, bed_stop);
}

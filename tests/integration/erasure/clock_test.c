/* A server's clock that jumps: it ends nothing later, and keeps nothing for another time. */
#include "server/service/deployments.h"
#include "tests/integration/erasure/bed.h"

#define DAY_S INT64_C(86400)

static int64_t off_s; /* the server's clock, against the database's */

static int64_t utc_us(void *ctx)
{
    (void)ctx;
    return ov_clock_utc_us(ov_clock_system()) + off_s * OV_US_PER_S;
}

static int64_t mono_us(void *ctx)
{
    (void)ctx;
    return ov_clock_mono_us(ov_clock_system());
}

static const struct ov_clock jumped = {utc_us, mono_us, NULL};

static struct service service_at(struct bed *bed, int64_t seconds)
{
    struct service service = bed->service;
    service.clock = &jumped;
    off_s = seconds;
    return service;
}

#define STATE(word) "SELECT (state = '" word "')::integer FROM overt.deployment WHERE id = '{id}'"
#define CLOSED_NOW                                                                                 \
    "SELECT (closed_at BETWEEN clock_timestamp() - interval '2 minutes' AND clock_timestamp())"    \
    "::integer FROM overt.deployment WHERE id = '{id}'"

/* As time does it. */
static void let_window_pass(struct bed *bed, const struct ov_id *id)
{
    bed_as_admin(bed,
                 "SET session_replication_role = replica; UPDATE overt.deployment SET ends_at = "
                 "clock_timestamp() - interval '1 second' WHERE id = '{id}'",
                 id);
}

static void a_clock_that_lags_keeps_no_window_open(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment live = bed_live(bed, "lags", 1);
    struct service service = service_at(bed, -400 * DAY_S);
    bed_must(service_deployments_close_ended(&service, &err), &err);
    assert_int_equal(bed_value(bed, STATE("live"), &live.id), 1);
    let_window_pass(bed, &live.id);
    bed_must(service_deployments_close_ended(&service, &err), &err);
    assert_int_equal(bed_value(bed, STATE("closed"), &live.id), 1);
    assert_int_equal(bed_value(bed, CLOSED_NOW, &live.id), 1);
    bed_must(service_erase_due_lists(&service, &err), &err);
    assert_false(bed_is_erased(bed, &live.id)); /* its day is not over */
}

static void a_clock_that_runs_ahead_closes_early_and_erases_nothing_early(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment live = bed_live(bed, "ahead", 1);
    struct service service = service_at(bed, 400 * DAY_S);
    bed_must(service_deployments_close_ended(&service, &err), &err);
    assert_int_equal(bed_value(bed, STATE("closed"), &live.id), 1);
    assert_int_equal(bed_value(bed, CLOSED_NOW, &live.id), 1);
    bed_must(service_erase_due_lists(&service, &err), &err);
    assert_false(bed_is_erased(bed, &live.id));
}

static void the_kill_switch_works_whatever_the_clock_says(void **state)
{
    struct bed *bed = *state;
    static const int64_t offs[] = {-400 * DAY_S, 400 * DAY_S};
    for (size_t i = 0; i < 2; i++) {
        struct ov_error err = OV_ERROR_INIT;
        struct deployment stopped;
        struct deployment live = bed_live(bed, i == 0 ? "stop-lags" : "stop-ahead", 1);
        struct service service = service_at(bed, offs[i]);
        bed_must(service_deployment_stop(&service, &bed->officer, &live.id, "test", &stopped, &err),
                 &err);
        assert_int_equal(bed_value(bed, STATE("closed"), &live.id), 1);
        assert_int_equal(bed_value(bed, CLOSED_NOW, &live.id), 1);
    }
}

static void what_is_due_in_writing_lapses_by_the_databases_clock(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment live = bed_live(bed, "owed", 1);
    struct service service = service_at(bed, -400 * DAY_S);
    bed_as_admin(bed,
                 "SET session_replication_role = replica; UPDATE overt.deployment SET authority = "
                 "'oral', urgent = true, oral_by = authorised_by, recorded_by = (SELECT id FROM "
                 "overt.principal WHERE kind = 'person' AND id NOT IN (applied_by, authorised_by) "
                 "ORDER BY id LIMIT 1), oral_at = clock_timestamp() - interval '2 hours', "
                 "oral_digest = application_digest, "
                 "written_due_at = clock_timestamp() - interval '1 second', authorised_by = NULL, "
                 "authorised_at = NULL, authorisation_digest = NULL WHERE id = '{id}'",
                 &live.id);
    bed_must(service_deployments_lapse_urgent(&service, &err), &err);
    assert_int_equal(bed_value(bed, STATE("closed"), &live.id), 1);
    assert_int_equal(bed_value(bed, CLOSED_NOW, &live.id), 1);
}

#define ATTENDED "SELECT count(*) FROM overt.duty WHERE deployment_id = '{id}'"

/* Whatever a server that runs ahead says. */
static void nobody_was_heard_of_later_than_now(void **state)
{
    struct bed *bed = *state;
    struct deployment live = bed_live(bed, "attended", 1);
    assert_true(bed_value(bed, ATTENDED, &live.id) > 0);
    bed_as_admin(bed,
                 "UPDATE overt.duty SET last_seen = clock_timestamp() + interval '1 day' WHERE "
                 "deployment_id = '{id}'",
                 &live.id);
    assert_int_equal(bed_value(bed, ATTENDED " AND last_seen > clock_timestamp()", &live.id), 0);
}

static void an_alert_keeps_its_day_and_comes_not_after_the_window(void **state)
{
    struct bed *bed = *state;
    struct deployment live = bed_live(bed, "alerting", 1);
    (void)bed_alert(bed, &live, 1);
    assert_int_equal(
        bed_value(bed,
                  "SELECT count(*) FROM overt.alert WHERE deployment_id = '{id}' AND erase_at "
                  "BETWEEN clock_timestamp() + interval '23 hours' AND clock_timestamp() + "
                  "interval '24 hours'",
                  &live.id),
        1);
    bed_as_admin(bed,
                 "SET session_replication_role = replica; UPDATE overt.deployment SET ends_at = "
                 "clock_timestamp() - interval '6 minutes' WHERE id = '{id}'",
                 &live.id);
    /* The same alert again, with a time of receipt within the window, as a server that lags says.
     */
    pg_refuses(bed->pg, "admin", "alert_no_authority",
               "ALTER TABLE overt.alert DISABLE TRIGGER alert_new; INSERT INTO overt.alert SELECT "
               "(jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(), 'sequence', "
               "4711))).* FROM overt.alert AS a JOIN overt.deployment AS d ON d.id = "
               "a.deployment_id WHERE d.name LIKE 'alerting%'");
}

int run_clock_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_lags_keeps_no_window_open),
        cmocka_unit_test(a_clock_that_runs_ahead_closes_early_and_erases_nothing_early),
        cmocka_unit_test(the_kill_switch_works_whatever_the_clock_says),
        cmocka_unit_test(what_is_due_in_writing_lapses_by_the_databases_clock),
        cmocka_unit_test(nobody_was_heard_of_later_than_now),
        cmocka_unit_test(an_alert_keeps_its_day_and_comes_not_after_the_window),
    };
    return cmocka_run_group_tests_name("clock", tests, bed_start, bed_stop);
}

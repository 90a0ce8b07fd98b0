/* Duty, pausing and resuming through the API. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/service/duty.h"
#include "server/service/pause.h"
#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"
#include "tests/integration/api/tests.h"

#define PATH "/v1/deployments/shift"

static struct client *ada;
static struct client *ben;
static struct client *olga; /* oversight */
static struct client *adam; /* adjudicator */
static struct client *dan;  /* engagement officers */
static struct client *dov;

static int setup(void **state)
{
    (void)state;
    ada = client_new("person-ada");
    ben = client_new("person-ben");
    olga = client_new("person-olga");
    adam = client_new("person-adam");
    dan = client_new("person-dan");
    dov = client_new("person-dov");
    expect(client_post(ada, "/v1/sites", "{\"name\":\"shift-site\"}"), 201, NULL);
    expect(client_post(ada, "/v1/deployments",
                       "{\"name\":\"shift\",\"purpose\":\"p\",\"kind\":\"exercise\","
                       "\"sites\":[\"shift-site\"]}"),
           201, NULL);
    client_apply(ada, "shift");
    expect(client_add(ada, "shift",
                      "{\"category\":\"wanted_by_court\",\"response\":\"arrest\",\"name\":"
                      "\"Zebedee Quill\",\"reference\":\"REF-79\"}",
                      bed.portraits[0].data, bed.portraits[0].size),
           201, NULL);
    assert_int_equal(client_approve_all(ben, "shift"), 1);
    client_review(ben, "shift");
    client_authorise(ben, "shift");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    expect(client_post(ben, PATH "/stop", "{}"), 200, NULL);
    client_free(ada);
    client_free(ben);
    client_free(olga);
    client_free(adam);
    client_free(dan);
    client_free(dov);
    return 0;
}

static void test_duty_takes_the_role_and_is_said_right(void **state)
{
    (void)state;
    expect(client_post(dan, PATH "/duty", "{}"), 400, "request.missing_member");
    expect(client_post(dan, PATH "/duty", "{\"role\":\"king\"}"), 422, "duty.role");
    expect(client_post(dan, PATH "/duty", "{\"role\":7}"), 400, "request.wrong_type");
    expect(client_post(adam, "/v1/deployments/nothing/duty", "{\"role\":\"adjudicator\"}"), 404,
           "deployment.unknown");
    expect(client_post(olga, PATH "/duty", "{\"role\":\"adjudicator\"}"), 403, "permission.denied");
    expect(client_post(adam, PATH "/duty", "{\"role\":\"engagement_officer\"}"), 403,
           "duty.without_role");
    expect(client_post(adam, PATH "/duty/heartbeat", "{\"role\":\"adjudicator\"}"), 404,
           "duty.none");
    expect(client_post(adam, PATH "/duty/end", "{\"role\":\"adjudicator\"}"), 404, "duty.none");
}

static void test_nothing_goes_live_while_either_is_missing(void **state)
{
    (void)state;
    expect(client_post(ben, PATH "/start", "{}"), 409, "duty.no_adjudicator");
    expect(client_post(adam, PATH "/duty", "{\"role\":\"adjudicator\"}"), 200, NULL);
    expect(client_post(ben, PATH "/start", "{}"), 409, "duty.no_engagement_officer");
    expect(client_post(dan, PATH "/duty", "{\"role\":\"engagement_officer\"}"), 200, NULL);
    struct answer answer = expect_kept(client_get(olga, PATH "/duty"), 200, NULL);
    assert_int_equal(answer_int(&answer, "present.adjudicators"), 1);
    assert_int_equal(answer_int(&answer, "present.engagement_officers"), 1);
    assert_int_equal(answer_int(&answer, "heartbeat_s"), 60);
    answer_done(&answer);
    expect(client_post(ben, PATH "/start", "{}"), 200, NULL);
    int64_t taken = bed_events("duty.taken");
    expect(client_post(adam, PATH "/duty", "{\"role\":\"adjudicator\"}"), 200, NULL);
    expect(client_post(adam, PATH "/duty/heartbeat", "{\"role\":\"adjudicator\"}"), 200, NULL);
    assert_int_equal(bed_events("duty.taken"), taken); /* being heard of is no event */
}

static void test_oversight_pauses_and_only_the_lead_resumes(void **state)
{
    (void)state;
    expect(client_post(ben, PATH "/resume", "{}"), 409, "deployment.not_paused");
    expect(client_post(olga, PATH "/pause", "{\"reason\":\"Not A Code\"}"), 422,
           "deployment.reason");
    expect(client_post(olga, PATH "/pause", "{\"why\":\"x\"}"), 400, "request.unknown_member");
    struct answer answer =
        expect_kept(client_post(olga, PATH "/pause", "{\"reason\":\"legality\"}"), 200, NULL);
    assert_string_equal(answer_text(&answer, "state"), "paused");
    answer_done(&answer);
    char event[2048];
    bed_last_event("deployment.paused", event, sizeof(event));
    assert_non_null(strstr(event, "\"reason\":\"legality\""));
    int64_t paused = bed_events("deployment.paused");
    expect(client_post(adam, PATH "/pause", "{}"), 200, NULL); /* stays paused */
    assert_int_equal(bed_events("deployment.paused"), paused);
    expect(client_post(olga, PATH "/resume", "{}"), 403, "permission.denied");
    expect(client_post(adam, PATH "/resume", "{}"), 403, "permission.denied");
    expect(client_post(ben, PATH "/resume", "{}"), 200, NULL);
    assert_int_equal(bed_events("deployment.resumed"), 1);
    expect(client_post(adam, PATH "/pause", "{}"), 200, NULL);
    expect(client_post(ben, PATH "/resume", "{}"), 200, NULL);
}

static void test_handing_over_is_one_act_between_two_who_hold_the_role(void **state)
{
    (void)state;
    const char *to_dov = "{\"role\":\"engagement_officer\",\"to\":\"dov\"}";
    expect(client_post(dov, PATH "/duty/hand-over", to_dov), 422, "duty.same_person");
    expect(client_post(dan, PATH "/duty/hand-over",
                       "{\"role\":\"engagement_officer\",\"to\":\"adam\"}"),
           403, "duty.receiver");
    expect(client_post(dan, PATH "/duty/hand-over",
                       "{\"role\":\"engagement_officer\",\"to\":\"nobody\"}"),
           404, "duty.receiver");
    expect(client_post(dan, PATH "/duty/hand-over",
                       "{\"role\":\"engagement_officer\",\"to\":\"No Such\"}"),
           422, "duty.receiver");
    expect(client_post(dan, PATH "/duty/hand-over", to_dov), 200, NULL);
    expect(client_post(dan, PATH "/duty/hand-over", to_dov), 404, "duty.none");
    char event[2048];
    bed_last_event("duty.handed_over", event, sizeof(event));
    assert_non_null(strstr(event, "\"receiver\":\""));
    assert_non_null(strstr(event, "\"role\":\"engagement_officer\""));
    struct answer answer = expect_kept(client_get(ada, PATH "/duty"), 200, NULL);
    assert_int_equal(answer_int(&answer, "present.engagement_officers"), 1);
    answer_done(&answer);
}

static void expect_state(const char *state)
{
    struct answer answer = expect_kept(client_get(ada, PATH), 200, NULL);
    assert_string_equal(answer_text(&answer, "state"), state);
    answer_done(&answer);
}

static int64_t off_us; /* of the server's clock */

static int64_t jumped(void *ctx)
{
    (void)ctx;
    return ov_clock_utc_us(ov_clock_system()) + off_us;
}

static int64_t mono(void *ctx)
{
    (void)ctx;
    return ov_clock_mono_us(ov_clock_system());
}

static void test_the_keeper_pauses_what_nobody_attends(void **state)
{
    (void)state;
    struct service service = {.store = bed.store, .vault = bed.vault, .clock = ov_clock_system()};
    struct ov_error err = OV_ERROR_INIT;
    char event[2048];
    assert_int_equal(service_duty_pause_unattended(&service, &err), OV_OK);
    expect_state("live");
    /* Who is there is so by the database's clock, whatever the server's says. */
    struct ov_clock clock = {jumped, mono, NULL};
    service.clock = &clock;
    for (off_us = -3600 * OV_US_PER_S; off_us <= 3600 * OV_US_PER_S; off_us += 7200 * OV_US_PER_S) {
        assert_int_equal(service_duty_pause_unattended(&service, &err), OV_OK);
        expect_state("live");
    }
    off_us = -3600 * OV_US_PER_S;
    /* An adjudicator who was heard of 61 s ago. */
    pg_sql(bed.pg, "admin",
           "SET session_replication_role = replica; UPDATE overt.duty SET since = since - interval "
           "'2 minutes', last_seen = last_seen - interval '61 seconds' WHERE role = 'adjudicator'");
    assert_int_equal(service_duty_pause_unattended(&service, &err), OV_OK);
    expect_state("paused");
    bed_last_event("deployment.paused", event, sizeof(event));
    assert_non_null(strstr(event, "\"reason\":\"no_adjudicator\""));
    assert_non_null(strstr(event, "\"kind\":\"server\""));

    service.clock = ov_clock_system();
    expect(client_post(adam, PATH "/duty/heartbeat", "{\"role\":\"adjudicator\"}"), 200, NULL);
    expect(client_post(ben, PATH "/resume", "{}"), 200, NULL);
    expect(client_post(dov, PATH "/duty/end", "{\"role\":\"engagement_officer\"}"), 200, NULL);
    assert_int_equal(service_duty_pause_unattended(&service, &err), OV_OK);
    expect_state("paused");
    bed_last_event("deployment.paused", event, sizeof(event));
    assert_non_null(strstr(event, "\"reason\":\"no_engagement_officer\""));
    expect(client_post(ben, PATH "/resume", "{}"), 409, "duty.no_engagement_officer");
    expect(client_post(dov, PATH "/duty", "{\"role\":\"engagement_officer\"}"), 200, NULL);
    expect(client_post(ben, PATH "/resume", "{}"), 200, NULL);
}

/* A window that is over by the database's clock is not opened again by a server's that lags. */
static void test_a_clock_that_lags_resumes_nothing_after_its_window(void **state)
{
    (void)state;
    struct ov_clock clock = {jumped, mono, NULL};
    struct service service = {.store = bed.store, .vault = bed.vault, .clock = &clock};
    struct ov_error err = OV_ERROR_INIT;
    struct actor actor = {.is_server = false};
    struct deployment deployment;
    off_us = INT64_C(-3) * 3600 * OV_US_PER_S;
    expect(client_post(adam, PATH "/pause", "{}"), 200, NULL);
    assert_int_equal(store_deployment_by_name(bed.store, "shift", &deployment, &err), OV_OK);
    assert_int_equal(
        store_principal_by_identity(bed.store, "overt://person/ben", &actor.principal, &err),
        OV_OK);
    pg_sql(bed.pg, "admin",
           "SET session_replication_role = replica; UPDATE overt.deployment SET starts_at = "
           "starts_at - interval '9 hours', ends_at = now() - interval '1 second' WHERE name = "
           "'shift'");
    assert_int_not_equal(
        service_deployment_resume(&service, &actor, &deployment.id, &deployment, &err), OV_OK);
    assert_string_equal(err.code, "deployment.outside_window");
    expect_state("paused");
}

int run_duty_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_duty_takes_the_role_and_is_said_right),
        cmocka_unit_test(test_nothing_goes_live_while_either_is_missing),
        cmocka_unit_test(test_oversight_pauses_and_only_the_lead_resumes),
        cmocka_unit_test(test_handing_over_is_one_act_between_two_who_hold_the_role),
        cmocka_unit_test(test_the_keeper_pauses_what_nobody_attends),
        cmocka_unit_test(test_a_clock_that_lags_resumes_nothing_after_its_window),
    };
    return cmocka_run_group_tests_name("duty", tests, setup, teardown);
}

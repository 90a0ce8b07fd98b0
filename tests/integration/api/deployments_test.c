/* Applying, authorising, stopping. */
#include "tests/integration/api/tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/service/deployments.h"
#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"

static struct client *ada;
static struct client *ben;

static int setup(void **state)
{
    (void)state;
    ada = client_new("person-ada");
    ben = client_new("person-ben");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_free(ada);
    client_free(ben);
    return 0;
}

/* A draft, with more members: ",\"threshold\":0.6". */
static struct answer draft(struct client *client, const char *name, const char *more)
{
    char json[1024];
    (void)snprintf(json, sizeof(json),
                   "{\"name\":\"%s\",\"purpose\":\"A test with volunteers.\",\"kind\":\"exercise\","
                   "\"sites\":[\"north\"]%s}",
                   name, more);
    return client_post(client, "/v1/deployments", json);
}

static void test_an_application_is_stored_as_it_was_made(void **state)
{
    (void)state;
    int64_t events = bed_events("deployment.applied");
    int64_t drafts = bed_events("deployment.drafted");
    struct answer answer =
        draft(ada, "Market day \xc3\xbc", ",\"threshold\":0.6,\"cool_down_s\":0");
    answer = expect_kept(answer, 201, NULL);
    assert_string_equal(answer_text(&answer, "state"), "draft");
    answer_done(&answer);
    assert_int_equal(bed_events("deployment.applied"), events);
    assert_int_equal(bed_events("deployment.drafted"), drafts + 1);
    answer = client_signed(ada, "Market%20day%20%C3%BC", "apply", "");
    answer = expect_kept(answer, 200, NULL);
    assert_string_equal(answer_text(&answer, "state"), "applied");
    assert_string_equal(answer_text(&answer, "kind"), "exercise");
    assert_string_equal(answer_text(&answer, "applied_by"), "ada");
    assert_string_equal(answer_text(&answer, "sites.0"), "north");
    assert_true(json_is_null(json_object_get(answer.json, "authorised_by")));
    assert_true(json_real_value(json_object_get(answer.json, "threshold")) == 0.6);
    assert_int_equal(answer_int(&answer, "cool_down_s"), 0);
    assert_int_equal(answer_int(&answer, "watchlist.proposed"), 0);
    assert_int_equal(bed_events("deployment.applied"), events + 1);

    char path[128];
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s", answer_text(&answer, "id"));
    struct answer by_id = expect_kept(client_get(ada, path), 200, NULL);
    struct answer by_name =
        expect_kept(client_get(ben, "/v1/deployments/Market%20day%20%C3%BC"), 200, NULL);
    assert_true(json_equal(by_id.json, by_name.json));
    assert_true(json_equal(by_id.json, answer.json));
    answer_done(&by_id);
    answer_done(&by_name);
    answer_done(&answer);

    answer = expect_kept(client_get(ada, "/v1/deployments"), 200, NULL);
    assert_string_equal(answer_text(&answer, "deployments.0.purpose"), "A test with volunteers.");
    answer_done(&answer);
    expect(draft(ada, "Market day \xc3\xbc", ""), 409, "deployment.exists");
}

static void test_only_what_was_applied_for_has_a_key(void **state)
{
    (void)state;
    struct answer answer = expect_kept(client_get(ada, "/v1/status"), 200, NULL);
    answer_done(&answer);
    expect(draft(ada, "keyless", ""), 201, NULL);
    size_t keys = bed_watchlist_keys();
    /* A refused application leaves none. */
    expect(client_post(ada, "/v1/deployments/keyless/apply", "{}"), 422, "signature.missing");
    assert_int_equal(bed_watchlist_keys(), keys);
    client_apply(ada, "keyless");
    assert_int_equal(bed_watchlist_keys(), keys + 1);
}

static void test_bad_applications_are_refused_with_the_member_at_fault(void **state)
{
    (void)state;
    static const struct {
        const char *more, *code, *field;
        long status;
    } cases[] = {
        {",\"threshold\":0", "deployment.threshold", "threshold", 422},
        {",\"threshold\":0.19", "deployment.threshold", "threshold", 422},
        {",\"threshold\":\"high\"", "request.wrong_type", "threshold", 400},
        {",\"cool_down_s\":-1", "deployment.cool_down", "cool_down_s", 422},
        {",\"cool_down_s\":1.5", "request.wrong_type", "cool_down_s", 400},
        {",\"min_face_px\":0", "deployment.min_face", "min_face_px", 422},
        {",\"min_face_px\":99999999999", "deployment.min_face", "min_face_px", 422},
        {",\"ends_at\":\"tomorrow\"", "request.time", "ends_at", 400},
        {",\"ends_at\":\"2020-01-01T00:00:00Z\"", "deployment.window", "ends_at", 422},
        {",\"starts_at\":\"2020-01-01T00:00:00Z\"", "deployment.window", "ends_at", 422},
        {",\"starts_at\":\"9999-01-01T00:00:00Z\"", "deployment.window", "ends_at", 422},
        {",\"extra\":1", "request.unknown_member", "", 400},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct answer answer = draft(ada, "bad", cases[i].more);
        answer = expect_kept(answer, cases[i].status, cases[i].code);
        assert_string_equal(answer_text(&answer, "error.field"), cases[i].field);
        answer_done(&answer);
    }
    static const char *const bodies[] = {
        "{\"name\":\"x\",\"purpose\":\"p\",\"kind\":\"exercise\",\"sites\":[\"nowhere\"]}",
        "{\"name\":\"x\",\"purpose\":\"p\",\"kind\":\"exercise\",\"sites\":[]}",
        "{\"name\":\"x\",\"purpose\":\"p\",\"kind\":\"covert\",\"sites\":[\"north\"]}",
        "{\"name\":\"\",\"purpose\":\"p\",\"kind\":\"exercise\",\"sites\":[\"north\"]}",
        "{\"name\":\"x\",\"purpose\":\"\",\"kind\":\"exercise\",\"sites\":[\"north\"]}",
    };
    static const char *const codes[] = {"deployment.site_unknown", "deployment.sites",
                                        "deployment.kind", "deployment.name", "deployment.purpose"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        expect(client_post(ada, "/v1/deployments", bodies[i]), 422, codes[i]);
}

static void test_unknown_deployments_are_404(void **state)
{
    (void)state;
    expect(client_get(ada, "/v1/deployments/nothing"), 404, "deployment.unknown");
    expect(client_get(ada, "/v1/deployments/6ba7b810-9dad-41d1-80b4-00c04fd430c8"), 404,
           "deployment.unknown");
    expect(client_post(ben, "/v1/deployments/nothing/start", "{}"), 404, "deployment.unknown");
    expect(client_post(ben, "/v1/deployments/nothing/stop", "{}"), 404, "deployment.unknown");
    expect(client_get(ada, "/v1/deployments/nothing/watchlist"), 404, "deployment.unknown");
    expect(client_get(ben, "/v1/deployments/nothing/alerts"), 404, "deployment.unknown");
}

static void
test_a_deployment_is_started_by_another_person_with_a_list_inside_its_window(void **state)
{
    (void)state;
    char now[OV_TIME_TEXT_SIZE];
    char more[128];
    expect(draft(ada, "empty", ""), 201, NULL);
    expect(client_post(ben, "/v1/deployments/empty/start", "{}"), 409, "deployment.not_authorised");
    client_apply(ada, "empty");
    expect(client_signed(ada, "empty", "authorise", CLIENT_REASONS), 403, "permission.denied");
    struct client *pam = client_new("person-pam");
    expect(draft(pam, "hers", ""), 201, NULL);
    client_apply(pam, "hers");
    expect(client_signed(pam, "hers", "authorise", CLIENT_REASONS), 403, "deployment.same_person");
    client_free(pam);
    client_authorise(ben, "empty");
    expect(client_post(ben, "/v1/deployments/empty/start", "{\"now\":true}"), 400,
           "request.unknown_member");
    expect(client_post(ben, "/v1/deployments/empty/start", "{}"), 409, "deployment.no_entries");

    int64_t later_us = ov_clock_utc_us(ov_clock_system()) + 3600 * OV_US_PER_S;
    (void)snprintf(more, sizeof(more), ",\"starts_at\":\"%s\"", ov_time_format(later_us, now));
    expect(draft(ada, "later", more), 201, NULL);
    client_apply(ada, "later");
    client_authorise(ben, "later");
    expect(client_post(ben, "/v1/deployments/later/start", "{}"), 409, "deployment.too_early");
}

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* What an operational deployment says of itself, but for what it is called. */
static const char *const operational[][2] = {
    {"legal_basis", "\"common law\""},
    {"necessity", "\"because\""},
    {"means_considered", "\"patrols\\nposters\""},
    {"place", "\"the gate\""},
    {"criteria", "\"wanted_by_court: warrants\""},
    {"operator", "\"the force\""},
    {"contact", "\"a telephone\""},
    {"complaints", "\"the commissioner\""},
    {"notice_plan", "\"a week before\""},
    {"notice_url", "\"https://police.example/lfr\""},
    {"data_protection_assessment", "\"" HEX64 "\""},
    {"equality_assessment", "\"" HEX64 "\""},
    {"policy_document", "\"" HEX64 "\""},
    {"location_type", "\"hotspot\""},
    {"latitude", "51.5"},
    {"longitude", "-0.12"},
    {"cameras", "[{\"site\":\"north\",\"camera\":\"cam1\",\"zone\":[[0,0],[9000,0],[9000,9000]]}]"},
    {"categories", "[\"wanted_by_court\"]"},
    {"expected_footfall", "1000"},
    {"expected_entries", "10"},
};
#define OPERATIONAL_COUNT (sizeof(operational) / sizeof(operational[0]))

/* All but the member without. */
static struct answer draft_operational(const char *name, const char *without)
{
    struct ov_buf json = OV_BUF_INIT;
    ov_buf_printf(&json,
                  "{\"name\":\"%s\",\"purpose\":\"p\",\"kind\":\"operational\",\"sites\":"
                  "[\"north\"]",
                  name);
    for (size_t i = 0; i < OPERATIONAL_COUNT; i++)
        if (without == NULL || strcmp(operational[i][0], without) != 0)
            ov_buf_printf(&json, ",\"%s\":%s", operational[i][0], operational[i][1]);
    ov_buf_puts(&json, "}");
    struct answer answer = client_post(ada, "/v1/deployments", json.data);
    ov_buf_free(&json);
    return answer;
}

static void test_an_operational_application_says_everything(void **state)
{
    (void)state;
    for (size_t i = 0; i < OPERATIONAL_COUNT; i++) {
        bool half_a_place = strcmp(operational[i][0], "latitude") == 0 ||
                            strcmp(operational[i][0], "longitude") == 0;
        struct answer answer = draft_operational("incomplete", operational[i][0]);
        answer =
            expect_kept(answer, 422, half_a_place ? "deployment.place" : "application.incomplete");
        assert_string_equal(answer_text(&answer, "error.field"), operational[i][0]);
        answer_done(&answer);
    }
}

static void test_no_model_is_accepted_for_operational_use(void **state)
{
    (void)state;
    expect(draft_operational("for real", NULL), 201, NULL);
    client_apply(ada, "for%20real");
    client_authorise(ben, "for%20real");
    struct answer answer = client_post(ben, "/v1/deployments/for%20real/start", "{}");
    answer = expect_kept(answer, 409, "model.not_accepted");
    answer_done(&answer);
    expect(client_post(ben, "/v1/deployments/for%20real/stop", "{}"), 200, NULL);
}

static void test_stopping_what_has_not_started_cancels_it_for_good(void **state)
{
    (void)state;
    expect(draft(ada, "to cancel", ""), 201, NULL);
    client_apply(ada, "to%20cancel");
    expect(client_post(ben, "/v1/deployments/to%20cancel/stop", "{\"reason\":\"Too Wet!\"}"), 422,
           "deployment.reason");
    struct answer answer =
        client_post(ben, "/v1/deployments/to%20cancel/stop", "{\"reason\":\"bad_weather\"}");
    answer = expect_kept(answer, 200, NULL);
    assert_string_equal(answer_text(&answer, "state"), "cancelled");
    answer_done(&answer);
    char event[2048];
    bed_last_event("deployment.stopped", event, sizeof(event));
    assert_non_null(strstr(event, "\"reason\":\"bad_weather\""));
    expect(client_post(ben, "/v1/deployments/to%20cancel/stop", "{}"), 409, "deployment.over");
    expect(client_post(ben, "/v1/deployments/to%20cancel/start", "{}"), 409,
           "deployment.not_authorised");
    expect(client_get(ada, "/v1/deployments/to%20cancel/watchlist"), 409, "watchlist.closed");
}

static void test_names_may_be_used_again_once_a_deployment_has_ended(void **state)
{
    (void)state;
    expect(draft(ada, "to cancel", ""), 201, NULL);
    client_apply(ada, "to%20cancel");
    struct answer answer = expect_kept(client_get(ada, "/v1/deployments/to%20cancel"), 200, NULL);
    assert_string_equal(answer_text(&answer, "state"), "applied");
    answer_done(&answer);
}

static int64_t later(void *ctx)
{
    (void)ctx;
    return ov_clock_utc_us(ov_clock_system()) + INT64_C(13) * 3600 * OV_US_PER_S;
}

static int64_t mono(void *ctx)
{
    (void)ctx;
    return ov_clock_mono_us(ov_clock_system());
}

static void test_what_was_never_started_lapses_with_its_window(void **state)
{
    (void)state;
    struct ov_clock clock = {later, mono, NULL};
    struct service service = {.store = bed.store, .vault = bed.vault, .clock = &clock};
    struct ov_error err = OV_ERROR_INIT;
    expect(draft(ada, "to lapse", ""), 201, NULL);
    client_apply(ada, "to%20lapse");
    if (service_deployments_cancel_lapsed(&service, &err) != OV_OK)
        fail_msg("%s: %s", err.code, err.text);
    struct answer answer = expect_kept(client_get(ada, "/v1/deployments/to%20lapse"), 200, NULL);
    assert_string_equal(answer_text(&answer, "state"), "cancelled");
    answer_done(&answer);
    assert_true(bed_events("deployment.window_closed") > 0);
}

int run_deployments_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_application_is_stored_as_it_was_made),
        cmocka_unit_test(test_only_what_was_applied_for_has_a_key),
        cmocka_unit_test(test_bad_applications_are_refused_with_the_member_at_fault),
        cmocka_unit_test(test_unknown_deployments_are_404),
        cmocka_unit_test(
            test_a_deployment_is_started_by_another_person_with_a_list_inside_its_window),
        cmocka_unit_test(test_an_operational_application_says_everything),
        cmocka_unit_test(test_no_model_is_accepted_for_operational_use),
        cmocka_unit_test(test_stopping_what_has_not_started_cancels_it_for_good),
        cmocka_unit_test(test_names_may_be_used_again_once_a_deployment_has_ended),
        cmocka_unit_test(test_what_was_never_started_lapses_with_its_window),
    };
    return cmocka_run_group_tests_name("deployments", tests, setup, teardown);
}

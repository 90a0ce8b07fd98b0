/* The operating settings over the API: what is refused before anything changes, and by which field.
 */
#include "tests/integration/api/tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"

#define DEPLOYMENT "/v1/deployments/tuning"
#define SETTINGS DEPLOYMENT "/settings"
#define BECAUSE "{\"reason\":\"fewer alerts\","

static struct client *ada;
static struct client *ben;
static struct client *cleo; /* adjudicator */

static int setup(void **state)
{
    (void)state;
    ada = client_new("person-ada");
    ben = client_new("person-ben");
    cleo = client_new("person-cleo");
    expect(client_post(ada, "/v1/sites", "{\"name\":\"tuned-site\"}"), 201, NULL);
    expect(client_post(ada, "/v1/deployments",
                       "{\"name\":\"tuning\",\"purpose\":\"p\",\"kind\":\"exercise\","
                       "\"sites\":[\"tuned-site\"]}"),
           201, NULL);
    client_apply(ada, "tuning");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    expect(client_post(ben, DEPLOYMENT "/stop", "{}"), 200, NULL);
    client_free(ada);
    client_free(ben);
    client_free(cleo);
    return 0;
}

static void test_what_is_applied_for_does_not_change(void **state)
{
    (void)state;
    expect(client_post(ben, SETTINGS, BECAUSE "\"threshold\":0.7}"), 409, "settings.state");
    client_authorise(ben, "tuning");
}

static void test_a_value_outside_its_range_is_refused_by_its_field(void **state)
{
    (void)state;
    static const struct {
        const char *members, *code, *field;
        long status;
    } bad[] = {
        {"\"threshold\":1.5", "settings.threshold", "threshold", 422},
        {"\"threshold\":\"0.7\"", "request.wrong_type", "threshold", 400},
        {"\"cool_down_s\":-1", "settings.cool_down", "cool_down_s", 422},
        {"\"cool_down_s\":3601", "settings.cool_down", "cool_down_s", 422},
        /* Each is a value inside the range, but for a multiple of 2^32. */
        {"\"cool_down_s\":-4294966996", "settings.cool_down", "cool_down_s", 422},
        {"\"cool_down_s\":4294967596", "settings.cool_down", "cool_down_s", 422},
        {"\"min_face_px\":-4294967196", "settings.min_face", "min_face_px", 422},
        {"\"min_face_px\":8", "settings.min_face", "min_face_px", 422},
        {"\"gate\":{\"yaw_deg\":181}", "settings.gate", "gate", 422},
        {"\"gate\":{\"beauty\":1}", "settings.malformed", "gate", 422},
        {"\"cameras\":[{\"site\":\"nowhere\",\"camera\":\"cam1\"}]", "settings.cameras", "cameras",
         422},
        {"\"cameras\":[{\"site\":\"north\",\"camera\":\"cam1\"}]", "settings.cameras", "cameras",
         422},
        {"\"cameras\":[{\"site\":\"tuned-site\",\"camera\":\"a b\"}]", "settings.malformed",
         "cameras", 422},
        {"\"cameras\":[{\"site\":\"tuned-site\",\"camera\":\"cam1\"},"
         "{\"site\":\"tuned-site\",\"camera\":\"cam1\"}]",
         "settings.malformed", "cameras", 422},
        {"\"cameras\":[{\"site\":\"tuned-site\",\"camera\":\"cam1\","
         "\"zone\":[[0,0],[10001,0],[0,9]]}]",
         "settings.malformed", "cameras", 422},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char body[512];
        (void)snprintf(body, sizeof(body), BECAUSE "%s}", bad[i].members);
        struct answer answer =
            expect_kept(client_post(ben, SETTINGS "/draft", body), bad[i].status, bad[i].code);
        if (strcmp(answer_text(&answer, "error.field"), bad[i].field) != 0)
            fail_msg("%s: field %s", bad[i].members, answer_text(&answer, "error.field"));
        answer_done(&answer);
        expect(client_post(ben, SETTINGS, body), bad[i].status, bad[i].code);
    }
}

static void test_a_change_says_why(void **state)
{
    (void)state;
    static const char *const reasons[] = {"", " \\n", "\\u0007", "a\\u009bb"};
    char body[8300];
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        (void)snprintf(body, sizeof(body), "{\"reason\":\"%s\",\"threshold\":0.7}", reasons[i]);
        expect(client_post(ben, SETTINGS "/draft", body), 422, "settings.reason");
        expect(client_post(ben, SETTINGS, body), 422, "settings.reason");
    }
    (void)snprintf(body, sizeof(body), "{\"reason\":\"%08001d\",\"threshold\":0.7}", 0);
    expect(client_post(ben, SETTINGS, body), 422, "settings.reason");
    expect(client_post(ben, SETTINGS, "{\"threshold\":0.7}"), 400, "request.missing_member");
    assert_int_equal(bed_events("settings.tightened"), 0);
}

static void test_only_some_roles_change_settings(void **state)
{
    (void)state;
    expect(client_post(cleo, SETTINGS, BECAUSE "\"threshold\":0.7}"), 403, "permission.denied");
    expect(client_post(cleo, SETTINGS "/draft", BECAUSE "\"threshold\":0.7}"), 403,
           "permission.denied");
    expect(client_get(ben, SETTINGS "/change"), 404, "settings.no_proposal");
}

static void test_tightening_is_done_and_answered_with_what_is_in_force(void **state)
{
    (void)state;
    struct answer answer = expect_kept(
        client_post(ben, SETTINGS,
                    BECAUSE "\"cool_down_s\":300,\"cameras\":[{\"site\":\"tuned-site\","
                            "\"camera\":\"cam1\",\"zone\":[[0,0],[5000,0],[5000,5000]]}]}"),
        200, NULL);
    assert_string_equal(answer_text(&answer, "done"), "tightened");
    assert_int_equal(answer_int(&answer, "cool_down_s"), 300);
    answer_done(&answer);
    assert_int_equal(bed_events("settings.tightened"), 1);
}

int run_settings_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_applied_for_does_not_change),
        cmocka_unit_test(test_a_value_outside_its_range_is_refused_by_its_field),
        cmocka_unit_test(test_a_change_says_why),
        cmocka_unit_test(test_only_some_roles_change_settings),
        cmocka_unit_test(test_tightening_is_done_and_answered_with_what_is_in_force),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

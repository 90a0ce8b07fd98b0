/* /v1/alarms, and the rules behind it. */
#include "tests/integration/api/tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/service/alarms.h"
#include "server/service/people.h"
#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"

static struct service rules(void)
{
    return (struct service){.store = bed.store, .vault = bed.vault, .clock = ov_clock_system()};
}

static void raise_alarm(const struct actor *actor, const char *code, const struct ov_id *object)
{
    struct service service = rules();
    struct ov_error err = OV_ERROR_INIT;
    struct alarm_subject subject = {.code = code, .object_id = object};
    assert_int_equal(service_alarm_raise(&service, actor, &subject, &err), OV_OK);
}

static struct actor actor_of(const char *uri)
{
    struct service service = rules();
    struct ov_error err = OV_ERROR_INIT;
    struct actor actor;
    assert_int_equal(service_identify(&service, uri, "01", &actor, &err), OV_OK);
    return actor;
}

/* The id of the newest alarm of this code in the list; false when it is not there. */
static bool find_alarm(struct client *client, const char *path, const char *code, char *ret_id)
{
    struct answer answer = expect_kept(client_get(client, path), 200, NULL);
    json_t *alarm = NULL;
    size_t i = 0;
    bool found = false;
    json_array_foreach(json_object_get(answer.json, "alarms"), i, alarm)
    {
        if (found || strcmp(json_string_value(json_object_get(alarm, "code")), code) != 0)
            continue;
        found = true;
        (void)snprintf(ret_id, OV_ID_TEXT_SIZE, "%s",
                       json_string_value(json_object_get(alarm, "id")));
    }
    answer_done(&answer);
    return found;
}

static void clear_path(const char *id, char out[128])
{
    (void)snprintf(out, 128, "/v1/alarms/%s/clear", id);
}

static void an_alarm_shows_until_somebody_clears_it(void **state)
{
    (void)state;
    struct client *ada = client_new("person-ada");
    struct client *olga = client_new("person-olga");
    struct ov_id about = ov_id_new();
    const struct actor server = {.is_server = true};
    char id[OV_ID_TEXT_SIZE];
    char path[128];
    int64_t raised = bed_events("alarm.raised");
    int64_t cleared = bed_events("alarm.cleared");
    raise_alarm(&server, "test.shown", &about);
    raise_alarm(&server, "test.shown", &about);
    assert_int_equal(bed_events("alarm.raised"), raised + 1);
    assert_true(find_alarm(olga, "/v1/alarms", "test.shown", id));
    assert_true(find_alarm(olga, "/v1/status", "test.shown", id));

    clear_path(id, path);
    expect(client_post(olga, path, "{}"), 403, "permission.denied");
    expect(client_post(ada, path, "{\"x\":1}"), 400, "request.unknown_member");
    struct answer answer = expect_kept(client_post(ada, path, "{}"), 200, NULL);
    assert_string_equal(answer_text(&answer, "cleared_by"), "ada");
    answer_done(&answer);
    assert_int_equal(bed_events("alarm.cleared"), cleared + 1);
    expect(client_post(ada, path, "{}"), 409, "alarm.cleared");
    assert_false(find_alarm(olga, "/v1/alarms", "test.shown", id));
    assert_false(find_alarm(olga, "/v1/status", "test.shown", id));
    assert_true(find_alarm(olga, "/v1/alarms?state=all", "test.shown", id));
    client_free(ada);
    client_free(olga);
}

static void whose_act_raised_an_alarm_does_not_clear_it(void **state)
{
    (void)state;
    struct client *ada = client_new("person-ada");
    struct client *ben = client_new("person-ben");
    struct actor actor = actor_of("overt://person/ada");
    char id[OV_ID_TEXT_SIZE];
    char path[128];
    raise_alarm(&actor, "test.own", NULL);
    assert_true(find_alarm(ada, "/v1/alarms", "test.own", id));
    clear_path(id, path);
    expect(client_post(ada, path, "{}"), 403, "alarm.same_person");
    expect(client_post(ben, path, "{}"), 200, NULL);
    client_free(ada);
    client_free(ben);
}

static void an_alarm_of_the_server_ends_with_its_cause(void **state)
{
    (void)state;
    struct client *ada = client_new("person-ada");
    struct service service = rules();
    struct ov_error err = OV_ERROR_INIT;
    const struct actor server = {.is_server = true};
    struct alarm_subject subject = {.code = "test.cause"};
    char id[OV_ID_TEXT_SIZE];
    assert_int_equal(service_alarm_end(&service, &subject, &err), OV_OK); /* there is none */
    raise_alarm(&server, "test.cause", NULL);
    assert_true(find_alarm(ada, "/v1/alarms", "test.cause", id));
    assert_int_equal(service_alarm_end(&service, &subject, &err), OV_OK);
    assert_false(find_alarm(ada, "/v1/alarms", "test.cause", id));
    client_free(ada);
}

static void wrong_requests_are_told_so(void **state)
{
    (void)state;
    struct client *ada = client_new("person-ada");
    struct client *north = client_new("site-north");
    expect(client_get(ada, "/v1/alarms?state=closed"), 400, "request.parameter");
    expect(client_get(ada, "/v1/alarms?states=all"), 400, "request.unknown_parameter");
    expect(client_post(ada, "/v1/alarms/x/clear", "{}"), 404, "alarm.unknown");
    expect(client_post(ada, "/v1/alarms/00000000-0000-4000-8000-000000000000/clear", "{}"), 404,
           "alarm.unknown");
    expect(client_get(north, "/v1/alarms"), 403, "identity.not_a_person");
    client_free(ada);
    client_free(north);
}

int run_alarms_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_alarm_shows_until_somebody_clears_it),
        cmocka_unit_test(whose_act_raised_an_alarm_does_not_clear_it),
        cmocka_unit_test(an_alarm_of_the_server_ends_with_its_cause),
        cmocka_unit_test(wrong_requests_are_told_so),
    };
    return cmocka_run_group_tests_name("alarms", tests, NULL, NULL);
}

/* "Was I on a list?": asked by one, confirmed by another, answered once. */
#include "tests/integration/api/tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/service/erasure.h"
#include "server/service/membership.h"
#include "server/service/people.h"
#include "server/service/service.h"
#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"

#define LISTED "ERIK-2207" /* a marker: nowhere else */
#define NOBODY "NOBODY-77"

static struct client *ada;
static struct client *ben;
static struct client *dora;
static struct client *hana;
static char deployment[OV_ID_TEXT_SIZE];

static int setup(void **state)
{
    (void)state;
    ada = client_new("person-ada");
    ben = client_new("person-ben");
    dora = client_new("person-dora");
    hana = client_new("person-hana");
    struct answer answer = client_post(ada, "/v1/sites", "{\"name\":\"north\"}");
    answer_done(&answer); /* another group may have added it already */
    answer = client_post(ada, "/v1/deployments",
                         "{\"name\":\"membership\",\"purpose\":\"p\",\"kind\":\"exercise\","
                         "\"sites\":[\"north\"]}");
    answer = expect_kept(answer, 201, NULL);
    (void)snprintf(deployment, sizeof(deployment), "%s", answer_text(&answer, "id"));
    answer_done(&answer);
    client_apply(ada, "membership");
    expect(client_add(ada, "membership",
                      "{\"category\":\"wanted_by_court\",\"response\":\"arrest\",\"name\":"
                      "\"Zebedee Quill\",\"reference\":\"" LISTED "\"}",
                      bed.portraits[0].data, bed.portraits[0].size),
           201, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_free(ada);
    client_free(ben);
    client_free(dora);
    client_free(hana);
    return 0;
}

static void today(char out[OV_TIME_TEXT_SIZE])
{
    (void)ov_time_format(ov_clock_utc_us(ov_clock_system()), out);
    out[strcspn(out, "T")] = '\0';
}

/* Asks, and fills the path to confirm it. scope: a JSON member. */
static void ask(const char *scope, const char *reference, char ret_path[160])
{
    char json[300];
    (void)snprintf(json, sizeof(json), "{\"request\":\"SAR-1\",%s,\"reference\":\"%s\"}", scope,
                   reference);
    struct answer answer = expect_kept(client_post(dora, "/v1/membership", json), 201, NULL);
    assert_string_equal(answer_text(&answer, "state"), "asked");
    assert_int_equal(json_object_size(json_object_get(answer.json, "lists")), 0);
    (void)snprintf(ret_path, 160, "/v1/membership/%s", answer_text(&answer, "id"));
    answer_done(&answer);
}

static struct answer confirm(struct client *by, const char *path, const char *reference)
{
    char whole[200];
    char json[200];
    (void)snprintf(whole, sizeof(whole), "%s/confirm", path);
    (void)snprintf(json, sizeof(json), "{\"reference\":\"%s\"}", reference);
    return client_post(by, whole, json);
}

static size_t lists_of(const char *scope, const char *reference)
{
    char path[160];
    ask(scope, reference, path);
    struct answer answer = expect_kept(confirm(hana, path, reference), 200, NULL);
    size_t count = json_array_size(json_object_get(answer.json, "lists"));
    if (count > 0)
        assert_string_equal(answer_text(&answer, "lists.0.deployment"), deployment);
    answer_done(&answer);
    return count;
}

static void check_answers(size_t wanted)
{
    char scope[100];
    char day[OV_TIME_TEXT_SIZE];
    today(day);
    assert_int_equal(lists_of("\"deployment\":\"membership\"", LISTED), wanted);
    assert_int_equal(lists_of("\"deployment\":\"membership\"", NOBODY), 0);
    (void)snprintf(scope, sizeof(scope), "\"day\":\"%s\"", day);
    assert_int_equal(lists_of(scope, LISTED), wanted);
    assert_int_equal(lists_of(scope, NOBODY), 0);
    assert_int_equal(lists_of("\"day\":\"2020-02-29\"", LISTED), 0);
}

static void test_a_list_answers_before_and_after_its_erasure(void **state)
{
    (void)state;
    struct ov_error err = OV_ERROR_INIT;
    struct service service = {.store = bed.store,
                              .vault = bed.vault,
                              .clock = ov_clock_system(),
                              .ledger_key = bed.ledger_key};
    struct list_erasure erasure;
    struct actor actor;
    struct ov_id id;
    /* Proposed is not listed: nobody has approved it. */
    assert_int_equal(lists_of("\"deployment\":\"membership\"", LISTED), 0);
    assert_true(client_approve_all(ben, "membership") > 0);
    check_answers(1);

    expect(client_post(ben, "/v1/deployments/membership/stop", "{}"), 200, NULL);
    assert_int_equal(ov_id_parse(deployment, &id), OV_OK);
    assert_int_equal(service_identify(&service, "overt://person/dora", "01", &actor, &err), OV_OK);
    enum ov_status status = service_erase_list(&service, &actor, &id, &erasure, &err);
    if (status != OV_OK)
        fail_msg("%s (%s)", err.text, err.code);
    check_answers(1);
}

static void test_two_people_mean_the_same_reference(void **state)
{
    (void)state;
    char path[160];
    ask("\"day\":\"2026-05-01\"", NOBODY, path);
    expect(confirm(dora, path, NOBODY), 403, "membership.same_person");
    expect(confirm(ben, path, NOBODY), 403, "permission.denied");
    expect(confirm(hana, path, LISTED), 403, "membership.differs");
    expect(confirm(hana, path, NOBODY), 200, NULL);
    expect(confirm(hana, path, NOBODY), 409, "membership.decided");

    ask("\"day\":\"2026-05-01\"", NOBODY, path);
    for (int i = 0; i < MEMBERSHIP_MISMATCHES_MAX; i++)
        expect(confirm(hana, path, LISTED), 403, "membership.differs");
    expect(confirm(hana, path, NOBODY), 409, "membership.decided");
    char withdraw[200];
    ask("\"day\":\"2026-05-01\"", NOBODY, path);
    (void)snprintf(withdraw, sizeof(withdraw), "%s/withdraw", path);
    expect(client_post(dora, withdraw, "{}"), 204, NULL);
    expect(client_post(dora, withdraw, "{}"), 409, "membership.decided");
    expect(confirm(hana, path, NOBODY), 409, "membership.decided");
}

static void test_nothing_of_a_reference_is_kept(void **state)
{
    (void)state;
    char path[160];
    char event[2048];
    static const char *const names[] = {"membership.asked", "membership.answered",
                                        "membership.differed", "membership.withdrawn"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        bed_last_event(names[i], event, sizeof(event));
        assert_null(strstr(event, LISTED));
        assert_null(strstr(event, NOBODY));
        assert_non_null(strstr(event, "\"request_number\":\"SAR-1\""));
    }
    assert_false(bed_logged(LISTED));
    assert_false(bed_logged(NOBODY));
    /* Two queries about one reference have nothing in common, and after the answer there is
     * nothing. */
    ask("\"day\":\"2026-05-01\"", LISTED, path);
    ask("\"day\":\"2026-05-01\"", LISTED, path);
    assert_int_equal(pg_value(bed.pg, "server",
                              "SELECT count(DISTINCT commitment) FROM overt.membership_query WHERE "
                              "state = 'asked'"),
                     2);
    assert_int_equal(pg_value(bed.pg, "server",
                              "SELECT count(*) FROM overt.membership_query WHERE state <> 'asked' "
                              "AND commitment IS NOT NULL"),
                     0);
    assert_int_equal(pg_value(bed.pg, "admin",
                              "SELECT count(*) FROM overt.membership_query AS q JOIN "
                              "audit.membership AS m ON m.pseudonym = q.commitment"),
                     0);
}

static void age_queries(const char *by)
{
    char sql[400];
    pg_sql(bed.pg, "admin",
           "ALTER TABLE overt.membership_query DISABLE TRIGGER membership_query_check");
    (void)snprintf(sql, sizeof(sql),
                   "UPDATE overt.membership_query SET asked_at = asked_at - interval '%s', "
                   "expires_at = expires_at - interval '%s'; SELECT audit.write_event(id, "
                   "convert_to(jsonb_build_object('v', 1, 'id', id, 'name', 'test.made', 'at_us', "
                   "1, 'actor', '{}'::jsonb, 'details', '{}'::jsonb)::text, 'UTF8')) FROM (SELECT "
                   "gen_random_uuid() AS id) AS e",
                   by, by);
    pg_sql(bed.pg, "admin", sql);
    pg_sql(bed.pg, "admin",
           "ALTER TABLE overt.membership_query ENABLE TRIGGER membership_query_check");
}

static void test_an_unconfirmed_query_lapses_within_a_day(void **state)
{
    (void)state;
    char path[160];
    struct ov_error err = OV_ERROR_INIT;
    struct service service = {.store = bed.store, .clock = ov_clock_system()};
    ask("\"day\":\"2026-05-01\"", NOBODY, path);
    age_queries("25 hours");
    expect(confirm(hana, path, NOBODY), 409, "membership.expired");
    assert_int_equal(service_membership_lapse(&service, &err), OV_OK);
    expect(confirm(hana, path, NOBODY), 409, "membership.decided");
    assert_int_equal(
        pg_value(bed.pg, "server",
                 "SELECT count(*) FROM overt.membership_query WHERE commitment IS NOT NULL"),
        0);
}

static void test_a_query_that_cannot_lapse_keeps_no_other(void **state)
{
    (void)state;
    char stuck[160];
    char path[160];
    struct ov_error err = OV_ERROR_INIT;
    struct service service = {.store = bed.store, .clock = ov_clock_system()};
    ask("\"day\":\"2026-05-01\"", NOBODY, stuck);
    ask("\"day\":\"2026-05-02\"", NOBODY, path);
    age_queries("25 hours");
    int64_t lapsed = bed_events("membership.lapsed");
    pg_stick(bed.pg, "overt.membership_query", stuck + strlen("/v1/membership/"));
    assert_int_not_equal(service_membership_lapse(&service, &err), OV_OK);
    assert_int_equal(bed_events("membership.lapsed"), lapsed + 1);
    pg_unstick(bed.pg);
    ov_error_clear(&err);
    assert_int_equal(service_membership_lapse(&service, &err), OV_OK);
    assert_int_equal(bed_events("membership.lapsed"), lapsed + 2);
}

static void test_there_are_twenty_queries_a_day(void **state)
{
    (void)state;
    char path[160];
    age_queries("25 hours");
    for (int i = 0; i < 20; i++)
        ask("\"day\":\"2026-05-01\"", NOBODY, path);
    expect(client_post(dora, "/v1/membership",
                       "{\"request\":\"SAR-1\",\"day\":\"2026-05-01\",\"reference\":\"x\"}"),
           422, "membership.limit");
    age_queries("25 hours");
    ask("\"day\":\"2026-05-01\"", NOBODY, path);
}

static void test_wrong_questions_are_refused_with_their_field(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        long status;
        const char *code;
    } wrong[] = {
        {"{\"request\":\"1\",\"day\":\"2026-05-01\"}", 400, "request.missing_member"},
        {"{\"request\":\"1\",\"reference\":\"r\"}", 422, "membership.scope"},
        {"{\"request\":\"1\",\"reference\":\"r\",\"day\":\"2026-05-01\",\"deployment\":\"d\"}", 422,
         "membership.scope"},
        {"{\"request\":\"1\",\"reference\":\"r\",\"day\":\"1 May\"}", 422, "membership.day"},
        {"{\"request\":\"1\",\"reference\":\"r\",\"day\":\"2026-13-01\"}", 422, "membership.day"},
        {"{\"request\":\"1\",\"reference\":\"r\",\"deployment\":\"nothing\"}", 404,
         "deployment.unknown"},
        {"{\"request\":\"1\",\"reference\":\"\",\"day\":\"2026-05-01\"}", 422,
         "membership.reference"},
        {"{\"request\":\"Erik Quill, born 1970\",\"reference\":\"r\",\"day\":\"2026-05-01\"}", 422,
         "membership.request"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        expect(client_post(dora, "/v1/membership", wrong[i].json), wrong[i].status, wrong[i].code);
    expect(client_post(hana, "/v1/membership/x/confirm", "{\"reference\":\"r\"}"), 404,
           "membership.unknown");
    expect(client_post(hana, "/v1/membership", "{}"), 403, "permission.denied");
}

static void test_the_queries_come_page_by_page(void **state)
{
    (void)state;
    json_t *ids = client_walk(dora, "/v1/membership", "queries");
    assert_true(json_array_size(ids) > 2);
    assert_int_equal(json_array_size(ids),
                     pg_value(bed.pg, "owner", "SELECT count(*) FROM overt.membership_query"));
    json_decref(ids);
}

int run_membership_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_list_answers_before_and_after_its_erasure),
        cmocka_unit_test(test_two_people_mean_the_same_reference),
        cmocka_unit_test(test_nothing_of_a_reference_is_kept),
        cmocka_unit_test(test_an_unconfirmed_query_lapses_within_a_day),
        cmocka_unit_test(test_a_query_that_cannot_lapse_keeps_no_other),
        cmocka_unit_test(test_there_are_twenty_queries_a_day),
        cmocka_unit_test(test_wrong_questions_are_refused_with_their_field),
        cmocka_unit_test(test_the_queries_come_page_by_page),
    };
    return cmocka_run_group_tests_name("membership", tests, setup, teardown);
}

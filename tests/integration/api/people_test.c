/* Who may act: proposals of two administrators, suspension and revocation. */
#include "tests/integration/api/tests.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"

#define DECISIONS "/v1/people/decisions"
#define WIMS_DUTY                                                                                  \
    "SELECT count(*) FROM overt.duty JOIN overt.principal ON principal.id = person_id WHERE "      \
    "until "                                                                                       \
    "IS NULL AND name = 'wim'"

static struct client *ada;
static struct client *ben;

static int setup(void **state)
{
    (void)state;
    ada = client_new("person-ada");
    ben = client_new("person-ben");
    /* Another group may have added it already. */
    struct answer answer = client_post(ada, "/v1/sites", "{\"name\":\"north\"}");
    answer_done(&answer);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_free(ada);
    client_free(ben);
    return 0;
}

/* Proposes, and fills the path of what can be done with it. */
static void propose(struct client *by, const char *json, char ret_path[160])
{
    struct answer answer = expect_kept(client_post(by, DECISIONS, json), 201, NULL);
    assert_string_equal(answer_text(&answer, "state"), "proposed");
    (void)snprintf(ret_path, 160, DECISIONS "/%s", answer_text(&answer, "id"));
    answer_done(&answer);
}

static struct answer decide(struct client *by, const char *path, const char *verb)
{
    char whole[200];
    (void)snprintf(whole, sizeof(whole), "%s/%s", path, verb);
    return client_post(by, whole, "{}");
}

static void by_two(const char *json)
{
    char path[160];
    propose(ada, json, path);
    expect(decide(ben, path, "confirm"), 200, NULL);
}

static void test_a_person_is_added_by_two_administrators(void **state)
{
    (void)state;
    char path[160];
    char event[2048];
    bed_pki("person", "carl", NULL);
    struct client *carl = client_new("person-carl");
    propose(ada, "{\"kind\":\"add_person\",\"person\":\"carl\",\"roles\":[\"applicant\"]}", path);
    expect(client_get(carl, "/v1/status"), 403, "identity.unknown");
    expect(decide(ada, path, "confirm"), 403, "people.same_person");
    expect(client_get(carl, "/v1/status"), 403, "identity.unknown");

    struct answer answer = expect_kept(decide(ben, path, "confirm"), 200, NULL);
    assert_string_equal(answer_text(&answer, "state"), "confirmed");
    assert_string_equal(answer_text(&answer, "proposed_by"), "ada");
    assert_string_equal(answer_text(&answer, "decided_by"), "ben");
    answer_done(&answer);
    answer = expect_kept(client_get(carl, "/v1/status"), 200, NULL);
    assert_string_equal(answer_text(&answer, "me.roles.0"), "applicant");
    assert_string_equal(answer_text(&answer, "me.roles.1"), "");
    answer_done(&answer);
    bed_last_event("principal.added", event, sizeof(event));
    assert_non_null(strstr(event, "\"role_applicant\":1"));
    assert_non_null(strstr(event, "\"proposal\":\""));

    expect(decide(ben, path, "confirm"), 409, "people.decided");
    expect(decide(ada, path, "withdraw"), 409, "people.decided");
    expect(client_post(ada, DECISIONS,
                       "{\"kind\":\"add_person\",\"person\":\"carl\",\"roles\":[\"applicant\"]}"),
           409, "principal.exists");
    client_free(carl);
}

static void test_a_role_comes_with_two_and_goes_with_one(void **state)
{
    (void)state;
    struct client *adam = client_new("person-adam");
    by_two("{\"kind\":\"grant_role\",\"person\":\"adam\",\"roles\":[\"oversight\",\"applicant\"]}");
    expect(client_get(adam, "/v1/people"), 200, NULL);
    expect(client_post(ada, DECISIONS,
                       "{\"kind\":\"grant_role\",\"person\":\"adam\",\"roles\":[\"oversight\"]}"),
           409, "principal.exists");

    expect(client_post(ben, "/v1/people/adam/revoke", "{\"role\":\"oversight\"}"), 204, NULL);
    expect(client_get(adam, "/v1/people"), 403, "permission.denied");
    expect(client_post(ben, "/v1/people/adam/revoke", "{\"role\":\"oversight\"}"), 409,
           "people.not_held");
    struct answer answer = expect_kept(client_get(ada, "/v1/alarms"), 200, NULL);
    assert_string_equal(answer_text(&answer, "alarms.0.code"), "oversight.revoked");
    answer_done(&answer);
    expect(client_post(ben, "/v1/people/adam/revoke",
                       "{\"role\":\"applicant\",\"reason\":\"left_the_unit\"}"),
           204, NULL);
    char event[2048];
    bed_last_event("principal.role_revoked", event, sizeof(event));
    assert_non_null(strstr(event, "\"reason\":\"left_the_unit\""));
    client_free(adam);
}

static void test_a_second_certificate_is_the_same_person(void **state)
{
    (void)state;
    struct client *pam = client_new("person-pam");
    struct client *card = client_new("person-pam-card");
    expect(client_get(card, "/v1/status"), 403, "identity.unknown");
    by_two("{\"kind\":\"add_identity\",\"person\":\"pam\",\"identity\":\"pam-card\"}");
    struct answer answer = expect_kept(client_get(card, "/v1/status"), 200, NULL);
    assert_string_equal(answer_text(&answer, "me.name"), "pam");
    answer_done(&answer);
    expect(client_post(ada, DECISIONS,
                       "{\"kind\":\"add_identity\",\"person\":\"ben\",\"identity\":\"pam-card\"}"),
           409, "principal.exists");

    /* She is applicant and authorising officer, and has two cards: she still does not do both. */
    expect(client_post(pam, "/v1/deployments",
                       "{\"name\":\"two cards\",\"purpose\":\"p\",\"kind\":\"exercise\","
                       "\"sites\":[\"north\"]}"),
           201, NULL);
    client_apply(pam, "two%20cards");
    expect(client_signed(card, "two%20cards", "authorise", CLIENT_REASONS), 403,
           "deployment.same_person");
    expect(client_post(card, "/v1/deployments/two%20cards/stop", "{}"), 200, NULL);
    client_free(pam);
    client_free(card);
}

static void test_an_administrator_does_not_confirm_with_a_second_certificate(void **state)
{
    (void)state;
    char path[160];
    bed_pki("person", "ada-card", NULL);
    by_two("{\"kind\":\"add_identity\",\"person\":\"ada\",\"identity\":\"ada-card\"}");
    struct client *card = client_new("person-ada-card");
    propose(ada, "{\"kind\":\"grant_role\",\"person\":\"ada\",\"roles\":[\"higher_authority\"]}",
            path);
    expect(decide(card, path, "confirm"), 403, "people.same_person");
    expect(decide(card, path, "withdraw"), 200, NULL);
    expect(decide(ben, path, "confirm"), 409, "people.decided");
    client_free(card);
}

static void test_suspending_is_at_once_and_coming_back_takes_two(void **state)
{
    (void)state;
    bed_pki("person", "sam", NULL);
    struct client *sam = client_new("person-sam");
    by_two("{\"kind\":\"add_person\",\"person\":\"sam\",\"roles\":[\"oversight\"]}");
    expect(client_get(sam, "/v1/people"), 200, NULL);
    expect(client_post(ada, "/v1/people/sam/suspend", "{\"reason\":\"lost_card\"}"), 204, NULL);
    expect(client_get(sam, "/v1/people"), 403, "identity.unknown");
    expect(client_post(ada, "/v1/people/sam/suspend", "{}"), 409, "people.suspended");

    struct answer answer = expect_kept(client_get(ben, "/v1/alarms"), 200, NULL);
    char path[160];
    assert_string_equal(answer_text(&answer, "alarms.0.code"), "oversight.suspended");
    assert_string_equal(answer_text(&answer, "alarms.0.raised_by"), "ada");
    (void)snprintf(path, sizeof(path), "/v1/alarms/%s/clear", answer_text(&answer, "alarms.0.id"));
    answer_done(&answer);
    expect(client_post(ada, path, "{}"), 403, "alarm.same_person");
    expect(client_post(ben, path, "{}"), 200, NULL);

    propose(ben, "{\"kind\":\"reactivate\",\"person\":\"sam\"}", path);
    expect(decide(ben, path, "confirm"), 403, "people.same_person");
    expect(client_get(sam, "/v1/people"), 403, "identity.unknown");
    expect(decide(ada, path, "confirm"), 200, NULL);
    expect(client_get(sam, "/v1/people"), 200, NULL);
    expect(client_post(ada, DECISIONS, "{\"kind\":\"reactivate\",\"person\":\"sam\"}"), 409,
           "people.active");
    client_free(sam);
}

static void *wait_as_wim(void *ctx)
{
    struct answer *answer = ctx;
    struct client *wim = client_new("person-wim");
    *answer = client_get(wim, "/v1/deployments/watched/alerts?wait_s=30");
    client_free(wim);
    return NULL;
}

/* A request that waits for alerts is no way to go on watching. */
static void test_a_waiting_request_ends_with_the_suspension(void **state)
{
    (void)state;
    pthread_t thread;
    struct answer answer;
    bed_pki("person", "wim", NULL);
    by_two("{\"kind\":\"add_person\",\"person\":\"wim\",\"roles\":[\"adjudicator\"]}");
    expect(client_post(ada, "/v1/deployments",
                       "{\"name\":\"watched\",\"purpose\":\"p\",\"kind\":\"exercise\","
                       "\"sites\":[\"north\"]}"),
           201, NULL);
    client_apply(ada, "watched");
    struct client *wim = client_new("person-wim");
    answer = client_post(wim, "/v1/deployments/watched/duty", "{\"role\":\"adjudicator\"}");
    answer_done(&answer);
    client_free(wim);
    assert_int_equal(pg_value(bed.pg, "server", WIMS_DUTY), 1);
    assert_int_equal(pthread_create(&thread, NULL, wait_as_wim, &answer), 0);
    (void)usleep(1500 * 1000); /* it waits by now */
    int64_t at_us = ov_clock_mono_us(ov_clock_system());
    expect(client_post(ada, "/v1/people/wim/suspend", "{}"), 204, NULL);
    assert_int_equal(pthread_join(thread, NULL), 0);
    int64_t took_us = ov_clock_mono_us(ov_clock_system()) - at_us;
    expect(answer, 403, "identity.unknown");
    print_message("a waiting request ended %lld ms after its person was suspended\n",
                  (long long)(took_us / OV_US_PER_MS));
    assert_true(took_us < OV_US_PER_S);
    /* Nor does anybody count as present who was suspended. */
    assert_int_equal(pg_value(bed.pg, "server", WIMS_DUTY), 0);
    expect(client_post(ada, "/v1/deployments/watched/stop", "{}"), 200, NULL);
}

static void suspend_each(const char *names)
{
    while (*names != '\0') {
        char path[96];
        int length = (int)strcspn(names, " ");
        (void)snprintf(path, sizeof(path), "/v1/people/%.*s/suspend", length, names);
        expect(client_post(ada, path, "{}"), 204, NULL);
        names += length + (names[length] == ' ');
    }
}

static void test_the_last_administrator_stays(void **state)
{
    (void)state;
    char path[160];
    char others[512]; /* whoever else other tests made administrators */
    pg_text(bed.pg, "admin",
            "SELECT coalesce(string_agg(p.name, ' '), '') FROM overt.principal p JOIN "
            "overt.principal_role r ON r.principal_id = p.id WHERE p.active AND r.role = "
            "'administrator' AND p.name NOT IN ('ada', 'ben')",
            others, sizeof(others));
    suspend_each(others);
    propose(ben, "{\"kind\":\"grant_role\",\"person\":\"adam\",\"roles\":[\"applicant\"]}", path);
    expect(client_post(ada, "/v1/people/ben/suspend", "{}"), 204, NULL);
    expect(client_get(ben, "/v1/status"), 403, "identity.unknown");
    expect(client_post(ada, "/v1/people/ada/suspend", "{}"), 409, "people.last_administrator");
    expect(client_post(ada, "/v1/people/ada/revoke", "{\"role\":\"administrator\"}"), 409,
           "people.last_administrator");
    /* What a suspended administrator proposed is not confirmed. */
    expect(decide(ada, path, "confirm"), 403, "people.not_administrator");
    struct answer answer = expect_kept(client_get(ada, "/v1/alarms"), 200, NULL);
    assert_string_equal(answer_text(&answer, "alarms.0.code"), "people.one_administrator");
    answer_done(&answer);

    /* With one administrator nobody comes back: it takes the database's owner. */
    char sql[1024];
    (void)snprintf(sql, sizeof(sql),
                   "ALTER TABLE overt.principal DISABLE TRIGGER ALL; UPDATE overt.principal SET "
                   "active = true WHERE name = ANY (string_to_array('ben %s', ' ')); ALTER TABLE "
                   "overt.principal ENABLE TRIGGER ALL; ALTER TABLE overt.principal ENABLE TRIGGER "
                   "principal_active_check",
                   others);
    pg_sql(bed.pg, "admin", sql);
    expect(client_get(ben, "/v1/status"), 200, NULL);
    expect(decide(ada, path, "withdraw"), 200, NULL);
}

static void test_an_old_proposal_is_not_confirmed(void **state)
{
    (void)state;
    char path[160];
    propose(ada, "{\"kind\":\"grant_role\",\"person\":\"adam\",\"roles\":[\"applicant\"]}", path);
    static const char trigger[] = "ALTER TABLE overt.people_decision %s TRIGGER %s";
    char sql[128];
    (void)snprintf(sql, sizeof(sql), trigger, "DISABLE", "people_decision_check");
    pg_sql(bed.pg, "admin", sql);
    pg_sql(bed.pg, "admin",
           "UPDATE overt.people_decision SET proposed_at = proposed_at - interval '8 days', "
           "expires_at = expires_at - interval '8 days' WHERE state = 'proposed';"
           "SELECT audit.write_event('00000000-0000-4000-8000-000000000002', "
           "'{\"v\":1,\"id\":\"00000000-0000-4000-8000-000000000002\",\"name\":\"test.made\","
           "\"at_us\":0,\"actor\":{},\"details\":{}}')");
    (void)snprintf(sql, sizeof(sql), trigger, "ENABLE", "people_decision_check");
    pg_sql(bed.pg, "admin", sql);
    expect(decide(ben, path, "confirm"), 409, "people.expired");
    struct answer answer = expect_kept(client_get(ada, DECISIONS), 200, NULL);
    assert_string_equal(answer_text(&answer, "decisions.0.id"), "");
    answer_done(&answer);
    answer = expect_kept(client_get(ada, DECISIONS "?state=all"), 200, NULL);
    json_t *decision = NULL;
    size_t i = 0;
    size_t expired = 0;
    json_array_foreach(json_object_get(answer.json, "decisions"), i, decision)
    {
        if (strcmp(json_string_value(json_object_get(decision, "state")), "expired") == 0)
            expired++;
    }
    assert_int_equal(expired, 1);
    answer_done(&answer);
}

static void test_wrong_proposals_are_refused_with_their_field(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        long status;
        const char *code;
        const char *field;
    } wrong[] = {
        {"{}", 400, "request.missing_member", "kind"},
        {"{\"kind\":\"promote\",\"person\":\"adam\"}", 422, "people.kind", "kind"},
        {"{\"kind\":\"add_person\",\"person\":\"Carl Smith\",\"roles\":[\"applicant\"]}", 422,
         "people.name", "person"},
        {"{\"kind\":\"add_person\",\"person\":\"zoe\"}", 422, "people.roles", "roles"},
        {"{\"kind\":\"add_person\",\"person\":\"zoe\",\"roles\":[\"king\"]}", 422, "people.roles",
         "roles"},
        {"{\"kind\":\"add_person\",\"person\":\"zoe\",\"roles\":[\"site\"]}", 422, "people.roles",
         "roles"},
        {"{\"kind\":\"add_person\",\"person\":\"zoe\",\"site\":\"north\",\"roles\":[\"applicant\"]"
         "}",
         422, "people.name", "person"},
        {"{\"kind\":\"grant_role\",\"person\":\"nobody\",\"roles\":[\"applicant\"]}", 404,
         "people.unknown", ""},
        {"{\"kind\":\"grant_role\",\"site\":\"north\",\"roles\":[\"applicant\"]}", 422,
         "people.roles", "roles"},
        {"{\"kind\":\"add_identity\",\"person\":\"adam\"}", 422, "people.identity", "identity"},
        {"{\"kind\":\"reactivate\",\"person\":\"adam\"}", 409, "people.active", ""},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct answer answer = client_post(ada, DECISIONS, wrong[i].json);
        answer = expect_kept(answer, wrong[i].status, wrong[i].code);
        assert_string_equal(answer_text(&answer, "error.field"), wrong[i].field);
        answer_done(&answer);
    }
    expect(client_post(ada, DECISIONS "/x/confirm", "{}"), 404, "people.no_proposal");
    expect(client_post(ada, DECISIONS "/00000000-0000-4000-8000-000000000000/confirm", "{}"), 404,
           "people.no_proposal");
    expect(client_post(ada, "/v1/people/nobody/suspend", "{}"), 404, "people.unknown");
    expect(client_post(ada, "/v1/people/adam/suspend", "{\"reason\":\"No!\"}"), 422,
           "deployment.reason");
    expect(client_post(ada, "/v1/people/adam/revoke", "{\"role\":\"king\"}"), 422, "people.roles");
    expect(client_get(ada, DECISIONS "?state=old"), 400, "request.parameter");
}

static void test_a_site_is_suspended_and_comes_back_by_two(void **state)
{
    (void)state;
    bed_pki("site", "south", NULL);
    expect(client_post(ada, "/v1/sites", "{\"name\":\"south\"}"), 201, NULL);
    expect(client_post(ada, "/v1/sites/south/suspend", "{}"), 204, NULL);
    expect(client_post(ada, "/v1/sites/south/suspend", "{}"), 409, "people.suspended");
    expect(client_post(ada, "/v1/sites/nowhere/suspend", "{}"), 404, "people.unknown");
    assert_int_equal(
        pg_value(bed.pg, "server",
                 "SELECT active::int FROM overt.principal WHERE kind = 'site' AND name = 'south'"),
        0);
    by_two("{\"kind\":\"reactivate\",\"site\":\"south\"}");
    assert_int_equal(
        pg_value(bed.pg, "server",
                 "SELECT active::int FROM overt.principal WHERE kind = 'site' AND name = 'south'"),
        1);
}

int run_people_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_person_is_added_by_two_administrators),
        cmocka_unit_test(test_a_role_comes_with_two_and_goes_with_one),
        cmocka_unit_test(test_a_second_certificate_is_the_same_person),
        cmocka_unit_test(test_an_administrator_does_not_confirm_with_a_second_certificate),
        cmocka_unit_test(test_suspending_is_at_once_and_coming_back_takes_two),
        cmocka_unit_test(test_a_waiting_request_ends_with_the_suspension),
        cmocka_unit_test(test_the_last_administrator_stays),
        cmocka_unit_test(test_an_old_proposal_is_not_confirmed),
        cmocka_unit_test(test_wrong_proposals_are_refused_with_their_field),
        cmocka_unit_test(test_a_site_is_suspended_and_comes_back_by_two),
    };
    return cmocka_run_group_tests_name("people", tests, setup, teardown);
}

/* Creating requests with an Idempotency-Key: done once, answered as often as asked. */
#include "tests/integration/api/tests.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "server/service/once.h"
#include "server/store/people.h"
#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"

#define KEY "11111111-2222-4333-8444-5555555555"
#define DEPLOYMENT(name)                                                                           \
    "{\"name\":\"" name "\",\"purpose\":\"p\",\"kind\":\"exercise\",\"sites\":[\"north\"]}"
#define ENTRY(reference)                                                                           \
    "{\"category\":\"missing_at_risk\",\"response\":\"safeguarding\",\"name\":\"Once Again\","     \
    "\"reference\":\"" reference "\"}"

static struct client *ada;
static struct client *ben;

static int setup(void **state)
{
    (void)state;
    ada = client_new("person-ada");
    ben = client_new("person-ben");
    struct answer answer = client_post(ada, "/v1/sites", "{\"name\":\"north\"}");
    answer_done(&answer); /* 409 where another group has added it */
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_free(ada);
    client_free(ben);
    return 0;
}

static struct answer post(struct client *client, const char *path, const char *key,
                          const char *json)
{
    char header[128];
    (void)snprintf(header, sizeof(header), "Idempotency-Key: %s", key);
    const char *const headers[] = {"Content-Type: application/json", header, NULL};
    return client_send(client, "POST", path, headers, json, strlen(json));
}

static bool is_repeated(const struct answer *answer)
{
    return strstr(answer->headers, "Overt-Repeated: true\r\n") != NULL;
}

static void expect_site(struct answer answer, bool repeated, char id[OV_ID_TEXT_SIZE])
{
    answer = expect_kept(answer, 201, NULL);
    assert_int_equal(is_repeated(&answer), repeated);
    if (id[0] != '\0')
        assert_string_equal(answer_text(&answer, "id"), id);
    (void)snprintf(id, OV_ID_TEXT_SIZE, "%s", answer_text(&answer, "id"));
    answer_done(&answer);
}

static void test_the_same_key_gets_the_same_answer_and_nothing_is_done_twice(void **state)
{
    (void)state;
    char id[OV_ID_TEXT_SIZE] = "";
    int64_t before = bed_events("site.added");
    expect_site(post(ada, "/v1/sites", KEY "01", "{\"name\":\"once-a\"}"), false, id);
    expect_site(post(ada, "/v1/sites", KEY "01", "{\"name\":\"once-a\"}"), true, id);
    expect_site(post(ada, "/v1/sites", KEY "01", "{\"name\":\"once-a\"}"), true, id);
    assert_int_equal(bed_events("site.added"), before + 1);
    /* Another key, or none, is another request. */
    expect(post(ada, "/v1/sites", KEY "02", "{\"name\":\"once-a\"}"), 409, "site.exists");
    expect(client_post(ada, "/v1/sites", "{\"name\":\"once-a\"}"), 409, "site.exists");
}

static void test_a_key_is_for_one_request_of_one_person(void **state)
{
    (void)state;
    char id[OV_ID_TEXT_SIZE] = "";
    expect_site(post(ada, "/v1/sites", KEY "03", "{\"name\":\"once-b\"}"), false, id);
    expect(post(ada, "/v1/sites", KEY "03", "{\"name\":\"once-c\"}"), 409, "request.key_reused");
    expect(post(ada, "/v1/deployments", KEY "03", DEPLOYMENT("once-b")), 409, "request.key_reused");
    id[0] = '\0';
    expect_site(post(ben, "/v1/sites", KEY "03", "{\"name\":\"once-c\"}"), false, id);
}

static void test_what_was_refused_leaves_its_key_free(void **state)
{
    (void)state;
    char id[OV_ID_TEXT_SIZE] = "";
    expect(post(ada, "/v1/sites", KEY "04", "{\"name\":\"Once D\"}"), 422, "site.name");
    expect(post(ada, "/v1/sites", KEY "04", "{\"name\":\"once-a\"}"), 409, "site.exists");
    expect_site(post(ada, "/v1/sites", KEY "04", "{\"name\":\"once-d\"}"), false, id);
}

static void test_a_key_has_its_form_and_its_place(void **state)
{
    (void)state;
    static const char *const twice[] = {"Content-Type: application/json",
                                        "Idempotency-Key: " KEY "05", "Idempotency-Key: " KEY "06",
                                        NULL};
    expect(post(ada, "/v1/sites", "x", "{\"name\":\"once-e\"}"), 400, "request.idempotency_key");
    expect(post(ada, "/v1/sites", KEY "05x", "{\"name\":\"once-e\"}"), 400,
           "request.idempotency_key");
    expect(client_send(ada, "POST", "/v1/sites", twice, "{}", 2), 400, "request.idempotency_key");
    expect(post(ada, "/v1/deployments/x/stop", KEY "05", "{}"), 400, "request.idempotency_key");
    assert_false(bed_logged("11111111-2222-4333"));
}

static struct answer add(const char *key, const char *entry, const struct ov_secret *jpeg)
{
    return client_add_once(ada, "once-list", key, entry, jpeg->data, jpeg->size);
}

static void test_a_photograph_is_added_once(void **state)
{
    (void)state;
    expect(post(ada, "/v1/deployments", KEY "07", DEPLOYMENT("once-list")), 201, NULL);
    client_apply(ada, "once-list");
    int64_t before = pg_value(bed.pg, "owner", "SELECT count(*) FROM watchlist.image");
    for (int i = 0; i < 3; i++) {
        struct answer answer =
            expect_kept(add(KEY "08", ENTRY("once-1"), &bed.portraits[0]), 201, NULL);
        assert_int_equal(is_repeated(&answer), i > 0);
        assert_int_equal(answer_int(&answer, "images"), 1);
        answer_done(&answer);
    }
    /* Not even the same photograph under another reference, nor another one under this. */
    expect(add(KEY "08", ENTRY("once-2"), &bed.portraits[0]), 409, "request.key_reused");
    expect(add(KEY "08", ENTRY("once-1"), &bed.portraits[1]), 409, "request.key_reused");
    assert_int_equal(pg_value(bed.pg, "owner", "SELECT count(*) FROM watchlist.image"), before + 1);
    assert_int_equal(pg_value(bed.pg, "owner",
                              "SELECT count(*) FROM overt.request "
                              "WHERE encode(answer, 'escape') LIKE '%once-1%'"),
                     0);
}

/* --- at the same time --- */

#define THREADS 6

static void *ask(void *arg)
{
    struct answer *answer = arg;
    struct client *client = client_new("person-ada");
    *answer = post(client, "/v1/sites", KEY "09", "{\"name\":\"once-f\"}");
    client_free(client);
    return NULL;
}

static void test_of_requests_at_the_same_time_one_acts_and_all_get_its_answer(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    struct answer answers[THREADS];
    char id[OV_ID_TEXT_SIZE] = "";
    int first = 0;
    int64_t before = bed_events("site.added");
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &answers[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        bool repeated = is_repeated(&answers[i]);
        first += repeated ? 0 : 1;
        expect_site(answers[i], repeated, id);
    }
    assert_int_equal(first, 1);
    assert_int_equal(bed_events("site.added"), before + 1);
}

static void test_one_that_takes_too_long_is_said_to_be_under_way(void **state)
{
    (void)state;
    struct ov_error err = OV_ERROR_INIT;
    struct request_row row = {.route = "POST /v1/sites"};
    char id[OV_ID_TEXT_SIZE] = "";
    bool new = false;
    struct principal person;
    struct ov_id key;
    assert_int_equal(ov_id_parse(KEY "10", &key), OV_OK);
    assert_int_equal(store_principal_by_identity(bed.store, "overt://person/ada", &person, &err),
                     OV_OK);
    row.principal_id = person.id;
    assert_int_equal(
        EVP_Digest(key.bytes, sizeof(key.bytes), row.key_digest, NULL, EVP_sha256(), NULL), 1);
    assert_int_equal(store_begin(bed.store, &err), OV_OK);
    assert_int_equal(store_request_claim(bed.store, &row, &new, &err), OV_OK);
    assert_true(new);
    expect(post(ada, "/v1/sites", KEY "10", "{\"name\":\"once-g\"}"), 409, "request.in_progress");
    store_rollback(bed.store);
    expect_site(post(ada, "/v1/sites", KEY "10", "{\"name\":\"once-g\"}"), false, id);
}

/* --- what the database holds to --- */

static void test_an_act_that_does_not_commit_leaves_no_answer_and_no_key(void **state)
{
    (void)state;
    size_t keys = bed_watchlist_keys();
    pg_sql(bed.pg, "admin",
           "CREATE FUNCTION overt.test_fail() RETURNS trigger LANGUAGE plpgsql AS "
           "'BEGIN RAISE EXCEPTION ''no''; END'; "
           "CREATE CONSTRAINT TRIGGER test_fail AFTER UPDATE ON overt.request "
           "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION overt.test_fail()");
    expect(post(ada, "/v1/deployments", KEY "11", DEPLOYMENT("once-h")), 500, "server.internal");
    assert_int_equal(bed_watchlist_keys(), keys);
    assert_int_equal(
        pg_value(bed.pg, "owner", "SELECT count(*) FROM overt.deployment WHERE name = 'once-h'"),
        0);
    pg_sql(bed.pg, "admin", "DROP FUNCTION overt.test_fail() CASCADE");
    struct answer answer =
        expect_kept(post(ada, "/v1/deployments", KEY "11", DEPLOYMENT("once-h")), 201, NULL);
    assert_false(is_repeated(&answer));
    answer_done(&answer);
    client_apply(ada, "once-h"); /* a draft has no key yet */
    assert_int_equal(bed_watchlist_keys(), keys + 1);
}

static void test_the_database_keeps_answers_as_they_are_for_a_day(void **state)
{
    (void)state;
    struct ov_error err = OV_ERROR_INIT;
    struct service service = {.store = bed.store, .vault = bed.vault, .clock = ov_clock_system()};
    pg_refuses(bed.pg, "server", "request_fixed", "UPDATE overt.request SET answer = 'x'");
    pg_refuses(bed.pg, "server", "request_fixed", "UPDATE overt.request SET status = 200");
    pg_refuses(bed.pg, "server", PG_DENIED, "UPDATE overt.request SET route = 'x'");
    pg_refuses(bed.pg, "server", PG_DENIED,
               "UPDATE overt.request SET at = now() - interval '2 days'");
    pg_refuses(bed.pg, "server", PG_DENIED, "DELETE FROM overt.request");
    pg_refuses(bed.pg, "server", "request_unanswered",
               "INSERT INTO overt.request (principal_id, key_digest, route, digest) "
               "SELECT id, sha256('a'), 'POST /', sha256('b') FROM overt.principal LIMIT 1");
    int64_t all = pg_value(bed.pg, "owner", "SELECT count(*) FROM overt.request");
    assert_int_equal(service_requests_prune(&service, &err), OV_OK);
    assert_int_equal(pg_value(bed.pg, "owner", "SELECT count(*) FROM overt.request"), all);
    pg_sql(bed.pg, "admin",
           "BEGIN; SET LOCAL session_replication_role = replica; UPDATE overt.request SET at = "
           "at - interval '25 hours' WHERE encode(answer, 'escape') LIKE '%once-a%'; COMMIT");
    assert_int_equal(service_requests_prune(&service, &err), OV_OK);
    assert_int_equal(pg_value(bed.pg, "owner", "SELECT count(*) FROM overt.request"), all - 1);
    expect(post(ada, "/v1/sites", KEY "01", "{\"name\":\"once-a\"}"), 409, "site.exists");
}

int run_repeat_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_key_gets_the_same_answer_and_nothing_is_done_twice),
        cmocka_unit_test(test_a_key_is_for_one_request_of_one_person),
        cmocka_unit_test(test_what_was_refused_leaves_its_key_free),
        cmocka_unit_test(test_a_key_has_its_form_and_its_place),
        cmocka_unit_test(test_a_photograph_is_added_once),
        cmocka_unit_test(test_of_requests_at_the_same_time_one_acts_and_all_get_its_answer),
        cmocka_unit_test(test_one_that_takes_too_long_is_said_to_be_under_way),
        cmocka_unit_test(test_an_act_that_does_not_commit_leaves_no_answer_and_no_key),
        cmocka_unit_test(test_the_database_keeps_answers_as_they_are_for_a_day),
    };
    return cmocka_run_group_tests_name("repeat", tests, setup, teardown);
}

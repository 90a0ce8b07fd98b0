/* Reading alerts, and waiting for them. */
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

#include "server/store/alerts.h"
#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"

#define ALERTS "/v1/deployments/watch/alerts"

static struct client *ada;
static struct client *ben;
static struct ov_id deployment_id;
static struct ov_id entry_id;
static struct site north;

static void must(enum ov_status status, const struct ov_error *err)
{
    if (status != OV_OK)
        fail_msg("%s: %s (%s)", ov_status_name(status), err->code, err->text);
}

/* A live deployment with one approved entry. */
static int setup(void **state)
{
    (void)state;
    struct ov_error err = OV_ERROR_INIT;
    ada = client_new("person-ada");
    ben = client_new("person-ben");
    struct answer answer =
        client_post(ada, "/v1/deployments",
                    "{\"name\":\"watch\",\"purpose\":\"p\",\"kind\":\"exercise\","
                    "\"sites\":[\"north\"],\"threshold\":0.5}");
    answer = expect_kept(answer, 201, NULL);
    assert_int_equal(ov_id_parse(answer_text(&answer, "id"), &deployment_id), OV_OK);
    answer_done(&answer);
    client_apply(ada, "watch");
    answer = client_add(ada, "watch",
                        "{\"category\":\"wanted_by_court\",\"response\":\"arrest\",\"name\":"
                        "\"Zebedee Quill\",\"reference\":\"REF-77\"}",
                        bed.portraits[0].data, bed.portraits[0].size);
    answer = expect_kept(answer, 201, NULL);
    assert_int_equal(ov_id_parse(answer_text(&answer, "id"), &entry_id), OV_OK);
    answer_done(&answer);
    assert_int_equal(client_approve_all(ben, "watch"), 1);
    client_review(ben, "watch");
    bed_attend("watch");
    client_authorise(ben, "watch");
    expect(client_post(ben, "/v1/deployments/watch/start", "{}"), 200, NULL);
    must(store_site_by_name(bed.store, "north", &north, &err), &err);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    expect(client_post(ben, "/v1/deployments/watch/stop", "{}"), 200, NULL);
    client_free(ada);
    client_free(ben);
    return 0;
}

static struct ov_secret seal(const struct vault_key *key, const char *column,
                             const struct ov_id *row, const char *text)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_secret sealed = OV_SECRET_INIT;
    must(vault_seal(key, column, row, text, strlen(text), &sealed, &err), &err);
    return sealed;
}

/* An alert as the alert path stores it, sealed with a key of its own. */
static struct ov_id raise_alert(struct store *store, uint64_t sequence)
{
    struct ov_error err = OV_ERROR_INIT;
    int64_t now_us = ov_clock_utc_us(ov_clock_system());
    struct alert_row row = {.id = ov_id_new(),
                            .deployment_id = deployment_id,
                            .entry_id = entry_id,
                            .site_id = north.id,
                            .run_id = ov_id_new(),
                            .sequence = sequence,
                            .camera = "gate-1",
                            .track = 1,
                            .captured_at_us = now_us,
                            .received_at_us = now_us,
                            .raised_at_us = now_us,
                            .score = 0.625f,
                            .threshold = 0.5f,
                            .category = "wanted_by_court",
                            .response = "arrest"};
    struct vault_key *key = NULL;
    must(vault_key_create(bed.vault, VAULT_ALERT, &row.id, &key, &err), &err);
    struct ov_secret name = seal(key, "alert.name", &row.id, "Zebedee Quill");
    struct ov_secret reference = seal(key, "alert.reference", &row.id, "REF-77");
    vault_key_free(key);
    row.sealed_name = (struct store_bytes){name.data, name.size};
    row.sealed_reference = (struct store_bytes){reference.data, reference.size};
    must(store_begin(store, &err), &err);
    must(store_alert_insert(store, &row, &err), &err);
    pg_seed_event(store);
    must(store_commit(store, &err), &err);
    ov_secret_free(&name);
    ov_secret_free(&reference);
    return row.id;
}

static void test_nothing_yet_is_an_empty_page_at_once(void **state)
{
    (void)state;
    int64_t viewed = bed_events("alert.viewed");
    struct answer answer = expect_kept(client_get(ben, ALERTS), 200, NULL);
    assert_int_equal(json_array_size(json_object_get(answer.json, "alerts")), 0);
    assert_int_equal(answer_int(&answer, "next"), 0);
    answer_done(&answer);
    assert_int_equal(bed_events("alert.viewed"), viewed);
}

static void test_alerts_come_in_feed_order_with_names_and_are_recorded_as_viewed(void **state)
{
    (void)state;
    (void)raise_alert(bed.store, 1);
    (void)raise_alert(bed.store, 2);
    int64_t viewed = bed_events("alert.viewed");
    struct answer answer = expect_kept(client_get(ben, ALERTS "?limit=1"), 200, NULL);
    assert_int_equal(json_array_size(json_object_get(answer.json, "alerts")), 1);
    assert_int_equal(answer_int(&answer, "alerts.0.feed"), 1);
    assert_int_equal(answer_int(&answer, "next"), 1);
    assert_string_equal(answer_text(&answer, "alerts.0.name"), "Zebedee Quill");
    assert_string_equal(answer_text(&answer, "alerts.0.reference"), "REF-77");
    assert_string_equal(answer_text(&answer, "alerts.0.site"), "north");
    assert_string_equal(answer_text(&answer, "alerts.0.camera"), "gate-1");
    assert_string_equal(answer_text(&answer, "alerts.0.crop.state"), "awaited");
    assert_true(json_real_value(json_object_get(
                    json_array_get(json_object_get(answer.json, "alerts"), 0), "score")) == 0.625);
    answer_done(&answer);
    answer = expect_kept(client_get(ben, ALERTS "?after=1"), 200, NULL);
    assert_int_equal(answer_int(&answer, "alerts.0.feed"), 2);
    assert_int_equal(answer_int(&answer, "next"), 2);
    answer_done(&answer);
    assert_int_equal(bed_events("alert.viewed"), viewed + 2);
    char event[2048];
    bed_last_event("alert.viewed", event, sizeof(event));
    assert_non_null(strstr(event, "\"last_feed\":2"));
    assert_null(strstr(event, "Quill"));
}

static void test_an_alert_whose_key_is_destroyed_shows_no_name(void **state)
{
    (void)state;
    struct ov_error err = OV_ERROR_INIT;
    struct ov_id id = raise_alert(bed.store, 3);
    must(vault_key_destroy(bed.vault, VAULT_ALERT, &id, &err), &err);
    struct answer answer = expect_kept(client_get(ben, ALERTS "?after=2"), 200, NULL);
    assert_string_equal(answer_text(&answer, "alerts.0.category"), "wanted_by_court");
    assert_true(json_is_null(
        json_object_get(json_array_get(json_object_get(answer.json, "alerts"), 0), "name")));
    answer_done(&answer);
}

static void test_parameters_are_checked(void **state)
{
    (void)state;
    expect(client_get(ben, ALERTS "?wait_s=31"), 400, "request.parameter");
    expect(client_get(ben, ALERTS "?after=-1"), 400, "request.parameter");
    expect(client_get(ben, ALERTS "?limit=0"), 400, "request.parameter");
    expect(client_get(ben, ALERTS "?since=0"), 400, "request.unknown_parameter");
}

static void *raise_later(void *ctx)
{
    struct ov_error err = OV_ERROR_INIT;
    struct store *store = NULL;
    if (store_open(pg_conninfo(bed.pg, "server"), &store, &err) != OV_OK)
        return NULL;
    (void)usleep(700 * 1000);
    (void)raise_alert(store, 4);
    api_wake(bed.api);
    store_close(store);
    return ctx;
}

static int64_t ms_since(int64_t start_us)
{
    return (ov_clock_mono_us(ov_clock_system()) - start_us) / 1000;
}

static void test_a_waiting_request_is_answered_when_an_alert_comes(void **state)
{
    (void)state;
    pthread_t thread;
    int64_t start_us = ov_clock_mono_us(ov_clock_system());
    assert_int_equal(pthread_create(&thread, NULL, raise_later, NULL), 0);
    struct answer answer = expect_kept(client_get(ben, ALERTS "?after=3&wait_s=20"), 200, NULL);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(answer_int(&answer, "alerts.0.feed"), 4);
    answer_done(&answer);
    assert_true(ms_since(start_us) >= 600);
    assert_true(ms_since(start_us) < 15000);
}

static void test_a_waiting_request_ends_with_its_time(void **state)
{
    (void)state;
    int64_t start_us = ov_clock_mono_us(ov_clock_system());
    struct answer answer = expect_kept(client_get(ben, ALERTS "?after=4&wait_s=1"), 200, NULL);
    assert_int_equal(json_array_size(json_object_get(answer.json, "alerts")), 0);
    assert_int_equal(answer_int(&answer, "next"), 4);
    answer_done(&answer);
    assert_true(ms_since(start_us) >= 1000);
}

static void *wait_long(void *ctx)
{
    struct client *client = client_new("person-adam");
    struct answer answer = client_get(client, ALERTS "?after=4&wait_s=30");
    long status = answer.status;
    answer_done(&answer);
    client_free(client);
    return status == 200 ? ctx : NULL;
}

static void test_waiting_requests_hold_no_worker(void **state)
{
    enum { WAITERS = 6 }; /* three times the workers */
    pthread_t threads[WAITERS];
    for (int i = 0; i < WAITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, wait_long, state), 0);
    (void)usleep(1500 * 1000);
    int64_t start_us = ov_clock_mono_us(ov_clock_system());
    expect(client_get(ada, "/v1/sites"), 200, NULL);
    assert_true(ms_since(start_us) < 20000); /* less than they wait */
    (void)raise_alert(bed.store, 5);         /* lets them go */
    api_wake(bed.api);
    for (int i = 0; i < WAITERS; i++) {
        void *fine = NULL;
        assert_int_equal(pthread_join(threads[i], &fine), 0);
        assert_non_null(fine);
    }
}

int run_alerts_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_yet_is_an_empty_page_at_once),
        cmocka_unit_test(test_alerts_come_in_feed_order_with_names_and_are_recorded_as_viewed),
        cmocka_unit_test(test_an_alert_whose_key_is_destroyed_shows_no_name),
        cmocka_unit_test(test_parameters_are_checked),
        cmocka_unit_test(test_a_waiting_request_is_answered_when_an_alert_comes),
        cmocka_unit_test(test_a_waiting_request_ends_with_its_time),
        cmocka_unit_test(test_waiting_requests_hold_no_worker),
    };
    return cmocka_run_group_tests_name("alerts", tests, setup, teardown);
}

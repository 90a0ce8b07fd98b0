/* Opening, rounds, look-alikes, images that wait, the blue list, expiry and reviews, over the API.
 */
#include "tests/integration/api/tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "server/service/approval.h"
#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"

#define LIST "/v1/deployments/approvals/watchlist"
#define PLAIN "\"category\":\"missing_at_risk\",\"response\":\"safeguarding\""
#define WHO(name, reference) "\"name\":\"" name "\",\"reference\":\"" reference "\""
#define CONSENT "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00"

static struct client *ada;
static struct client *ben;
static struct client *hana;

static int setup(void **state)
{
    (void)state;
    ada = client_new("person-ada");
    ben = client_new("person-ben");
    hana = client_new("person-hana");
    expect(client_post(ada, "/v1/sites", "{\"name\":\"approve-site\"}"), 201, NULL);
    expect(client_post(ada, "/v1/deployments",
                       "{\"name\":\"approvals\",\"purpose\":\"p\",\"kind\":\"exercise\","
                       "\"sites\":[\"approve-site\"]}"),
           201, NULL);
    client_apply(ada, "approvals");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    expect(client_post(ada, "/v1/deployments/approvals/stop", "{}"), 200, NULL);
    client_free(ada);
    client_free(ben);
    client_free(hana);
    return 0;
}

static struct answer add(struct client *client, const char *entry, int portrait)
{
    const struct ov_secret *jpeg = &bed.portraits[portrait];
    return client_add(client, "approvals", entry, jpeg->data, jpeg->size);
}

static void entry_path(char *out, size_t size, const char *entry, const char *what)
{
    (void)snprintf(out, size, LIST "/%s/%s", entry, what);
}

static void keep_id(struct answer answer, char id[64])
{
    answer = expect_kept(answer, 201, NULL);
    (void)snprintf(id, 64, "%s", answer_text(&answer, "id"));
    answer_done(&answer);
}

static void test_fields_are_refused_by_their_name(void **state)
{
    (void)state;
    static const struct {
        const char *entry, *code, *field;
        long status;
    } cases[] = {
        {"{\"v\":2," PLAIN "," WHO("n", "r") "}", "request.version", NULL, 400},
        {"{" PLAIN "," WHO("n", "r") ",\"expiry\":\"2020-01-01\"}", "watchlist.expiry", "expiry",
         422},
        {"{" PLAIN "," WHO("n", "r") ",\"birth_date\":\"1990\"}", "watchlist.birth_date",
         "birth_date", 422},
        {"{" PLAIN "," WHO("n", "r") ",\"priority\":1}", "request.wrong_type", "priority", 400},
        {"{" PLAIN "," WHO("n", "r") ",\"override\":\"i_say_so\"}", "watchlist.override",
         "override", 422},
        {"{\"category\":\"blue_list\",\"response\":\"none\"," WHO("n", "r") "}",
         "watchlist.consent_digest", "consent_digest", 422},
        {"{\"category\":\"blue_list\",\"response\":\"arrest\"," WHO("n", "r") "}",
         "watchlist.response", "response", 422},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct answer answer =
            expect_kept(add(ada, cases[i].entry, 0), cases[i].status, cases[i].code);
        if (cases[i].field != NULL)
            assert_string_equal(answer_text(&answer, "error.field"), cases[i].field);
        answer_done(&answer);
    }
}

static void test_one_reference_takes_one_persons_images(void **state)
{
    (void)state;
    char id[64];
    char path[256];
    char image[64] = "";
    const json_t *picture = NULL;
    size_t i = 0;
    keep_id(add(ada, "{" PLAIN "," WHO("Una Quill", "A-1") "}", 0), id);
    expect(add(ada, "{" PLAIN "," WHO("Una Quill", "A-1") "}", 1), 409, "watchlist.images_differ");
    struct answer answer = expect_kept(
        add(ada, "{" PLAIN "," WHO("Una Quill", "A-1") ",\"override\":\"years_between\"}", 1), 201,
        NULL);
    assert_true(json_is_true(json_object_get(answer.json, "image_pending")));
    answer_done(&answer);
    entry_path(path, sizeof(path), id, "open");
    answer = expect_kept(client_post(ben, path, "{}"), 200, NULL);
    assert_string_equal(answer_text(&answer, "entry.name"), "Una Quill");
    assert_string_equal(answer_text(&answer, "entry.flags.0"), "override");
    json_array_foreach(json_object_get(answer.json, "pictures"), i, picture)
    {
        const char *state_text = json_string_value(json_object_get(picture, "state"));
        assert_non_null(json_string_value(json_object_get(picture, "jpeg")));
        if (strcmp(state_text, "pending") == 0)
            (void)snprintf(image, sizeof(image), "%s",
                           json_string_value(json_object_get(picture, "id")));
    }
    assert_int_equal(i, 2);
    answer_done(&answer);
    char json[96];
    (void)snprintf(json, sizeof(json), "{\"entry\":\"%s\"}", id);
    client_open(ben, "approvals", id);
    expect(client_post(ben, LIST "/approve", json), 409, "entry.images_open");
    (void)snprintf(path, sizeof(path), LIST "/%s/images/%s", id, image);
    expect(client_post(ada, path, "{\"decision\":\"accept\"}"), 403, "image.same_person");
    expect(client_post(ben, path, "{\"decision\":\"perhaps\"}"), 422, "image.decision");
    expect(client_post(ben, path, "{\"decision\":\"reject\"}"), 200, NULL);
    expect(client_post(ben, path, "{\"decision\":\"accept\"}"), 409, "image.not_pending");
    (void)snprintf(path, sizeof(path), LIST "/%s/images/6ba7b810-9dad-41d1-80b4-00c04fd430c8", id);
    expect(client_post(ben, path, "{\"decision\":\"accept\"}"), 404, "image.unknown");
    expect(client_post(ben, LIST "/approve", json), 200, NULL);
    assert_true(bed_events("entry.image_rejected") >= 1);
    assert_true(bed_events("entry.opened") >= 2);
}

/* By a watchlist manager; an applicant who is nothing else may not. */
static void test_a_poor_image_takes_a_recorded_reason(void **state)
{
    (void)state;
    const struct ov_secret *jpeg = &bed.tiny_portrait;
    char event[4096];
    char id[64];
    char path[256];
    expect(client_add(ada, "approvals", "{" PLAIN "," WHO("Poor Quill", "A-9") "}", jpeg->data,
                      jpeg->size),
           422, "watchlist.quality");
    keep_id(client_add(ada, "approvals",
                       "{" PLAIN "," WHO("Poor Quill", "A-9") ",\"override\":\"no_better_image\"}",
                       jpeg->data, jpeg->size),
            id);
    bed_last_event("entry.proposed", event, sizeof(event));
    assert_non_null(strstr(event, "\"override\":\"no_better_image\""));
    (void)snprintf(path, sizeof(path), LIST "/%s", id);
    struct answer gone = client_delete(ada, path);
    assert_int_equal(gone.status, 204);
    answer_done(&gone);
}

static void test_look_alikes_are_flagged_before_approval(void **state)
{
    (void)state;
    char one[64];
    char other[64];
    char path[256];
    keep_id(add(ada, "{" PLAIN "," WHO("Tia Quill", "A-2") "}", 2), one);
    keep_id(add(ada, "{" PLAIN "," WHO("Mia Quill", "A-3") "}", 2), other);
    expect(client_post(ben, LIST "/rounds", "{}"), 409, "watchlist.not_compared");
    expect(client_post(hana, LIST "/rounds", "{}"), 403, "permission.denied");
    client_open(ben, "approvals", one);
    entry_path(path, sizeof(path), one, "open");
    struct answer answer = expect_kept(client_post(ben, path, "{}"), 200, NULL);
    assert_string_equal(answer_text(&answer, "look_alikes.0.entry"), other);
    answer_done(&answer);
    answer = expect_kept(client_post(ben, LIST "/rounds", "{}"), 201, NULL);
    assert_int_equal(answer_int(&answer, "flagged"), 2);
    assert_int_equal(answer_int(&answer, "opened"), 1);
    char round[160];
    (void)snprintf(round, sizeof(round), LIST "/rounds/%s", answer_text(&answer, "id"));
    answer_done(&answer);
    expect(client_get(ada, round), 403, "round.other_person");
    expect(client_get(ben, LIST "/rounds/6ba7b810-9dad-41d1-80b4-00c04fd430c8"), 404,
           "round.unknown");
    answer = expect_kept(client_get(ben, round), 200, NULL);
    assert_string_equal(answer_text(&answer, "to_open.0"), other);
    answer_done(&answer);
    (void)snprintf(path, sizeof(path), "%s/approve", round);
    expect(client_post(ben, path, "{}"), 409, "round.not_opened");
    client_open(ben, "approvals", other);
    answer = expect_kept(client_post(ben, path, "{}"), 200, NULL);
    assert_int_equal(answer_int(&answer, "approved"), 2);
    answer_done(&answer);
    char event[2048];
    bed_last_event("watchlist.round_approved", event, sizeof(event));
    assert_non_null(strstr(event, "\"flagged\":2,\"opened\":2,\"sampled\":0"));
}

static void test_those_under_18_and_only_those_are_the_higher_authoritys(void **state)
{
    (void)state;
    char young[64];
    char json[96];
    keep_id(add(ada, "{" PLAIN "," WHO("Kid Quill", "A-4") ",\"birth_date\":\"2015-05-05\"}", 1),
            young);
    (void)snprintf(json, sizeof(json), "{\"entry\":\"%s\"}", young);
    client_open(ben, "approvals", young);
    expect(client_post(ben, LIST "/approve", json), 403, "entry.under_18");
    assert_int_equal(client_approve_all(ben, "approvals"), 0); /* a round leaves them out */
    client_open(hana, "approvals", young);
    expect(client_post(hana, LIST "/approve", json), 200, NULL);
    char event[2048];
    bed_last_event("entry.proposed", event, sizeof(event));
    assert_non_null(strstr(event, "\"under_age\":1"));
    assert_null(strstr(event, "2015"));
}

static void test_volunteers_are_counted_apart(void **state)
{
    (void)state;
    struct answer answer = expect_kept(client_get(ada, "/v1/deployments/approvals"), 200, NULL);
    json_int_t before = answer_int(&answer, "watchlist.approved");
    answer_done(&answer);
    expect(add(ada,
               "{\"category\":\"blue_list\",\"response\":\"none\"," WHO(
                   "Vi Quill", "A-5") ",\"consent_digest\":\"" CONSENT "\"}",
               1),
           201, NULL);
    assert_int_equal(client_approve_all(ben, "approvals"), 1);
    answer = expect_kept(client_get(ada, "/v1/deployments/approvals"), 200, NULL);
    assert_int_equal(answer_int(&answer, "watchlist.approved"), before);
    assert_int_equal(answer_int(&answer, "watchlist.blue_list"), 1);
    answer_done(&answer);
}

static void test_a_review_is_of_the_list_as_it_was_shown(void **state)
{
    (void)state;
    char id[64];
    char path[256];
    char json[96];
    struct answer answer = expect_kept(client_get(ben, LIST "/review"), 200, NULL);
    assert_int_equal(answer_int(&answer, "approved"), 4);
    assert_int_equal(answer_int(&answer, "blue_list"), 1);
    assert_int_equal(answer_int(&answer, "added"), 5);
    assert_int_equal(json_array_size(json_object_get(answer.json, "changes")), 5);
    (void)snprintf(id, sizeof(id), "%s", answer_text(&answer, "changes.0.id"));
    (void)snprintf(json, sizeof(json), "{\"list_version\":%lld}",
                   (long long)answer_int(&answer, "list_version"));
    answer_done(&answer);
    (void)snprintf(path, sizeof(path), LIST "/%s", id);
    struct answer gone = client_delete(ben, path);
    assert_int_equal(gone.status, 204);
    answer_done(&gone);
    expect(client_post(ben, LIST "/review", json), 409, "review.stale");
    client_review(ben, "approvals");
    answer = expect_kept(client_get(ben, LIST "/review"), 200, NULL);
    assert_int_equal(answer_int(&answer, "added"), 0);
    assert_int_equal(answer_int(&answer, "removed"), 0);
    answer_done(&answer);
}

#define AGAIN "/v1/deployments/approvals-again/watchlist"

static void add_and_approve(const char *entry, int portrait)
{
    const struct ov_secret *jpeg = &bed.portraits[portrait];
    char id[64];
    char json[96];
    keep_id(client_add(ada, "approvals-again", entry, jpeg->data, jpeg->size), id);
    client_open(ben, "approvals-again", id);
    (void)snprintf(json, sizeof(json), "{\"entry\":\"%s\"}", id);
    expect(client_post(ben, AGAIN "/approve", json), 200, NULL);
}

/* Against a list that is still there. */
static void test_who_was_on_another_list_is_marked_and_whether_with_the_same_picture(void **state)
{
    (void)state;
    expect(client_post(ada, "/v1/deployments",
                       "{\"name\":\"approvals-again\",\"purpose\":\"p\",\"kind\":"
                       "\"exercise\",\"sites\":[\"approve-site\"]}"),
           201, NULL);
    client_apply(ada, "approvals-again");
    add_and_approve("{" PLAIN "," WHO("Somebody Else", "RR-9") "}", 0); /* A-1's picture */
    add_and_approve("{" PLAIN "," WHO("Tia Quill", "A-2") "}", 2);
    struct answer answer = expect_kept(client_get(ben, AGAIN "/review"), 200, NULL);
    assert_int_equal(answer_int(&answer, "added"), 2);
    assert_int_equal(answer_int(&answer, "relisted"), 1);
    assert_int_equal(answer_int(&answer, "relisted_same_images"), 1);
    assert_int_equal(answer_int(&answer, "relisted_new_images"), 0);
    assert_int_equal(answer_int(&answer, "relisted_images_unknown"), 0);
    /* A-2's picture was on that list under A-3 as well. */
    assert_int_equal(answer_int(&answer, "other_reference"), 2);
    assert_true(answer_int(&answer, "lists_compared") >= 1);
    assert_int_equal(answer_int(&answer, "not_shown"), 0);
    assert_int_equal(json_array_size(json_object_get(answer.json, "changes")), 2);
    answer_done(&answer);
    char event[2048];
    client_review(ben, "approvals-again");
    bed_last_event("watchlist.reviewed", event, sizeof(event));
    assert_non_null(strstr(event, "\"other_reference\":2"));
    assert_non_null(strstr(event, "\"relisted\":1"));
    assert_non_null(strstr(event, "\"relisted_same_images\":1"));
    expect(client_post(ada, "/v1/deployments/approvals-again/stop", "{}"), 200, NULL);
}

/* Proposed by ada; ret_id is what the server calls it. */
static void add_until(const char *name, int portrait, int64_t expires_at_us,
                      char ret_id[OV_ID_TEXT_SIZE])
{
    char entry[512];
    char until[OV_TIME_TEXT_SIZE];
    (void)snprintf(entry, sizeof(entry),
                   "{" PLAIN ",\"name\":\"%s\",\"reference\":\"%s\",\"expiry\":\"%s\"}", name, name,
                   ov_time_format(expires_at_us, until));
    struct answer answer = expect_kept(add(ada, entry, portrait), 201, NULL);
    (void)snprintf(ret_id, OV_ID_TEXT_SIZE, "%s", answer_text(&answer, "id"));
    answer_done(&answer);
}

/* The keeper's task, by a clock of its own: entries whose time comes are gone within its second,
 * also when another's cannot be marked. */
static void test_what_expires_is_marked_whatever_becomes_of_the_others(void **state)
{
    (void)state;
    struct ov_error err = OV_ERROR_INIT;
    struct service service = {.store = bed.store, .vault = bed.vault, .clock = ov_clock_system()};
    char id[OV_ID_TEXT_SIZE];
    char stuck[OV_ID_TEXT_SIZE];
    const struct timespec nap = {0, 50000000};
    int64_t soon_us = ov_clock_utc_us(ov_clock_system()) + 5 * OV_US_PER_S;
    add_until("Eve Quill", 0, soon_us - OV_US_PER_S, stuck);
    add_until("Ned Foss", 1, soon_us, id);
    pg_stick(bed.pg, "watchlist.entry", stuck);
    assert_true(service_watchlist_expire(&service, &err) == OV_OK);
    int64_t expired = bed_events("entry.expired");
    while (ov_clock_utc_us(ov_clock_system()) < soon_us)
        (void)nanosleep(&nap, NULL);
    assert_true(service_watchlist_expire(&service, &err) != OV_OK);
    assert_int_equal(bed_events("entry.expired"), expired + 1);
    pg_unstick(bed.pg);
    ov_error_clear(&err);
    assert_true(service_watchlist_expire(&service, &err) == OV_OK);
    assert_int_equal(bed_events("entry.expired"), expired + 2);
    struct answer answer = expect_kept(client_get(ada, "/v1/deployments/approvals"), 200, NULL);
    assert_int_equal(answer_int(&answer, "watchlist.expired"), 2);
    answer_done(&answer);
}

int run_approval_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_refused_by_their_name),
        cmocka_unit_test(test_one_reference_takes_one_persons_images),
        cmocka_unit_test(test_a_poor_image_takes_a_recorded_reason),
        cmocka_unit_test(test_look_alikes_are_flagged_before_approval),
        cmocka_unit_test(test_those_under_18_and_only_those_are_the_higher_authoritys),
        cmocka_unit_test(test_volunteers_are_counted_apart),
        cmocka_unit_test(test_a_review_is_of_the_list_as_it_was_shown),
        cmocka_unit_test(test_who_was_on_another_list_is_marked_and_whether_with_the_same_picture),
        cmocka_unit_test(test_what_expires_is_marked_whatever_becomes_of_the_others),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

/* Proposing, approving, reading and withdrawing entries; a whole deployment from start to stop. */
#include "tests/integration/api/tests.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/face/face.h"
#include "server/service/deployments.h"
#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"

#define LIST "/v1/deployments/list/watchlist"
#define LIST_VERSION "SELECT gallery_version FROM overt.deployment WHERE name = 'list'"
#define ENTRY(reference)                                                                           \
    "{\"category\":\"missing_at_risk\",\"response\":\"safeguarding\",\"name\":\"Zebedee "          \
    "Quill\",\"reference\":\"" reference "\"}"

static struct client *ada;
static struct client *ben;

static void apply(const char *name, const char *sites)
{
    char json[512];
    (void)snprintf(json, sizeof(json),
                   "{\"name\":\"%s\",\"purpose\":\"p\",\"kind\":\"exercise\",\"sites\":[%s]}", name,
                   sites);
    expect(client_post(ada, "/v1/deployments", json), 201, NULL);
    client_apply(ada, name);
}

static int setup(void **state)
{
    (void)state;
    ada = client_new("person-ada");
    ben = client_new("person-ben");
    apply("list", "\"north\"");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_free(ada);
    client_free(ben);
    return 0;
}

static struct answer add(struct client *client, const char *entry, const struct ov_secret *jpeg)
{
    return client_add(client, "list", entry, jpeg->data, jpeg->size);
}

/* The same picture in other bytes: with a comment of its own after the start of image. */
static struct answer add_copy(struct client *client, const char *entry,
                              const struct ov_secret *jpeg, unsigned char number)
{
    struct ov_secret copy = OV_SECRET_INIT;
    const unsigned char comment[] = {0xff, 0xfe, 0x00, 0x03, number};
    assert_int_equal(ov_secret_new(&copy, jpeg->size + sizeof(comment)), OV_OK);
    memcpy(copy.data, jpeg->data, 2);
    memcpy(copy.data + 2, comment, sizeof(comment));
    memcpy(copy.data + 2 + sizeof(comment), jpeg->data + 2, jpeg->size - 2);
    struct answer answer = add(client, entry, &copy);
    ov_secret_free(&copy);
    return answer;
}

static void refuse_image(const void *jpeg, size_t size, const char *code)
{
    int64_t events = bed_events("entry.proposed");
    expect(client_add(ada, "list", ENTRY("REF-X"), jpeg, size), 422, code);
    assert_int_equal(bed_events("entry.proposed"), events);
}

static void test_photographs_that_will_not_do_are_refused_with_a_reason(void **state)
{
    (void)state;
    const struct ov_secret *good = &bed.portraits[0];
    refuse_image("not a photograph", 16, "image.not_jpeg");
    refuse_image(good->data, good->size / 2, "image.damaged");
    refuse_image(good->data, 20, "image.damaged");

    /* A header that claims 50,000 x 50,000 pixels: the sides in the first start-of-frame. */
    unsigned char *huge = malloc(good->size);
    bool patched = false;
    memcpy(huge, good->data, good->size);
    for (size_t i = 2; i + 9 < good->size && !patched; i++) {
        if (huge[i] == 0xff && (huge[i + 1] == 0xc0 || huge[i + 1] == 0xc2)) {
            huge[i + 5] = huge[i + 7] = 50000 >> 8;
            huge[i + 6] = huge[i + 8] = 50000 & 0xff;
            patched = true;
        }
    }
    assert_true(patched);
    refuse_image(huge, good->size, "image.too_large");
    free(huge);

    struct ov_image grey = OV_IMAGE_INIT;
    struct ov_secret jpeg = OV_SECRET_INIT;
    assert_int_equal(ov_image_new(&grey, 400, 300), OV_OK);
    memset(grey.pixels.data, 0x80, grey.pixels.size);
    assert_int_equal(ov_jpeg_encode(&jpeg, &grey, 90, NULL), OV_OK);
    refuse_image(jpeg.data, jpeg.size, "watchlist.no_face");
    ov_secret_free(&jpeg);
    ov_image_free(&grey);

    struct answer answer = add(ada, ENTRY("REF-X"), &bed.group);
    answer = expect_kept(answer, 422, "watchlist.several_faces");
    assert_true(strtol(answer_text(&answer, "error.text"), NULL, 10) >= 2);
    answer_done(&answer);
    answer = expect_kept(add(ada, ENTRY("REF-X"), &bed.tiny_portrait), 422, "watchlist.quality");
    assert_non_null(strstr(answer_text(&answer, "error.text"), "px"));
    answer_done(&answer);
}

static void test_the_description_comes_in_one_strict_header(void **state)
{
    (void)state;
    static const struct {
        const char *entry, *code;
        long status;
    } cases[] = {
        {"{}", "request.missing_member", 400},
        {"[", "request.malformed", 400},
        {"{\"category\":\"protest\",\"response\":\"arrest\",\"name\":\"n\",\"reference\":\"r\"}",
         "watchlist.category", 422},
        {"{\"category\":\"missing_at_risk\",\"response\":\"none\",\"name\":\"n\","
         "\"reference\":\"r\"}",
         "watchlist.response", 422},
        {"{\"category\":\"missing_at_risk\",\"response\":\"arrest\",\"name\":\"a\\nb\","
         "\"reference\":\"r\"}",
         "watchlist.name", 422},
        {"{\"category\":\"missing_at_risk\",\"response\":\"arrest\",\"name\":\"n\","
         "\"reference\":\"\"}",
         "watchlist.reference", 422},
        {"{\"category\":\"missing_at_risk\",\"response\":\"arrest\",\"name\":\"n\","
         "\"reference\":\"r\",\"overridden\":true}",
         "request.unknown_member", 400},
    };
    const struct ov_secret *good = &bed.portraits[0];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect(add(ada, cases[i].entry, good), cases[i].status, cases[i].code);
    static const char *const none[] = {"Content-Type: image/jpeg", NULL};
    static const char *const padded[] = {"Content-Type: image/jpeg", "Overt-Entry: e30=", NULL};
    static const char *const twice[] = {"Content-Type: image/jpeg", "Overt-Entry: e30",
                                        "Overt-Entry: e30", NULL};
    expect(client_send(ada, "POST", LIST, none, "x", 1), 400, "request.entry_header");
    expect(client_send(ada, "POST", LIST, padded, "x", 1), 400, "request.entry_header");
    expect(client_send(ada, "POST", LIST, twice, "x", 1), 400, "request.entry_header");
    expect(client_add(ada, "list", ENTRY("REF-X"), "", 0), 422, "watchlist.image");
}

static void test_an_entry_takes_images_from_its_adder_until_it_is_approved(void **state)
{
    (void)state;
    char id[64];
    int64_t proposed = bed_events("entry.proposed");
    struct answer answer = expect_kept(add(ada, ENTRY("REF-0001"), &bed.portraits[0]), 201, NULL);
    assert_string_equal(answer_text(&answer, "state"), "proposed");
    assert_int_equal(answer_int(&answer, "images"), 1);
    (void)snprintf(id, sizeof(id), "%s", answer_text(&answer, "id"));
    answer_done(&answer);
    answer = expect_kept(add_copy(ada, ENTRY("REF-0001"), &bed.portraits[0], 2), 201, NULL);
    assert_string_equal(answer_text(&answer, "id"), id);
    assert_int_equal(answer_int(&answer, "images"), 2);
    answer_done(&answer);
    assert_int_equal(bed_events("entry.proposed"), proposed + 1);
    expect(add(ben, ENTRY("REF-0001"), &bed.portraits[0]), 403, "watchlist.other_adder");
    expect(add(ada,
               "{\"category\":\"missing_at_risk\",\"response\":\"safeguarding\",\"name\":\"Other\","
               "\"reference\":\"REF-0001\"}",
               &bed.portraits[0]),
           409, "watchlist.differs");
    expect(add(ada,
               "{\"category\":\"missing_at_risk\",\"response\":\"arrest\",\"name\":\"Zebedee "
               "Quill\",\"reference\":\"REF-0001\"}",
               &bed.portraits[0]),
           409, "watchlist.differs");
    for (int images = 3; images <= 5; images++)
        expect(add_copy(ada, ENTRY("REF-0001"), &bed.portraits[0], (unsigned char)images), 201,
               NULL);
    expect(add_copy(ada, ENTRY("REF-0001"), &bed.portraits[0], 6), 422, "watchlist.images");

    char json[128];
    (void)snprintf(json, sizeof(json), "{\"entry\":\"%s\"}", id);
    /* In the service's words: it does not leave this to the database, which would refuse as well.
     */
    struct answer own =
        expect_kept(client_post(ada, LIST "/approve", json), 403, "entry.same_person");
    assert_non_null(strstr(answer_text(&own, "error.text"), "you added this entry"));
    answer_done(&own);
    int64_t version = pg_value(bed.pg, "admin", LIST_VERSION);
    expect(client_post(ben, LIST "/approve", json), 409, "entry.images_open"); /* not compared */
    expect(client_post(ben, LIST "/compare", "{}"), 200, NULL);
    expect(client_post(ben, LIST "/approve", json), 409, "entry.not_opened");
    client_open(ben, "list", id);
    answer = expect_kept(client_post(ben, LIST "/approve", json), 200, NULL);
    assert_int_equal(answer_int(&answer, "approved"), 1);
    answer_done(&answer);
    assert_true(pg_value(bed.pg, "admin", LIST_VERSION) > version); /* the servers load it */
    expect(client_post(ben, LIST "/approve", json), 409, "entry.not_proposed");
    expect(add_copy(ada, ENTRY("REF-0001"), &bed.portraits[0], 6), 409,
           "watchlist.approved_already");
}

/* So whoever lost the answer may ask again, and an import may be begun again. */
static void test_the_same_photograph_again_adds_nothing(void **state)
{
    (void)state;
    int64_t images = pg_value(bed.pg, "admin", "SELECT count(*) FROM watchlist.image");
    int64_t events = pg_value(bed.pg, "admin", "SELECT count(*) FROM audit.event");
    struct answer answer = expect_kept(add(ada, ENTRY("REF-0001"), &bed.portraits[0]), 200, NULL);
    assert_string_equal(answer_text(&answer, "state"), "approved");
    assert_int_equal(answer_int(&answer, "images"), 5);
    answer_done(&answer);
    assert_int_equal(pg_value(bed.pg, "admin", "SELECT count(*) FROM watchlist.image"), images);
    assert_int_equal(pg_value(bed.pg, "admin", "SELECT count(*) FROM audit.event"), events);
    /* To whoever did not add it, nothing is said about its photographs. */
    expect(add(ben, ENTRY("REF-0001"), &bed.portraits[0]), 403, "watchlist.other_adder");
}

static void test_names_are_sealed_and_events_and_logs_carry_none(void **state)
{
    (void)state;
    char event[4096];
    bed_last_event("entry.proposed", event, sizeof(event));
    assert_non_null(strstr(event, "\"category\":\"missing_at_risk\""));
    assert_non_null(strstr(event, "\"override\":\"none\""));
    assert_non_null(strstr(event, "\"image_tag\":\""));
    assert_non_null(strstr(event, "\"eye_distance_px\":"));
    assert_null(strstr(event, "Quill"));
    assert_null(strstr(event, "REF-0001"));
    assert_int_equal(pg_value(bed.pg, "admin",
                              "SELECT count(*) FROM watchlist.entry WHERE entry::text ILIKE "
                              "'%' || encode('Quill', 'hex') || '%'"),
                     0);
    assert_int_equal(pg_value(bed.pg, "admin",
                              "SELECT count(*) FROM watchlist.image WHERE "
                              "substr(sealed_jpeg, 1, 3) = '\\xffd8ff' OR "
                              "substr(sealed_thumbnail, 1, 3) = '\\xffd8ff'"),
                     0);
    assert_false(bed_logged("Quill"));
    assert_false(bed_logged("REF-0001"));
}

static void test_approving_all_passes_over_ones_own(void **state)
{
    (void)state;
    expect(add(ada, ENTRY("REF-0002"), &bed.portraits[1]), 201, NULL);
    expect(add(ben, ENTRY("REF-0003"), &bed.portraits[2]), 201, NULL);
    expect(client_post(ben, LIST "/approve", "{}"), 400, "request.missing_member");
    assert_int_equal(client_approve_all(ben, "list"), 1);
    assert_int_equal(client_approve_all(ben, "list"), 0);
    struct answer answer = expect_kept(client_get(ada, "/v1/deployments/list"), 200, NULL);
    assert_int_equal(answer_int(&answer, "watchlist.approved"), 2);
    assert_int_equal(answer_int(&answer, "watchlist.proposed"), 1);
    answer_done(&answer);
}

static void test_the_list_is_read_in_pages_and_each_reading_is_recorded(void **state)
{
    (void)state;
    int64_t viewed = bed_events("watchlist.viewed");
    char path[256];
    struct answer answer = expect_kept(client_get(ada, LIST "?limit=2"), 200, NULL);
    assert_string_equal(answer_text(&answer, "entries.0.name"), "Zebedee Quill");
    assert_string_equal(answer_text(&answer, "entries.0.reference"), "REF-0001");
    assert_string_equal(answer_text(&answer, "entries.0.state"), "approved");
    assert_string_equal(answer_text(&answer, "entries.0.added_by"), "ada");
    assert_string_equal(answer_text(&answer, "entries.0.approved_by"), "ben");
    assert_int_equal(answer_int(&answer, "entries.0.images"), 5);
    (void)snprintf(path, sizeof(path), LIST "?limit=2&after=%s", answer_text(&answer, "next"));
    answer_done(&answer);
    answer = expect_kept(client_get(ada, path), 200, NULL);
    assert_int_equal(json_array_size(json_object_get(answer.json, "entries")), 1);
    assert_string_equal(answer_text(&answer, "entries.0.reference"), "REF-0003");
    assert_true(json_is_null(json_object_get(answer.json, "next")));
    answer_done(&answer);
    assert_int_equal(bed_events("watchlist.viewed"), viewed + 2);
    expect(client_get(ada, LIST "?limit=501"), 400, "request.parameter");
    expect(client_get(ada, LIST "?after=x"), 400, "request.parameter");
    expect(client_get(ada, LIST "?name=Quill"), 400, "request.unknown_parameter");
}

static void test_withdrawn_is_for_good_and_the_reference_may_come_again(void **state)
{
    (void)state;
    char path[256];
    char id[64];
    struct answer answer = expect_kept(client_get(ada, LIST), 200, NULL);
    (void)snprintf(id, sizeof(id), "%s", answer_text(&answer, "entries.2.id")); /* REF-0003 */
    answer_done(&answer);
    (void)snprintf(path, sizeof(path), LIST "/%s", id);
    answer = client_delete(ada, path);
    assert_int_equal(answer.status, 204);
    assert_null(strstr(answer.headers, "\nContent-Type:"));
    answer_done(&answer);
    expect(client_delete(ada, path), 409, "entry.withdrawn");
    expect(client_delete(ada, LIST "/nonsense"), 404, "entry.unknown");
    expect(client_delete(ada, LIST "/6ba7b810-9dad-41d1-80b4-00c04fd430c8"), 404, "entry.unknown");
    expect(
        client_post(ben, LIST "/approve", "{\"entry\":\"6ba7b810-9dad-41d1-80b4-00c04fd430c8\"}"),
        404, "entry.unknown");
    answer = expect_kept(add(ben, ENTRY("REF-0003"), &bed.portraits[2]), 201, NULL);
    assert_string_not_equal(answer_text(&answer, "id"), id);
    answer_done(&answer);
}

struct upload {
    const char *identity;
    struct answer answer;
};

static void *upload_same_reference(void *arg)
{
    struct upload *upload = arg;
    struct client *client = client_new(upload->identity);
    upload->answer =
        client_add(client, "list", ENTRY("REF-RACE"), bed.portraits[0].data, bed.portraits[0].size);
    client_free(client);
    return NULL;
}

static void test_two_people_adding_one_reference_at_once_make_one_entry(void **state)
{
    (void)state;
    struct upload uploads[2] = {{.identity = "person-ada"}, {.identity = "person-ben"}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, upload_same_reference, &uploads[i]), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    bool first_won = uploads[0].answer.status == 201;
    expect(uploads[first_won ? 0 : 1].answer, 201, NULL);
    expect(uploads[first_won ? 1 : 0].answer, 403, "watchlist.other_adder");
}

static void test_a_deployment_goes_live_and_is_stopped_by_anyone_with_a_part_in_it(void **state)
{
    (void)state;
    struct client *adam = client_new("person-adam");
    int64_t authorised = bed_events("deployment.authorised");
    int64_t started = bed_events("deployment.started");
    client_authorise(ben, "list");
    expect(client_post(ben, "/v1/deployments/list/start", "{}"), 409, "watchlist.not_reviewed");
    client_review(ben, "list");
    expect(client_post(ben, "/v1/deployments/list/start", "{}"), 409, "duty.no_adjudicator");
    bed_attend("list");
    struct answer answer = client_post(ben, "/v1/deployments/list/start", "{}");
    answer = expect_kept(answer, 200, NULL);
    assert_string_equal(answer_text(&answer, "state"), "live");
    assert_string_equal(answer_text(&answer, "authorised_by"), "ben");
    answer_done(&answer);
    assert_int_equal(bed_events("deployment.authorised"), authorised + 1);
    assert_int_equal(bed_events("deployment.started"), started + 1);
    expect(client_post(ben, "/v1/deployments/list/start", "{}"), 409, "deployment.not_authorised");

    apply("neighbour", "\"north\",\"south\"");
    expect(
        client_add(ada, "neighbour", ENTRY("REF-1"), bed.portraits[0].data, bed.portraits[0].size),
        201, NULL);
    assert_int_equal(client_approve_all(ben, "neighbour"), 1);
    client_review(ben, "neighbour");
    client_authorise(ben, "neighbour");
    bed_attend("neighbour");
    expect(client_post(ben, "/v1/deployments/neighbour/start", "{}"), 409, "deployment.site_taken");

    int64_t version = pg_value(bed.pg, "admin",
                               "SELECT gallery_version FROM overt.deployment WHERE name = 'list'");
    assert_true(client_approve_all(ada, "list") > 0); /* ben's entries */
    assert_true(pg_value(bed.pg, "admin",
                         "SELECT gallery_version FROM overt.deployment WHERE name = 'list'") >
                version);

    answer = client_post(adam, "/v1/deployments/list/stop", "{}");
    answer = expect_kept(answer, 200, NULL);
    assert_string_equal(answer_text(&answer, "state"), "closed");
    answer_done(&answer);
    char event[2048];
    bed_last_event("deployment.stopped", event, sizeof(event));
    assert_non_null(strstr(event, "\"reason\":\"manual\""));
    expect(add(ada, ENTRY("REF-0009"), &bed.portraits[0]), 409, "watchlist.closed");
    expect(client_post(ben, LIST "/rounds", "{}"), 409, "watchlist.closed");
    expect(client_post(ben, "/v1/deployments/neighbour/start", "{}"), 200, NULL);
    client_free(adam);
}

/* Entries straight into the database, whose sealed columns nothing opens. */
#define MADE                                                                                       \
    "SELECT audit.write_event(e.id, convert_to(json_build_object('v', 1, 'id', e.id, 'name', "     \
    "'test.made', 'at_us', 0, 'actor', json_build_object(), 'details', "                           \
    "json_build_object())::text, 'UTF8')) FROM (SELECT gen_random_uuid() AS id) AS e; "

static void fill_list(const char *deployment, int count)
{
    char sql[2048];
    (void)snprintf(
        sql, sizeof(sql),
        "BEGIN; INSERT INTO watchlist.entry (deployment_id, id, category, response, added_by, "
        "added_at, sealed_name, sealed_reference) SELECT d.id, gen_random_uuid(), "
        "'missing_at_risk', 'safeguarding', p.id, now() + n * interval '1 microsecond', "
        "'\\x01'::bytea || decode(repeat('00', 40), 'hex'), "
        "'\\x01'::bytea || decode(repeat('00', 40), 'hex') FROM generate_series(1, %d) AS n, "
        "overt.deployment AS d, overt.principal AS p WHERE d.name = '%s' AND p.name = 'ada'; "
        "SELECT audit.write_event(e.id, convert_to(json_build_object('v', 1, 'id', e.id, 'name', "
        "'test.made', 'at_us', 0, 'actor', json_build_object(), 'details', "
        "json_build_object())::text, 'UTF8')) FROM (SELECT gen_random_uuid() AS id) AS e; COMMIT",
        count, deployment);
    pg_sql(bed.pg, "server", sql);
}

static void test_a_long_list_is_approved_in_several_transactions(void **state)
{
    (void)state;
    apply("long", "\"north\"");
    fill_list("long", 1201);
    int64_t events = bed_events("entry.approved");
    pg_sql(bed.pg, "server",
           "BEGIN; INSERT INTO watchlist.image (deployment_id, id, entry_id, sealed_jpeg, "
           "sealed_thumbnail, sealed_template, model_digest, eye_distance_px, sharpness_milli) "
           "SELECT e.deployment_id, gen_random_uuid(), e.id, e.sealed_name, e.sealed_name, "
           "e.sealed_name, d.model_digest, 60, 500 FROM watchlist.entry AS e JOIN overt.deployment "
           "AS d ON d.id = e.deployment_id WHERE d.name = 'long'; "
           "INSERT INTO watchlist.compared SELECT i.deployment_id, i.id FROM watchlist.image AS i "
           "JOIN overt.deployment AS d ON d.id = i.deployment_id WHERE d.name = 'long'; " MADE
           "COMMIT");
    struct answer answer =
        expect_kept(client_post(ben, "/v1/deployments/long/watchlist/rounds", "{}"), 201, NULL);
    assert_int_equal(answer_int(&answer, "entries"), 1201);
    assert_int_equal(answer_int(&answer, "flagged"), 0);
    assert_int_equal(answer_int(&answer, "sampled"), 20); /* 1 % would be 13 */
    char path[160];
    (void)snprintf(path, sizeof(path), "/v1/deployments/long/watchlist/rounds/%s/approve",
                   answer_text(&answer, "id"));
    answer_done(&answer);
    expect(client_post(ben, path, "{}"), 409, "round.not_opened");
    expect(client_post(ada, path, "{}"), 403, "round.other_person");
    /* Their sealed bytes are none, so that no opening shows them. */
    pg_sql(bed.pg, "server",
           "BEGIN; INSERT INTO watchlist.opening (deployment_id, entry_id, opened_by, images) "
           "SELECT r.deployment_id, r.entry_id, q.drawn_by, r.images FROM watchlist.round_entry AS "
           "r JOIN watchlist.round AS q ON q.id = r.round_id WHERE r.sampled ON CONFLICT DO "
           "NOTHING; " MADE "COMMIT");
    answer = expect_kept(client_post(ben, path, "{}"), 200, NULL);
    assert_int_equal(answer_int(&answer, "approved"), 1201);
    answer_done(&answer);
    assert_int_equal(bed_events("entry.approved"), events + 1201);
    assert_int_equal(pg_value(bed.pg, "admin",
                              "SELECT gallery_version FROM overt.deployment WHERE name = 'long'"),
                     3); /* 500, 500 and 201 entries */
}

static void test_a_list_has_a_limit(void **state)
{
    (void)state;
    apply("full", "\"north\"");
    fill_list("full", 20000);
    expect(client_add(ada, "full", ENTRY("REF-1"), bed.portraits[0].data, bed.portraits[0].size),
           403, "policy.subjects");
    struct answer answer = expect_kept(client_get(ada, "/v1/deployments/full"), 200, NULL);
    assert_int_equal(answer_int(&answer, "watchlist.proposed"), 20000);
    answer_done(&answer);
}

static int64_t tomorrow(void *ctx)
{
    (void)ctx;
    return ov_clock_utc_us(ov_clock_system()) + INT64_C(9) * 3600 * OV_US_PER_S;
}

static int64_t mono(void *ctx)
{
    (void)ctx;
    return ov_clock_mono_us(ov_clock_system());
}

static void test_the_keeper_closes_what_is_past_its_window(void **state)
{
    (void)state;
    struct ov_clock clock = {tomorrow, mono, NULL};
    struct service service = {.store = bed.store, .vault = bed.vault, .clock = ov_clock_system()};
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(service_deployments_close_ended(&service, &err), OV_OK);
    struct answer answer = expect_kept(client_get(ada, "/v1/deployments/neighbour"), 200, NULL);
    assert_string_equal(answer_text(&answer, "state"), "live"); /* not before its time */
    answer_done(&answer);
    service.clock = &clock;
    assert_int_equal(service_deployments_close_ended(&service, &err), OV_OK);
    answer = expect_kept(client_get(ada, "/v1/deployments/neighbour"), 200, NULL);
    assert_string_equal(answer_text(&answer, "state"), "closed");
    answer_done(&answer);
    char event[2048];
    bed_last_event("deployment.window_closed", event, sizeof(event));
    assert_non_null(strstr(event, "\"kind\":\"server\""));
}

static void prepare(const char *deployment)
{
    apply(deployment, "\"north\"");
    expect(
        client_add(ada, deployment, ENTRY("REF-1"), bed.portraits[0].data, bed.portraits[0].size),
        201, NULL);
    assert_int_equal(client_approve_all(ben, deployment), 1);
    client_review(ben, deployment);
    client_authorise(ben, deployment);
}

static void *start_abreast(void *arg)
{
    struct answer *answer = arg;
    struct client *client = client_new("person-ben");
    *answer = client_post(client, "/v1/deployments/abreast/start", "{}");
    client_free(client);
    return NULL;
}

static bool somebody_waits(void)
{
    const struct timespec pause = {0, 10 * 1000000L};
    for (int tries = 0; tries < 500; tries++) {
        if (pg_value(bed.pg, "admin",
                     "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") >
            0)
            return true;
        (void)nanosleep(&pause, NULL);
    }
    return false;
}

static void test_two_deployments_do_not_go_live_at_one_site_at_the_same_moment(void **state)
{
    (void)state;
    struct ov_error err = OV_ERROR_INIT;
    struct site north;
    struct answer answer;
    pthread_t thread;
    prepare("abreast");
    bed_attend("abreast");
    assert_int_equal(store_site_by_name(bed.store, "north", &north, &err), OV_OK);
    /* As another server does that is just starting another deployment there. */
    assert_int_equal(store_begin(bed.store, &err), OV_OK);
    assert_int_equal(store_site_lock(bed.store, &north.id, &err), OV_OK);
    assert_int_equal(pthread_create(&thread, NULL, start_abreast, &answer), 0);
    bool waited = somebody_waits();
    store_rollback(bed.store);
    assert_int_equal(pthread_join(thread, NULL), 0);
    expect(answer, 200, NULL);
    expect(client_post(ada, "/v1/deployments/abreast/stop", "{}"), 200, NULL);
    assert_true(waited);
}

int run_watchlist_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_photographs_that_will_not_do_are_refused_with_a_reason),
        cmocka_unit_test(test_the_description_comes_in_one_strict_header),
        cmocka_unit_test(test_an_entry_takes_images_from_its_adder_until_it_is_approved),
        cmocka_unit_test(test_the_same_photograph_again_adds_nothing),
        cmocka_unit_test(test_names_are_sealed_and_events_and_logs_carry_none),
        cmocka_unit_test(test_approving_all_passes_over_ones_own),
        cmocka_unit_test(test_the_list_is_read_in_pages_and_each_reading_is_recorded),
        cmocka_unit_test(test_withdrawn_is_for_good_and_the_reference_may_come_again),
        cmocka_unit_test(test_two_people_adding_one_reference_at_once_make_one_entry),
        cmocka_unit_test(test_a_deployment_goes_live_and_is_stopped_by_anyone_with_a_part_in_it),
        cmocka_unit_test(test_a_long_list_is_approved_in_several_transactions),
        cmocka_unit_test(test_a_list_has_a_limit),
        cmocka_unit_test(test_the_keeper_closes_what_is_past_its_window),
        cmocka_unit_test(test_two_deployments_do_not_go_live_at_one_site_at_the_same_moment),
    };
    return cmocka_run_group_tests_name("watchlist", tests, setup, teardown);
}

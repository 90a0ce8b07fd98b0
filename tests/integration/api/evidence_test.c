/* Alerts kept as evidence: by two, for a time, and sealed to one recipient when they leave. */
#include "tests/integration/api/tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "common/base/bytes.h"
#include "common/base/file.h"
#include "server/service/evidence.h"
#include "server/store/alerts.h"
#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"
#include "tests/integration/harness/process.h"

#define EVIDENCE "/v1/evidence"
#define NOBODY "00000000-0000-4000-8000-00000000abcd"
#define NAME "Quentin Evidence"
#define REFERENCE "REF-EV-1"
#define NUMBER "CC 2026/118"

static struct client *ada;  /* applicant */
static struct client *ben;  /* authorising officer */
static struct client *pam;  /* another */
static struct client *dora; /* data protection */
static struct deployment deployment;
static struct ov_id entry;
static struct site site;
static uint64_t sequence;

static void must(enum ov_status status, const struct ov_error *err)
{
    if (status != OV_OK)
        fail_msg("%s: %s (%s)", ov_status_name(status), err->code, err->text);
}

static struct ov_id person(const char *name)
{
    struct ov_error err = OV_ERROR_INIT;
    struct principal principal;
    char uri[64];
    (void)snprintf(uri, sizeof(uri), "overt://person/%s", name);
    must(store_principal_by_identity(bed.store, uri, &principal, &err), &err);
    return principal.id;
}

static int setup(void **state)
{
    (void)state;
    struct ov_id applicant = person("ada");
    struct ov_id officer = person("ben");
    struct ov_id image;
    ada = client_new("person-ada");
    ben = client_new("person-ben");
    pam = client_new("person-pam");
    dora = client_new("person-dora");
    site = pg_seed_site(bed.store, "evidence-site");
    deployment = pg_seed_deployment(bed.store, "evidence", &applicant, &site);
    entry = pg_seed_entry(bed.store, &deployment, &applicant, &image);
    pg_seed_approve(bed.store, &deployment, &entry, &officer);
    pg_seed_live(bed.store, &deployment, &officer);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_free(ada);
    client_free(ben);
    client_free(pam);
    client_free(dora);
    return 0;
}

/* --- alerts to keep --- */

static struct ov_secret seal(const struct vault_key *key, const char *column,
                             const struct ov_id *row, const void *data, size_t size)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_secret sealed = OV_SECRET_INIT;
    must(vault_seal(key, column, row, data, size, &sealed, &err), &err);
    return sealed;
}

static void settle_crop(const struct vault_key *key, const struct ov_id *alert)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_secret crop =
        seal(key, "alert.crop", alert, bed.tiny_portrait.data, bed.tiny_portrait.size);
    must(store_begin(bed.store, &err), &err);
    must(store_alert_set_crop(bed.store, alert, CROP_MATCHES, 0.9f,
                              (struct store_bytes){crop.data, crop.size}, &err),
         &err);
    pg_seed_event(bed.store);
    must(store_commit(bed.store, &err), &err);
    ov_secret_free(&crop);
}

/* As the alert path stores it, with its crop or while that is awaited. */
static struct ov_id raise_alert(bool with_crop)
{
    struct ov_error err = OV_ERROR_INIT;
    int64_t now_us = ov_clock_utc_us(ov_clock_system());
    struct alert_row row = {.id = ov_id_new(),
                            .deployment_id = deployment.id,
                            .entry_id = entry,
                            .site_id = site.id,
                            .run_id = ov_id_new(),
                            .sequence = ++sequence,
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
    struct ov_secret name = seal(key, "alert.name", &row.id, NAME, strlen(NAME));
    struct ov_secret reference =
        seal(key, "alert.reference", &row.id, REFERENCE, strlen(REFERENCE));
    struct ov_secret thumbnail =
        seal(key, "alert.thumbnail", &row.id, bed.portraits[0].data,
             bed.portraits[0].size < 60000 ? bed.portraits[0].size : 60000);
    row.sealed_name = (struct store_bytes){name.data, name.size};
    row.sealed_reference = (struct store_bytes){reference.data, reference.size};
    row.sealed_thumbnail = (struct store_bytes){thumbnail.data, thumbnail.size};
    must(store_begin(bed.store, &err), &err);
    must(store_alert_insert(bed.store, &row, &err), &err);
    pg_seed_event(bed.store);
    must(store_commit(bed.store, &err), &err);
    if (with_crop)
        settle_crop(key, &row.id);
    vault_key_free(key);
    ov_secret_free(&name);
    ov_secret_free(&reference);
    ov_secret_free(&thumbnail);
    return row.id;
}

/* --- asking --- */

static void in_days(double days, char out[OV_TIME_TEXT_SIZE])
{
    (void)ov_time_format(
        ov_clock_utc_us(ov_clock_system()) + (int64_t)(days * 86400.0) * OV_US_PER_S, out);
}

static struct answer propose_as(struct client *client, const char *alert, const char *kind,
                                const char *by, const char *number, double days)
{
    char json[512];
    char when[OV_TIME_TEXT_SIZE];
    in_days(days, when);
    (void)snprintf(json, sizeof(json),
                   "{\"alert\":\"%s\",\"kind\":\"%s\",\"brought_by\":\"%s\",\"number\":\"%s\","
                   "\"review_at\":\"%s\"}",
                   alert, kind, by, number, when);
    return client_post(client, EVIDENCE, json);
}

/* ben proposes a new alert; its id and the hold's are returned. */
static void propose(struct ov_id *ret_alert, char hold[OV_ID_TEXT_SIZE])
{
    char id[OV_ID_TEXT_SIZE];
    *ret_alert = raise_alert(true);
    struct answer answer =
        propose_as(ben, ov_id_format(ret_alert, id), "complaint", "subject", NUMBER, 30);
    answer = expect_kept(answer, 201, NULL);
    assert_true(json_is_false(json_object_get(answer.json, "in_force")));
    assert_true(json_is_null(json_object_get(answer.json, "number")));
    assert_string_equal(answer_text(&answer, "open.proposed_by"), "ben");
    (void)snprintf(hold, OV_ID_TEXT_SIZE, "%s", answer_text(&answer, "id"));
    answer_done(&answer);
}

static struct answer on(struct client *client, const char *hold, const char *act, const char *json)
{
    char path[128];
    (void)snprintf(path, sizeof(path), EVIDENCE "/%s/%s", hold, act);
    return client_post(client, path, json);
}

static void hold_alert(struct ov_id *ret_alert, char hold[OV_ID_TEXT_SIZE])
{
    propose(ret_alert, hold);
    expect(on(dora, hold, "confirm", "{}"), 200, NULL);
}

static bool is_held(const struct ov_id *alert)
{
    char sql[128];
    char id[OV_ID_TEXT_SIZE];
    (void)snprintf(sql, sizeof(sql), "SELECT overt.alert_is_held('%s')::int",
                   ov_id_format(alert, id));
    return pg_value(bed.pg, "owner", sql) == 1;
}

static void test_it_takes_two(void **state)
{
    (void)state;
    struct ov_id alert;
    char id[OV_ID_TEXT_SIZE];
    char hold[OV_ID_TEXT_SIZE];
    int64_t held = bed_events("evidence.held");
    propose(&alert, hold);
    assert_false(is_held(&alert));
    expect(on(ben, hold, "confirm", "{}"), 403, "evidence.same_person");
    expect(on(ada, hold, "confirm", "{}"), 403, "permission.denied");
    expect(propose_as(pam, ov_id_format(&alert, id), "complaint", "subject", NUMBER, 30), 409,
           "evidence.held_already");
    struct answer answer = expect_kept(on(pam, hold, "confirm", "{}"), 200, NULL);
    assert_true(json_is_true(json_object_get(answer.json, "in_force")));
    assert_string_equal(answer_text(&answer, "proposed_by"), "ben");
    assert_string_equal(answer_text(&answer, "confirmed_by"), "pam");
    answer_done(&answer);
    assert_true(is_held(&alert));
    assert_int_equal(bed_events("evidence.held"), held + 1);
    expect(on(dora, hold, "confirm", "{}"), 409, "evidence.nothing_open");
}

static void test_what_is_asked_has_its_form(void **state)
{
    (void)state;
    char alert[OV_ID_TEXT_SIZE];
    struct ov_id id = raise_alert(true);
    (void)ov_id_format(&id, alert);
    expect(propose_as(ada, alert, "complaint", "subject", NUMBER, 30), 403, "permission.denied");
    expect(propose_as(dora, alert, "complaint", "subject", NUMBER, 30), 403, "permission.denied");
    expect(propose_as(ben, "x", "complaint", "subject", NUMBER, 30), 400, "request.id");
    expect(propose_as(ben, NOBODY, "complaint", "subject", NUMBER, 30), 404, "evidence.alert_gone");
    expect(propose_as(ben, alert, "interest", "subject", NUMBER, 30), 422, "evidence.kind");
    expect(propose_as(ben, alert, "complaint", "everyone", NUMBER, 30), 422, "evidence.brought_by");
    expect(propose_as(ben, alert, "complaint", "subject", "", 30), 422, "evidence.number");
    expect(propose_as(ben, alert, "complaint", "subject", "Zoë's", 30), 422, "evidence.number");
    expect(propose_as(ben, alert, "complaint", "subject", NUMBER, 90.5), 422, "evidence.review");
    expect(propose_as(ben, alert, "complaint", "subject", NUMBER, -1), 422, "evidence.review");
    expect(propose_as(ben, alert, "complaint", "other", NUMBER, 30), 403, "evidence.ground");
    expect(client_post(ben, EVIDENCE, "{\"alert\":1}"), 400, "request.wrong_type");
    expect(client_post(ben, EVIDENCE, "{\"x\":1}"), 400, "request.unknown_member");
    expect(client_post(ben, EVIDENCE, "{"), 400, "request.malformed");
    expect(client_get(dora, EVIDENCE "?state=all"), 400, "request.unknown_parameter");
    expect(client_get(dora, EVIDENCE "?after=x"), 400, "request.parameter");
    expect(client_get(dora, EVIDENCE "?limit=501"), 400, "request.parameter");
    expect(client_get(ada, EVIDENCE), 403, "permission.denied");
    expect(on(ben, "x", "confirm", "{}"), 404, "evidence.unknown");
    expect(on(ben, NOBODY, "confirm", "{}"), 404, "evidence.unknown");
    expect(on(ben, NOBODY, "renew", "{\"review_at\":\"x\"}"), 400, "request.time");
    expect(on(ben, NOBODY, "release", "{\"x\":1}"), 400, "request.unknown_member");
    expect(on(ada, NOBODY, "release", "{}"), 403, "permission.denied");
    expect(on(dora, NOBODY, "export", "{\"recipient\":\"x\"}"), 403, "permission.denied");
}

static void test_an_alert_that_still_has_a_descriptor_is_not_kept(void **state)
{
    (void)state;
    char alert[OV_ID_TEXT_SIZE];
    struct ov_id id = raise_alert(false);
    expect(propose_as(ben, ov_id_format(&id, alert), "complaint", "subject", NUMBER, 30), 409,
           "evidence.searchable");
    assert_int_equal(pg_value(bed.pg, "owner",
                              "SELECT count(*) FROM overt.evidence_hold JOIN overt.alert "
                              "ON alert.id = alert_id WHERE sealed_probe IS NOT NULL"),
                     0);
}

static void test_a_hold_is_renewed_by_two_and_released_by_one(void **state)
{
    (void)state;
    struct ov_id alert;
    char hold[OV_ID_TEXT_SIZE];
    char when[OV_TIME_TEXT_SIZE];
    char json[128];
    propose(&alert, hold);
    in_days(60, when);
    (void)snprintf(json, sizeof(json), "{\"review_at\":\"%s\"}", when);
    expect(on(ben, hold, "renew", json), 409, "evidence.over"); /* nothing is in force yet */
    expect(on(dora, hold, "confirm", "{}"), 200, NULL);
    expect(on(dora, hold, "renew", json), 403, "permission.denied");
    expect(on(pam, hold, "renew", json), 200, NULL);
    expect(on(ben, hold, "renew", json), 409, "evidence.renewal_open");
    expect(on(pam, hold, "confirm", "{}"), 403, "evidence.same_person");
    struct answer answer = expect_kept(on(ben, hold, "confirm", "{}"), 200, NULL);
    assert_string_equal(answer_text(&answer, "review_at"), when);
    assert_string_equal(answer_text(&answer, "proposed_by"), "pam");
    answer_done(&answer);
    answer = expect_kept(on(ben, hold, "release", "{}"), 200, NULL);
    assert_string_equal(answer_text(&answer, "end_reason"), "released");
    assert_string_equal(answer_text(&answer, "ended_by"), "ben");
    answer_done(&answer);
    assert_false(is_held(&alert));
    expect(on(ben, hold, "release", "{}"), 409, "evidence.over");
    expect(on(ben, hold, "renew", json), 409, "evidence.over");
    char id[OV_ID_TEXT_SIZE];
    expect(propose_as(ben, ov_id_format(&alert, id), "proceedings", "other", NUMBER, 30), 201,
           NULL);
}

static void shift_terms(const char *hold, const char *by)
{
    char sql[320];
    (void)snprintf(sql, sizeof(sql),
                   "BEGIN; SET LOCAL session_replication_role = replica; UPDATE "
                   "overt.evidence_term SET review_at = review_at - interval '%s', proposed_at = "
                   "proposed_at - interval '%s' WHERE hold_id = '%s'; COMMIT",
                   by, by, hold);
    pg_sql(bed.pg, "admin", sql);
}

static void test_what_is_not_renewed_lapses(void **state)
{
    (void)state;
    struct service service = {.store = bed.store, .vault = bed.vault, .clock = ov_clock_system()};
    struct ov_error err = OV_ERROR_INIT;
    struct ov_id alert;
    struct ov_id proposed;
    char hold[OV_ID_TEXT_SIZE];
    char proposal[OV_ID_TEXT_SIZE];
    hold_alert(&alert, hold);
    propose(&proposed, proposal);
    int64_t lapsed = bed_events("evidence.lapsed");
    must(service_evidence_lapse(&service, &err), &err);
    assert_int_equal(bed_events("evidence.lapsed"), lapsed);
    assert_true(is_held(&alert));
    shift_terms(hold, "31 days");
    shift_terms(proposal, "31 days");
    assert_false(is_held(&alert)); /* before the keeper has been there */
    expect(on(dora, proposal, "confirm", "{}"), 409, "evidence.over");
    /* The first cannot lapse; that keeps the second no longer. They come by id. */
    pg_stick(bed.pg, "overt.evidence_hold", strcmp(hold, proposal) < 0 ? hold : proposal);
    assert_int_not_equal(service_evidence_lapse(&service, &err), OV_OK);
    assert_int_equal(bed_events("evidence.lapsed"), lapsed + 1);
    pg_unstick(bed.pg);
    ov_error_clear(&err);
    must(service_evidence_lapse(&service, &err), &err);
    assert_int_equal(bed_events("evidence.lapsed"), lapsed + 2);
    must(service_evidence_lapse(&service, &err), &err);
    assert_int_equal(bed_events("evidence.lapsed"), lapsed + 2);
    expect(on(ben, hold, "export", "{\"recipient\":\"x\"}"), 422, "evidence.recipient");
}

static void test_holds_are_listed_page_by_page_with_their_numbers(void **state)
{
    (void)state;
    struct ov_id alert;
    char hold[OV_ID_TEXT_SIZE];
    char path[128];
    size_t seen = 0;
    hold_alert(&alert, hold);
    int64_t viewed = bed_events("evidence.viewed");
    (void)snprintf(path, sizeof(path), EVIDENCE "?limit=2");
    for (bool more = true; more;) {
        struct answer answer = expect_kept(client_get(dora, path), 200, NULL);
        size_t count = json_array_size(json_object_get(answer.json, "holds"));
        if (seen == 0) {
            assert_string_equal(answer_text(&answer, "holds.0.id"), hold);
            assert_string_equal(answer_text(&answer, "holds.0.number"), NUMBER);
        }
        seen += count;
        more = json_is_string(json_object_get(answer.json, "next"));
        (void)snprintf(path, sizeof(path), EVIDENCE "?limit=2&after=%s",
                       answer_text(&answer, "next"));
        answer_done(&answer);
    }
    assert_int_equal(seen, pg_value(bed.pg, "owner", "SELECT count(*) FROM overt.evidence_hold"));
    assert_true(bed_events("evidence.viewed") > viewed);
    assert_int_equal(pg_value(bed.pg, "owner",
                              "SELECT count(*) FROM audit.event WHERE "
                              "position('CC 2026' in convert_from(body, 'UTF8')) > 0"),
                     0);
}

/* --- the database --- */

/* text has "%s" once, where what is goes. */
static void refuse(const char *role, const char *wanted, const char *text, const char *what)
{
    char sql[512];
    const char *gap = strstr(text, "%s");
    assert_non_null(gap);
    (void)snprintf(sql, sizeof(sql), "%.*s%s%s", (int)(gap - text), text, what, gap + 2);
    if (wanted == NULL)
        pg_wants_event(bed.pg, role, sql);
    else
        pg_refuses(bed.pg, role, wanted, sql);
}

static void test_the_database_holds_to_it_whoever_writes(void **state)
{
    (void)state;
    struct ov_id alert;
    char id[OV_ID_TEXT_SIZE];
    char hold[OV_ID_TEXT_SIZE];
    char proposal[OV_ID_TEXT_SIZE];
    hold_alert(&alert, hold);
    refuse("server", "evidence_step",
           "UPDATE overt.evidence_hold SET ended_at = now(), end_reason = 'lapsed' WHERE id = '%s'",
           hold);
    refuse("server", "evidence_hold_end",
           "UPDATE overt.evidence_hold SET ended_at = now(), end_reason = 'released' WHERE id = "
           "'%s'",
           hold);
    refuse("server", PG_DENIED,
           "UPDATE overt.evidence_term SET review_at = review_at + interval "
           "'1 day' WHERE hold_id = '%s'",
           hold);
    refuse("server", "evidence_step",
           "UPDATE overt.evidence_term SET confirmed_by = NULL, confirmed_at = "
           "NULL WHERE hold_id = '%s'",
           hold);
    refuse("server", PG_DENIED, "UPDATE overt.evidence_hold SET alert_id = id WHERE id = '%s'",
           hold);
    refuse("server", PG_DENIED, "DELETE FROM overt.evidence_hold WHERE id = '%s'", hold);
    refuse("server", PG_DENIED, "DELETE FROM overt.evidence_term WHERE hold_id = '%s'", hold);
    refuse("server", PG_DENIED,
           "INSERT INTO overt.evidence_ground VALUES ('false', "
           "'proceedings', 'other%s')",
           "");
    refuse("server", "evidence_review",
           "INSERT INTO overt.evidence_term (id, hold_id, review_at, proposed_by, proposed_at) "
           "SELECT gen_random_uuid(), '%s', now() + interval '91 days', id, now() FROM "
           "overt.principal WHERE name = 'ben'",
           hold);
    propose(&alert, proposal);
    refuse("server", "evidence_two_people",
           "UPDATE overt.evidence_term SET confirmed_by = proposed_by, confirmed_at = now() WHERE "
           "hold_id = '%s'",
           proposal);
    refuse("server", "person_required",
           "UPDATE overt.evidence_term SET confirmed_at = now(), confirmed_by = (SELECT "
           "principal_id FROM overt.site LIMIT 1) WHERE hold_id = '%s'",
           proposal);
    /* Without an event. */
    refuse("server", NULL,
           "UPDATE overt.evidence_term SET confirmed_at = now(), confirmed_by = (SELECT id FROM "
           "overt.principal WHERE name = 'dora') WHERE hold_id = '%s'",
           proposal);
    (void)ov_id_format(&alert, id);
}

static void test_a_false_alert_is_kept_only_for_the_person_concerned(void **state)
{
    (void)state;
    static const char insert[] =
        "INSERT INTO overt.evidence_hold (id, alert_id, deployment_id, outcome, kind, brought_by, "
        "sealed_number) SELECT gen_random_uuid(), alert.id, alert.deployment_id, %s, "
        "sealed_name FROM overt.alert WHERE crop_state <> 'awaited' AND NOT EXISTS (SELECT FROM "
        "overt.evidence_hold WHERE alert_id = alert.id) LIMIT 1";
    (void)raise_alert(true);
    refuse("admin", "evidence_hold_ground", insert, "'false', 'proceedings', 'other'");
    refuse("admin", "evidence_hold_ground", insert, "'confirmed_false', 'proceedings', 'other'");
    refuse("admin", "evidence_hold_ground", insert, "'cannot_tell', 'proceedings', 'other'");
    /* The ground is good. */
    refuse("admin", NULL, insert, "'false', 'complaint', 'subject'");
    refuse("admin", NULL, insert, "'confirmed_false', 'proceedings', 'subject'");
    refuse("admin", NULL, insert, "'true', 'proceedings', 'other'");
}

/* --- the export --- */

static void run(const char *const *argv)
{
    struct ov_buf out = OV_BUF_INIT;
    int status = process_run(argv, NULL, &out, &out, 60);
    if (status != 0)
        fail_msg("%s: %s", argv[0], out.data != NULL ? out.data : "");
    ov_buf_free(&out);
}

/* A certificate and key of somebody outside: DIR/NAME.pem and .key. */
static void make_recipient(const char *name, const char *key_type, const char *usage,
                           const char *days)
{
    char key[PATH_MAX];
    char cert[PATH_MAX];
    (void)snprintf(key, sizeof(key), "%.4000s/%s.key", bed.dir, name);
    (void)snprintf(cert, sizeof(cert), "%.4000s/%s.pem", bed.dir, name);
    const char *const argv[] = {"openssl",
                                "req",
                                "-x509",
                                "-nodes",
                                "-newkey",
                                key_type,
                                "-pkeyopt",
                                strcmp(key_type, "ec") == 0 ? "ec_paramgen_curve:P-256"
                                                            : "rsa_keygen_bits:2048",
                                "-subj",
                                "/CN=Court",
                                "-days",
                                days,
                                "-keyout",
                                key,
                                "-out",
                                cert,
                                usage != NULL ? "-addext" : NULL,
                                usage,
                                NULL};
    run(argv);
}

static struct answer export_to(struct client *client, const char *hold, const char *name)
{
    char path[PATH_MAX];
    struct ov_buf pem = OV_BUF_INIT;
    (void)snprintf(path, sizeof(path), "%.4000s/%s", bed.dir, name);
    assert_int_equal(ov_file_read(path, 1u << 16, &pem, NULL), OV_OK);
    json_t *body = json_pack("{ss}", "recipient", pem.data);
    char *text = json_dumps(body, 0);
    struct answer answer = on(client, hold, "export", text);
    ov_wiping_free(text);
    json_decref(body);
    ov_buf_free(&pem);
    return answer;
}

static void read_back(const char *folder, const char *name, struct ov_buf *ret)
{
    char path[PATH_MAX + 64];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(ov_file_read(path, 1u << 20, ret, NULL), OV_OK);
}

static void hex_digest(const void *data, size_t size, char out[65])
{
    uint8_t digest[32];
    assert_int_equal(EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL), 1);
    (void)ov_hex_encode(digest, sizeof(digest), out);
}

static void check_manifest(const char *folder, const struct ov_id *alert, const char *hold)
{
    struct ov_buf text = OV_BUF_INIT;
    char id[OV_ID_TEXT_SIZE];
    read_back(folder, "manifest.json", &text);
    json_t *manifest = json_loadb(text.data, text.length, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(manifest);
    char *again = json_dumps(manifest, JSON_COMPACT | JSON_SORT_KEYS);
    assert_int_equal(strlen(again), text.length); /* canonical */
    assert_memory_equal(again, text.data, text.length);
    ov_wiping_free(again);
    struct answer answer = {.json = manifest};
    assert_string_equal(answer_text(&answer, "alert.id"), ov_id_format(alert, id));
    assert_int_equal(answer_int(&answer, "alert.score"), 625000);
    assert_string_equal(answer_text(&answer, "hold.id"), hold);
    assert_string_equal(answer_text(&answer, "hold.number"), NUMBER);
    assert_string_equal(answer_text(&answer, "authority.name"), "evidence");
    assert_int_equal(strlen(answer_text(&answer, "authority.application")), 64);
    assert_true(json_array_size(json_object_get(manifest, "events")) >= 2);
    const json_t *file = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(manifest, "files"), i, file)
    {
        struct ov_buf content = OV_BUF_INIT;
        char digest[65];
        read_back(folder, json_string_value(json_object_get(file, "name")), &content);
        hex_digest(content.data, content.length, digest);
        assert_string_equal(json_string_value(json_object_get(file, "digest")), digest);
        ov_buf_free(&content);
    }
    assert_int_equal(i, 3);
    json_decref(manifest);
    ov_buf_free(&text);
}

/* Opens what was sent with the recipient's own tools. */
static void check_export(const char *name, const struct answer *answer, const struct ov_id *alert,
                         const char *hold)
{
    char file[PATH_MAX];
    char tar[PATH_MAX];
    char key[PATH_MAX];
    char cert[PATH_MAX];
    char folder[PATH_MAX];
    struct ov_buf content = OV_BUF_INIT;
    (void)snprintf(file, sizeof(file), "%.4000s/%s.cms", bed.dir, name);
    (void)snprintf(tar, sizeof(tar), "%.4000s/%s.tar", bed.dir, name);
    (void)snprintf(key, sizeof(key), "%.4000s/%s.key", bed.dir, name);
    (void)snprintf(cert, sizeof(cert), "%.4000s/%s.pem", bed.dir, name);
    (void)snprintf(folder, sizeof(folder), "%.4000s/%s-open", bed.dir, name);
    FILE *out = fopen(file, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(answer->body.data, 1, answer->body.length, out), answer->body.length);
    (void)fclose(out);
    (void)mkdir(folder, 0700);
    run((const char *const[]){"openssl", "cms", "-decrypt", "-inform", "DER", "-in", file, "-recip",
                              cert, "-inkey", key, "-out", tar, NULL});
    run((const char *const[]){"tar", "-C", folder, "-xf", tar, NULL});
    read_back(folder, "subject.txt", &content);
    assert_string_equal(content.data, NAME "\n" REFERENCE "\n");
    ov_buf_free(&content);
    read_back(folder, "probe.jpg", &content);
    assert_int_equal(content.length, bed.tiny_portrait.size);
    assert_memory_equal(content.data, bed.tiny_portrait.data, content.length);
    ov_buf_free(&content);
    check_manifest(folder, alert, hold);
}

static void check_event(const struct answer *answer)
{
    char body[4096];
    char digest[65];
    bed_last_event("evidence.exported", body, sizeof(body));
    hex_digest(answer->body.data, answer->body.length, digest);
    assert_non_null(strstr(body, digest));
}

static void test_an_export_opens_for_its_recipient_only(void **state)
{
    (void)state;
    static const char *const types[] = {"rsa", "ec"};
    struct ov_id alert;
    char hold[OV_ID_TEXT_SIZE];
    hold_alert(&alert, hold);
    for (size_t i = 0; i < 2; i++) {
        int64_t exported = bed_events("evidence.exported");
        char pem[16];
        make_recipient(types[i], types[i], NULL, "30");
        (void)snprintf(pem, sizeof(pem), "%s.pem", types[i]);
        struct answer answer = expect_kept(export_to(ben, hold, pem), 200, NULL);
        assert_non_null(strstr(answer.headers, "Content-Type: application/cms\r\n"));
        assert_null(memmem(answer.body.data, answer.body.length, NAME, strlen(NAME)));
        /* authEnvelopedData, aes256-GCM (DER of their object identifiers) */
        assert_non_null(memmem(answer.body.data, answer.body.length,
                               "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17", 11));
        assert_non_null(memmem(answer.body.data, answer.body.length,
                               "\x60\x86\x48\x01\x65\x03\x04\x01\x2e", 9));
        check_export(types[i], &answer, &alert, hold);
        check_event(&answer);
        assert_int_equal(bed_events("evidence.exported"), exported + 1);
        answer_done(&answer);
    }
}

static void test_an_export_that_cannot_be_is_none(void **state)
{
    (void)state;
    struct ov_id alert;
    char hold[OV_ID_TEXT_SIZE];
    char proposal[OV_ID_TEXT_SIZE];
    char *large = malloc(20000);
    hold_alert(&alert, hold);
    propose(&alert, proposal);
    make_recipient("signer", "rsa", "keyUsage=digitalSignature", "30");
    int64_t exported = bed_events("evidence.exported");
    expect(export_to(ben, proposal, "rsa.pem"), 409, "evidence.not_in_force");
    expect(export_to(ben, NOBODY, "rsa.pem"), 404, "evidence.unknown");
    expect(export_to(dora, hold, "rsa.pem"), 403, "permission.denied");
    expect(export_to(ben, hold, "signer.pem"), 422, "evidence.recipient");
    expect(export_to(ben, hold, "rsa.key"), 422, "evidence.recipient");
    expect(export_to(ben, hold, "pki/person-eva/cert.pem"), 422, "evidence.recipient");
    expect(on(ben, hold, "export", "{\"recipient\":\"\"}"), 422, "evidence.recipient");
    memset(large, 'x', 20000);
    memcpy(large, "{\"recipient\":\"", 14);
    memcpy(large + 19997, "\"}", 3);
    expect(on(ben, hold, "export", large), 422, "evidence.recipient");
    free(large);
    expect(on(ben, hold, "export", "{}"), 400, "request.missing_member");
    assert_int_equal(bed_events("evidence.exported"), exported);
}

int run_evidence_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_takes_two),
        cmocka_unit_test(test_what_is_asked_has_its_form),
        cmocka_unit_test(test_an_alert_that_still_has_a_descriptor_is_not_kept),
        cmocka_unit_test(test_a_hold_is_renewed_by_two_and_released_by_one),
        cmocka_unit_test(test_what_is_not_renewed_lapses),
        cmocka_unit_test(test_holds_are_listed_page_by_page_with_their_numbers),
        cmocka_unit_test(test_the_database_holds_to_it_whoever_writes),
        cmocka_unit_test(test_a_false_alert_is_kept_only_for_the_person_concerned),
        cmocka_unit_test(test_an_export_opens_for_its_recipient_only),
        cmocka_unit_test(test_an_export_that_cannot_be_is_none),
    };
    return cmocka_run_group_tests_name("evidence", tests, setup, teardown);
}

/* Drafts, signed applications and authorisations, decisions, and the urgent path, over the API. */
#include "tests/integration/api/tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "common/base/bytes.h"
#include "common/base/file.h"
#include "server/service/deployments.h"
#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"
#include "tests/integration/harness/process.h"

#define HOUR_US (INT64_C(3600) * OV_US_PER_S)

static struct client *ada; /* applicant */
static struct client *ben; /* authorising officer and deployment lead */
static struct client *pam; /* applicant and authorising officer */

static int setup(void **state)
{
    (void)state;
    ada = client_new("person-ada");
    ben = client_new("person-ben");
    pam = client_new("person-pam");
    struct answer answer = client_post(ada, "/v1/sites", "{\"name\":\"north\"}");
    answer_done(&answer); /* another group may have added it already */
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_free(ada);
    client_free(ben);
    client_free(pam);
    return 0;
}

static struct answer send_draft(struct client *client, const char *method, const char *path,
                                const char *name, const char *more)
{
    static const char *const json_type[] = {"Content-Type: application/json", NULL};
    char json[1024];
    int length = snprintf(json, sizeof(json),
                          "{\"name\":\"%s\",\"purpose\":\"p\",\"kind\":\"exercise\",\"sites\":"
                          "[\"north\"]%s}",
                          name, more);
    return client_send(client, method, path, json_type, json, (size_t)length);
}

static void draft(struct client *client, const char *name)
{
    expect(send_draft(client, "POST", "/v1/deployments", name, ""), 201, NULL);
}

static struct answer post(struct client *client, const char *name, const char *verb,
                          const char *json)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/%s", name, verb);
    return client_post(client, path, json);
}

static void assert_state(const char *name, const char *wanted, const char *end_reason)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s", name);
    struct answer answer = expect_kept(client_get(ada, path), 200, NULL);
    assert_string_equal(answer_text(&answer, "state"), wanted);
    assert_string_equal(answer_text(&answer, "lifecycle.end_reason"), end_reason);
    answer_done(&answer);
}

/* --- drafts --- */

static void test_of_two_people_editing_one_draft_the_second_is_told(void **state)
{
    (void)state;
    draft(ada, "edited");
    struct answer answer = send_draft(pam, "PATCH", "/v1/deployments/edited", "edited",
                                      ",\"revision\":1,\"threshold\":0.6");
    answer = expect_kept(answer, 200, NULL);
    assert_int_equal(answer_int(&answer, "lifecycle.revision"), 2);
    assert_string_equal(answer_text(&answer, "lifecycle.edited_by"), "pam");
    answer_done(&answer);
    answer = send_draft(ada, "PATCH", "/v1/deployments/edited", "edited", ",\"revision\":1");
    answer = expect_kept(answer, 409, "deployment.changed_meanwhile");
    assert_non_null(strstr(answer_text(&answer, "error.text"), "pam changed this draft at 20"));
    assert_string_equal(answer_text(&answer, "error.field"), "revision");
    answer_done(&answer);
    expect(send_draft(ada, "PATCH", "/v1/deployments/edited", "edited", ""), 400,
           "request.missing_member");
    expect(send_draft(ben, "PATCH", "/v1/deployments/edited", "edited", ",\"revision\":2"), 403,
           "permission.denied");
    expect(send_draft(ada, "PATCH", "/v1/deployments/edited", "edited", ",\"revision\":2"), 200,
           NULL);
    assert_int_equal(bed_events("deployment.edited"), 2);
    client_apply(ada, "edited");
    expect(send_draft(ada, "PATCH", "/v1/deployments/edited", "edited", ",\"revision\":3"), 409,
           "deployment.not_a_draft");
}

static void document_path(const char *name, const char *digest, char out[256])
{
    (void)snprintf(out, 256, "/v1/deployments/%s/documents/%s", name, digest);
}

static void test_what_was_applied_for_is_shown_byte_for_byte(void **state)
{
    (void)state;
    static const char *const members[] = {"lifecycle.application_digest",
                                          "lifecycle.settings_digest"};
    char path[256];
    draft(ada, "documented");
    draft(ada, "undocumented");
    struct answer shown = expect_kept(client_get(ada, "/v1/deployments/documented"), 200, NULL);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const char *digest = answer_text(&shown, members[i]);
        uint8_t sha256[32];
        char hex[2 * sizeof(sha256) + 1];
        document_path("documented", digest, path);
        struct answer answer = expect_kept(client_get(ada, path), 200, NULL);
        const char *body = answer_text(&answer, "body");
        assert_int_equal(EVP_Digest(body, strlen(body), sha256, NULL, EVP_sha256(), NULL), 1);
        assert_string_equal(ov_hex_encode(sha256, sizeof(sha256), hex), digest);
        json_t *parsed = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
        assert_true(json_equal(parsed, json_object_get(answer.json, "document")));
        json_decref(parsed);
        answer_done(&answer);
        document_path("undocumented", digest, path);
        if (i == 0) /* the application names its deployment; two may have the same settings */
            expect(client_get(ada, path), 404, "document.unknown");
    }
    answer_done(&shown);
    document_path("documented", "00ff", path);
    expect(client_get(ada, path), 404, "document.unknown");
}

static void test_the_policy_refuses_by_its_rules_name(void **state)
{
    (void)state;
    struct answer answer = send_draft(ada, "POST", "/v1/deployments", "against policy",
                                      ",\"location_type\":\"kindergarten\"");
    answer = expect_kept(answer, 403, "policy.location_type");
    assert_string_equal(answer_text(&answer, "error.field"), "location_type");
    answer_done(&answer);
    expect(send_draft(ada, "POST", "/v1/deployments", "x", ",\"flags\":[\"harmless\"]"), 403,
           "policy.flag");
    expect(send_draft(ada, "POST", "/v1/deployments", "x", ",\"categories\":[\"nuisance\"]"), 403,
           "policy.category");
    expect(send_draft(ada, "POST", "/v1/deployments", "x", ",\"retention_watchlist_h\":25"), 422,
           "deployment.retention");
    expect(send_draft(ada, "POST", "/v1/deployments", "x", ",\"necessity\":\"a\\u0007b\""), 422,
           "application.text");
    expect(send_draft(ada, "POST", "/v1/deployments", "x",
                      ",\"cameras\":[{\"site\":\"elsewhere\",\"camera\":\"c\"}]"),
           422, "deployment.cameras");
    expect(
        send_draft(ada, "POST", "/v1/deployments", "x",
                   ",\"cameras\":[{\"site\":\"north\",\"camera\":\"c\",\"zone\":[[0,0],[9,9]]}]"),
        422, "deployment.cameras");
}

/* --- signatures --- */

static struct answer ask_statement(struct client *client, const char *name, const char *verb,
                                   const char *members)
{
    char json[1024];
    (void)snprintf(json, sizeof(json), "{\"act\":\"deployment.%s\"%s%s}", verb,
                   *members != '\0' ? "," : "", members);
    return post(client, name, "statement", json);
}

/* Posts an act with this signature; takes it. */
static struct answer act_with(struct client *client, const char *name, const char *verb,
                              const char *members, json_t *take_signature)
{
    struct answer answer;
    json_t *body = json_loads(members, 0, NULL);
    assert_non_null(body);
    assert_int_equal(json_object_set_new(body, "signature", take_signature), 0);
    size_t size = json_dumpb(body, NULL, 0, 0);
    char *text = calloc(1, size + 1);
    (void)json_dumpb(body, text, size, 0);
    answer = post(client, name, verb, text);
    free(text);
    json_decref(body);
    return answer;
}

#define REASONS "{" CLIENT_REASONS "}"

static void test_only_ones_own_signature_of_what_is_there_counts(void **state)
{
    (void)state;
    draft(ada, "signed");
    struct answer to_sign = expect_kept(ask_statement(ada, "signed", "apply", ""), 200, NULL);
    expect(act_with(ada, "signed", "apply", "{}", client_signature(pam, &to_sign)), 403,
           "signature.invalid");
    json_t *early = client_signature(ada, &to_sign);
    answer_done(&to_sign);
    expect(send_draft(ada, "PATCH", "/v1/deployments/signed", "signed",
                      ",\"revision\":1,\"threshold\":0.6"),
           200, NULL);
    expect(act_with(ada, "signed", "apply", "{}", json_incref(early)), 409, "signature.stale");
    expect(act_with(ada, "signed", "apply", "{}", json_string("me")), 400, "request.wrong_type");
    expect(act_with(ada, "signed", "apply", "{}", json_object()), 400, "request.missing_member");
    expect(act_with(ada, "signed", "apply", "{}",
                    json_pack("{ss ss}", "statement", "s", "value", "not base64")),
           422, "signature.malformed");
    expect(post(ada, "signed", "apply", "{}"), 422, "signature.missing");
    client_apply(ada, "signed");
    /* What was signed for one act is not good for another. */
    expect(act_with(ben, "signed", "authorise", REASONS, early), 409, "signature.stale");
    assert_state("signed", "applied", "none");
}

static void test_an_officers_signature_covers_the_reasons_and_the_list(void **state)
{
    (void)state;
    draft(ada, "covered");
    client_apply(ada, "covered");
    struct answer to_sign =
        expect_kept(ask_statement(ben, "covered", "authorise", CLIENT_REASONS), 200, NULL);
    json_t *signature = client_signature(ben, &to_sign);
    answer_done(&to_sign);
    expect(act_with(ben, "covered", "authorise",
                    "{\"necessity\":\"other\",\"proportionality\":\"measured\"}",
                    json_incref(signature)),
           409, "signature.stale");
    expect(client_add(ada, "covered",
                      "{\"category\":\"missing_at_risk\",\"response\":\"safeguarding\",\"name\":"
                      "\"Zebedee Quill\",\"reference\":\"REF-COVER\"}",
                      bed.portraits[0].data, bed.portraits[0].size),
           201, NULL);
    expect(act_with(ben, "covered", "authorise", REASONS, signature), 409, "signature.stale");
    client_authorise(ben, "covered");
    assert_state("covered", "authorised", "none");
    expect(ask_statement(ben, "covered", "authorise", CLIENT_REASONS), 409,
           "deployment.wrong_state"); /* nor does a second officer replace the first */
    expect(ask_statement(pam, "covered", "authorise", CLIENT_REASONS), 409,
           "deployment.wrong_state");
    expect(post(ben, "covered", "stop", "{}"), 200, NULL);
}

/* Writes hex as bytes into a file of the bed's folder. */
static const char *write_hex(const char *name, const char *hex)
{
    static char paths[2][PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 2];
    size_t size = strlen(hex) / 2;
    uint8_t bytes[512];
    assert_true(size <= sizeof(bytes));
    assert_int_equal(ov_hex_decode(hex, bytes, size), OV_OK);
    (void)snprintf(path, PATH_MAX, "%.2000s/%s", bed.dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return path;
}

static int openssl_verifies(const char *key, const char *value, const char *statement)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%.2000s/statement.txt", bed.dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(statement, file) >= 0);
    assert_int_equal(fclose(file), 0);
    const char *const argv[] = {"openssl", "pkeyutl",  "-verify", "-rawin", "-digest", "sha256",
                                "-pubin",  "-keyform", "DER",     "-inkey", key,       "-sigfile",
                                value,     "-in",      path,      NULL};
    return process_run(argv, NULL, NULL, NULL, 30);
}

static void test_openssl_alone_checks_the_signature_in_an_event(void **state)
{
    (void)state;
    char event[8192];
    draft(ada, "offline");
    client_apply(ada, "offline");
    bed_last_event("deployment.applied", event, sizeof(event));
    json_t *root = json_loads(event, 0, NULL);
    const json_t *signature = json_array_get(json_object_get(root, "signatures"), 0);
    const char *statement = json_string_value(json_object_get(signature, "statement"));
    assert_non_null(statement);
    /* It names the digests that the event has. */
    const json_t *details = json_object_get(root, "details");
    assert_non_null(strstr(statement, json_string_value(json_object_get(details, "application"))));
    assert_non_null(strstr(statement, json_string_value(json_object_get(details, "settings"))));
    const char *key = write_hex("key.der", json_string_value(json_object_get(signature, "key")));
    const char *value =
        write_hex("value.bin", json_string_value(json_object_get(signature, "value")));
    assert_int_equal(openssl_verifies(key, value, statement), 0);
    char changed[2048];
    (void)snprintf(changed, sizeof(changed), "%s ", statement);
    assert_int_not_equal(openssl_verifies(key, value, changed), 0);
    json_decref(root);
}

/* --- decisions --- */

static void test_refusing_and_cancelling_take_reasons_and_the_right_person(void **state)
{
    (void)state;
    draft(pam, "to-refuse");
    expect(post(ben, "to-refuse", "refuse", "{\"reasons\":\"no\"}"), 409, "deployment.wrong_state");
    client_apply(pam, "to-refuse");
    expect(post(pam, "to-refuse", "refuse", "{\"reasons\":\"no\"}"), 403, "deployment.same_person");
    expect(post(ada, "to-refuse", "refuse", "{\"reasons\":\"no\"}"), 403, "permission.denied");
    expect(post(ben, "to-refuse", "refuse", "{}"), 400, "request.missing_member");
    expect(post(ben, "to-refuse", "refuse", "{\"reasons\":\" \\n\"}"), 422, "deployment.reasons");
    expect(post(ben, "to-refuse", "refuse", "{\"reasons\":\"not necessary\\nat all\"}"), 200, NULL);
    assert_state("to-refuse", "refused", "refused");
    expect(post(ben, "to-refuse", "refuse", "{\"reasons\":\"no\"}"), 409, "deployment.wrong_state");

    draft(ada, "to-withdraw");
    expect(post(ada, "to-withdraw", "cancel", "{\"reasons\":\"rain\"}"), 200, NULL);
    assert_state("to-withdraw", "cancelled", "cancelled");
    char event[4096];
    bed_last_event("deployment.cancelled", event, sizeof(event));
    assert_non_null(strstr(event, "\"reasons\":\""));
    assert_null(strstr(event, "rain"));
}

static void test_an_officer_who_is_suspended_meanwhile_does_not_authorise(void **state)
{
    (void)state;
    draft(ada, "suspended");
    client_apply(ada, "suspended");
    struct answer to_sign =
        expect_kept(ask_statement(pam, "suspended", "authorise", CLIENT_REASONS), 200, NULL);
    json_t *signature = client_signature(pam, &to_sign);
    answer_done(&to_sign);
    pg_sql(bed.pg, "admin",
           "ALTER TABLE overt.principal DISABLE TRIGGER ALL; UPDATE overt.principal SET active = "
           "false WHERE name = 'pam'; ALTER TABLE overt.principal ENABLE TRIGGER ALL");
    expect(act_with(pam, "suspended", "authorise", REASONS, signature), 403, "identity.unknown");
    /* The database by itself, should a server not have noticed yet. */
    pg_refuses(bed.pg, "server", "person_required",
               "UPDATE overt.deployment SET state = 'authorised', authority = 'written', "
               "authorised_by = (SELECT id FROM overt.principal WHERE name = 'pam'), "
               "authorised_at = now(), authorisation_digest = application_digest "
               "WHERE name = 'suspended'");
    pg_sql(bed.pg, "admin",
           "ALTER TABLE overt.principal DISABLE TRIGGER ALL; UPDATE overt.principal SET active = "
           "true WHERE name = 'pam'; ALTER TABLE overt.principal ENABLE TRIGGER ALL");
    assert_state("suspended", "applied", "none");
    expect(post(ben, "suspended", "stop", "{}"), 200, NULL);
}

/* --- the urgent path --- */

#define ORAL(officer) "{\"officer\":\"" officer "\",\"reasons\":\"a child is missing\"}"

static void test_an_oral_authorisation_takes_three_people(void **state)
{
    (void)state;
    draft(pam, "oral");
    expect(post(ben, "oral", "oral", ORAL("pam")), 403, "deployment.same_person");
    client_apply(pam, "oral");
    expect(post(ada, "oral", "oral", ORAL("ben")), 403, "permission.denied");
    expect(post(ben, "oral", "oral", ORAL("pam")), 403, "deployment.same_person");
    expect(post(ben, "oral", "oral", ORAL("ben")), 403, "deployment.same_person");
    expect(post(ben, "oral", "oral", ORAL("nobody")), 422, "deployment.officer");
    expect(post(ben, "oral", "oral", ORAL("ada")), 422, "deployment.officer");
    expect(post(ben, "oral", "oral", ORAL("Not A Name")), 422, "deployment.officer");
    expect(post(ben, "oral", "oral", "{\"officer\":\"pam\"}"), 400, "request.missing_member");
    expect(post(ben, "oral", "stop", "{}"), 200, NULL);
}

/* pam authorises by telephone, ben records it, ada has applied. */
static void record_oral(const char *name)
{
    draft(ada, name);
    client_apply(ada, name);
    expect(post(ben, name, "oral", ORAL("pam")), 200, NULL);
}

static int64_t ahead_us;
static int64_t ahead(void *ctx)
{
    (void)ctx;
    return ov_clock_utc_us(ov_clock_system()) + ahead_us;
}
static int64_t mono(void *ctx)
{
    (void)ctx;
    return ov_clock_mono_us(ov_clock_system());
}

static void lapse(int64_t by_us)
{
    struct ov_clock clock = {ahead, mono, NULL};
    struct service service = {.store = bed.store, .vault = bed.vault, .clock = &clock};
    struct ov_error err = OV_ERROR_INIT;
    ahead_us = by_us;
    (void)!service_deployments_lapse_urgent(&service, &err);
}

static void test_the_written_authorisation_may_follow_the_oral_one(void **state)
{
    (void)state;
    record_oral("urgent-a");
    struct answer answer = expect_kept(client_get(ada, "/v1/deployments/urgent-a"), 200, NULL);
    assert_string_equal(answer_text(&answer, "state"), "authorised");
    assert_string_equal(answer_text(&answer, "lifecycle.authority"), "oral");
    assert_string_equal(answer_text(&answer, "lifecycle.oral_by"), "pam");
    assert_string_equal(answer_text(&answer, "lifecycle.recorded_by"), "ben");
    answer_done(&answer);
    expect(post(ada, "urgent-a", "cancel", "{\"reasons\":\"x\"}"), 409, "deployment.oral");
    /* ben has recorded it, and is an authorising officer too. */
    expect(ask_statement(ben, "urgent-a", "authorise", CLIENT_REASONS), 403,
           "deployment.same_person");
    client_authorise(pam, "urgent-a");
    answer = expect_kept(client_get(ada, "/v1/deployments/urgent-a"), 200, NULL);
    assert_string_equal(answer_text(&answer, "state"), "authorised");
    assert_string_equal(answer_text(&answer, "lifecycle.authority"), "written");
    assert_true(json_is_true(json_object_get(json_object_get(answer.json, "lifecycle"), "urgent")));
    answer_done(&answer);
    lapse(INT64_C(48) * HOUR_US); /* it owes nothing any more */
    assert_state("urgent-a", "authorised", "none");
    expect(post(ben, "urgent-a", "stop", "{}"), 200, NULL);
    assert_state("urgent-a", "cancelled", "cancelled");
}

static void test_stopping_does_not_settle_what_was_authorised_orally(void **state)
{
    (void)state;
    pg_sql(bed.pg, "admin",
           "ALTER TABLE overt.deployment DISABLE TRIGGER USER; UPDATE overt.deployment SET oral_at "
           "= oral_at - interval '30 days' WHERE oral_at IS NOT NULL; ALTER TABLE overt.deployment "
           "ENABLE TRIGGER USER"); /* so that this is no second urgent use at the place */
    record_oral("urgent-b");
    expect(post(ada, "urgent-b", "stop", "{}"), 200, NULL);
    assert_state("urgent-b", "closed", "stopped");
    expect(post(pam, "urgent-b", "refuse", "{\"reasons\":\"I said nothing of the kind\"}"), 200,
           NULL);
    assert_state("urgent-b", "closed", "urgent_refused");
    expect(ask_statement(pam, "urgent-b", "authorise", CLIENT_REASONS), 409,
           "deployment.wrong_state");
}

static void test_a_second_urgent_use_at_the_place_needs_the_higher_authority(void **state)
{
    (void)state;
    draft(ada, "urgent-c");
    client_apply(ada, "urgent-c");
    expect(post(ben, "urgent-c", "oral", ORAL("pam")), 403, "policy.higher_authority");
    pg_sql(bed.pg, "admin",
           "ALTER TABLE overt.deployment DISABLE TRIGGER USER; UPDATE overt.deployment SET oral_at "
           "= oral_at - interval '30 days' WHERE oral_at IS NOT NULL; ALTER TABLE overt.deployment "
           "ENABLE TRIGGER USER");
    expect(post(ben, "urgent-c", "oral", ORAL("pam")), 200, NULL);
}

static void test_what_is_not_put_in_writing_in_time_ends(void **state)
{
    (void)state;
    lapse(0);
    assert_state("urgent-c", "authorised", "none");
    /* A server whose clock is far ahead lapses nothing: the database's clock decides. */
    lapse(INT64_C(48) * HOUR_US);
    assert_state("urgent-c", "authorised", "none");
    pg_sql(bed.pg, "admin",
           "ALTER TABLE overt.deployment DISABLE TRIGGER USER; UPDATE overt.deployment SET "
           "written_due_at = now() - interval '1 s' WHERE name = 'urgent-c'; ALTER TABLE "
           "overt.deployment ENABLE TRIGGER USER");
    expect(ask_statement(pam, "urgent-c", "authorise", CLIENT_REASONS), 409,
           "deployment.urgent_lapsed");
    int64_t lapsed = bed_events("deployment.urgent_lapsed");
    lapse(0);
    assert_state("urgent-c", "closed", "urgent_lapsed");
    lapse(0); /* once */
    assert_int_equal(bed_events("deployment.urgent_lapsed"), lapsed + 1);
    struct answer answer = expect_kept(client_get(ada, "/v1/alarms"), 200, NULL);
    assert_string_equal(answer_text(&answer, "alarms.0.code"), "deployment.urgent_lapsed");
    answer_done(&answer);
}

int run_lifecycle_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_applied_for_is_shown_byte_for_byte),
        cmocka_unit_test(test_of_two_people_editing_one_draft_the_second_is_told),
        cmocka_unit_test(test_the_policy_refuses_by_its_rules_name),
        cmocka_unit_test(test_only_ones_own_signature_of_what_is_there_counts),
        cmocka_unit_test(test_an_officers_signature_covers_the_reasons_and_the_list),
        cmocka_unit_test(test_openssl_alone_checks_the_signature_in_an_event),
        cmocka_unit_test(test_refusing_and_cancelling_take_reasons_and_the_right_person),
        cmocka_unit_test(test_an_officer_who_is_suspended_meanwhile_does_not_authorise),
        cmocka_unit_test(test_an_oral_authorisation_takes_three_people),
        cmocka_unit_test(test_the_written_authorisation_may_follow_the_oral_one),
        cmocka_unit_test(test_stopping_does_not_settle_what_was_authorised_orally),
        cmocka_unit_test(test_a_second_urgent_use_at_the_place_needs_the_higher_authority),
        cmocka_unit_test(test_what_is_not_put_in_writing_in_time_ends),
    };
    return cmocka_run_group_tests_name("lifecycle", tests, setup, teardown);
}

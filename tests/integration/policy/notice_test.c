/* Notices by the rules, on a real database: the page's digest is that of its bytes; published is
 * only what was applied for; waiving takes an officer who did not apply. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "common/base/clock.h"
#include "server/service/notice.h"
#include "server/service/service.h"
#include "tests/integration/pg/pg.h"

#define MARKER "<script>Quetzalcoatl-7731</script>"

static struct pg *pg;
static struct service service;
static struct actor applicant;
static struct actor officer;
static struct site site;
static EVP_PKEY *officers_key;

static struct actor person(const char *name, unsigned roles)
{
    struct actor actor = {.serial = "01"};
    actor.principal = (struct principal){
        .id = pg_seed_person(service.store, name, roles), .active = true, .roles = roles};
    (void)snprintf(actor.principal.name, sizeof(actor.principal.name), "%s", name);
    return actor;
}

static int setup(void **state)
{
    (void)state;
    struct ov_error err = OV_ERROR_INIT;
    pg = pg_new(NULL);
    service.clock = ov_clock_system();
    assert_int_equal(store_open(pg_conninfo(pg, "server"), &service.store, &err), OV_OK);
    applicant = person("applicant", ROLE_APPLICANT | ROLE_AUTHORISING_OFFICER);
    officer = person("officer", ROLE_AUTHORISING_OFFICER);
    unsigned char *at = officer.key;
    officers_key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    assert_non_null(officers_key);
    officer.key_bytes = (size_t)i2d_PUBKEY(officers_key, &at);
    site = pg_seed_site(service.store, "north");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    EVP_PKEY_free(officers_key);
    store_close(service.store);
    pg_free(pg);
    return 0;
}

static void fine(enum ov_status status, struct ov_error *err)
{
    if (status != OV_OK)
        fail_msg("%s: %s", err->code, err->text);
    ov_error_clear(err);
}

static void refused(enum ov_status status, struct ov_error *err, const char *wanted)
{
    assert_int_not_equal(status, OV_OK);
    assert_string_equal(err->code, wanted);
    ov_error_clear(err);
}

/* An exercise in state applied, with the notice of its application. */
static struct deployment applied(const char *name, struct notice *ret)
{
    struct ov_error err = OV_ERROR_INIT;
    struct deployment row = pg_seed_deployment(service.store, name, &applicant.principal.id, &site);
    struct notice_facts facts = {.deployment_id = row.id,
                                 .name = MARKER,
                                 .exercise = true,
                                 .place = "by the " MARKER,
                                 .purpose = "first line\nsecond & " MARKER,
                                 .url = "https://force.example/notice",
                                 .starts_at_us = row.starts_at_us,
                                 .ends_at_us = row.ends_at_us};
    fine(store_begin(service.store, &err), &err);
    fine(notice_write(&service, &facts, ret, &err), &err);
    ret->revision = 1;
    fine(store_notice_add(service.store, &row.id, ret, &err), &err);
    pg_seed_event(service.store);
    fine(store_commit(service.store, &err), &err);
    return row;
}

static void the_page_in_the_document_has_the_digest(void **state)
{
    (void)state;
    struct ov_error err = OV_ERROR_INIT;
    struct notice made;
    struct notice found;
    struct deployment row = applied("digest", &made);
    struct ov_buf body = OV_BUF_INIT;
    struct ov_buf page = OV_BUF_INIT;
    fine(service_notice_get(&service, &applicant, &row.id, &found, &body, &err), &err);
    assert_memory_equal(found.page_digest, made.page_digest, OV_DIGEST_BYTES);
    assert_false(found.published || found.waived);
    json_t *root = json_loadb(body.data, body.length, 0, NULL);
    const json_t *line = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(root, "page"), i, line)
        ov_buf_printf(&page, "%s\n", json_string_value(line));
    unsigned char digest[32];
    assert_int_equal(EVP_Digest(page.data, page.length, digest, NULL, EVP_sha256(), NULL), 1);
    assert_memory_equal(digest, found.page_digest, sizeof(digest));
    assert_null(strstr(page.data, "<script"));
    assert_non_null(strstr(page.data, "&lt;script&gt;Quetzalcoatl"));
    assert_true(json_array_size(json_object_get(root, "sign")) > 10);
    assert_true(json_array_size(json_object_get(root, "leaflet")) > 10);
    json_decref(root);
    ov_buf_free(&body);
    ov_buf_free(&page);
}

static void what_is_published_is_what_was_applied_for(void **state)
{
    (void)state;
    struct ov_error err = OV_ERROR_INIT;
    struct notice notice;
    struct deployment row = applied("published", &notice);
    uint8_t other[OV_DIGEST_BYTES] = {1};
    struct notice ret;
    struct deployment operational = row;
    operational.kind = DEPLOYMENT_OPERATIONAL; /* the gate reads the kind only */
    assert_int_equal(service_notice_check(&service, &row, &err), OV_OK); /* an exercise */
    refused(service_notice_check(&service, &operational, &err), &err, "notice.not_published");
    refused(service_notice_publish(&service, &applicant, &row.id, other, "https://force.example/a",
                                   &ret, &err),
            &err, "notice.differs");
    refused(service_notice_publish(&service, &applicant, &row.id, notice.page_digest,
                                   "http://force.example/a", &ret, &err),
            &err, "notice.url");
    refused(service_notice_publish(&service, &officer, &row.id, notice.page_digest,
                                   "https://force.example/a", &ret, &err),
            &err, "permission.denied");
    fine(service_notice_publish(&service, &applicant, &row.id, notice.page_digest,
                                "https://force.example/a", &ret, &err),
         &err);
    assert_true(ret.published);
    assert_true(ov_id_equal(&ret.published_by, &applicant.principal.id));
    assert_int_equal(service_notice_check(&service, &operational, &err), OV_OK);
    refused(service_notice_publish(&service, &applicant, &row.id, notice.page_digest,
                                   "https://force.example/a", &ret, &err),
            &err, "notice.exists");
    assert_int_equal(pg_value(pg, "oversight",
                              "SELECT count(*) FROM audit.event WHERE "
                              "convert_from(body, 'UTF8') LIKE '%\"name\":\"notice.published\"%'"),
                     1);
    /* Where is in a document; events hold codes and digests. */
    assert_int_equal(pg_value(pg, "oversight",
                              "SELECT count(*) FROM audit.event WHERE "
                              "convert_from(body, 'UTF8') LIKE '%force.example%'"),
                     0);
}

/* The officer signs what the server gives, and waives. */
static enum ov_status waive(const struct ov_id *id, const char *reason, struct notice *ret,
                            struct ov_error *err)
{
    struct deployment_to_sign to_sign = {.document_count = 0};
    uint8_t value[64];
    size_t size = sizeof(value);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_non_null(ctx);
    enum ov_status status =
        service_notice_waive_statement(&service, &officer, id, reason, &to_sign, err);
    if (status == OV_OK) {
        assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, officers_key), 1);
        assert_int_equal(EVP_DigestSign(ctx, value, &size,
                                        (const unsigned char *)to_sign.statement.text,
                                        strlen(to_sign.statement.text)),
                         1);
        struct signature signature = {
            .statement = to_sign.statement.text, .value = value, .value_bytes = size};
        status = service_notice_waive(&service, &officer, id, reason, &signature, ret, err);
    }
    EVP_MD_CTX_free(ctx);
    deployment_to_sign_done(&to_sign);
    return status;
}

#define WAIVE(by)                                                                                  \
    "INSERT INTO overt.notice_waiver SELECT d.id, n.document_digest, " by                          \
    ", now() FROM overt.deployment d JOIN overt.deployment_notice n ON n.deployment_id = d.id "    \
    "WHERE d.name = 'published'"

static void prior_notice_is_waived_by_an_officer_who_did_not_apply(void **state)
{
    (void)state;
    struct ov_error err = OV_ERROR_INIT;
    struct notice notice;
    struct notice ret;
    struct deployment row = applied("waived", &notice);
    struct deployment operational = row;
    operational.kind = DEPLOYMENT_OPERATIONAL;
    refused(service_notice_waive(&service, &applicant, &row.id, "no time", NULL, &ret, &err), &err,
            "notice.same_person");
    refused(service_notice_waive(&service, &officer, &row.id, " \n", NULL, &ret, &err), &err,
            "notice.reason");
    refused(service_notice_waive(&service, &officer, &row.id, "unsigned", NULL, &ret, &err), &err,
            "signature.missing");
    fine(waive(&row.id, "an urgent threat\nto life", &ret, &err), &err);
    assert_true(ret.waived && !ret.published);
    assert_int_equal(service_notice_check(&service, &operational, &err), OV_OK);
    refused(waive(&row.id, "again", &ret, &err), &err, "notice.waived");
    assert_int_equal(pg_value(pg, "oversight",
                              "SELECT count(*) FROM audit.document WHERE kind = 'notice.waiver' "
                              "AND convert_from(body, 'UTF8') LIKE '%to life%'"),
                     1);
    /* Past the rules, by SQL: the applicant, and a person without the role. */
    pg_refuses(pg, "server", PG_DENIED, "UPDATE overt.notice_waiver SET waived_at = now()");
    pg_refuses(pg, "server", "notice_two_people", WAIVE("applied_by"));
    pg_refuses(pg, "server", "role_required",
               WAIVE("(SELECT id FROM overt.principal WHERE name = 'seed-one')"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_in_the_document_has_the_digest),
        cmocka_unit_test(what_is_published_is_what_was_applied_for),
        cmocka_unit_test(prior_notice_is_waived_by_an_officer_who_did_not_apply),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

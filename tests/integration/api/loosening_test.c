/* Loosening the operating settings over the API: who approves, and with which model. */
#include "tests/integration/api/tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"

static struct client *ada;
static struct client *ben;  /* authorising officer */
static struct client *pam;  /* applicant and authorising officer */
static struct client *hana; /* higher authority */

static int setup(void **state)
{
    (void)state;
    ada = client_new("person-ada");
    ben = client_new("person-ben");
    pam = client_new("person-pam");
    hana = client_new("person-hana");
    expect(client_post(ada, "/v1/sites", "{\"name\":\"loose-site\"}"), 201, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_free(ada);
    client_free(ben);
    client_free(pam);
    client_free(hana);
    return 0;
}

static struct answer post(struct client *client, const char *name, const char *verb,
                          const char *json)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/%s", name, verb);
    return client_post(client, path, json);
}

/* An exercise, authorised. */
static void authorised(const char *name, struct client *applicant, struct client *officer,
                       const char *more)
{
    char json[512];
    (void)snprintf(json, sizeof(json),
                   "{\"name\":\"%s\",\"purpose\":\"p\",\"kind\":\"exercise\",\"sites\":"
                   "[\"loose-site\"],\"threshold\":0.7,\"cool_down_s\":60%s}",
                   name, more);
    expect(client_post(applicant, "/v1/deployments", json), 201, NULL);
    client_apply(applicant, name);
    client_authorise(officer, name);
}

/* Takes the signature. */
static struct answer post_signed(struct client *client, const char *name, const char *verb,
                                 const char *members, json_t *take_signature)
{
    json_t *body = json_loads(members, 0, NULL);
    assert_non_null(body);
    assert_int_equal(json_object_set_new(body, "signature", take_signature), 0);
    char text[4096];
    size_t size = json_dumpb(body, text, sizeof(text) - 1, 0);
    assert_in_range(size, 1, sizeof(text) - 1);
    text[size] = '\0';
    json_decref(body);
    return post(client, name, verb, text);
}

static void propose(const char *name, const char *change)
{
    struct answer draft = expect_kept(post(ben, name, "settings/draft", change), 200, NULL);
    json_t *signature = client_signature(ben, &draft);
    assert_string_equal(answer_text(&draft, "direction"), "looser");
    answer_done(&draft);
    expect(post_signed(ben, name, "settings", change, signature), 200, NULL);
}

static struct answer waiting(struct client *client, const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/settings/change", name);
    return client_get(client, path);
}

#define SOONER "{\"reason\":\"r\",\"cool_down_s\":30}"

/* Neither the statement nor, with it from elsewhere, the approval. */
static void assert_not_approved_by(struct client *client, const char *name, const char *code)
{
    expect(waiting(client, name), 403, code);
    struct answer of_another = expect_kept(waiting(hana, name), 200, NULL);
    json_t *signature = client_signature(client, &of_another);
    answer_done(&of_another);
    expect(post_signed(client, name, "settings/change/approve", "{}", signature), 403, code);
}

static void approve(struct client *client, const char *name)
{
    struct answer answer = expect_kept(waiting(client, name), 200, NULL);
    json_t *signature = client_signature(client, &answer);
    answer_done(&answer);
    answer = expect_kept(post_signed(client, name, "settings/change/approve", "{}", signature), 200,
                         NULL);
    assert_int_equal(answer_int(&answer, "cool_down_s"), 30);
    answer_done(&answer);
}

static void test_who_applied_approves_no_loosening(void **state)
{
    (void)state;
    authorised("loose-own", pam, ben, "");
    propose("loose-own", SOONER);
    assert_not_approved_by(pam, "loose-own", "deployment.same_person");
    assert_not_approved_by(ben, "loose-own", "settings.same_person");
    approve(hana, "loose-own");
    expect(post(ben, "loose-own", "stop", "{}"), 200, NULL);
}

static void test_what_took_the_higher_authority_is_loosened_by_it(void **state)
{
    (void)state;
    authorised("loose-flagged", ada, hana, ",\"flags\":[\"worship\"]");
    propose("loose-flagged", SOONER);
    assert_not_approved_by(pam, "loose-flagged", "policy.higher_authority");
    approve(hana, "loose-flagged");
    authorised("loose-plain", ada, ben, "");
    propose("loose-plain", SOONER);
    approve(pam, "loose-plain");
    expect(post(ben, "loose-flagged", "stop", "{}"), 200, NULL);
    expect(post(ben, "loose-plain", "stop", "{}"), 200, NULL);
}

#define MODEL "(SELECT model_digest FROM overt.deployment WHERE name = 'loose-model')"
#define ADA "(SELECT id FROM overt.principal WHERE name = 'ada')"
#define HANA "(SELECT id FROM overt.principal WHERE name = 'hana')"

static void test_a_loosening_asks_for_an_accepted_model(void **state)
{
    (void)state;
    authorised("loose-model", ada, ben,
               ",\"cameras\":[{\"site\":\"loose-site\",\"camera\":\"cam1\"}]");
    pg_sql(bed.pg, "admin",
           "SET session_replication_role = replica; UPDATE overt.deployment SET kind = "
           "'operational' WHERE name = 'loose-model'");
    expect(post(ben, "loose-model", "settings/draft", SOONER), 409, "model.not_accepted");
    expect(post(ben, "loose-model", "settings", SOONER), 409, "model.not_accepted");
    expect(post(ben, "loose-model", "settings", "{\"reason\":\"r\",\"cool_down_s\":90}"), 200,
           NULL);
    pg_sql(bed.pg, "admin",
           "SET session_replication_role = replica; INSERT INTO overt.model_acceptance VALUES "
           "(gen_random_uuid(), " MODEL ", sha256('report'), 0.65, sha256('document'), " ADA
           ", now()); INSERT INTO overt.model_decision SELECT id, 'approved', proposed_by, " HANA
           ", now() FROM overt.model_acceptance");
    expect(post(ben, "loose-model", "settings/draft", "{\"reason\":\"r\",\"threshold\":0.64}"), 409,
           "model.threshold_floor");
    propose("loose-model", "{\"reason\":\"r\",\"threshold\":0.66}");
    pg_sql(bed.pg, "admin",
           "SET session_replication_role = replica; INSERT INTO overt.model_decision SELECT id, "
           "'withdrawn', proposed_by, " ADA ", now() FROM overt.model_acceptance");
    expect(post(ben, "loose-model", "stop", "{}"), 200, NULL);
}

int run_loosening_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_applied_approves_no_loosening),
        cmocka_unit_test(test_what_took_the_higher_authority_is_loosened_by_it),
        cmocka_unit_test(test_a_loosening_asks_for_an_accepted_model),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

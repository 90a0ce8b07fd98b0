/* Who gets in. */
#include "tests/integration/api/tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"

static void expect_as(const char *identity, long status, const char *code)
{
    struct client *client = client_new(identity);
    expect(client_get(client, "/v1/status"), status, code);
    client_free(client);
}

static void test_a_registered_person_gets_in(void **state)
{
    (void)state;
    struct client *ada = client_new("person-ada");
    struct answer answer = expect_kept(client_get(ada, "/v1/status"), 200, NULL);
    assert_string_equal(answer_text(&answer, "me.name"), "ada");
    assert_string_equal(answer_text(&answer, "me.roles.0"), "administrator");
    assert_int_equal(answer_int(&answer, "live.probes_compared"), 1234567890123);
    assert_int_equal(answer_int(&answer, "live.templates"), 6);
    assert_int_equal(answer_int(&answer, "model.dimension"), 512);
    assert_int_equal(strlen(answer_text(&answer, "model.digest")), 64);
    assert_string_equal(answer_text(&answer, "schema"), store_known_schema());
    assert_non_null(strstr(answer.headers, "Content-Type: application/json; charset=utf-8"));
    assert_non_null(strstr(answer.headers, "Cache-Control: no-store"));
    assert_non_null(strstr(answer.headers, "X-Content-Type-Options: nosniff"));
    assert_non_null(strstr(answer.headers, "Overt-Request-Id: "));
    answer_done(&answer);
    client_free(ada);
}

static void test_a_site_is_no_person(void **state)
{
    (void)state;
    expect_as("site-north", 403, "identity.not_a_person");
}

static void test_unknown_and_inactive_people_are_told_the_same(void **state)
{
    (void)state;
    expect_as("person-ghost", 403, "identity.unknown");
    expect_as("person-ina", 403, "identity.unknown");
}

static void test_no_or_a_bad_certificate_gets_no_answer_at_all(void **state)
{
    (void)state;
    expect_as(NULL, 0, NULL);
    expect_as("person-rita", 0, NULL);                               /* revoked */
    expect_as("person-eva", 0, NULL);                                /* expired */
    struct client *stranger = client_new_at("other-pki/person-ada"); /* another authority */
    expect(client_get(stranger, "/v1/status"), 0, NULL);
    client_free(stranger);
}

static void test_roles_decide_and_the_refusal_says_which(void **state)
{
    (void)state;
    struct client *olga = client_new("person-olga");
    struct client *adam = client_new("person-adam");
    expect(client_get(olga, "/v1/status"), 200, NULL);
    expect(client_get(olga, "/v1/deployments"), 200, NULL);
    expect(client_post(olga, "/v1/sites", "{\"name\":\"x\"}"), 403, "permission.denied");
    expect(client_post(olga, "/v1/deployments", "{}"), 403, "permission.denied");
    expect(client_post(olga, "/v1/deployments/x/start", "{}"), 403, "permission.denied");
    expect(client_post(olga, "/v1/deployments/x/stop", "{}"), 403, "permission.denied");
    expect(client_get(olga, "/v1/deployments/x/watchlist"), 403, "permission.denied");
    expect(client_get(olga, "/v1/deployments/x/alerts"), 403, "permission.denied");
    expect(client_delete(olga, "/v1/deployments/x/watchlist/y"), 403, "permission.denied");
    expect(client_post(olga, "/v1/deployments/x/watchlist/approve", "{}"), 403,
           "permission.denied");
    expect(client_add(olga, "x", "{}", "x", 1), 403, "permission.denied");
    expect(client_get(adam, "/v1/deployments/x/watchlist"), 403, "permission.denied");
    expect(client_get(adam, "/v1/deployments/x/alerts"), 404, "deployment.unknown");
    client_free(olga);
    client_free(adam);
}

int run_identity_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_registered_person_gets_in),
        cmocka_unit_test(test_a_site_is_no_person),
        cmocka_unit_test(test_unknown_and_inactive_people_are_told_the_same),
        cmocka_unit_test(test_no_or_a_bad_certificate_gets_no_answer_at_all),
        cmocka_unit_test(test_roles_decide_and_the_refusal_says_which),
    };
    return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}

/* Lists that grow come page by page. */
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

#define UNKNOWN "00000000-0000-4000-8000-00000000abcd"

static struct client *ada;

static int setup(void **state)
{
    (void)state;
    struct ov_id applicant;
    struct ov_error err = OV_ERROR_INIT;
    struct principal person;
    ada = client_new("person-ada");
    assert_int_equal(store_principal_by_identity(bed.store, "overt://person/ada", &person, &err),
                     OV_OK);
    applicant = person.id;
    for (int i = 0; i < 5; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "page-%d", i);
        struct site site = pg_seed_site(bed.store, name);
        (void)pg_seed_deployment(bed.store, name, &applicant, &site);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_free(ada);
    return 0;
}

static void check_whole(const char *path, const char *key, const char *count_sql)
{
    char whole[96];
    json_t *ids = client_walk(ada, path, key);
    assert_int_equal(json_array_size(ids), pg_value(bed.pg, "owner", count_sql));
    (void)snprintf(whole, sizeof(whole), "%s%climit=500", path,
                   strchr(path, '?') != NULL ? '&' : '?');
    struct answer answer = expect_kept(client_get(ada, whole), 200, NULL);
    const json_t *items = json_object_get(answer.json, key);
    assert_int_equal(json_array_size(items), json_array_size(ids));
    for (size_t i = 0; i < json_array_size(ids); i++)
        assert_true(
            json_equal(json_object_get(json_array_get(items, i), "id"), json_array_get(ids, i)));
    answer_done(&answer);
    json_decref(ids);
}

static void test_pages_together_are_the_list(void **state)
{
    (void)state;
    check_whole("/v1/sites", "sites", "SELECT count(*) FROM overt.site");
    check_whole("/v1/people", "people",
                "SELECT count(*) FROM overt.principal WHERE kind = 'person'");
    check_whole("/v1/people/decisions?state=all", "decisions",
                "SELECT count(*) FROM overt.people_decision");
    check_whole("/v1/deployments", "deployments", "SELECT count(*) FROM overt.deployment");
}

static void test_a_wrong_page_is_told_so(void **state)
{
    (void)state;
    static const char *const paths[] = {"/v1/sites", "/v1/deployments", "/v1/alarms", "/v1/people",
                                        "/v1/people/decisions"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        static const char *const wrong[] = {"limit=0", "limit=501", "limit=x", "after=x"};
        char path[128];
        for (size_t j = 0; j < sizeof(wrong) / sizeof(wrong[0]); j++) {
            (void)snprintf(path, sizeof(path), "%s?%s", paths[i], wrong[j]);
            expect(client_get(ada, path), 400, "request.parameter");
        }
        (void)snprintf(path, sizeof(path), "%s?page=2", paths[i]);
        expect(client_get(ada, path), 400, "request.unknown_parameter");
        (void)snprintf(path, sizeof(path), "%s?after=" UNKNOWN, paths[i]);
        expect(client_get(ada, path), 200, NULL); /* nothing comes after nothing */
    }
}

int run_pages_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_together_are_the_list),
        cmocka_unit_test(test_a_wrong_page_is_told_so),
    };
    return cmocka_run_group_tests_name("pages", tests, setup, teardown);
}

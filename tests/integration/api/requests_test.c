/* The form of requests: paths, methods, types, sizes, JSON. */
#include "tests/integration/api/tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/api/description.h"
#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"

static struct client *ada;

static int setup(void **state)
{
    (void)state;
    ada = client_new("person-ada");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_free(ada);
    return 0;
}

static void test_unknown_paths_are_404_and_unknown_methods_405(void **state)
{
    (void)state;
    static const char *const methods[] = {"PATCH", "PUT", "DELETE", "OPTIONS"};
    expect(client_get(ada, "/"), 400, "request.path");
    expect(client_get(ada, "/v1/nothing"), 404, "request.unknown_path");
    expect(client_get(ada, "/v1/deployments/%zz"), 400, "request.path");
    expect(client_get(ada, "/v1/status?x=1&x=1"), 400, "request.query");
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        struct answer answer = client_send(ada, methods[i], "/v1/status", NULL, NULL, 0);
        answer = expect_kept(answer, 405, "request.method");
        assert_non_null(strstr(answer.headers, "Allow: GET\r\n"));
        answer_done(&answer);
    }
    expect(client_send(ada, "PATCH", "/v1/sites", NULL, "{}", 2), 405, "request.method");
}

static void test_a_body_has_to_be_of_its_type(void **state)
{
    (void)state;
    static const char *const form[] = {"Content-Type: application/x-www-form-urlencoded", NULL};
    static const char *const text[] = {"Content-Type: text/plain", NULL};
    static const char *const with_charset[] = {"Content-Type: Application/JSON; charset=utf-8",
                                               NULL};
    static const char *const twice[] = {"Content-Type: application/json",
                                        "Content-Type: text/plain", NULL};
    expect(client_send(ada, "POST", "/v1/sites", form, "name=x", 6), 415, "request.content_type");
    expect(client_send(ada, "POST", "/v1/sites", text, "{}", 2), 415, "request.content_type");
    expect(client_send(ada, "POST", "/v1/sites", twice, "{}", 2), 415, "request.content_type");
    expect(client_send(ada, "POST", "/v1/sites", with_charset, "{}", 2), 400,
           "request.missing_member");
    expect(client_send(ada, "GET", "/v1/status", text, "x", 1), 400, "request.body");
    expect(client_send(ada, "DELETE", "/v1/deployments/x/watchlist/y", text, "x", 1), 400,
           "request.body");
    expect(client_get(ada, "/v1/status"), 200, NULL);
}

static void test_another_sites_page_is_kept_out(void **state)
{
    (void)state;
    static const char *const cross[] = {"Sec-Fetch-Site: cross-site", NULL};
    static const char *const same[] = {"Sec-Fetch-Site: same-origin", NULL};
    expect(client_send(ada, "GET", "/v1/status", cross, NULL, 0), 403, "request.cross_site");
    expect(client_send(ada, "GET", "/v1/status", same, NULL, 0), 200, NULL);
}

static void test_json_is_read_strictly(void **state)
{
    (void)state;
    expect(client_post(ada, "/v1/sites", "{\"name\":"), 400, "request.malformed");
    expect(client_post(ada, "/v1/sites", "[]"), 400, "request.malformed");
    expect(client_post(ada, "/v1/sites", "{\"name\":\"a\",\"name\":\"b\"}"), 400,
           "request.malformed");
    expect(client_post(ada, "/v1/sites", "{\"name\":\"a\",\"x\":1}"), 400,
           "request.unknown_member");
    struct answer answer = client_post(ada, "/v1/sites", "{\"name\":1}");
    answer = expect_kept(answer, 400, "request.wrong_type");
    assert_string_equal(answer_text(&answer, "error.field"), "name");
    answer_done(&answer);
    expect(client_post(ada, "/v1/sites", "{\"name\":\"North Gate\"}"), 422, "site.name");
}

static void test_too_large_is_413_as_json(void **state)
{
    (void)state;
    static const char *const json[] = {"Content-Type: application/json", NULL};
    static const char *const jpeg[] = {"Content-Type: image/jpeg", "Overt-Entry: e30", NULL};
    size_t size = (size_t)17 * 1024 * 1024;
    char *body = calloc(1, size);
    assert_non_null(body);
    expect(client_send(ada, "POST", "/v1/sites", json, body, (size_t)65 * 1024), 413,
           "request.too_large");
    expect(client_send(ada, "POST", "/v1/sites", json, body, size), 413, "request.too_large");
    expect(client_send(ada, "POST", "/v1/deployments/x/watchlist", jpeg, body, size), 413,
           "request.too_large");
    free(body);
    /* Beyond any reason evhttp refuses by itself, before the body is read: without our JSON. */
    size = (size_t)40 * 1024 * 1024;
    body = calloc(1, size);
    struct answer answer = client_send(ada, "POST", "/v1/sites", json, body, size);
    assert_int_equal(answer.status, 413);
    answer_done(&answer);
    free(body);
    expect(client_get(ada, "/v1/status"), 200, NULL);
}

static void test_headers_too_long_are_refused(void **state)
{
    (void)state;
    char *header = malloc(20000);
    memset(header, 'a', 20000);
    memcpy(header, "X-Long: ", 8);
    header[19999] = '\0';
    const char *const headers[] = {header, NULL};
    struct answer answer = client_send(ada, "GET", "/v1/status", headers, NULL, 0);
    assert_int_equal(answer.status, 400);
    answer_done(&answer);
    free(header);
    expect(client_get(ada, "/v1/status"), 200, NULL);
}

static void test_sites_are_added_once_and_listed(void **state)
{
    (void)state;
    int64_t before = bed_events("site.added");
    struct answer answer = client_post(ada, "/v1/sites", "{\"name\":\"north\"}");
    answer = expect_kept(answer, 201, NULL);
    assert_string_equal(answer_text(&answer, "name"), "north");
    assert_int_equal(strlen(answer_text(&answer, "id")), 36);
    answer_done(&answer);
    expect(client_post(ada, "/v1/sites", "{\"name\":\"north\"}"), 409, "site.exists");
    expect(client_post(ada, "/v1/sites", "{\"name\":\"south\"}"), 201, NULL);
    assert_int_equal(bed_events("site.added"), before + 2);
    answer = expect_kept(client_get(ada, "/v1/sites"), 200, NULL);
    assert_int_equal(json_array_size(json_object_get(answer.json, "sites")), 2);
    assert_int_equal(strlen(answer_text(&answer, "sites.0.added_at")), 24);
    answer_done(&answer);
}

static void test_the_description_is_served_to_anyone_with_a_certificate(void **state)
{
    (void)state;
    struct client *olga = client_new("person-olga");
    struct client *ghost = client_new("person-ghost");
    struct answer answer = client_get(olga, "/v1/openapi.yaml");
    answer = expect_kept(answer, 200, NULL);
    assert_non_null(strstr(answer.headers, "Content-Type: application/yaml\r\n"));
    assert_non_null(strstr(answer.headers, "Cache-Control: no-store\r\n"));
    assert_int_equal(answer.body.length, description_size);
    answer_done(&answer);
    expect(client_get(olga, "/v1/openapi.yaml?x=1"), 400, "request.unknown_parameter");
    expect(client_get(olga, "/v1/openapi.json"), 404, "request.unknown_path");
    expect(client_get(ghost, "/v1/openapi.yaml"), 403, "identity.unknown");
    client_free(olga);
    client_free(ghost);
}

static void test_an_outage_of_the_database_is_503_and_passes(void **state)
{
    (void)state;
    pg_stop(bed.pg);
    struct answer answer = expect_kept(client_get(ada, "/v1/sites"), 503, "server.unavailable");
    assert_null(strstr(answer_text(&answer, "error.text"), "connection"));
    answer_done(&answer);
    pg_restart(bed.pg);
    expect(client_get(ada, "/v1/sites"), 200, NULL);
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(store_ensure(bed.store, &err), OV_OK);
}

int run_requests_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown_paths_are_404_and_unknown_methods_405),
        cmocka_unit_test(test_a_body_has_to_be_of_its_type),
        cmocka_unit_test(test_another_sites_page_is_kept_out),
        cmocka_unit_test(test_json_is_read_strictly),
        cmocka_unit_test(test_too_large_is_413_as_json),
        cmocka_unit_test(test_headers_too_long_are_refused),
        cmocka_unit_test(test_sites_are_added_once_and_listed),
        cmocka_unit_test(test_the_description_is_served_to_anyone_with_a_certificate),
        cmocka_unit_test(test_an_outage_of_the_database_is_503_and_passes),
    };
    return cmocka_run_group_tests_name("requests", tests, setup, teardown);
}

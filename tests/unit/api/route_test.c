/* The table of routes, and errors as replies. */
#include "tests/unit/api/api_tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "server/api/reply.h"
#include "server/api/route.h"

static void find(enum request_method method, const char *target, const char *pattern,
                 const char *code)
{
    struct request *request = request_new();
    struct ov_error err = OV_ERROR_INIT;
    request->method = method;
    assert_int_equal(request_parse_target(request, target, NULL), OV_OK);
    enum ov_status status = route_find(request, &err);
    assert_int_equal(status == OV_OK, pattern != NULL);
    if (pattern != NULL)
        assert_string_equal(request->route->pattern, pattern);
    else
        assert_string_equal(err.code, code);
    request_free(request);
}

static void test_requests_find_their_route(void **state)
{
    (void)state;
    find(METHOD_GET, "/v1/status", "/v1/status", NULL);
    find(METHOD_GET, "/v1/deployments/a%20b", "/v1/deployments/{deployment}", NULL);
    find(METHOD_POST, "/v1/deployments/x/watchlist/approve",
         "/v1/deployments/{deployment}/watchlist/approve", NULL);
    find(METHOD_DELETE, "/v1/deployments/x/watchlist/y",
         "/v1/deployments/{deployment}/watchlist/{entry}", NULL);
}

static void test_unknown_paths_and_methods_are_told_apart(void **state)
{
    (void)state;
    find(METHOD_GET, "/v1", NULL, "request.unknown_path");
    find(METHOD_GET, "/v2/status", NULL, "request.unknown_path");
    find(METHOD_GET, "/v1/status/x", NULL, "request.unknown_path");
    find(METHOD_GET, "/v1/deployments/x/watchlist/y/z", NULL, "request.unknown_path");
    find(METHOD_PATCH, "/v1/status", NULL, "request.method");
    find(METHOD_OTHER, "/v1/sites", NULL, "request.method");
    find(METHOD_POST, "/v1/status", NULL, "request.method");
    find(METHOD_DELETE, "/v1/deployments", NULL, "request.method");
}

static void test_a_refused_method_names_those_that_work(void **state)
{
    (void)state;
    struct request *request = request_new();
    char allowed[64];
    assert_int_equal(request_parse_target(request, "/v1/sites", NULL), OV_OK);
    assert_string_equal(route_allowed(request, allowed, sizeof(allowed)), "GET, POST");
    request_free(request);
}

static void test_no_route_is_there_twice(void **state)
{
    (void)state;
    size_t count = 0;
    const struct route *table = route_table(&count);
    for (size_t a = 0; a < count; a++) {
        for (size_t b = 0; b < a; b++)
            assert_false(table[a].method == table[b].method &&
                         strcmp(table[a].pattern, table[b].pattern) == 0);
        assert_non_null(table[a].handle);
        /* What changes something takes a body type that a plain web form cannot send. */
        assert_true(table[a].method != METHOD_POST || table[a].body != BODY_NONE);
    }
}

/* The reply to an error; the caller decrefs. */
static json_t *error_reply(enum ov_status status, const char *code, const char *text,
                           int *ret_http_status)
{
    struct request *request = request_new();
    struct ov_error err = OV_ERROR_INIT;
    (void)!ov_fail(&err, status, code, "%s", text);
    reply_error(request, &err);
    json_t *root =
        json_loadb((const char *)request->reply.body.data, request->reply.body.size, 0, NULL);
    *ret_http_status = request->reply.status;
    request_free(request);
    assert_non_null(root);
    return root;
}

static void assert_error(enum ov_status status, const char *code, int http_status,
                         const char *public_code, bool text_passes)
{
    int given = 0;
    json_t *root = error_reply(status, code, "/var/secret", &given);
    const json_t *error = json_object_get(root, "error");
    assert_int_equal(given, http_status);
    assert_string_equal(json_string_value(json_object_get(error, "code")), public_code);
    const char *text = json_string_value(json_object_get(error, "text"));
    assert_int_equal(strstr(text, "/var/secret") != NULL, text_passes);
    json_decref(root);
}

static void test_errors_get_their_status_and_only_public_ones_their_text(void **state)
{
    (void)state;
    assert_error(OV_ERR_INVALID, "request.malformed", 400, "request.malformed", true);
    assert_error(OV_ERR_INVALID, "watchlist.no_face", 422, "watchlist.no_face", true);
    assert_error(OV_ERR_LIMIT, "request.too_large", 413, "request.too_large", true);
    assert_error(OV_ERR_INVALID, "request.content_type", 415, "request.content_type", true);
    assert_error(OV_ERR_INVALID, "request.method", 405, "request.method", true);
    assert_error(OV_ERR_NOT_FOUND, "deployment.unknown", 404, "deployment.unknown", true);
    assert_error(OV_ERR_DENIED, "permission.denied", 403, "permission.denied", true);
    assert_error(OV_ERR_STATE, "model.not_accepted", 409, "model.not_accepted", true);
    assert_error(OV_ERR_UNAVAILABLE, "store.down", 503, "server.unavailable", false);
    assert_error(OV_ERR_CONFLICT, "store.conflict", 503, "server.unavailable", false);
    assert_error(OV_ERR_NOT_FOUND, "vault.key_gone", 500, "server.internal", false);
    assert_error(OV_ERR_CRYPTO, "vault.unsealed", 500, "server.internal", false);
    assert_error(OV_ERR_INVALID, "file.open", 500, "server.internal", false);
    assert_error(OV_ERR_INTERNAL, "watchlist.thumbnail", 500, "server.internal", false);
    assert_error(OV_ERR_NOMEM, "memory", 503, "server.unavailable", false);
}

static void test_an_error_names_the_member_it_is_about(void **state)
{
    (void)state;
    int given = 0;
    json_t *root = error_reply(OV_ERR_INVALID, "deployment.threshold", "x", &given);
    assert_string_equal(json_string_value(json_object_get(json_object_get(root, "error"), "field")),
                        "threshold");
    json_decref(root);
}

int run_route_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_find_their_route),
        cmocka_unit_test(test_unknown_paths_and_methods_are_told_apart),
        cmocka_unit_test(test_a_refused_method_names_those_that_work),
        cmocka_unit_test(test_no_route_is_there_twice),
        cmocka_unit_test(test_errors_get_their_status_and_only_public_ones_their_text),
        cmocka_unit_test(test_an_error_names_the_member_it_is_about),
    };
    return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}

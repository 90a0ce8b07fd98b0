/* Paths, queries and base64url. */
#include "tests/unit/api/api_tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/api/request.h"

static enum ov_status parse(const char *target, struct request **ret_request)
{
    struct request *request = request_new();
    assert_non_null(request);
    enum ov_status status = request_parse_target(request, target, NULL);
    if (status == OV_OK && ret_request != NULL)
        *ret_request = request;
    else
        request_free(request);
    return status;
}

static void test_a_target_is_split_and_decoded(void **state)
{
    (void)state;
    struct request *request = NULL;
    assert_int_equal(
        parse("/v1/deployments/M%C3%A4rz%20%2F%201/alerts?after=12&wait_s=3", &request), OV_OK);
    if (request == NULL) {
        fail();
        return;
    }
    assert_int_equal(request->segment_count, 4);
    assert_string_equal(request->segments[1], "deployments");
    assert_string_equal(request->segments[2], "März / 1"); /* an escaped slash splits nothing */
    assert_string_equal(request_query_value(request, "after"), "12");
    assert_string_equal(request_query_value(request, "wait_s"), "3");
    assert_null(request_query_value(request, "limit"));
    request_free(request);
}

static void test_bad_targets_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "/",
        "v1/status",
        "http://host/v1/status",
        "*",
        "//v1",
        "/v1/",
        "/v1//x",
        "/v1/%",
        "/v1/%2",
        "/v1/%zz",
        "/v1/%00",
        "/v1/%0a",
        "/v1/%ff",
        "/v1/%c3",
        "/1/2/3/4/5/6/7/8/9",
        "/v1?",
        "/v1?a",
        "/v1?a=",
        "/v1?=b",
        "/v1?a=1&",
        "/v1?a=1&a=2",
        "/v1?a=%0d%0aX: y",
        "/v1?a=1&b=1&c=1&d=1&e=1",
        "/v1?abcdefghijklmnopqrstuvwxyzabcdefghijklm=1",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (parse(bad[i], NULL) != OV_ERR_INVALID)
            fail_msg("taken: %s", bad[i]);
    }
}

static void test_the_longest_segment_fits_and_one_more_does_not(void **state)
{
    (void)state;
    char target[REQUEST_TEXT_MAX + 2];
    memset(target, 'a', sizeof(target));
    target[0] = '/';
    target[REQUEST_TEXT_MAX + 1] = '\0';
    assert_int_equal(parse(target, NULL), OV_ERR_INVALID);
    target[REQUEST_TEXT_MAX] = '\0';
    assert_int_equal(parse(target, NULL), OV_OK);
}

static void test_numbers_in_queries_are_whole_and_in_range(void **state)
{
    (void)state;
    static const char *const good[] = {"/v1?limit=1", "/v1?limit=500"};
    static const char *const bad[] = {
        "/v1?limit=0", "/v1?limit=501",  "/v1?limit=-1",   "/v1?limit=1.5",
        "/v1?limit=x", "/v1?limit=0x10", "/v1?limit=%201", "/v1?limit=99999999999999999999"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]) + sizeof(bad) / sizeof(bad[0]); i++) {
        bool is_good = i < sizeof(good) / sizeof(good[0]);
        struct request *request = NULL;
        int64_t value = 0;
        assert_int_equal(parse(is_good ? good[i] : bad[i - 2], &request), OV_OK);
        enum ov_status status = request_query_i64(request, "limit", 1, 500, 100, &value, NULL);
        assert_int_equal(status, is_good ? OV_OK : OV_ERR_INVALID);
        assert_string_equal(request->field, is_good ? "" : "limit");
        request_free(request);
    }
    struct request *request = NULL;
    int64_t value = 0;
    assert_int_equal(parse("/v1", &request), OV_OK);
    assert_int_equal(request_query_i64(request, "limit", 1, 500, 100, &value, NULL), OV_OK);
    assert_int_equal(value, 100);
    request_free(request);
}

static void test_unknown_parameters_are_refused(void **state)
{
    (void)state;
    static const char *const allowed[] = {"after", NULL};
    struct request *request = NULL;
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(parse("/v1?after=1&name=x", &request), OV_OK);
    assert_int_equal(request_check_query(request, allowed, &err), OV_ERR_INVALID);
    assert_string_equal(err.code, "request.unknown_parameter");
    assert_string_equal(request->field, "name");
    request_free(request);
}

static void test_base64url_is_decoded(void **state)
{
    (void)state;
    static const struct {
        const char *text, *bytes;
    } cases[] = {
        {"Zg", "f"},          {"Zm8", "fo"},          {"Zm9v", "foo"},         {"Zm9vYg", "foob"},
        {"Zm9vYmE", "fooba"}, {"Zm9vYmFy", "foobar"}, {"-_-_", "\xfb\xff\xbf"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ov_secret bytes = OV_SECRET_INIT;
        assert_int_equal(request_base64url(cases[i].text, 6, &bytes, NULL), OV_OK);
        assert_int_equal(bytes.size, strlen(cases[i].bytes));
        assert_memory_equal(bytes.data, cases[i].bytes, bytes.size);
        ov_secret_free(&bytes);
    }
}

static void test_what_is_no_base64url_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",      "Z",      "Zg==", "Zm9vY",     "Zm+v", "Zm/v",
                                      "Zm 9v", "Zm9v\n", "Zh",   "Zm9vYmFyYg" /* too long */};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ov_secret bytes = OV_SECRET_INIT;
        if (request_base64url(bad[i], 6, &bytes, NULL) != OV_ERR_INVALID)
            fail_msg("taken: %s", bad[i]);
        assert_null(bytes.data);
    }
}

int run_request_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_target_is_split_and_decoded),
        cmocka_unit_test(test_bad_targets_are_refused),
        cmocka_unit_test(test_the_longest_segment_fits_and_one_more_does_not),
        cmocka_unit_test(test_numbers_in_queries_are_whole_and_in_range),
        cmocka_unit_test(test_unknown_parameters_are_refused),
        cmocka_unit_test(test_base64url_is_decoded),
        cmocka_unit_test(test_what_is_no_base64url_is_refused),
    };
    return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}

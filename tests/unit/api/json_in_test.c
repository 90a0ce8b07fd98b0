/* Strict JSON objects. */
#include "tests/unit/api/api_tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/api/json_in.h"

/* Reads text as {"name": string, required; "n": number; "i": integer; "list": strings}. */
static void read_code(const char *text, const char *code, const char *field)
{
    struct request *request = request_new();
    struct json_in_member members[] = {{"name", JSON_IN_STRING, true, NULL},
                                       {"n", JSON_IN_NUMBER, false, NULL},
                                       {"i", JSON_IN_INTEGER, false, NULL},
                                       {"list", JSON_IN_STRINGS, false, NULL}};
    json_t *root = NULL;
    struct ov_error err = OV_ERROR_INIT;
    enum ov_status status = json_in_read(request, text, strlen(text), members, 4, &root, &err);
    if (strcmp(err.code, code) != 0 || strcmp(request->field, field) != 0)
        fail_msg("%s: %s (%s)", text, err.code, request->field);
    assert_int_equal(status == OV_OK, *code == '\0');
    json_decref(root);
    request_free(request);
}

static void test_well_formed_objects_are_taken(void **state)
{
    (void)state;
    read_code("{\"name\":\"x\"}", "", "");
    read_code(" {\"name\":\"x\",\"n\":1.5,\"i\":-2,\"list\":[\"a\",\"b\"]} ", "", "");
    read_code("{\"name\":\"x\",\"n\":3,\"i\":null,\"list\":[]}", "", "");
}

static void test_malformed_json_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"{",
                                      "[]",
                                      "\"name\"",
                                      "{\"name\":\"x\",}",
                                      "{\"name\":\"x\"} x",
                                      "{name:\"x\"}",
                                      "{\"name\":\"\xff\"}",
                                      "{\"name\":\"x\",\"name\":\"y\"}",
                                      "{\"name\":\"\\u0000\"}",
                                      "{\"name\":\"x\",\"n\":NaN}",
                                      "{\"name\":\"x\",\"i\":99999999999999999999}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        read_code(bad[i], "request.malformed", "");
}

static void test_members_are_known_present_and_of_their_type(void **state)
{
    (void)state;
    read_code("", "request.missing_member", "name");
    read_code("{}", "request.missing_member", "name");
    read_code("{\"name\":null}", "request.missing_member", "name");
    read_code("{\"name\":\"x\",\"other\":1}", "request.unknown_member", "");
    read_code("{\"name\":1}", "request.wrong_type", "name");
    read_code("{\"name\":\"x\",\"n\":\"1\"}", "request.wrong_type", "n");
    read_code("{\"name\":\"x\",\"i\":1.0}", "request.wrong_type", "i");
    read_code("{\"name\":\"x\",\"list\":[\"a\",1]}", "request.wrong_type", "list");
    read_code("{\"name\":\"x\",\"list\":\"a\"}", "request.wrong_type", "list");
}

static void test_a_refused_member_is_not_repeated(void **state)
{
    (void)state;
    struct request *request = request_new();
    json_t *root = NULL;
    struct ov_error err = OV_ERROR_INIT;
    const char *text = "{\"Jane Doe\":1}";
    assert_int_equal(json_in_read(request, text, strlen(text), NULL, 0, &root, &err),
                     OV_ERR_INVALID);
    assert_null(strstr(err.text, "Jane"));
    request_free(request);
}

static void test_times_are_iso_8601(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } cases[] = {{"2026-05-01T12:00:00Z", INT64_C(1777636800000000)},
                 {"2026-05-01T13:00+01:00", INT64_C(1777636800000000)},
                 {"2026-05-01 12:00", -1},
                 {"2026-05-01T12:00:00", -1},
                 {"1969-05-01T12:00:00Z", -1},
                 {"", -1}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct request *request = request_new();
        struct json_in_member member = {"ends_at", JSON_IN_STRING, false,
                                        json_string(cases[i].text)};
        int64_t us = 0;
        enum ov_status status = json_in_time(request, &member, &us, NULL);
        assert_int_equal(status, cases[i].us < 0 ? OV_ERR_INVALID : OV_OK);
        if (status == OV_OK)
            assert_int_equal(us, cases[i].us);
        else
            assert_string_equal(request->field, "ends_at");
        json_decref(member.value);
        request_free(request);
    }
}

int run_json_in_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_well_formed_objects_are_taken),
        cmocka_unit_test(test_malformed_json_is_refused),
        cmocka_unit_test(test_members_are_known_present_and_of_their_type),
        cmocka_unit_test(test_a_refused_member_is_not_repeated),
        cmocka_unit_test(test_times_are_iso_8601),
    };
    return cmocka_run_group_tests_name("json_in", tests, NULL, NULL);
}

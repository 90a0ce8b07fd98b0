/* Statuses and errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/status.h"

static void every_status_has_its_own_name(void **state)
{
    (void)state;
    for (int a = OV_OK; a <= OV_ERR_INTERNAL; a++) {
        assert_string_not_equal(ov_status_name((enum ov_status)a), "unknown");
        for (int b = OV_OK; b < a; b++)
            assert_string_not_equal(ov_status_name((enum ov_status)a),
                                    ov_status_name((enum ov_status)b));
    }
    assert_string_equal(ov_status_name((enum ov_status)99), "unknown");
}

static void an_error_is_written_once_where_it_arises(void **state)
{
    (void)state;
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(ov_fail(&err, OV_ERR_LIMIT, "first.code", "at most %d", 5), OV_ERR_LIMIT);
    assert_int_equal(ov_fail(&err, OV_ERR_IO, "second.code", "other"), OV_ERR_IO);
    assert_int_equal(err.status, OV_ERR_LIMIT);
    assert_string_equal(err.code, "first.code");
    assert_string_equal(err.text, "at most 5");
    assert_non_null(strstr(err.file, "test_status.c"));
    assert_true(err.line > 0);
    ov_error_clear(&err);
    assert_int_equal(err.status, OV_OK);
    assert_string_equal(err.text, "");
    assert_int_equal(ov_fail(NULL, OV_ERR_IO, "no.one", "listens"), OV_ERR_IO);
}

static void long_texts_are_cut_to_fit(void **state)
{
    (void)state;
    struct ov_error err = OV_ERROR_INIT;
    char text[1000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    (void)ov_fail(&err, OV_ERR_IO, text, "%s", text);
    assert_int_equal(strlen(err.code), sizeof(err.code) - 1);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_own_name),
        cmocka_unit_test(an_error_is_written_once_where_it_arises),
        cmocka_unit_test(long_texts_are_cut_to_fit),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}

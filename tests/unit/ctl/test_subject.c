/* Name and reference: two lines, no more, and errors that repeat neither. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/ctl/subject.h"

static void expect(const char *text, const char *name, const char *reference)
{
    struct subject subject;
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(subject_parse(text, strlen(text), &subject, &err), OV_OK);
    assert_string_equal((const char *)subject.name.data, name);
    assert_string_equal((const char *)subject.reference.data, reference);
    subject_free(&subject);
}

static void expect_refused(const char *text, size_t size)
{
    struct subject subject = {OV_SECRET_INIT, OV_SECRET_INIT};
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(subject_parse(text, size, &subject, &err), OV_ERR_INVALID);
    assert_null(strstr(err.text, "Jane"));
    assert_null(subject.name.data);
}

static void two_lines_with_any_line_end(void **state)
{
    (void)state;
    expect("Jane Doe\nREF-1\n", "Jane Doe", "REF-1");
    expect("Jane Doe\r\nREF-1", "Jane Doe", "REF-1");
    expect("  Zo\xc3\xab \n\tREF-1 \n\n\n", "Zo\xc3\xab", "REF-1");
}

static void anything_else_is_refused_without_repeating_it(void **state)
{
    static const char nul[] = "Jane\0\nREF-1\n";
    char text[SUBJECT_TEXT_MAX + 32];
    (void)state;
    expect_refused("", 0);
    expect_refused("Jane Doe\n", 9);
    expect_refused("\nREF-1\n", 7);
    expect_refused("Jane\nREF-1\nmore\n", 16);
    expect_refused(nul, sizeof(nul) - 1);
    expect_refused("Jane\033[0m\nREF-1\n", 15);
    expect_refused("Jane\xff\nREF-1\n", 12);
    memset(text, 'J', sizeof(text));
    (void)snprintf(text + SUBJECT_TEXT_MAX + 1, 8, "\nREF\n");
    expect_refused(text, SUBJECT_TEXT_MAX + 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_lines_with_any_line_end),
        cmocka_unit_test(anything_else_is_refused_without_repeating_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

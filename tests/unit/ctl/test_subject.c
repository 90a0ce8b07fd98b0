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
    assert_string_equal(subject.fields[SUBJECT_NAME], name);
    assert_string_equal(subject.fields[SUBJECT_REFERENCE], reference);
    subject_free(&subject);
}

static void expect_refused(const char *text, size_t size)
{
    struct subject subject = {.text = OV_SECRET_INIT};
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(subject_parse(text, size, &subject, &err), OV_ERR_INVALID);
    assert_null(strstr(err.text, "Jane"));
    assert_null(subject.text.data);
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

static void keys_and_values(void **state)
{
    static const char text[] = "# who\n\nreference: REF-1\r\nname:  Jane: the Doe \n"
                               "justification: said to a witness: \"tonight\"\n"
                               "birth_date: unknown\n";
    struct subject subject;
    struct ov_error err = OV_ERROR_INIT;
    (void)state;
    expect(text, "Jane: the Doe", "REF-1");
    assert_int_equal(subject_parse(text, strlen(text), &subject, &err), OV_OK);
    assert_string_equal(subject.fields[SUBJECT_JUSTIFICATION], "said to a witness: \"tonight\"");
    assert_string_equal(subject.fields[SUBJECT_BIRTH_DATE], "unknown");
    assert_null(subject.fields[SUBJECT_EXPIRY]);
    assert_null(subject.fields[SUBJECT_CATEGORY]);
    subject_free(&subject);
    /* A name with a colon is no key. */
    expect("Doe: Jane\nREF-1\n", "Doe: Jane", "REF-1");
}

static void keys_that_are_unknown_twice_or_empty_are_refused(void **state)
{
    static const char *const bad[] = {
        "name: Jane\nreference: 1\nnmae: x\n",
        "name: Jane\nname: Jane\nreference: 1\n",
        "name: Jane\nreference:\n",
        "name: Jane\nreference: 1\nexpiry: \n",
        "name: Jane\n",
        "reference: 1\nJane\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect_refused(bad[i], strlen(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_lines_with_any_line_end),
        cmocka_unit_test(keys_and_values),
        cmocka_unit_test(keys_that_are_unknown_twice_or_empty_are_refused),
        cmocka_unit_test(anything_else_is_refused_without_repeating_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

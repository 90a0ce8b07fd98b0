/* Encodings for URLs and headers, and text that cannot steer a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <locale.h>
#include <string.h>

#include <cmocka.h>

#include "server/ctl/text.h"

static void expect_encoded(const char *text, const char *wanted)
{
    struct ov_buf buf = OV_BUF_INIT;
    ov_buf_puts(&buf, "");
    text_percent_encode(&buf, text);
    assert_string_equal(buf.data, wanted);
    ov_buf_free(&buf);
}

static void everything_but_unreserved_is_percent_encoded(void **state)
{
    (void)state;
    expect_encoded("", "");
    expect_encoded("aZ09-._~", "aZ09-._~");
    expect_encoded("North gate, 1 May", "North%20gate%2C%201%20May");
    expect_encoded("a/b?c#d%&+=", "a%2Fb%3Fc%23d%25%26%2B%3D");
    expect_encoded("\xc3\xa9\x7f", "%C3%A9%7F");
    expect_encoded("../..", "..%2F..");
}

static void expect_base64url(const char *text, size_t size, const char *wanted)
{
    struct ov_buf buf = OV_BUF_INIT;
    ov_buf_puts(&buf, "");
    text_base64url(&buf, text, size);
    assert_string_equal(buf.data, wanted);
    ov_buf_free(&buf);
}

static void base64url_is_url_safe_and_not_padded(void **state)
{
    (void)state;
    expect_base64url("", 0, "");
    expect_base64url("f", 1, "Zg");
    expect_base64url("fo", 2, "Zm8");
    expect_base64url("foo", 3, "Zm9v");
    expect_base64url("\xfb\xff\xfe", 3, "-__-");
}

static void expect_clean(const char *text, const char *wanted)
{
    struct ov_buf buf = OV_BUF_INIT;
    ov_buf_puts(&buf, "");
    text_append_clean(&buf, text);
    assert_string_equal(buf.data, wanted);
    ov_buf_free(&buf);
}

static void nothing_that_steers_a_terminal_passes(void **state)
{
    (void)state;
    expect_clean("plain", "plain");
    expect_clean("Zo\xc3\xab \xe6\x9d\x8e \xf0\x9f\x99\x82",
                 "Zo\xc3\xab \xe6\x9d\x8e \xf0\x9f\x99\x82");
    expect_clean("\033[2Jx\n\ty\x7f", "?[2Jx??y?");
    expect_clean("\xc2\x9b"
                 "31m",
                 "??31m"); /* CSI as one C1 character */
    expect_clean("\xff\xfe", "??");
    expect_clean("cut \xe6\x9d", "cut ??");
    expect_clean("\xc0\xaf", "??"); /* overlong */
}

static void widths_are_columns_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(text_width("abc"), 3);
    assert_int_equal(text_width("Zo\xc3\xab"), 3);
    assert_int_equal(text_width("\xe6\x9d\x8e"), 2);
    assert_int_equal(text_width("e\xcc\x81"), 1); /* combining accent */
    assert_int_equal(text_width("\xff"), 1);
}

static void expect_wrapped(const char *text, size_t indent, size_t columns, const char *wanted)
{
    struct ov_buf out = OV_BUF_INIT;
    ov_buf_puts(&out, "");
    text_append_wrapped(&out, text, indent, columns);
    assert_string_equal(out.data, wanted);
    ov_buf_free(&out);
}

static void long_lists_are_wrapped_at_blanks(void **state)
{
    (void)state;
    expect_wrapped("alpha, beta, gamma", 4, 0, "alpha, beta, gamma");
    expect_wrapped("alpha, beta, gamma", 4, 22, "alpha, beta, gamma");
    expect_wrapped("alpha, beta, gamma", 4, 21, "alpha, beta,\n    gamma");
    expect_wrapped("alpha, beta, gamma", 2, 8, "alpha,\n  beta,\n  gamma");
    expect_wrapped("a inseparable b", 2, 8, "a\n  inseparable\n  b");
    expect_wrapped("Zo\xc3\xab Zo\xc3\xab", 0, 7, "Zo\xc3\xab Zo\xc3\xab");
    expect_wrapped("alpha beta", 8, 8, "alpha beta"); /* no room: left alone */
    expect_wrapped("", 2, 8, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_but_unreserved_is_percent_encoded),
        cmocka_unit_test(base64url_is_url_safe_and_not_padded),
        cmocka_unit_test(nothing_that_steers_a_terminal_passes),
        cmocka_unit_test(widths_are_columns_not_bytes),
        cmocka_unit_test(long_lists_are_wrapped_at_blanks),
    };
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}

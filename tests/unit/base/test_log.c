/* Log lines, read back from a pipe that stands in for standard error. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/log.h"

static int saved_stderr;
static int pipe_fds[2];

static void capture(void)
{
    assert_int_equal(pipe2(pipe_fds, O_NONBLOCK | O_CLOEXEC), 0);
    saved_stderr = dup(STDERR_FILENO);
    assert_true(dup2(pipe_fds[1], STDERR_FILENO) >= 0);
}

/* What has been written since capture; returns its length. */
static size_t release(char *out, size_t size)
{
    assert_true(dup2(saved_stderr, STDERR_FILENO) >= 0);
    (void)close(saved_stderr);
    ssize_t got = read(pipe_fds[0], out, size - 1);
    (void)close(pipe_fds[0]);
    (void)close(pipe_fds[1]);
    size_t length = got > 0 ? (size_t)got : 0;
    out[length] = '\0';
    return length;
}

static void a_line_is_level_component_event_and_keys(void **state)
{
    (void)state;
    char text[4096];
    capture();
    ov_log(OV_LOG_WARNING, "net", "peer_gone", "site=%s count=%d", "a", 3);
    ov_log(OV_LOG_ERROR, "net", "bare", "%s", "");
    (void)release(text, sizeof(text));
    assert_non_null(strstr(text, "warning net peer_gone site=a count=3\n"));
    assert_non_null(strstr(text, "error net bare"));
}

static void lines_below_the_level_are_not_written(void **state)
{
    (void)state;
    char text[4096];
    capture();
    ov_log(OV_LOG_DEBUG, "a", "hidden", "x=1");
    ov_log_set_level(OV_LOG_ERROR);
    ov_log(OV_LOG_WARNING, "a", "hidden", "x=1");
    ov_log_set_level(OV_LOG_DEBUG);
    ov_log(OV_LOG_DEBUG, "a", "shown", "x=1");
    ov_log_set_level(OV_LOG_INFO);
    (void)release(text, sizeof(text));
    assert_string_equal(text, "debug a shown x=1\n");
}

static void a_line_that_is_too_long_is_cut_but_ends(void **state)
{
    (void)state;
    char text[8192];
    char big[5000];
    memset(big, 'b', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    capture();
    ov_log(OV_LOG_ERROR, "a", "big", "text=%s", big);
    ov_log(OV_LOG_ERROR, big, big, "text=%s", big);
    size_t length = release(text, sizeof(text));
    assert_true(length > 1000 && length <= 4096);
    assert_int_equal(text[length - 1], '\n');
}

static void quoted_text_cannot_forge_a_line(void **state)
{
    (void)state;
    char out[64];
    assert_string_equal(ov_log_quote("plain", out, sizeof(out)), "\"plain\"");
    assert_string_equal(ov_log_quote("a\nerror x y", out, sizeof(out)), "\"a\\x0aerror x y\"");
    assert_string_equal(ov_log_quote("\"\\", out, sizeof(out)), "\"\\\"\\\\\"");
    assert_string_equal(ov_log_quote("\x1b\x7f\xc3", out, sizeof(out)), "\"\\x1b\\x7f\\xc3\"");
    assert_string_equal(ov_log_quote("", out, sizeof(out)), "\"\"");
}

static void quoting_stays_within_what_it_is_given(void **state)
{
    (void)state;
    for (size_t size = 0; size < 40; size++) {
        char out[48];
        memset(out, 'G', sizeof(out));
        (void)ov_log_quote("\n\n\n\n\n\n\n\n\n\n\n\n", out, size);
        for (size_t i = size; i < sizeof(out); i++)
            assert_int_equal(out[i], 'G');
    }
}

static void an_error_is_one_line_with_its_origin(void **state)
{
    (void)state;
    char text[4096];
    struct ov_error err = OV_ERROR_INIT;
    (void)ov_fail(&err, OV_ERR_IO, "a.b", "it \"broke\"\n");
    capture();
    ov_log_error(OV_LOG_ERROR, "net", "failed", &err);
    (void)release(text, sizeof(text));
    assert_non_null(strstr(text, "error net failed code=a.b text=\"it \\\"broke\\\"\\x0a\" "
                                 "origin=tests/unit/base/test_log.c:"));
}

static void levels_have_names(void **state)
{
    (void)state;
    enum ov_log_level level = OV_LOG_ERROR;
    assert_int_equal(ov_log_level_parse("debug", &level), OV_OK);
    assert_int_equal(level, OV_LOG_DEBUG);
    assert_int_equal(ov_log_level_parse("warning", &level), OV_OK);
    assert_int_equal(level, OV_LOG_WARNING);
    assert_int_equal(ov_log_level_parse("WARNING", &level), OV_ERR_INVALID);
    assert_int_equal(ov_log_level_parse("", &level), OV_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_level_component_event_and_keys),
        cmocka_unit_test(lines_below_the_level_are_not_written),
        cmocka_unit_test(a_line_that_is_too_long_is_cut_but_ends),
        cmocka_unit_test(quoted_text_cannot_forge_a_line),
        cmocka_unit_test(quoting_stays_within_what_it_is_given),
        cmocka_unit_test(an_error_is_one_line_with_its_origin),
        cmocka_unit_test(levels_have_names),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}

/* Times as text, and the system's clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/base/clock.h"

static void times_are_written_in_utc_with_milliseconds(void **state)
{
    (void)state;
    char text[OV_TIME_TEXT_SIZE];
    assert_string_equal(ov_time_format(0, text), "1970-01-01T00:00:00.000Z");
    assert_string_equal(ov_time_format(INT64_C(1777636800123999), text),
                        "2026-05-01T12:00:00.123Z");
    assert_string_equal(ov_time_format(-1, text), "1969-12-31T23:59:59.999Z");
    (void)ov_time_format(INT64_MAX, text); /* whatever it says, it fits */
    assert_true(strlen(text) < OV_TIME_TEXT_SIZE);
}

static void every_accepted_form_gives_the_same_time(void **state)
{
    (void)state;
    static const char *const texts[] = {"2026-05-01T12:00Z",         "2026-05-01T12:00:00Z",
                                        "2026-05-01T12:00:00.000Z",  "2026-05-01T12:00:00.0000000Z",
                                        "2026-05-01T14:00:00+02:00", "2026-05-01T06:30-05:30"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int64_t at = 0;
        assert_int_equal(ov_time_parse(texts[i], &at), OV_OK);
        assert_int_equal(at, INT64_C(1777636800000000));
    }
}

static void fractions_are_kept_to_the_microsecond(void **state)
{
    (void)state;
    int64_t at = 0;
    assert_int_equal(ov_time_parse("1970-01-01T00:00:00.1234567Z", &at), OV_OK);
    assert_int_equal(at, 123456);
    assert_int_equal(ov_time_parse("2024-02-29T00:00Z", &at), OV_OK); /* a leap year */
}

static void anything_else_is_no_time(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "2026",
                                      "2026-05-01",
                                      "2026-05-01T12:00",
                                      "2026-05-01 12:00Z",
                                      "2026-05-01T12:00:00.Z",
                                      "2026-13-01T00:00Z",
                                      "2026-00-01T00:00Z",
                                      "2026-02-29T00:00Z",
                                      "2026-04-31T00:00Z",
                                      "2026-05-01T24:00Z",
                                      "2026-05-01T12:60Z",
                                      "2026-05-01T12:00:60Z",
                                      "2026-05-01T12:00Zx",
                                      "2026-05-01T12:00+2:00",
                                      "2026-05-01T12:00+15:00",
                                      "1969-12-31T23:59Z",
                                      "2026-5-1T12:00Z",
                                      "-026-05-01T12:00Z"};
    int64_t at = 42;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(ov_time_parse(bad[i], &at), OV_ERR_INVALID);
    assert_int_equal(at, 42);
}

static void what_is_written_can_be_read(void **state)
{
    (void)state;
    for (int64_t at = 0; at < INT64_C(4102444800000000); at += INT64_C(98765432101000)) {
        char text[OV_TIME_TEXT_SIZE];
        int64_t again = -1;
        assert_int_equal(ov_time_parse(ov_time_format(at, text), &again), OV_OK);
        assert_int_equal(again, at / 1000 * 1000);
    }
}

static int64_t seven(void *ctx)
{
    return *(const int64_t *)ctx;
}

static void the_monotonic_clock_never_goes_back_and_clocks_can_be_faked(void **state)
{
    (void)state;
    const struct ov_clock *clock = ov_clock_system();
    int64_t before = ov_clock_mono_us(clock);
    for (int i = 0; i < 1000; i++) {
        int64_t now = ov_clock_mono_us(clock);
        assert_true(now >= before);
        before = now;
    }
    assert_true(ov_clock_utc_us(clock) > INT64_C(1700000000000000));
    int64_t value = 7;
    struct ov_clock fake = {seven, seven, &value};
    assert_int_equal(ov_clock_utc_us(&fake), 7);
    assert_int_equal(ov_clock_mono_us(&fake), 7);
}

static int64_t since_boot_us(void)
{
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &now), 0);
    return (int64_t)now.tv_sec * OV_US_PER_S + now.tv_nsec / 1000;
}

/* Nothing here can suspend a machine; the clock that keeps counting then can be told by its time,
 * on any machine that has ever slept. */
static void the_monotonic_clock_counts_the_time_the_machine_sleeps(void **state)
{
    (void)state;
    int64_t before_us = since_boot_us();
    int64_t now_us = ov_clock_mono_us(ov_clock_system());
    assert_true(before_us <= now_us);
    assert_true(now_us <= since_boot_us());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written_in_utc_with_milliseconds),
        cmocka_unit_test(every_accepted_form_gives_the_same_time),
        cmocka_unit_test(fractions_are_kept_to_the_microsecond),
        cmocka_unit_test(anything_else_is_no_time),
        cmocka_unit_test(what_is_written_can_be_read),
        cmocka_unit_test(the_monotonic_clock_never_goes_back_and_clocks_can_be_faked),
        cmocka_unit_test(the_monotonic_clock_counts_the_time_the_machine_sleeps),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}

/* Times for people: the local zone by name, ages, and what people type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "server/ctl/when.h"

/* 2026-05-01T12:00:00Z */
#define NOON_US (INT64_C(1777636800) * OV_US_PER_S)

static void zone(const char *name)
{
    assert_int_equal(setenv("TZ", name, 1), 0);
    tzset();
}

static void ages_are_short_and_rounded_down(void **state)
{
    static const struct {
        int64_t ago_s;
        const char *wanted;
    } cases[] = {{0, "now"},          {3, "3 s ago"},        {119, "119 s ago"},
                 {120, "2 min ago"},  {7199, "119 min ago"}, {7200, "2 h ago"},
                 {172800, "2 d ago"}, {-90, "in 90 s"},      {-28800, "in 8 h"}};
    char out[WHEN_TEXT_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(when_age(NOON_US - cases[i].ago_s * OV_US_PER_S, NOON_US, out),
                            cases[i].wanted);
}

static void times_name_their_zone_and_age(void **state)
{
    char out[WHEN_TEXT_SIZE];
    (void)state;
    zone("Europe/London");
    assert_string_equal(when_show("2026-05-01T11:59:57.000Z", NOON_US, out),
                        "2026-05-01 12:59:57 BST (3 s ago)");
    assert_string_equal(when_show("2026-01-01T12:00:00Z", NOON_US, out),
                        "2026-01-01 12:00:00 GMT (120 d ago)");
    assert_string_equal(when_clock("2026-05-01T11:59:57.000Z", out), "12:59:57 BST");
    assert_string_equal(when_show("nonsense", NOON_US, out), "-");
    assert_string_equal(when_show(NULL, NOON_US, out), "-");
    assert_string_equal(when_clock("", out), "-");
}

static void typed_times_are_local_unless_they_say_otherwise(void **state)
{
    static const char *const same[] = {"2026-05-01T12:00Z",      "2026-05-01T12:00:00.000Z",
                                       "2026-05-01T13:00+01:00", "2026-05-01 13:00",
                                       "2026-05-01T13:00",       "2026-05-01 13:00:00"};
    static const char *const bad[] = {"",
                                      "13:00",
                                      "2026-05-01",
                                      "2026-06-31 10:00",
                                      "2026-05-01 25:00",
                                      "2026-05-01 13:00 BST",
                                      "tomorrow",
                                      "2026-03-29 01:30"}; /* skipped by the clocks */
    int64_t at_us = 0;
    (void)state;
    zone("Europe/London");
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        assert_int_equal(when_parse(same[i], &at_us), OV_OK);
        assert_int_equal(at_us, NOON_US);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(when_parse(bad[i], &at_us), OV_ERR_INVALID);
}

static void durations_have_two_units(void **state)
{
    char out[WHEN_TEXT_SIZE];
    (void)state;
    assert_string_equal(when_duration(5, out), "5 s");
    assert_string_equal(when_duration(65, out), "1 min 5 s");
    assert_string_equal(when_duration(3700, out), "1 h 1 min");
    assert_string_equal(when_duration(90000, out), "1 d 1 h");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ages_are_short_and_rounded_down),
        cmocka_unit_test(times_name_their_zone_and_age),
        cmocka_unit_test(typed_times_are_local_unless_they_say_otherwise),
        cmocka_unit_test(durations_have_two_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What counts as a jump of the clock, and when a difference is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "server/retention/clock_watch.h"

#define HOUR_US (INT64_C(3600) * OV_US_PER_S)

static void a_jump_is_told_once_with_its_size(void **state)
{
    (void)state;
    struct clock_watch watch = {.looked = false};
    int64_t utc_us = 1000 * HOUR_US;
    assert_int_equal(clock_watch_jump(&watch, utc_us, 5), 0); /* the first look: no other yet */
    assert_int_equal(clock_watch_jump(&watch, utc_us + OV_US_PER_S, 5 + OV_US_PER_S), 0);
    utc_us -= 2 * HOUR_US;
    assert_int_equal(clock_watch_jump(&watch, utc_us + OV_US_PER_S, 5 + OV_US_PER_S), -2 * HOUR_US);
    assert_int_equal(clock_watch_jump(&watch, utc_us + OV_US_PER_S, 5 + OV_US_PER_S), 0);
    utc_us += 72 * HOUR_US;
    assert_int_equal(clock_watch_jump(&watch, utc_us, 5), 72 * HOUR_US);
}

static void time_that_passes_and_a_clock_that_is_slewed_are_no_jump(void **state)
{
    (void)state;
    struct clock_watch watch = {.looked = false};
    int64_t utc_us = 1000 * HOUR_US;
    int64_t mono_us = 7;
    (void)clock_watch_jump(&watch, utc_us, mono_us);
    for (int second = 0; second < 3600; second++) { /* at the fastest that the kernel slews */
        utc_us += OV_US_PER_S + 500;
        mono_us += OV_US_PER_S;
        assert_int_equal(clock_watch_jump(&watch, utc_us, mono_us), 0);
    }
    /* A night in a closed laptop: both have gone on. */
    assert_int_equal(clock_watch_jump(&watch, utc_us + 9 * HOUR_US, mono_us + 9 * HOUR_US), 0);
}

static void a_difference_is_told_when_it_begins_and_when_it_ends(void **state)
{
    (void)state;
    struct clock_watch watch = {.looked = false};
    assert_int_equal(clock_watch_compare(&watch, CLOCK_DIFFERS_US - 1), CLOCK_NO_NEWS);
    assert_int_equal(clock_watch_compare(&watch, -CLOCK_DIFFERS_US), CLOCK_DIFFERS);
    assert_int_equal(clock_watch_compare(&watch, -HOUR_US), CLOCK_NO_NEWS);
    assert_int_equal(clock_watch_compare(&watch, CLOCK_DIFFERS_US / 2), CLOCK_NO_NEWS);
    assert_int_equal(clock_watch_compare(&watch, CLOCK_DIFFERS_US / 2 - 1), CLOCK_AGREES);
    assert_int_equal(clock_watch_compare(&watch, 0), CLOCK_NO_NEWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_jump_is_told_once_with_its_size),
        cmocka_unit_test(time_that_passes_and_a_clock_that_is_slewed_are_no_jump),
        cmocka_unit_test(a_difference_is_told_when_it_begins_and_when_it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

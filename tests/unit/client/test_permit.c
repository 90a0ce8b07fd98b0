/* The permit: ends by itself, and never covers what was captured before it ended. */
#include "client/permit.h"
#include "tests/unit/client/test_client.h"

static const struct capture_terms terms = {.min_face_px = 24};

static void test_it_is_closed_until_granted_and_runs_out_by_itself(void **state)
{
    (void)state;
    struct hand_clock clock;
    hand_clock_init(&clock);
    struct permit *permit = permit_new(&clock.clock);
    struct capture_terms got = {.min_face_px = 0};
    assert_int_equal(permit_check(permit, NULL, NULL), PERMIT_CLOSED);
    permit_grant(permit, &terms, clock.mono_us + 100);
    assert_int_equal(permit_check(permit, &got, NULL), PERMIT_OPEN);
    assert_int_equal(got.min_face_px, 24);
    clock.mono_us += 100;
    assert_int_equal(permit_check(permit, NULL, NULL), PERMIT_CLOSED);
    permit_free(permit);
}

static void test_renewal_keeps_the_generation_and_a_gap_ends_it(void **state)
{
    (void)state;
    struct hand_clock clock;
    hand_clock_init(&clock);
    struct permit *permit = permit_new(&clock.clock);
    uint64_t first = 0;
    permit_grant(permit, &terms, clock.mono_us + 100);
    (void)permit_check(permit, NULL, &first);
    clock.mono_us += 50;
    permit_grant(permit, &terms, clock.mono_us + 100);
    assert_true(permit_covers(permit, first));
    clock.mono_us += 100; /* ran out, nobody said so */
    assert_false(permit_covers(permit, first));
    permit_grant(permit, &terms, clock.mono_us + 100);
    assert_false(permit_covers(permit, first));
    permit_free(permit);
}

static void test_revoking_voids_what_was_captured(void **state)
{
    (void)state;
    struct hand_clock clock;
    hand_clock_init(&clock);
    struct permit *permit = permit_new(&clock.clock);
    uint64_t first = 0;
    permit_grant(permit, &terms, clock.mono_us + 100);
    (void)permit_check(permit, NULL, &first);
    permit_revoke(permit);
    assert_false(permit_covers(permit, first));
    permit_grant(permit, &terms, clock.mono_us + 100);
    assert_false(permit_covers(permit, first));
    permit_free(permit);
}

static void test_stopping_ends_capture_but_not_what_was_captured(void **state)
{
    (void)state;
    struct hand_clock clock;
    hand_clock_init(&clock);
    struct permit *permit = permit_new(&clock.clock);
    uint64_t first = 0;
    permit_grant(permit, &terms, clock.mono_us + 100);
    (void)permit_check(permit, NULL, &first);
    permit_stop(permit);
    assert_int_equal(permit_check(permit, NULL, NULL), PERMIT_STOPPED);
    assert_int_equal(permit_wait(permit, 60000), PERMIT_STOPPED);
    assert_int_equal(permit_pause(permit, 60000), PERMIT_STOPPED);
    assert_true(permit_covers(permit, first));
    permit_grant(permit, &terms, clock.mono_us + 200);
    assert_int_equal(permit_check(permit, NULL, NULL), PERMIT_STOPPED);
    permit_free(permit);
}

static void test_a_held_permit_stays_closed_whatever_is_granted(void **state)
{
    (void)state;
    struct hand_clock clock;
    hand_clock_init(&clock);
    struct permit *permit = permit_new(&clock.clock);
    uint64_t first = 0;
    permit_grant(permit, &terms, clock.mono_us + 100);
    (void)permit_check(permit, NULL, &first);
    permit_hold(permit);
    assert_int_equal(permit_check(permit, NULL, NULL), PERMIT_CLOSED);
    assert_false(permit_covers(permit, first));
    permit_grant(permit, &terms, clock.mono_us + 100); /* a lease that was on its way */
    assert_int_equal(permit_check(permit, NULL, NULL), PERMIT_CLOSED);
    permit_release(permit, 1);
    permit_grant(permit, &terms, clock.mono_us + 100);
    assert_int_equal(permit_check(permit, NULL, NULL), PERMIT_OPEN);
    assert_false(permit_covers(permit, first));
    permit_free(permit);
}

/* Pressed again while the first one ends: the second is not lost. */
static void test_a_hold_that_the_releaser_has_not_seen_stays(void **state)
{
    (void)state;
    struct hand_clock clock;
    hand_clock_init(&clock);
    struct permit *permit = permit_new(&clock.clock);
    permit_hold(permit);
    permit_hold(permit);
    permit_release(permit, 1);
    permit_grant(permit, &terms, clock.mono_us + 100);
    assert_int_equal(permit_check(permit, NULL, NULL), PERMIT_CLOSED);
    permit_release(permit, 2);
    assert_int_equal(permit_check(permit, NULL, NULL), PERMIT_OPEN);
    permit_free(permit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_closed_until_granted_and_runs_out_by_itself),
        cmocka_unit_test(test_renewal_keeps_the_generation_and_a_gap_ends_it),
        cmocka_unit_test(test_revoking_voids_what_was_captured),
        cmocka_unit_test(test_a_held_permit_stays_closed_whatever_is_granted),
        cmocka_unit_test(test_a_hold_that_the_releaser_has_not_seen_stays),
        cmocka_unit_test(test_stopping_ends_capture_but_not_what_was_captured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

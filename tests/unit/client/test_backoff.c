/* Pauses between attempts. */
#include "client/backoff.h"
#include "tests/unit/client/test_client.h"

static void test_pauses_double_from_half_a_second_to_fifteen(void **state)
{
    (void)state;
    assert_int_equal(backoff_ms(0, UINT32_MAX), 500);
    assert_int_equal(backoff_ms(1, UINT32_MAX), 1000);
    assert_int_equal(backoff_ms(2, UINT32_MAX), 2000);
    assert_int_equal(backoff_ms(5, UINT32_MAX), 15000);
    assert_int_equal(backoff_ms(1000000, UINT32_MAX), 15000);
}

static void test_pauses_are_spread_but_never_below_half_a_second(void **state)
{
    (void)state;
    assert_int_equal(backoff_ms(0, 0), 500);
    assert_int_equal(backoff_ms(3, 0), 2000);
    assert_int_equal(backoff_ms(3, UINT32_MAX / 2), 2999);
    assert_int_equal(backoff_ms(100, 0), 7500);
}

static void test_success_starts_anew(void **state)
{
    (void)state;
    struct backoff backoff = {0};
    for (int i = 0; i < 8; i++)
        (void)backoff_next_ms(&backoff);
    assert_true(backoff_next_ms(&backoff) >= 7500);
    backoff_reset(&backoff);
    assert_int_equal(backoff_next_ms(&backoff), 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pauses_double_from_half_a_second_to_fifteen),
        cmocka_unit_test(test_pauses_are_spread_but_never_below_half_a_second),
        cmocka_unit_test(test_success_starts_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

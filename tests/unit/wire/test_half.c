/* Half floats against their definition, exhaustively where there are few enough. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/half.h"

/* The value by the definition, in double. */
static double value_of(uint16_t half)
{
    int exponent = (half >> 10) & 31;
    double mantissa = half & 1023;
    double sign = (half & 0x8000) != 0 ? -1.0 : 1.0;
    if (exponent == 31)
        return (half & 1023) != 0 ? NAN : sign * INFINITY;
    if (exponent == 0)
        return sign * ldexp(mantissa, -24);
    return sign * ldexp(1024.0 + mantissa, exponent - 25);
}

static void every_half_has_its_value_and_comes_back_as_itself(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits <= UINT16_MAX; bits++) {
        float value = ov_half_to_float((uint16_t)bits);
        double expected = value_of((uint16_t)bits);
        if (isnan(expected)) {
            assert_true(isnan(value));
            assert_true(isnan(ov_half_to_float(ov_half_from_float(value))));
            continue;
        }
        assert_true((double)value == expected);
        assert_int_equal(signbit(value) != 0, bits >> 15);
        assert_int_equal(ov_half_from_float(value), bits);
    }
}

/* Between two neighbours the nearer one is taken, and half-way the even one. */
static void rounding_is_to_nearest_and_ties_to_even(void **state)
{
    (void)state;
    for (uint16_t bits = 0; bits < 0x7bff; bits++) {
        float low = ov_half_to_float(bits);
        float high = ov_half_to_float((uint16_t)(bits + 1));
        float middle = (low + high) / 2.0f; /* exact: one bit more than a half has */
        assert_int_equal(ov_half_from_float(middle), (bits & 1) == 0 ? bits : bits + 1);
        assert_int_equal(ov_half_from_float(nextafterf(middle, 0.0f)), bits);
        assert_int_equal(ov_half_from_float(nextafterf(middle, 1e30f)), bits + 1);
        assert_int_equal(ov_half_from_float(-nextafterf(middle, 1e30f)), 0x8000 | (bits + 1));
    }
}

static void the_ends_of_the_range_are_right(void **state)
{
    (void)state;
    assert_int_equal(ov_half_from_float(65504.0f), 0x7bff);
    assert_int_equal(ov_half_from_float(65519.0f), 0x7bff);
    assert_int_equal(ov_half_from_float(65520.0f), 0x7c00); /* the tie goes to infinity */
    assert_int_equal(ov_half_from_float(1e30f), 0x7c00);
    assert_int_equal(ov_half_from_float(-INFINITY), 0xfc00);
    assert_int_equal(ov_half_from_float(0x1p-24f), 1);
    assert_int_equal(ov_half_from_float(0x1p-25f), 0);
    assert_int_equal(ov_half_from_float(nextafterf(0x1p-25f, 1.0f)), 1);
    assert_int_equal(ov_half_from_float(1e-30f), 0);
    assert_int_equal(ov_half_from_float(-0.0f), 0x8000);
    assert_true(isnan(ov_half_to_float(ov_half_from_float(NAN))));
    uint32_t low_nan_bits = 0x7f800001u; /* its payload is below what a half can hold */
    float low_nan;
    memcpy(&low_nan, &low_nan_bits, sizeof(low_nan));
    assert_true(isnan(ov_half_to_float(ov_half_from_float(low_nan))));
}

#if defined(__FLT16_MAX__) && !defined(__clang__)
__extension__ typedef _Float16 theirs_type;

/* The compiler's own type, over a stride through all floats. */
static void results_are_those_of_the_compilers_type(void **state)
{
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 997) {
        uint32_t word = (uint32_t)bits;
        float value;
        memcpy(&value, &word, sizeof(value));
        if (isnan(value))
            continue;
        theirs_type theirs = (theirs_type)value;
        uint16_t expected;
        memcpy(&expected, &theirs, sizeof(expected));
        assert_int_equal(ov_half_from_float(value), expected);
    }
}
#define HAVE_FLOAT16 1
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_half_has_its_value_and_comes_back_as_itself),
        cmocka_unit_test(rounding_is_to_nearest_and_ties_to_even),
        cmocka_unit_test(the_ends_of_the_range_are_right),
#ifdef HAVE_FLOAT16
        cmocka_unit_test(results_are_those_of_the_compilers_type),
#endif
    };
    return cmocka_run_group_tests_name("half", tests, NULL, NULL);
}

/* binary16 <-> binary32. Pure functions; any thread. */
#include "common/wire/half.h"

#include <string.h>

#define HALF_INFINITY 0x7c00u
#define FLOAT_INFINITY 0x7f800000u

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* value / 2^shift, rounded to nearest, ties to even; shift 1..31. */
static uint32_t shift_round(uint32_t value, unsigned shift)
{
    uint32_t rest = value & ((1u << shift) - 1u);
    uint32_t half = 1u << (shift - 1u);
    uint32_t whole = value >> shift;
    if (rest > half || (rest == half && (whole & 1u) != 0))
        whole++;
    return whole;
}

uint16_t ov_half_from_float(float value)
{
    uint32_t bits = bits_of(value);
    uint32_t sign = (bits >> 16) & 0x8000u;
    uint32_t magnitude = bits & 0x7fffffffu;
    if (magnitude > FLOAT_INFINITY) /* NaN: keep it one, quiet, with the top of its payload */
        return (uint16_t)(sign | HALF_INFINITY | 0x200u | ((magnitude >> 13) & 0x3ffu));
    if (magnitude >= 0x47800000u) /* 65536 and above */
        return (uint16_t)(sign | HALF_INFINITY);
    if (magnitude >= 0x38800000u) /* 2^-14 and above: normal; rounding may carry into infinity */
        return (uint16_t)(sign | shift_round(magnitude - 0x38000000u, 13));
    unsigned exponent = magnitude >> 23;
    if (exponent < 102u) /* below 2^-25: nothing is left */
        return (uint16_t)sign;
    uint32_t mantissa = (magnitude & 0x7fffffu) | 0x800000u;
    return (uint16_t)(sign | shift_round(mantissa, 126u - exponent));
}

float ov_half_to_float(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    uint32_t exponent = (half >> 10) & 0x1fu;
    uint32_t mantissa = half & 0x3ffu;
    if (exponent == 31u)
        return float_of(sign | FLOAT_INFINITY | mantissa << 13);
    if (exponent != 0)
        return float_of(sign | (exponent + 112u) << 23 | mantissa << 13);
    if (mantissa == 0)
        return float_of(sign);
    exponent = 113u; /* subnormal: shift until the leading one is where a normal has it */
    while ((mantissa & 0x400u) == 0) {
        mantissa <<= 1;
        exponent--;
    }
    return float_of(sign | exponent << 23 | (mantissa & 0x3ffu) << 13);
}

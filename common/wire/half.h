/*
 * IEEE 754 binary16 ("half"), the form in which descriptors travel.
 *
 * Integer arithmetic only, so results are the same on every machine and in threads that flush
 * denormals. Rounds to nearest, ties to even; too large becomes infinity; NaN stays NaN.
 */
#ifndef OVERT_COMMON_WIRE_HALF_H
#define OVERT_COMMON_WIRE_HALF_H

#include <stdint.h>

uint16_t ov_half_from_float(float value);
float ov_half_to_float(uint16_t half);

#endif

/* Reproducible descriptors for the tests of this folder. */
#ifndef OVERT_TESTS_UNIT_MATCH_ROWS_H
#define OVERT_TESTS_UNIT_MATCH_ROWS_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/base/id.h"

#define ROWS_DIMENSION 512

/* xorshift64*, good enough for directions. */
static inline float rows_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (float)((*state * UINT64_C(2685821657736338717)) >> 40) / 16777216.0f - 0.5f;
}

static inline void rows_normalise(float *row)
{
    double sum = 0.0;
    for (int i = 0; i < ROWS_DIMENSION; i++)
        sum += (double)row[i] * (double)row[i];
    for (int i = 0; i < ROWS_DIMENSION; i++)
        row[i] = (float)((double)row[i] / sqrt(sum));
}

/* A random direction. */
static inline void rows_fill(float *row, uint64_t *state)
{
    for (int i = 0; i < ROWS_DIMENSION; i++)
        row[i] = rows_random(state);
    rows_normalise(row);
}

/* A direction near another: the larger noise, the farther. */
static inline void rows_near(float *row, const float *centre, float noise, uint64_t *state)
{
    for (int i = 0; i < ROWS_DIMENSION; i++)
        row[i] = centre[i] + noise * rows_random(state);
    rows_normalise(row);
}

static inline struct ov_id rows_id(uint32_t number)
{
    struct ov_id id = {{0}};
    for (int i = 0; i < 4; i++)
        id.bytes[i] = (uint8_t)(number >> (8 * i));
    id.bytes[15] = 1;
    return id;
}

#endif

/*
 * The score that decides: one float32 dot product whose order of operations is part of the format.
 *
 * Sixteen lanes: lane k sums a[i] * b[i] for i = k, k + 16, k + 32, ... in ascending order, each
 * product rounded to float32 before it is added (this file is compiled without contraction into
 * fused multiply-add). The lanes are then added in pairs: k and k + 8, k and k + 4, k and k + 2, 0
 * and 1. A dimension that is no multiple of 16 is taken as padded with zeros. Vector types make
 * this the natural machine code on every target with 128-bit vectors; the result is the same
 * without.
 */
#include <string.h>

#include "common/face/face.h"

#define LANES 16

typedef float vec4 __attribute__((vector_size(16)));

static void add_products(vec4 sums[4], const float *a, const float *b)
{
    for (size_t v = 0; v < 4; v++) {
        vec4 left, right;
        memcpy(&left, a + 4 * v, sizeof left);
        memcpy(&right, b + 4 * v, sizeof right);
        sums[v] += left * right;
    }
}

float ov_descriptor_cosine(const float *a, const float *b, int dimension)
{
    vec4 sums[4] = {{0}, {0}, {0}, {0}};
    int i = 0;
    for (; i + LANES <= dimension; i += LANES)
        add_products(sums, a + i, b + i);
    if (i < dimension) {
        float last_a[LANES] = {0}, last_b[LANES] = {0};
        memcpy(last_a, a + i, (size_t)(dimension - i) * sizeof(float));
        memcpy(last_b, b + i, (size_t)(dimension - i) * sizeof(float));
        add_products(sums, last_a, last_b);
    }
    vec4 eight_low = sums[0] + sums[2], eight_high = sums[1] + sums[3];
    vec4 four = eight_low + eight_high;
    return (four[0] + four[2]) + (four[1] + four[3]);
}

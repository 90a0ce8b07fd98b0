/* Error rates out of scores, as ISO/IEC 19795-1 names them. */
#ifndef OVERT_TESTS_BENCH_FACE_METRICS_H
#define OVERT_TESTS_BENCH_FACE_METRICS_H

#include <stdbool.h>
#include <stddef.h>

struct scores {
    float *values; /* sorted, highest first, by scores_sort */
    size_t count;
};

void scores_add(struct scores *scores, float value);
void scores_sort(struct scores *scores);
void scores_free(struct scores *scores);

/* The share of sorted scores that reach threshold. */
size_t scores_reaching(const struct scores *scores, float threshold);
/* The lowest threshold that at most rate of the sorted scores reach. */
float scores_threshold_at(const struct scores *scores, double rate);
/* Where false matches and false non-matches are as many; both sorted. */
double equal_error_rate(const struct scores *mated, const struct scores *other,
                        float *ret_threshold);

struct interval {
    double low, high;
};

/* 95 % Wilson score interval of a share (Wilson 1927). */
struct interval wilson(size_t hits, size_t trials);

#endif

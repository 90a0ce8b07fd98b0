/* Small exact counts over sorted scores. */
#include "tests/bench/face/metrics.h"

#include <math.h>
#include <stdlib.h>

void scores_add(struct scores *scores, float value)
{
    if ((scores->count & (scores->count - 1)) == 0) { /* full at each power of two */
        size_t room = scores->count == 0 ? 1 : 2 * scores->count;
        float *grown = realloc(scores->values, room * sizeof *grown);
        if (grown == NULL)
            abort();
        scores->values = grown;
    }
    scores->values[scores->count++] = value;
}

static int compare_descending(const void *left, const void *right)
{
    float a = *(const float *)left;
    float b = *(const float *)right;
    return a > b ? -1 : a < b;
}

void scores_sort(struct scores *scores)
{
    if (scores->count > 1)
        qsort(scores->values, scores->count, sizeof *scores->values, compare_descending);
}

void scores_free(struct scores *scores)
{
    free(scores->values);
    scores->values = NULL;
    scores->count = 0;
}

size_t scores_reaching(const struct scores *scores, float threshold)
{
    size_t low = 0, high = scores->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (scores->values[middle] >= threshold)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

float scores_threshold_at(const struct scores *scores, double rate)
{
    size_t allowed = (size_t)((double)scores->count * rate);
    return allowed >= scores->count ? -1.0f : nextafterf(scores->values[allowed], 2.0f);
}

double equal_error_rate(const struct scores *mated, const struct scores *other,
                        float *ret_threshold)
{
    double best = 2.0, rate = 1.0;
    for (size_t i = 0; i < mated->count + other->count; i++) {
        float threshold = i < mated->count ? mated->values[i] : other->values[i - mated->count];
        double missed = 1.0 - (double)scores_reaching(mated, threshold) / (double)mated->count;
        double wrong = (double)scores_reaching(other, threshold) / (double)other->count;
        if (fabs(missed - wrong) < best) {
            best = fabs(missed - wrong);
            rate = 0.5 * (missed + wrong);
            *ret_threshold = threshold;
        }
    }
    return rate;
}

struct interval wilson(size_t hits, size_t trials)
{
    const double z = 1.959964;
    double n = (double)trials;
    double p = (double)hits / n;
    double middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    double half = z * sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n)) / (1.0 + z * z / n);
    struct interval interval = {middle - half, middle + half};
    return interval;
}

/* Recognition times. No thread of its own. */
#include "client/preview/recognition.h"

#include <stdlib.h>
#include <string.h>

void recognition_add(struct recognition *recognition, int64_t time_ms)
{
    int32_t value = time_ms < 0 ? 0 : time_ms > INT32_MAX ? INT32_MAX : (int32_t)time_ms;
    recognition->times_ms[recognition->count++ % RECOGNITION_MAX] = value;
    if (value > recognition->longest_ms)
        recognition->longest_ms = value;
}

static int compare_times(const void *a, const void *b)
{
    const int32_t *left = a;
    const int32_t *right = b;
    return *left < *right ? -1 : *left > *right;
}

int32_t recognition_median_ms(const struct recognition *recognition)
{
    size_t count = recognition->count < RECOGNITION_MAX ? recognition->count : RECOGNITION_MAX;
    int32_t sorted[RECOGNITION_MAX];
    if (count == 0)
        return 0;
    memcpy(sorted, recognition->times_ms, count * sizeof(sorted[0]));
    qsort(sorted, count, sizeof(sorted[0]), compare_times);
    return sorted[(count - 1) / 2];
}

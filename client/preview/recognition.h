/* Recognition times of a run: from the frame's capture to the alert on the screen. */
#ifndef OVERT_CLIENT_PREVIEW_RECOGNITION_H
#define OVERT_CLIENT_PREVIEW_RECOGNITION_H

#include <stddef.h>
#include <stdint.h>

#define RECOGNITION_MAX 4096 /* the latest so many count for the median */

struct recognition {
    int32_t times_ms[RECOGNITION_MAX];
    size_t count; /* of all, also those overwritten since */
    int32_t longest_ms;
};

void recognition_add(struct recognition *recognition, int64_t time_ms);
/* 0 when there are none. */
int32_t recognition_median_ms(const struct recognition *recognition);

#endif

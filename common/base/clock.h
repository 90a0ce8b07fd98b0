/*
 * Time, in microseconds. Code that decides by the clock takes an ov_clock, so that tests can move
 * it.
 */
#ifndef OVERT_COMMON_BASE_CLOCK_H
#define OVERT_COMMON_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define OV_US_PER_MS INT64_C(1000)
#define OV_US_PER_S INT64_C(1000000)

struct ov_clock {
    int64_t (*utc_us)(void *ctx);  /* since 1970-01-01 UTC; may jump */
    int64_t (*mono_us)(void *ctx); /* never goes back, counts on in suspension; any origin */
    void *ctx;
};

/* The machine's own clock; never NULL, never freed. */
const struct ov_clock *ov_clock_system(void);

int64_t ov_clock_utc_us(const struct ov_clock *clock);
int64_t ov_clock_mono_us(const struct ov_clock *clock);

#define OV_TIME_TEXT_SIZE 32
/* ISO 8601 in UTC with milliseconds, "2026-05-01T12:00:00.000Z"; returns out (OV_TIME_TEXT_SIZE).
 */
const char *ov_time_format(int64_t utc_us, char *out);
/* Accepts "YYYY-MM-DDTHH:MM[:SS[.fraction]]" followed by "Z" or "+hh:mm"/"-hh:mm". */
OV_CHECKED enum ov_status ov_time_parse(const char *text, int64_t *ret_utc_us);

#endif

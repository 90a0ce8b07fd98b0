/* What the client's unit tests share: CMocka's headers in their order, and a clock that is moved by
 * hand. */
#ifndef OVERT_TESTS_UNIT_CLIENT_TEST_CLIENT_H
#define OVERT_TESTS_UNIT_CLIENT_TEST_CLIENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/secret.h"

struct hand_clock {
    struct ov_clock clock;
    int64_t utc_us;
    int64_t mono_us;
};

static inline int64_t hand_clock_utc(void *ctx)
{
    return ((struct hand_clock *)ctx)->utc_us;
}

static inline int64_t hand_clock_mono(void *ctx)
{
    return ((struct hand_clock *)ctx)->mono_us;
}

static inline void hand_clock_init(struct hand_clock *clock)
{
    clock->clock = (struct ov_clock){hand_clock_utc, hand_clock_mono, clock};
    clock->utc_us = INT64_C(1777636800) * OV_US_PER_S; /* 2026-05-01T12:00:00Z */
    clock->mono_us = 1000 * OV_US_PER_S;
}

static inline struct ov_secret secret_of(const char *text)
{
    struct ov_secret secret = OV_SECRET_INIT;
    assert_int_equal(ov_secret_copy(&secret, text, strlen(text)), OV_OK);
    return secret;
}

#endif

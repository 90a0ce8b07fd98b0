/*
 * Whether the machine's clock jumps, or differs from the database's. Pure: the keeper asks it each
 * second, and logs and waits as it says.
 */
#ifndef OVERT_SERVER_RETENTION_CLOCK_WATCH_H
#define OVERT_SERVER_RETENTION_CLOCK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/* More than a clock that is kept right by slewing moves between two looks. */
#define CLOCK_JUMP_US INT64_C(1000000)
/* Differing by this much is told, once; by half of it is agreeing again. */
#define CLOCK_DIFFERS_US INT64_C(5000000)

struct clock_watch { /* zeroed before the first call */
    bool looked;
    int64_t offset_us; /* UTC less monotonic, at the last look */
    bool differs;
};

/* By how much UTC jumped since the last look, forwards or backwards; 0: it did not. */
int64_t clock_watch_jump(struct clock_watch *watch, int64_t utc_us, int64_t mono_us);

enum clock_news { CLOCK_NO_NEWS, CLOCK_DIFFERS, CLOCK_AGREES };
/* ahead_us: the server's clock less the database's. */
enum clock_news clock_watch_compare(struct clock_watch *watch, int64_t ahead_us);

#endif

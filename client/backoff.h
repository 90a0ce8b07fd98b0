/* How long to wait before the next attempt: doubling, up to a limit, never the same for everyone.
 */
#ifndef OVERT_CLIENT_BACKOFF_H
#define OVERT_CLIENT_BACKOFF_H

#include <stdint.h>

#define BACKOFF_FIRST_MS 500
#define BACKOFF_LAST_MS 15000

struct backoff {
    int attempts; /* failed ones in a row */
};

/* For attempt 0, 1, 2 ...: between half and the whole of 500 ms, 1 s, 2 s ... 15 s, but no less
 * than 500 ms; random chooses where. Pure. */
int backoff_ms(int attempt, uint32_t random);

/* Counts a failure and returns the pause before the next attempt. */
int backoff_next_ms(struct backoff *backoff);
void backoff_reset(struct backoff *backoff);

#endif

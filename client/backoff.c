/* Pauses between attempts. Any thread. */
#include "client/backoff.h"

#include <limits.h>

#include "common/base/bytes.h"

int backoff_ms(int attempt, uint32_t random)
{
    int64_t longest = BACKOFF_FIRST_MS;
    for (int i = 0; i < attempt && longest < BACKOFF_LAST_MS; i++)
        longest *= 2;
    if (longest > BACKOFF_LAST_MS)
        longest = BACKOFF_LAST_MS;
    int64_t pause = longest / 2 + longest / 2 * random / UINT32_MAX;
    return (int)(pause < BACKOFF_FIRST_MS ? BACKOFF_FIRST_MS : pause);
}

int backoff_next_ms(struct backoff *backoff)
{
    uint32_t random = 0;
    ov_random(&random, sizeof(random));
    int pause = backoff_ms(backoff->attempts, random);
    if (backoff->attempts < INT_MAX)
        backoff->attempts++;
    return pause;
}

void backoff_reset(struct backoff *backoff)
{
    backoff->attempts = 0;
}

/* The permit: one mutex, one condition on the monotonic clock. Any thread; see permit.h. */
#include "client/permit.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct permit {
    const struct ov_clock *clock;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct capture_terms terms;
    int64_t until_mono_us;
    uint64_t generation; /* counts up with each grant that follows a closed permit */
    bool granted;
    bool held;
    uint64_t holds; /* calls of permit_hold */
    bool stopped;
};

static bool init_sync(struct permit *permit)
{
    pthread_condattr_t attr;
    if (pthread_mutex_init(&permit->lock, NULL) != 0 || pthread_condattr_init(&attr) != 0)
        return false;
    bool ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
              pthread_cond_init(&permit->changed, &attr) == 0;
    (void)pthread_condattr_destroy(&attr);
    return ok;
}

struct permit *permit_new(const struct ov_clock *clock)
{
    struct permit *permit = calloc(1, sizeof(*permit));
    if (permit == NULL)
        return NULL;
    permit->clock = clock;
    if (!init_sync(permit)) {
        free(permit);
        return NULL;
    }
    return permit;
}

void permit_free(struct permit *permit)
{
    if (permit == NULL)
        return;
    (void)pthread_cond_destroy(&permit->changed);
    (void)pthread_mutex_destroy(&permit->lock);
    free(permit);
}

/* Caller holds the lock. */
static bool is_valid(const struct permit *permit)
{
    return permit->granted && !permit->held &&
           ov_clock_mono_us(permit->clock) < permit->until_mono_us;
}

/* Caller holds the lock. */
static enum permit_state state_of(const struct permit *permit)
{
    if (permit->stopped)
        return PERMIT_STOPPED;
    return is_valid(permit) ? PERMIT_OPEN : PERMIT_CLOSED;
}

void permit_grant(struct permit *permit, const struct capture_terms *terms, int64_t until_mono_us)
{
    (void)pthread_mutex_lock(&permit->lock);
    if (!is_valid(permit))
        permit->generation++;
    permit->terms = *terms;
    permit->until_mono_us = until_mono_us;
    permit->granted = true;
    (void)pthread_cond_broadcast(&permit->changed);
    (void)pthread_mutex_unlock(&permit->lock);
}

void permit_revoke(struct permit *permit)
{
    (void)pthread_mutex_lock(&permit->lock);
    permit->granted = false;
    (void)pthread_cond_broadcast(&permit->changed);
    (void)pthread_mutex_unlock(&permit->lock);
}

/* Whether the next grant begins a new generation is for permit_grant to find out: it does, because
 * a held permit is not valid. */
void permit_hold(struct permit *permit)
{
    (void)pthread_mutex_lock(&permit->lock);
    permit->held = true;
    permit->holds++;
    permit->granted = false;
    (void)pthread_cond_broadcast(&permit->changed);
    (void)pthread_mutex_unlock(&permit->lock);
}

void permit_release(struct permit *permit, uint64_t holds)
{
    (void)pthread_mutex_lock(&permit->lock);
    permit->held = permit->holds != holds;
    (void)pthread_mutex_unlock(&permit->lock);
}

void permit_stop(struct permit *permit)
{
    (void)pthread_mutex_lock(&permit->lock);
    permit->stopped = true;
    (void)pthread_cond_broadcast(&permit->changed);
    (void)pthread_mutex_unlock(&permit->lock);
}

enum permit_state permit_check(struct permit *permit, struct capture_terms *ret_terms,
                               uint64_t *ret_generation)
{
    (void)pthread_mutex_lock(&permit->lock);
    enum permit_state state = state_of(permit);
    if (state == PERMIT_OPEN && ret_terms != NULL)
        *ret_terms = permit->terms;
    if (state == PERMIT_OPEN && ret_generation != NULL)
        *ret_generation = permit->generation;
    (void)pthread_mutex_unlock(&permit->lock);
    return state;
}

bool permit_covers(struct permit *permit, uint64_t generation)
{
    (void)pthread_mutex_lock(&permit->lock);
    bool covers = is_valid(permit) && generation == permit->generation;
    (void)pthread_mutex_unlock(&permit->lock);
    return covers;
}

static enum permit_state wait_while(struct permit *permit, int timeout_ms,
                                    enum permit_state leave_a, enum permit_state leave_b)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    (void)pthread_mutex_lock(&permit->lock);
    enum permit_state state = state_of(permit);
    while (state != leave_a && state != leave_b) {
        if (pthread_cond_timedwait(&permit->changed, &permit->lock, &until) == ETIMEDOUT)
            break;
        state = state_of(permit);
    }
    state = state_of(permit);
    (void)pthread_mutex_unlock(&permit->lock);
    return state;
}

enum permit_state permit_wait(struct permit *permit, int timeout_ms)
{
    return wait_while(permit, timeout_ms, PERMIT_OPEN, PERMIT_STOPPED);
}

enum permit_state permit_pause(struct permit *permit, int timeout_ms)
{
    return wait_while(permit, timeout_ms, PERMIT_STOPPED, PERMIT_STOPPED);
}

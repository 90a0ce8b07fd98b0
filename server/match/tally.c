/* A small array of minutes under one mutex: one per deployment and site at most times. */
#include "server/match/tally.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/base/log.h"

struct tally {
    const struct ov_clock *clock;
    pthread_mutex_t lock;    /* guards what follows */
    struct ov_id server_run; /* of the minutes that are counted now */
    int64_t taken_us;        /* the latest minute of this run that was taken */
    struct server_counts *minutes;
    size_t count;
    size_t capacity;
    struct tally_totals totals;
};

struct tally *tally_new(const struct ov_clock *clock)
{
    struct tally *tally = calloc(1, sizeof(*tally));
    if (tally == NULL)
        return NULL;
    tally->clock = clock;
    tally->server_run = ov_id_new();
    tally->taken_us = INT64_MIN;
    (void)pthread_mutex_init(&tally->lock, NULL);
    return tally;
}

void tally_free(struct tally *tally)
{
    if (tally == NULL)
        return;
    (void)pthread_mutex_destroy(&tally->lock);
    free(tally->minutes);
    free(tally);
}

static int64_t minute_now(const struct tally *tally)
{
    int64_t now = ov_clock_utc_us(tally->clock);
    return now - now % TALLY_MINUTE_US;
}

/* The same minute of the same run. */
static bool is_same(const struct server_counts *a, const struct server_counts *b)
{
    return a->minute_us == b->minute_us && ov_id_equal(&a->server_run, &b->server_run) &&
           ov_id_equal(&a->deployment_id, &b->deployment_id) &&
           ov_id_equal(&a->site_id, &b->site_id);
}

/* Caller holds the lock. NULL when memory is out. */
static struct server_counts *find_or_add(struct tally *tally, const struct server_counts *wanted)
{
    for (size_t i = 0; i < tally->count; i++)
        if (is_same(&tally->minutes[i], wanted))
            return &tally->minutes[i];
    if (tally->count == tally->capacity) {
        size_t capacity = tally->capacity == 0 ? 8 : tally->capacity * 2;
        struct server_counts *minutes = realloc(tally->minutes, capacity * sizeof(*minutes));
        if (minutes == NULL)
            return NULL;
        tally->minutes = minutes;
        tally->capacity = capacity;
    }
    struct server_counts *added = &tally->minutes[tally->count++];
    *added = *wanted;
    added->probes_compared = 0;
    added->alerts = 0;
    added->suppressed = 0;
    return added;
}

/* Caller holds the lock. */
static void add(struct tally *tally, const struct server_counts *counts)
{
    struct server_counts *at = find_or_add(tally, counts);
    if (at == NULL) {
        ov_log(OV_LOG_ERROR, "match", "counts_lost", "probes=%lld",
               (long long)counts->probes_compared);
        return;
    }
    at->probes_compared += counts->probes_compared;
    at->alerts += counts->alerts;
    at->suppressed += counts->suppressed;
}

/* Caller holds the lock. A minute that was taken is stored and stays as it is: when the clock has
 * gone back to one, what is counted from now on is told apart by another run. */
static int64_t open_minute(struct tally *tally)
{
    int64_t minute_us = minute_now(tally);
    if (minute_us <= tally->taken_us) {
        tally->server_run = ov_id_new();
        tally->taken_us = INT64_MIN;
    }
    return minute_us;
}

void tally_add(struct tally *tally, const struct ov_id *deployment_id, const struct ov_id *site_id,
               const struct tally_step *step)
{
    (void)pthread_mutex_lock(&tally->lock);
    struct server_counts counts = {.deployment_id = *deployment_id,
                                   .site_id = *site_id,
                                   .minute_us = open_minute(tally),
                                   .probes_compared = step->probes_compared,
                                   .alerts = step->alerts,
                                   .suppressed = step->suppressed};
    counts.server_run = tally->server_run;
    add(tally, &counts);
    tally->totals.probes_compared += step->probes_compared;
    tally->totals.alerts += step->alerts;
    tally->totals.suppressed += step->suppressed;
    (void)pthread_mutex_unlock(&tally->lock);
}

enum ov_status tally_take(struct tally *tally, bool with_current, struct server_counts *ret)
{
    enum ov_status status = OV_ERR_NOT_FOUND;
    (void)pthread_mutex_lock(&tally->lock);
    int64_t now = minute_now(tally);
    for (size_t i = 0; i < tally->count; i++) {
        if (!with_current && tally->minutes[i].minute_us >= now)
            continue;
        *ret = tally->minutes[i];
        tally->minutes[i] = tally->minutes[--tally->count];
        if (ov_id_equal(&ret->server_run, &tally->server_run) && ret->minute_us > tally->taken_us)
            tally->taken_us = ret->minute_us;
        status = OV_OK;
        break;
    }
    (void)pthread_mutex_unlock(&tally->lock);
    return status;
}

void tally_put_back(struct tally *tally, const struct server_counts *counts)
{
    (void)pthread_mutex_lock(&tally->lock);
    add(tally, counts);
    (void)pthread_mutex_unlock(&tally->lock);
}

void tally_totals(struct tally *tally, struct tally_totals *ret)
{
    (void)pthread_mutex_lock(&tally->lock);
    *ret = tally->totals;
    (void)pthread_mutex_unlock(&tally->lock);
}

/* A small array of minutes under one mutex: one per deployment and site at most times. */
#include "server/match/tally.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/base/log.h"

struct tally {
    const struct ov_clock *clock;
    struct ov_id server_run;
    pthread_mutex_t lock; /* guards what follows */
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

/* Caller holds the lock. NULL when memory is out. */
static struct server_counts *find_or_add(struct tally *tally, const struct ov_id *deployment_id,
                                         const struct ov_id *site_id, int64_t minute_us)
{
    for (size_t i = 0; i < tally->count; i++) {
        struct server_counts *at = &tally->minutes[i];
        if (at->minute_us == minute_us && ov_id_equal(&at->deployment_id, deployment_id) &&
            ov_id_equal(&at->site_id, site_id))
            return at;
    }
    if (tally->count == tally->capacity) {
        size_t capacity = tally->capacity == 0 ? 8 : tally->capacity * 2;
        struct server_counts *minutes = realloc(tally->minutes, capacity * sizeof(*minutes));
        if (minutes == NULL)
            return NULL;
        tally->minutes = minutes;
        tally->capacity = capacity;
    }
    struct server_counts *added = &tally->minutes[tally->count++];
    *added = (struct server_counts){.server_run = tally->server_run,
                                    .deployment_id = *deployment_id,
                                    .site_id = *site_id,
                                    .minute_us = minute_us};
    return added;
}

static void add_to(struct tally *tally, const struct ov_id *deployment_id,
                   const struct ov_id *site_id, int64_t minute_us, const struct tally_step *step)
{
    struct server_counts *at = find_or_add(tally, deployment_id, site_id, minute_us);
    if (at == NULL) {
        ov_log(OV_LOG_ERROR, "match", "counts_lost", "probes=%u", step->probes_compared);
        return;
    }
    at->probes_compared += step->probes_compared;
    at->alerts += step->alerts;
    at->suppressed += step->suppressed;
}

void tally_add(struct tally *tally, const struct ov_id *deployment_id, const struct ov_id *site_id,
               const struct tally_step *step)
{
    (void)pthread_mutex_lock(&tally->lock);
    add_to(tally, deployment_id, site_id, minute_now(tally), step);
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
        status = OV_OK;
        break;
    }
    (void)pthread_mutex_unlock(&tally->lock);
    return status;
}

void tally_put_back(struct tally *tally, const struct server_counts *counts)
{
    struct tally_step step = {counts->probes_compared, counts->alerts, counts->suppressed};
    (void)pthread_mutex_lock(&tally->lock);
    add_to(tally, &counts->deployment_id, &counts->site_id, counts->minute_us, &step);
    (void)pthread_mutex_unlock(&tally->lock);
}

void tally_totals(struct tally *tally, struct tally_totals *ret)
{
    (void)pthread_mutex_lock(&tally->lock);
    *ret = tally->totals;
    (void)pthread_mutex_unlock(&tally->lock);
}

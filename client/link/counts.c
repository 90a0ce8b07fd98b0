/* Counts: one open minute and a queue of finished ones. */
#include "client/link/counts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"

#define MINUTE_US (60 * OV_US_PER_S)

struct counts {
    struct ov_counts open;
    bool is_open;
    int64_t floor_us; /* no minute before this is opened again, even if the clock is set back */
    struct ov_counts *done[COUNTS_MAX];
    size_t done_count;
    size_t sent; /* the first so many of done were sent in this session */
};

struct counts *counts_new(const struct ov_id *run_id, const char *camera)
{
    struct counts *counts = calloc(1, sizeof(*counts));
    if (counts == NULL)
        return NULL;
    counts->open.run_id = *run_id;
    (void)snprintf(counts->open.camera, sizeof(counts->open.camera), "%s", camera);
    return counts;
}

void counts_free(struct counts *counts)
{
    if (counts == NULL)
        return;
    for (size_t i = 0; i < counts->done_count; i++)
        free(counts->done[i]);
    free(counts);
}

static void close_gap(struct counts *counts, size_t gap)
{
    counts->done_count--;
    for (size_t i = gap; i < counts->done_count; i++)
        counts->done[i] = counts->done[i + 1];
}

static void drop_oldest(struct counts *counts)
{
    ov_log(OV_LOG_ERROR, "link", "counts_lost", "minute_us=%lld",
           (long long)counts->done[0]->minute_us);
    free(counts->done[0]);
    close_gap(counts, 0);
    counts->sent -= counts->sent > 0;
}

void counts_finish(struct counts *counts)
{
    if (!counts->is_open)
        return;
    counts->is_open = false;
    counts->floor_us = counts->open.minute_us + MINUTE_US;
    if (counts->done_count == COUNTS_MAX)
        drop_oldest(counts);
    struct ov_counts *done = malloc(sizeof(*done));
    if (done == NULL) {
        ov_log(OV_LOG_ERROR, "link", "counts_lost", "minute_us=%lld",
               (long long)counts->open.minute_us);
        return;
    }
    *done = counts->open;
    counts->done[counts->done_count++] = done;
}

void counts_tick(struct counts *counts, int64_t utc_us)
{
    if (counts->is_open && utc_us >= counts->open.minute_us + MINUTE_US)
        counts_finish(counts);
}

void counts_watching(struct counts *counts, int64_t utc_us)
{
    counts_tick(counts, utc_us);
    if (counts->is_open)
        return;
    int64_t minute_us = utc_us - utc_us % MINUTE_US;
    if (minute_us < counts->floor_us)
        minute_us = counts->floor_us;
    counts->open.minute_us = minute_us;
    counts->open.faces_seen = 0;
    counts->open.probes_sent = 0;
    memset(counts->open.rejected, 0, sizeof(counts->open.rejected));
    counts->is_open = true;
}

void counts_add(struct counts *counts, const struct counts_delta *delta, int64_t utc_us)
{
    counts_watching(counts, utc_us);
    counts->open.faces_seen += delta->faces_seen;
    counts->open.probes_sent += delta->probes_sent;
    for (int i = 0; i < OV_REJECT_COUNT; i++)
        counts->open.rejected[i] += delta->rejected[i];
}

const struct ov_counts *counts_next(struct counts *counts)
{
    return counts->sent < counts->done_count ? counts->done[counts->sent++] : NULL;
}

bool counts_acked(struct counts *counts, int64_t minute_us)
{
    for (size_t i = 0; i < counts->done_count; i++) {
        if (counts->done[i]->minute_us != minute_us)
            continue;
        free(counts->done[i]);
        close_gap(counts, i);
        counts->sent -= i < counts->sent;
        return true;
    }
    return false;
}

void counts_resend(struct counts *counts)
{
    counts->sent = 0;
}

size_t counts_waiting(const struct counts *counts)
{
    return counts->done_count;
}

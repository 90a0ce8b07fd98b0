/*
 * How many faces, by minute: numbers only, no person in them. One camera per client.
 *
 * One minute is open at a time; once the clock has passed it (by UTC, never back) it is final and
 * waits, with the others, until the server has acknowledged it. Link thread only.
 */
#ifndef OVERT_CLIENT_LINK_COUNTS_H
#define OVERT_CLIENT_LINK_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire/messages.h"

#define COUNTS_MAX 1440 /* finished minutes kept for a server that is away: a day */

struct counts;

/* NULL when memory is out. camera is copied. */
struct counts *counts_new(const struct ov_id *run_id, const char *camera);
/* Takes NULL. */
void counts_free(struct counts *counts);

/* Numbers since the last call, from what the recogniser and the outbox say. */
struct counts_delta {
    uint32_t faces_seen;
    uint32_t probes_sent;
    uint32_t rejected[OV_REJECT_COUNT];
};
void counts_add(struct counts *counts, const struct counts_delta *delta, int64_t utc_us);

/* Closes the open minute if it is over. Minutes in which nothing was captured make no record. */
void counts_tick(struct counts *counts, int64_t utc_us);
/* Marks that the camera was watching now, so that an empty minute is recorded as one. */
void counts_watching(struct counts *counts, int64_t utc_us);
/* Closes the open minute, whatever the time: the run is over. */
void counts_finish(struct counts *counts);

/* The next finished minute to send in this session; NULL when all have been sent. */
const struct ov_counts *counts_next(struct counts *counts);
/* Acknowledged: forgotten. False for a minute that is not waiting. */
bool counts_acked(struct counts *counts, int64_t minute_us);
/* After a connection has ended: all unacknowledged are to be sent again. */
void counts_resend(struct counts *counts);

/* Finished minutes that are not acknowledged. */
size_t counts_waiting(const struct counts *counts);

#endif

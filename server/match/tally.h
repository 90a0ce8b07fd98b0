/*
 * Counts per deployment, site and minute, as this server sees them, and totals since its start.
 *
 * Matchers and alert workers add; the keeper takes finished minutes and stores them. A minute is
 * taken once: an addition always goes to the minute in which it is made. After the clock was set
 * back, minutes that were taken are counted again under another run's id. Any thread.
 */
#ifndef OVERT_SERVER_MATCH_TALLY_H
#define OVERT_SERVER_MATCH_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "server/store/alerts.h"

struct tally;

#define TALLY_MINUTE_US (INT64_C(60) * OV_US_PER_S)

/* Draws the id of this run. NULL when memory is out. */
struct tally *tally_new(const struct ov_clock *clock);
void tally_free(struct tally *tally);

struct tally_step {
    uint32_t probes_compared;
    uint32_t alerts;
    uint32_t suppressed;
};
void tally_add(struct tally *tally, const struct ov_id *deployment_id, const struct ov_id *site_id,
               const struct tally_step *step);

/* Removes and returns one minute that is over (any, with_current); OV_ERR_NOT_FOUND when none is.
 */
OV_CHECKED enum ov_status tally_take(struct tally *tally, bool with_current,
                                     struct server_counts *ret);
/* Puts back what could not be stored. */
void tally_put_back(struct tally *tally, const struct server_counts *counts);

struct tally_totals {
    int64_t probes_compared;
    int64_t alerts;
    int64_t suppressed;
};
void tally_totals(struct tally *tally, struct tally_totals *ret);

#endif

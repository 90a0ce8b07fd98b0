/*
 * Crops that have been asked for and are not here yet, so that a client that reconnects is asked
 * again. Small and bounded; the database, not this, decides when a crop is missing. Loop thread.
 */
#ifndef OVERT_SERVER_CAPTURE_WANTED_H
#define OVERT_SERVER_CAPTURE_WANTED_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/id.h"

#define WANTED_MAX 1024u
#define WANTED_FOR_US (INT64_C(60) * OV_US_PER_S)

struct wanted_crop {
    struct ov_id alert_id;
    struct ov_id deployment_id;
    struct ov_id site_id;
    struct ov_id run_id;
    uint64_t sequence;
    int64_t since_us; /* monotonic */
};

struct wanted {
    struct wanted_crop items[WANTED_MAX];
    size_t count;
};

/* Once per alert; the oldest goes when it is full. */
void wanted_add(struct wanted *wanted, const struct wanted_crop *crop);
void wanted_remove(struct wanted *wanted, const struct ov_id *alert_id);
void wanted_expire(struct wanted *wanted, int64_t now_us);

#endif

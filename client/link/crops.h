/*
 * The pictures of faces that were sent as probes, for the case that one of them alerts.
 *
 * In secret memory only, bounded in number and age: 15 s without an alert, 60 s at most with one.
 * Belongs to the link's thread. Times are monotonic microseconds given by the caller.
 */
#ifndef OVERT_CLIENT_LINK_CROPS_H
#define OVERT_CLIENT_LINK_CROPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/secret.h"

#define CROPS_MAX 256
#define CROP_AGE_US (15 * OV_US_PER_S)
#define CROP_AGE_ALERTED_US (60 * OV_US_PER_S)

struct crops;

/* NULL when memory is out. */
struct crops *crops_new(void);
/* Wipes. Takes NULL. */
void crops_free(struct crops *crops);

/*
 * Keeps a picture (moved out of take_jpeg; an empty one is ignored). When CROPS_MAX are there, the
 * oldest without an alert makes room; when all have one, the new picture is wiped.
 */
void crops_put(struct crops *crops, uint64_t sequence, struct ov_secret *take_jpeg, int64_t now_us);

/* The server has raised an alert for this sequence: its picture stays until delivered. */
void crops_alerted(struct crops *crops, uint64_t sequence);
/* The server has compared this sequence: its picture goes, unless it has alerted. */
void crops_compared(struct crops *crops, uint64_t sequence);

/* Borrowed until the next call; NULL when it is not there (any more). */
const struct ov_secret *crops_get(const struct crops *crops, uint64_t sequence);

/* The picture has been sent; the server has it for certain when it answers the ping of this number
 * or a later one. */
void crops_sent(struct crops *crops, uint64_t sequence, uint64_t ping);
/* The server has answered this ping: pictures sent before it are delivered and wiped. */
void crops_answered(struct crops *crops, uint64_t ping);
/* The connection has ended: what was sent may not have arrived, and will be asked for again. */
void crops_disconnected(struct crops *crops);

/* Wipes what is too old. */
void crops_expire(struct crops *crops, int64_t now_us);
/* Wipes everything. */
void crops_wipe(struct crops *crops);

size_t crops_length(const struct crops *crops);
/* Pictures of alerted faces that are not delivered yet. */
size_t crops_undelivered(const struct crops *crops);

#endif

/*
 * Probes that the server has not acknowledged yet: in memory only, few and not for long.
 *
 * Each keeps its sequence for the whole run, so that sending it again after a reconnect is
 * harmless. Belongs to the link's thread. Times are monotonic microseconds given by the caller.
 */
#ifndef OVERT_CLIENT_LINK_OUTBOX_H
#define OVERT_CLIENT_LINK_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/wire/messages.h"

#define OUTBOX_MAX 512
#define OUTBOX_BATCH_MAX 16
#define OUTBOX_LINGER_US (50 * OV_US_PER_MS) /* a probe waits so long for a batch to fill */
#define OUTBOX_AGE_OPERATIONAL_US (10 * OV_US_PER_S)
#define OUTBOX_AGE_EXERCISE_US (120 * OV_US_PER_S)

struct outbox;

/* NULL when memory is out. */
struct outbox *outbox_new(void);
/* Wipes. Takes NULL. */
void outbox_free(struct outbox *outbox);

/*
 * Takes the probe's descriptor on OV_OK; OV_ERR_LIMIT when OUTBOX_MAX are waiting: the caller keeps
 * it and counts the face as dropped for capacity. Sequences must count up.
 */
OV_CHECKED enum ov_status outbox_add(struct outbox *outbox, struct ov_probe *probe, int64_t now_us);

/*
 * The probes to send now as batch number batch: at most OUTBOX_BATCH_MAX and never more than credit
 * allows with those that are out already. 0 when there are none, or too few to be worth it yet and
 * the oldest has waited less than OUTBOX_LINGER_US. ret_probes holds OUTBOX_BATCH_MAX shallow
 * copies that borrow their descriptors until the next call. ret_new counts those never sent before.
 */
size_t outbox_next_batch(struct outbox *outbox, uint64_t batch, uint32_t credit, int64_t now_us,
                         struct ov_probe *ret_probes, size_t *ret_new);

/* Wipes the batch's probes; returns how many there were. on_gone sees each sequence. */
size_t outbox_ack(struct outbox *outbox, uint64_t batch,
                  void (*on_gone)(void *ctx, uint64_t sequence), void *ctx);

/* After a connection has ended: everything unacknowledged is to be sent again. */
void outbox_resend(struct outbox *outbox);

struct outbox_lost {
    size_t unsent; /* never sent */
    size_t sent;   /* sent, fate unknown */
};

/* Wipes what is older than max_age_us. */
struct outbox_lost outbox_expire(struct outbox *outbox, int64_t now_us, int64_t max_age_us);
/* Wipes everything. */
struct outbox_lost outbox_wipe(struct outbox *outbox);

size_t outbox_length(const struct outbox *outbox);
/* Sent in this session and not acknowledged. */
size_t outbox_in_flight(const struct outbox *outbox);

#endif

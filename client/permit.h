/*
 * The permission to capture, as the link holds it and the camera and the recogniser obey it.
 *
 * The link's thread grants (a verified lease, a live deployment, the terms of Welcome) and revokes;
 * every other thread only asks, but that the one with the pause key may hold it. A permit runs out
 * by itself on the monotonic clock, so capturing ends in time even if the link's thread does not
 * get to say so. The one object of the client that threads share, because a queue could not be read
 * by two and would deliver late.
 */
#ifndef OVERT_CLIENT_PERMIT_H
#define OVERT_CLIENT_PERMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/face/quality.h"
#include "common/face/zone.h"

/* What Welcome says about which faces may be compared. */
struct capture_terms {
    struct ov_quality_gate gate;
    uint32_t min_face_px;
    struct ov_zone zone; /* of this camera */
};

enum permit_state {
    PERMIT_CLOSED, /* no capturing now; it may come (back) */
    PERMIT_OPEN,   /* capturing is allowed */
    PERMIT_STOPPED /* the run is over */
};

struct permit;

/* clock is borrowed and outlives the permit. NULL when memory is out. */
struct permit *permit_new(const struct ov_clock *clock);
/* Takes NULL. */
void permit_free(struct permit *permit);

/* Allows capturing until until_mono_us. Coming from closed, a new generation begins. */
void permit_grant(struct permit *permit, const struct capture_terms *terms, int64_t until_mono_us);
/* Forbids it at once; what was captured before belongs to a generation that is over. */
void permit_revoke(struct permit *permit);
/* The pause key: closed at once, whatever is granted, until released. Any thread. */
void permit_hold(struct permit *permit);
/* holds: how many the caller knows of. One more, and the permit stays closed. */
void permit_release(struct permit *permit, uint64_t holds);
/* Ends the run. Unlike revoking, this does not void what was captured with permission. */
void permit_stop(struct permit *permit);

/* ret_terms and ret_generation (either may be NULL) are written when the answer is PERMIT_OPEN. */
enum permit_state permit_check(struct permit *permit, struct capture_terms *ret_terms,
                               uint64_t *ret_generation);
/* True as long as what was captured in this generation may still be used. */
bool permit_covers(struct permit *permit, uint64_t generation);
/* Waits up to timeout_ms while the permit is closed. */
enum permit_state permit_wait(struct permit *permit, int timeout_ms);
/* Waits up to timeout_ms or until the run is stopped: a pause that ends early. */
enum permit_state permit_pause(struct permit *permit, int timeout_ms);

#endif

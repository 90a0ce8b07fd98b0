/*
 * Which detection belongs to which passer-by, within one run and one camera.
 *
 * By overlap, else by nearness of the boxes' centres; nothing about the face itself is used or
 * kept. A track is a number, a box and some times: it says nothing about any other camera, run or
 * day. Belongs to the recogniser's thread. Times are the source's own, in microseconds.
 */
#ifndef OVERT_CLIENT_TRACK_TRACKER_H
#define OVERT_CLIENT_TRACK_TRACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/face/face.h"

#define TRACKS_MAX OV_FACES_MAX
#define TRACK_LOST_US (1000 * OV_US_PER_MS) /* not seen for so long: finished */
#define TRACK_PROBE_EVERY_US (500 * OV_US_PER_MS)
#define TRACK_CLEARLY_BETTER 1.25f /* a picture this much better is worth a probe at once */

struct track {
    uint64_t id; /* 1, 2 ... in the order of first sight */
    struct ov_box box;
    int64_t seen_us;
    int64_t probed_us;
    float best; /* highest track_merit of a probe of this track */
    uint32_t probes;
    enum ov_quality_reason reason; /* why the latest face without a probe was not used */
    bool was_dropped;              /* a face of it was good enough and there was no room for it */
    bool active;
};

struct tracker;

/* NULL when memory is out. */
struct tracker *tracker_new(void);
/* Takes NULL. */
void tracker_free(struct tracker *tracker);

/*
 * Gives each of count boxes its track, old or new, in ret_tracks (count pointers, valid until the
 * next call; NULL where TRACKS_MAX are in use).
 */
void tracker_update(struct tracker *tracker, const struct ov_box *boxes, size_t count,
                    int64_t at_us, struct track **ret_tracks);

/* Calls finished for every track that has not been seen for TRACK_LOST_US, and forgets it. */
void tracker_sweep(struct tracker *tracker, int64_t at_us,
                   void (*finished)(void *ctx, const struct track *track), void *ctx);
/* The same for every track. */
void tracker_flush(struct tracker *tracker, void (*finished)(void *ctx, const struct track *track),
                   void *ctx);

/* How good a face is for comparison, as one number; more is better. */
float track_merit(const struct ov_quality *quality);
/* Whether a face of this merit, seen now, should become a probe. */
bool track_wants_probe(const struct track *track, float merit, int64_t at_us);
void track_probed(struct track *track, float merit, int64_t at_us);

#endif

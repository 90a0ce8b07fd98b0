/* The tracker: all pairs of tracks and boxes that might belong together, taken best first. */
#include "client/track/tracker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

#define MIN_OVERLAP 0.2f     /* intersection over union */
#define MAX_SHIFT 0.75f      /* distance of the centres, in widths of the face */
#define MAX_SIZE_RATIO 1.67f /* between two sightings */

struct pair {
    float closeness; /* overlapping: 1..2; near only: 0..1 */
    uint16_t track;  /* index */
    uint16_t box;    /* index */
};

struct tracker {
    struct track tracks[TRACKS_MAX];
    struct pair pairs[TRACKS_MAX * OV_FACES_MAX];
    uint64_t last_id;
};

struct tracker *tracker_new(void)
{
    return calloc(1, sizeof(struct tracker));
}

void tracker_free(struct tracker *tracker)
{
    free(tracker);
}

static float overlap(const struct ov_box *a, const struct ov_box *b)
{
    float left = fmaxf(a->left, b->left);
    float top = fmaxf(a->top, b->top);
    float right = fminf(a->left + a->width, b->left + b->width);
    float bottom = fminf(a->top + a->height, b->top + b->height);
    if (right <= left || bottom <= top)
        return 0;
    float both = (right - left) * (bottom - top);
    return both / (a->width * a->height + b->width * b->height - both);
}

static float closeness(const struct ov_box *a, const struct ov_box *b)
{
    float width = (a->width + b->width) / 2;
    float ratio = a->width > b->width ? a->width / b->width : b->width / a->width;
    if (!(width > 0) || !(ratio <= MAX_SIZE_RATIO))
        return -1;
    float shared = overlap(a, b);
    if (shared >= MIN_OVERLAP)
        return 1 + shared;
    float dx = a->left + a->width / 2 - b->left - b->width / 2;
    float dy = a->top + a->height / 2 - b->top - b->height / 2;
    float shift = sqrtf(dx * dx + dy * dy) / width;
    return shift <= MAX_SHIFT ? 1 - shift : -1;
}

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *left = a;
    const struct pair *right = b;
    if (left->closeness != right->closeness)
        return left->closeness > right->closeness ? -1 : 1;
    if (left->track != right->track) /* ties: the same outcome on every machine */
        return left->track < right->track ? -1 : 1;
    return left->box < right->box ? -1 : left->box > right->box;
}

static size_t list_pairs(struct tracker *tracker, const struct ov_box *boxes, size_t count)
{
    size_t pairs = 0;
    for (size_t t = 0; t < TRACKS_MAX; t++) {
        if (!tracker->tracks[t].active)
            continue;
        for (size_t b = 0; b < count; b++) {
            float close = closeness(&tracker->tracks[t].box, &boxes[b]);
            if (close >= 0)
                tracker->pairs[pairs++] = (struct pair){close, (uint16_t)t, (uint16_t)b};
        }
    }
    qsort(tracker->pairs, pairs, sizeof(tracker->pairs[0]), compare_pairs);
    return pairs;
}

static struct track *start_track(struct tracker *tracker)
{
    for (size_t t = 0; t < TRACKS_MAX; t++) {
        struct track *track = &tracker->tracks[t];
        if (track->active)
            continue;
        memset(track, 0, sizeof(*track));
        track->id = ++tracker->last_id;
        track->active = true;
        return track;
    }
    return NULL;
}

void tracker_update(struct tracker *tracker, const struct ov_box *boxes, size_t count,
                    int64_t at_us, struct track **ret_tracks)
{
    bool is_taken[TRACKS_MAX] = {false};
    if (count > OV_FACES_MAX)
        count = OV_FACES_MAX;
    for (size_t b = 0; b < count; b++)
        ret_tracks[b] = NULL;
    size_t pairs = list_pairs(tracker, boxes, count);
    for (size_t i = 0; i < pairs; i++) {
        const struct pair *pair = &tracker->pairs[i];
        if (is_taken[pair->track] || ret_tracks[pair->box] != NULL)
            continue;
        is_taken[pair->track] = true;
        ret_tracks[pair->box] = &tracker->tracks[pair->track];
    }
    for (size_t b = 0; b < count; b++) {
        if (ret_tracks[b] == NULL)
            ret_tracks[b] = start_track(tracker);
        if (ret_tracks[b] == NULL)
            continue;
        ret_tracks[b]->box = boxes[b];
        ret_tracks[b]->seen_us = at_us;
    }
}

static void finish(struct track *track, void (*finished)(void *ctx, const struct track *track),
                   void *ctx)
{
    finished(ctx, track);
    memset(track, 0, sizeof(*track));
}

void tracker_sweep(struct tracker *tracker, int64_t at_us,
                   void (*finished)(void *ctx, const struct track *track), void *ctx)
{
    for (size_t t = 0; t < TRACKS_MAX; t++) {
        struct track *track = &tracker->tracks[t];
        if (track->active && at_us - track->seen_us > TRACK_LOST_US)
            finish(track, finished, ctx);
    }
}

void tracker_flush(struct tracker *tracker, void (*finished)(void *ctx, const struct track *track),
                   void *ctx)
{
    for (size_t t = 0; t < TRACKS_MAX; t++) {
        if (tracker->tracks[t].active)
            finish(&tracker->tracks[t], finished, ctx);
    }
}

float track_merit(const struct ov_quality *quality)
{
    /* More pixels help up to what the embedder sees (about 35 px between the eyes), a turned head
     * hurts in proportion; sharpness counts in full. Ours, and only for choosing among one track.
     */
    float size = fminf(quality->eye_distance_px / 35.0f, 2.0f);
    float frontal = 1 - fminf(fabsf(quality->yaw_deg), 90.0f) / 90.0f;
    float level = 1 - fminf(fabsf(quality->pitch_deg), 90.0f) / 180.0f;
    return fmaxf(size, 0) * fmaxf(quality->sharpness, 0) * frontal * level;
}

bool track_wants_probe(const struct track *track, float merit, int64_t at_us)
{
    return track->probes == 0 || at_us - track->probed_us >= TRACK_PROBE_EVERY_US ||
           merit > track->best * TRACK_CLEARLY_BETTER;
}

void track_probed(struct track *track, float merit, int64_t at_us)
{
    track->probed_us = at_us;
    track->best = fmaxf(track->best, merit);
    track->probes++;
}

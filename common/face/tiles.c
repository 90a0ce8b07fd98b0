/* Pure functions; any thread. */
#include "common/face/tiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Each level finds faces down to a third, at most, of those of the level before. */
#define LEVEL_RATIO 3.0f
/* Face boxes are taller than wide: their height per width, at the least and at the most. */
#define FACE_ASPECT_MIN 1.35f
#define FACE_ASPECT_MAX 1.45f
/* An overlap holds a face with room to spare, so that it does not touch the tile's edge. */
#define OVERLAP_ROOM 1.1f
/* A box that ends this close to an edge counts as cut: in px of the detector's input, and as a
 * share of the box's side, whichever is more. */
#define CUT_INPUT_PX 2.0f
#define CUT_SHARE 0.04f
/* A cut box that another covers by this share is the same face. */
#define CUT_COVERED 0.5f

static int ceil_div(int value, int by)
{
    return (value + by - 1) / by;
}

/* How many stretches of at most longest, overlapping by overlap, cover length. */
static int stretch_count(int length, int longest, int overlap)
{
    if (longest >= length)
        return 1;
    int step = longest - overlap;
    if (step < longest / 4) /* never crawl, whatever the ratio */
        step = longest / 4 > 0 ? longest / 4 : 1;
    return ceil_div(length - longest, step) + 1;
}

/* The smallest face, by width, that is found when width x height px are stretched to the input. */
static float smallest_seen(int width, int height, int input_width, int input_height)
{
    float by_width = OV_DETECTABLE_PX * (float)width / (float)input_width;
    float by_height = OV_DETECTABLE_PX * (float)height / (float)input_height / FACE_ASPECT_MIN;
    return by_width > by_height ? by_width : by_height;
}

static enum ov_status plan_append(struct ov_tile_plan *plan, const struct ov_tile *tile)
{
    struct ov_tile *grown = realloc(plan->tiles, (plan->count + 1) * sizeof *grown);
    if (grown == NULL)
        return OV_ERR_NOMEM;
    plan->tiles = grown;
    plan->tiles[plan->count++] = *tile;
    return OV_OK;
}

/* One axis of a level: count stretches of size px, spread evenly from 0 to length. */
struct stretch {
    int count, size, length;
};

static struct stretch stretch_plan(int length, int longest, int overlap)
{
    struct stretch stretch = {stretch_count(length, longest, overlap), length, length};
    if (stretch.count > 1) {
        /* As small as an even spread allows: smaller tiles show faces larger. */
        int even = ceil_div(length + (stretch.count - 1) * overlap, stretch.count);
        stretch.size = even < longest ? even : longest;
    }
    return stretch;
}

static int stretch_start(const struct stretch *stretch, int index)
{
    if (stretch->count == 1)
        return 0;
    return (int)((int64_t)(stretch->length - stretch->size) * index / (stretch->count - 1));
}

static enum ov_status plan_level(struct ov_tile_plan *plan, const struct stretch *across,
                                 const struct stretch *down)
{
    enum ov_status status = OV_OK;
    for (int y = 0; y < down->count && status == OV_OK; y++) {
        for (int x = 0; x < across->count && status == OV_OK; x++) {
            struct ov_tile tile = {
                .region = {(float)stretch_start(across, x), (float)stretch_start(down, y),
                           (float)across->size, (float)down->size},
                .inner_left = x > 0,
                .inner_top = y > 0,
                .inner_right = x + 1 < across->count,
                .inner_bottom = y + 1 < down->count,
            };
            status = plan_append(plan, &tile);
        }
    }
    return status;
}

/* Adds the tiles that find faces of face px, where those of coarser px are found already. */
static enum ov_status plan_for_face(struct ov_tile_plan *plan, int width, int height, float face,
                                    float coarser, int input_width, int input_height)
{
    float zoom = face / OV_DETECTABLE_PX;
    int longest_x = (int)(zoom * (float)input_width);
    int longest_y = (int)(zoom * (float)input_height * FACE_ASPECT_MIN);
    struct stretch across = stretch_plan(width, longest_x, (int)(coarser * OVERLAP_ROOM));
    struct stretch down =
        stretch_plan(height, longest_y, (int)(coarser * OVERLAP_ROOM * FACE_ASPECT_MAX));
    return plan_level(plan, &across, &down);
}

enum ov_status ov_tiles_plan(struct ov_tile_plan *ret_plan, int width, int height, int min_face_px,
                             int input_width, int input_height)
{
    struct ov_tile_plan plan = {NULL, 0};
    struct ov_tile whole = {.region = {0.0f, 0.0f, (float)width, (float)height}};
    enum ov_status status = plan_append(&plan, &whole);
    float seen = smallest_seen(width, height, input_width, input_height);
    float wanted = (float)(min_face_px > OV_MIN_FACE_FLOOR_PX ? min_face_px : OV_MIN_FACE_FLOOR_PX);
    if (min_face_px > 0 && wanted < seen) {
        int levels = (int)ceilf(logf(seen / wanted) / logf(LEVEL_RATIO));
        float ratio = powf(wanted / seen, 1.0f / (float)levels);
        for (int level = 1; level <= levels && status == OV_OK; level++) {
            float finer = level == levels ? wanted : seen * ratio;
            status = plan_for_face(&plan, width, height, finer, seen, input_width, input_height);
            seen = finer;
        }
    }
    if (status != OV_OK)
        ov_tile_plan_free(&plan);
    else
        *ret_plan = plan;
    return status;
}

void ov_tile_plan_free(struct ov_tile_plan *plan)
{
    free(plan->tiles);
    plan->tiles = NULL;
    plan->count = 0;
}

static bool is_near(float distance, float side, float input_px)
{
    float near = CUT_INPUT_PX * input_px;
    if (CUT_SHARE * side > near)
        near = CUT_SHARE * side;
    return distance < near;
}

bool ov_tile_cuts(const struct ov_tile *tile, const struct ov_box *box, int input_width)
{
    const struct ov_box *region = &tile->region;
    float input_px = region->width / (float)input_width;
    float right = region->left + region->width - (box->left + box->width);
    float bottom = region->top + region->height - (box->top + box->height);
    return (tile->inner_left && is_near(box->left - region->left, box->width, input_px)) ||
           (tile->inner_right && is_near(right, box->width, input_px)) ||
           (tile->inner_top && is_near(box->top - region->top, box->height, input_px)) ||
           (tile->inner_bottom && is_near(bottom, box->height, input_px));
}

static float intersection(const struct ov_box *a, const struct ov_box *b)
{
    float left = fmaxf(a->left, b->left);
    float top = fmaxf(a->top, b->top);
    float right = fminf(a->left + a->width, b->left + b->width);
    float bottom = fminf(a->top + a->height, b->top + b->height);
    return right > left && bottom > top ? (right - left) * (bottom - top) : 0.0f;
}

float ov_box_iou(const struct ov_box *a, const struct ov_box *b)
{
    float both = intersection(a, b);
    float any = a->width * a->height + b->width * b->height - both;
    return any > 0.0f ? both / any : 0.0f;
}

float ov_box_share(const struct ov_box *inner, const struct ov_box *outer)
{
    float area = inner->width * inner->height;
    return area > 0.0f ? intersection(inner, outer) / area : 0.0f;
}

/* Best first; the geometry breaks ties, so that the order never depends on the sort. */
static int compare(const void *left, const void *right)
{
    const struct ov_candidate *a = left;
    const struct ov_candidate *b = right;
    if (a->cut != b->cut)
        return a->cut ? 1 : -1;
    const float keys[][2] = {{b->score, a->score},
                             {b->box.width * b->box.height, a->box.width * a->box.height},
                             {a->box.top, b->box.top},
                             {a->box.left, b->box.left}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (keys[i][0] != keys[i][1])
            return keys[i][0] < keys[i][1] ? -1 : 1;
    }
    return 0;
}

static bool is_same_face(const struct ov_candidate *kept, const struct ov_candidate *other,
                         float iou)
{
    if (ov_box_iou(&kept->box, &other->box) > iou)
        return true;
    return other->cut && ov_box_share(&other->box, &kept->box) > CUT_COVERED;
}

size_t ov_candidates_merge(struct ov_candidate *candidates, size_t count, float iou)
{
    if (count == 0)
        return 0;
    qsort(candidates, count, sizeof *candidates, compare);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool repeated = false;
        for (size_t k = 0; k < kept && !repeated; k++)
            repeated = is_same_face(&candidates[k], &candidates[i], iou);
        if (!repeated)
            candidates[kept++] = candidates[i];
    }
    return kept;
}

/*
 * The UltraFace kind of detector: the picture (or a tile of it) is stretched to the input size; the
 * network gives scores [1][n][2], whose second column is "face", and boxes [1][n][4], x1 y1 x2 y2
 * as fractions of the input, decoded already. (Linzaer,
 * Ultra-Light-Fast-Generic-Face-Detector-1MB.)
 *
 * One thread at a time; pixels in secret memory, wiped after each picture.
 */
#include "common/face/detect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/face/planes.h"
#include "common/face/resample.h"

/*
 * A score below this is looked at again, in a view of its own. On photos of people every real face
 * of 40 px or more came back with 0.99 or more and its box overlapping by 0.7; everything else that
 * had passed the threshold (hands, chins, folds of cloth, a railing) came back below 0.35 or not at
 * all.
 */
#define CERTAIN_SCORE 0.99f
/* The second view is this many face widths wide. */
#define SECOND_VIEW_ZOOM 4.5f
#define FACE_ASPECT 1.3f
#define SAME_FACE_IOU 0.5f
/* A small face's box varies by a fifth from view to view; what was looked for is not dropped
 * for that. */
#define SIZE_TOLERANCE 0.8f

struct ov_detector {
    const struct ov_manifest *manifest;
    struct ov_infer *net;
    struct ov_secret pixels; /* RGB at the input's size */
    size_t anchors;          /* boxes per run */
    /* What one run found, before and after it is merged. */
    struct ov_candidate *found;
};

struct candidate_list {
    struct ov_candidate *items;
    size_t count, capacity;
};

static enum ov_status check_outputs(const struct ov_infer *net, struct ov_error *err)
{
    size_t scores = ov_infer_output_length(net, 0);
    size_t boxes = ov_infer_output_length(net, 1);
    if (scores < 2 || scores % 2 != 0 || boxes != 2 * scores)
        return ov_fail(err, OV_ERR_INVALID, "infer.shape",
                       "the detector's scores and boxes are not [1][n][2] and [1][n][4]");
    return OV_OK;
}

enum ov_status ov_detector_new(struct ov_detector **ret_detector,
                               const struct ov_manifest *manifest, struct ov_infer *take_net,
                               struct ov_error *err)
{
    struct ov_detector *detector = calloc(1, sizeof *detector);
    if (detector == NULL) {
        ov_infer_free(take_net);
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for the detector");
    }
    detector->manifest = manifest;
    detector->net = take_net;
    enum ov_status status = check_outputs(take_net, err);
    if (status == OV_OK) {
        const struct ov_network *network = &manifest->detector;
        detector->anchors = ov_infer_output_length(take_net, 0) / 2;
        detector->found = calloc(detector->anchors, sizeof *detector->found);
        size_t pixels = (size_t)network->width * (size_t)network->height;
        if (detector->found == NULL || ov_secret_new(&detector->pixels, 3 * pixels) != OV_OK)
            status = ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for the detector");
    }
    if (status != OV_OK)
        ov_detector_free(detector);
    else
        *ret_detector = detector;
    return status;
}

void ov_detector_free(struct ov_detector *detector)
{
    if (detector == NULL)
        return;
    ov_infer_free(detector->net);
    ov_secret_free(&detector->pixels);
    free(detector->found);
    free(detector);
}

static enum ov_status run_on(struct ov_detector *detector, const struct ov_image *image,
                             const struct ov_box *region, struct ov_error *err)
{
    const struct ov_network *network = &detector->manifest->detector;
    enum ov_status status =
        ov_resample(image, region, network->width, network->height, detector->pixels.data);
    if (status != OV_OK)
        return ov_fail(err, status, "memory", "the picture cannot be scaled for the detector");
    ov_planes_from_rgb(network, detector->pixels.data,
                       (size_t)network->width * (size_t)network->height,
                       ov_infer_input(detector->net));
    return ov_infer_run(detector->net, err);
}

/* One box of the network in px of the picture; false when it is no box at all. */
static bool read_box(const float corners[4], const struct ov_box *region, struct ov_box *box)
{
    for (int i = 0; i < 4; i++) {
        if (!isfinite(corners[i]) || fabsf(corners[i]) > 2.0f)
            return false;
    }
    box->left = region->left + corners[0] * region->width;
    box->top = region->top + corners[1] * region->height;
    box->width = (corners[2] - corners[0]) * region->width;
    box->height = (corners[3] - corners[1]) * region->height;
    return box->width >= 1.0f && box->height >= 1.0f;
}

/* What the last run found in tile, merged, into detector->found. */
static size_t read_found(struct ov_detector *detector, const struct ov_tile *tile)
{
    const float *scores = ov_infer_output(detector->net, 0);
    const float *boxes = ov_infer_output(detector->net, 1);
    size_t count = 0;
    for (size_t i = 0; i < detector->anchors; i++) {
        struct ov_candidate *found = &detector->found[count];
        found->score = scores[2 * i + 1];
        if (found->score > detector->manifest->score_threshold &&
            read_box(boxes + 4 * i, &tile->region, &found->box)) {
            found->cut = ov_tile_cuts(tile, &found->box, detector->manifest->detector.width);
            count++;
        }
    }
    return ov_candidates_merge(detector->found, count, detector->manifest->nms_iou);
}

static enum ov_status append(struct candidate_list *list, const struct ov_candidate *items,
                             size_t count, struct ov_error *err)
{
    if (list->count + count > list->capacity) {
        size_t capacity = 2 * (list->count + count);
        struct ov_candidate *grown = realloc(list->items, capacity * sizeof *grown);
        if (grown == NULL)
            return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for the faces found");
        list->items = grown;
        list->capacity = capacity;
    }
    if (count > 0)
        memcpy(list->items + list->count, items, count * sizeof *items);
    list->count += count;
    return OV_OK;
}

static enum ov_status detect_in(struct ov_detector *detector, const struct ov_image *image,
                                const struct ov_tile_plan *plan, struct candidate_list *list,
                                struct ov_error *err)
{
    enum ov_status status = OV_OK;
    for (size_t i = 0; i < plan->count && status == OV_OK; i++) {
        status = run_on(detector, image, &plan->tiles[i].region, err);
        if (status == OV_OK)
            status = append(list, detector->found, read_found(detector, &plan->tiles[i]), err);
    }
    return status;
}

/* The start of a stretch of length, moved so that it lies within 0..size where it can. */
static float shift_inside(float start, float length, float size)
{
    if (start + length > size)
        start = size - length;
    return start > 0.0f ? start : 0.0f;
}

/* Where to look again: the box in the middle, at a size in the input that the network is best at.
 */
static struct ov_tile second_view(const struct ov_detector *detector, const struct ov_image *image,
                                  const struct ov_box *box)
{
    const struct ov_network *network = &detector->manifest->detector;
    float aspect = (float)network->width / (float)network->height;
    float side = fmaxf(box->width, box->height / FACE_ASPECT);
    float width = SECOND_VIEW_ZOOM * side;
    float height = width / aspect;
    struct ov_tile view = {
        .region = {
            shift_inside(box->left + 0.5f * (box->width - width), width, (float)image->width),
            shift_inside(box->top + 0.5f * (box->height - height), height, (float)image->height),
            width, height}};
    return view;
}

/* Looks again; on success *ret_confirmed tells whether the face was there, and its box is the
 * second one, which was measured at the better size. */
static enum ov_status confirm(struct ov_detector *detector, const struct ov_image *image,
                              struct ov_candidate *candidate, bool *ret_confirmed,
                              struct ov_error *err)
{
    struct ov_tile view = second_view(detector, image, &candidate->box);
    enum ov_status status = run_on(detector, image, &view.region, err);
    if (status != OV_OK)
        return status;
    size_t count = read_found(detector, &view);
    const struct ov_candidate *best = NULL;
    float best_iou = SAME_FACE_IOU;
    for (size_t i = 0; i < count; i++) {
        float iou = ov_box_iou(&detector->found[i].box, &candidate->box);
        if (iou > best_iou) {
            best_iou = iou;
            best = &detector->found[i];
        }
    }
    *ret_confirmed = best != NULL;
    if (best != NULL)
        *candidate = *best;
    return OV_OK;
}

/*
 * Keeps the faces that are certain and, of the others, those that a second look confirms. Drops
 * what is smaller than was asked for and, beyond OV_FACES_MAX, the least certain.
 */
static enum ov_status keep_faces(struct ov_detector *detector, const struct ov_image *image,
                                 int min_face_px, struct candidate_list *list, struct ov_error *err)
{
    if (list->items == NULL)
        return OV_OK;
    size_t kept = 0;
    for (size_t i = 0; i < list->count && kept < OV_FACES_MAX; i++) {
        struct ov_candidate candidate = list->items[i];
        bool keep = candidate.box.width >= SIZE_TOLERANCE * (float)min_face_px;
        if (keep && (candidate.cut || candidate.score < CERTAIN_SCORE)) {
            enum ov_status status = confirm(detector, image, &candidate, &keep, err);
            if (status != OV_OK)
                return status;
        }
        if (keep)
            list->items[kept++] = candidate;
    }
    /* Two doubtful boxes may have turned out to be one face. */
    list->count = ov_candidates_merge(list->items, kept, detector->manifest->nms_iou);
    return OV_OK;
}

enum ov_status ov_detect(struct ov_detector *detector, const struct ov_image *image,
                         int min_face_px, struct ov_candidate **ret_candidates, size_t *ret_count,
                         struct ov_error *err)
{
    const struct ov_network *network = &detector->manifest->detector;
    struct ov_tile_plan plan = {NULL, 0};
    enum ov_status status = ov_tiles_plan(&plan, image->width, image->height, min_face_px,
                                          network->width, network->height);
    if (status != OV_OK)
        return ov_fail(err, status, "memory", "out of memory for the detector's plan");
    struct candidate_list list = {NULL, 0, 0};
    status = detect_in(detector, image, &plan, &list, err);
    ov_tile_plan_free(&plan);
    if (status == OV_OK) {
        list.count = ov_candidates_merge(list.items, list.count, detector->manifest->nms_iou);
        status = keep_faces(detector, image, min_face_px, &list, err);
    }
    ov_wipe(detector->pixels.data, detector->pixels.size);
    ov_infer_wipe(detector->net);
    if (status != OV_OK) {
        free(list.items);
        return status;
    }
    *ret_count = list.count;
    *ret_candidates = list.items;
    return OV_OK;
}

/*
 * The engine: detector, landmarks and embedder of one model pack, put together.
 *
 * One thread at a time. The networks keep pointers into the engine's manifest, so the engine never
 * moves.
 */
#include "common/face/face.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/face/detect.h"
#include "common/face/embed.h"
#include "common/face/infer.h"
#include "common/face/landmarks.h"
#include "common/face/measure.h"
#include "common/face/pack.h"

#define CROP_JPEG_QUALITY 92
#define CROP_SIDE_MIN_PX 16

struct ov_face_engine {
    struct ov_pack pack; /* its files are dropped once the networks are made */
    char name[112];
    struct ov_detector *detector;
    struct ov_landmarker *landmarker;
    struct ov_embedder *embedder;
};

/* ---- making ---- */

static enum ov_status make_net(const char *label, const char *runtime_path,
                               const struct ov_network *network, const struct ov_buf *onnx,
                               struct ov_infer **ret_net, struct ov_error *err)
{
    struct ov_infer_spec spec;
    memset(&spec, 0, sizeof spec);
    spec.label = label;
    spec.channels = network->colour == OV_COLOUR_GREY ? 1 : 3;
    spec.height = network->height;
    spec.width = network->width;
    memcpy(spec.input, network->input, sizeof spec.input);
    memcpy(spec.outputs, network->outputs, sizeof spec.outputs);
    spec.output_count = network->outputs[1][0] != '\0' ? 2 : 1;
    return ov_infer_new(runtime_path, onnx->data, onnx->length, &spec, ret_net, err);
}

static enum ov_status make_networks(struct ov_face_engine *engine, const char *runtime_path,
                                    struct ov_error *err)
{
    const struct ov_manifest *manifest = &engine->pack.manifest;
    struct ov_infer *net = NULL;
    enum ov_status status =
        make_net("detector", runtime_path, &manifest->detector, &engine->pack.detector, &net, err);
    if (status == OV_OK)
        status = ov_detector_new(&engine->detector, manifest, net, err);
    if (status == OV_OK)
        status = make_net("landmarks", runtime_path, &manifest->landmarks, &engine->pack.landmarks,
                          &net, err);
    if (status == OV_OK)
        status = ov_landmarker_new(&engine->landmarker, manifest, net, err);
    if (status == OV_OK)
        status = make_net("embedder", runtime_path, &manifest->embedder, &engine->pack.embedder,
                          &net, err);
    if (status == OV_OK)
        status = ov_embedder_new(&engine->embedder, manifest, net, err);
    return status;
}

enum ov_status ov_face_engine_new(const char *pack_dir, const char *runtime_path,
                                  struct ov_face_engine **ret_engine, struct ov_error *err)
{
    struct ov_face_engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for the face engine");
    enum ov_status status = ov_pack_load(&engine->pack, pack_dir, err);
    if (status == OV_OK)
        status = make_networks(
            engine, runtime_path != NULL ? runtime_path : ov_infer_default_runtime(), err);
    if (status != OV_OK) {
        ov_face_engine_free(engine);
        return status;
    }
    ov_pack_drop_files(&engine->pack);
    (void)snprintf(engine->name, sizeof engine->name, "%s %s", engine->pack.manifest.name,
                   engine->pack.manifest.version);
    *ret_engine = engine;
    return OV_OK;
}

void ov_face_engine_free(struct ov_face_engine *engine)
{
    if (engine == NULL)
        return;
    ov_detector_free(engine->detector);
    ov_landmarker_free(engine->landmarker);
    ov_embedder_free(engine->embedder);
    ov_pack_drop_files(&engine->pack);
    free(engine);
}

const uint8_t *ov_face_engine_digest(const struct ov_face_engine *engine)
{
    return engine->pack.digest;
}

const char *ov_face_engine_name(const struct ov_face_engine *engine)
{
    return engine->name;
}

int ov_face_engine_dimension(const struct ov_face_engine *engine)
{
    return engine->pack.manifest.dimension;
}

/* ---- finding ---- */

/* Largest first. */
static int compare_size(const void *left, const void *right)
{
    const struct ov_candidate *a = left;
    const struct ov_candidate *b = right;
    float area_a = a->box.width * a->box.height;
    float area_b = b->box.width * b->box.height;
    if (area_a != area_b)
        return area_a > area_b ? -1 : 1;
    if (a->box.top != b->box.top)
        return a->box.top < b->box.top ? -1 : 1;
    return a->box.left < b->box.left ? -1 : a->box.left > b->box.left;
}

static enum ov_status describe(struct ov_face_engine *engine, const struct ov_image *image,
                               const struct ov_candidate *candidate, struct ov_face *face,
                               struct ov_error *err)
{
    face->box = candidate->box;
    face->detection_score = candidate->score;
    enum ov_status status = ov_landmarks_find(engine->landmarker, image, face, err);
    if (status == OV_OK)
        status = ov_quality_measure(image, face, err);
    return status;
}

static enum ov_status describe_all(struct ov_face_engine *engine, const struct ov_image *image,
                                   const struct ov_candidate *candidates, size_t count,
                                   struct ov_face_list *ret_list, struct ov_error *err)
{
    struct ov_face_list list = {NULL, 0};
    if (count > 0)
        list.faces = ov_secret_alloc(count * sizeof *list.faces); /* landmarks draw a face */
    if (count > 0 && list.faces == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for the faces found");
    enum ov_status status = OV_OK;
    for (size_t i = 0; i < count && status == OV_OK; i++)
        status = describe(engine, image, &candidates[i], &list.faces[list.count++], err);
    if (status != OV_OK)
        ov_face_list_free(&list);
    else
        *ret_list = list;
    return status;
}

enum ov_status ov_face_find(struct ov_face_engine *engine, const struct ov_image *image,
                            int min_face_px, struct ov_face_list *ret_list, struct ov_error *err)
{
    if (image->pixels.data == NULL || min_face_px < 0)
        return ov_fail(err, OV_ERR_INVALID, "face.input",
                       "faces are sought in a picture, with a smallest size of 0 px or more");
    struct ov_candidate *candidates = NULL;
    size_t count = 0;
    enum ov_status status =
        ov_detect(engine->detector, image, min_face_px, &candidates, &count, err);
    if (status != OV_OK)
        return status;
    if (count > 1)
        qsort(candidates, count, sizeof *candidates, compare_size);
    status = describe_all(engine, image, candidates, count, ret_list, err);
    free(candidates);
    return status;
}

void ov_face_list_free(struct ov_face_list *list)
{
    if (list == NULL)
        return;
    ov_secret_release(list->faces);
    list->faces = NULL;
    list->count = 0;
}

enum ov_status ov_face_embed(struct ov_face_engine *engine, const struct ov_image *image,
                             const struct ov_face *face, struct ov_secret *ret_descriptor,
                             struct ov_error *err)
{
    if (image->pixels.data == NULL)
        return ov_fail(err, OV_ERR_INVALID, "face.input", "a face needs its picture");
    return ov_embed(engine->embedder, image, face->five, ret_descriptor, err);
}

/* ---- pictures for people ---- */

struct crop_region {
    int left, top, width, height; /* px, within the image */
};

static int clamp_px(float value, int limit)
{
    return !(value > 0.0f) ? 0 : value >= (float)limit ? limit : (int)value;
}

/* The box and its margin, as far as the picture goes. */
static struct crop_region crop_region(const struct ov_image *image, const struct ov_box *box,
                                      float margin)
{
    float grow_x = margin * box->width, grow_y = margin * box->height;
    int left = clamp_px(box->left - grow_x, image->width);
    int top = clamp_px(box->top - grow_y, image->height);
    int right = clamp_px(ceilf(box->left + box->width + grow_x), image->width);
    int bottom = clamp_px(ceilf(box->top + box->height + grow_y), image->height);
    struct crop_region region = {left, top, right - left, bottom - top};
    return region;
}

/* Scales down in place until the longer side is at most max_side_px. */
static enum ov_status shrink(struct ov_image *image, int max_side_px)
{
    int longer = image->width > image->height ? image->width : image->height;
    if (longer <= max_side_px)
        return OV_OK;
    int width = (int)((int64_t)image->width * max_side_px / longer);
    int height = (int)((int64_t)image->height * max_side_px / longer);
    struct ov_image smaller = OV_IMAGE_INIT;
    enum ov_status status =
        ov_image_resize(&smaller, image, width > 0 ? width : 1, height > 0 ? height : 1);
    if (status != OV_OK)
        return status;
    ov_image_free(image);
    *image = smaller;
    return OV_OK;
}

enum ov_status ov_face_crop_jpeg(const struct ov_image *image, const struct ov_face *face,
                                 float margin, int max_side_px, struct ov_secret *ret_jpeg,
                                 struct ov_error *err)
{
    if (image->pixels.data == NULL || !(margin >= 0.0f && margin <= 10.0f) ||
        max_side_px < CROP_SIDE_MIN_PX)
        return ov_fail(err, OV_ERR_INVALID, "face.input",
                       "a face's picture needs a margin from 0 to 10 and a side of %d px or more",
                       CROP_SIDE_MIN_PX);
    struct crop_region region = crop_region(image, &face->box, margin);
    if (region.width < 1 || region.height < 1)
        return ov_fail(err, OV_ERR_INVALID, "face.input", "the face lies outside its picture");
    struct ov_image crop = OV_IMAGE_INIT;
    enum ov_status status =
        ov_image_crop(&crop, image, region.left, region.top, region.width, region.height);
    if (status == OV_OK)
        status = shrink(&crop, max_side_px);
    if (status != OV_OK)
        (void)ov_fail(err, status, "memory", "out of memory for a face's picture");
    else
        status = ov_jpeg_encode(ret_jpeg, &crop, CROP_JPEG_QUALITY, err);
    ov_image_free(&crop);
    return status;
}

/*
 * What each stage costs on one core: decode, detect, landmarks and quality, align, embed, for
 * frames of three sizes with 1, 4 and 12 faces, pasted from the sample photos that set-up fetches.
 *
 *     face_stages [--json] [--min-face PX] [--runs N]
 *
 * Processor time, median of N runs (default 15). "find" is detection, landmarks and quality
 * together, which is what ov_face_find does for each frame; embed is per face, and includes align.
 * Exit status 77 without set-up. Prints figures, asserts none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/bytes.h"
#include "common/face/align.h"
#include "common/face/detect.h"
#include "common/face/face.h"
#include "common/face/landmarks.h"
#include "common/face/measure.h"
#include "common/face/pack.h"
#include "tests/bench/face/frames.h"
#include "tests/bench/face/places.h"

#define FACES_MAX 12
#define RUNS_MAX 200

struct stages {
    struct ov_pack pack; /* the networks once more, to time them one by one */
    struct ov_detector *detector;
    struct ov_landmarker *landmarker;
    struct ov_face_engine *engine;
    struct sample_face faces[FACES_MAX];
    size_t face_count;
    int runs, min_face_px;
    bool json;
};

enum stage { DECODE, DETECT, LANDMARKS, QUALITY, FIND, ALIGN, EMBED, STAGE_COUNT };

/* Time of this thread on the processor: what else the machine does does not count. */
static double now_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) != 0)
        abort();
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static int compare_double(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return a < b ? -1 : a > b;
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare_double);
    return values[count / 2];
}

/* ---- frames ---- */

/* A grey frame with count faces on a grid of 4 x 3, as JPEG. */
static void compose(const struct stages *stages, int width, int height, int count,
                    struct ov_secret *ret_jpeg)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_image frame = OV_IMAGE_INIT;
    frame_make(&frame, width, height);
    int side = height / 3 - 4;
    for (int i = 0; i < count; i++)
        frame_paste(&frame, &stages->faces[i].crop, width * (i % 4) / 4, height * (i / 4) / 3,
                    side);
    check(ov_jpeg_encode(ret_jpeg, &frame, 85, &err), &err);
    ov_image_free(&frame);
}

/* ---- stages ---- */

static void make_networks(struct stages *stages, const char *pack_dir)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_infer *net = NULL;
    check(ov_face_engine_new(pack_dir, NULL, &stages->engine, &err), &err);
    check(ov_pack_load(&stages->pack, pack_dir, &err), &err);
    const struct ov_manifest *manifest = &stages->pack.manifest;
    struct ov_infer_spec spec = {.label = "detector", .channels = 3, .output_count = 2};
    memcpy(spec.input, manifest->detector.input, sizeof spec.input);
    memcpy(spec.outputs, manifest->detector.outputs, sizeof spec.outputs);
    spec.width = manifest->detector.width;
    spec.height = manifest->detector.height;
    check(ov_infer_new(ov_infer_default_runtime(), stages->pack.detector.data,
                       stages->pack.detector.length, &spec, &net, &err),
          &err);
    check(ov_detector_new(&stages->detector, manifest, net, &err), &err);
    struct ov_infer_spec points = {.label = "landmarks", .channels = 1, .output_count = 1};
    memcpy(points.input, manifest->landmarks.input, sizeof points.input);
    memcpy(points.outputs, manifest->landmarks.outputs, sizeof points.outputs);
    points.width = manifest->landmarks.width;
    points.height = manifest->landmarks.height;
    check(ov_infer_new(ov_infer_default_runtime(), stages->pack.landmarks.data,
                       stages->pack.landmarks.length, &points, &net, &err),
          &err);
    check(ov_landmarker_new(&stages->landmarker, manifest, net, &err), &err);
}

static void free_networks(struct stages *stages)
{
    ov_detector_free(stages->detector);
    ov_landmarker_free(stages->landmarker);
    ov_pack_drop_files(&stages->pack);
    ov_face_engine_free(stages->engine);
    sample_faces_free(stages->faces, stages->face_count);
}

/* The stages of one face, in milliseconds: landmarks, quality, align, embed. */
static void time_face(const struct stages *stages, const struct ov_image *image,
                      struct ov_face *face, double ms[STAGE_COUNT])
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_secret out = OV_SECRET_INIT;
    unsigned char aligned[OV_ALIGNED_SIDE_PX * OV_ALIGNED_SIDE_PX * 3];
    double start = now_ms();
    check(ov_landmarks_find(stages->landmarker, image, face, &err), &err);
    double landmarks = now_ms();
    check(ov_quality_measure(image, face, &err), &err);
    double quality = now_ms();
    check(ov_align_face(image, face->five, OV_ALIGNED_SIDE_PX, aligned), &err);
    double align = now_ms();
    check(ov_face_embed(stages->engine, image, face, &out, &err), &err);
    double embed = now_ms();
    ov_secret_free(&out);
    ov_wipe(aligned, sizeof aligned);
    ms[LANDMARKS] = landmarks - start;
    ms[QUALITY] = quality - landmarks;
    ms[ALIGN] = align - quality;
    ms[EMBED] = embed - align;
}

/* One run over one frame; returns how many faces were found. Per-face stages are of the largest. */
static size_t run_once(const struct stages *stages, const struct ov_secret *jpeg,
                       double ms[STAGE_COUNT])
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_candidate *candidates = NULL;
    struct ov_face_list list = {NULL, 0};
    size_t count = 0;
    double start = now_ms();
    check(ov_jpeg_decode(&image, jpeg->data, jpeg->size, 0, &err), &err);
    double decode = now_ms();
    check(ov_detect(stages->detector, &image, stages->min_face_px, &candidates, &count, &err),
          &err);
    double detect = now_ms();
    check(ov_face_find(stages->engine, &image, stages->min_face_px, &list, &err), &err);
    double find = now_ms();
    ms[DECODE] = decode - start;
    ms[DETECT] = detect - decode;
    ms[FIND] = find - detect;
    if (list.count > 0)
        time_face(stages, &image, &list.faces[0], ms);
    count = list.count;
    free(candidates);
    ov_face_list_free(&list);
    ov_image_free(&image);
    return count;
}

static void time_frame(const struct stages *stages, int width, int height, int faces, bool first)
{
    static double all[STAGE_COUNT][RUNS_MAX];
    double ms[STAGE_COUNT] = {0.0};
    struct ov_secret jpeg = OV_SECRET_INIT;
    size_t found = 0;
    compose(stages, width, height, faces, &jpeg);
    for (int run = -2; run < stages->runs; run++) { /* two to warm up */
        found = run_once(stages, &jpeg, ms);
        for (int stage = 0; stage < STAGE_COUNT && run >= 0; stage++)
            all[stage][run] = ms[stage];
    }
    ov_secret_free(&jpeg);
    for (int stage = 0; stage < STAGE_COUNT; stage++)
        ms[stage] = median(all[stage], stages->runs);
    double frame = ms[DECODE] + ms[FIND];
    if (stages->json)
        (void)printf("%s\n{\"width\":%d,\"height\":%d,\"faces\":%d,\"found\":%zu,"
                     "\"decode_ms\":%.2f,\"detect_ms\":%.2f,\"landmarks_ms\":%.2f,"
                     "\"quality_ms\":%.2f,\"find_ms\":%.2f,\"align_ms\":%.2f,\"embed_ms\":%.2f}",
                     first ? "" : ",", width, height, faces, found, ms[DECODE], ms[DETECT],
                     ms[LANDMARKS], ms[QUALITY], ms[FIND], ms[ALIGN], ms[EMBED]);
    else
        (void)printf(
            "%4dx%-4d  %5d  %5zu  %6.1f  %6.1f  %9.2f  %7.2f  %6.1f  %5.2f  %5.1f  %8.1f\n", width,
            height, faces, found, ms[DECODE], ms[DETECT], ms[LANDMARKS], ms[QUALITY], ms[FIND],
            ms[ALIGN], ms[EMBED], 1000.0 / frame);
}

static int argument(int argc, char **argv, const char *name, int fallback, int most)
{
    for (int i = 1; i + 1 < argc; i++) {
        int64_t value = 0;
        if (strcmp(argv[i], name) == 0 && ov_parse_i64(argv[i + 1], 0, most, &value) == OV_OK)
            return (int)value;
    }
    return fallback;
}

int main(int argc, char **argv)
{
    static const int sizes[][2] = {{640, 480}, {1280, 720}, {1920, 1080}};
    static const int counts[] = {1, 4, 12};
    static struct stages stages;
    char pack[1024];
    stages.runs = argument(argc, argv, "--runs", 15, RUNS_MAX);
    stages.runs = stages.runs > 0 ? stages.runs : 1;
    stages.min_face_px = argument(argc, argv, "--min-face", 40, 4096);
    for (int i = 1; i < argc; i++)
        stages.json = stages.json || strcmp(argv[i], "--json") == 0;
    if (!place_of_pack(pack, sizeof pack)) {
        (void)printf("skipped: no model pack; run deploy/setup\n");
        return 77;
    }
    ov_face_thread_init();
    make_networks(&stages, pack);
    stages.face_count = sample_faces_load(stages.engine, stages.faces, FACES_MAX);
    if (stages.face_count < FACES_MAX) {
        (void)printf("skipped: no sample photos; run deploy/setup\n");
        return 77;
    }
    if (stages.json)
        (void)printf("{\"min_face_px\":%d,\"runs\":%d,\"frames\":[", stages.min_face_px,
                     stages.runs);
    else
        (void)printf("one core, processor time, smallest face %d px, median of %d runs, "
                     "milliseconds; landmarks, "
                     "quality, align and embed are per face\n"
                     "    frame  faces  found  decode  detect  landmarks  quality    find  align  "
                     "embed  frames/s\n",
                     stages.min_face_px, stages.runs);
    for (size_t s = 0; s < 3; s++) {
        for (size_t c = 0; c < 3; c++)
            time_frame(&stages, sizes[s][0], sizes[s][1], counts[c], s + c == 0);
    }
    if (stages.json)
        (void)printf("\n]}\n");
    free_networks(&stages);
    return 0;
}

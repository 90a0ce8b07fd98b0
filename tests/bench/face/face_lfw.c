/*
 * How well the whole chain recognises people: decode, detect, landmarks, align, embed, compare, on
 * the original photos of Labelled Faces in the Wild (University of Massachusetts, 2007).
 *
 *     face_lfw [--json] [--pack DIR]
 *
 * 1:1 on the 1,800 pairs of folds 1-3 of the official View 2; 1:N with 260 listed people, 780
 * probes of them and 1,172 people who are not listed. Two threads, one engine each. Exit status 77
 * when the photos are not there. The photos are press photos of well-known people: see the notes in
 * common/face/README.md on what such figures do not say.
 */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/face/face.h"
#include "tests/bench/face/lfw_lists.h"
#include "tests/bench/face/metrics.h"
#include "tests/bench/face/places.h"

#define THREADS 2
#define FOLDS 3
#define PHOTO_MAX_BYTES (16u * 1024 * 1024)

struct result {
    bool found;
    struct ov_secret descriptor;
    enum ov_quality_reason probe, reference;
    struct ov_quality quality;
};

struct job {
    struct lfw lfw;
    struct result *results;
    char images[1100];
    char pack[1100];
    int dimension;
    atomic_size_t next;
    atomic_bool failed;
};

static void die(const struct ov_error *err)
{
    (void)fprintf(stderr, "face_lfw: %s: %s\n", err->code, err->text);
    exit(1);
}

/* ---- from photos to descriptors ---- */

/* LFW's labelled person is the face in the middle. */
static const struct ov_face *middle_face(const struct ov_face_list *list,
                                         const struct ov_image *image)
{
    const struct ov_face *best = NULL;
    float best_distance = INFINITY;
    for (size_t i = 0; i < list->count; i++) {
        const struct ov_box *box = &list->faces[i].box;
        float dx = box->left + 0.5f * box->width - 0.5f * (float)image->width;
        float dy = box->top + 0.5f * box->height - 0.5f * (float)image->height;
        if (dx * dx + dy * dy < best_distance) {
            best_distance = dx * dx + dy * dy;
            best = &list->faces[i];
        }
    }
    return best;
}

static enum ov_status embed_image(struct ov_face_engine *engine, const struct ov_image *image,
                                  struct result *result, struct ov_error *err)
{
    struct ov_face_list list = {NULL, 0};
    enum ov_status status = ov_face_find(engine, image, 0, &list, err);
    if (status != OV_OK)
        return status;
    const struct ov_face *face = middle_face(&list, image);
    if (face != NULL) {
        result->found = true;
        result->quality = face->quality;
        result->probe = ov_quality_check(&face->quality, ov_quality_gate_probe());
        result->reference = ov_quality_check(&face->quality, ov_quality_gate_reference());
        status = ov_face_embed(engine, image, face, &result->descriptor, err);
    }
    ov_face_list_free(&list);
    return status;
}

static enum ov_status embed_photo(struct ov_face_engine *engine, const char *path,
                                  struct result *result, struct ov_error *err)
{
    struct ov_secret file = OV_SECRET_INIT;
    struct ov_image image = OV_IMAGE_INIT;
    enum ov_status status = ov_file_read_secret(path, PHOTO_MAX_BYTES, &file, err);
    if (status == OV_OK)
        status = ov_jpeg_decode(&image, file.data, file.size, 0, err);
    if (status == OV_OK)
        status = embed_image(engine, &image, result, err);
    ov_image_free(&image);
    ov_secret_free(&file);
    return status;
}

static void *work(void *argument)
{
    struct job *job = argument;
    struct ov_error err = OV_ERROR_INIT;
    struct ov_face_engine *engine = NULL;
    ov_face_thread_init();
    if (ov_face_engine_new(job->pack, NULL, &engine, &err) != OV_OK)
        die(&err);
    for (size_t i = atomic_fetch_add(&job->next, 1); i < job->lfw.photo_count;
         i = atomic_fetch_add(&job->next, 1)) {
        char path[1400];
        (void)snprintf(path, sizeof path, "%s/%s", job->images, job->lfw.photos[i].path);
        if (embed_photo(engine, path, &job->results[i], &err) != OV_OK)
            die(&err);
        if (i % 500 == 0)
            (void)fprintf(stderr, "face_lfw: %zu of %zu photos\n", i, job->lfw.photo_count);
    }
    ov_face_engine_free(engine);
    return NULL;
}

static void embed_all(struct job *job)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, work, job) != 0)
            abort();
    }
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
}

/* A photo without a face scores -1 against everything. */
static float score(const struct job *job, int first, int second)
{
    const struct result *a = &job->results[first];
    const struct result *b = &job->results[second];
    if (!a->found || !b->found)
        return -1.0f;
    return ov_descriptor_cosine((const float *)(const void *)a->descriptor.data,
                                (const float *)(const void *)b->descriptor.data, job->dimension);
}

/* ---- 1:1 ---- */

static void split_pairs(const struct job *job, int fold, bool inside, struct scores *same,
                        struct scores *other)
{
    for (size_t i = 0; i < job->lfw.pair_count; i++) {
        const struct pair *pair = &job->lfw.pairs[i];
        if ((pair->fold == fold) == inside)
            scores_add(pair->same ? same : other, score(job, pair->first, pair->second));
    }
    scores_sort(same);
    scores_sort(other);
}

static double accuracy_at(const struct scores *same, const struct scores *other, float threshold)
{
    size_t right =
        scores_reaching(same, threshold) + (other->count - scores_reaching(other, threshold));
    return (double)right / (double)(same->count + other->count);
}

static float best_threshold(const struct scores *same, const struct scores *other)
{
    float best = 0.0f;
    double best_accuracy = -1.0;
    for (size_t i = 0; i < same->count + other->count; i++) {
        float threshold = i < same->count ? same->values[i] : other->values[i - same->count];
        double accuracy = accuracy_at(same, other, threshold);
        if (accuracy > best_accuracy) {
            best_accuracy = accuracy;
            best = threshold;
        }
    }
    return best;
}

/* Each fold judged at the threshold that is best on the others. */
static double fold_accuracy(const struct job *job)
{
    double sum = 0.0;
    for (int fold = 0; fold < FOLDS; fold++) {
        struct scores same = {NULL, 0}, other = {NULL, 0};
        struct scores test_same = {NULL, 0}, test_other = {NULL, 0};
        split_pairs(job, fold, false, &same, &other);
        split_pairs(job, fold, true, &test_same, &test_other);
        sum += accuracy_at(&test_same, &test_other, best_threshold(&same, &other));
        scores_free(&same);
        scores_free(&other);
        scores_free(&test_same);
        scores_free(&test_other);
    }
    return sum / FOLDS;
}

static void report_pairs(const struct job *job, bool json)
{
    struct scores same = {NULL, 0}, other = {NULL, 0};
    split_pairs(job, -1, false, &same, &other);
    float eer_threshold = 0.0f;
    double eer = equal_error_rate(&same, &other, &eer_threshold);
    float threshold = scores_threshold_at(&other, 1e-2);
    size_t accepted = scores_reaching(&same, threshold);
    struct interval range = wilson(accepted, same.count);
    double genuine = 0.0;
    for (size_t i = 0; i < same.count; i++)
        genuine += (double)same.values[i] / (double)same.count;
    double accuracy = fold_accuracy(job);
    if (json)
        (void)printf("{\"pairs\":%zu,\"accuracy\":%.5f,\"eer\":%.5f,\"tar_at_far_1e-2\":%.5f,"
                     "\"threshold_at_far_1e-2\":%.4f,\"mean_mated\":%.5f",
                     same.count + other.count, accuracy, eer, (double)accepted / (double)same.count,
                     (double)threshold, genuine);
    else
        (void)printf("1:1, %zu pairs: accuracy %.2f %%  EER %.2f %%  TAR at FAR 1e-2 %.2f %% "
                     "(%.2f-%.2f, threshold %.3f)  mean mated cosine %.4f\n",
                     same.count + other.count, 100.0 * accuracy, 100.0 * eer,
                     100.0 * (double)accepted / (double)same.count, 100.0 * range.low,
                     100.0 * range.high, (double)threshold, genuine);
    scores_free(&same);
    scores_free(&other);
}

/* ---- 1:N ---- */

/*
 * Who the probe resembles most. With references == 1 each subject has its gallery photo; with 3,
 * the gallery photo and the subject's two probe photos that are not this probe. For people without
 * an entry the two are the subject's first two probe photos.
 */
static float search(const struct job *job, int probe, int references, int *ret_subject)
{
    const struct lfw *lfw = &job->lfw;
    float best = -2.0f;
    for (size_t i = 0; i < lfw->gallery.count; i++) {
        int photo = lfw->gallery.items[i];
        float value = score(job, probe, photo);
        if (value > best) {
            best = value;
            *ret_subject = lfw->photos[photo].subject;
        }
    }
    if (references == 1)
        return best;
    int previous = -1, taken = 0;
    for (size_t i = 0; i < lfw->probes.count; i++) {
        int photo = lfw->probes.items[i];
        int subject = lfw->photos[photo].subject;
        taken = subject == previous ? taken : 0;
        previous = subject;
        if (photo == probe || taken == references - 1)
            continue;
        taken++;
        float value = score(job, probe, photo);
        if (value > best) {
            best = value;
            *ret_subject = subject;
        }
    }
    return best;
}

struct search_scores {
    struct scores mated;    /* of probes whose subject came first */
    struct scores unlisted; /* best score of people who are not listed */
    size_t first;           /* probes whose subject came first */
};

static void run_searches(const struct job *job, int references, struct search_scores *out)
{
    const struct lfw *lfw = &job->lfw;
    for (size_t i = 0; i < lfw->probes.count; i++) {
        int probe = lfw->probes.items[i], subject = -1;
        float value = search(job, probe, references, &subject);
        if (subject == lfw->photos[probe].subject) {
            out->first++;
            scores_add(&out->mated, value);
        }
    }
    for (size_t i = 0; i < lfw->distractors.count; i++) {
        int subject = -1;
        scores_add(&out->unlisted, search(job, lfw->distractors.items[i], references, &subject));
    }
    scores_sort(&out->mated);
    scores_sort(&out->unlisted);
}

static void report_at(const struct search_scores *scores, size_t probes, double fpir, bool json)
{
    float threshold = scores_threshold_at(&scores->unlisted, fpir);
    size_t hits = scores_reaching(&scores->mated, threshold);
    size_t wrong = scores_reaching(&scores->unlisted, threshold);
    struct interval range = wilson(hits, probes);
    struct interval wrong_range = wilson(wrong, scores->unlisted.count);
    if (json)
        (void)printf(",{\"fpir\":%g,\"threshold\":%.4f,\"tpir\":%.5f,\"low\":%.5f,\"high\":%.5f}",
                     fpir, (double)threshold, (double)hits / (double)probes, range.low, range.high);
    else
        (void)printf("  FPIR %.1f %% (%zu of %zu, 95 %%: %.2f-%.2f): threshold %.3f, TPIR %.1f %% "
                     "(%zu of %zu, 95 %%: %.1f-%.1f)\n",
                     100.0 * fpir, wrong, scores->unlisted.count, 100.0 * wrong_range.low,
                     100.0 * wrong_range.high, (double)threshold,
                     100.0 * (double)hits / (double)probes, hits, probes, 100.0 * range.low,
                     100.0 * range.high);
}

static void report_search(const struct job *job, int references, bool json)
{
    struct search_scores scores = {{NULL, 0}, {NULL, 0}, 0};
    run_searches(job, references, &scores);
    size_t probes = job->lfw.probes.count;
    if (json)
        (void)printf(",\"search_%d\":[{\"rank1\":%.5f}", references,
                     (double)scores.first / (double)probes);
    else
        (void)printf("1:N, %zu listed, %d reference(s) each: rank 1 %.1f %%\n",
                     job->lfw.gallery.count, references,
                     100.0 * (double)scores.first / (double)probes);
    report_at(&scores, probes, 0.01, json);
    report_at(&scores, probes, 0.001, json);
    if (json)
        (void)printf("]");
    scores_free(&scores.mated);
    scores_free(&scores.unlisted);
}

/* ---- gates ---- */

static void report_gates(const struct job *job, bool json)
{
    size_t probe[OV_QUALITY_REASON_COUNT] = {0}, reference[OV_QUALITY_REASON_COUNT] = {0};
    size_t missing = 0;
    for (size_t i = 0; i < job->lfw.photo_count; i++) {
        missing += job->results[i].found ? 0 : 1;
        if (job->results[i].found) {
            probe[job->results[i].probe]++;
            reference[job->results[i].reference]++;
        }
    }
    if (json)
        (void)printf(",\"photos\":%zu,\"no_face\":%zu,\"probe_rejected\":%zu,"
                     "\"reference_rejected\":%zu}\n",
                     job->lfw.photo_count, missing,
                     job->lfw.photo_count - missing - probe[OV_QUALITY_OK],
                     job->lfw.photo_count - missing - reference[OV_QUALITY_OK]);
    else
        (void)printf("gates, %zu photos, %zu without a face:\n", job->lfw.photo_count, missing);
    for (int i = 0; i < OV_QUALITY_REASON_COUNT && !json; i++)
        (void)printf("  %-10s probe %5zu (%.2f %%)  reference %5zu (%.2f %%)\n",
                     ov_quality_reason_name((enum ov_quality_reason)i), probe[i],
                     100.0 * (double)probe[i] / (double)job->lfw.photo_count, reference[i],
                     100.0 * (double)reference[i] / (double)job->lfw.photo_count);
}

/* Mean cosine to the other photos of the same person: how well this photo serves. */
static double mean_mated(const struct job *job, size_t index)
{
    double sum = 0.0;
    int count = 0;
    for (size_t i = 0; i < job->lfw.photo_count; i++) {
        if (i != index && job->lfw.photos[i].subject == job->lfw.photos[index].subject) {
            sum += (double)score(job, (int)index, (int)i);
            count++;
        }
    }
    return count > 0 ? sum / count : -2.0;
}

/* One line per photo on standard error, for tuning the gates. */
static void dump_quality(const struct job *job)
{
    for (size_t i = 0; i < job->lfw.photo_count; i++) {
        const struct ov_quality *q = &job->results[i].quality;
        if (job->results[i].found)
            (void)fprintf(stderr, "quality %.1f %.3f %.1f %.1f %.1f %.3f %.3f %d %.4f\n",
                          (double)q->eye_distance_px, (double)q->sharpness, (double)q->yaw_deg,
                          (double)q->pitch_deg, (double)q->roll_deg, (double)q->brightness,
                          (double)q->contrast, q->cut_off, mean_mated(job, i));
    }
}

int main(int argc, char **argv)
{
    static struct job job;
    bool json = false, dump = false;
    char data[1024];
    if (!place_of_pack(job.pack, sizeof job.pack))
        job.pack[0] = '\0';
    for (int i = 1; i < argc; i++) {
        json = json || strcmp(argv[i], "--json") == 0;
        dump = dump || strcmp(argv[i], "--quality") == 0;
        if (strcmp(argv[i], "--pack") == 0 && i + 1 < argc)
            (void)snprintf(job.pack, sizeof job.pack, "%s", argv[++i]);
    }
    if (job.pack[0] == '\0' || !place_of_data("lfw", data, sizeof data) ||
        !lfw_read(&job.lfw, data)) {
        (void)printf("skipped: no model pack (run deploy/setup) or no LFW photos (OVERT_DATA)\n");
        return 77;
    }
    struct ov_error err = OV_ERROR_INIT;
    struct ov_face_engine *engine = NULL;
    if (ov_face_engine_new(job.pack, NULL, &engine, &err) != OV_OK)
        die(&err);
    job.dimension = ov_face_engine_dimension(engine);
    ov_face_engine_free(engine);
    (void)snprintf(job.images, sizeof job.images, "%s/images", data);
    job.results = calloc(job.lfw.photo_count, sizeof *job.results);
    if (job.results == NULL)
        abort();
    embed_all(&job);
    report_pairs(&job, json);
    report_search(&job, 1, json);
    report_search(&job, 3, json);
    report_gates(&job, json);
    if (dump)
        dump_quality(&job);
    for (size_t i = 0; i < job.lfw.photo_count; i++)
        ov_secret_free(&job.results[i].descriptor);
    free(job.results);
    lfw_free(&job.lfw);
    return 0;
}

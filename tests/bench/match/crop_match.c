/*
 * How close a delivered crop comes to its probe: the figures behind CROP_MATCH_COSINE.
 *
 * For every photograph of a folder (LFW's layout: one folder of JPEGs a person) the largest face is
 * embedded, as the client does for the probe; cut out as the client cuts crops, encoded, decoded,
 * found and embedded again, as the server does (the best of the faces counts); and compared with
 * its probe, with that of the same person's photograph before it, and with that of another
 * person's.
 *
 * Usage: crop_match FOLDER [most photographs]
 */
#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/file.h"
#include "common/face/face.h"
#include "server/alert/crop.h"

#define MARGIN 0.5f /* as in the client's recogniser, like the next */
#define SIDE_MAX_PX 320
#define PHOTOS_MAX 20000

struct figures {
    float own[PHOTOS_MAX];
    float same[PHOTOS_MAX]; /* person, other photograph */
    float other[PHOTOS_MAX];
    size_t owns, sames, others;
    size_t lost; /* crops in which no face was found */
    size_t limit;
};

static bool embed_largest(struct ov_face_engine *engine, const struct ov_image *image,
                          struct ov_secret *ret_descriptor, struct ov_secret *ret_crop)
{
    struct ov_face_list list = {NULL, 0};
    if (ov_face_find(engine, image, 0, &list, NULL) != OV_OK)
        return false;
    bool fine = list.count > 0 &&
                ov_face_embed(engine, image, &list.faces[0], ret_descriptor, NULL) == OV_OK;
    if (fine)
        fine =
            ov_face_crop_jpeg(image, &list.faces[0], MARGIN, SIDE_MAX_PX, ret_crop, NULL) == OV_OK;
    ov_face_list_free(&list);
    return fine;
}

static float cosine(const struct ov_secret *a, const struct ov_secret *b)
{
    return ov_descriptor_cosine((const float *)(const void *)a->data,
                                (const float *)(const void *)b->data,
                                (int)(a->size / sizeof(float)));
}

/* The best cosine of any face in the picture; false when there is none. */
static bool best_cosine(struct ov_face_engine *engine, const struct ov_image *image,
                        const struct ov_secret *own, const struct ov_secret *before, float best[2])
{
    struct ov_face_list list = {NULL, 0};
    if (ov_face_find(engine, image, 0, &list, NULL) != OV_OK)
        return false;
    best[0] = best[1] = -1.0f;
    for (size_t i = 0; i < list.count && i < 8; i++) {
        struct ov_secret again = OV_SECRET_INIT;
        if (ov_face_embed(engine, image, &list.faces[i], &again, NULL) != OV_OK)
            continue;
        best[0] = fmaxf(best[0], cosine(own, &again));
        if (before->size > 0)
            best[1] = fmaxf(best[1], cosine(before, &again));
        ov_secret_free(&again);
    }
    bool found = list.count > 0;
    ov_face_list_free(&list);
    return found;
}

static void note(struct figures *figures, const float best[2], bool has_before, bool same_person)
{
    figures->own[figures->owns++] = best[0];
    if (has_before && same_person)
        figures->same[figures->sames++] = best[1];
    else if (has_before)
        figures->other[figures->others++] = best[1];
}

static void measure(struct ov_face_engine *engine, const char *path, struct figures *figures,
                    struct ov_secret *before, bool same_person)
{
    struct ov_buf file = OV_BUF_INIT;
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_image crop_image = OV_IMAGE_INIT;
    struct ov_secret probe = OV_SECRET_INIT;
    struct ov_secret crop = OV_SECRET_INIT;
    if (ov_file_read(path, 8u << 20, &file, NULL) == OV_OK &&
        ov_jpeg_decode(&image, file.data, file.length, 0, NULL) == OV_OK &&
        embed_largest(engine, &image, &probe, &crop) &&
        ov_jpeg_decode(&crop_image, crop.data, crop.size, 0, NULL) == OV_OK) {
        float best[2];
        if (best_cosine(engine, &crop_image, &probe, before, best))
            note(figures, best, before->size > 0, same_person);
        else
            figures->lost++;
        ov_secret_free(before);
        *before = ov_secret_take(&probe);
    }
    ov_buf_free(&file);
    ov_image_free(&image);
    ov_image_free(&crop_image);
    ov_secret_free(&probe);
    ov_secret_free(&crop);
}

static void each_photo(struct ov_face_engine *engine, const char *folder, struct figures *figures)
{
    struct dirent **people = NULL;
    struct ov_secret before = OV_SECRET_INIT;
    int count = scandir(folder, &people, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        struct dirent **photos = NULL;
        (void)snprintf(path, sizeof(path), "%s/%s", folder, people[i]->d_name);
        int images = people[i]->d_name[0] != '.' ? scandir(path, &photos, NULL, alphasort) : 0;
        for (int j = 0; j < images; j++) {
            char file[PATH_MAX + 256 + 2];
            (void)snprintf(file, sizeof(file), "%s/%s", path, photos[j]->d_name);
            if (strstr(photos[j]->d_name, ".jpg") != NULL && figures->owns < figures->limit)
                measure(engine, file, figures, &before, j > 2); /* 0 and 1: "." and ".." */
            free(photos[j]);
        }
        free(photos);
        free(people[i]);
    }
    free(people);
    ov_secret_free(&before);
}

static int by_value(const void *left, const void *right)
{
    float a = *(const float *)left;
    float b = *(const float *)right;
    return a < b ? -1 : (a > b ? 1 : 0);
}

static void print(const char *name, float *values, size_t count)
{
    static const double at[] = {0.0, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 1.0};
    qsort(values, count, sizeof(*values), by_value);
    (void)printf("%-22s %6zu", name, count);
    for (size_t i = 0; count > 0 && i < sizeof(at) / sizeof(at[0]); i++)
        (void)printf(" %7.3f", (double)values[(size_t)(at[i] * (double)(count - 1))]);
    size_t matching = 0;
    for (size_t i = 0; i < count; i++)
        matching += crop_score_is_match(values[i]);
    (void)printf("   %zu at or above %.2f\n", matching, (double)CROP_MATCH_COSINE);
}

int main(int argc, char **argv)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_face_engine *engine = NULL;
    struct figures *figures = calloc(1, sizeof(*figures));
    const char *pack = getenv("OVERT_MODEL");
    int64_t limit = PHOTOS_MAX;
    if (figures == NULL || argc < 2 ||
        (argc > 2 && ov_parse_i64(argv[2], 1, PHOTOS_MAX, &limit) != OV_OK)) {
        (void)fprintf(stderr, "usage: crop_match FOLDER [MOST]; OVERT_MODEL names the pack\n");
        free(figures);
        return 2;
    }
    figures->limit = (size_t)limit;
    ov_face_thread_init();
    if (ov_face_engine_new(pack != NULL ? pack : ".deps/models/default", NULL, &engine, &err) !=
        OV_OK) {
        (void)fprintf(stderr, "crop_match: %s\n", err.text);
        free(figures);
        return 1;
    }
    each_photo(engine, argv[1], figures);
    (void)printf("%-22s %6s %7s %7s %7s %7s %7s %7s %7s %7s\n", "crop compared with", "n", "least",
                 "0.1%", "1%", "10%", "median", "90%", "99%", "most");
    print("its own probe", figures->own, figures->owns);
    print("same person's other", figures->same, figures->sames);
    print("another person's", figures->other, figures->others);
    (void)printf("no face found again: %zu\n", figures->lost);
    ov_face_engine_free(engine);
    free(figures);
    return 0;
}

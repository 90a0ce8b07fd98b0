/*
 * How far a deployment's rotation protects templates that were stolen, measured on real faces; and
 * what it costs in scores. The attacks are the ones that DESIGN names:
 *
 * - alone: one stolen template, and the attacker's own photographs of everybody. Whose is it?
 * - lists: two whole lists of different deployments that share photographs. Which are the same?
 *   Inner products within a list are what the rotation keeps, so equal ones betray equal pairs.
 * - recovery: other photographs of N people who are known to be on the list, in known places. The
 *   orthogonal matrix that fits them best (Procrustes) is tried on the rest of the list.
 *
 * Usage: template_attacks FOLDER [CACHE]     FOLDER in LFW's layout: one folder of JPEGs a person
 *   CACHE keeps the descriptors between runs. OVERT_MODEL names the pack.
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
#include "server/vault/rotation_cache.h"
#include "server/vault/rotation_make.h"

#define N 512
#define FACES_MAX 20000
#define KNOWN_MOST 400
#define REPEATS 3
#define LIST 500   /* templates of each of the two lists */
#define SHARED 40  /* photographs that are on both */
#define EQUAL 1e-6 /* inner products closer than this are taken for one */

struct face {
    int person;
    float values[N];
};

struct bench {
    struct ov_face_engine *engine;
    struct face *faces; /* by person */
    size_t count;
    uint64_t random;
};

/* --- descriptors --- */

static void embed_photo(struct bench *bench, const char *path, int person)
{
    struct ov_secret file = OV_SECRET_INIT;
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_face_list list = {NULL, 0};
    struct ov_secret descriptor = OV_SECRET_INIT;
    if (bench->count < FACES_MAX &&
        ov_file_read_secret(path, (size_t)8 << 20, &file, NULL) == OV_OK &&
        ov_jpeg_decode(&image, file.data, file.size, 0, NULL) == OV_OK &&
        ov_face_find(bench->engine, &image, 0, &list, NULL) == OV_OK && list.count > 0 &&
        ov_face_embed(bench->engine, &image, &list.faces[0], &descriptor, NULL) == OV_OK &&
        descriptor.size == sizeof(bench->faces[0].values)) {
        struct face *face = &bench->faces[bench->count++];
        face->person = person;
        memcpy(face->values, descriptor.data, descriptor.size);
    }
    ov_secret_free(&descriptor);
    ov_face_list_free(&list);
    ov_image_free(&image);
    ov_secret_free(&file);
}

static void embed_person(struct bench *bench, const char *folder, const char *name, int person)
{
    char path[PATH_MAX];
    struct dirent **photos = NULL;
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    int count = scandir(path, &photos, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s/%s", folder, name, photos[i]->d_name);
        if (strstr(photos[i]->d_name, ".jpg") != NULL)
            embed_photo(bench, path, person);
        free(photos[i]);
    }
    free(photos);
}

static void embed_folder(struct bench *bench, const char *folder)
{
    struct dirent **people = NULL;
    int count = scandir(folder, &people, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        if (people[i]->d_name[0] != '.')
            embed_person(bench, folder, people[i]->d_name, i);
        free(people[i]);
    }
    free(people);
}

static void load(struct bench *bench, const char *folder, const char *cache)
{
    FILE *file = cache != NULL ? fopen(cache, "r") : NULL;
    if (file != NULL) {
        bench->count = fread(bench->faces, sizeof(struct face), FACES_MAX, file);
        (void)fclose(file);
        return;
    }
    embed_folder(bench, folder);
    file = cache != NULL ? fopen(cache, "w") : NULL;
    if (file == NULL)
        return;
    (void)fwrite(bench->faces, sizeof(struct face), bench->count, file);
    (void)fclose(file);
}

/* --- chance --- */

static uint32_t chance(struct bench *bench, size_t below)
{
    bench->random ^= bench->random << 13;
    bench->random ^= bench->random >> 7;
    bench->random ^= bench->random << 17;
    return (uint32_t)((bench->random >> 16) % below);
}

static void shuffle(struct bench *bench, int *items, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = chance(bench, i);
        int item = items[i - 1];
        items[i - 1] = items[other];
        items[other] = item;
    }
}

static struct rotation *new_rotation(void)
{
    struct ov_secret seed = OV_SECRET_INIT;
    struct rotation *rotation = NULL;
    if (ov_secret_new(&seed, ROTATION_SEED_BYTES) != OV_OK)
        exit(1);
    ov_random(seed.data, seed.size);
    if (rotation_new(&seed, N, &rotation, NULL) != OV_OK)
        exit(1);
    ov_secret_free(&seed);
    return rotation;
}

/* --- people with two photographs: one is on the list, the attacker has the other --- */

struct pairs {
    float (*listed)[N]; /* as the camera gave them */
    float (*other)[N];
    size_t count;
};

static void make_pairs(struct bench *bench, struct pairs *pairs)
{
    int *first = calloc(bench->count, sizeof(*first));
    size_t count = 0;
    if (first == NULL)
        exit(1);
    for (size_t i = 0; i + 1 < bench->count; i++)
        if (bench->faces[i].person == bench->faces[i + 1].person &&
            (i == 0 || bench->faces[i - 1].person != bench->faces[i].person))
            first[count++] = (int)i;
    shuffle(bench, first, count);
    pairs->count = count;
    pairs->listed = calloc(count, sizeof(pairs->listed[0]));
    pairs->other = calloc(count, sizeof(pairs->other[0]));
    if (pairs->listed == NULL || pairs->other == NULL)
        exit(1);
    for (size_t i = 0; i < count; i++) {
        memcpy(pairs->listed[i], bench->faces[first[i]].values, sizeof(pairs->listed[0]));
        memcpy(pairs->other[i], bench->faces[first[i] + 1].values, sizeof(pairs->other[0]));
    }
    free(first);
}

static void pairs_done(struct pairs *pairs)
{
    free(pairs->listed);
    free(pairs->other);
}

/* How many of probes [0, count) come closest to the template of the same place. */
static double rank_one(float (*probes)[N], float (*templates)[N], size_t count)
{
    size_t right = 0;
    for (size_t p = 0; p < count; p++) {
        size_t best = 0;
        float most = -2.0f;
        for (size_t t = 0; t < count; t++) {
            float score = ov_descriptor_cosine(probes[p], templates[t], N);
            if (score > most) {
                most = score;
                best = t;
            }
        }
        right += best == p;
    }
    return 100.0 * (double)right / (double)count;
}

static void attack_alone(struct bench *bench)
{
    struct pairs pairs;
    struct rotation *rotation = new_rotation();
    make_pairs(bench, &pairs);
    float(*stolen)[N] = calloc(pairs.count, sizeof(stolen[0]));
    float(*turned)[N] = calloc(pairs.count, sizeof(turned[0]));
    if (stolen == NULL || turned == NULL)
        exit(1);
    rotation_apply(rotation, pairs.listed[0], pairs.count, stolen[0]);
    rotation_apply(rotation, pairs.other[0], pairs.count, turned[0]);
    (void)printf("alone: %zu people, rank-1 of a stolen template among photographs of all\n",
                 pairs.count);
    (void)printf("  not rotated %.1f %%   rotated, without the key %.1f %%   with it %.1f %%   "
                 "by chance %.1f %%\n",
                 rank_one(pairs.listed, pairs.other, pairs.count),
                 rank_one(stolen, pairs.other, pairs.count), rank_one(stolen, turned, pairs.count),
                 100.0 / (double)pairs.count);
    free(stolen);
    free(turned);
    pairs_done(&pairs);
    rotation_unref(rotation);
}

/* --- two lists --- */

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return a < b ? -1 : (a > b ? 1 : 0);
}

/* Each template's inner products with the others of its list, sorted. */
static double (*products_of(float (*list)[N]))[LIST]
{
    double(*products)[LIST] = calloc(LIST, sizeof(products[0]));
    if (products == NULL)
        exit(1);
    for (size_t i = 0; i < LIST; i++) {
        for (size_t j = 0; j < LIST; j++) {
            double sum = 0.0;
            for (size_t k = 0; k < N; k++)
                sum += (double)list[i][k] * (double)list[j][k];
            products[i][j] = i == j ? 9.0 : sum; /* itself says nothing: last, and never equal */
        }
        qsort(products[i], LIST, sizeof(double), by_value);
    }
    return products;
}

static size_t equal_products(const double *a, const double *b)
{
    size_t equal = 0;
    for (size_t i = 0, j = 0; i + 1 < LIST && j + 1 < LIST;) {
        double difference = a[i] - b[j];
        equal += fabs(difference) < EQUAL;
        if (difference < 0)
            i++;
        else
            j++;
    }
    return equal;
}

static void attack_lists(struct bench *bench)
{
    int *order = calloc(bench->count, sizeof(*order));
    float(*list)[N] = calloc(LIST, sizeof(list[0]));
    float(*stolen)[N] = calloc(2 * (size_t)LIST, sizeof(stolen[0]));
    size_t linked = 0;
    size_t wrong = 0;
    if (order == NULL || list == NULL || stolen == NULL || bench->count < 2 * LIST)
        exit(1);
    for (size_t i = 0; i < bench->count; i++)
        order[i] = (int)i;
    shuffle(bench, order, bench->count);
    for (size_t l = 0; l < 2; l++) { /* the first SHARED are on both */
        struct rotation *rotation = new_rotation();
        for (size_t i = 0; i < LIST; i++)
            memcpy(list[i], bench->faces[order[i < SHARED ? i : i + l * LIST]].values,
                   sizeof(list[0]));
        rotation_apply(rotation, list[0], LIST, stolen[l * LIST]);
        rotation_unref(rotation);
    }
    double(*a)[LIST] = products_of(stolen);
    double(*b)[LIST] = products_of(stolen + LIST);
    for (size_t i = 0; i < LIST; i++) {
        size_t best = 0;
        size_t most = 0;
        for (size_t j = 0; j < LIST; j++) {
            size_t equal = equal_products(a[i], b[j]);
            if (equal > most) {
                most = equal;
                best = j;
            }
        }
        if (most < SHARED / 2) /* a stranger has one or two in common with any other */
            continue;
        linked += i < SHARED && best == i;
        wrong += i >= SHARED || best != i;
    }
    (void)printf("lists: two of %d templates, %d photographs on both\n"
                 "  linked through inner products %zu of %d, wrongly %zu\n",
                 LIST, SHARED, linked, SHARED, wrong);
    free(a);
    free(b);
    free(stolen);
    free(list);
    free(order);
}

/* --- recovery --- */

/*
 * One-sided Jacobi: turns the columns of a (N x N, column after column) until they are orthogonal,
 * and v with them; then a = u diag(s), the old a = u diag(s) v'. Columns of no length stay zero.
 */
static void jacobi(double *a, double *v)
{
    for (int sweep = 0; sweep < 30; sweep++) {
        double off = 0.0;
        for (size_t p = 0; p + 1 < N; p++) {
            for (size_t q = p + 1; q < N; q++) {
                double *x = a + p * N;
                double *y = a + q * N;
                double xx = 0.0;
                double yy = 0.0;
                double xy = 0.0;
                for (size_t i = 0; i < N; i++) {
                    xx += x[i] * x[i];
                    yy += y[i] * y[i];
                    xy += x[i] * y[i];
                }
                if (fabs(xy) < 1e-10 * sqrt(xx * yy) + 1e-14)
                    continue;
                off += fabs(xy);
                double zeta = (yy - xx) / (2.0 * xy);
                double t = (zeta > 0 ? 1.0 : -1.0) / (fabs(zeta) + sqrt(1.0 + zeta * zeta));
                double c = 1.0 / sqrt(1.0 + t * t);
                double s = c * t;
                double *vx = v + p * N;
                double *vy = v + q * N;
                for (size_t i = 0; i < N; i++) {
                    double xi = x[i];
                    double vi = vx[i];
                    x[i] = c * xi - s * y[i];
                    y[i] = s * xi + c * y[i];
                    vx[i] = c * vi - s * vy[i];
                    vy[i] = s * vi + c * vy[i];
                }
            }
        }
        if (off < 1e-6)
            break;
    }
}

/* The orthogonal matrix (row after row) that takes known photographs closest to their stolen
 * templates; where they say nothing it is zero. */
static void procrustes(float (*known)[N], float (*stolen)[N], size_t count, double *ret_matrix)
{
    double *a = calloc((size_t)N * N, sizeof(double));
    double *v = calloc((size_t)N * N, sizeof(double));
    if (a == NULL || v == NULL)
        exit(1);
    for (size_t k = 0; k < count; k++) /* stolen' known: column c of a is of known's element c */
        for (size_t c = 0; c < N; c++)
            for (size_t r = 0; r < N; r++)
                a[c * N + r] += (double)stolen[k][r] * (double)known[k][c];
    for (size_t i = 0; i < N; i++)
        v[i * N + i] = 1.0;
    jacobi(a, v);
    memset(ret_matrix, 0, (size_t)N * N * sizeof(double));
    for (size_t k = 0; k < N; k++) {
        double square = 0.0;
        for (size_t i = 0; i < N; i++)
            square += a[k * N + i] * a[k * N + i];
        double length = sqrt(square);
        if (length < 1e-6)
            continue;
        for (size_t r = 0; r < N; r++)
            for (size_t c = 0; c < N; c++)
                ret_matrix[r * N + c] += a[k * N + r] / length * v[k * N + c];
    }
    free(a);
    free(v);
}

static void apply(const double *matrix, const float *in, float *out)
{
    double square = 0.0;
    double turned[N];
    for (size_t r = 0; r < N; r++) {
        turned[r] = 0.0;
        for (size_t c = 0; c < N; c++)
            turned[r] += matrix[r * N + c] * (double)in[c];
        square += turned[r] * turned[r];
    }
    for (size_t r = 0; r < N; r++)
        out[r] = (float)(turned[r] / (square > 0 ? sqrt(square) : 1.0));
}

/* Rank-1 on those who are not known, with what count known people gave away. */
static double recover(const struct pairs *pairs, size_t count)
{
    struct rotation *rotation = new_rotation();
    size_t rest = pairs->count - KNOWN_MOST;
    float(*stolen)[N] = calloc(pairs->count, sizeof(stolen[0]));
    float(*guessed)[N] = calloc(rest, sizeof(guessed[0]));
    double *matrix = calloc((size_t)N * N, sizeof(double));
    if (stolen == NULL || guessed == NULL || matrix == NULL)
        exit(1);
    rotation_apply(rotation, pairs->listed[0], pairs->count, stolen[0]);
    procrustes(pairs->other, stolen, count, matrix);
    for (size_t i = 0; i < rest; i++)
        apply(matrix, pairs->other[KNOWN_MOST + i], guessed[i]);
    double rate = rank_one(guessed, stolen + KNOWN_MOST, rest);
    free(stolen);
    free(guessed);
    free(matrix);
    rotation_unref(rotation);
    return rate;
}

static void attack_recovery(struct bench *bench)
{
    static const size_t known[] = {25, 50, 100, 200, KNOWN_MOST};
    double rates[sizeof(known) / sizeof(known[0])] = {0.0};
    double with_key = 0.0;
    size_t rest = 0;
    for (int r = 0; r < REPEATS; r++) {
        struct pairs pairs;
        make_pairs(bench, &pairs);
        if (pairs.count < KNOWN_MOST + 100) {
            (void)fprintf(stderr, "template_attacks: too few people with two photographs\n");
            exit(1);
        }
        rest = pairs.count - KNOWN_MOST;
        with_key += rank_one(pairs.other + KNOWN_MOST, pairs.listed + KNOWN_MOST, rest) / REPEATS;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
            rates[i] += recover(&pairs, known[i]) / REPEATS;
        pairs_done(&pairs);
    }
    (void)printf("recovery: rank-1 on %zu others of the list, mean of %d\n", rest, REPEATS);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        (void)printf("  other photographs of %3zu known people %6.1f %%\n", known[i], rates[i]);
    (void)printf("  with the key %.1f %%, by chance %.1f %%\n", with_key, 100.0 / (double)rest);
}

/* --- what it costs --- */

static void scores_kept(struct bench *bench)
{
    struct rotation *rotation = new_rotation();
    float(*turned)[N] = calloc(bench->count, sizeof(turned[0]));
    double most = 0.0;
    double square = 0.0;
    size_t pairs = 0;
    size_t crossed = 0;
    if (turned == NULL)
        exit(1);
    for (size_t i = 0; i < bench->count; i++)
        rotation_apply(rotation, bench->faces[i].values, 1, turned[i]);
    for (size_t i = 0; i < bench->count; i++) {
        for (size_t j = 0; j < i; j++) {
            float before = ov_descriptor_cosine(bench->faces[i].values, bench->faces[j].values, N);
            float after = ov_descriptor_cosine(turned[i], turned[j], N);
            double difference = fabs((double)after - (double)before);
            most = difference > most ? difference : most;
            square += difference * difference;
            crossed += (before >= 0.5f) != (after >= 0.5f);
            pairs++;
        }
    }
    (void)printf("scores: %zu pairs, before and after in float32\n"
                 "  largest difference %.1e, root mean square %.1e, %zu on the other side of 0.5\n",
                 pairs, most, sqrt(square / (double)pairs), crossed);
    free(turned);
    rotation_unref(rotation);
}

int main(int argc, char **argv)
{
    struct ov_error err = OV_ERROR_INIT;
    struct bench bench = {.random = UINT64_C(0x9e3779b97f4a7c15)};
    const char *pack = getenv("OVERT_MODEL");
    bench.faces = calloc(FACES_MAX, sizeof(*bench.faces));
    if (argc < 2 || bench.faces == NULL) {
        (void)fprintf(stderr,
                      "usage: template_attacks FOLDER [CACHE]; OVERT_MODEL names the pack\n");
        free(bench.faces);
        return 2;
    }
    ov_face_thread_init();
    if (ov_face_engine_new(pack != NULL ? pack : ".deps/models/default", NULL, &bench.engine,
                           &err) != OV_OK) {
        (void)fprintf(stderr, "template_attacks: %s\n", err.text);
        free(bench.faces);
        return 1;
    }
    load(&bench, argv[1], argc > 2 ? argv[2] : NULL);
    (void)printf("%zu photographs\n", bench.count);
    scores_kept(&bench);
    attack_alone(&bench);
    attack_lists(&bench);
    attack_recovery(&bench);
    ov_face_engine_free(bench.engine);
    free(bench.faces);
    return 0;
}

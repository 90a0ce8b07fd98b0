/* A deployment's matrix: keeps every score, is the same everywhere, and goes with its key. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/sha.h>

#include "common/base/file.h"
#include "common/face/face.h"
#include "server/vault/keys.h"
#include "server/vault/rotation.h"
#include "server/vault/rotation_make.h"
#include "tests/unit/match/rows.h"

#define N ROWS_DIMENSION
#define COSINE_KEPT 1e-5
#define FACES_MAX 64
#define PHOTO_MAX_BYTES ((size_t)16 << 20)

struct fixture {
    char dir[64];
    char vault_dir[96];
    char key_path[96];
    struct vault *vault;
    struct ov_id owner;
    struct vault_key *key;
};

static int start(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/overt-rotation-test.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->vault_dir, sizeof(f->vault_dir), "%s/vault", f->dir);
    (void)snprintf(f->key_path, sizeof(f->key_path), "%s/installation.key", f->dir);
    assert_int_equal(vault_init(f->vault_dir, f->key_path, NULL), OV_OK);
    assert_int_equal(vault_open(f->vault_dir, f->key_path, &f->vault, NULL), OV_OK);
    f->owner = ov_id_new();
    assert_int_equal(vault_key_create(f->vault, VAULT_WATCHLIST, &f->owner, &f->key, NULL), OV_OK);
    *state = f;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;
    char command[96];
    vault_key_free(f->key);
    vault_close(f->vault);
    (void)snprintf(command, sizeof(command), "rm -rf -- %s", f->dir);
    int rc = system(command); /* NOLINT(cert-env33-c): our own mkdtemp */
    free(f);
    return rc;
}

static struct rotation *rotation_of(struct fixture *f, const struct vault_key *key, int dimension)
{
    struct rotation *rotation = NULL;
    assert_int_equal(vault_rotation(f->vault, key, dimension, &rotation, NULL), OV_OK);
    assert_int_equal(rotation_dimension(rotation), dimension);
    return rotation;
}

/* --- the matrix --- */

static void fill_seed(uint8_t seed[ROTATION_SEED_BYTES])
{
    for (size_t i = 0; i < ROTATION_SEED_BYTES; i++)
        seed[i] = (uint8_t)i;
}

static void the_matrix_is_orthogonal(void **state)
{
    static const int dimensions[] = {1, 2, 37, N};
    uint8_t seed[ROTATION_SEED_BYTES];
    fill_seed(seed);
    for (size_t d = 0; d < sizeof(dimensions) / sizeof(dimensions[0]); d++) {
        int n = dimensions[d];
        float *matrix = calloc((size_t)n * (size_t)n, sizeof(float));
        assert_non_null(matrix);
        assert_int_equal(rotation_make(seed, n, matrix), OV_OK);
        for (int i = 0; i<n; i += n> 64 ? 7 : 1) {
            for (int j = 0; j <= i; j++) {
                double product = 0.0;
                for (int k = 0; k < n; k++)
                    product += (double)matrix[i * n + k] * (double)matrix[j * n + k];
                assert_true(fabs(product - (i == j ? 1.0 : 0.0)) < 1e-6);
            }
        }
        free(matrix);
    }
}

/* Pinned: a list that was sealed on one machine must be searchable on another, and after an
 * upgrade. */
static void a_seed_gives_the_same_bits_for_ever(void **state)
{
    static const char expected[] =
        "0cee42e6bfb2734f7a907f901cf2a2510db931ec970d11814dbfa1d013ed9bf9";
    uint8_t seed[ROTATION_SEED_BYTES];
    uint8_t digest[SHA256_DIGEST_LENGTH];
    char text[2 * SHA256_DIGEST_LENGTH + 1];
    float *matrix = calloc((size_t)N * N, sizeof(float));
    assert_non_null(matrix);
    fill_seed(seed);
    assert_int_equal(rotation_make(seed, N, matrix), OV_OK);
    SHA256((const uint8_t *)matrix, (size_t)N * N * sizeof(float), digest); /* little-endian */
    for (size_t i = 0; i < sizeof(digest); i++)
        (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(text, expected);
    free(matrix);
}

/* Uniform over the orthogonal matrices: entries have mean 0 and variance 1/n. */
static void no_direction_is_preferred(void **state)
{
    uint8_t seed[ROTATION_SEED_BYTES];
    float *matrix = calloc((size_t)N * N, sizeof(float));
    assert_non_null(matrix);
    fill_seed(seed);
    assert_int_equal(rotation_make(seed, N, matrix), OV_OK);
    double sum = 0.0;
    double trace = 0.0;
    double fourth = 0.0;
    for (int i = 0; i < N * N; i++) {
        double x = (double)matrix[i] * sqrt(N);
        sum += x;
        fourth += x * x * x * x;
        trace += i % (N + 1) == 0 ? (double)matrix[i] : 0.0;
    }
    assert_true(fabs(sum / (N * N)) < 0.01);          /* 5 standard errors */
    assert_true(fabs(fourth / (N * N) - 3.0) < 0.15); /* as normal numbers have it */
    assert_true(fabs(trace) < 5.0);                   /* its variance is 1 */
    free(matrix);
}

/* --- turning --- */

static double cosine_of(const float *a, const float *b)
{
    double dot = 0.0;
    double aa = 0.0;
    double bb = 0.0;
    for (int i = 0; i < N; i++) {
        dot += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return dot / sqrt(aa * bb);
}

static void check_scores(const struct rotation *rotation, const float *rows, size_t count)
{
    float *turned = calloc(count * N, sizeof(float));
    assert_non_null(turned);
    rotation_apply(rotation, rows, count, turned);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j <= i; j++) {
            float before = ov_descriptor_cosine(rows + i * N, rows + j * N, N);
            float after = ov_descriptor_cosine(turned + i * N, turned + j * N, N);
            assert_true(fabs((double)after - (double)before) <= COSINE_KEPT);
            assert_true(fabs((double)after - cosine_of(rows + i * N, rows + j * N)) <= COSINE_KEPT);
        }
        assert_true(fabs(cosine_of(rows + i * N, turned + i * N)) < 0.35); /* somewhere else */
    }
    free(turned);
}

static void scores_of_random_descriptors_are_kept(void **state)
{
    enum { COUNT = 60 };
    uint64_t random = 5;
    struct rotation *rotation = rotation_of(*state, ((struct fixture *)*state)->key, N);
    float *rows = calloc((size_t)COUNT * N, sizeof(float));
    assert_non_null(rows);
    for (int i = 0; i < COUNT; i++) /* strangers, and the same person more and less alike */
        if (i < COUNT / 2)
            rows_fill(rows + i * N, &random);
        else
            rows_near(rows + i * N, rows, 0.01f * (float)(i - COUNT / 2), &random);
    check_scores(rotation, rows, COUNT);
    free(rows);
    rotation_unref(rotation);
}

static size_t embed_photo(struct ov_face_engine *engine, const char *path, float *rows, size_t room)
{
    struct ov_secret file = OV_SECRET_INIT;
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_face_list faces = {NULL, 0};
    size_t count = 0;
    assert_int_equal(ov_file_read_secret(path, PHOTO_MAX_BYTES, &file, NULL), OV_OK);
    assert_int_equal(ov_jpeg_decode(&image, file.data, file.size, 0, NULL), OV_OK);
    assert_int_equal(ov_face_find(engine, &image, 24, &faces, NULL), OV_OK);
    for (; count < faces.count && count < room; count++) {
        struct ov_secret descriptor = OV_SECRET_INIT;
        assert_int_equal(ov_face_embed(engine, &image, &faces.faces[count], &descriptor, NULL),
                         OV_OK);
        assert_int_equal(descriptor.size, N * sizeof(float));
        memcpy(rows + count * N, descriptor.data, descriptor.size);
        ov_secret_free(&descriptor);
    }
    ov_face_list_free(&faces);
    ov_image_free(&image);
    ov_secret_free(&file);
    return count;
}

static void scores_of_real_faces_are_kept(void **state)
{
    const char *deps = getenv("OVERT_DEPS");
    char path[4096];
    size_t count = 0;
    struct ov_face_engine *engine = NULL;
    struct rotation *rotation = rotation_of(*state, ((struct fixture *)*state)->key, N);
    float *rows = calloc((size_t)FACES_MAX * N, sizeof(float));
    assert_non_null(rows);
    assert_non_null(deps);
    ov_face_thread_init();
    (void)snprintf(path, sizeof(path), "%s/models/default", deps);
    assert_int_equal(ov_face_engine_new(path, NULL, &engine, NULL), OV_OK);
    for (int i = 1; i <= 6; i++) {
        (void)snprintf(path, sizeof(path), "%s/photos/sample%d.jpg", deps, i);
        count += embed_photo(engine, path, rows + count * N, FACES_MAX - count);
    }
    assert_true(count >= 12);
    check_scores(rotation, rows, count);
    free(rows);
    ov_face_engine_free(engine);
    rotation_unref(rotation);
}

/* The definition: float32 sums over k in ascending order. What is fast must be the same. */
static float one_sum(const float *matrix, const float *row, size_t n, size_t column)
{
    volatile float sum = 0.0f;
    for (size_t k = 0; k < n; k++) {
        volatile float product = row[k] * matrix[k * n + column];
        sum = sum + product;
    }
    return sum;
}

static void check_bits(struct fixture *f, int dimension)
{
    enum { ROWS = 7 };
    uint64_t random = 9;
    size_t n = (size_t)dimension;
    struct rotation *rotation = rotation_of(f, f->key, dimension);
    float *rows = calloc(ROWS * n, sizeof(float));
    float *together = calloc(ROWS * n, sizeof(float));
    float *matrix = calloc(n * n, sizeof(float));
    float *unit = calloc(n * n, sizeof(float));
    assert_true(rows != NULL && together != NULL && matrix != NULL && unit != NULL);
    for (size_t i = 0; i < n; i++)
        unit[i * n + i] = 1.0f;
    for (size_t i = 0; i < ROWS * n; i++)
        rows[i] = rows_random(&random);
    rotation_apply(rotation, unit, n, matrix); /* its rows, exactly */
    rotation_apply(rotation, rows, ROWS, together);
    for (size_t i = 0; i < ROWS; i++) {
        float *alone = calloc(n, sizeof(float));
        assert_non_null(alone);
        rotation_apply(rotation, rows + i * n, 1, alone);
        assert_memory_equal(alone, together + i * n, n * sizeof(float));
        for (size_t c = 0; c<n; c += n> 64 ? 31 : 1)
            assert_true(one_sum(matrix, rows + i * n, n, c) == alone[c]);
        free(alone);
    }
    free(rows);
    free(together);
    free(matrix);
    free(unit);
    rotation_unref(rotation);
}

static void a_descriptor_comes_out_the_same_whatever_is_beside_it(void **state)
{
    static const int dimensions[] = {1, 15, 16, 37, 128, N};
    for (size_t i = 0; i < sizeof(dimensions) / sizeof(dimensions[0]); i++)
        check_bits(*state, dimensions[i]);
}

static void only_whole_descriptors_are_turned(void **state)
{
    struct rotation *rotation = rotation_of(*state, ((struct fixture *)*state)->key, 16);
    struct ov_error err = OV_ERROR_INIT;
    struct ov_secret rows = OV_SECRET_INIT;
    assert_int_equal(rotation_turn(rotation, &rows, &err), OV_ERR_INVALID);
    assert_int_equal(ov_secret_new(&rows, 16 * sizeof(float) + 1), OV_OK);
    assert_int_equal(rotation_turn(rotation, &rows, &err), OV_ERR_INVALID);
    assert_string_equal(err.code, "template.dimension");
    assert_int_equal(rows.size, 16 * sizeof(float) + 1);
    ov_secret_free(&rows);
    rotation_unref(rotation);
}

/* --- keys --- */

static void turn_first(const struct rotation *rotation, float out[N])
{
    float first[N] = {1.0f};
    rotation_apply(rotation, first, 1, out);
}

static void each_deployment_has_its_own(void **state)
{
    struct fixture *f = *state;
    struct ov_id other = ov_id_new();
    struct vault_key *key = NULL;
    float one[N];
    float two[N];
    assert_int_equal(vault_key_create(f->vault, VAULT_WATCHLIST, &other, &key, NULL), OV_OK);
    struct rotation *a = rotation_of(f, f->key, N);
    struct rotation *b = rotation_of(f, key, N);
    turn_first(a, one);
    turn_first(b, two);
    assert_true(fabs(cosine_of(one, two)) < 0.35);
    rotation_unref(a);
    rotation_unref(b);
    vault_key_free(key);
}

static void it_is_the_same_after_a_restart(void **state)
{
    struct fixture *f = *state;
    struct vault *again = NULL;
    struct vault_key *key = NULL;
    struct rotation *after = NULL;
    float one[N];
    float two[N];
    struct rotation *before = rotation_of(f, f->key, N);
    assert_int_equal(vault_open(f->vault_dir, f->key_path, &again, NULL), OV_OK);
    assert_int_equal(vault_key_load(again, VAULT_WATCHLIST, &f->owner, &key, NULL), OV_OK);
    assert_int_equal(vault_rotation(again, key, N, &after, NULL), OV_OK);
    assert_ptr_not_equal(before, after);
    turn_first(before, one);
    turn_first(after, two);
    assert_memory_equal(one, two, sizeof(one));
    rotation_unref(before);
    rotation_unref(after);
    vault_key_free(key);
    vault_close(again);
}

static size_t remembered(const struct fixture *f)
{
    size_t count = 0;
    for (size_t i = 0; i < ROTATION_CACHE_SLOTS; i++)
        count += f->vault->rotations.slots[i].rotation != NULL;
    return count;
}

static void it_is_made_once_and_forgotten_with_its_key(void **state)
{
    struct fixture *f = *state;
    struct rotation *first = rotation_of(f, f->key, N);
    struct rotation *second = rotation_of(f, f->key, N);
    assert_ptr_equal(first, second);
    assert_int_equal(remembered(f), 1);
    assert_int_equal(vault_key_destroy(f->vault, VAULT_WATCHLIST, &f->owner, NULL), OV_OK);
    assert_int_equal(remembered(f), 0);
    /* A search that is under way finishes on it. */
    float out[N];
    turn_first(first, out);
    rotation_unref(first);
    rotation_unref(second);
}

/* Whoever has loaded the key before it was destroyed may still use it, and leaves nothing. */
static void nothing_is_remembered_of_a_key_that_is_gone(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(vault_key_destroy(f->vault, VAULT_WATCHLIST, &f->owner, NULL), OV_OK);
    rotation_unref(rotation_of(f, f->key, 64));
    assert_int_equal(remembered(f), 0);
}

static void the_vault_remembers_a_few_only(void **state)
{
    struct fixture *f = *state;
    struct rotation *kept = rotation_of(f, f->key, 32);
    for (int i = 0; i < 20; i++) {
        struct ov_id id = ov_id_new();
        struct vault_key *key = NULL;
        assert_int_equal(vault_key_create(f->vault, VAULT_WATCHLIST, &id, &key, NULL), OV_OK);
        rotation_unref(rotation_of(f, key, 32));
        vault_key_free(key);
        struct rotation *again = rotation_of(f, f->key, 32); /* in use: stays */
        assert_ptr_equal(again, kept);
        rotation_unref(again);
    }
    assert_int_equal(remembered(f), ROTATION_CACHE_SLOTS);
    rotation_unref(kept);
}

static void an_alerts_key_has_none(void **state)
{
    struct fixture *f = *state;
    struct ov_id id = ov_id_new();
    struct vault_key *key = NULL;
    struct rotation *rotation = NULL;
    assert_int_equal(vault_key_create(f->vault, VAULT_ALERT, &id, &key, NULL), OV_OK);
    assert_int_equal(vault_rotation(f->vault, key, N, &rotation, NULL), OV_ERR_INTERNAL);
    assert_int_equal(vault_rotation(f->vault, f->key, 0, &rotation, NULL), OV_ERR_INTERNAL);
    assert_int_equal(vault_rotation(f->vault, f->key, ROTATION_DIMENSION_MAX + 1, &rotation, NULL),
                     OV_ERR_INTERNAL);
    vault_key_free(key);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_matrix_is_orthogonal),
        cmocka_unit_test(a_seed_gives_the_same_bits_for_ever),
        cmocka_unit_test(no_direction_is_preferred),
        EACH(scores_of_random_descriptors_are_kept),
        EACH(scores_of_real_faces_are_kept),
        EACH(a_descriptor_comes_out_the_same_whatever_is_beside_it),
        EACH(only_whole_descriptors_are_turned),
        EACH(each_deployment_has_its_own),
        EACH(it_is_the_same_after_a_restart),
        EACH(it_is_made_once_and_forgotten_with_its_key),
        EACH(nothing_is_remembered_of_a_key_that_is_gone),
        EACH(the_vault_remembers_a_few_only),
        EACH(an_alerts_key_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

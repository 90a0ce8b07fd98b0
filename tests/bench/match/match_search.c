/*
 * Probes per second against one gallery, beside two yardsticks: the bare matrix product (what
 * OpenBLAS needs for the same shape, no result kept) and a plain loop over all templates; and how
 * much of that is left when every probe is turned by the deployment's rotation first, beside what
 * the bare product with such a matrix takes. One thread; the server runs one such search per core.
 *
 * Usage: match_search [templates] [seconds per cell]
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/face/face.h"
#include "server/match/faiss_index.h"
#include "server/match/gallery.h"
#include "server/vault/rotation_cache.h"
#include "server/vault/rotation_make.h"
#include "tests/unit/match/rows.h"

#define BATCH_MAX 1024
#define THRESHOLD 0.53f

extern int sgemm_(const char *transa, const char *transb, const int *m, const int *n, const int *k,
                  const float *alpha, const float *a, const int *lda, const float *b,
                  const int *ldb, const float *beta, float *c, const int *ldc);

struct bench {
    int templates;
    double seconds;
    float *rows;
    float *queries;
    float *product;
    struct gallery *gallery;
    struct rotation *rotation;
    float *plain; /* what is turned into queries */
    size_t found;
};

static void search(struct bench *bench, int batch)
{
    struct candidate_list list;
    if (gallery_search(bench->gallery, bench->queries, (size_t)batch, THRESHOLD, &list, NULL) !=
        OV_OK)
        abort();
    bench->found += list.count;
    candidate_list_free(&list);
}

static void turn(struct bench *bench, int batch)
{
    rotation_apply(bench->rotation, bench->plain, (size_t)batch, bench->queries);
}

static void turn_and_search(struct bench *bench, int batch)
{
    turn(bench, batch);
    search(bench, batch);
}

/* Of the same shape as turning. */
static void turn_product(struct bench *bench, int batch)
{
    int dimension = ROWS_DIMENSION;
    float one = 1.0f;
    float zero = 0.0f;
    (void)sgemm_("T", "N", &dimension, &batch, &dimension, &one, bench->rows, &dimension,
                 bench->plain, &dimension, &zero, bench->product, &dimension);
}

static void product(struct bench *bench, int batch)
{
    int dimension = ROWS_DIMENSION;
    float one = 1.0f;
    float zero = 0.0f;
    (void)sgemm_("T", "N", &bench->templates, &batch, &dimension, &one, bench->rows, &dimension,
                 bench->queries, &dimension, &zero, bench->product, &bench->templates);
}

static void loop(struct bench *bench, int batch)
{
    for (int q = 0; q < batch; q++)
        for (int t = 0; t < bench->templates; t++)
            bench->found += ov_descriptor_cosine(bench->queries + (size_t)q * ROWS_DIMENSION,
                                                 bench->rows + (size_t)t * ROWS_DIMENSION,
                                                 ROWS_DIMENSION) >= THRESHOLD;
}

/* Probes per second: the best of three rounds. */
static double rate(struct bench *bench, int batch, void (*run)(struct bench *, int))
{
    double best = 0.0;
    run(bench, batch);
    for (int round = 0; round < 3; round++) {
        int64_t start = ov_clock_mono_us(ov_clock_system());
        int64_t spent = 0;
        int64_t probes = 0;
        while ((double)spent < bench->seconds * 1e6 / 3.0) {
            run(bench, batch);
            probes += batch;
            spent = ov_clock_mono_us(ov_clock_system()) - start;
        }
        best = fmax(best, (double)probes * 1e6 / (double)spent);
    }
    return best;
}

static void prepare(struct bench *bench)
{
    uint64_t seed = 20260501;
    struct gallery_builder *builder = gallery_builder_new(ROWS_DIMENSION, NULL);
    bench->rows = calloc((size_t)bench->templates, ROWS_DIMENSION * sizeof(float));
    bench->queries = calloc(BATCH_MAX, ROWS_DIMENSION * sizeof(float));
    bench->product = calloc((size_t)bench->templates * BATCH_MAX, sizeof(float));
    if (builder == NULL || bench->rows == NULL || bench->queries == NULL || bench->product == NULL)
        abort();
    for (int t = 0; t < bench->templates; t++) {
        struct ov_id id = rows_id((uint32_t)t);
        float *row = bench->rows + (size_t)t * ROWS_DIMENSION;
        rows_fill(row, &seed);
        if (gallery_builder_add(builder, &id, &id, row, NULL) != OV_OK)
            abort();
    }
    struct ov_secret rotation_seed = OV_SECRET_INIT;
    bench->plain = calloc(BATCH_MAX, ROWS_DIMENSION * sizeof(float));
    if (bench->plain == NULL || ov_secret_new(&rotation_seed, ROTATION_SEED_BYTES) != OV_OK ||
        rotation_new(&rotation_seed, ROWS_DIMENSION, &bench->rotation, NULL) != OV_OK)
        abort();
    ov_secret_free(&rotation_seed);
    for (int q = 0; q < BATCH_MAX; q++)
        rows_fill(bench->plain + (size_t)q * ROWS_DIMENSION, &seed);
    turn(bench, BATCH_MAX);
    if (gallery_build(builder, &bench->gallery, NULL) != OV_OK)
        abort();
}

int main(int argc, char **argv)
{
    static const int batches[] = {1, 2, 3, 4, 8, 16, 32, 64, 256, 1024};
    struct bench bench = {.templates = 10000, .seconds = 1.5};
    int64_t number = bench.templates;
    if (argc > 1 && ov_parse_i64(argv[1], 1, 1000000, &number) != OV_OK)
        return 2;
    if (argc > 2 && ov_parse_double(argv[2], 0.1, 600, &bench.seconds) != OV_OK)
        return 2;
    bench.templates = (int)number;
    faiss_thread_init();
    prepare(&bench);
    (void)printf("%d templates of %d floats, one thread, threshold %.2f; probes/s\n",
                 bench.templates, ROWS_DIMENSION, (double)THRESHOLD);
    (void)printf("%6s %12s %12s %12s %10s %10s\n", "batch", "search", "sgemm", "plain loop",
                 "of sgemm", "x loop");
    for (size_t i = 0; i < sizeof(batches) / sizeof(batches[0]); i++) {
        double searched = rate(&bench, batches[i], search);
        double multiplied = rate(&bench, batches[i], product);
        double looped = rate(&bench, batches[i] > 16 ? 16 : batches[i], loop);
        (void)printf("%6d %12.0f %12.0f %12.0f %9.0f%% %10.1f\n", batches[i], searched, multiplied,
                     looped, 100.0 * searched / multiplied, searched / looped);
        (void)fflush(stdout);
    }
    (void)printf("\n%6s %12s %12s %10s %12s %12s\n", "batch", "search", "turned too", "of search",
                 "turning", "its sgemm");
    for (size_t i = 3; i < sizeof(batches) / sizeof(batches[0]); i++) {
        double searched = rate(&bench, batches[i], search);
        double both = rate(&bench, batches[i], turn_and_search);
        (void)printf("%6d %12.0f %12.0f %9.0f%% %12.0f %12.0f\n", batches[i], searched, both,
                     100.0 * both / searched, rate(&bench, batches[i], turn),
                     rate(&bench, batches[i], turn_product));
        (void)fflush(stdout);
    }
    (void)printf("candidates found: %zu\n", bench.found);
    gallery_unref(bench.gallery);
    rotation_unref(bench.rotation);
    free(bench.plain);
    free(bench.rows);
    free(bench.queries);
    free(bench.product);
    return 0;
}

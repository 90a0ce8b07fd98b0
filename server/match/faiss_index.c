/*
 * An exact inner-product index (IndexFlatIP), and care for the copies FAISS makes.
 *
 * What is wiped: the index's rows before it is freed, and every result buffer. What is overwritten:
 * OpenBLAS's packing buffers, which hold rearranged parts of the queries after a batch of 20 or
 * more (FAISS computes smaller ones in place). OpenBLAS hands its buffers out first come, first
 * served, so with several matchers a buffer may keep parts of a batch until it is next used; dumps
 * and debuggers are kept away by ov_process_hide_memory.
 */
#include "server/match/faiss_index.h"

#include <pthread.h>
#include <stdlib.h>

#include <faiss/c_api/Index_c.h>
#include <faiss/c_api/IndexFlat_c.h>
#include <faiss/c_api/error_c.h>
#include <faiss/c_api/impl/AuxIndexStructures_c.h>
#include <faiss/c_api/utils/distances_c.h>

#include "common/base/secret.h"

/* OpenMP's and OpenBLAS's own; their headers are not needed for one call each. */
extern void omp_set_num_threads(int count);
extern void openblas_set_num_threads(int count);
extern int sgemm_(const char *transa, const char *transb, const int *m, const int *n, const int *k,
                  const float *alpha, const float *a, const int *lda, const float *b,
                  const int *ldb, const float *beta, float *c, const int *ldc);

/* From this many queries on FAISS multiplies matrices instead of going row by row. Its own value is
 * 20; measured with 10,000 templates the product is no slower
 * from 4 on and about three times as fast at 16 (tests/bench/match). */
#define BLAS_FROM_QUERIES 4

struct faiss_index {
    FaissIndexFlat *flat;
    int dimension;
    size_t count;
};

static enum ov_status fail(struct ov_error *err)
{
    const char *text = faiss_get_last_error();
    return ov_fail(err, OV_ERR_INTERNAL, "match.faiss", "FAISS failed: %.200s",
                   text != NULL ? text : "no message");
}

static void set_blas_threshold(void)
{
    faiss_set_distance_compute_blas_threshold(BLAS_FROM_QUERIES);
}

void faiss_thread_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT; /* it is one value for the whole program */
    omp_set_num_threads(1);
    openblas_set_num_threads(1);
    (void)pthread_once(&once, set_blas_threshold);
}

enum ov_status faiss_index_new(const float *rows, size_t count, int dimension,
                               struct faiss_index **ret_index, struct ov_error *err)
{
    struct faiss_index *index = calloc(1, sizeof(*index));
    if (index == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "match.memory", "no memory for an index");
    index->dimension = dimension;
    index->count = count;
    /* One add of all rows: the vector inside is allocated once and never leaves a copy behind. */
    if (faiss_IndexFlat_new_with(&index->flat, dimension, METRIC_INNER_PRODUCT) != 0 ||
        faiss_Index_add(index->flat, (idx_t)count, rows) != 0) {
        enum ov_status status = fail(err);
        faiss_index_free(index);
        return status;
    }
    *ret_index = index;
    return OV_OK;
}

void faiss_index_free(struct faiss_index *index)
{
    if (index == NULL)
        return;
    if (index->flat != NULL) {
        float *rows = NULL;
        size_t floats = 0;
        faiss_IndexFlat_xb(index->flat, &rows, &floats);
        ov_wipe(rows, floats * sizeof(float));
        faiss_IndexFlat_free(index->flat);
    }
    free(index);
}

/*
 * Multiplies zeros in the shape of the search, so that the packing buffer holds nothing of it.
 * Rows: enough for OpenBLAS to pack at all, which it does not do for products of less than a
 * million multiplications.
 */
static void overwrite_blas_buffer(size_t query_count, int dimension)
{
    const size_t multiplications = 2000000;
    int n = (int)query_count;
    int k = dimension;
    int m = 64 + (int)(multiplications / (query_count * (size_t)dimension));
    float zero = 0.0f;
    float one = 1.0f;
    size_t side = (size_t)(m > n ? m : n);
    float *zeros = calloc(side, (size_t)k * sizeof(float));
    float *out = calloc((size_t)m * (size_t)n, sizeof(float));
    if (zeros != NULL && out != NULL)
        (void)sgemm_("T", "N", &m, &n, &k, &one, zeros, &k, zeros, &k, &zero, out, &m);
    free(zeros);
    free(out);
}

static void report(FaissRangeSearchResult *result, size_t query_count,
                   faiss_on_proposal on_proposal, void *ctx)
{
    size_t *limits = NULL;
    idx_t *labels = NULL;
    float *scores = NULL;
    faiss_RangeSearchResult_lims(result, &limits);
    faiss_RangeSearchResult_labels(result, &labels, &scores);
    for (size_t q = 0; q < query_count; q++)
        for (size_t at = limits[q]; at < limits[q + 1]; at++)
            on_proposal(ctx, q, (size_t)labels[at]);
    size_t found = limits[query_count];
    ov_wipe(labels, found * sizeof(*labels));
    ov_wipe(scores, found * sizeof(*scores));
}

enum ov_status faiss_index_search(const struct faiss_index *index, const float *queries,
                                  size_t query_count, float cut, faiss_on_proposal on_proposal,
                                  void *ctx, struct ov_error *err)
{
    FaissRangeSearchResult *result = NULL;
    if (query_count == 0)
        return OV_OK;
    if (faiss_RangeSearchResult_new(&result, (idx_t)query_count) != 0)
        return fail(err);
    enum ov_status status = OV_OK;
    if (faiss_Index_range_search(index->flat, (idx_t)query_count, queries, cut, result) != 0)
        status = fail(err);
    else
        report(result, query_count, on_proposal, ctx);
    faiss_RangeSearchResult_free(result);
    if (query_count >= BLAS_FROM_QUERIES)
        overwrite_blas_buffer(query_count, index->dimension);
    return status;
}

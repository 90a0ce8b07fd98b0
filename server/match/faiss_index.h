/*
 * FAISS behind four calls: the one place that speaks to it.
 *
 * An index is built once from a whole matrix and never changed (FAISS crashes when an index changes
 * under a search), so any number of threads may search it at once. What it returns are proposals:
 * the caller computes the score that counts.
 */
#ifndef OVERT_SERVER_MATCH_FAISS_INDEX_H
#define OVERT_SERVER_MATCH_FAISS_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

struct faiss_index;

/* Copies count x dimension normalised float32 rows, count 1 or more. */
OV_CHECKED enum ov_status faiss_index_new(const float *rows, size_t count, int dimension,
                                          struct faiss_index **ret_index, struct ov_error *err);
/* Wipes the index's copy of the rows, then frees it. Takes NULL. */
void faiss_index_free(struct faiss_index *index);

/*
 * Every row whose inner product with a query is above cut, as FAISS computes it (differs from ours
 * by rounding). on_proposal comes in no particular order within a query.
 */
typedef void (*faiss_on_proposal)(void *ctx, size_t query, size_t row);
OV_CHECKED enum ov_status faiss_index_search(const struct faiss_index *index, const float *queries,
                                             size_t query_count, float cut,
                                             faiss_on_proposal on_proposal, void *ctx,
                                             struct ov_error *err);

/*
 * Call first in every thread that builds or searches: one thread per search, because the matchers
 * are as many as the cores and a second level of threads only makes them wait for each other.
 */
void faiss_thread_init(void);

#endif

/* Searching a gallery: proposals from the index, then the exact score and the best per entry. */
#include "server/match/gallery.h"

#include <stdlib.h>

#include "common/face/face.h"
#include "server/match/gallery_private.h"

struct gallery *gallery_ref(struct gallery *gallery)
{
    (void)atomic_fetch_add_explicit(&gallery->references, 1, memory_order_relaxed);
    return gallery;
}

void gallery_unref(struct gallery *gallery)
{
    if (gallery == NULL ||
        atomic_fetch_sub_explicit(&gallery->references, 1, memory_order_acq_rel) != 1)
        return;
    faiss_index_free(gallery->index);
    rotation_unref(gallery->rotation);
    ov_secret_free(&gallery->rows);
    free(gallery->labels);
    free(gallery);
}

size_t gallery_templates(const struct gallery *gallery)
{
    return gallery->count;
}

size_t gallery_entries(const struct gallery *gallery)
{
    return gallery->entries;
}

int gallery_dimension(const struct gallery *gallery)
{
    return gallery->dimension;
}

const struct rotation *gallery_rotation(const struct gallery *gallery)
{
    return gallery->rotation;
}

/* A template at or above the threshold. */
struct hit {
    size_t query;
    size_t entry;
    size_t row;
    float score;
};

struct search {
    const struct gallery *gallery;
    const float *queries;
    float threshold;
    struct hit *hits;
    size_t count;
    size_t capacity;
    bool failed; /* memory */
};

static void on_proposal(void *ctx, size_t query, size_t row)
{
    struct search *search = ctx;
    const struct gallery *gallery = search->gallery;
    size_t dimension = (size_t)gallery->dimension;
    const float *rows = (const float *)(const void *)gallery->rows.data;
    float score = ov_descriptor_cosine(search->queries + query * dimension, rows + row * dimension,
                                       gallery->dimension);
    if (!(score >= search->threshold) || search->failed)
        return;
    if (search->count == search->capacity) {
        size_t capacity = search->capacity == 0 ? 16 : search->capacity * 2;
        struct hit *hits = ov_wiping_realloc(search->hits, capacity * sizeof(*hits));
        if (hits == NULL) {
            search->failed = true;
            return;
        }
        search->hits = hits;
        search->capacity = capacity;
    }
    search->hits[search->count++] = (struct hit){query, gallery->labels[row].entry, row, score};
}

static int by_size(size_t a, size_t b)
{
    return a < b ? -1 : (a > b ? 1 : 0);
}

static int by_score_falling(float a, float b)
{
    return a > b ? -1 : (a < b ? 1 : 0);
}

static int by_entry_then_score(const void *left, const void *right)
{
    const struct hit *a = left;
    const struct hit *b = right;
    int order = by_size(a->query, b->query);
    if (order == 0)
        order = by_size(a->entry, b->entry);
    if (order == 0)
        order = by_score_falling(a->score, b->score);
    return order != 0 ? order : by_size(a->row, b->row);
}

static int by_query_then_score(const void *left, const void *right)
{
    const struct hit *a = left;
    const struct hit *b = right;
    int order = by_size(a->query, b->query);
    if (order == 0)
        order = by_score_falling(a->score, b->score);
    return order != 0 ? order : by_size(a->entry, b->entry);
}

/* Keeps each entry's best template; returns how many are left. */
static size_t best_per_entry(struct hit *hits, size_t count)
{
    size_t kept = 0;
    if (count > 1)
        qsort(hits, count, sizeof(*hits), by_entry_then_score);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || hits[kept - 1].query != hits[i].query ||
            hits[kept - 1].entry != hits[i].entry)
            hits[kept++] = hits[i];
    }
    if (kept > 1)
        qsort(hits, kept, sizeof(*hits), by_query_then_score);
    return kept;
}

static enum ov_status fill(const struct gallery *gallery, const struct hit *hits, size_t count,
                           struct candidate_list *ret_list, struct ov_error *err)
{
    struct candidate *items = NULL;
    if (count > 0) {
        items = ov_wiping_malloc(count * sizeof(*items));
        if (items == NULL)
            return ov_fail(err, OV_ERR_NOMEM, "match.memory", "no memory for %zu candidates",
                           count);
    }
    for (size_t i = 0; i < count; i++) {
        const struct gallery_label *label = &gallery->labels[hits[i].row];
        items[i] =
            (struct candidate){hits[i].query, hits[i].score, label->entry_id, label->image_id};
    }
    ret_list->items = items;
    ret_list->count = count;
    return OV_OK;
}

enum ov_status gallery_search(const struct gallery *gallery, const float *queries,
                              size_t query_count, float threshold, struct candidate_list *ret_list,
                              struct ov_error *err)
{
    struct search search = {.gallery = gallery, .queries = queries, .threshold = threshold};
    enum ov_status status = OV_OK;
    if (gallery->index != NULL)
        status = faiss_index_search(gallery->index, queries, query_count,
                                    threshold - GALLERY_CUT_MARGIN, on_proposal, &search, err);
    if (status == OV_OK && search.failed)
        status = ov_fail(err, OV_ERR_NOMEM, "match.memory", "no memory for candidates");
    if (status == OV_OK)
        status =
            fill(gallery, search.hits, best_per_entry(search.hits, search.count), ret_list, err);
    ov_wiping_free(search.hits);
    return status;
}

void candidate_list_free(struct candidate_list *list)
{
    ov_wiping_free(list->items);
    list->items = NULL;
    list->count = 0;
}

/* Builds galleries: templates are gathered in secret memory, then indexed in one step. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "server/match/gallery_private.h"

#define FIRST_CAPACITY 64u
#define NORM_TOLERANCE 1e-3

struct gallery_builder {
    int dimension;
    struct rotation *rotation; /* counted; NULL: none */
    size_t capacity;           /* templates */
    size_t count;
    struct ov_secret rows;
    struct gallery_label *labels;
    size_t entries;
};

struct gallery_builder *gallery_builder_new(int dimension, struct rotation *rotation)
{
    if (dimension < 1 || (rotation != NULL && rotation_dimension(rotation) != dimension))
        return NULL;
    struct gallery_builder *builder = calloc(1, sizeof(*builder));
    if (builder == NULL)
        return NULL;
    builder->dimension = dimension;
    builder->rotation = rotation != NULL ? rotation_ref(rotation) : NULL;
    return builder;
}

void gallery_builder_free(struct gallery_builder *builder)
{
    if (builder == NULL)
        return;
    rotation_unref(builder->rotation);
    ov_secret_free(&builder->rows);
    free(builder->labels);
    free(builder);
}

static enum ov_status grow(struct gallery_builder *builder)
{
    if (builder->count < builder->capacity)
        return OV_OK;
    size_t capacity = builder->capacity == 0 ? FIRST_CAPACITY : builder->capacity * 2;
    size_t row_bytes = (size_t)builder->dimension * sizeof(float);
    struct ov_secret rows = OV_SECRET_INIT;
    struct gallery_label *labels = realloc(builder->labels, capacity * sizeof(*labels));
    if (labels == NULL)
        return OV_ERR_NOMEM;
    builder->labels = labels;
    if (ov_secret_new(&rows, capacity * row_bytes) != OV_OK)
        return OV_ERR_NOMEM;
    if (builder->count > 0)
        memcpy(rows.data, builder->rows.data, builder->count * row_bytes);
    ov_secret_free(&builder->rows);
    builder->rows = rows;
    builder->capacity = capacity;
    return OV_OK;
}

static bool is_normalised(const float *descriptor, int dimension)
{
    double sum = 0.0;
    for (int i = 0; i < dimension; i++)
        sum += (double)descriptor[i] * (double)descriptor[i];
    return isfinite(sum) && fabs(sqrt(sum) - 1.0) <= NORM_TOLERANCE;
}

enum ov_status gallery_builder_add(struct gallery_builder *builder, const struct ov_id *entry_id,
                                   const struct ov_id *image_id, const float *descriptor,
                                   struct ov_error *err)
{
    if (!is_normalised(descriptor, builder->dimension))
        return ov_fail(err, OV_ERR_INVALID, "template.not_normalised",
                       "a template is not a normalised descriptor: add its image again");
    if (builder->count == GALLERY_TEMPLATES_MAX)
        return ov_fail(err, OV_ERR_LIMIT, "gallery.too_large",
                       "a gallery holds at most %zu templates", GALLERY_TEMPLATES_MAX);
    if (grow(builder) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "match.memory", "no memory for %zu templates",
                       builder->count + 1);
    size_t row_bytes = (size_t)builder->dimension * sizeof(float);
    memcpy(builder->rows.data + builder->count * row_bytes, descriptor, row_bytes);
    struct gallery_label *label = &builder->labels[builder->count];
    label->entry_id = *entry_id;
    label->image_id = *image_id;
    label->entry = builder->count; /* settled by number_entries */
    builder->count++;
    return OV_OK;
}

struct entry_key {
    struct ov_id id;
    size_t row;
};

static int by_id_then_row(const void *left, const void *right)
{
    const struct entry_key *a = left;
    const struct entry_key *b = right;
    int order = memcmp(a->id.bytes, b->id.bytes, OV_ID_BYTES);
    if (order != 0)
        return order;
    return a->row < b->row ? -1 : (a->row > b->row ? 1 : 0);
}

/* Gives each template its entry: the row of the entry's first template, wherever the others are. */
static enum ov_status number_entries(struct gallery_builder *builder)
{
    struct entry_key *keys = malloc((builder->count + 1) * sizeof(*keys));
    if (keys == NULL)
        return OV_ERR_NOMEM;
    for (size_t i = 0; i < builder->count; i++)
        keys[i] = (struct entry_key){builder->labels[i].entry_id, i};
    qsort(keys, builder->count, sizeof(*keys), by_id_then_row);
    size_t first = 0;
    for (size_t i = 0; i < builder->count; i++) {
        if (i == 0 || !ov_id_equal(&keys[i].id, &keys[i - 1].id)) {
            first = keys[i].row;
            builder->entries++;
        }
        builder->labels[keys[i].row].entry = first;
    }
    free(keys);
    return OV_OK;
}

enum ov_status gallery_build(struct gallery_builder *take_builder, struct gallery **ret_gallery,
                             struct ov_error *err)
{
    struct gallery_builder *builder = take_builder;
    enum ov_status status = OV_OK;
    struct gallery *gallery = calloc(1, sizeof(*gallery));
    if (gallery == NULL || number_entries(builder) != OV_OK) {
        free(gallery);
        gallery_builder_free(builder);
        return ov_fail(err, OV_ERR_NOMEM, "match.memory", "no memory for a gallery");
    }
    if (builder->count > 0)
        status = faiss_index_new((const float *)(const void *)builder->rows.data, builder->count,
                                 builder->dimension, &gallery->index, err);
    if (status == OV_OK) {
        atomic_init(&gallery->references, 1);
        gallery->dimension = builder->dimension;
        gallery->count = builder->count;
        gallery->entries = builder->entries;
        gallery->rows = ov_secret_take(&builder->rows);
        gallery->labels = builder->labels;
        builder->labels = NULL;
        gallery->rotation = builder->rotation;
        builder->rotation = NULL;
        *ret_gallery = gallery;
    } else {
        free(gallery);
    }
    gallery_builder_free(builder);
    return status;
}

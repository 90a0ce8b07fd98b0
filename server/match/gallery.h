/*
 * A gallery: the searched list of one deployment, in memory only, immutable and counted.
 *
 * Search proposes with an index and decides by itself: the score of a candidate is the largest of
 * ov_descriptor_cosine over its entry's templates. That is one fixed-order float32 dot product, so
 * the same probe gets the same score, bit for bit, whatever the batch or the index. The index is
 * asked for everything above threshold - GALLERY_CUT_MARGIN; its rounding (below 1e-5 for 1,024
 * floats) is far smaller than the margin, so no candidate at or above the threshold is lost.
 *
 * Any number of threads may search one gallery at a time.
 */
#ifndef OVERT_SERVER_MATCH_GALLERY_H
#define OVERT_SERVER_MATCH_GALLERY_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/id.h"
#include "common/base/status.h"
#include "server/vault/rotation.h"

#define GALLERY_CUT_MARGIN 1e-3f
#define GALLERY_TEMPLATES_MAX ((size_t)1000000)

struct gallery;
struct gallery_builder;

/*
 * dimension in floats. rotation: by which the templates to come have been turned and every query
 * has to be; the gallery holds a reference of its own. NULL: they are compared as they are, which
 * no deployment's list is. NULL when memory is out.
 */
struct gallery_builder *gallery_builder_new(int dimension, struct rotation *rotation);
void gallery_builder_free(struct gallery_builder *builder);
/*
 * Copies one template. Refuses anything but finite, L2-normalised rows ("template.not_normalised")
 * and more than GALLERY_TEMPLATES_MAX ("gallery.too_large").
 */
OV_CHECKED enum ov_status gallery_builder_add(struct gallery_builder *builder,
                                              const struct ov_id *entry_id,
                                              const struct ov_id *image_id, const float *descriptor,
                                              struct ov_error *err);
/* takes builder, on every path. A gallery without templates is fine: nothing is ever found. */
OV_CHECKED enum ov_status gallery_build(struct gallery_builder *take_builder,
                                        struct gallery **ret_gallery, struct ov_error *err);

/* Counted: one reference from gallery_build, more from gallery_ref; the last unref wipes and frees.
 */
struct gallery *gallery_ref(struct gallery *gallery);
void gallery_unref(struct gallery *gallery);

size_t gallery_templates(const struct gallery *gallery);
size_t gallery_entries(const struct gallery *gallery);
int gallery_dimension(const struct gallery *gallery);
/* Borrowed; NULL when there is none. */
const struct rotation *gallery_rotation(const struct gallery *gallery);

/* A candidate: an entry whose best template scores at or above the threshold. */
struct candidate {
    size_t query; /* row of the queries */
    float score;  /* cosine */
    struct ov_id entry_id;
    struct ov_id image_id; /* of the best template; the first added wins a tie */
};

struct candidate_list {
    struct candidate *items; /* by query, then score falling, then order of entries */
    size_t count;
};
/* Wipes and frees. */
void candidate_list_free(struct candidate_list *list);

/* queries: query_count x dimension normalised float32, turned by the gallery's rotation. ret_list
 * is filled on success. */
OV_CHECKED enum ov_status gallery_search(const struct gallery *gallery, const float *queries,
                                         size_t query_count, float threshold,
                                         struct candidate_list *ret_list, struct ov_error *err);

#endif

/*
 * Look-alikes: pairs of different entries of one list whose images score at or above its threshold.
 * Images are compared piece by piece, each once with all that are there: of two images whichever is
 * compared last meets the other, because an image is marked only after it was stored. On a worker's
 * thread; templates are in secret memory only.
 */
#include <stdlib.h>
#include <string.h>

#include "common/face/face.h"
#include "server/match/faiss_index.h"
#include "server/match/gallery.h"
#include "server/service/act.h"
#include "server/service/approval.h"
#include "server/service/permissions.h"
#include "server/service/watchlist_private.h"

/* Compared by one call: about a second, of a full list. */
#define PIECE_IMAGES ((size_t)1000)

struct query {
    struct ov_id entry_id;
    struct ov_id image_id;
};

struct comparison {
    struct gallery_builder *builder;
    struct vault_key *key;
    int dimension;
    struct query *queries; /* PIECE_IMAGES */
    struct ov_secret rows; /* PIECE_IMAGES x dimension */
    size_t count;
    int64_t remaining;
    struct ov_error *err;
};

static enum ov_status take_row(struct comparison *comparison, const struct list_row *row,
                               const struct ov_secret *floats)
{
    size_t row_bytes = (size_t)comparison->dimension * sizeof(float);
    if (floats->size != row_bytes)
        return ov_fail(comparison->err, OV_ERR_INTERNAL, "template.dimension",
                       "a template of the list has another size than the model's");
    if (!row->compared && comparison->count < PIECE_IMAGES) {
        comparison->queries[comparison->count] = (struct query){row->entry_id, row->image_id};
        memcpy(comparison->rows.data + comparison->count * row_bytes, floats->data, row_bytes);
        comparison->count++;
    } else if (!row->compared) {
        comparison->remaining++;
    }
    return gallery_builder_add(comparison->builder, &row->entry_id, &row->image_id,
                               (const float *)(const void *)floats->data, comparison->err);
}

static enum ov_status on_list_row(void *ctx, const struct list_row *row)
{
    struct comparison *comparison = ctx;
    struct ov_secret floats = OV_SECRET_INIT;
    enum ov_status status =
        vault_unseal(comparison->key, "image.template", &row->image_id, row->sealed_template.data,
                     row->sealed_template.size, &floats, comparison->err);
    if (status == OV_OK)
        status = take_row(comparison, row, &floats);
    ov_secret_free(&floats);
    return status;
}

/* The pairs and the marks, in one transaction with their event. */
static enum ov_status keep(struct service *service, const struct actor *actor,
                           const struct ov_id *deployment_id, const struct comparison *comparison,
                           const struct candidate_list *found, int64_t *ret_pairs,
                           struct ov_error *err)
{
    struct ov_id images[PIECE_IMAGES];
    enum ov_status status = OV_OK;
    *ret_pairs = 0;
    for (size_t i = 0; i < found->count && status == OV_OK; i++) {
        const struct candidate *candidate = &found->items[i];
        const struct ov_id *own = &comparison->queries[candidate->query].entry_id;
        if (ov_id_equal(own, &candidate->entry_id))
            continue;
        (*ret_pairs)++;
        status = store_lookalike_add(service->store, deployment_id, own, &candidate->entry_id,
                                     (int)(audit_score(candidate->score) / 1000), err);
    }
    for (size_t i = 0; i < comparison->count; i++)
        images[i] = comparison->queries[i].image_id;
    if (status == OV_OK)
        status = store_compared_add(service->store, deployment_id, images, comparison->count, err);
    if (status != OV_OK)
        return status;
    struct audit_event *event = audit_event_new("watchlist.compared", actor, act_now_us(service));
    audit_event_deployment(event, deployment_id);
    audit_event_object(event, "deployment", deployment_id);
    audit_event_int(event, "images", (int64_t)comparison->count);
    audit_event_int(event, "pairs", *ret_pairs);
    return audit_event_write(service->store, event, err);
}

static enum ov_status search(struct service *service, const struct actor *actor,
                             const struct deployment *deployment, struct comparison *comparison,
                             int64_t *ret_pairs, struct ov_error *err)
{
    struct gallery *gallery = NULL;
    struct candidate_list found = {NULL, 0};
    struct gallery_builder *builder = comparison->builder;
    comparison->builder = NULL;
    if (comparison->count == 0) {
        gallery_builder_free(builder);
        return OV_OK;
    }
    faiss_thread_init();
    enum ov_status status = gallery_build(builder, &gallery, err);
    if (status == OV_OK)
        status = gallery_search(gallery, (const float *)(const void *)comparison->rows.data,
                                comparison->count, deployment->threshold, &found, err);
    if (status == OV_OK)
        status = act_begin(service, err);
    if (status == OV_OK)
        status =
            act_end(service,
                    keep(service, actor, &deployment->id, comparison, &found, ret_pairs, err), err);
    candidate_list_free(&found);
    gallery_unref(gallery);
    return status;
}

static enum ov_status load(struct service *service, const struct deployment *deployment,
                           struct comparison *comparison, struct ov_error *err)
{
    enum ov_status status =
        vault_key_load(service->vault, VAULT_WATCHLIST, &deployment->id, &comparison->key, err);
    if (status != OV_OK)
        return status;
    comparison->queries = calloc(PIECE_IMAGES, sizeof(*comparison->queries));
    /* Templates of one list, turned alike, are compared as they are. */
    comparison->builder = gallery_builder_new(comparison->dimension, NULL);
    if (comparison->queries == NULL || comparison->builder == NULL ||
        ov_secret_new(&comparison->rows,
                      PIECE_IMAGES * (size_t)comparison->dimension * sizeof(float)) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    return store_list_each(service->store, &deployment->id, on_list_row, comparison, err);
}

enum ov_status service_watchlist_compare(struct service *service, const struct actor *actor,
                                         const struct ov_id *deployment_id,
                                         struct lookalike_progress *ret, struct ov_error *err)
{
    struct deployment deployment;
    enum ov_status status = check_permission(actor, ACTION_WATCHLIST_APPROVE, err);
    if (status == OV_OK)
        status = store_deployment_get(service->store, deployment_id, false, &deployment, err);
    if (status == OV_OK)
        status = check_list_open(&deployment, err);
    if (status != OV_OK)
        return status;
    struct comparison comparison = {
        .dimension = ov_face_engine_dimension(service->faces), .rows = OV_SECRET_INIT, .err = err};
    int64_t pairs = 0;
    status = load(service, &deployment, &comparison, err);
    if (status == OV_OK)
        status = search(service, actor, &deployment, &comparison, &pairs, err);
    if (status == OV_OK)
        *ret = (struct lookalike_progress){(int64_t)comparison.count, comparison.remaining, pairs};
    gallery_builder_free(comparison.builder);
    vault_key_free(comparison.key);
    ov_secret_free(&comparison.rows);
    free(comparison.queries);
    return status;
}

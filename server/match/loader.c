/* Streams sealed templates out of the store, opens each with the deployment's key, adds it. */
#include "server/match/loader.h"

#include <string.h>

#include "common/base/secret.h"
#include "server/store/watchlists.h"

struct load {
    struct gallery_builder *builder;
    const struct vault_key *key;
    const struct deployment *deployment;
    int dimension;
    struct ov_error *err;
};

static enum ov_status add_row(struct load *load, const struct gallery_row *row)
{
    struct ov_secret descriptor = OV_SECRET_INIT;
    if (memcmp(row->model_digest, load->deployment->model_digest, OV_DIGEST_BYTES) != 0)
        return ov_fail(load->err, OV_ERR_INVALID, "model.mixed",
                       "a template of the list was made by another model than the deployment's: "
                       "remove its entry and add it again");
    enum ov_status status =
        vault_unseal(load->key, "image.template", &row->image_id, row->sealed_template.data,
                     row->sealed_template.size, &descriptor, load->err);
    if (status != OV_OK)
        return status;
    if (descriptor.size != (size_t)load->dimension * sizeof(float))
        status = ov_fail(load->err, OV_ERR_INVALID, "template.dimension",
                         "a template has %zu bytes, not those of %d floats", descriptor.size,
                         load->dimension);
    else
        status = gallery_builder_add(load->builder, &row->entry_id, &row->image_id,
                                     (const float *)(const void *)descriptor.data, load->err);
    ov_secret_free(&descriptor);
    return status;
}

static enum ov_status on_row(void *ctx, const struct gallery_row *row)
{
    return add_row(ctx, row);
}

enum ov_status loader_build(struct store *store, struct vault *vault,
                            const struct loader_model *model, const struct deployment *deployment,
                            struct gallery **ret_gallery, struct ov_error *err)
{
    struct vault_key *key = NULL;
    if (memcmp(model->digest, deployment->model_digest, OV_DIGEST_BYTES) != 0)
        return ov_fail(err, OV_ERR_STATE, "model.not_installed",
                       "the deployment was authorised for another model pack than this server's");
    enum ov_status status = vault_key_load(vault, VAULT_WATCHLIST, &deployment->id, &key, err);
    if (status != OV_OK)
        return status;
    struct rotation *rotation = NULL;
    struct gallery_builder *builder = NULL;
    status = vault_rotation(vault, key, model->dimension, &rotation, err);
    if (status == OV_OK) {
        builder = gallery_builder_new(model->dimension, rotation);
        if (builder == NULL)
            status = ov_fail(err, OV_ERR_NOMEM, "match.memory", "no memory for a gallery");
    }
    struct load load = {builder, key, deployment, model->dimension, err};
    if (status == OV_OK)
        status = store_gallery_each(store, &deployment->id, on_row, &load, err);
    rotation_unref(rotation);
    vault_key_free(key);
    if (status != OV_OK) {
        gallery_builder_free(builder);
        return status;
    }
    return gallery_build(builder, ret_gallery, err);
}

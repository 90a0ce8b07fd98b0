/*
 * Builds a deployment's gallery from its sealed templates. Blocks: on a store thread only.
 */
#ifndef OVERT_SERVER_MATCH_LOADER_H
#define OVERT_SERVER_MATCH_LOADER_H

#include "common/base/status.h"
#include "server/match/gallery.h"
#include "server/store/deployments.h"
#include "server/vault/vault.h"

/* The one model this server works with. */
struct loader_model {
    uint8_t digest[OV_DIGEST_BYTES];
    int dimension; /* floats */
};

/*
 * Reads every template of an approved entry. A deployment of another model than this server's is
 * OV_ERR_STATE "model.not_installed"; a template of another model than the deployment's is
 * OV_ERR_INVALID "model.mixed": different models never meet, and a list is searched whole or not.
 */
OV_CHECKED enum ov_status loader_build(struct store *store, struct vault *vault,
                                       const struct loader_model *model,
                                       const struct deployment *deployment,
                                       struct gallery **ret_gallery, struct ov_error *err);

#endif

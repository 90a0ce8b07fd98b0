/* Models proposed and accepted for operational use, by a decision of two. */
#ifndef OVERT_SERVER_STORE_MODELS_H
#define OVERT_SERVER_STORE_MODELS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/wire/messages.h"
#include "server/store/store.h"

enum model_state { MODEL_PROPOSED, MODEL_APPROVED, MODEL_REFUSED, MODEL_WITHDRAWN };
const char *model_state_name(enum model_state state);

struct model_acceptance {
    struct ov_id id;
    uint8_t model_digest[OV_DIGEST_BYTES];
    uint8_t report_digest[OV_DIGEST_BYTES]; /* of the evaluation report */
    float threshold_floor;                  /* of operational deployments with it */
    uint8_t document_digest[OV_DIGEST_BYTES];
    struct ov_id proposed_by;
    int64_t proposed_at_us;
    enum model_state state;
    struct ov_id decided_by; /* of the newest decision; zero until one */
    int64_t decided_at_us;
};

OV_CHECKED enum ov_status
store_model_propose(struct store *store, const struct model_acceptance *row, struct ov_error *err);
/* state: not MODEL_PROPOSED. "model.same_person", "model.decided", "model.not_approved",
 * "model.unknown". */
OV_CHECKED enum ov_status store_model_decide(struct store *store, const struct ov_id *id,
                                             enum model_state state, const struct ov_id *by,
                                             int64_t at_us, struct ov_error *err);
/* "model.unknown". */
OV_CHECKED enum ov_status store_model_get(struct store *store, const struct ov_id *id,
                                          struct model_acceptance *ret, struct ov_error *err);
/* Newest first. */
OV_CHECKED enum ov_status
store_model_each(struct store *store,
                 enum ov_status (*on_row)(void *ctx, const struct model_acceptance *), void *ctx,
                 struct ov_error *err);
/* Whether a model is accepted now, and the lowest threshold with it. */
OV_CHECKED enum ov_status store_model_accepted(struct store *store,
                                               const uint8_t model_digest[OV_DIGEST_BYTES],
                                               bool *ret_accepted, float *ret_floor,
                                               struct ov_error *err);

#endif

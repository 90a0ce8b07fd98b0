/*
 * Models: which ones this installation accepts for operational use. One person proposes one with
 * the digest of an evaluation report and the lowest threshold that it supports, another approves;
 * both sign. One person alone may withdraw it, at once.
 */
#ifndef OVERT_SERVER_SERVICE_MODELS_H
#define OVERT_SERVER_SERVICE_MODELS_H

#include "server/service/policy.h"
#include "server/store/deployments.h"
#include "server/store/models.h"

struct service;

/* For the rules: whether a deployment's model and threshold allow it to run. "model.not_accepted",
 * "model.threshold_floor"; an exercise needs neither. */
OV_CHECKED enum ov_status service_model_check(struct service *service,
                                              const struct deployment *deployment,
                                              struct ov_error *err);

/* Newest first. */
OV_CHECKED enum ov_status
service_model_each(struct service *service, const struct actor *actor,
                   enum ov_status (*on_row)(void *ctx, const struct model_acceptance *), void *ctx,
                   struct ov_error *err);

/* proposal: id (chosen by the caller, so that a repetition is the same), digests and floor. */
OV_CHECKED enum ov_status service_model_draft(struct service *service, const struct actor *actor,
                                              const struct model_acceptance *proposal,
                                              struct to_sign *to_sign, struct ov_error *err);
OV_CHECKED enum ov_status service_model_propose(struct service *service, const struct actor *actor,
                                                const struct model_acceptance *proposal,
                                                const struct signature *signature,
                                                struct model_acceptance *ret, struct ov_error *err);
OV_CHECKED enum ov_status service_model_approval(struct service *service, const struct actor *actor,
                                                 const struct ov_id *id, struct to_sign *to_sign,
                                                 struct ov_error *err);
OV_CHECKED enum ov_status service_model_approve(struct service *service, const struct actor *actor,
                                                const struct ov_id *id,
                                                const struct signature *signature,
                                                struct model_acceptance *ret, struct ov_error *err);
/* Of a proposal (refused) or of an approval (withdrawn): by one person who may propose or approve.
 */
OV_CHECKED enum ov_status service_model_end(struct service *service, const struct actor *actor,
                                            const struct ov_id *id, enum model_state state,
                                            struct model_acceptance *ret, struct ov_error *err);

#endif

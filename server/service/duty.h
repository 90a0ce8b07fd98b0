/*
 * Duty: a deployment runs only while somebody adjudicates and somebody can engage.
 *
 * An adjudicator is present while the server has heard of them within the policy's heartbeat; an
 * engagement officer is on duty until they end it or hand over. Taking, ending and handing over are
 * events; being heard of is none. Whoever is suspended or loses the role counts no more.
 */
#ifndef OVERT_SERVER_SERVICE_DUTY_H
#define OVERT_SERVER_SERVICE_DUTY_H

#include "server/audit/event.h"
#include "server/store/deployments.h"
#include "server/store/duty.h"

struct service;

/* "deployment_lead", "adjudicator" or "engagement_officer"; "duty.role" otherwise. */
OV_CHECKED enum ov_status service_duty_role(const char *name, enum role *ret, struct ov_error *err);

/* Whoever holds the role, for themselves. Taking what lasts already is being heard of. */
OV_CHECKED enum ov_status service_duty_take(struct service *service, const struct actor *actor,
                                            const struct ov_id *deployment_id, enum role role,
                                            struct ov_error *err);
/* "duty.none" when it has ended or was handed over. ret_heartbeat_s: how often at least. */
OV_CHECKED enum ov_status service_duty_heartbeat(struct service *service, const struct actor *actor,
                                                 const struct ov_id *deployment_id, enum role role,
                                                 int *ret_heartbeat_s, struct ov_error *err);
OV_CHECKED enum ov_status service_duty_end(struct service *service, const struct actor *actor,
                                           const struct ov_id *deployment_id, enum role role,
                                           struct ov_error *err);
/* Ends one's own and begins that of to_name, who holds the role too: one act, one event. */
OV_CHECKED enum ov_status service_duty_hand_over(struct service *service, const struct actor *actor,
                                                 const struct ov_id *deployment_id, enum role role,
                                                 const char *to_name, struct ov_error *err);

/* Those that last first. */
OV_CHECKED enum ov_status service_duty_each(
    struct service *service, const struct actor *actor, const struct ov_id *deployment_id,
    enum ov_status (*on_row)(void *ctx, const struct duty *), void *ctx, struct ov_error *err);
/* Who is there, and the heartbeat that it was judged by. */
OV_CHECKED enum ov_status service_duty_presence(struct service *service,
                                                const struct deployment *deployment,
                                                struct duty_presence *ret, int *ret_heartbeat_s,
                                                struct ov_error *err);
/* The gate of going live and of resuming: "duty.no_adjudicator",
 * "duty.no_engagement_officer". */
OV_CHECKED enum ov_status service_duty_check(struct service *service,
                                             const struct deployment *deployment,
                                             struct ov_error *err);
/* The keeper's: pauses what is live and unattended. */
OV_CHECKED enum ov_status service_duty_pause_unattended(struct service *service,
                                                        struct ov_error *err);

#endif

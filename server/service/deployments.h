/* Deployments: applied for by one person, started by another, stopped by anyone or by their end. */
#ifndef OVERT_SERVER_SERVICE_DEPLOYMENTS_H
#define OVERT_SERVER_SERVICE_DEPLOYMENTS_H

#include "server/audit/event.h"
#include "server/store/deployments.h"

struct service;

struct deployment_application {
    const char *name;
    const char *purpose;
    enum deployment_kind kind;
    int64_t starts_at_us; /* 0: now */
    int64_t ends_at_us;   /* 0: eight hours after the start */
    float threshold;      /* 0: the default */
    int cool_down_s;      /* -1: the default */
    int min_face_px;      /* 0: the default */
    size_t site_count;    /* 1 .. DEPLOYMENT_SITES_MAX */
    const char *const *site_names;
};
OV_CHECKED enum ov_status
service_deployment_create(struct service *service, const struct actor *actor,
                          const struct deployment_application *application, struct deployment *ret,
                          struct ov_error *err);
/* By another person than the applicant: authorises and goes live. Needs an approved entry. */
OV_CHECKED enum ov_status service_deployment_start(struct service *service,
                                                   const struct actor *actor,
                                                   const struct ov_id *id, struct deployment *ret,
                                                   struct ov_error *err);
/* The kill switch. Any person with a role in it may stop a deployment; it cannot be started again.
 * One that has not started yet is cancelled by it. reason_code: [a-z_]{1,40}. */
OV_CHECKED enum ov_status service_deployment_stop(struct service *service,
                                                  const struct actor *actor, const struct ov_id *id,
                                                  const char *reason_code, struct deployment *ret,
                                                  struct ov_error *err);
/* The keeper's: closes what is past its window. */
OV_CHECKED enum ov_status service_deployments_close_ended(struct service *service,
                                                          struct ov_error *err);
/* The keeper's, now and then: cancels what was never started and is past its window, so that its
 * watchlist is erased too. */
OV_CHECKED enum ov_status service_deployments_cancel_lapsed(struct service *service,
                                                            struct ov_error *err);
/* Newest first. */
OV_CHECKED enum ov_status
service_deployment_each(struct service *service, const struct actor *actor,
                        enum ov_status (*on_row)(void *ctx, const struct deployment *), void *ctx,
                        struct ov_error *err);
/* By id or, when text is no id, by name. */
OV_CHECKED enum ov_status service_deployment_find(struct service *service,
                                                  const struct actor *actor, const char *id_or_name,
                                                  struct deployment *ret, struct ov_error *err);

#endif

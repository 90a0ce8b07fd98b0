/* Alerts, with what is sealed of them opened for those who may see it. */
#ifndef OVERT_SERVER_SERVICE_ALERTS_H
#define OVERT_SERVER_SERVICE_ALERTS_H

#include "common/base/secret.h"
#include "server/audit/event.h"
#include "server/store/alerts.h"

struct service;

struct alert_view {
    struct alert_row row; /* its sealed fields are empty */
    struct ov_secret name;
    struct ov_secret reference;
};
OV_CHECKED enum ov_status
service_alert_each(struct service *service, const struct actor *actor,
                   const struct ov_id *deployment_id, int64_t after_feed, int limit,
                   enum ov_status (*on_row)(void *ctx, const struct alert_view *), void *ctx,
                   struct ov_error *err);

#endif

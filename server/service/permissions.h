/* Which roles may do what: one table. */
#ifndef OVERT_SERVER_SERVICE_PERMISSIONS_H
#define OVERT_SERVER_SERVICE_PERMISSIONS_H

#include "server/audit/event.h"

enum action {
    ACTION_SITE_ADD,
    ACTION_SITE_SEE,
    ACTION_DEPLOYMENT_APPLY,
    ACTION_DEPLOYMENT_AUTHORISE,
    ACTION_DEPLOYMENT_STOP,
    ACTION_DEPLOYMENT_SEE,
    ACTION_WATCHLIST_ADD,
    ACTION_WATCHLIST_APPROVE,
    ACTION_WATCHLIST_REMOVE,
    ACTION_WATCHLIST_SEE,
    ACTION_ALERT_SEE,
    ACTION_STATUS_SEE
};
const char *action_name(enum action action);

/* OV_ERR_DENIED "permission.denied", naming the roles that may. */
OV_CHECKED enum ov_status check_permission(const struct actor *actor, enum action action,
                                           struct ov_error *err);

#endif

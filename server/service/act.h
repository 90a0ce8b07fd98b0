/* One act is one transaction with its audit event. Private to service/. */
#ifndef OVERT_SERVER_SERVICE_ACT_H
#define OVERT_SERVER_SERVICE_ACT_H

#include "common/base/clock.h"
#include "common/base/status.h"
#include "server/audit/event.h"
#include "server/service/once.h"
#include "server/service/service.h"
#include "server/store/deployments.h"

int64_t act_now_us(const struct service *service);

OV_CHECKED enum ov_status act_begin(struct service *service, struct ov_error *err);
/* Commits when status is OV_OK, else rolls back; returns how it ended. */
OV_CHECKED enum ov_status act_end(struct service *service, enum ov_status status,
                                  struct ov_error *err);

/* After act_end: a key was made for what the act added. Where the act's transaction is still open
 * (once.h) and does not commit, the key goes again. */
void act_made_key(struct service *service, enum vault_class class_id, const struct ov_id *id);

/* A commit whose outcome nobody knows: what it needed must be left in place. */
bool act_outcome_unknown(enum ov_status status, const struct ov_error *err);

/* Whether the deployment's watchlist may change: "watchlist.closed" once it has ended. */
OV_CHECKED enum ov_status check_list_open(const struct deployment *deployment,
                                          struct ov_error *err);

/* act_begin and act_end of a request that is done once (once.c). */
OV_CHECKED enum ov_status once_begin(struct service *service, struct ov_error *err);
OV_CHECKED enum ov_status once_end(struct service *service, enum ov_status status);

/* The server itself. */
const struct actor *act_server(void);

#endif

/* One act is one transaction with its audit event. */
#include "server/service/act.h"

#include <string.h>

int64_t act_now_us(const struct service *service)
{
    return ov_clock_utc_us(service->clock);
}

enum ov_status act_begin(struct service *service, struct ov_error *err)
{
    return service->once != NULL ? once_begin(service, err) : store_begin(service->store, err);
}

enum ov_status act_end(struct service *service, enum ov_status status, struct ov_error *err)
{
    if (service->once != NULL)
        return once_end(service, status);
    if (status == OV_OK)
        return store_commit(service->store, err);
    store_rollback(service->store);
    return status;
}

bool act_outcome_unknown(enum ov_status status, const struct ov_error *err)
{
    return status == OV_ERR_UNAVAILABLE && strcmp(err->code, "store.not_durable") == 0;
}

const struct actor *act_server(void)
{
    static const struct actor server = {.is_server = true};
    return &server;
}

enum ov_status check_list_open(const struct deployment *deployment, struct ov_error *err)
{
    switch (deployment->state) {
    case DEPLOYMENT_APPLIED:
    case DEPLOYMENT_AUTHORISED:
    case DEPLOYMENT_LIVE:
    case DEPLOYMENT_PAUSED:
        return OV_OK;
    case DEPLOYMENT_DRAFT:
        return ov_fail(err, OV_ERR_STATE, "watchlist.closed",
                       "the deployment is a draft, which has no watchlist yet; apply for it first");
    case DEPLOYMENT_CLOSED:
    case DEPLOYMENT_ERASED:
    case DEPLOYMENT_REFUSED:
    case DEPLOYMENT_CANCELLED:
        break;
    }
    return ov_fail(err, OV_ERR_STATE, "watchlist.closed",
                   "the deployment is %s; its watchlist can no longer be seen or changed",
                   deployment_state_name(deployment->state));
}

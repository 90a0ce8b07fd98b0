/* Deployments as JSON, for the handlers that show them. */
#ifndef OVERT_SERVER_API_HANDLE_DEPLOYMENTS_H
#define OVERT_SERVER_API_HANDLE_DEPLOYMENTS_H

#include <jansson.h>

#include "server/api/names.h"
#include "server/store/deployments.h"

struct deployment_list {
    struct deployment *items;
    size_t count;
    size_t capacity;
};
/* All of them, newest first. The caller frees items with free(), also after a failure. */
OV_CHECKED enum ov_status deployments_collect(struct call *call, struct deployment_list *list,
                                              struct ov_error *err);

/* {"proposed":n,...}; NULL on failure. */
json_t *deployment_counts_json(struct call *call, const struct ov_id *id, struct ov_error *err);

/* Answers with the deployment as it is now. */
OV_CHECKED enum ov_status deployment_reply(struct call *call, int http_status,
                                           const struct deployment *deployment,
                                           struct ov_error *err);

/* The one that the path names. */
OV_CHECKED enum ov_status deployment_of_path(struct call *call, struct deployment *ret,
                                             struct ov_error *err);

#endif

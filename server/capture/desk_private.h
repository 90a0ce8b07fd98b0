/* Shared by desk.c and desk_hello.c only. */
#ifndef OVERT_SERVER_CAPTURE_DESK_PRIVATE_H
#define OVERT_SERVER_CAPTURE_DESK_PRIVATE_H

#include "server/audit/event.h"
#include "server/capture/desk.h"
#include "server/service/service.h"

/* One desk thread's own things. */
struct desk_worker {
    const struct desk_options *options;
    struct store *store;
    struct service service; /* rules over that store */
};

/* Resolves the certificate to an active site principal. */
OV_CHECKED enum ov_status desk_identify(struct desk_worker *worker, const struct ov_peer *peer,
                                        struct actor *ret_actor, struct ov_error *err);

/* Fills site_id, deployment_id and deployment, or fails with a code for the client. */
OV_CHECKED enum ov_status desk_hello(struct desk_worker *worker, struct desk_job *job,
                                     struct ov_error *err);

#endif

/*
 * Pausing, by whoever sees that something is wrong, and resuming, by the deployment lead alone.
 *
 * A pause takes one action of one person, or the key at a capture client; nothing is asked first.
 */
#ifndef OVERT_SERVER_SERVICE_PAUSE_H
#define OVERT_SERVER_SERVICE_PAUSE_H

#include "server/audit/event.h"
#include "server/store/deployments.h"

struct service;

/* Live -> paused; one that is paused stays so, and nothing is recorded then. reason_code:
 * [a-z_]{1,40}. "deployment.not_live" in any other state. */
OV_CHECKED enum ov_status service_deployment_pause(struct service *service,
                                                   const struct actor *actor,
                                                   const struct ov_id *id, const char *reason_code,
                                                   struct deployment *ret, struct ov_error *err);
/* The same from a site's own client; actor is that site. pressed_at_us: by the client's clock. A
 * deployment that is not live (any more) is no error: nothing is searched. */
OV_CHECKED enum ov_status
service_deployment_pause_by_site(struct service *service, const struct actor *actor,
                                 const struct ov_id *site_id, const struct ov_id *id,
                                 int64_t pressed_at_us, struct ov_error *err);
/* Paused -> live. */
OV_CHECKED enum ov_status service_deployment_resume(struct service *service,
                                                    const struct actor *actor,
                                                    const struct ov_id *id, struct deployment *ret,
                                                    struct ov_error *err);

/* Private to service/: the state has been checked under the row's lock. */
struct pause_cause {
    const char *reason_code;
    const struct ov_id *site_id; /* NULL: not from a site's client; then the rest is not set */
    int64_t pressed_at_us;
};
OV_CHECKED enum ov_status pause_locked(struct service *service, const struct actor *actor,
                                       const struct ov_id *id, const struct pause_cause *cause,
                                       struct ov_error *err);

#endif

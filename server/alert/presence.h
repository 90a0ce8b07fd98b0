/* Which sites have sessions in which deployments on this server: counted pairs. Any thread. */
#ifndef OVERT_SERVER_ALERT_PRESENCE_H
#define OVERT_SERVER_ALERT_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/id.h"
#include "common/base/status.h"

#define PRESENCE_MAX 512 /* pairs */

struct presence;

struct presence_pair {
    struct ov_id site_id;
    struct ov_id deployment_id;
};

struct presence *presence_new(void);
void presence_free(struct presence *presence);
/* OV_ERR_LIMIT when there are PRESENCE_MAX pairs. */
OV_CHECKED enum ov_status presence_add(struct presence *presence, const struct ov_id *site_id,
                                       const struct ov_id *deployment_id);
void presence_remove(struct presence *presence, const struct ov_id *site_id,
                     const struct ov_id *deployment_id);
/* Whether a session has been added since the last call. */
bool presence_take_arrived(struct presence *presence);
size_t presence_list(struct presence *presence, struct presence_pair ret_pairs[PRESENCE_MAX]);

#endif

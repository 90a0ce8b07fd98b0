/* Duty over the API: being heard of, as long as a command runs. */
#ifndef OVERT_SERVER_CTL_DUTY_BEAT_H
#define OVERT_SERVER_CTL_DUTY_BEAT_H

#include <jansson.h>

#include "server/ctl/ctl.h"

/* POSTs {"role":role} to ".../duty" or, with what, to ".../duty/{what}". */
OV_CHECKED enum ctl_exit duty_post(struct ctl *ctl, const char *deployment, const char *what,
                                   json_t *take_body, json_t **ret_json, struct ov_error *err);

struct duty_beat {
    bool is_on; /* on duty: the server wants to hear of it */
    int every_s;
    int64_t due_us; /* monotonic */
};

/* Takes duty as role. Refused is no failure of the command: is_on stays false. */
void duty_beat_start(struct duty_beat *beat, struct ctl *ctl, const char *deployment,
                     const char *role);
/* Sends a heartbeat when one is due. A server that is away is tried again; a duty that has ended
 * ends the beat. */
void duty_beat_now(struct duty_beat *beat, struct ctl *ctl, const char *deployment,
                   const char *role);
/* How long one may wait before the next is due; at most max_s. */
int duty_beat_wait_s(const struct duty_beat *beat, const struct ctl *ctl, int max_s);

#endif

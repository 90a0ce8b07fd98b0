/* Deployments for people: shared by the commands that end by showing one. */
#ifndef OVERT_SERVER_CTL_SHOW_H
#define OVERT_SERVER_CTL_SHOW_H

#include <jansson.h>

#include "server/ctl/ctl.h"

/* One in full, or as JSON. */
OV_CHECKED enum ctl_exit show_deployment(struct ctl *ctl, const json_t *deployment,
                                         struct ov_error *err);

/* A table of an array of them; of these only some fields need to be there. */
/* POSTs what is done to a deployment (id or name) and shows it as it is then. */
OV_CHECKED enum ctl_exit act_on_deployment(struct ctl *ctl, const char *deployment, const char *act,
                                           json_t *take_body, struct ov_error *err);
void show_deployments(const struct ctl *ctl, const json_t *deployments, struct ov_buf *out);

/* A table of an array of alarms. */
void show_alarms(const struct ctl *ctl, const json_t *alarms, struct ov_buf *out);

/* "label  value"; a value that is too long for the terminal goes on below itself. */
void show_line(const struct ctl *ctl, struct ov_buf *out, const char *label, enum paint paint,
               const char *value);

enum paint show_state_paint(const char *state);

#endif

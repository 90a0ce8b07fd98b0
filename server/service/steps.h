/*
 * The legal steps between a deployment's states: one table, which overt.deployment_step mirrors.
 * Pure; any thread.
 */
#ifndef OVERT_SERVER_SERVICE_STEPS_H
#define OVERT_SERVER_SERVICE_STEPS_H

#include <stdbool.h>

#include "server/store/deployments.h"

bool step_is_legal(enum deployment_state from, enum deployment_state to);

/* "deployment.wrong_state", saying in which state it is. */
OV_CHECKED enum ov_status check_step(const struct deployment *deployment, enum deployment_state to,
                                     struct ov_error *err);

/* Closed, refused, cancelled, or erased after that. */
bool state_has_ended(enum deployment_state state);

/* The state in which a deployment ends when somebody stops it or its window passes. What was
 * authorised orally is closed, never cancelled: its written authorisation is still owed. */
enum deployment_state state_at_end(const struct deployment *deployment);

#endif

/*
 * Ctrl-C (and SIGTERM) as something to look at, for commands that must end in good order: the
 * signals are blocked and turn up on a file descriptor, which waits can include.
 */
#ifndef OVERT_SERVER_CTL_INTERRUPT_H
#define OVERT_SERVER_CTL_INTERRUPT_H

#include <stdbool.h>

#include "common/base/status.h"

#define INTERRUPT_NONE (-1)

/* Call before any thread is started, which then inherits the blocked signals. */
OV_CHECKED enum ov_status interrupt_watch(int *ret_fd, struct ov_error *err);

/* Waits up to timeout_ms; true as soon as, and for ever after, the user has interrupted. fd may be
 * INTERRUPT_NONE: then it only waits. */
bool interrupt_wait(int fd, int timeout_ms);

#endif

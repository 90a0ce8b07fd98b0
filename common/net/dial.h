/*
 * From a host name to a connected socket without blocking the loop; private to this folder.
 *
 * Names are resolved by the system's own resolver (hosts file, DNS, mDNS: whatever the machine is
 * set up for) in a short-lived thread, because it can only block; addresses are tried in its order.
 */
#ifndef OVERT_COMMON_NET_DIAL_H
#define OVERT_COMMON_NET_DIAL_H

#include <event2/event.h>

#include "common/base/status.h"

struct dial;

/* fd is the callee's, or -1 with err saying why. Comes once, from the loop, never from dial_new. */
typedef void (*dial_done_fn)(void *ctx, int take_fd, const struct ov_error *err);

/* Has no limit of its own on time: free it to give up. */
OV_CHECKED enum ov_status dial_new(struct event_base *base, const char *host, int port,
                                   dial_done_fn on_done, void *ctx, struct dial **ret_dial,
                                   struct ov_error *err);
/* Also from inside on_done. Takes NULL. */
void dial_free(struct dial *dial);

#endif

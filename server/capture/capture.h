/*
 * The capture side: one thread with an event loop that holds the sessions of capture clients.
 *
 * capture_new binds the port; capture_start begins to serve, once the threads it hands work to are
 * there. The functions named capture_on_ are their callbacks: any thread, ctx is the capture.
 */
#ifndef OVERT_SERVER_CAPTURE_CAPTURE_H
#define OVERT_SERVER_CAPTURE_CAPTURE_H

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/net/tls.h"
#include "server/alert/alert_path.h"
#include "server/alert/delivery.h"
#include "server/match/loader.h"
#include "server/match/matcher.h"
#include "server/match/registry.h"
#include "server/vault/vault.h"

struct capture;

struct capture_options {
    const char *address; /* numeric; all pointers are borrowed */
    int port;            /* 0: any; see capture_port */
    struct ov_tls_files tls;
    const char *conninfo;
    struct vault *vault;
    struct registry *registry;
    struct loader_model model;
    const struct ov_clock *clock;
    int desk_threads;
};

/* Where work goes. Borrowed; stopped after capture_stop and before capture_free. */
struct capture_links {
    struct matchers *matchers;
    struct alert_path *alerts;
    struct delivery *delivery;
};

OV_CHECKED enum ov_status capture_new(const struct capture_options *options,
                                      struct capture **ret_capture, struct ov_error *err);
OV_CHECKED enum ov_status capture_start(struct capture *capture, const struct capture_links *links,
                                        struct ov_error *err);
/* Accepts no more, lets what is under way be acknowledged (five seconds at most), tells the clients
 * and ends the loop. */
void capture_stop(struct capture *capture);
/* After everything that calls capture_on_ has been stopped. Takes NULL. */
void capture_free(struct capture *capture);

int capture_port(const struct capture *capture);
/* Open sessions. Any thread. */
int capture_sessions(const struct capture *capture);
/* Reads certificates and revocation list again (on failure the old ones stay), then cuts sessions
 * whose certificate or principal no longer holds. Any thread; done later, outcome in the log. */
void capture_reload_tls(struct capture *capture);

void capture_on_raised(void *ctx, struct match_job *take_job);     /* alert workers */
void capture_on_matched(void *ctx, struct match_job *take_job);    /* matchers */
void capture_on_alert(void *ctx, struct delivery_item *take_item); /* courier */
void capture_on_change(void *ctx);                                 /* follower */

#endif

/*
 * The link to the match server: its own thread with a libevent loop.
 *
 * Owns the connection, the outbox, the crops, the lease, the counts and what is known about alerts.
 * Grants and revokes the permit. Others hand it reports and learn about it through the events
 * queue.
 */
#ifndef OVERT_CLIENT_LINK_LINK_H
#define OVERT_CLIENT_LINK_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "client/permit.h"
#include "client/track/report.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/base/queue.h"
#include "common/net/tls.h"
#include "common/wire/messages.h"

struct link;

struct link_options {
    const char *host; /* borrowed, as all pointers here, and outliving the link */
    int port;
    struct ov_tls_files tls;
    bool names_deployment;
    struct ov_id deployment_id;
    uint8_t model_digest[OV_DIGEST_BYTES];
    uint32_t dimension;
    enum ov_source_kind source_kind;
    const char *camera;
    bool once;         /* one attempt; the end of the connection is the end of the run */
    int timeout_ms;    /* give up after so long without a session; 0: never */
    int linger_ms;     /* at the end: wait so long for alerts, crops and counts */
    bool wants_status; /* EVENT_STATUS twice a second */
    struct permit *permit;
    struct ov_queue *events; /* of struct client_event */
    const struct ov_clock *clock;
};

OV_CHECKED enum ov_status link_start(const struct link_options *options, struct link **ret_link,
                                     struct ov_error *err);

/* The recogniser's sink; link is the ctx. Any thread. */
enum ov_status link_post_report(void *link, struct report *report, int timeout_ms);
bool link_has_room(void *link);

/* The terminal's thread has shown this alert: it may be acknowledged. */
void link_alert_shown(struct link *link, const struct ov_id *alert_id);

/*
 * The pause key: nothing is captured from the moment this returns, with or without a server, until
 * the server has paused the deployment and says that it is live again. Any thread.
 */
void link_pause(struct link *link);

/* After EVENT_DONE, or to give up at once; the recogniser must have ended. Takes NULL. */
void link_free(struct link *link);

#endif

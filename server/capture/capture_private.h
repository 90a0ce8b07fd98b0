/* The capture loop's body: everything here belongs to its thread unless a member says otherwise. */
#ifndef OVERT_SERVER_CAPTURE_CAPTURE_PRIVATE_H
#define OVERT_SERVER_CAPTURE_CAPTURE_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include <event2/event.h>
#include <event2/listener.h>

#include "common/net/mailbox.h"
#include "server/capture/capture.h"
#include "server/capture/desk.h"
#include "server/capture/lease.h"
#include "server/capture/session.h"
#include "server/capture/wanted.h"

#define SESSIONS_MAX 4096u
/* Connections that have not said a valid Hello: all together, and from one address. */
#define STRANGERS_MAX 256u
#define STRANGERS_PER_ADDRESS 16u
#define TICK_MS 200

struct capture {
    struct capture_options options; /* not changed after capture_new, like the next five */
    struct capture_links links;
    struct lease_signer *signer;
    struct desk *desk;
    struct ov_mailbox *mailbox; /* any thread posts */
    struct message *stop;       /* made at the start: stopping takes no memory; capture_stop's */
    int port;
    atomic_int open_sessions; /* any thread reads */
    atomic_bool ended;        /* the loop takes no more messages */
    pthread_t thread;
    bool running;

    struct event_base *base;
    SSL_CTX *tls;
    struct evconnlistener *listener;
    struct event *tick;
    struct event *relisten; /* accepting again after the system ran out of descriptors */
    struct session *sessions[SESSIONS_MAX];
    uint64_t opened;       /* sessions ever; makes tokens unique */
    struct wanted *wanted; /* crops asked for and not yet here */
    bool stopping;
    int64_t stop_at_us; /* monotonic: the latest */
};

/* listener.c */
OV_CHECKED enum ov_status capture_listen(struct capture *capture, struct ov_error *err);

/* session.c: the table */
struct session *capture_find(struct capture *capture, uint64_t token);

/* authority.c: what the clock and the registry say, for every session. Each tick, and when the
 * follower has published something. */
void capture_tick(struct capture *capture);

/* reload.c */
void capture_reload_now(struct capture *capture);
void capture_on_rechecked(struct capture *capture, const struct desk_job *job);

#endif

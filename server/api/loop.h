/* The API's event loop and what it shares with api.c and the workers. Private to api/. */
#ifndef OVERT_SERVER_API_LOOP_H
#define OVERT_SERVER_API_LOOP_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/base/queue.h"
#include "common/net/mailbox.h"
#include "server/api/connections.h"
#include "server/api/route.h"

/* evhttp refuses larger bodies by itself, with a page instead of JSON: so its limit is above ours,
 * and ours answers what is not absurd. */
#define LOOP_BODY_MAX_BYTES (BODY_JPEG_MAX_BYTES + (size_t)8 * 1024 * 1024)
#define LOOP_HEADERS_MAX_BYTES ((ssize_t)16 * 1024)
#define LOOP_IDLE_S 75

enum command_kind { COMMAND_RENEW_TLS, COMMAND_WAKE, COMMAND_STOP };

struct command {
    enum command_kind kind;
    SSL_CTX *newer; /* COMMAND_RENEW_TLS: owned */
};
void command_free(void *command);

struct loop {
    /* Set before the thread starts, then read by any thread. */
    const struct ov_clock *clock;
    struct ov_queue *queue;      /* of requests, to the workers */
    struct ov_mailbox *finished; /* of requests, back */
    struct ov_mailbox *commands;
    int port;

    /* The loop thread's own. */
    struct event_base *base;
    struct evhttp *http;
    struct evhttp_bound_socket *bound;
    struct connections connections;
    struct request_list waiting;
    struct event *sweep;
    struct event *retry;
    int in_flight; /* requests in the queue, with a worker or in the mailbox */
    bool stopping;
    int64_t stop_by_us;
};

/* Binds and prepares; takes tls, on every path. loop_done also after a failure. */
OV_CHECKED enum ov_status loop_init(struct loop *loop, const struct api_options *options,
                                    SSL_CTX *take_tls, struct ov_error *err);
/* The thread's function; ends after COMMAND_STOP. */
void *loop_run(void *loop);
/* After the loop thread and the workers have ended. */
void loop_done(struct loop *loop);

#endif

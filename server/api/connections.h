/*
 * The TLS connections under evhttp: how many, how old, and whose. Everything on the loop's thread.
 *
 * evhttp 2.1 owns its connections and says nothing of them before their first request; what it does
 * not do is done here, on each connection's SSL object: a limit on their number, a limit on the
 * handshake's and on a request's time, and cutting those whose certificate was revoked. A
 * connection is cut by shutting its socket down, so that evhttp finds it ended and cleans up.
 */
#ifndef OVERT_SERVER_API_CONNECTIONS_H
#define OVERT_SERVER_API_CONNECTIONS_H

#include <stdbool.h>
#include <sys/queue.h>

#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <openssl/ssl.h>

#include "common/base/clock.h"
#include "common/base/status.h"

#define CONNECTIONS_MAX 256
#define HANDSHAKE_MAX_US (5 * OV_US_PER_S)
/* From the end of one request to the arrival of the whole of the next. Long enough for the largest
 * photograph on a slow line; short enough that a slow sender holds nothing for ever. */
#define REQUEST_MAX_US (180 * OV_US_PER_S)

struct connection;
TAILQ_HEAD(connection_list, connection);

struct connections {
    struct event_base *base;
    const struct ov_clock *clock;
    SSL_CTX *tls;
    int ssl_index; /* of the connection in its SSL object; -1 when there is none */
    struct evconnlistener *listener; /* evhttp's; NULL when not accepting */
    struct connection_list list;
    int count;
};

/* takes tls, on every path. */
OV_CHECKED enum ov_status connections_init(struct connections *connections, struct event_base *base,
                                           SSL_CTX *take_tls, const struct ov_clock *clock,
                                           struct ov_error *err);
/* After evhttp and its event base are gone. Harmless on a zeroed struct. */
void connections_done(struct connections *connections);

/* Makes http accept on listener through these connections. */
void connections_attach(struct connections *connections, struct evhttp *http,
                        struct evconnlistener *listener);
/* No more accepting; the listener may be freed after it. */
void connections_detach(struct connections *connections);

/* The SSL of a request's connection, or NULL when the client has gone. */
SSL *connections_ssl(struct evhttp_request *request);
/* A request of this connection is being worked on, or has been answered. */
void connections_set_busy(struct connections *connections, SSL *ssl, bool busy);

/* Once a second: cuts what takes too long, and accepts again after a pause. */
void connections_sweep(struct connections *connections);

/* New connections use newer (taken); those there are checked against it. */
void connections_renew(struct connections *connections, SSL_CTX *take_newer);

#endif

/* TLS connections under evhttp. On the loop's thread. */
#include "server/api/connections.h"

#include <stdlib.h>
#include <sys/socket.h>

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/crypto.h>

#include "common/base/log.h"
#include "common/net/tls.h"

struct connection {
    struct connections *owner;
    SSL *ssl;              /* borrowed: this struct lives as long as its SSL object */
    int64_t idle_since_us; /* monotonic: accepted, or last answered */
    bool busy;
    TAILQ_ENTRY(connection) link;
};

static int64_t now_us(const struct connections *connections)
{
    return ov_clock_mono_us(connections->clock);
}

/* OpenSSL calls this when an SSL object is freed, which is when its connection is. */
static void on_ssl_free(void *parent, void *data, CRYPTO_EX_DATA *ad, int index, long argl,
                        void *argp)
{
    (void)parent;
    (void)ad;
    (void)index;
    (void)argl;
    (void)argp;
    struct connection *connection = data;
    if (connection == NULL)
        return;
    struct connections *owner = connection->owner;
    TAILQ_REMOVE(&owner->list, connection, link);
    owner->count--;
    if (owner->listener != NULL && owner->count < CONNECTIONS_MAX)
        (void)evconnlistener_enable(owner->listener);
    free(connection);
}

enum ov_status connections_init(struct connections *connections, struct event_base *base,
                                SSL_CTX *take_tls, const struct ov_clock *clock,
                                struct ov_error *err)
{
    *connections = (struct connections){.base = base, .clock = clock, .tls = take_tls};
    TAILQ_INIT(&connections->list);
    connections->ssl_index =
        CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL, 0, NULL, NULL, NULL, on_ssl_free);
    if (connections->ssl_index >= 0)
        return OV_OK;
    return ov_tls_fail(err, "tls.index", "cannot keep track of connections");
}

void connections_done(struct connections *connections)
{
    if (connections->tls == NULL)
        return;
    SSL_CTX_free(connections->tls);
    if (connections->ssl_index >= 0)
        (void)CRYPTO_free_ex_index(CRYPTO_EX_INDEX_SSL, connections->ssl_index);
    connections->tls = NULL;
}

static bool track(struct connections *connections, SSL *ssl)
{
    struct connection *connection = calloc(1, sizeof(*connection));
    if (connection == NULL)
        return false;
    connection->owner = connections;
    connection->ssl = ssl;
    connection->idle_since_us = now_us(connections);
    if (SSL_set_ex_data(ssl, connections->ssl_index, connection) != 1) {
        free(connection);
        return false;
    }
    TAILQ_INSERT_TAIL(&connections->list, connection, link);
    connections->count++;
    return true;
}

/*
 * evhttp asks for a connection's bufferevent. Given NULL it would make one without TLS and serve
 * everyone in the clear, so that running out of memory here ends the program.
 */
static struct bufferevent *on_accept(struct event_base *base, void *ctx)
{
    struct connections *connections = ctx;
    SSL *ssl = SSL_new(connections->tls);
    struct bufferevent *bev = NULL;
    if (ssl != NULL && track(connections, ssl))
        bev = bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING,
                                             BEV_OPT_CLOSE_ON_FREE);
    if (bev == NULL) {
        ov_log(OV_LOG_ERROR, "api", "out_of_memory", "while=accept");
        abort();
    }
    /* Clients that just go away are the rule, not an error. */
    bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
    if (connections->count >= CONNECTIONS_MAX && connections->listener != NULL) {
        ov_log(OV_LOG_WARNING, "api", "connections_full", "count=%d", connections->count);
        (void)evconnlistener_disable(connections->listener);
    }
    return bev;
}

/* Out of file descriptors, most likely: without a pause the loop would spin. */
static void on_accept_error(struct evconnlistener *listener, void *ctx)
{
    (void)ctx;
    ov_log(OV_LOG_ERROR, "api", "accept_failed", "errno=%d", EVUTIL_SOCKET_ERROR());
    (void)evconnlistener_disable(listener);
}

void connections_attach(struct connections *connections, struct evhttp *http,
                        struct evconnlistener *listener)
{
    connections->listener = listener;
    evconnlistener_set_error_cb(listener, on_accept_error);
    evhttp_set_bevcb(http, on_accept, connections);
}

void connections_detach(struct connections *connections)
{
    connections->listener = NULL;
}

SSL *connections_ssl(struct evhttp_request *request)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(request);
    return connection == NULL
               ? NULL
               : bufferevent_openssl_get_ssl(evhttp_connection_get_bufferevent(connection));
}

void connections_set_busy(struct connections *connections, SSL *ssl, bool busy)
{
    struct connection *connection = SSL_get_ex_data(ssl, connections->ssl_index);
    connection->busy = busy;
    connection->idle_since_us = now_us(connections);
}

static void cut(struct connection *connection)
{
    int fd = SSL_get_fd(connection->ssl);
    if (fd >= 0)
        (void)shutdown(fd, SHUT_RDWR);
}

void connections_sweep(struct connections *connections)
{
    int64_t now = now_us(connections);
    struct connection *connection;
    TAILQ_FOREACH(connection, &connections->list, link)
    {
        int64_t limit_us =
            SSL_is_init_finished(connection->ssl) ? REQUEST_MAX_US : HANDSHAKE_MAX_US;
        if (!connection->busy && now - connection->idle_since_us > limit_us)
            cut(connection);
    }
    if (connections->listener != NULL && connections->count < CONNECTIONS_MAX)
        (void)evconnlistener_enable(connections->listener);
}

void connections_renew(struct connections *connections, SSL_CTX *take_newer)
{
    int cut_count = 0;
    struct connection *connection;
    TAILQ_FOREACH(connection, &connections->list, link)
    {
        struct ov_error err = OV_ERROR_INIT;
        /* A handshake under way may end well by the old list: its client tries again. */
        if (SSL_is_init_finished(connection->ssl) &&
            ov_tls_recheck(take_newer, connection->ssl, &err) == OV_OK)
            continue;
        cut(connection);
        cut_count++;
    }
    SSL_CTX_free(connections->tls); /* live connections hold it on */
    connections->tls = take_newer;
    ov_log(OV_LOG_INFO, "api", "tls_reloaded", "connections=%d cut=%d", connections->count,
           cut_count);
}

/*
 * Opening a stream and carrying frames. All on the loop's thread; stream_end.c has the endings.
 *
 * libevent's TLS bufferevents have traps, and this file keeps out of them: one bufferevent on the
 * socket itself, no high read watermark (stalls and spins), no deferred callbacks, no locks. Memory
 * is bounded by the frame limits and by switching reading off; the output by output_max_bytes.
 */
#include "common/net/stream_internal.h"

#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

static void free_now(struct ov_stream *stream)
{
    if (stream->timer != NULL && stream->kick != NULL)
        stream_release(stream);
    else
        SSL_free(stream->ssl); /* half-built: nothing else is there yet */
    if (stream->timer != NULL)
        event_free(stream->timer);
    if (stream->kick != NULL)
        event_free(stream->kick);
    if (stream->input != NULL)
        evbuffer_free(stream->input);
    free(stream);
}

void stream_enter(struct ov_stream *stream)
{
    stream->depth++;
}

void stream_leave(struct ov_stream *stream)
{
    ERR_clear_error(); /* what is left there would be taken for the next connection's error */
    stream->depth--;
    if (stream->depth == 0 && stream->freed)
        free_now(stream);
}

void stream_enter_state(struct ov_stream *stream, enum stream_state state)
{
    stream->state = state;
}

void stream_set_timer(struct ov_stream *stream, int ms)
{
    struct timeval after = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
    (void)event_add(stream->timer, &after);
}

/* The header at the front of input; false when it is not all there or is refused. */
static bool take_header(struct ov_stream *stream)
{
    uint8_t bytes[OV_FRAME_HEADER_BYTES];
    struct ov_error err = OV_ERROR_INIT;
    if (evbuffer_get_length(stream->input) < sizeof(bytes))
        return false;
    (void)evbuffer_remove(stream->input, bytes, sizeof(bytes));
    ov_frame_header_read(bytes, &stream->header);
    enum ov_status status = stream->events.check_frame(stream->ctx, &stream->header, &err);
    if (stream->freed)
        return false;
    if (status == OV_OK) {
        stream->has_header = true;
        return true;
    }
    (void)ov_fail(&err, status, "frame.refused", "a frame was refused");
    stream->end = err;
    stream_finish(stream); /* an Error that check_frame has queued still goes out */
    return false;
}

/* True when a frame has been delivered and there may be another. */
static bool deliver_one(struct ov_stream *stream)
{
    static const uint8_t nothing[1];
    if (!stream->has_header && !take_header(stream))
        return false;
    if (stream->state != STREAM_OPEN && stream->state != STREAM_DRAINING)
        return false;
    size_t size = stream->header.length;
    if (evbuffer_get_length(stream->input) < size)
        return false;
    uint8_t *body = size > 0 ? evbuffer_pullup(stream->input, (ev_ssize_t)size) : NULL;
    if (size > 0 && body == NULL) {
        (void)ov_fail(&stream->end, OV_ERR_NOMEM, "memory", "out of memory for a frame");
        stream_fail_later(stream);
        return false;
    }
    stream->has_header = false;
    stream->got_frame = true;
    stream->events.on_frame(stream->ctx, stream->header.type, body != NULL ? body : nothing, size);
    ov_wipe(body, size);
    (void)evbuffer_drain(stream->input, size);
    return true;
}

static bool may_deliver(const struct ov_stream *stream)
{
    return !stream->freed && !stream->paused &&
           (stream->state == STREAM_OPEN || stream->state == STREAM_DRAINING);
}

void stream_deliver(struct ov_stream *stream)
{
    while (may_deliver(stream) && deliver_one(stream))
        continue;
    if (may_deliver(stream) && stream->state == STREAM_DRAINING)
        stream_end_of_draining(stream);
}

static void on_read(struct bufferevent *bev, void *ctx)
{
    struct ov_stream *stream = ctx;
    stream_enter(stream);
    (void)evbuffer_add_buffer(stream->input, bufferevent_get_input(bev));
    stream_deliver(stream);
    stream_leave(stream);
}

static void on_write(struct bufferevent *bev, void *ctx)
{
    (void)bev;
    struct ov_stream *stream = ctx;
    stream_enter(stream);
    stream_on_output_empty(stream);
    stream_leave(stream);
}

static void on_handshake_done(struct ov_stream *stream)
{
    struct ov_peer peer = {0};
    enum ov_status status = ov_tls_check_alpn(stream->ssl, &stream->end);
    if (status == OV_OK && !stream->client)
        status = ov_tls_peer(stream->ssl, &peer, &stream->end);
    if (status != OV_OK) {
        stream_close(stream);
        return;
    }
    (void)event_del(stream->timer);
    stream_enter_state(stream, STREAM_OPEN);
    if (stream->paused)
        (void)bufferevent_disable(stream->bev, EV_READ);
    stream->events.on_open(stream->ctx, stream->client ? NULL : &peer);
    stream_deliver(stream);
}

static void on_event(struct bufferevent *bev, short what, void *ctx)
{
    (void)bev;
    struct ov_stream *stream = ctx;
    stream_enter(stream);
    if ((what & BEV_EVENT_CONNECTED) != 0) {
        if (stream->state == STREAM_HANDSHAKE) /* else it was finished just before */
            on_handshake_done(stream);
    } else if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0) {
        stream_on_gone(stream, what);
    }
    stream_leave(stream);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    struct ov_stream *stream = ctx;
    stream_enter(stream);
    if (stream->state == STREAM_DIALLING || stream->state == STREAM_HANDSHAKE)
        (void)ov_fail(&stream->end, OV_ERR_TIMEOUT, "tls.timeout",
                      "no TLS connection within %d ms: %s", stream->limits.handshake_ms,
                      stream->client ? "check that the server runs and that address, port and "
                                       "firewall are right"
                                     : "the client stopped half-way");
    stream_close(stream);
    stream_leave(stream);
}

static void on_kick(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    struct ov_stream *stream = ctx;
    stream_enter(stream);
    if (stream->state == STREAM_FAILED)
        stream_close(stream);
    else
        stream_deliver(stream);
    stream_leave(stream);
}

static struct ov_stream *new_stream(struct event_base *base, SSL_CTX *tls,
                                    const struct ov_stream_limits *limits,
                                    const struct ov_stream_events *events, void *ctx)
{
    struct ov_stream *stream = calloc(1, sizeof(*stream));
    if (stream == NULL)
        return NULL;
    stream->base = base;
    stream->events = *events;
    stream->ctx = ctx;
    stream->limits = *limits;
    stream->linger_fd = -1;
    stream->timer = evtimer_new(base, on_timer, stream);
    stream->kick = evtimer_new(base, on_kick, stream);
    stream->input = evbuffer_new();
    stream->ssl = SSL_new(tls);
    if (stream->timer == NULL || stream->kick == NULL || stream->input == NULL ||
        stream->ssl == NULL) {
        free_now(stream);
        ERR_clear_error();
        return NULL;
    }
    stream_set_timer(stream, limits->handshake_ms);
    return stream;
}

/* Takes fd, on every path. */
static enum ov_status start_tls(struct ov_stream *stream, int fd, enum bufferevent_ssl_state role)
{
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* fails off TCP: no matter */
    ERR_clear_error();
    if (evutil_make_socket_nonblocking(fd) == 0)
        stream->bev = bufferevent_openssl_socket_new(stream->base, fd, stream->ssl, role,
                                                     BEV_OPT_CLOSE_ON_FREE);
    if (stream->bev == NULL) {
        stream->ssl = NULL; /* libevent has freed it with its half-built bufferevent */
        (void)close(fd);
        return ov_fail(&stream->end, OV_ERR_NOMEM, "memory", "out of memory for a connection");
    }
    stream_enter_state(stream, STREAM_HANDSHAKE);
    bufferevent_setcb(stream->bev, on_read, on_write, on_event, stream);
    (void)bufferevent_enable(stream->bev, EV_READ | EV_WRITE);
    return OV_OK;
}

enum ov_status ov_stream_accept(struct event_base *base, SSL_CTX *tls, int take_fd,
                                const struct ov_stream_limits *limits,
                                const struct ov_stream_events *events, void *ctx,
                                struct ov_stream **ret_stream, struct ov_error *err)
{
    struct ov_stream *stream = new_stream(base, tls, limits, events, ctx);
    if (stream == NULL) {
        (void)close(take_fd);
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for a connection");
    }
    enum ov_status status = start_tls(stream, take_fd, BUFFEREVENT_SSL_ACCEPTING);
    if (status != OV_OK) {
        ov_stream_free(stream);
        return ov_fail(err, status, "memory", "out of memory for a connection");
    }
    *ret_stream = stream;
    return OV_OK;
}

static void on_dialled(void *ctx, int take_fd, const struct ov_error *err)
{
    struct ov_stream *stream = ctx;
    stream_enter(stream);
    dial_free(stream->dial);
    stream->dial = NULL;
    if (stream->state != STREAM_DIALLING && take_fd >= 0) { /* it was finished just before */
        (void)close(take_fd);
        take_fd = -1;
    } else if (err != NULL && stream->end.status == OV_OK) {
        stream->end = *err;
    }
    if (take_fd < 0 || start_tls(stream, take_fd, BUFFEREVENT_SSL_CONNECTING) != OV_OK)
        stream_close(stream);
    stream_leave(stream);
}

/* The server's certificate has to be for this name or address. */
static bool expect_host(SSL *ssl, const char *host)
{
    X509_VERIFY_PARAM *rules = SSL_get0_param(ssl);
    char name[HOST_NAME_MAX * 4]; /* OpenSSL's macro wants it writable */
    int length = snprintf(name, sizeof(name), "%s", host);
    if (length <= 0 || (size_t)length >= sizeof(name))
        return false;
    if (X509_VERIFY_PARAM_set1_ip_asc(rules, host) == 1)
        return true;
    ERR_clear_error(); /* not numeric */
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(rules, name, 0) == 1 &&
           SSL_set_tlsext_host_name(ssl, name) == 1;
}

enum ov_status ov_stream_connect(struct event_base *base, SSL_CTX *tls, const char *host, int port,
                                 const struct ov_stream_limits *limits,
                                 const struct ov_stream_events *events, void *ctx,
                                 struct ov_stream **ret_stream, struct ov_error *err)
{
    struct ov_stream *stream = new_stream(base, tls, limits, events, ctx);
    if (stream == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for a connection");
    stream->client = true;
    enum ov_status status = OV_OK;
    if (!expect_host(stream->ssl, host))
        status =
            ov_fail(err, OV_ERR_INVALID, "connect.name", "%s is no host name or address", host);
    if (status == OV_OK)
        status = dial_new(base, host, port, on_dialled, stream, &stream->dial, err);
    ERR_clear_error();
    if (status != OV_OK) {
        ov_stream_free(stream);
        return status;
    }
    *ret_stream = stream;
    return OV_OK;
}

/* A frame that is left out without an end would be waited for by both sides. */
static enum ov_status fail_send(struct ov_stream *stream)
{
    (void)ov_fail(&stream->end, OV_ERR_NOMEM, "memory", "out of memory for a frame");
    stream_fail_later(stream);
    return OV_ERR_NOMEM;
}

static void free_copy(const void *data, size_t size, void *block)
{
    (void)data;
    (void)size;
    ov_secret_release(block);
}

enum ov_status ov_stream_send(struct ov_stream *stream, const struct ov_secret *frame)
{
    if (stream->state != STREAM_OPEN)
        return stream->state < STREAM_OPEN ? OV_ERR_STATE : OV_ERR_CLOSED;
    struct evbuffer *output = bufferevent_get_output(stream->bev);
    if (evbuffer_get_length(output) + frame->size > stream->limits.output_max_bytes) {
        (void)ov_fail(&stream->end, OV_ERR_LIMIT, "stream.slow_reader",
                      "the peer does not read: more than %zu bytes wait for it",
                      stream->limits.output_max_bytes);
        stream_fail_later(stream);
        return OV_ERR_LIMIT;
    }
    struct ov_secret copy = OV_SECRET_INIT;
    if (ov_secret_copy(&copy, frame->data, frame->size) != OV_OK)
        return fail_send(stream);
    if (evbuffer_add_reference(output, copy.data, copy.size, free_copy, copy.data) != 0) {
        ov_secret_free(&copy);
        return fail_send(stream);
    }
    return OV_OK;
}

void ov_stream_pause(struct ov_stream *stream)
{
    stream->paused = true;
    if (stream->state == STREAM_OPEN)
        (void)bufferevent_disable(stream->bev, EV_READ);
}

void ov_stream_resume(struct ov_stream *stream)
{
    if (!stream->paused)
        return;
    stream->paused = false;
    if (stream->state == STREAM_OPEN)
        (void)bufferevent_enable(stream->bev, EV_READ);
    if (stream->state == STREAM_OPEN || stream->state == STREAM_DRAINING)
        event_active(stream->kick, EV_TIMEOUT, 0);
}

void ov_stream_finish(struct ov_stream *stream)
{
    if (stream->state == STREAM_CLOSED)
        return;
    (void)ov_fail(&stream->end, OV_ERR_CLOSED, "stream.finished", "we closed the connection");
    stream_finish(stream);
}

SSL *ov_stream_ssl(struct ov_stream *stream)
{
    return stream->ssl;
}

void ov_stream_free(struct ov_stream *stream)
{
    if (stream == NULL)
        return;
    if (stream->depth > 0)
        stream->freed = true; /* the callback that we are in frees it when it returns */
    else
        free_now(stream);
}

/*
 * Every way in which a stream ends: the peer goes, TLS fails, we finish, time runs out.
 *
 * Finishing shuts our side only and reads on (discarding) until the peer closes: closing with
 * unread bytes would make TCP send a reset, which can destroy our last frame, or the TLS alert with
 * the reason, before the peer has read it.
 */
#include "common/net/stream_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "common/net/tls_internal.h"

#define FINISH_MS 2000
#define REFUSAL_LINGER_MS 500
/* Read after the end at most; a peer that has sent more than this loses the rest. */
#define SALVAGE_MAX_BYTES ((size_t)1 << 20)

static const char *peer_name(const struct ov_stream *stream)
{
    return stream->client ? "the server" : "the client";
}

static void notify_peer(struct ov_stream *stream)
{
    bool established = stream->ssl != NULL && SSL_is_init_finished(stream->ssl);
    if (!established || (SSL_get_shutdown(stream->ssl) & SSL_SENT_SHUTDOWN) != 0)
        return;
    ERR_clear_error();
    SSL_set_shutdown(stream->ssl, SSL_RECEIVED_SHUTDOWN);
    (void)SSL_shutdown(stream->ssl);
    ERR_clear_error();
}

void stream_release(struct ov_stream *stream)
{
    dial_free(stream->dial);
    stream->dial = NULL;
    if (stream->bev != NULL) {
        notify_peer(stream);
        bufferevent_setcb(stream->bev, NULL, NULL, NULL, NULL);
        bufferevent_free(stream->bev); /* frees ssl and closes the socket */
    } else if (stream->ssl != NULL) {
        SSL_free(stream->ssl);
    }
    stream->bev = NULL;
    stream->ssl = NULL;
    if (stream->linger != NULL)
        event_free(stream->linger);
    stream->linger = NULL;
    if (stream->linger_fd >= 0)
        (void)close(stream->linger_fd);
    stream->linger_fd = -1;
    (void)event_del(stream->timer);
    (void)event_del(stream->kick);
}

void stream_close(struct ov_stream *stream)
{
    if (stream->state == STREAM_CLOSED)
        return;
    stream_enter_state(stream, STREAM_CLOSED);
    stream_release(stream);
    if (stream->end.status == OV_OK)
        (void)ov_fail(&stream->end, OV_ERR_CLOSED, "stream.closed", "%s closed the connection",
                      peer_name(stream));
    if (!stream->freed)
        stream->events.on_closed(stream->ctx, &stream->end);
}

void stream_fail_later(struct ov_stream *stream)
{
    stream_enter_state(stream, STREAM_FAILED);
    event_active(stream->kick, EV_TIMEOUT, 0);
}

static void on_linger(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    struct ov_stream *stream = ctx;
    char discarded[4096]; /* still encrypted */
    stream_enter(stream);
    ssize_t got = recv(stream->linger_fd, discarded, sizeof(discarded), 0);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        stream_close(stream);
    stream_leave(stream);
}

/* Our side is shut; the timer is running. */
static void start_linger(struct ov_stream *stream)
{
    int fd = fcntl((int)bufferevent_getfd(stream->bev), F_DUPFD_CLOEXEC, 0);
    notify_peer(stream);
    bufferevent_setcb(stream->bev, NULL, NULL, NULL, NULL);
    bufferevent_free(stream->bev);
    stream->bev = NULL;
    stream->ssl = NULL;
    stream->linger_fd = fd;
    stream_enter_state(stream, STREAM_LINGERING);
    if (fd >= 0)
        stream->linger = event_new(stream->base, fd, EV_READ | EV_PERSIST, on_linger, stream);
    if (stream->linger == NULL || shutdown(fd, SHUT_WR) != 0 ||
        event_add(stream->linger, NULL) != 0)
        stream_fail_later(stream);
}

void stream_on_output_empty(struct ov_stream *stream)
{
    if (stream->state == STREAM_FINISHING)
        start_linger(stream);
}

void stream_finish(struct ov_stream *stream)
{
    switch (stream->state) {
    case STREAM_OPEN:
        stream_enter_state(stream, STREAM_FINISHING);
        stream_set_timer(stream, FINISH_MS);
        (void)bufferevent_disable(stream->bev, EV_READ);
        if (evbuffer_get_length(bufferevent_get_output(stream->bev)) == 0)
            start_linger(stream);
        return;
    case STREAM_DIALLING:
    case STREAM_HANDSHAKE:
    case STREAM_DRAINING:
        stream_fail_later(stream);
        return;
    case STREAM_FAILED:
    case STREAM_FINISHING:
    case STREAM_LINGERING:
    case STREAM_CLOSED:
        return;
    }
}

/*
 * Takes what is left inside TLS and the socket: frames that had arrived, and the alert that says
 * why the peer closed, which libevent does not get to when it was a write that failed. Returns
 * OpenSSL's code for the end, 0 when there is none.
 */
static unsigned long salvage(struct ov_stream *stream)
{
    unsigned char piece[16384];
    size_t total = 0;
    unsigned long error = 0;
    while (total < SALVAGE_MAX_BYTES) {
        ERR_clear_error();
        int got = SSL_read(stream->ssl, piece, sizeof(piece));
        if (got <= 0) {
            error = ERR_peek_error();
            break;
        }
        if (evbuffer_add(stream->input, piece, (size_t)got) != 0)
            break;
        total += (size_t)got;
    }
    ov_wipe(piece, sizeof(piece));
    ERR_clear_error();
    return error;
}

/* The error that says most, of those libevent has kept; it mixes OpenSSL's codes with its own small
 * numbers, which belong to no library. */
static unsigned long pending_error(struct ov_stream *stream)
{
    unsigned long error = 0;
    unsigned long next = bufferevent_get_openssl_error(stream->bev);
    while (next != 0) {
        if (ERR_GET_LIB(next) != 0 && tls_is_plain_end(error))
            error = next;
        next = bufferevent_get_openssl_error(stream->bev);
    }
    return error;
}

static void describe_plain_end(struct ov_stream *stream)
{
    struct ov_error *end = &stream->end;
    const char *peer = peer_name(stream);
    if (stream->state == STREAM_HANDSHAKE)
        (void)ov_fail(end, OV_ERR_CLOSED, "tls.cut", "%s closed the connection during TLS's start",
                      peer);
    else if (stream->client && !stream->got_frame)
        (void)ov_fail(end, OV_ERR_CLOSED, "stream.closed",
                      "the server closed the connection before it sent anything; it may have "
                      "refused our certificate: its log says why");
    else if (stream->has_header)
        (void)ov_fail(end, OV_ERR_CLOSED, "stream.cut",
                      "%s closed the connection in the middle of a frame", peer);
    else
        (void)ov_fail(end, OV_ERR_CLOSED, "stream.closed", "%s closed the connection", peer);
}

static void describe_end(struct ov_stream *stream, unsigned long error, long verify)
{
    if (stream->state != STREAM_HANDSHAKE)
        verify = X509_V_OK; /* it was fine when the stream opened */
    if (tls_is_plain_end(error))
        describe_plain_end(stream);
    else
        (void)tls_describe(error, verify, peer_name(stream), &stream->end);
}

static void end_of_handshake(struct ov_stream *stream, unsigned long error)
{
    describe_end(stream, error, SSL_get_verify_result(stream->ssl));
    if (stream->client || tls_is_plain_end(error)) {
        stream_close(stream);
        return;
    }
    stream_set_timer(stream, REFUSAL_LINGER_MS); /* let our alert arrive */
    start_linger(stream);
}

void stream_on_gone(struct ov_stream *stream, short what)
{
    unsigned long error = pending_error(stream);
    switch (stream->state) {
    case STREAM_HANDSHAKE:
        end_of_handshake(stream, error);
        return;
    case STREAM_OPEN:
        (void)evbuffer_add_buffer(stream->input, bufferevent_get_input(stream->bev));
        if ((what & BEV_EVENT_ERROR) != 0 && error == 0) /* the socket failed, not TLS */
            error = salvage(stream);
        (void)bufferevent_disable(stream->bev, EV_READ | EV_WRITE);
        if (!tls_is_plain_end(error))
            describe_end(stream, error, X509_V_OK);
        stream_enter_state(stream, STREAM_DRAINING);
        stream_deliver(stream);
        return;
    case STREAM_FINISHING:
        stream_close(stream);
        return;
    case STREAM_DRAINING:
    case STREAM_DIALLING:
    case STREAM_FAILED:
    case STREAM_LINGERING:
    case STREAM_CLOSED:
        return;
    }
}

/* Called when nothing whole is left of what had arrived. */
void stream_end_of_draining(struct ov_stream *stream)
{
    if (stream->end.status == OV_OK)
        describe_plain_end(stream);
    stream_close(stream);
}

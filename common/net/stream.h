/*
 * A TLS connection that carries frames, as a handful of events on one libevent loop. Call
 * ov_net_init (common/net/init.h) first in the program.
 *
 * Everything here runs on the loop's thread. A stream reports on_closed exactly once, after which
 * it sends nothing more; the owner frees it then or later, also from inside any event. Frames that
 * had arrived before the peer went are delivered before on_closed.
 */
#ifndef OVERT_COMMON_NET_STREAM_H
#define OVERT_COMMON_NET_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>
#include <openssl/ssl.h>

#include "common/base/secret.h"
#include "common/base/status.h"
#include "common/net/tls.h"
#include "common/wire/frame.h"

struct ov_stream;

struct ov_stream_events {
    /* Handshake done, ALPN agreed, certificate verified. peer is borrowed, for a client it is NULL
     * (the server's name was checked). In TLS 1.3 a server may still refuse a client's certificate
     * after this: a client is accepted only when the first frame arrives. */
    void (*on_open)(void *ctx, const struct ov_peer *peer);
    /* The header is there, nothing of the body is kept: anything but OV_OK ends the stream with
     * err. To tell the peer, queue an Error frame with ov_stream_send in here: the stream then
     * finishes by itself (as by ov_stream_finish, no need to call it) and reports this err. */
    enum ov_status (*check_frame)(void *ctx, const struct ov_frame_header *header,
                                  struct ov_error *err);
    /* One whole message, borrowed for the call and wiped after it. */
    void (*on_frame)(void *ctx, uint16_t type, const uint8_t *body, size_t size);
    /* err says why: OV_ERR_CLOSED when the peer just went, or after ov_stream_finish
     * ("stream.finished"); OV_ERR_DENIED when a certificate was refused, by us ("tls.peer",
     * "tls.identity") or, as far as it told us, by the peer ("tls.refused"); OV_ERR_UNAVAILABLE
     * when there was nobody to connect to; OV_ERR_TIMEOUT "tls.timeout". */
    void (*on_closed)(void *ctx, const struct ov_error *err);
};

struct ov_stream_limits {
    size_t output_max_bytes; /* more unsent output than this: the reader is too slow, closed */
    int handshake_ms;        /* time for TCP and TLS together */
};

/* takes fd, on every path. */
OV_CHECKED enum ov_status ov_stream_accept(struct event_base *base, SSL_CTX *tls, int take_fd,
                                           const struct ov_stream_limits *limits,
                                           const struct ov_stream_events *events, void *ctx,
                                           struct ov_stream **ret_stream, struct ov_error *err);

/* Resolves (without blocking the loop), connects and checks that the certificate is for host, a
 * name or a numeric address. Outcome comes as an event, never from inside this call. */
OV_CHECKED enum ov_status ov_stream_connect(struct event_base *base, SSL_CTX *tls, const char *host,
                                            int port, const struct ov_stream_limits *limits,
                                            const struct ov_stream_events *events, void *ctx,
                                            struct ov_stream **ret_stream, struct ov_error *err);

/* Queues a whole frame (wiped once written). OV_ERR_STATE before on_open, OV_ERR_CLOSED after the
 * end; OV_ERR_LIMIT when the peer does not read, OV_ERR_NOMEM: the stream then ends by itself. */
OV_CHECKED enum ov_status ov_stream_send(struct ov_stream *stream, const struct ov_secret *frame);

/* Stops and resumes reading: back-pressure. */
void ov_stream_pause(struct ov_stream *stream);
void ov_stream_resume(struct ov_stream *stream);

/* Writes out what is queued and lets the peer read it (two seconds in all), then closes; on_closed
 * follows. Nothing is delivered and nothing can be sent any more. */
void ov_stream_finish(struct ov_stream *stream);

/* The TLS session, for ov_tls_recheck; borrowed; NULL after the end. */
SSL *ov_stream_ssl(struct ov_stream *stream);

/* Closes at once, without an event. Takes NULL. */
void ov_stream_free(struct ov_stream *stream);

#endif

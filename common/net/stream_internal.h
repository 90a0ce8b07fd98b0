/* A stream's body, shared by stream.c (opening, frames) and stream_end.c (every way to the end). */
#ifndef OVERT_COMMON_NET_STREAM_INTERNAL_H
#define OVERT_COMMON_NET_STREAM_INTERNAL_H

#include <stdbool.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>

#include "common/net/dial.h"
#include "common/net/stream.h"

enum stream_state {
    STREAM_DIALLING,  /* client: name, TCP */
    STREAM_HANDSHAKE, /* TLS */
    STREAM_OPEN,
    STREAM_DRAINING,  /* the peer has gone; frames that had arrived are still to be delivered */
    STREAM_FAILED,    /* over for the reason in end; reported from the loop */
    STREAM_FINISHING, /* writing out what is queued */
    STREAM_LINGERING, /* all written and our side shut; waiting for the peer to close too */
    STREAM_CLOSED     /* on_closed has been called */
};

struct ov_stream {
    struct event_base *base;
    struct ov_stream_events events;
    void *ctx;
    struct ov_stream_limits limits;
    enum stream_state state; /* changed by stream_enter_state alone */
    bool client;
    bool paused;
    bool has_header; /* header is that of the frame at the front of input */
    bool got_frame;  /* the peer has accepted us: it has sent something */
    int depth;       /* how many of our callbacks are on the stack */
    bool freed;      /* by the owner, from inside one of them */
    struct ov_frame_header header;
    struct evbuffer *input;  /* decrypted bytes, not yet delivered */
    SSL *ssl;                /* the bufferevent's once there is one */
    struct bufferevent *bev; /* NULL before TCP is connected and after the end */
    struct dial *dial;
    struct event *timer;  /* handshake, then the time allowed for finishing */
    struct event *kick;   /* "look again", from the loop */
    struct event *linger; /* on linger_fd */
    int linger_fd;        /* -1 unless lingering */
    struct ov_error end;  /* why it ends; filled once */
};

void stream_enter_state(struct ov_stream *stream, enum stream_state state);

/* Around everything that the loop calls: counts depth, frees late, empties OpenSSL's queue. */
void stream_enter(struct ov_stream *stream);
void stream_leave(struct ov_stream *stream);

void stream_set_timer(struct ov_stream *stream, int ms);

/* Releases socket and TLS. Harmless when that is done. */
void stream_release(struct ov_stream *stream);

/* Releases and calls on_closed with end; from the loop only. */
void stream_close(struct ov_stream *stream);

/* Ends the stream from the loop's next turn on: for callers that must not be called back. */
void stream_fail_later(struct ov_stream *stream);

/* Writes out what is queued, then lingers, then closes. */
void stream_finish(struct ov_stream *stream);
void stream_on_output_empty(struct ov_stream *stream);

/* The bufferevent says that the connection is over. */
void stream_on_gone(struct ov_stream *stream, short what);

/* Everything that had arrived before the peer went is delivered. */
void stream_end_of_draining(struct ov_stream *stream);

/* Delivers whole frames from input until one of many things stops it. */
void stream_deliver(struct ov_stream *stream);

#endif

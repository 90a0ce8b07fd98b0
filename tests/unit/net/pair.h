/*
 * A server and a client stream on one event loop over a real loopback connection, and a record of
 * what each was told. Tests only.
 */
#ifndef OVERT_TESTS_UNIT_NET_PAIR_H
#define OVERT_TESTS_UNIT_NET_PAIR_H

#include <stdbool.h>

#include "common/net/stream.h"

#define SIDE_FRAMES_MAX 4096

struct side {
    struct ov_stream *stream;
    bool opened;
    bool closed;
    struct ov_peer peer;
    struct ov_error why;
    size_t frame_count;
    uint16_t types[SIDE_FRAMES_MAX];
    size_t sizes[SIDE_FRAMES_MAX];
    uint8_t first_byte[SIDE_FRAMES_MAX];
    size_t checked; /* calls of check_frame */
    /* What to do; any may be left NULL. */
    void (*at_open)(struct side *side);
    void (*at_frame)(struct side *side, const uint8_t *body, size_t size);
    enum ov_status (*at_check)(struct side *side, const struct ov_frame_header *header,
                               struct ov_error *err);
    void (*at_close)(struct side *side);
};

struct pair {
    struct event_base *base;
    SSL_CTX *server_tls; /* borrowed */
    int listen_fd;
    int port;
    struct event *listen_event;
    struct ov_stream_limits limits;
    struct side server;
    struct side client;
};

void pair_init(struct pair *pair, SSL_CTX *server_tls);
void pair_done(struct pair *pair);

/* Starts the client; host "127.0.0.1" or "localhost". */
void pair_connect(struct pair *pair, SSL_CTX *client_tls, const char *host);

/* Runs the loop until *flag, failing the test after ten seconds. */
void pair_until(struct pair *pair, const bool *flag);
/* Runs the loop until the side has got this many frames. */
void pair_until_frames(struct pair *pair, const struct side *side, size_t count);
/* Runs the loop for a moment. */
void pair_spin(struct pair *pair, int ms);

/* Sends a frame of size bytes, each with this value. */
enum ov_status side_send(struct side *side, uint16_t type, size_t size, uint8_t value);

#endif

/*
 * A capture client that a test drives by hand, message by message, right or wrong: blocking, over
 * real TLS, with OpenSSL directly so that nothing of the code under test keeps it well-behaved.
 *
 * What arrives while something else is awaited is kept and found by the next call that asks for
 * it, in the order in which it came. Pings are answered by the way.
 */
#ifndef OVERT_TESTS_HARNESS_PEER_H
#define OVERT_TESTS_HARNESS_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "common/base/secret.h"
#include "common/wire/frame.h"
#include "common/wire/messages.h"

#define PEER_KEPT_MAX 1024u
#define PEER_DIMENSION 512u

struct peer_options {
    const char *identity_dir; /* NULL: no certificate */
    const char *alpn;         /* NULL: none is offered; usually OV_ALPN_CAPTURE */
    int max_tls_version;      /* 0: any, else for example TLS1_2_VERSION */
    int receive_buffer_bytes; /* 0: the system's; small for a client that does not read */
};

struct peer_frame {
    struct ov_frame_header header;
    uint8_t *body; /* freed by peer_frame_done */
};

struct peer {
    SSL_CTX *ctx;
    SSL *ssl;
    int fd;
    int tls_alert; /* description (RFC 8446, 6) of the alert the server sent, -1 for none */
    struct peer_frame *kept; /* PEER_KEPT_MAX of them */
    size_t kept_count;
};

/* TCP and TLS; false when either fails. TLS 1.3 may refuse a certificate only after this. */
bool peer_connect(struct peer *peer, int port, const struct peer_options *options);
/* TCP alone: the caller's own bytes go through peer->fd. */
bool peer_connect_tcp(struct peer *peer, int port);
void peer_close(struct peer *peer); /* without ceremony; takes a closed one */

bool peer_send(struct peer *peer, const void *bytes, size_t size);
/* Sends a frame made by a codec, and frees it. */
bool peer_send_frame(struct peer *peer, struct ov_secret *take_frame);
/* Sends a header of this type and length, and then size bytes of body. */
bool peer_send_raw(struct peer *peer, uint16_t type, uint32_t length, const void *body,
                   size_t size);

/* The next frame from the wire; false at the end of the connection or when the time is up. */
bool peer_receive(struct peer *peer, int limit_ms, struct peer_frame *ret);
void peer_frame_done(struct peer_frame *frame);
/* The next frame of this type, kept or coming; false when an Error comes instead (it is kept), at
 * the end, and when the time is up. */
bool peer_receive_type(struct peer *peer, uint16_t type, int limit_ms, struct peer_frame *ret);
/* Waits for an Error frame; its code is in ret_code. False when the connection ends without one. */
bool peer_receive_error(struct peer *peer, int limit_ms, char ret_code[OV_CODE_SIZE]);
/* True when the server closes the connection within limit_ms. */
bool peer_sees_end(struct peer *peer, int limit_ms);

bool peer_receive_ack(struct peer *peer, int limit_ms, struct ov_batch_ack *ret);
/* Freed by ov_alert_done. */
bool peer_receive_alert(struct peer *peer, int limit_ms, struct ov_alert *ret);
bool peer_receive_crop_request(struct peer *peer, int limit_ms, struct ov_crop_request *ret);
bool peer_receive_state(struct peer *peer, int limit_ms, struct ov_deployment_state *ret);
bool peer_send_alert_ack(struct peer *peer, const struct ov_id *alert_id);
bool peer_send_crop(struct peer *peer, const struct ov_id *alert_id, uint64_t sequence,
                    const struct ov_secret *jpeg);
/* Ping there, Pong back: the session is alive and everything sent before has been handled. */
bool peer_pings(struct peer *peer, int limit_ms);

/* A Hello that is right: stills, one camera "cam1", 512 floats, this model digest. */
void peer_hello(struct ov_hello *hello, const uint8_t digest[OV_DIGEST_BYTES],
                const struct ov_id *run_id);
/* Sends it and waits for Welcome. */
bool peer_greet(struct peer *peer, const struct ov_hello *hello, struct ov_welcome *ret_welcome);

/* A random direction: PEER_DIMENSION floats of length 1. */
void peer_random_descriptor(float *out);
/* A probe with a random unit descriptor (or this one when given), captured now, on camera cam1, its
 * track numbered as its sequence. The caller frees the descriptor. */
void peer_probe(struct ov_probe *probe, uint64_t sequence, const float *descriptor);
/* Sends one batch of probes; they stay the caller's. */
bool peer_send_probes(struct peer *peer, uint64_t batch, struct ov_probe *probes, size_t count);
/* Sends one probe, as peer_probe makes it, as a batch of its own. */
bool peer_send_one(struct peer *peer, uint64_t batch, uint64_t sequence, const float *descriptor);
/* The descriptor as it travels: little-endian float16, 2 * PEER_DIMENSION bytes. */
void peer_wire_form(const float *descriptor, uint8_t *out);

#endif

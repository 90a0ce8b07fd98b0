/*
 * A capture client that a test drives by hand, message by message, right or wrong: blocking, over
 * real TLS, with OpenSSL directly so that nothing of the code under test keeps it well-behaved.
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

struct peer_options {
    const char *identity_dir; /* NULL: no certificate */
    const char *alpn;         /* NULL: none is offered; usually OV_ALPN_CAPTURE */
    int max_tls_version;      /* 0: any, else for example TLS1_2_VERSION */
};

struct peer {
    SSL_CTX *ctx;
    SSL *ssl;
    int fd;
};

struct peer_frame {
    struct ov_frame_header header;
    uint8_t *body; /* freed by peer_frame_done */
};

/* TCP and TLS; false when either fails. TLS 1.3 may refuse a certificate only after this. */
bool peer_connect(struct peer *peer, int port, const struct peer_options *options);
void peer_close(struct peer *peer); /* without ceremony; takes a closed one */

bool peer_send(struct peer *peer, const void *bytes, size_t size);
/* Sends a frame made by a codec, and frees it. */
bool peer_send_frame(struct peer *peer, struct ov_secret *take_frame);
/* Sends a header of this type and length, and then size bytes of body. */
bool peer_send_raw(struct peer *peer, uint16_t type, uint32_t length, const void *body,
                   size_t size);

/* The next frame within limit_ms; false at the end of the connection or when the time is up. */
bool peer_receive(struct peer *peer, int limit_ms, struct peer_frame *ret);
void peer_frame_done(struct peer_frame *frame);
/* Skips leases, pings and states until a frame of this type comes; Error ends the search. */
bool peer_receive_type(struct peer *peer, uint16_t type, int limit_ms, struct peer_frame *ret);
/* Waits for an Error frame; its code is in ret_code. False when the connection ends without one. */
bool peer_receive_error(struct peer *peer, int limit_ms, char ret_code[OV_CODE_SIZE]);
/* True when the server closes the connection within limit_ms. */
bool peer_sees_end(struct peer *peer, int limit_ms);

/* A Hello that is right: stills, one camera "cam1", 512 floats, this model digest. */
void peer_hello(struct ov_hello *hello, const uint8_t digest[OV_DIGEST_BYTES],
                const struct ov_id *run_id);
/* Sends it and waits for Welcome. */
bool peer_greet(struct peer *peer, const struct ov_hello *hello, struct ov_welcome *ret_welcome);

/* A probe with a random unit descriptor (or this one when given), captured now, on camera cam1.
 * The caller frees the descriptor. */
void peer_probe(struct ov_probe *probe, uint64_t sequence, const float *descriptor);
/* Sends one batch of probes; they stay the caller's. */
bool peer_send_probes(struct peer *peer, uint64_t batch, struct ov_probe *probes, size_t count);

#endif

/* A bare TLS connection, for what no well-behaved client does. */
#ifndef OVERT_TESTS_INTEGRATION_API_RAW_H
#define OVERT_TESTS_INTEGRATION_API_RAW_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

struct raw {
    int fd;
    SSL_CTX *tls;
    SSL *ssl;
};

/* Connects TCP only. */
int raw_tcp(void);
/* Connects and shakes hands as this person, offering this protocol. */
bool raw_open(struct raw *raw, const char *person, const char *alpn);
void raw_send(struct raw *raw, const char *text);
/* Reads until the peer closes, limit_ms have passed or out is full; returns the number of bytes and
 * ends out with NUL. */
size_t raw_read(struct raw *raw, char *out, size_t out_size, int limit_ms);
/* Whether the peer has closed within limit_ms. */
bool raw_closed(int fd, int limit_ms);
/* Closes at once (reset: with RST, as a machine that vanishes). */
void raw_close(struct raw *raw, bool reset);

#endif

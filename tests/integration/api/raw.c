/* OpenSSL on a blocking socket. */
#include "tests/integration/api/raw.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/net/tls.h"
#include "tests/integration/api/bed.h"

int raw_tcp(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)api_port(bed.api)),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

bool raw_open(struct raw *raw, const char *person, const char *alpn)
{
    char cert[PATH_MAX + 128];
    char key[PATH_MAX + 128];
    (void)snprintf(cert, sizeof(cert), "%s/pki/person-%s/cert.pem", bed.dir, person);
    (void)snprintf(key, sizeof(key), "%s/pki/person-%s/key.pem", bed.dir, person);
    raw->fd = raw_tcp();
    raw->tls = SSL_CTX_new(TLS_client_method());
    assert_int_equal(SSL_CTX_use_certificate_file(raw->tls, cert, SSL_FILETYPE_PEM), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey_file(raw->tls, key, SSL_FILETYPE_PEM), 1);
    raw->ssl = SSL_new(raw->tls);
    if (alpn != NULL)
        assert_int_equal(
            SSL_set_alpn_protos(raw->ssl, (const unsigned char *)alpn, (unsigned)strlen(alpn)), 0);
    assert_int_equal(SSL_set_fd(raw->ssl, raw->fd), 1);
    return SSL_connect(raw->ssl) == 1;
}

void raw_send(struct raw *raw, const char *text)
{
    int length = (int)strlen(text);
    assert_int_equal(SSL_write(raw->ssl, text, length), length);
}

bool raw_closed(int fd, int limit_ms)
{
    int64_t until_us = ov_clock_mono_us(ov_clock_system()) + limit_ms * OV_US_PER_MS;
    char bytes[4096];
    for (;;) {
        int64_t left_us = until_us - ov_clock_mono_us(ov_clock_system());
        struct pollfd poll_fd = {fd, POLLIN, 0};
        if (left_us <= 0 || poll(&poll_fd, 1, (int)(left_us / 1000) + 1) < 0)
            return false;
        if (poll_fd.revents != 0 && read(fd, bytes, sizeof(bytes)) <= 0)
            return true;
    }
}

size_t raw_read(struct raw *raw, char *out, size_t out_size, int limit_ms)
{
    int64_t until_us = ov_clock_mono_us(ov_clock_system()) + limit_ms * OV_US_PER_MS;
    size_t used = 0;
    while (used + 1 < out_size) {
        int64_t left_us = until_us - ov_clock_mono_us(ov_clock_system());
        struct pollfd poll_fd = {raw->fd, POLLIN, 0};
        if (left_us <= 0 ||
            (SSL_pending(raw->ssl) == 0 && poll(&poll_fd, 1, (int)(left_us / 1000) + 1) <= 0))
            break;
        int got = SSL_read(raw->ssl, out + used, (int)(out_size - used - 1));
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    out[used] = '\0';
    return used;
}

void raw_close(struct raw *raw, bool reset)
{
    struct linger linger = {1, 0};
    if (reset)
        (void)setsockopt(raw->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    (void)close(raw->fd);
    SSL_free(raw->ssl);
    SSL_CTX_free(raw->tls);
}

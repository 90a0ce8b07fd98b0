/* A blocking client for tests; every wait has a limit. */
#include "tests/integration/harness/peer.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/wire/half.h"

#define DIMENSION PEER_DIMENSION
#define BODY_MAX (1u << 20)

static bool use_identity(SSL_CTX *ctx, const char *dir)
{
    char cert[4096];
    char key[4096];
    (void)snprintf(cert, sizeof(cert), "%s/cert.pem", dir);
    (void)snprintf(key, sizeof(key), "%s/key.pem", dir);
    return SSL_CTX_use_certificate_chain_file(ctx, cert) == 1 &&
           SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1;
}

static int connect_loopback(int port, int receive_buffer_bytes)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = {10, 0};
    if (fd < 0)
        return -1;
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* as the real client */
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (receive_buffer_bytes > 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                         sizeof(receive_buffer_bytes));
    if (connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static bool offer_alpn(SSL *ssl, const char *alpn)
{
    unsigned char list[64];
    size_t length = strlen(alpn);
    list[0] = (unsigned char)length;
    memcpy(list + 1, alpn, length);
    return SSL_set_alpn_protos(ssl, list, (unsigned)length + 1) == 0;
}

static void on_tls_info(const SSL *ssl, int where, int value)
{
    struct peer *peer = SSL_get_app_data(ssl);
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && peer != NULL)
        peer->tls_alert = value & 0xff;
}

bool peer_connect_tcp(struct peer *peer, int port)
{
    memset(peer, 0, sizeof(*peer));
    peer->tls_alert = -1;
    peer->fd = connect_loopback(port, 0);
    return peer->fd > 0;
}

bool peer_connect(struct peer *peer, int port, const struct peer_options *options)
{
    memset(peer, 0, sizeof(*peer));
    peer->tls_alert = -1;
    (void)signal(SIGPIPE, SIG_IGN);
    peer->fd = connect_loopback(port, options->receive_buffer_bytes);
    peer->ctx = SSL_CTX_new(TLS_client_method());
    peer->kept = calloc(PEER_KEPT_MAX, sizeof(*peer->kept));
    if (peer->fd < 0 || peer->ctx == NULL || peer->kept == NULL)
        goto failed;
    if (options->max_tls_version != 0 &&
        SSL_CTX_set_max_proto_version(peer->ctx, options->max_tls_version) != 1)
        goto failed;
    if (options->identity_dir != NULL && !use_identity(peer->ctx, options->identity_dir))
        goto failed;
    SSL_CTX_set_info_callback(peer->ctx, on_tls_info);
    peer->ssl = SSL_new(peer->ctx);
    if (peer->ssl == NULL || SSL_set_app_data(peer->ssl, peer) != 1 ||
        SSL_set_fd(peer->ssl, peer->fd) != 1 ||
        (options->alpn != NULL && !offer_alpn(peer->ssl, options->alpn)) ||
        SSL_connect(peer->ssl) != 1)
        goto failed;
    return true;
failed:
    ERR_clear_error();
    int alert = peer->tls_alert;
    peer_close(peer);
    peer->tls_alert = alert;
    return false;
}

void peer_close(struct peer *peer)
{
    for (size_t i = 0; i < peer->kept_count; i++)
        peer_frame_done(&peer->kept[i]);
    free(peer->kept);
    SSL_free(peer->ssl);
    SSL_CTX_free(peer->ctx);
    if (peer->fd > 0)
        (void)close(peer->fd);
    memset(peer, 0, sizeof(*peer));
}

bool peer_send(struct peer *peer, const void *bytes, size_t size)
{
    size_t done = 0;
    ERR_clear_error();
    return size == 0 || SSL_write_ex(peer->ssl, bytes, size, &done) == 1;
}

bool peer_send_frame(struct peer *peer, struct ov_secret *take_frame)
{
    bool sent = peer_send(peer, take_frame->data, take_frame->size);
    ov_secret_free(take_frame);
    return sent;
}

bool peer_send_raw(struct peer *peer, uint16_t type, uint32_t length, const void *body, size_t size)
{
    uint8_t bytes[OV_FRAME_HEADER_BYTES];
    struct ov_frame_header header = {length, type};
    ov_frame_header_write(bytes, &header);
    return peer_send(peer, bytes, sizeof(bytes)) && peer_send(peer, body, size);
}

/* Reads exactly size bytes; false at the end or when the time is up. */
static bool read_exact(struct peer *peer, uint8_t *at, size_t size, int64_t until_us)
{
    while (size > 0) {
        int64_t left_us = until_us - ov_clock_mono_us(ov_clock_system());
        struct pollfd ready = {peer->fd, POLLIN, 0};
        if (left_us <= 0)
            return false;
        if (SSL_pending(peer->ssl) == 0 && poll(&ready, 1, (int)(left_us / 1000) + 1) <= 0)
            return false;
        size_t got = 0;
        ERR_clear_error();
        if (SSL_read_ex(peer->ssl, at, size, &got) != 1)
            return false;
        at += got;
        size -= got;
    }
    return true;
}

bool peer_receive(struct peer *peer, int limit_ms, struct peer_frame *ret)
{
    uint8_t bytes[OV_FRAME_HEADER_BYTES];
    int64_t until_us = ov_clock_mono_us(ov_clock_system()) + limit_ms * OV_US_PER_MS;
    memset(ret, 0, sizeof(*ret));
    if (!read_exact(peer, bytes, sizeof(bytes), until_us))
        return false;
    ov_frame_header_read(bytes, &ret->header);
    if (ret->header.length > BODY_MAX)
        return false;
    ret->body = calloc(1, ret->header.length + 1);
    if (ret->body != NULL && read_exact(peer, ret->body, ret->header.length, until_us))
        return true;
    peer_frame_done(ret);
    return false;
}

void peer_frame_done(struct peer_frame *frame)
{
    free(frame->body);
    memset(frame, 0, sizeof(*frame));
}

/* Moves the kept frame at index out. */
static void take_kept(struct peer *peer, size_t index, struct peer_frame *ret)
{
    *ret = peer->kept[index];
    peer->kept_count--;
    memmove(&peer->kept[index], &peer->kept[index + 1],
            (peer->kept_count - index) * sizeof(peer->kept[0]));
}

static bool find_kept(struct peer *peer, uint16_t type, struct peer_frame *ret)
{
    for (size_t i = 0; i < peer->kept_count; i++) {
        if (peer->kept[i].header.type == type) {
            take_kept(peer, i, ret);
            return true;
        }
    }
    return false;
}

static void keep(struct peer *peer, struct peer_frame *take_frame)
{
    if (peer->kept_count == PEER_KEPT_MAX) {
        struct peer_frame oldest;
        take_kept(peer, 0, &oldest);
        peer_frame_done(&oldest);
    }
    peer->kept[peer->kept_count++] = *take_frame;
}

static void answer_ping(struct peer *peer, const struct peer_frame *frame)
{
    struct ov_ping ping;
    struct ov_secret answer = OV_SECRET_INIT;
    if (ov_ping_decode(frame->body, frame->header.length, &ping, NULL) != OV_OK)
        return;
    struct ov_pong pong = {ping.number, ping.sent_at_us, ov_clock_utc_us(ov_clock_system())};
    if (ov_pong_encode(&pong, &answer) == OV_OK)
        (void)peer_send_frame(peer, &answer);
}

bool peer_receive_type(struct peer *peer, uint16_t type, int limit_ms, struct peer_frame *ret)
{
    int64_t until_us = ov_clock_mono_us(ov_clock_system()) + limit_ms * OV_US_PER_MS;
    if (find_kept(peer, type, ret))
        return true;
    for (;;) {
        int left_ms = (int)((until_us - ov_clock_mono_us(ov_clock_system())) / OV_US_PER_MS);
        if (left_ms <= 0 || !peer_receive(peer, left_ms, ret))
            return false;
        if (ret->header.type == type)
            return true;
        bool is_error = ret->header.type == OV_FRAME_ERROR;
        if (ret->header.type == OV_FRAME_PING) {
            answer_ping(peer, ret);
            peer_frame_done(ret);
        } else {
            keep(peer, ret);
        }
        if (is_error)
            return false;
    }
}

bool peer_receive_error(struct peer *peer, int limit_ms, char ret_code[OV_CODE_SIZE])
{
    struct peer_frame frame;
    struct ov_error_message message;
    ret_code[0] = '\0';
    if (!peer_receive_type(peer, OV_FRAME_ERROR, limit_ms, &frame))
        return false;
    bool good = ov_error_message_decode(frame.body, frame.header.length, &message, NULL) == OV_OK;
    if (good)
        (void)snprintf(ret_code, OV_CODE_SIZE, "%s", message.code);
    peer_frame_done(&frame);
    return good;
}

#define RECEIVE(TYPE, DECODE)                                                                      \
    struct peer_frame frame;                                                                       \
    if (!peer_receive_type(peer, TYPE, limit_ms, &frame))                                          \
        return false;                                                                              \
    bool good = DECODE(frame.body, frame.header.length, ret, NULL) == OV_OK;                       \
    peer_frame_done(&frame);                                                                       \
    return good

bool peer_receive_ack(struct peer *peer, int limit_ms, struct ov_batch_ack *ret)
{
    RECEIVE(OV_FRAME_BATCH_ACK, ov_batch_ack_decode);
}

bool peer_receive_alert(struct peer *peer, int limit_ms, struct ov_alert *ret)
{
    RECEIVE(OV_FRAME_ALERT, ov_alert_decode);
}

bool peer_receive_crop_request(struct peer *peer, int limit_ms, struct ov_crop_request *ret)
{
    RECEIVE(OV_FRAME_CROP_REQUEST, ov_crop_request_decode);
}

bool peer_receive_state(struct peer *peer, int limit_ms, struct ov_deployment_state *ret)
{
    RECEIVE(OV_FRAME_DEPLOYMENT_STATE, ov_deployment_state_decode);
}

bool peer_send_alert_ack(struct peer *peer, const struct ov_id *alert_id)
{
    struct ov_alert_ack ack = {*alert_id};
    struct ov_secret frame = OV_SECRET_INIT;
    return ov_alert_ack_encode(&ack, &frame) == OV_OK && peer_send_frame(peer, &frame);
}

bool peer_send_crop(struct peer *peer, const struct ov_id *alert_id, uint64_t sequence,
                    const struct ov_secret *jpeg)
{
    struct ov_crop crop = {*alert_id, sequence, *jpeg};
    struct ov_secret frame = OV_SECRET_INIT;
    return ov_crop_encode(&crop, &frame) == OV_OK && peer_send_frame(peer, &frame);
}

bool peer_pings(struct peer *peer, int limit_ms)
{
    struct ov_ping ping = {7, ov_clock_utc_us(ov_clock_system())};
    struct ov_secret frame = OV_SECRET_INIT;
    struct peer_frame answer;
    if (ov_ping_encode(&ping, &frame) != OV_OK || !peer_send_frame(peer, &frame) ||
        !peer_receive_type(peer, OV_FRAME_PONG, limit_ms, &answer))
        return false;
    peer_frame_done(&answer);
    return true;
}

bool peer_sees_end(struct peer *peer, int limit_ms)
{
    int64_t until_us = ov_clock_mono_us(ov_clock_system()) + limit_ms * OV_US_PER_MS;
    for (;;) {
        int64_t left_us = until_us - ov_clock_mono_us(ov_clock_system());
        struct pollfd ready = {peer->fd, POLLIN, 0};
        uint8_t bytes[4096];
        size_t got = 0;
        if (left_us <= 0)
            return false;
        if (SSL_pending(peer->ssl) == 0 && poll(&ready, 1, (int)(left_us / 1000) + 1) <= 0)
            return false;
        ERR_clear_error();
        if (SSL_read_ex(peer->ssl, bytes, sizeof(bytes), &got) != 1)
            return true;
    }
}

void peer_hello(struct ov_hello *hello, const uint8_t digest[OV_DIGEST_BYTES],
                const struct ov_id *run_id)
{
    memset(hello, 0, sizeof(*hello));
    hello->protocol = OV_PROTOCOL_VERSION;
    (void)snprintf(hello->software, sizeof(hello->software), "overt-test 1");
    hello->run_id = *run_id;
    memcpy(hello->model_digest, digest, OV_DIGEST_BYTES);
    hello->dimension = DIMENSION;
    hello->source_kind = OV_SOURCE_STILLS;
    hello->camera_count = 1;
    (void)snprintf(hello->cameras[0], sizeof(hello->cameras[0]), "cam1");
}

bool peer_greet(struct peer *peer, const struct ov_hello *hello, struct ov_welcome *ret_welcome)
{
    struct ov_secret frame = OV_SECRET_INIT;
    struct peer_frame answer;
    if (ov_hello_encode(hello, &frame) != OV_OK || !peer_send_frame(peer, &frame) ||
        !peer_receive_type(peer, OV_FRAME_WELCOME, 10000, &answer))
        return false;
    bool good = ov_welcome_decode(answer.body, answer.header.length, ret_welcome, NULL) == OV_OK;
    peer_frame_done(&answer);
    return good;
}

void peer_random_descriptor(float *out)
{
    double sum = 0;
    for (unsigned i = 0; i < DIMENSION; i++) {
        int16_t value = 0;
        ov_random(&value, sizeof(value));
        out[i] = (float)value / 32768.0F;
        sum += (double)out[i] * out[i];
    }
    for (unsigned i = 0; i < DIMENSION; i++)
        out[i] = (float)(out[i] / sqrt(sum));
}

void peer_probe(struct ov_probe *probe, uint64_t sequence, const float *descriptor)
{
    memset(probe, 0, sizeof(*probe));
    probe->sequence = sequence;
    (void)snprintf(probe->camera, sizeof(probe->camera), "cam1");
    probe->track = sequence;
    probe->captured_at_us = ov_clock_utc_us(ov_clock_system());
    probe->box_left = 10;
    probe->box_top = 10;
    probe->box_width = 100;
    probe->box_height = 120;
    probe->quality.eye_distance_px = 45.0F;
    probe->quality.sharpness = 0.6F;
    probe->quality.brightness = 0.5F;
    probe->quality.contrast = 0.2F;
    if (ov_secret_new(&probe->descriptor, DIMENSION * sizeof(float)) != OV_OK)
        abort();
    float *values = (float *)(void *)probe->descriptor.data;
    if (descriptor != NULL)
        memcpy(values, descriptor, DIMENSION * sizeof(float));
    else
        peer_random_descriptor(values);
}

bool peer_send_probes(struct peer *peer, uint64_t batch, struct ov_probe *probes, size_t count)
{
    struct ov_probe_batch message = {batch, count, probes};
    struct ov_secret frame = OV_SECRET_INIT;
    return ov_probe_batch_encode(&message, DIMENSION, &frame) == OV_OK &&
           peer_send_frame(peer, &frame);
}

bool peer_send_one(struct peer *peer, uint64_t batch, uint64_t sequence, const float *descriptor)
{
    struct ov_probe probe;
    peer_probe(&probe, sequence, descriptor);
    bool sent = peer_send_probes(peer, batch, &probe, 1);
    ov_secret_free(&probe.descriptor);
    return sent;
}

void peer_wire_form(const float *descriptor, uint8_t *out)
{
    for (size_t i = 0; i < DIMENSION; i++) {
        uint16_t half = ov_half_from_float(descriptor[i]);
        out[2 * i] = (uint8_t)half;
        out[2 * i + 1] = (uint8_t)(half >> 8);
    }
}

/* See pair.h. */
#include "tests/unit/net/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/clock.h"

static void on_open(void *ctx, const struct ov_peer *peer)
{
    struct side *side = ctx;
    side->opened = true;
    if (peer != NULL)
        side->peer = *peer;
    if (side->at_open != NULL)
        side->at_open(side);
}

static enum ov_status check_frame(void *ctx, const struct ov_frame_header *header,
                                  struct ov_error *err)
{
    struct side *side = ctx;
    side->checked++;
    return side->at_check != NULL ? side->at_check(side, header, err) : OV_OK;
}

static void on_frame(void *ctx, uint16_t type, const uint8_t *body, size_t size)
{
    struct side *side = ctx;
    assert_true(side->frame_count < SIDE_FRAMES_MAX);
    side->types[side->frame_count] = type;
    side->sizes[side->frame_count] = size;
    side->first_byte[side->frame_count] = size > 0 ? body[0] : 0;
    side->frame_count++;
    if (side->at_frame != NULL)
        side->at_frame(side, body, size);
}

static void on_closed(void *ctx, const struct ov_error *err)
{
    struct side *side = ctx;
    assert_false(side->closed); /* exactly once */
    side->closed = true;
    side->why = *err;
    if (side->at_close != NULL)
        side->at_close(side);
}

static const struct ov_stream_events events = {on_open, check_frame, on_frame, on_closed};

static void on_accept(evutil_socket_t listen_fd, short what, void *ctx)
{
    (void)what;
    struct pair *pair = ctx;
    int fd = accept((int)listen_fd, NULL, NULL);
    assert_true(fd >= 0);
    assert_int_equal(ov_stream_accept(pair->base, pair->server_tls, fd, &pair->limits, &events,
                                      &pair->server, &pair->server.stream, NULL),
                     OV_OK);
}

void pair_init(struct pair *pair, SSL_CTX *server_tls)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    memset(pair, 0, sizeof(*pair));
    pair->base = event_base_new();
    pair->server_tls = server_tls;
    pair->limits = (struct ov_stream_limits){.output_max_bytes = 1 << 20, .handshake_ms = 5000};
    pair->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(pair->listen_fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(pair->listen_fd, 8), 0);
    assert_int_equal(getsockname(pair->listen_fd, (struct sockaddr *)&address, &size), 0);
    pair->port = ntohs(address.sin_port);
    pair->listen_event =
        event_new(pair->base, pair->listen_fd, EV_READ | EV_PERSIST, on_accept, pair);
    assert_int_equal(event_add(pair->listen_event, NULL), 0);
}

void pair_done(struct pair *pair)
{
    ov_stream_free(pair->client.stream);
    ov_stream_free(pair->server.stream);
    event_free(pair->listen_event);
    (void)close(pair->listen_fd);
    event_base_free(pair->base);
}

void pair_connect(struct pair *pair, SSL_CTX *client_tls, const char *host)
{
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(ov_stream_connect(pair->base, client_tls, host, pair->port, &pair->limits,
                                       &events, &pair->client, &pair->client.stream, &err),
                     OV_OK);
}

static int64_t deadline(int ms)
{
    return ov_clock_mono_us(ov_clock_system()) + ms * OV_US_PER_MS;
}

static void turn(struct pair *pair, int64_t until)
{
    struct timeval tick = {.tv_usec = 5000};
    assert_true(ov_clock_mono_us(ov_clock_system()) < until);
    (void)event_base_loopexit(pair->base, &tick);
    (void)event_base_dispatch(pair->base);
}

void pair_until(struct pair *pair, const bool *flag)
{
    int64_t until = deadline(10000);
    while (!*flag)
        turn(pair, until);
}

void pair_until_frames(struct pair *pair, const struct side *side, size_t count)
{
    int64_t until = deadline(10000);
    while (side->frame_count < count)
        turn(pair, until);
}

void pair_spin(struct pair *pair, int ms)
{
    int64_t until = deadline(ms);
    while (ov_clock_mono_us(ov_clock_system()) < until)
        turn(pair, INT64_MAX);
}

enum ov_status side_send(struct side *side, uint16_t type, size_t size, uint8_t value)
{
    struct ov_secret frame = OV_SECRET_INIT;
    struct ov_frame_header header = {.length = (uint32_t)size, .type = type};
    assert_int_equal(ov_secret_new(&frame, OV_FRAME_HEADER_BYTES + size), OV_OK);
    ov_frame_header_write(frame.data, &header);
    memset(frame.data + OV_FRAME_HEADER_BYTES, value, size);
    enum ov_status status = ov_stream_send(side->stream, &frame);
    ov_secret_free(&frame);
    return status;
}

/* Clients that hold connections without using them. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "tests/integration/protocol/bench.h"
#include "tests/integration/protocol/tests.h"

#define SMALL_BUFFER_BYTES 4096
#define PINGS_AT_ONCE 400
#define ROUNDS_MAX 20000

/* Asks for answers and never reads one. */
void slow_reader_is_cut(void **state)
{
    struct bench *bench = *state;
    struct peer_options options = {.identity_dir = world_identity(&bench->world, "site-north"),
                                   .alpn = OV_ALPN_CAPTURE,
                                   .receive_buffer_bytes = SMALL_BUFFER_BYTES};
    struct ov_hello hello;
    struct ov_buf pings = OV_BUF_INIT;
    struct ov_ping ping = {1, ov_clock_utc_us(ov_clock_system())};
    for (int i = 0; i < PINGS_AT_ONCE; i++) {
        struct ov_secret frame = OV_SECRET_INIT;
        assert_int_equal(ov_ping_encode(&ping, &frame), OV_OK);
        ov_buf_append(&pings, frame.data, frame.size);
        ov_secret_free(&frame);
    }
    bench_hello(bench, &hello);
    assert_true(peer_connect(&bench->peer, bench->world.capture_port, &options));
    assert_true(peer_greet(&bench->peer, &hello, &bench->welcome));
    int rounds = 0;
    while (rounds < ROUNDS_MAX && peer_send(&bench->peer, pings.data, pings.length))
        rounds++;
    ov_buf_free(&pings);
    assert_true(rounds < ROUNDS_MAX);
    assert_true(world_log_says(bench->world.overtd_log, "slow_reader"));
}

/* The server closes within a few seconds. */
static void assert_dropped_tcp(struct peer *peer)
{
    uint8_t bytes[256];
    ssize_t got;
    do
        got = read(peer->fd, bytes, sizeof(bytes)); /* up to ten seconds, by SO_RCVTIMEO */
    while (got > 0);
    assert_int_equal(got, 0);
}

void stalled_handshakes_and_hellos_are_dropped(void **state)
{
    struct bench *bench = *state;
    static const uint8_t client_hello_begins[] = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01};
    static const uint8_t nothing[10];
    struct peer silent;
    struct peer half;
    struct peer mute;
    assert_true(peer_connect_tcp(&silent, bench->world.capture_port));
    assert_true(peer_connect_tcp(&half, bench->world.capture_port));
    assert_int_equal(write(half.fd, client_hello_begins, sizeof(client_hello_begins)),
                     sizeof(client_hello_begins));
    bench_connect(bench, &mute, "north");
    bench_connect(bench, &bench->peer, "north");
    assert_true(peer_send_raw(&bench->peer, OV_FRAME_HELLO, 200, nothing, sizeof(nothing)));
    bench_assert_refused(&mute, "hello.timeout");
    bench_assert_refused(&bench->peer, "hello.timeout");
    assert_dropped_tcp(&silent);
    assert_dropped_tcp(&half);
    peer_close(&silent);
    peer_close(&half);
    peer_close(&mute);
}

/* Frames that are wrong by their form, their type or their time. */
#include <string.h>

#include "common/base/bytes.h"
#include "tests/integration/protocol/bench.h"
#include "tests/integration/protocol/tests.h"

void garbage_is_answered_with_an_error(void **state)
{
    struct bench *bench = *state;
    static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    bench_connect(bench, &bench->peer, "north");
    assert_true(peer_send(&bench->peer, request, sizeof(request) - 1));
    bench_assert_refused(&bench->peer, "frame.unknown_type");
}

void random_bytes_never_stop_the_server(void **state)
{
    struct bench *bench = *state;
    for (int i = 0; i < 20; i++) {
        uint8_t bytes[4096];
        ov_random(bytes, sizeof(bytes));
        if (i % 2 == 0)
            bench_connect(bench, &bench->peer, "north");
        else
            bench_live(bench);
        (void)peer_send(&bench->peer, bytes, sizeof(bytes));
        bench_assert_ended(&bench->peer);
        peer_close(&bench->peer);
    }
}

void truncated_frame_then_close(void **state)
{
    struct bench *bench = *state;
    uint8_t body[100] = {0};
    bench_connect(bench, &bench->peer, "north");
    assert_true(peer_send_raw(&bench->peer, OV_FRAME_HELLO, 200, body, sizeof(body)));
    peer_close(&bench->peer);
    bench_connect(bench, &bench->peer, "north");
    assert_true(peer_send(&bench->peer, body, 3)); /* half a header */
    peer_close(&bench->peer);
    bench_live(bench);
    assert_true(peer_send_raw(&bench->peer, OV_FRAME_PROBE_BATCH, 5000, body, sizeof(body)));
    peer_close(&bench->peer);
}

void oversized_frame_before_welcome(void **state)
{
    struct bench *bench = *state;
    const uint32_t lengths[] = {ov_frame_max_bytes(OV_FRAME_HELLO) + 1, 64u * 1024u + 1,
                                UINT32_MAX};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        bench_connect(bench, &bench->peer, "north");
        assert_true(peer_send_raw(&bench->peer, OV_FRAME_HELLO, lengths[i], NULL, 0));
        bench_assert_refused(&bench->peer, "frame.too_long");
        peer_close(&bench->peer);
    }
}

void oversized_frame_in_session(void **state)
{
    struct bench *bench = *state;
    static const uint16_t types[] = {OV_FRAME_PROBE_BATCH, OV_FRAME_ALERT_ACK, OV_FRAME_COUNTS,
                                     OV_FRAME_PING, OV_FRAME_ERROR};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        uint32_t length = i == 0 ? UINT32_MAX : ov_frame_max_bytes(types[i]) + 1;
        bench_live(bench);
        assert_true(peer_send_raw(&bench->peer, types[i], length, NULL, 0));
        bench_assert_refused(&bench->peer, "frame.too_long");
        peer_close(&bench->peer);
    }
}

void unknown_type(void **state)
{
    struct bench *bench = *state;
    bench_connect(bench, &bench->peer, "north");
    assert_true(peer_send_raw(&bench->peer, 999, 0, NULL, 0));
    bench_assert_refused(&bench->peer, "frame.unknown_type");
    peer_close(&bench->peer);
    bench_live(bench);
    assert_true(peer_send_raw(&bench->peer, 0, 0, NULL, 0));
    bench_assert_refused(&bench->peer, "frame.unknown_type");
}

static void refuse_each(struct bench *bench, const uint16_t *types, size_t count, bool in_session)
{
    for (size_t i = 0; i < count; i++) {
        if (in_session)
            bench_live(bench);
        else
            bench_connect(bench, &bench->peer, "north");
        assert_true(peer_send_raw(&bench->peer, types[i], 0, NULL, 0));
        bench_assert_refused(&bench->peer, "frame.not_now");
        peer_close(&bench->peer);
    }
}

void what_only_a_server_says(void **state)
{
    static const uint16_t types[] = {
        OV_FRAME_WELCOME,    OV_FRAME_BATCH_ACK,        OV_FRAME_ALERT, OV_FRAME_CROP_REQUEST,
        OV_FRAME_COUNTS_ACK, OV_FRAME_DEPLOYMENT_STATE, OV_FRAME_LEASE};
    refuse_each(*state, types, sizeof(types) / sizeof(types[0]), true);
}

void anything_before_hello(void **state)
{
    static const uint16_t types[] = {OV_FRAME_PROBE_BATCH, OV_FRAME_ALERT_ACK, OV_FRAME_CROP,
                                     OV_FRAME_COUNTS,      OV_FRAME_PING,      OV_FRAME_PONG};
    refuse_each(*state, types, sizeof(types) / sizeof(types[0]), false);
}

void second_hello(void **state)
{
    struct bench *bench = *state;
    struct ov_hello hello;
    struct ov_secret frame = OV_SECRET_INIT;
    bench_hello(bench, &hello);
    bench_live(bench);
    bench_assert_hello_refused(bench, &bench->peer, &hello, "frame.not_now");
    peer_close(&bench->peer);
    /* And at once behind the first, before it can have been answered. */
    bench_connect(bench, &bench->peer, "north");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ov_hello_encode(&hello, &frame), OV_OK);
        assert_true(peer_send_frame(&bench->peer, &frame));
    }
    bench_assert_refused(&bench->peer, "frame.not_now");
}

void bodies_that_are_no_messages(void **state)
{
    struct bench *bench = *state;
    static const uint16_t types[] = {OV_FRAME_PROBE_BATCH, OV_FRAME_ALERT_ACK, OV_FRAME_CROP,
                                     OV_FRAME_COUNTS,      OV_FRAME_PING,      OV_FRAME_PONG};
    uint8_t body[64];
    memset(body, 0xff, sizeof(body));
    bench_connect(bench, &bench->peer, "north");
    assert_true(peer_send_raw(&bench->peer, OV_FRAME_HELLO, sizeof(body), body, sizeof(body)));
    bench_assert_refused(&bench->peer, "message.format");
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        peer_close(&bench->peer);
        bench_live(bench);
        assert_true(peer_send_raw(&bench->peer, types[i], sizeof(body), body, sizeof(body)));
        bench_assert_refused(&bench->peer, "message.format");
    }
}

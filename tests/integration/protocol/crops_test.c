/* The picture behind an alert: asked for, checked against the probe, sealed; or not there. */
#include <stdio.h>
#include <string.h>

#include "tests/integration/protocol/bench.h"
#include "tests/integration/protocol/tests.h"

#define CHECK_LIMIT_MS 30000 /* the server runs its models on it */

/* bench->peer has an alert of its own, and has been asked for the crop. */
static void raise_one(struct bench *bench, struct ov_crop_request *ret)
{
    bench_live(bench);
    assert_true(bench_probe(&bench->peer, 1, 1, face_values(&bench->faces.wanted)));
    do
        assert_true(peer_receive_crop_request(&bench->peer, BENCH_LIMIT_MS, ret));
    while (!ov_id_equal(&ret->run_id, &bench->run_id));
    assert_int_equal(ret->sequence, 1);
    assert_true(peer_send_alert_ack(&bench->peer, &ret->alert_id));
}

static bool await_crop(struct bench *bench, const struct ov_id *alert_id, const char *state,
                       bool kept, int limit_ms)
{
    char sql[512];
    char text[OV_ID_TEXT_SIZE];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM overt.alert WHERE id = '%s' AND crop_state = '%s' AND "
                   "(sealed_crop IS NOT NULL) = %s AND sealed_probe IS NULL",
                   ov_id_format(alert_id, text), state, kept ? "true" : "false");
    return world_await_number(&bench->world, sql, 1, limit_ms);
}

static bool is_awaited(struct bench *bench, const struct ov_id *alert_id)
{
    return bench_count(bench,
                       "SELECT count(*) FROM overt.alert WHERE id = '%s' AND crop_state = "
                       "'awaited' AND sealed_crop IS NULL AND sealed_probe IS NOT NULL",
                       alert_id) == 1;
}

void crop_of_the_probe_matches(void **state)
{
    struct bench *bench = *state;
    struct ov_crop_request request;
    raise_one(bench, &request);
    assert_true(peer_send_crop(&bench->peer, &request.alert_id, 1, &bench->faces.wanted.crop));
    assert_true(await_crop(bench, &request.alert_id, "matches", true, CHECK_LIMIT_MS));
    /* A second one is not taken in its place. */
    assert_true(peer_send_crop(&bench->peer, &request.alert_id, 1, &bench->faces.stranger.crop));
    assert_true(peer_pings(&bench->peer, BENCH_LIMIT_MS));
    assert_false(await_crop(bench, &request.alert_id, "differs", true, 500));
}

void crop_of_somebody_else_differs(void **state)
{
    struct bench *bench = *state;
    struct ov_crop_request request;
    raise_one(bench, &request);
    assert_true(peer_send_crop(&bench->peer, &request.alert_id, 1, &bench->faces.stranger.crop));
    assert_true(await_crop(bench, &request.alert_id, "differs", true, CHECK_LIMIT_MS));
}

void crop_that_is_no_jpeg_is_not_kept(void **state)
{
    struct bench *bench = *state;
    struct ov_crop_request request;
    struct ov_secret text = OV_SECRET_INIT;
    assert_int_equal(ov_secret_copy(&text, "not a picture at all", 20), OV_OK);
    raise_one(bench, &request);
    assert_true(peer_send_crop(&bench->peer, &request.alert_id, 1, &text));
    assert_true(await_crop(bench, &request.alert_id, "differs", false, CHECK_LIMIT_MS));
    ov_secret_free(&text);
}

void crop_that_is_gone_is_missing(void **state)
{
    struct bench *bench = *state;
    struct ov_crop_request request;
    struct ov_secret none = OV_SECRET_INIT;
    raise_one(bench, &request);
    assert_true(peer_send_crop(&bench->peer, &request.alert_id, 1, &none));
    assert_true(await_crop(bench, &request.alert_id, "missing", false, CHECK_LIMIT_MS));
}

void crop_nobody_asked_for(void **state)
{
    struct bench *bench = *state;
    struct ov_id nothing = ov_id_new();
    bench_live(bench);
    assert_true(peer_send_crop(&bench->peer, &nothing, 1, &bench->faces.stranger.crop));
    assert_true(peer_pings(&bench->peer, BENCH_LIMIT_MS));
    assert_false(bench_probe(&bench->peer, 1, 1, NULL));
}

void crop_of_another_run_is_not_taken(void **state)
{
    struct bench *bench = *state;
    struct ov_crop_request request;
    struct ov_hello hello;
    raise_one(bench, &request);
    assert_true(peer_send_crop(&bench->peer, &request.alert_id, 2, &bench->faces.wanted.crop));
    assert_true(peer_pings(&bench->peer, BENCH_LIMIT_MS)); /* another sequence */
    peer_close(&bench->peer);
    bench_hello(bench, &hello);
    hello.run_id = ov_id_new();
    bench_join(bench, &bench->peer, "north", &hello);
    assert_true(peer_send_crop(&bench->peer, &request.alert_id, 1, &bench->faces.wanted.crop));
    assert_true(peer_pings(&bench->peer, BENCH_LIMIT_MS));
    assert_false(await_crop(bench, &request.alert_id, "matches", true, 1500));
    assert_true(is_awaited(bench, &request.alert_id));
}

/* Crop: alert id, sequence 1 and so many bytes of picture. */
static void send_crop_bytes(struct bench *bench, uint32_t jpeg_bytes)
{
    static const uint8_t zeros[4096];
    uint8_t head[64] = {0x0a, 16};
    size_t at = 2 + 16;
    uint32_t left = jpeg_bytes;
    head[at++] = 0x10;
    head[at++] = 1;
    head[at++] = 0x1a;
    do {
        head[at++] = (uint8_t)((left & 0x7fu) | (left > 0x7fu ? 0x80u : 0u));
        left >>= 7;
    } while (left > 0);
    bench_live(bench);
    assert_true(peer_send_raw(&bench->peer, OV_FRAME_CROP, (uint32_t)at + jpeg_bytes, head, at));
    for (uint32_t sent = 0; sent < jpeg_bytes; sent += sizeof(zeros)) {
        uint32_t rest = jpeg_bytes - sent;
        (void)peer_send(&bench->peer, zeros, rest < sizeof(zeros) ? rest : sizeof(zeros));
    }
}

void crop_too_long(void **state)
{
    struct bench *bench = *state;
    send_crop_bytes(bench, OV_CROP_JPEG_MAX + 1);
    bench_assert_refused(&bench->peer, "message.jpeg");
    peer_close(&bench->peer);
    send_crop_bytes(bench, ov_frame_max_bytes(OV_FRAME_CROP) + 1);
    bench_assert_refused(&bench->peer, "frame.too_long");
}

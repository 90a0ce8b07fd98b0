/* Counts and acknowledgements of alerts: the messages that go to the desk. */
#include <stdio.h>

#include "common/base/clock.h"
#include "tests/integration/protocol/bench.h"
#include "tests/integration/protocol/tests.h"

#define MINUTE_US (60 * OV_US_PER_S)

static struct ov_counts last_minute(const struct bench *bench)
{
    int64_t now = ov_clock_utc_us(ov_clock_system());
    struct ov_counts counts = {.run_id = bench->run_id,
                               .minute_us = now - now % MINUTE_US - MINUTE_US,
                               .faces_seen = 41,
                               .probes_sent = 39};
    counts.rejected[OV_REJECT_CAPACITY] = 2;
    (void)snprintf(counts.camera, sizeof(counts.camera), "cam1");
    return counts;
}

static void send_counts(struct bench *bench, const struct ov_counts *counts)
{
    struct ov_secret frame = OV_SECRET_INIT;
    assert_int_equal(ov_counts_encode(counts, &frame), OV_OK);
    assert_true(peer_send_frame(&bench->peer, &frame));
}

void counts_are_stored_once(void **state)
{
    struct bench *bench = *state;
    struct ov_counts counts = last_minute(bench);
    bench_live(bench);
    for (int i = 0; i < 3; i++) {
        struct peer_frame frame;
        struct ov_counts_ack ack;
        send_counts(bench, &counts);
        assert_true(peer_receive_type(&bench->peer, OV_FRAME_COUNTS_ACK, BENCH_LIMIT_MS, &frame));
        assert_int_equal(ov_counts_ack_decode(frame.body, frame.header.length, &ack, NULL), OV_OK);
        peer_frame_done(&frame);
        assert_true(ov_id_equal(&ack.run_id, &bench->run_id));
        assert_int_equal(ack.minute_us, counts.minute_us);
    }
    assert_int_equal(bench_count(bench,
                                 "SELECT count(*) * 1000 + sum(faces_seen) + sum(rejected_capacity)"
                                 " FROM audit.minute_count WHERE run_id = '%s'",
                                 &bench->run_id),
                     1000 + 41 + 2);
}

void counts_of_another_run_or_camera(void **state)
{
    struct bench *bench = *state;
    struct ov_counts counts = last_minute(bench);
    counts.run_id = ov_id_new();
    bench_live(bench);
    send_counts(bench, &counts);
    bench_assert_refused(&bench->peer, "counts.run");
    peer_close(&bench->peer);
    counts = last_minute(bench);
    (void)snprintf(counts.camera, sizeof(counts.camera), "cam9");
    bench_live(bench);
    send_counts(bench, &counts);
    bench_assert_refused(&bench->peer, "counts.camera");
}

void counts_from_the_future(void **state)
{
    struct bench *bench = *state;
    struct ov_counts counts = last_minute(bench);
    counts.minute_us += 10 * MINUTE_US;
    bench_live(bench);
    send_counts(bench, &counts);
    bench_assert_refused(&bench->peer, "counts.from_future");
}

void ack_of_an_unknown_alert(void **state)
{
    struct bench *bench = *state;
    struct ov_id nothing = ov_id_new();
    bench_live(bench);
    assert_true(peer_send_alert_ack(&bench->peer, &nothing));
    assert_true(peer_pings(&bench->peer, BENCH_LIMIT_MS));
    assert_false(bench_probe(&bench->peer, 1, 1, NULL));
}

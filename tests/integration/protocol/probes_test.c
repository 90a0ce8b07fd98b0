/* Batches whose probes are wrong. Wrong values are put into the bytes of a right batch. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "tests/integration/protocol/bench.h"
#include "tests/integration/protocol/tests.h"

#define WIRE_BYTES ((size_t)2 * PEER_DIMENSION)

/* A batch of one probe as a frame, and where in it the descriptor begins. */
static uint8_t *encode_one(struct ov_secret *ret_frame)
{
    struct ov_probe probe;
    uint8_t wire[WIRE_BYTES];
    peer_probe(&probe, 1, NULL);
    struct ov_probe_batch batch = {1, 1, &probe};
    assert_int_equal(ov_probe_batch_encode(&batch, PEER_DIMENSION, ret_frame), OV_OK);
    peer_wire_form((const float *)(const void *)probe.descriptor.data, wire);
    ov_secret_free(&probe.descriptor);
    uint8_t *at = memmem(ret_frame->data, ret_frame->size, wire, sizeof(wire));
    assert_non_null(at);
    return at;
}

static void refuse_half(struct bench *bench, uint16_t half, const char *code)
{
    struct ov_secret frame = OV_SECRET_INIT;
    uint8_t *at = encode_one(&frame);
    at[20] = (uint8_t)half;
    at[21] = (uint8_t)(half >> 8);
    bench_live(bench);
    assert_true(peer_send_frame(&bench->peer, &frame));
    bench_assert_refused(&bench->peer, code);
    peer_close(&bench->peer);
}

void descriptor_not_finite(void **state)
{
    refuse_half(*state, 0x7e00, "probe.not_finite"); /* NaN */
    refuse_half(*state, 0x7c00, "probe.not_finite"); /* infinity */
    refuse_half(*state, 0xfc00, "probe.not_finite"); /* minus infinity */
}

/* A whole descriptor of this length. */
static void send_scaled(struct bench *bench, float norm)
{
    struct ov_secret frame = OV_SECRET_INIT;
    float values[PEER_DIMENSION];
    uint8_t *at = encode_one(&frame);
    peer_random_descriptor(values);
    for (size_t i = 0; i < PEER_DIMENSION; i++)
        values[i] *= norm;
    peer_wire_form(values, at);
    bench_live(bench);
    assert_true(peer_send_frame(&bench->peer, &frame));
}

void descriptor_not_normalised(void **state)
{
    struct bench *bench = *state;
    static const float norms[] = {0.0F, 0.99F, 0.9975F, 1.0025F, 1.01F, 100.0F};
    for (size_t i = 0; i < sizeof(norms) / sizeof(norms[0]); i++) {
        send_scaled(bench, norms[i]);
        bench_assert_refused(&bench->peer, "probe.not_normalised");
        peer_close(&bench->peer);
    }
}

void descriptor_within_tolerance(void **state)
{
    struct bench *bench = *state;
    static const float norms[] = {0.9985F, 1.0015F};
    for (size_t i = 0; i < sizeof(norms) / sizeof(norms[0]); i++) {
        struct ov_batch_ack ack;
        send_scaled(bench, norms[i]);
        assert_true(peer_receive_ack(&bench->peer, BENCH_LIMIT_MS, &ack));
        peer_close(&bench->peer);
    }
}

void descriptor_of_another_dimension(void **state)
{
    struct bench *bench = *state;
    struct ov_secret frame = OV_SECRET_INIT;
    struct ov_probe probe;
    peer_probe(&probe, 1, NULL);
    float *values = (float *)(void *)probe.descriptor.data;
    memset(values, 0, probe.descriptor.size);
    values[0] = 1.0F;
    probe.descriptor.size /= 2;
    struct ov_probe_batch batch = {1, 1, &probe};
    assert_int_equal(ov_probe_batch_encode(&batch, PEER_DIMENSION / 2, &frame), OV_OK);
    probe.descriptor.size *= 2;
    ov_secret_free(&probe.descriptor);
    bench_live(bench);
    assert_true(peer_send_frame(&bench->peer, &frame));
    bench_assert_refused(&bench->peer, "probe.dimension");
}

void sequence_zero(void **state)
{
    struct bench *bench = *state;
    static const uint8_t begins[] = {0x08, 0x01, 0x12, 0x04, 'c', 'a', 'm', '1'};
    struct ov_secret frame = OV_SECRET_INIT;
    (void)encode_one(&frame);
    uint8_t *at = memmem(frame.data, frame.size, begins, sizeof(begins));
    assert_non_null(at);
    at[1] = 0;
    bench_live(bench);
    assert_true(peer_send_frame(&bench->peer, &frame));
    bench_assert_refused(&bench->peer, "message.sequence");
}

/* Sends count probes as one batch, after spoil has had its way with them. */
static void send_spoilt(struct bench *bench, size_t count,
                        void (*spoil)(struct ov_probe *probes, size_t count))
{
    struct ov_probe probes[8];
    assert_true(count <= 8);
    for (size_t i = 0; i < count; i++)
        peer_probe(&probes[i], i + 1, face_values(&bench->faces.wanted));
    spoil(probes, count);
    bench_live(bench);
    assert_true(peer_send_probes(&bench->peer, 1, probes, count));
    for (size_t i = 0; i < count; i++)
        ov_secret_free(&probes[i].descriptor);
}

static void repeat_sequence(struct ov_probe *probes, size_t count)
{
    probes[count - 1].sequence = probes[0].sequence;
}

void sequence_twice_in_a_batch(void **state)
{
    struct bench *bench = *state;
    send_spoilt(bench, 3, repeat_sequence);
    bench_assert_refused(&bench->peer, "probe.twice");
}

void batch_of_none(void **state)
{
    struct bench *bench = *state;
    static const uint8_t number_only[] = {0x08, 0x01};
    bench_live(bench);
    assert_true(peer_send_raw(&bench->peer, OV_FRAME_PROBE_BATCH, sizeof(number_only), number_only,
                              sizeof(number_only)));
    bench_assert_refused(&bench->peer, "message.probes");
}

void batch_of_too_many(void **state)
{
    struct bench *bench = *state;
    struct ov_probe probes[OV_BATCH_PROBES_MAX];
    struct ov_probe_batch batch = {1, OV_BATCH_PROBES_MAX, probes};
    struct ov_secret full = OV_SECRET_INIT;
    struct ov_secret one = OV_SECRET_INIT;
    for (size_t i = 0; i < OV_BATCH_PROBES_MAX; i++)
        peer_probe(&probes[i], i + 2, NULL);
    assert_int_equal(ov_probe_batch_encode(&batch, PEER_DIMENSION, &full), OV_OK);
    for (size_t i = 0; i < OV_BATCH_PROBES_MAX; i++)
        ov_secret_free(&probes[i].descriptor);
    (void)encode_one(&one); /* the 65th */
    bench_live(bench);
    size_t one_bytes = one.size - OV_FRAME_HEADER_BYTES;
    size_t full_bytes = full.size - OV_FRAME_HEADER_BYTES;
    assert_true(peer_send_raw(&bench->peer, OV_FRAME_PROBE_BATCH,
                              (uint32_t)(full_bytes + one_bytes), full.data + OV_FRAME_HEADER_BYTES,
                              full_bytes));
    assert_true(peer_send(&bench->peer, one.data + OV_FRAME_HEADER_BYTES, one_bytes));
    ov_secret_free(&full);
    ov_secret_free(&one);
    bench_assert_refused(&bench->peer, "message.probes");
}

void batch_numbers_go_back(void **state)
{
    struct bench *bench = *state;
    bench_live(bench);
    assert_false(bench_probe(&bench->peer, 5, 1, NULL));
    assert_true(peer_send_one(&bench->peer, 5, 2, NULL));
    bench_assert_refused(&bench->peer, "batch.order");
}

static void rename_camera(struct ov_probe *probes, size_t count)
{
    (void)snprintf(probes[count - 1].camera, sizeof(probes[0].camera), "cam2");
}

void camera_that_hello_did_not_name(void **state)
{
    struct bench *bench = *state;
    send_spoilt(bench, 1, rename_camera);
    bench_assert_refused(&bench->peer, "probe.camera");
}

static void advance_clock(struct ov_probe *probes, size_t count)
{
    probes[count - 1].captured_at_us += 60 * OV_US_PER_S;
}

void probe_from_the_future(void **state)
{
    struct bench *bench = *state;
    send_spoilt(bench, 1, advance_clock);
    bench_assert_refused(&bench->peer, "probe.from_future");
}

/* Seven probes of the person who is sought, and one that is wrong: none is compared. */
void one_bad_probe_refuses_the_batch(void **state)
{
    struct bench *bench = *state;
    send_spoilt(bench, 8, advance_clock);
    bench_assert_refused(&bench->peer, "probe.from_future");
}

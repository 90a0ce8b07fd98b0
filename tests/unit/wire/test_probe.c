/* Probe batches: descriptors there and back, and the ways in which they can be wrong. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/half.h"
#include "tests/unit/wire/samples.h"

static float *values_of(const struct ov_probe *probe)
{
    return (float *)(void *)probe->descriptor.data;
}

static enum ov_status decode_frame(const struct ov_secret *frame, uint32_t dimension,
                                   struct ov_probe_batch *ret, struct ov_error *err)
{
    return ov_probe_batch_decode(frame->data + OV_FRAME_HEADER_BYTES,
                                 frame->size - OV_FRAME_HEADER_BYTES, dimension, ret, err);
}

static void descriptors_survive_to_half_precision_and_come_out_normalised(void **state)
{
    (void)state;
    static const uint32_t dimensions[] = {1, 2, 128, 512, 1024};
    for (size_t d = 0; d < 5; d++) {
        struct ov_probe_batch in = sample_batch(2, dimensions[d]);
        struct ov_probe_batch out;
        struct ov_secret frame = OV_SECRET_INIT;
        assert_int_equal(ov_probe_batch_encode(&in, dimensions[d], &frame), OV_OK);
        assert_int_equal(decode_frame(&frame, dimensions[d], &out, NULL), OV_OK);
        assert_int_equal(out.count, 2);
        double dot = 0.0;
        double norm = 0.0;
        for (uint32_t i = 0; i < dimensions[d]; i++) {
            double a = (double)values_of(&in.probes[1])[i];
            double b = (double)values_of(&out.probes[1])[i];
            dot += a * b;
            norm += b * b;
        }
        assert_true(fabs(norm - 1.0) < 1e-6);
        assert_true(dot > 1.0 - 1e-6);
        ov_probe_batch_done(&in);
        ov_probe_batch_done(&out);
        ov_secret_free(&frame);
    }
}

static void everything_else_survives_exactly(void **state)
{
    (void)state;
    struct ov_probe_batch in = sample_batch(OV_BATCH_PROBES_MAX, 1024); /* the largest there is */
    struct ov_probe_batch out;
    struct ov_secret frame = OV_SECRET_INIT;
    for (size_t i = 0; i < in.count; i++) {
        memset(in.probes[i].camera, 'x', OV_CAMERA_NAME_SIZE - 1);
        in.probes[i].sequence = UINT64_MAX - i;
        in.probes[i].track = UINT64_MAX;
    }
    assert_int_equal(ov_probe_batch_encode(&in, 1024, &frame), OV_OK);
    assert_int_equal(decode_frame(&frame, 1024, &out, NULL), OV_OK);
    assert_int_equal(out.batch, in.batch);
    for (size_t i = 0; i < in.count; i++) {
        assert_true(out.probes[i].sequence == in.probes[i].sequence);
        assert_true(out.probes[i].track == in.probes[i].track);
        assert_string_equal(out.probes[i].camera, in.probes[i].camera);
        assert_true(out.probes[i].captured_at_us == in.probes[i].captured_at_us);
        assert_int_equal(out.probes[i].box_top, in.probes[i].box_top);
        assert_memory_equal(&out.probes[i].quality, &in.probes[i].quality, 7 * sizeof(float));
    }
    ov_probe_batch_done(&in);
    ov_probe_batch_done(&out);
    ov_probe_batch_done(&out); /* harmless on an empty one */
    ov_secret_free(&frame);
}

#define REFUSES(change)                                                                            \
    do {                                                                                           \
        struct ov_probe_batch b = sample_batch(2, SAMPLE_DIMENSION);                               \
        struct ov_probe *p = &b.probes[1];                                                         \
        struct ov_secret frame = OV_SECRET_INIT;                                                   \
        (void)p;                                                                                   \
        change;                                                                                    \
        assert_int_equal(ov_probe_batch_encode(&b, SAMPLE_DIMENSION, &frame), OV_ERR_INVALID);     \
        assert_null(frame.data);                                                                   \
        b.count = 2;                                                                               \
        ov_probe_batch_done(&b);                                                                   \
    } while (0)

static void a_probe_says_only_what_can_be(void **state)
{
    (void)state;
    REFUSES(b.count = 0);
    REFUSES(b.count = OV_BATCH_PROBES_MAX + 1);
    REFUSES(p->sequence = 0);
    REFUSES(p->camera[0] = '\0');
    REFUSES(p->camera[3] = ' ');
}

static void times_and_boxes_can_be(void **state)
{
    (void)state;
    REFUSES(p->captured_at_us = 0);
    REFUSES(p->captured_at_us = INT64_MAX);
    REFUSES(p->box_left = 65536);
    REFUSES(p->box_top = UINT32_MAX);
    REFUSES(p->box_width = 0);
    REFUSES(p->box_height = 0);
    REFUSES(p->frame_width = 65536);
    REFUSES(p->frame_height = 0); /* a width without a height */
}

static void qualities_and_descriptors_are_numbers(void **state)
{
    (void)state;
    REFUSES(p->quality.sharpness = NAN);
    REFUSES(p->quality.contrast = INFINITY);
    REFUSES(p->quality.yaw_deg = -1e9f);
    REFUSES(ov_secret_free(&p->descriptor));
    REFUSES(p->descriptor.size -= 4);
    REFUSES(values_of(p)[3] = NAN);
    REFUSES(values_of(p)[3] = INFINITY);
    REFUSES(values_of(p)[3] = 1e6f); /* infinite as a half */
    REFUSES(values_of(p)[3] += 0.5f);
    REFUSES(memset(p->descriptor.data, 0, p->descriptor.size));
}

/* ---- what our encoder cannot make: the last probe's descriptor is changed in the frame ---- */

static void put_half(struct ov_secret *frame, size_t index_from_end, uint16_t half)
{
    frame->data[frame->size - 2 * index_from_end] = (uint8_t)half;
    frame->data[frame->size - 2 * index_from_end + 1] = (uint8_t)(half >> 8);
}

static struct ov_secret one_hot_frame(float value)
{
    struct ov_probe_batch batch = sample_batch(1, 4);
    struct ov_secret frame = OV_SECRET_INIT;
    memset(batch.probes[0].descriptor.data, 0, batch.probes[0].descriptor.size);
    values_of(&batch.probes[0])[0] = 1.0f;
    assert_int_equal(ov_probe_batch_encode(&batch, 4, &frame), OV_OK);
    put_half(&frame, 4, ov_half_from_float(value));
    ov_probe_batch_done(&batch);
    return frame;
}

static void expect_refused(struct ov_secret *frame, uint32_t dimension, const char *code)
{
    struct ov_probe_batch out = {0};
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(decode_frame(frame, dimension, &out, &err), OV_ERR_PROTOCOL);
    assert_string_equal(err.code, code);
    assert_null(out.probes);
    ov_secret_free(frame);
}

static void descriptors_that_are_not_numbers_are_refused(void **state)
{
    (void)state;
    static const uint16_t bad[] = {0x7c00, 0xfc00, 0x7e00, 0x7c01, 0xffff};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ov_secret frame = one_hot_frame(1.0f);
        put_half(&frame, 1, bad[i]);
        expect_refused(&frame, 4, "probe.not_finite");
    }
}

static void descriptors_off_the_unit_sphere_are_refused(void **state)
{
    (void)state;
    static const float bad[] = {0.0f, 0.5f, 0.9970f, 1.0030f, 2.0f, 65504.0f};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ov_secret frame = one_hot_frame(bad[i]);
        expect_refused(&frame, 4, "probe.not_normalised");
    }
}

static void descriptors_a_little_off_are_renormalised(void **state)
{
    (void)state;
    static const float fine[] = {0.9985f, 1.0f, 1.0015f, -1.0f};
    for (size_t i = 0; i < 4; i++) {
        struct ov_secret frame = one_hot_frame(fine[i]);
        struct ov_probe_batch out;
        assert_int_equal(decode_frame(&frame, 4, &out, NULL), OV_OK);
        assert_true(fabsf(values_of(&out.probes[0])[0]) == 1.0f);
        ov_probe_batch_done(&out);
        ov_secret_free(&frame);
    }
}

static void descriptors_of_another_dimension_are_refused(void **state)
{
    (void)state;
    struct ov_secret frame = one_hot_frame(1.0f);
    expect_refused(&frame, 5, "probe.dimension");
    frame = one_hot_frame(1.0f);
    expect_refused(&frame, 512, "probe.dimension");
    frame = one_hot_frame(1.0f);
    expect_refused(&frame, 3, "probe.dimension"); /* the first three would do */
    struct ov_probe_batch out = {0};
    assert_int_equal(ov_probe_batch_decode(NULL, 0, 0, &out, NULL), OV_ERR_INTERNAL);
}

/* Two bytes each: a full frame would be eighty thousand probes. */
static void a_batch_of_too_many_probes_is_refused(void **state)
{
    (void)state;
    size_t max = ov_frame_max_bytes(OV_FRAME_PROBE_BATCH);
    uint8_t *data = malloc(max);
    struct ov_probe_batch out = {0};
    static const size_t counts[] = {65, 1000, 80000};
    for (size_t i = 0; i < 3; i++) {
        struct ov_error err = OV_ERROR_INIT;
        for (size_t at = 0; at < 2 * counts[i]; at += 2) {
            data[at] = 0x12; /* field 2, empty */
            data[at + 1] = 0;
        }
        assert_int_equal(ov_probe_batch_decode(data, 2 * counts[i], 4, &out, &err),
                         OV_ERR_PROTOCOL);
        assert_string_equal(err.code, i == 0 ? "message.probes" : "message.format");
    }
    free(data);
}

static void a_probe_without_its_parts_is_refused(void **state)
{
    (void)state;
    static const uint8_t bare[] = {0x12, 0x02, 0x08, 0x01}; /* a sequence and nothing else */
    struct ov_probe_batch out = {0};
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(ov_probe_batch_decode(bare, sizeof(bare), 4, &out, &err), OV_ERR_PROTOCOL);
    assert_string_equal(err.code, "message.box");
    assert_int_equal(ov_probe_batch_decode(bare, 0, 4, &out, NULL), OV_ERR_PROTOCOL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors_survive_to_half_precision_and_come_out_normalised),
        cmocka_unit_test(everything_else_survives_exactly),
        cmocka_unit_test(a_probe_says_only_what_can_be),
        cmocka_unit_test(times_and_boxes_can_be),
        cmocka_unit_test(qualities_and_descriptors_are_numbers),
        cmocka_unit_test(descriptors_that_are_not_numbers_are_refused),
        cmocka_unit_test(descriptors_off_the_unit_sphere_are_refused),
        cmocka_unit_test(descriptors_a_little_off_are_renormalised),
        cmocka_unit_test(descriptors_of_another_dimension_are_refused),
        cmocka_unit_test(a_batch_of_too_many_probes_is_refused),
        cmocka_unit_test(a_probe_without_its_parts_is_refused),
    };
    return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}

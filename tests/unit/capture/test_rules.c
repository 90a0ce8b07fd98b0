/* What Hello, ProbeBatch and Counts must satisfy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/frame.h"
#include "server/capture/rules.h"

#define NOW (INT64_C(1800000000) * OV_US_PER_S)
#define HOUR (INT64_C(3600) * OV_US_PER_S)

static const struct ov_id site_id = {{1}};

static struct deployment live_deployment(void)
{
    struct deployment deployment = {.id = {{2}},
                                    .kind = DEPLOYMENT_OPERATIONAL,
                                    .state = DEPLOYMENT_LIVE,
                                    .starts_at_us = NOW - HOUR,
                                    .ends_at_us = NOW + HOUR,
                                    .site_count = 2,
                                    .sites = {{{9}}, {{1}}}};
    memset(deployment.model_digest, 0xab, sizeof(deployment.model_digest));
    return deployment;
}

static struct ov_hello good_hello(void)
{
    struct ov_hello hello = {.protocol = OV_PROTOCOL_VERSION,
                             .run_id = {{3}},
                             .dimension = 512,
                             .source_kind = OV_SOURCE_LIVE,
                             .camera_count = 2,
                             .cameras = {"gate-1", "gate-2"}};
    memset(hello.model_digest, 0xab, sizeof(hello.model_digest));
    return hello;
}

/* gate-2 has a zone, the left half; gate-3 is another site's. */
static const struct ov_zone left_half = {4, {{0, 0}, {5000, 0}, {5000, 10000}, {0, 10000}}};
static struct deployment_camera named[3];
static size_t named_count;

static void name_cameras(size_t count)
{
    for (size_t i = 0; i < 3; i++) {
        named[i] = (struct deployment_camera){.site_id = site_id};
        (void)snprintf(named[i].camera, sizeof(named[i].camera), "gate-%zu", i + 1);
    }
    named[1].zone = left_half;
    named[2].site_id.bytes[0] ^= 0xff;
    named_count = count;
}

static void expect_hello(const struct ov_hello *hello, const struct deployment *deployment,
                         const char *code)
{
    struct ov_error err = OV_ERROR_INIT;
    struct hello_terms terms = {.deployment = deployment,
                                .site_id = site_id,
                                .dimension = 512,
                                .cameras = named,
                                .camera_count = named_count,
                                .now_us = NOW};
    enum ov_status status = check_greeting(hello, &err);
    if (status == OV_OK)
        status = check_hello(hello, &terms, &err);
    assert_string_equal(err.code, code);
    assert_int_equal(status == OV_OK, code[0] == '\0');
}

static void a_right_hello_is_accepted(void **state)
{
    struct ov_hello hello = good_hello();
    struct deployment deployment = live_deployment();
    expect_hello(&hello, &deployment, "");
}

static void a_hello_of_another_protocol_or_without_run_is_refused(void **state)
{
    struct deployment deployment = live_deployment();
    struct ov_hello hello = good_hello();
    hello.protocol = OV_PROTOCOL_VERSION - 1;
    expect_hello(&hello, &deployment, "hello.protocol");
    hello = good_hello();
    memset(&hello.run_id, 0, sizeof(hello.run_id));
    expect_hello(&hello, &deployment, "hello.run_id");
    hello = good_hello();
    (void)snprintf(hello.cameras[1], sizeof(hello.cameras[1]), "gate-1");
    expect_hello(&hello, &deployment, "hello.camera_twice");
}

static void without_authority_there_is_no_session(void **state)
{
    struct ov_hello hello = good_hello();
    struct deployment deployment = live_deployment();
    deployment.site_count = 1; /* another site's */
    expect_hello(&hello, &deployment, "deployment.other_site");
    const enum deployment_state states[] = {
        DEPLOYMENT_DRAFT,  DEPLOYMENT_APPLIED, DEPLOYMENT_AUTHORISED, DEPLOYMENT_PAUSED,
        DEPLOYMENT_CLOSED, DEPLOYMENT_ERASED,  DEPLOYMENT_REFUSED,    DEPLOYMENT_CANCELLED};
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        deployment = live_deployment();
        deployment.state = states[i];
        expect_hello(&hello, &deployment, "deployment.not_live");
    }
    deployment = live_deployment();
    deployment.starts_at_us = NOW + 1;
    expect_hello(&hello, &deployment, "deployment.too_early");
    deployment = live_deployment();
    deployment.ends_at_us = NOW;
    expect_hello(&hello, &deployment, "deployment.window_closed");
    deployment = live_deployment();
    deployment.authority = AUTHORITY_ORAL;
    deployment.written_due_at_us = NOW;
    expect_hello(&hello, &deployment, "deployment.urgent_lapsed");
    deployment.written_due_at_us = NOW + 1;
    expect_hello(&hello, &deployment, "");
    deployment.authority = AUTHORITY_WRITTEN;
    deployment.written_due_at_us = NOW;
    expect_hello(&hello, &deployment, "");
}

static void another_model_never_meets_the_list(void **state)
{
    struct deployment deployment = live_deployment();
    struct ov_hello hello = good_hello();
    hello.model_digest[31] ^= 1;
    expect_hello(&hello, &deployment, "model.differs");
    hello = good_hello();
    hello.dimension = 128;
    expect_hello(&hello, &deployment, "model.dimension");
}

static void an_operational_deployment_takes_live_cameras_only(void **state)
{
    struct deployment deployment = live_deployment();
    struct ov_hello hello = good_hello();
    hello.source_kind = OV_SOURCE_FILE;
    expect_hello(&hello, &deployment, "source.not_live");
    hello.source_kind = OV_SOURCE_STILLS;
    expect_hello(&hello, &deployment, "source.not_live");
    deployment.kind = DEPLOYMENT_EXERCISE;
    expect_hello(&hello, &deployment, "");
}

static void only_cameras_that_the_settings_name_are_taken(void **state)
{
    struct deployment deployment = live_deployment();
    struct ov_hello hello = good_hello();
    name_cameras(1);
    expect_hello(&hello, &deployment, "camera.not_authorised"); /* gate-2 is not */
    name_cameras(3);
    expect_hello(&hello, &deployment, "");
    (void)snprintf(hello.cameras[1], OV_CAMERA_NAME_SIZE, "gate-3"); /* of another site */
    expect_hello(&hello, &deployment, "camera.not_authorised");
    name_cameras(0);
    expect_hello(&hello, &deployment, "camera.not_authorised"); /* operational: never any */
    deployment.kind = DEPLOYMENT_EXERCISE;
    expect_hello(&hello, &deployment, "");
    name_cameras(3);
    expect_hello(&hello, &deployment, "camera.not_authorised"); /* where it names them */
}

static void zones_are_those_of_the_cameras_of_hello(void **state)
{
    struct ov_hello hello = good_hello();
    struct ov_welcome welcome = {.zone_count = 0};
    name_cameras(3);
    struct hello_terms terms = {.site_id = site_id, .cameras = named, .camera_count = 3};
    take_zones(&hello, &terms, &welcome);
    assert_int_equal(welcome.zone_count, 1);
    assert_string_equal(welcome.zones[0].camera, "gate-2");
    assert_true(ov_zone_equal(&welcome.zones[0].zone, &left_half));
    name_cameras(2);
}

static void fill_batch(struct ov_probe_batch *batch, struct ov_probe *probes, size_t count)
{
    memset(probes, 0, count * sizeof(*probes));
    *batch = (struct ov_probe_batch){.batch = 7, .count = count, .probes = probes};
    for (size_t i = 0; i < count; i++) {
        probes[i].sequence = 100 + i;
        probes[i].captured_at_us = NOW - OV_US_PER_S;
        probes[i].box_left = 100;
        probes[i].box_width = 60;
        probes[i].box_height = 80;
        probes[i].frame_width = 800;
        probes[i].frame_height = 600;
        probes[i].quality = (struct ov_quality){
            .eye_distance_px = 30.0f, .sharpness = 0.5f, .brightness = 0.5f, .contrast = 0.2f};
        (void)snprintf(probes[i].camera, sizeof(probes[i].camera), "gate-%zu", 1 + i % 2);
    }
}

static void expect_batch(const struct ov_probe_batch *batch, uint32_t outstanding, bool operational,
                         const char *code)
{
    struct ov_hello hello = good_hello();
    struct ov_error err = OV_ERROR_INIT;
    struct ov_welcome welcome = {
        .gate = *ov_quality_gate_probe(), .min_face_px = 60, .zone_count = 1};
    (void)snprintf(welcome.zones[0].camera, OV_CAMERA_NAME_SIZE, "gate-2");
    welcome.zones[0].zone = left_half;
    struct probe_terms terms = {.hello = &hello,
                                .welcome = &welcome,
                                .operational = operational,
                                .last_batch = 6,
                                .outstanding = outstanding,
                                .received_at_us = NOW};
    enum ov_status status = check_probe_batch(batch, &terms, &err);
    assert_string_equal(err.code, code);
    assert_int_equal(status == OV_OK, code[0] == '\0');
}

static void credit_is_never_exceeded(void **state)
{
    struct ov_probe probes[OV_BATCH_PROBES_MAX];
    struct ov_probe_batch batch;
    fill_batch(&batch, probes, OV_BATCH_PROBES_MAX);
    expect_batch(&batch, 0, true, "");
    expect_batch(&batch, CAPTURE_CREDIT - OV_BATCH_PROBES_MAX, true, "");
    expect_batch(&batch, CAPTURE_CREDIT - OV_BATCH_PROBES_MAX + 1, true, "credit.exceeded");
    expect_batch(&batch, CAPTURE_CREDIT, true, "credit.exceeded");
}

/* What the client says of a face has to pass the gate that it was given. */
static void a_probe_that_does_not_pass_the_gate_is_refused(void **state)
{
    struct ov_probe probes[2];
    struct ov_probe_batch batch;
    fill_batch(&batch, probes, 2);
    probes[1].quality.eye_distance_px = 15.0f;
    expect_batch(&batch, 0, true, "probe.quality");
    fill_batch(&batch, probes, 2);
    probes[0].quality.yaw_deg = -56.0f;
    expect_batch(&batch, 0, false, "probe.quality");
    fill_batch(&batch, probes, 2);
    probes[0].quality.brightness = 0.95f;
    expect_batch(&batch, 0, true, "probe.quality");
    fill_batch(&batch, probes, 2);
    probes[0].box_width = 45;
    expect_batch(&batch, 0, true, "");
    probes[0].box_width = 44;
    expect_batch(&batch, 0, true, "probe.too_small");
}

static void a_probe_from_outside_its_cameras_zone_is_refused(void **state)
{
    struct ov_probe probes[2];
    struct ov_probe_batch batch;
    fill_batch(&batch, probes, 2);
    probes[0].box_left = 700; /* gate-1 has no zone */
    expect_batch(&batch, 0, true, "");
    probes[1].box_left = 370; /* the centre is on the edge */
    expect_batch(&batch, 0, true, "");
    probes[1].box_left = 371;
    expect_batch(&batch, 0, true, "probe.outside_zone");
    probes[1].box_left = 0;
    probes[1].frame_width = probes[1].frame_height = 0; /* it does not say where */
    expect_batch(&batch, 0, false, "probe.outside_zone");
}

static void batches_count_up(void **state)
{
    struct ov_probe probes[2];
    struct ov_probe_batch batch;
    fill_batch(&batch, probes, 2);
    batch.batch = 6;
    expect_batch(&batch, 0, true, "batch.order");
    batch.batch = 0;
    expect_batch(&batch, 0, true, "batch.order");
}

static void a_sequence_occurs_once_in_a_batch(void **state)
{
    struct ov_probe probes[3];
    struct ov_probe_batch batch;
    fill_batch(&batch, probes, 3);
    probes[2].sequence = probes[0].sequence;
    expect_batch(&batch, 0, true, "probe.twice");
}

static void a_camera_that_was_not_named_is_refused(void **state)
{
    struct ov_probe probes[1];
    struct ov_probe_batch batch;
    fill_batch(&batch, probes, 1);
    (void)snprintf(probes[0].camera, sizeof(probes[0].camera), "gate-3");
    expect_batch(&batch, 0, true, "probe.camera");
}

static void time_of_capture_is_bounded_on_both_sides(void **state)
{
    struct ov_probe probes[1];
    struct ov_probe_batch batch;
    fill_batch(&batch, probes, 1);
    probes[0].captured_at_us = NOW + CAPTURE_AHEAD_MAX_US;
    expect_batch(&batch, 0, false, "");
    probes[0].captured_at_us = NOW + CAPTURE_AHEAD_MAX_US + 1;
    expect_batch(&batch, 0, false, "probe.from_future");
    probes[0].captured_at_us = NOW - CAPTURE_AGE_MAX_US;
    expect_batch(&batch, 0, true, "");
    probes[0].captured_at_us = NOW - CAPTURE_AGE_MAX_US - 1;
    expect_batch(&batch, 0, true, "probe.too_old");
    expect_batch(&batch, 0, false, ""); /* an exercise may use recordings */
}

static void counts_are_of_this_run_and_its_cameras(void **state)
{
    struct ov_hello hello = good_hello();
    struct ov_counts counts = {.run_id = hello.run_id, .camera = "gate-2", .minute_us = NOW};
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(check_counts(&counts, &hello, NOW, &err), OV_OK);
    counts.minute_us = NOW + 60 * OV_US_PER_S;
    assert_int_equal(check_counts(&counts, &hello, NOW, &err), OV_ERR_PROTOCOL);
    assert_string_equal(err.code, "counts.from_future");
    ov_error_clear(&err);
    counts.minute_us = NOW;
    (void)snprintf(counts.camera, sizeof(counts.camera), "gate-9");
    assert_int_equal(check_counts(&counts, &hello, NOW, &err), OV_ERR_PROTOCOL);
    assert_string_equal(err.code, "counts.camera");
    ov_error_clear(&err);
    counts.run_id.bytes[5] = 1;
    assert_int_equal(check_counts(&counts, &hello, NOW, &err), OV_ERR_PROTOCOL);
    assert_string_equal(err.code, "counts.run");
}

int main(void)
{
    name_cameras(2);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_hello_is_accepted),
        cmocka_unit_test(a_hello_of_another_protocol_or_without_run_is_refused),
        cmocka_unit_test(without_authority_there_is_no_session),
        cmocka_unit_test(another_model_never_meets_the_list),
        cmocka_unit_test(an_operational_deployment_takes_live_cameras_only),
        cmocka_unit_test(only_cameras_that_the_settings_name_are_taken),
        cmocka_unit_test(zones_are_those_of_the_cameras_of_hello),
        cmocka_unit_test(a_probe_that_does_not_pass_the_gate_is_refused),
        cmocka_unit_test(a_probe_from_outside_its_cameras_zone_is_refused),
        cmocka_unit_test(credit_is_never_exceeded),
        cmocka_unit_test(batches_count_up),
        cmocka_unit_test(a_sequence_occurs_once_in_a_batch),
        cmocka_unit_test(a_camera_that_was_not_named_is_refused),
        cmocka_unit_test(time_of_capture_is_bounded_on_both_sides),
        cmocka_unit_test(counts_are_of_this_run_and_its_cameras),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

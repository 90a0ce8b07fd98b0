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

static void expect_hello(const struct ov_hello *hello, const struct deployment *deployment,
                         const char *code)
{
    struct ov_error err = OV_ERROR_INIT;
    struct hello_terms terms = {
        .deployment = deployment, .site_id = site_id, .dimension = 512, .now_us = NOW};
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

static void fill_batch(struct ov_probe_batch *batch, struct ov_probe *probes, size_t count)
{
    memset(probes, 0, count * sizeof(*probes));
    *batch = (struct ov_probe_batch){.batch = 7, .count = count, .probes = probes};
    for (size_t i = 0; i < count; i++) {
        probes[i].sequence = 100 + i;
        probes[i].captured_at_us = NOW - OV_US_PER_S;
        (void)snprintf(probes[i].camera, sizeof(probes[i].camera), "gate-%zu", 1 + i % 2);
    }
}

static void expect_batch(const struct ov_probe_batch *batch, uint32_t outstanding, bool operational,
                         const char *code)
{
    struct ov_hello hello = good_hello();
    struct ov_error err = OV_ERROR_INIT;
    struct probe_terms terms = {.hello = &hello,
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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_hello_is_accepted),
        cmocka_unit_test(a_hello_of_another_protocol_or_without_run_is_refused),
        cmocka_unit_test(without_authority_there_is_no_session),
        cmocka_unit_test(another_model_never_meets_the_list),
        cmocka_unit_test(an_operational_deployment_takes_live_cameras_only),
        cmocka_unit_test(credit_is_never_exceeded),
        cmocka_unit_test(batches_count_up),
        cmocka_unit_test(a_sequence_occurs_once_in_a_batch),
        cmocka_unit_test(a_camera_that_was_not_named_is_refused),
        cmocka_unit_test(time_of_capture_is_bounded_on_both_sides),
        cmocka_unit_test(counts_are_of_this_run_and_its_cameras),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A face that matches: from the probe to the acknowledged alert, once. */
#include <stdio.h>
#include <string.h>

#include "tests/integration/protocol/bench.h"
#include "tests/integration/protocol/tests.h"

static long alerts_of_run(struct bench *bench)
{
    return bench_count(bench, "SELECT count(*) FROM overt.alert WHERE run_id = '%s'",
                       &bench->run_id);
}

static void await_delivered(struct bench *bench, const struct ov_id *alert_id)
{
    char sql[256];
    char text[OV_ID_TEXT_SIZE];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM overt.alert_delivery WHERE alert_id = '%s' AND acked_at "
                   "IS NOT NULL",
                   ov_id_format(alert_id, text));
    assert_true(world_await_number(&bench->world, sql, 1, BENCH_LIMIT_MS));
}

/* The alert of this test's run: those of earlier runs at the site may still be on their way. */
static void receive_own(struct bench *bench, struct ov_alert *ret)
{
    assert_true(peer_receive_alert(&bench->peer, BENCH_LIMIT_MS, ret));
    while (!ov_id_equal(&ret->run_id, &bench->run_id)) {
        assert_true(peer_send_alert_ack(&bench->peer, &ret->alert_id));
        ov_alert_done(ret);
        assert_true(peer_receive_alert(&bench->peer, BENCH_LIMIT_MS, ret));
    }
}

static void check_content(struct bench *bench, const struct ov_alert *alert)
{
    assert_true(ov_id_equal(&alert->run_id, &bench->run_id));
    assert_string_equal(alert->camera, "cam1");
    assert_string_equal(alert->category, "missing_at_risk");
    assert_string_equal(alert->response, "safeguarding");
    assert_int_equal(alert->display_name.size, strlen(WORLD_NAME));
    assert_memory_equal(alert->display_name.data, WORLD_NAME, strlen(WORLD_NAME));
    assert_in_range(alert->reference_jpeg.size, 500, OV_REFERENCE_JPEG_MAX);
    assert_int_equal(alert->reference_jpeg.data[0], 0xff);
    assert_int_equal(alert->reference_jpeg.data[1], 0xd8);
    assert_true(alert->has_score);
    assert_true(alert->score > alert->threshold && alert->score < 1.0F);
    assert_true(alert->threshold == bench->welcome.threshold);
}

void match_is_acknowledged_and_pushed(void **state)
{
    struct bench *bench = *state;
    struct ov_alert alert;
    struct ov_crop_request request;
    bench_live(bench);
    assert_true(bench->welcome.exercise);
    assert_string_equal(bench->welcome.site, "north");
    assert_true(bench_probe(&bench->peer, 1, 77, face_values(&bench->faces.wanted)));
    receive_own(bench, &alert);
    assert_int_equal(alert.sequence, 77);
    check_content(bench, &alert);
    assert_true(peer_receive_crop_request(&bench->peer, BENCH_LIMIT_MS, &request));
    assert_true(ov_id_equal(&request.alert_id, &alert.alert_id));
    assert_true(ov_id_equal(&request.run_id, &bench->run_id));
    assert_int_equal(request.sequence, 77);
    assert_true(peer_send_alert_ack(&bench->peer, &alert.alert_id));
    await_delivered(bench, &alert.alert_id);
    assert_int_equal(alerts_of_run(bench), 1);
    assert_int_equal(bench_count(bench,
                                 "SELECT count(*) FROM audit.event WHERE convert_from(body, "
                                 "'UTF8')::jsonb->>'name' = 'alert.raised' AND position('%s' IN "
                                 "convert_from(body, 'UTF8')) > 0",
                                 &alert.alert_id),
                     1);
    ov_alert_done(&alert);
}

void same_track_alerts_once(void **state)
{
    struct bench *bench = *state;
    struct ov_probe probes[2];
    struct ov_batch_ack ack;
    bench_live(bench);
    for (size_t i = 0; i < 2; i++) {
        peer_probe(&probes[i], i + 1, face_values(&bench->faces.wanted));
        probes[i].track = 5;
    }
    assert_true(peer_send_probes(&bench->peer, 1, probes, 2));
    for (size_t i = 0; i < 2; i++)
        ov_secret_free(&probes[i].descriptor);
    assert_true(peer_receive_ack(&bench->peer, BENCH_LIMIT_MS, &ack));
    assert_int_equal(ack.alerted_count, 1);
    assert_int_equal(alerts_of_run(bench), 1);
}

/* At a deployment with the default cool-down. */
void cool_down_suppresses(void **state)
{
    struct bench *bench = *state;
    struct ov_id deployment;
    world_go_live(&bench->world, "cooling", "south", -1, &deployment);
    bench_join(bench, &bench->peer, "south", NULL);
    assert_true(bench_probe(&bench->peer, 1, 1, face_values(&bench->faces.wanted)));
    assert_false(bench_probe(&bench->peer, 2, 2, face_values(&bench->faces.wanted)));
    assert_int_equal(alerts_of_run(bench), 1);
}

/* Two sites of one deployment. */
void alert_goes_to_its_own_site_only(void **state)
{
    struct bench *bench = *state;
    struct world *world = &bench->world;
    struct peer other;
    struct ov_hello hello;
    struct ov_alert alert;
    struct ov_id entry;
    struct ov_id run_id = ov_id_new();
    world_add_site(world, "pier");
    world_add_site(world, "quay");
    world_ctl_ok(world, "ada", NULL, NULL, "deployment", "create", "harbour", "--purpose", "test",
                 "--site", "pier", "--site", "quay", "--kind", "exercise", NULL);
    world_ctl_ok(world, "ada", NULL, NULL, "--yes", "deployment", "apply", "harbour", NULL);
    world_propose(world, "harbour", bench->faces.photo, FACES_REGION, "Somebody\nREF-2\n", &entry);
    world_approve(world, "harbour");
    world_attend(world, "harbour");
    world_authorise(world, "ben", "harbour");
    world_ctl_ok(world, "ben", NULL, NULL, "--yes", "deployment", "start", "harbour", NULL);
    peer_hello(&hello, bench->faces.digest, &run_id);
    (void)snprintf(hello.cameras[0], sizeof(hello.cameras[0]), "cam1");
    bench_join(bench, &other, "quay", &hello);
    bench_join(bench, &bench->peer, "pier", NULL);
    assert_true(bench_probe(&bench->peer, 1, 1, face_values(&bench->faces.wanted)));
    receive_own(bench, &alert);
    ov_alert_done(&alert);
    assert_false(bench_probe(&other, 1, 1, NULL));         /* it is there and served ... */
    assert_false(peer_receive_alert(&other, 500, &alert)); /* ... and hears nothing of pier's */
    peer_close(&other);
}

void resent_probe_makes_no_second_alert(void **state)
{
    struct bench *bench = *state;
    struct ov_alert alert;
    bench_live(bench);
    assert_true(bench_probe(&bench->peer, 1, 3, face_values(&bench->faces.wanted)));
    receive_own(bench, &alert);
    assert_true(peer_send_alert_ack(&bench->peer, &alert.alert_id));
    await_delivered(bench, &alert.alert_id);
    peer_close(&bench->peer);
    bench_live(bench);
    assert_true(bench_probe(&bench->peer, 1, 3, face_values(&bench->faces.wanted)));
    assert_true(bench_probe(&bench->peer, 2, 3, face_values(&bench->faces.wanted)));
    assert_int_equal(alerts_of_run(bench), 1);
    ov_alert_done(&alert);
}

void match_that_cannot_be_stored_is_not_acknowledged(void **state)
{
    struct bench *bench = *state;
    bench_live(bench);
    bench_move_list_key(bench, &bench->trial, true);
    assert_true(peer_send_one(&bench->peer, 1, 1, face_values(&bench->faces.wanted)));
    bench_assert_refused(&bench->peer, "server.unavailable");
    assert_int_equal(alerts_of_run(bench), 0);
    /* What was given up holds nothing that the next try needs. */
    assert_int_equal(
        world_psql_number(&bench->world,
                          "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"),
        0);
    bench_move_list_key(bench, &bench->trial, false);
    peer_close(&bench->peer);
    bench_live(bench);
    assert_true(bench_probe(&bench->peer, 1, 1, face_values(&bench->faces.wanted)));
    assert_int_equal(alerts_of_run(bench), 1);
}

void unacknowledged_alert_comes_again(void **state)
{
    struct bench *bench = *state;
    struct ov_alert first;
    struct ov_alert second;
    bench_live(bench);
    assert_true(bench_probe(&bench->peer, 1, 4, face_values(&bench->faces.wanted)));
    receive_own(bench, &first);
    peer_close(&bench->peer);
    bench_live(bench);
    receive_own(bench, &second);
    assert_true(ov_id_equal(&first.alert_id, &second.alert_id));
    assert_true(peer_send_alert_ack(&bench->peer, &second.alert_id));
    ov_alert_done(&second);
    await_delivered(bench, &first.alert_id);
    ov_alert_done(&first);
}

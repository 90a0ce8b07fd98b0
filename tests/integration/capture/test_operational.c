/*
 * An operational deployment from end to end, through overtctl and overt-capture: what has to be
 * there before it is live, and what it takes once it is: its own live camera, now, and nothing
 * else.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/base/clock.h"
#include "common/face/face.h"
#include "tests/integration/capture/client.h"
#include "tests/integration/capture/mjpeg.h"
#include "tests/integration/capture/scratch.h"
#include "tests/integration/capture/video.h"
#include "tests/integration/harness/faces.h"
#include "tests/integration/harness/peer.h"
#include "tests/integration/harness/world.h"

#define LIMIT_MS 120000
#define NAME "market"

static struct world world;
static struct scratch scratch;

static int set_up(void **state)
{
    (void)state;
    scratch_new(&scratch);
    world_new(&world);
    world_start_overtd(&world, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    int status = world.overtd > 0 ? world_stop_overtd(&world) : 0;
    world_free(&world);
    scratch_free(&scratch);
    return status;
}

static void start_of_is_refused(const char *name, const char *code)
{
    struct ov_buf out = OV_BUF_INIT;
    int status = world_ctl(&world, "ben", NULL, &out, "--yes", "deployment", "start", name, NULL);
    if (status != 1 || strstr(out.data, code) == NULL)
        fail_msg("wanted %s, got %d: %s", code, status, out.data);
    ov_buf_free(&out);
}

static void start_is_refused(const char *code)
{
    start_of_is_refused(NAME, code);
}

/* The decision of two about the model that the server runs. */
static void accept_model(void)
{
    struct ov_buf out = OV_BUF_INIT;
    world_ctl_ok(&world, "ada", NULL, &out, "--yes", "model", "propose", "--report", world.config,
                 "--threshold-floor", "0.5", NULL);
    json_t *model = json_loadb(out.data, out.length, 0, NULL);
    char id[64];
    (void)snprintf(id, sizeof(id), "%s", json_string_value(json_object_get(model, "id")));
    json_decref(model);
    ov_buf_free(&out);
    world_ctl_ok(&world, "hana", NULL, NULL, "--yes", "model", "approve", id, NULL);
}

static void list_one_person(void)
{
    char photo[PATH_MAX + 64];
    (void)snprintf(photo, sizeof(photo), "%s/" FACES_PHOTO, world.deps);
    world_ctl_ok(&world, "ada",
                 "name: " WORLD_NAME "\nreference: " WORLD_REFERENCE "\npriority: high\n"
                 "justification: reported missing and at risk\nlegal_basis: missing_person\n"
                 "image_source: family_or_public\nimage_date: 2026-01-15\n"
                 "birth_date: 1980-05-05\nexpiry: 2027-06-30\n",
                 NULL, "watchlist", "add", NAME, photo, "--category", "missing_at_risk",
                 "--response", "safeguarding", "--region", FACES_REGION, NULL);
    world_approve(&world, NAME);
}

static void test_it_goes_live_when_nothing_is_missing_and_not_before(void **state)
{
    (void)state;
    struct ov_buf out = OV_BUF_INIT;
    world_add_site(&world, "market");
    world_add_site(&world, "square");
    world_apply_operational(&world, NAME, "market", "gate-1");
    list_one_person();
    world_authorise(&world, "ben", NAME);
    start_is_refused("model.not_accepted");
    accept_model();
    start_is_refused("notice.not_published");
    world_ctl_ok(&world, "ada", NULL, NULL, "deployment", "notice", NAME, "--published",
                 "https://police.example/lfr", NULL);
    start_is_refused("deployment.signs_missing");
    assert_int_not_equal(world_psql(&world, "server",
                                    "UPDATE overt.deployment SET state = 'live', state_at = now(), "
                                    "went_live_at = now() WHERE name = '" NAME "'",
                                    &out),
                         0);
    assert_non_null(strstr(out.data, "signs at a camera have not been confirmed"));
    ov_buf_free(&out);
    assert_int_equal(world_ctl(&world, "dan", NULL, &out, "deployment", "signs", NAME, "--camera",
                               "market/gate-9", NULL),
                     1);
    assert_non_null(strstr(out.data, "deployment.camera_unknown"));
    ov_buf_free(&out);
    assert_int_equal(world_ctl(&world, "cleo", NULL, &out, "deployment", "signs", NAME, "--camera",
                               "market/gate-1", NULL),
                     1);
    assert_non_null(strstr(out.data, "permission.denied"));
    ov_buf_free(&out);
    world_ctl_ok(&world, "dan", NULL, NULL, "deployment", "signs", NAME, "--camera",
                 "market/gate-1", NULL);
    start_is_refused("duty.no_adjudicator");
    world_attend(&world, NAME);
    world_ctl_ok(&world, "ben", NULL, NULL, "--yes", "deployment", "start", NAME, NULL);
}

/* A waiver is of the prior notice; the signs at the cameras are looked for all the same. */
static void test_signs_are_never_waived(void **state)
{
    (void)state;
    world_add_site(&world, "harbour");
    world_apply_operational(&world, "waived", "harbour", "quay-1");
    world_authorise(&world, "ben", "waived");
    start_of_is_refused("waived", "notice.not_published");
    world_ctl_ok(&world, "ben", "a threat to life within the hour\n", NULL, "--yes", "deployment",
                 "notice", "waived", "--waive", NULL);
    start_of_is_refused("waived", "deployment.signs_missing");
    world_ctl_ok(&world, "ben", NULL, NULL, "--yes", "deployment", "stop", "waived", NULL);
}

static bool wait_until_said(const struct client *client, const char *text)
{
    const struct timespec nap = {0, 20000000};
    int64_t until_us = ov_clock_mono_us(ov_clock_system()) + LIMIT_MS * OV_US_PER_MS;
    while (client_said(client, text) == 0) {
        if (ov_clock_mono_us(ov_clock_system()) > until_us)
            return false;
        (void)nanosleep(&nap, NULL);
    }
    return true;
}

/* The person who is sought walks past the camera; the crew presses the pause key; the lead resumes.
 */
static void test_its_live_camera_is_searched_and_paused_from_the_site(void **state)
{
    (void)state;
    struct client client;
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_secret jpeg = OV_SECRET_INIT;
    char url[64];
    video_picture(sample_photo(1), 1280, &image);
    assert_int_equal(ov_jpeg_encode(&jpeg, &image, 90, NULL), OV_OK);
    const struct mjpeg_behaviour behaviour = {
        .jpeg = jpeg.data, .jpeg_size = jpeg.size, .every_ms = 100};
    struct mjpeg *camera = mjpeg_start(&behaviour);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/", mjpeg_port(camera));
    const char *const arguments[] = {"--open", url, "--camera", "gate-1", NULL};
    client_start(&client, &scratch, world.capture_port, world_identity(&world, "site-market"),
                 arguments);
    assert_true(wait_until_said(&client, "\"event\":\"alert\""));
    assert_int_equal(client_said(&client, "\"exercise\":false"), 1);
    assert_int_equal(kill(client.pid, SIGUSR1), 0);
    assert_true(wait_until_said(&client, "\"server_knows\":true"));
    assert_true(world_await_number(
        &world, "SELECT count(*) FROM overt.deployment WHERE state = 'paused'", 1, LIMIT_MS));
    int on = client_said(&client, "\"on\":true");
    world_ctl_ok(&world, "ben", NULL, NULL, "deployment", "resume", NAME, NULL);
    for (int i = 0; i < 600 && client_said(&client, "\"on\":true") == on; i++)
        (void)nanosleep(&(struct timespec){0, 100000000}, NULL);
    assert_int_equal(client_said(&client, "\"on\":true"), on + 1);
    (void)client_signal(&client, SIGTERM, 20000);
    mjpeg_stop(camera);
    ov_secret_free(&jpeg);
    ov_image_free(&image);
}

static void run_refused(const char *site, const char *const *arguments, const char *code)
{
    struct client client;
    client_start(&client, &scratch, world.capture_port, world_identity(&world, site), arguments);
    assert_int_equal(client_wait(&client, LIMIT_MS), 4);
    assert_true(client_said(&client, code) > 0);
    assert_int_equal(client_number(&client, "summary", "probes"), 0);
}

static void test_images_and_other_cameras_are_refused(void **state)
{
    (void)state;
    char id[64];
    struct ov_buf out = OV_BUF_INIT;
    assert_int_equal(world_psql(&world, "admin", "SELECT id FROM overt.deployment", &out), 0);
    (void)snprintf(id, sizeof(id), "%.36s", out.data);
    ov_buf_free(&out);
    const char *const image[] = {"--image", sample_photo(1), "--camera", "gate-1", NULL};
    run_refused("site-market", image, "source.not_live");
    const char *const folder[] = {"--folder", scratch_path(&scratch, "photos"), "--camera",
                                  "gate-1", NULL};
    (void)scratch_copy(&scratch, "photos/1.jpg", sample_photo(1), 0);
    run_refused("site-market", folder, "source.not_live");
    const char *const elsewhere[] = {
        "--image", sample_photo(1), "--camera", "gate-1", "--deployment", id, NULL};
    run_refused("site-square", elsewhere, "deployment.other_site");
}

static void greet(struct peer *peer, const char *camera)
{
    struct ov_hello hello;
    struct ov_id run_id = ov_id_new();
    uint8_t digest[OV_DIGEST_BYTES];
    char pack[PATH_MAX + 32];
    (void)snprintf(pack, sizeof(pack), "%s/models/default", world.deps);
    assert_int_equal(ov_model_pack_digest(pack, digest, NULL), OV_OK);
    struct peer_options options = {.identity_dir = world_identity(&world, "site-market"),
                                   .alpn = OV_ALPN_CAPTURE};
    assert_true(peer_connect(peer, world.capture_port, &options));
    peer_hello(&hello, digest, &run_id);
    hello.source_kind = OV_SOURCE_LIVE;
    (void)snprintf(hello.cameras[0], OV_CAMERA_NAME_SIZE, "%s", camera);
    struct ov_secret frame = OV_SECRET_INIT;
    assert_int_equal(ov_hello_encode(&hello, &frame), OV_OK);
    assert_true(peer_send_frame(peer, &frame));
}

static void expect_error(struct peer *peer, const char *code)
{
    char said[OV_CODE_SIZE] = "";
    assert_true(peer_receive_error(peer, 10000, said));
    assert_string_equal(said, code);
    peer_close(peer);
}

/* A stream that was recorded carries its own times; one that lies about them is not caught. */
static void test_a_replayed_stream_and_a_camera_of_another_deployment_are_refused(void **state)
{
    (void)state;
    struct peer peer;
    struct ov_probe probe;
    struct peer_frame welcome;
    greet(&peer, "gate-1");
    assert_true(peer_receive_type(&peer, OV_FRAME_WELCOME, 10000, &welcome));
    peer_frame_done(&welcome);
    peer_probe(&probe, 1, NULL);
    (void)snprintf(probe.camera, sizeof(probe.camera), "gate-1");
    probe.captured_at_us -= 16 * OV_US_PER_S;
    assert_true(peer_send_probes(&peer, 1, &probe, 1));
    ov_secret_free(&probe.descriptor);
    expect_error(&peer, "probe.too_old");
    greet(&peer, "gate-2");
    expect_error(&peer, "camera.not_authorised");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_goes_live_when_nothing_is_missing_and_not_before),
        cmocka_unit_test(test_signs_are_never_waived),
        cmocka_unit_test(test_its_live_camera_is_searched_and_paused_from_the_site),
        cmocka_unit_test(test_images_and_other_cameras_are_refused),
        cmocka_unit_test(test_a_replayed_stream_and_a_camera_of_another_deployment_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

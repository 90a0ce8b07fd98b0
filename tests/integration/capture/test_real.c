/*
 * overt-capture against the real overtd, database and all: a listed person is recognised, on images
 * and on a live camera, and the kill switch ends capturing. (Servers and clients that are killed:
 * tests/integration/days.)
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

#include "common/base/clock.h"
#include "tests/integration/capture/client.h"
#include "tests/integration/capture/mjpeg.h"
#include "tests/integration/capture/scratch.h"
#include "tests/integration/capture/video.h"
#include "tests/integration/harness/world.h"

#define LIMIT_MS 120000

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

static bool wait_until_said(const struct client *client, const char *text, int limit_ms)
{
    const struct timespec nap = {0, 20000000};
    int64_t until_us = ov_clock_mono_us(ov_clock_system()) + limit_ms * OV_US_PER_MS;
    while (client_said(client, text) == 0) {
        if (ov_clock_mono_us(ov_clock_system()) > until_us)
            return false;
        (void)nanosleep(&nap, NULL);
    }
    return true;
}

static long number_of(const char *what, const char *deployment)
{
    char sql[512];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT %s JOIN overt.deployment d ON d.id = x.deployment_id "
                   "WHERE d.name = '%s'",
                   what, deployment);
    return world_psql_number(&world, sql);
}

static void test_a_listed_person_in_a_folder_is_recognised_once(void **state)
{
    (void)state;
    struct ov_id deployment;
    struct client client;
    world_go_live(&world, "folder", "north", -1, &deployment);
    (void)scratch_copy(&scratch, "both/1.jpg", sample_photo(1), 0); /* she is on this one */
    (void)scratch_copy(&scratch, "both/2.jpg", sample_photo(6), 0);
    const char *const arguments[] = {"--folder", scratch_path(&scratch, "both"), "--linger", "15",
                                     NULL};
    client_start(&client, &scratch, world.capture_port, world_identity(&world, "site-north"),
                 arguments);
    assert_int_equal(client_wait(&client, LIMIT_MS), 0);
    assert_int_equal(client_said(&client, "\"event\":\"alert\""), 1);
    assert_int_equal(client_said(&client, WORLD_NAME), 0);
    assert_int_equal(client_said(&client, WORLD_REFERENCE), 0);
    assert_int_equal(client_number(&client, "summary", "lost"), 0);
    assert_int_equal(client_number(&client, "summary", "frames"), 2);
    assert_int_equal(
        number_of("count(*) FILTER (WHERE crop_state = 'matches') FROM overt.alert x", "folder"),
        1);
    assert_int_equal(number_of("sum(faces_seen)::int FROM audit.minute_count x", "folder"),
                     client_number(&client, "summary", "faces_seen"));
    assert_int_equal(number_of("sum(probes_sent)::int FROM audit.minute_count x", "folder"),
                     client_number(&client, "summary", "probes"));
    print_message("recognition time: %ld ms\n",
                  client_number(&client, "summary", "recognition_median_ms"));
}

static void test_the_kill_switch_ends_a_live_camera(void **state)
{
    (void)state;
    struct ov_id deployment;
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
    world_go_live(&world, "camera", "south", -1, &deployment);
    const char *const arguments[] = {"--open", url, "--camera", "gate-1", NULL};
    client_start(&client, &scratch, world.capture_port, world_identity(&world, "site-south"),
                 arguments);
    assert_true(wait_until_said(&client, "\"event\":\"alert\"", LIMIT_MS));
    world_ctl_ok(&world, "ada", NULL, NULL, "--yes", "deployment", "stop", "camera", NULL);
    assert_true(wait_until_said(&client, "\"on\":false", 5000));
    assert_int_equal(client_wait(&client, 15000), 0);
    int pictures = mjpeg_pictures(camera);
    mjpeg_stop(camera);
    assert_true(pictures > 0);
    assert_int_equal(client_said(&client, WORLD_NAME), 0);
    assert_true(number_of("sum(probes_sent)::int FROM audit.minute_count x", "camera") > 0);
    ov_secret_free(&jpeg);
    ov_image_free(&image);
}

static void test_a_deployment_that_is_over_is_refused_in_the_servers_words(void **state)
{
    (void)state;
    struct client client;
    const char *const arguments[] = {"--image", sample_photo(1), NULL};
    client_start(&client, &scratch, world.capture_port, world_identity(&world, "site-south"),
                 arguments);
    assert_int_equal(client_wait(&client, LIMIT_MS), 4);
    assert_true(client_said(&client, "deployment.not_live") > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_listed_person_in_a_folder_is_recognised_once),
        cmocka_unit_test(test_the_kill_switch_ends_a_live_camera),
        cmocka_unit_test(test_a_deployment_that_is_over_is_refused_in_the_servers_words),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

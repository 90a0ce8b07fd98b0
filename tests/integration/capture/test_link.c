/*
 * overt-capture, the program, against a scripted server: ordinary runs, authority, refusals.
 * Pictures, recognition, TLS and frames are real; only the server's decisions are the test's.
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
#include <unistd.h>

#include <cmocka.h>

#include "tests/integration/capture/mjpeg.h"
#include "tests/integration/capture/stage.h"

/* --- the ordinary run ------------------------------------------------------------------------- */

static void test_a_folder_becomes_probes_alerts_crops_and_counts(void **state)
{
    struct scripted *server = *state;
    struct client client;
    for (int i = 1; i <= 3; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "three/%d.jpg", i);
        (void)scratch_copy(&stage.scratch, name, sample_photo(i), 0);
    }
    server->alert_first = 1;
    server->asks_for_crop = true;
    START(&client, server, "--folder", scratch_path(&stage.scratch, "three"));
    assert_int_equal(stage_finish(server, &client), 0);
    assert_true(server->probes >= 3);
    assert_int_equal(server->hello.source_kind, OV_SOURCE_STILLS);
    assert_string_equal(server->hello.cameras[0], "cam1");
    assert_int_equal(server->alert_acks, 1);
    assert_int_equal(server->crops, 1);
    assert_true(server->crop_width > 20 && server->crop_width <= 320);
    assert_true(server->counts >= 1);
    assert_int_equal(client_said(&client, "\"event\":\"alert\""), 1);
    assert_int_equal(client_number(&client, "summary", "frames"), 3);
    assert_int_equal(client_number(&client, "summary", "probes"), (long)server->probes);
    assert_int_equal(client_number(&client, "summary", "acknowledged"), (long)server->probes);
    assert_int_equal(client_number(&client, "summary", "lost"), 0);
    assert_int_equal(client_number(&client, "summary", "recognition_count"), 1);
}

static void test_output_that_is_no_terminal_never_carries_a_name(void **state)
{
    struct scripted *server = *state;
    struct client client;
    server->alert_first = 1;
    START(&client, server, "--image", sample_photo(1));
    assert_int_equal(stage_finish(server, &client), 0);
    assert_int_equal(client_said(&client, "\"event\":\"alert\""), 1);
    assert_int_equal(client_said(&client, "Nobody"), 0);
    char *log = scratch_read(client.log);
    assert_null(strstr(log, "Nobody"));
    free(log);
}

static void test_counts_and_probes_agree(void **state)
{
    struct scripted *server = *state;
    struct client client;
    START(&client, server, "--open", stage.video, "--fps", "2");
    assert_int_equal(stage_finish(server, &client), 0);
    assert_int_equal(server->hello.source_kind, OV_SOURCE_FILE);
    assert_true(client_number(&client, "summary", "frames") >= 38);
    assert_int_equal(client_number(&client, "summary", "probes"), (long)server->probes);
    if (server->counts == 1)
        assert_int_equal(server->last_counts.probes_sent, server->probes);
    assert_true(server->last_counts.faces_seen >= 1);
}

static void test_nothing_is_written_to_disk(void **state)
{
    struct scripted *server = *state;
    struct client client;
    char home[PATH_MAX];
    (void)snprintf(home, sizeof(home), "%s", scratch_path(&stage.scratch, "home"));
    (void)scratch_write(&stage.scratch, "home/here", "x", 1);
    char before[PATH_MAX];
    assert_non_null(getcwd(before, sizeof(before)));
    const char *const photo = sample_photo(1);
    char whole[PATH_MAX];
    assert_non_null(realpath(photo, whole));
    assert_int_equal(chdir(home), 0);
    assert_int_equal(setenv("HOME", home, 1), 0);
    assert_int_equal(setenv("TMPDIR", home, 1), 0);
    server->alert_first = 100;
    server->asks_for_crop = true;
    START(&client, server, "--image", whole);
    int status = stage_finish(server, &client);
    (void)unsetenv("TMPDIR");
    assert_int_equal(chdir(before), 0);
    assert_int_equal(status, 0);
    assert_int_equal(scratch_count_files(home), 1);
}

/* --- authority -------------------------------------------------------------------------------- */

static void test_without_a_lease_nothing_is_captured(void **state)
{
    struct scripted *server = *state;
    struct client client;
    server->lease_ms = 0;
    START(&client, server, "--image", sample_photo(1));
    scripted_until(server, has_session, LIMIT_MS);
    scripted_spin(server, 1500);
    assert_int_equal(server->probes, 0);
    assert_int_equal(stage_end_by_signal(server, &client), 0);
    assert_int_equal(client_number(&client, "summary", "frames"), 0);
}

static void test_a_lease_with_a_wrong_signature_ends_the_session(void **state)
{
    struct scripted *server = *state;
    struct client client;
    EVP_PKEY *wrong = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    server->lease_ms = 0;
    START(&client, server, "--image", sample_photo(1));
    scripted_until(server, has_session, LIMIT_MS);
    scripted_send_lease(server, 1, 30000, wrong);
    scripted_until(server, has_error, LIMIT_MS);
    assert_string_equal(server->error_code, "lease.signature");
    assert_int_equal(server->probes, 0);
    assert_int_equal(stage_end_by_signal(server, &client), 0);
    EVP_PKEY_free(wrong);
}

static void test_a_lease_that_is_not_renewed_ends_capturing(void **state)
{
    struct scripted *server = *state;
    struct client client;
    const struct mjpeg_behaviour behaviour = {
        .jpeg = stage.picture.data, .jpeg_size = stage.picture.length, .every_ms = 100};
    struct mjpeg *camera = mjpeg_start(&behaviour);
    char url[64];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/", mjpeg_port(camera));
    server->lease_ms = 4000;
    START(&client, server, "--open", url);
    scripted_until(server, has_probes, LIMIT_MS);
    assert_int_equal(server->hello.source_kind, OV_SOURCE_LIVE);
    scripted_spin(server, 5000);
    size_t probes = server->probes;
    int pictures = mjpeg_pictures(camera);
    scripted_spin(server, 1500);
    assert_int_equal(server->probes, probes);
    assert_true(mjpeg_pictures(camera) <= pictures + 1); /* the camera itself is let go */
    assert_int_equal(client_said(&client, "\"on\":false,\"reason\":\"lease_over\""), 1);
    scripted_send_lease(server, 2, 30000, server->lease_key);
    for (int i = 0; i < 300 && server->probes == probes; i++)
        scripted_spin(server, 100);
    assert_true(server->probes > probes);
    assert_int_equal(stage_end_by_signal(server, &client), 0);
    mjpeg_stop(camera);
}

static void test_a_paused_deployment_stops_capturing_within_a_second(void **state)
{
    struct scripted *server = *state;
    struct client client;
    START(&client, server, "--open", stage.video);
    scripted_until(server, has_probes, LIMIT_MS);
    scripted_send_state(server, OV_PHASE_PAUSED, "paused");
    scripted_spin(server, 1000);
    size_t probes = server->probes;
    scripted_spin(server, 1000);
    assert_int_equal(server->probes, probes);
    scripted_send_state(server, OV_PHASE_LIVE, "resumed");
    assert_int_equal(stage_finish(server, &client), 0);
    assert_true(server->probes > probes);
}

static void test_a_closed_deployment_ends_the_run(void **state)
{
    struct scripted *server = *state;
    struct client client;
    START(&client, server, "--open", stage.video);
    scripted_until(server, has_probes, LIMIT_MS);
    scripted_send_state(server, OV_PHASE_CLOSED, "window_closed");
    assert_int_equal(stage_finish(server, &client), 4);
    assert_true(server->counts >= 1);
}

static void test_images_are_refused_for_an_operational_deployment(void **state)
{
    struct scripted *server = *state;
    struct client client;
    server->exercise = false;
    START(&client, server, "--image", sample_photo(1));
    assert_int_equal(stage_finish(server, &client), 4);
    assert_string_equal(server->error_code, "source.not_live");
    assert_int_equal(server->probes, 0);
    assert_int_equal(client_number(&client, "summary", "frames"), 0);
}

static void test_a_recording_is_refused_for_an_operational_deployment(void **state)
{
    struct scripted *server = *state;
    struct client client;
    server->exercise = false;
    START(&client, server, "--open", stage.video);
    assert_int_equal(stage_finish(server, &client), 4);
    assert_string_equal(server->error_code, "source.not_live");
    assert_int_equal(server->probes, 0);
}

/* --- refusals and reachability ---------------------------------------------------------------- */

static void test_the_servers_refusal_is_shown_in_its_words(void **state)
{
    struct scripted *server = *state;
    struct client client;
    server->refuse_code = "model.differs";
    START(&client, server, "--image", sample_photo(1));
    assert_int_equal(stage_finish(server, &client), 4);
    assert_int_equal(server->sessions, 1);
    assert_int_equal(client_said(&client, "the reason, in a sentence"), 2); /* error, summary */
}

static void test_a_server_in_trouble_is_asked_again(void **state)
{
    struct scripted *server = *state;
    struct client client;
    server->refuse_code = "server.unavailable";
    START(&client, server, "--image", sample_photo(1));
    for (int i = 0; i < 1000 && server->sessions < 2; i++)
        scripted_spin(server, 20);
    server->refuse_code = NULL;
    assert_int_equal(stage_finish(server, &client), 0);
    assert_true(server->sessions >= 3);
    assert_true(server->probes > 0);
}

static void test_an_unreachable_server_is_given_up_in_time(void **state)
{
    struct scripted *server = *state;
    struct client client;
    server->mute = true;
    START(&client, server, "--image", sample_photo(1), "--timeout", "1");
    assert_int_equal(stage_finish(server, &client), 5);
    assert_int_equal(client_said(&client, "link.unreachable"), 1);
}

static void
test_a_server_of_another_authority_is_refused_with_the_file_that_names_ours(void **state)
{
    struct scripted *server = *state;
    struct client client;
    const char *const image[] = {"--image", sample_photo(1), NULL};
    client_start(&client, &stage.scratch, server->port, stage.other_identity, image);
    assert_int_equal(stage_finish(server, &client), 4);
    assert_int_equal(client_said(&client, "tls.peer"), 1); /* the summary */
    assert_int_equal(client_said(&client, "other/site-north/ca.pem"), 1);
    assert_int_equal(server->probes, 0);
}

static void test_once_means_once(void **state)
{
    struct scripted *server = *state;
    struct client client;
    server->acks = false;
    START(&client, server, "--image", sample_photo(1), "--once");
    scripted_until(server, has_probes, LIMIT_MS);
    scripted_cut(server);
    assert_int_equal(stage_finish(server, &client), 5);
    assert_int_equal(server->sessions, 1);
}

static void test_sources_that_fail_are_told_before_the_server_is_asked(void **state)
{
    struct scripted *server = *state;
    struct client client;
    START(&client, server, "--image", "/nowhere.jpg");
    assert_int_equal(stage_finish(server, &client), 3);
    START(&client, server, "--folder", "/nowhere");
    assert_int_equal(stage_finish(server, &client), 3);
    START(&client, server, "--open", "concat:a|b");
    assert_int_equal(stage_finish(server, &client), 3);
    START(&client, server, "--image", sample_photo(1), "--model", "/nowhere");
    assert_int_equal(stage_finish(server, &client), 2);
    START(&client, server, "--nonsense");
    assert_int_equal(stage_finish(server, &client), 2);
    assert_int_equal(server->sessions, 0);
}

static void test_a_message_that_is_wrong_ends_the_session_with_an_error(void **state)
{
    struct scripted *server = *state;
    struct client client;
    server->lease_ms = 0;
    START(&client, server, "--image", sample_photo(1));
    scripted_until(server, has_session, LIMIT_MS);
    scripted_send_raw(server, OV_FRAME_ALERT, "\xff\xff\xff\xff", 4);
    scripted_until(server, has_error, LIMIT_MS);
    server->lease_ms = 30000;
    scripted_until(server, has_second_session, LIMIT_MS);
    assert_int_equal(stage_finish(server, &client), 0);
}

#define LINK_TEST(name) cmocka_unit_test_setup_teardown(name, stage_start_server, stage_stop_server)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINK_TEST(test_a_folder_becomes_probes_alerts_crops_and_counts),
        LINK_TEST(test_output_that_is_no_terminal_never_carries_a_name),
        LINK_TEST(test_counts_and_probes_agree),
        LINK_TEST(test_nothing_is_written_to_disk),
        LINK_TEST(test_without_a_lease_nothing_is_captured),
        LINK_TEST(test_a_lease_with_a_wrong_signature_ends_the_session),
        LINK_TEST(test_a_lease_that_is_not_renewed_ends_capturing),
        LINK_TEST(test_a_paused_deployment_stops_capturing_within_a_second),
        LINK_TEST(test_a_closed_deployment_ends_the_run),
        LINK_TEST(test_images_are_refused_for_an_operational_deployment),
        LINK_TEST(test_a_recording_is_refused_for_an_operational_deployment),
        LINK_TEST(test_the_servers_refusal_is_shown_in_its_words),
        LINK_TEST(test_a_server_in_trouble_is_asked_again),
        LINK_TEST(test_an_unreachable_server_is_given_up_in_time),
        LINK_TEST(test_a_server_of_another_authority_is_refused_with_the_file_that_names_ours),
        LINK_TEST(test_once_means_once),
        LINK_TEST(test_sources_that_fail_are_told_before_the_server_is_asked),
        LINK_TEST(test_a_message_that_is_wrong_ends_the_session_with_an_error),
    };
    cmocka_set_test_filter(getenv("OVERT_TEST")); /* one test by hand: a pattern of names */
    return cmocka_run_group_tests(tests, stage_prepare, stage_clean_up);
}

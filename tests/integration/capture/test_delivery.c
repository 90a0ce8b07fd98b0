/*
 * overt-capture, the program, against a scripted server: what is sent again, what is shown once,
 * what is given up and forgotten.
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

#include "client/link/event.h"
#include "client/link/link.h"
#include "client/permit.h"
#include "tests/integration/capture/mjpeg.h"
#include "tests/integration/capture/stage.h"

/* --- delivery --------------------------------------------------------------------------------- */

static void test_after_a_cut_the_same_sequences_come_again_in_the_same_run(void **state)
{
    struct scripted *server = *state;
    struct client client;
    server->acks = false;
    START(&client, server, "--image", sample_photo(1));
    scripted_until(server, has_probes, LIMIT_MS);
    size_t first = server->probes; /* on a slow machine not all faces of the picture */
    scripted_cut(server);
    server->acks = true;
    assert_int_equal(stage_finish(server, &client), 0);
    assert_int_equal(server->sessions, 2);
    assert_true(ov_id_equal(&server->first_run, &server->hello.run_id));
    assert_true(server->hello.names_deployment);
    for (size_t i = 0; i < server->probes; i++) /* from the first on again, then the rest */
        assert_int_equal(server->sequences[i], (i < first ? i : i - first) + 1);
    assert_int_equal(client_number(&client, "summary", "probes"), (long)(server->probes - first));
    assert_int_equal(client_number(&client, "summary", "acknowledged"),
                     (long)(server->probes - first));
}

static void test_an_alert_is_shown_once_however_often_it_comes(void **state)
{
    struct scripted *server = *state;
    struct client client;
    server->acks = false;
    START(&client, server, "--image", sample_photo(1));
    scripted_until(server, has_probes, LIMIT_MS);
    scripted_send_alert(server, &server->hello.run_id, 1);
    scripted_send_alert(server, &server->hello.run_id, 1);
    scripted_until(server, has_alert_ack, LIMIT_MS);
    scripted_spin(server, 300);
    server->alert_acks = 0;
    scripted_send_alert(server, &server->hello.run_id, 1);
    scripted_until(server, has_alert_ack, LIMIT_MS); /* a late repeat is acknowledged, not shown */
    scripted_cut(server);
    scripted_until(server, has_second_session, LIMIT_MS);
    server->alert_acks = 0;
    scripted_send_alert(server, &server->hello.run_id, 1);
    scripted_until(server, has_alert_ack, LIMIT_MS);
    server->acks = true;
    scripted_cut(server);
    assert_int_equal(stage_finish(server, &client), 0);
    assert_int_equal(client_said(&client, "\"event\":\"alert\""), 1);
}

static void test_never_more_in_flight_than_the_credit(void **state)
{
    struct scripted *server = *state;
    struct client client;
    server->credit = 2;
    server->acks = false;
    (void)scratch_copy(&stage.scratch, "six/1.jpg", sample_photo(1), 0);
    (void)scratch_copy(&stage.scratch, "six/2.jpg", sample_photo(2), 0);
    (void)scratch_copy(&stage.scratch, "six/3.jpg", sample_photo(3), 0);
    START(&client, server, "--folder", scratch_path(&stage.scratch, "six"));
    scripted_until(server, has_probes, LIMIT_MS);
    scripted_spin(server, 2000);
    assert_int_equal(server->probes, 2);
    server->acks = true;
    for (uint64_t batch = 1; batch <= server->last_batch; batch++)
        scripted_send_ack(server, batch, NULL, 0);
    assert_int_equal(stage_finish(server, &client), 0);
    assert_int_equal(server->outstanding_most, 2);
    assert_true(server->probes > 2);
}

static void test_a_crop_is_gone_once_the_face_did_not_alert(void **state)
{
    struct scripted *server = *state;
    struct client client;
    START(&client, server, "--open", stage.video);
    scripted_until(server, has_probes, LIMIT_MS);
    scripted_spin(server, 200);
    scripted_send_crop_request(server, &server->hello.run_id, 1);
    scripted_until(server, has_empty_crop, LIMIT_MS);
    assert_int_equal(server->crops, 0);
    assert_int_equal(stage_end_by_signal(server, &client), 0);
}

static void test_an_undelivered_crop_is_given_again_after_a_cut(void **state)
{
    struct scripted *server = *state;
    struct client client;
    server->acks = false;
    START(&client, server, "--image", sample_photo(1), "--linger", "20");
    scripted_until(server, has_probes, LIMIT_MS);
    const uint64_t one = 1;
    const struct ov_id run = server->hello.run_id;
    scripted_send_ack(server, 1, &one, 1);
    scripted_spin(server, 100);
    scripted_cut(server);
    server->acks = true;
    scripted_until(server, has_second_session, LIMIT_MS);
    scripted_send_alert(server, &run, 1);
    scripted_send_crop_request(server, &run, 1);
    scripted_until(server, has_crop, LIMIT_MS);
    scripted_spin(server, 200); /* its ping is answered: delivered and wiped */
    scripted_send_crop_request(server, &run, 1);
    int status = stage_finish(server, &client);
    assert_int_equal(status, 0);
    assert_int_equal(server->crops, 1);
}

static void test_a_crop_of_another_run_is_not_there(void **state)
{
    struct scripted *server = *state;
    struct client client;
    server->acks = false;
    START(&client, server, "--image", sample_photo(1));
    scripted_until(server, has_probes, LIMIT_MS);
    const struct ov_id other = ov_id_new();
    scripted_send_crop_request(server, &other, 1);
    scripted_until(server, has_empty_crop, LIMIT_MS);
    assert_int_equal(server->crops, 0);
    assert_int_equal(client_signal(&client, SIGKILL, 5000), 128 + SIGKILL);
}

static void test_a_live_camera_that_is_lost_is_opened_again(void **state)
{
    struct scripted *server = *state;
    struct client client;
    const struct mjpeg_behaviour behaviour = {.jpeg = stage.picture.data,
                                              .jpeg_size = stage.picture.length,
                                              .every_ms = 50,
                                              .pictures = 30};
    struct mjpeg *camera = mjpeg_start(&behaviour);
    char url[64];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/", mjpeg_port(camera));
    START(&client, server, "--open", url);
    for (int i = 0; i < 600 && mjpeg_connections(camera) < 4; i++)
        scripted_spin(server, 50); /* one looked at the header, two were lost */
    assert_true(mjpeg_connections(camera) >= 4);
    assert_true(client_said(&client, "\"event\":\"error\"") >= 2);
    assert_int_equal(stage_end_by_signal(server, &client), 0);
    mjpeg_stop(camera);
}

/* --- a terminal that is not read ---------------------------------------------------------------
 */

/* Reads what the link has to tell until an event of this kind; the caller frees it. */
static struct client_event *await_event(struct scripted *server, struct ov_queue *events,
                                        enum client_event_kind kind)
{
    for (int waited_ms = 0; waited_ms < LIMIT_MS; waited_ms += 20) {
        void *event = NULL;
        scripted_spin(server, 20);
        while (ov_queue_pop(events, 0, &event) == OV_OK) {
            if (((struct client_event *)event)->kind == kind)
                return event;
            client_event_free(event);
        }
    }
    fail_msg("no event of kind %d", (int)kind);
    return NULL;
}

static struct link *start_link(const struct scripted *server, struct permit *permit,
                               struct ov_queue *events)
{
    static char paths[3][PATH_MAX];
    static const char *const names[] = {"ca.pem", "cert.pem", "key.pem"};
    for (int i = 0; i < 3; i++)
        (void)snprintf(paths[i], PATH_MAX, "%.4000s/%s", stage.identity, names[i]);
    const struct link_options options = {
        .host = "localhost",
        .port = server->port,
        .tls = {.ca = paths[0], .cert = paths[1], .key = paths[2]},
        .dimension = 512,
        .source_kind = OV_SOURCE_LIVE,
        .camera = "cam1",
        .permit = permit,
        .events = events,
        .clock = ov_clock_system(),
    };
    struct link *link = NULL;
    assert_int_equal(link_start(&options, &link, NULL), OV_OK);
    return link;
}

static void test_an_alert_that_finds_no_room_on_the_screen_comes_again_and_counts_once(void **state)
{
    struct scripted *server = *state;
    struct permit *permit = permit_new(ov_clock_system());
    struct ov_queue *events = ov_queue_new(3); /* connected, welcome, capture: full */
    struct link *link = start_link(server, permit, events);
    scripted_until(server, has_session, LIMIT_MS);
    while (ov_queue_length(events) < 3)
        scripted_spin(server, 20);
    const struct ov_id run = server->hello.run_id;
    scripted_send_alert(server, &run, 1);
    scripted_until(server, has_second_session, LIMIT_MS);
    assert_int_equal(server->alert_acks, 0);
    client_event_free(await_event(server, events, EVENT_CAPTURE)); /* it is read again */
    scripted_send_alert(server, &run, 1);
    struct client_event *alert = await_event(server, events, EVENT_ALERT);
    link_alert_shown(link, &alert->alert.alert.alert_id);
    client_event_free(alert);
    scripted_until(server, has_alert_ack, LIMIT_MS);
    permit_stop(permit);
    assert_int_equal(link_post_report(link, report_new(REPORT_END), OV_WAIT_FOREVER), OV_OK);
    struct client_event *done = await_event(server, events, EVENT_DONE);
    assert_int_equal(done->done.totals.alerts, 1);
    client_event_free(done);
    link_free(link);
    ov_queue_free(events, client_event_free);
    permit_free(permit);
}

static bool has_crop_or_none(const struct scripted *server)
{
    return has_crop(server) || has_empty_crop(server);
}

/* A server that is there and acknowledges nothing: what it was sent is not kept for it for ever. */
static void test_what_is_never_acknowledged_is_given_up_in_time(void **state)
{
    struct scripted *server = *state;
    struct client client;
    const struct mjpeg_behaviour behaviour = {
        .jpeg = stage.picture.data, .jpeg_size = stage.picture.length, .every_ms = 100};
    struct mjpeg *camera = mjpeg_start(&behaviour);
    char url[64];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/", mjpeg_port(camera));
    server->exercise = false; /* 10 s; an exercise keeps them longer */
    server->acks = false;
    START(&client, server, "--open", url);
    scripted_until(server, has_probes, LIMIT_MS);
    scripted_spin(server, 16000);
    scripted_send_crop_request(server, &server->hello.run_id, 1);
    scripted_until(server, has_crop_or_none, LIMIT_MS);
    assert_int_equal(server->crops, 0); /* 15 s */
    size_t before = server->probes;
    scripted_cut(server);
    scripted_until(server, has_second_session, LIMIT_MS);
    scripted_spin(server, 2000);
    assert_true(server->probes > before);
    for (size_t i = before; i < server->probes; i++)
        assert_int_not_equal(server->sequences[i], 1);
    server->acks = true;
    (void)stage_end_by_signal(server, &client);
    mjpeg_stop(camera);
}

/* Captured under a permission that was taken back: not sent under the next one. */
static void test_faces_that_wait_when_the_permission_ends_are_not_sent(void **state)
{
    struct scripted *server = *state;
    struct client client;
    const struct mjpeg_behaviour behaviour = {
        .jpeg = stage.picture.data, .jpeg_size = stage.picture.length, .every_ms = 100};
    struct mjpeg *camera = mjpeg_start(&behaviour);
    char url[64];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/", mjpeg_port(camera));
    server->credit = 1;
    server->acks = false;
    START(&client, server, "--open", url);
    scripted_until(server, has_probes, LIMIT_MS);
    scripted_spin(server, 2000); /* two and more wait for credit */
    assert_int_equal(server->probes, 1);
    scripted_send_state(server, OV_PHASE_PAUSED, "deployment_paused");
    scripted_spin(server, 500);
    server->credit = 64;
    server->acks = true;
    scripted_send_ack(server, server->last_batch, NULL, 0);
    scripted_send_state(server, OV_PHASE_LIVE, "deployment_live");
    scripted_spin(server, 3000);
    assert_true(server->probes > 1);
    for (size_t i = 1; i < server->probes; i++)
        assert_true(server->sequences[i] > 2);
    assert_int_equal(stage_end_by_signal(server, &client), 0);
    mjpeg_stop(camera);
}

/* The n-th session is open. */
static int wanted_session;

static bool has_wanted_session(const struct scripted *server)
{
    return server->sessions >= wanted_session && server->is_open;
}

/* The table of frames holds on the client's side too: refused by the header, whatever the body. */
static void test_a_frame_that_a_server_may_not_send_now_ends_the_session(void **state)
{
    static const struct {
        uint16_t type;
        size_t size;
    } frames[] = {
        {999, 4},
        {OV_FRAME_PROBE_BATCH, 4}, /* only a client says that */
        {OV_FRAME_WELCOME, 4},     /* for the second time */
        {OV_FRAME_LEASE, 1025},    /* 1 KiB at most */
    };
    static const uint8_t body[1025];
    struct scripted *server = *state;
    struct client client;
    server->lease_ms = 0;
    START(&client, server, "--image", sample_photo(1));
    wanted_session = 1;
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        scripted_until(server, has_wanted_session, LIMIT_MS);
        scripted_send_raw(server, frames[i].type, body, frames[i].size);
        wanted_session++;
    }
    scripted_until(server, has_wanted_session, LIMIT_MS);
    server->lease_ms = 30000;
    scripted_send_lease(server, ++server->lease_number, 30000, server->lease_key);
    assert_int_equal(stage_finish(server, &client), 0);
    assert_int_equal(client_said(&client, "frame.unknown_type"), 1);
    assert_int_equal(client_said(&client, "frame.not_now"), 2);
    assert_int_equal(client_said(&client, "frame.too_long"), 1);
}

#define LINK_TEST(name) cmocka_unit_test_setup_teardown(name, stage_start_server, stage_stop_server)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINK_TEST(test_after_a_cut_the_same_sequences_come_again_in_the_same_run),
        LINK_TEST(test_an_alert_is_shown_once_however_often_it_comes),
        LINK_TEST(test_never_more_in_flight_than_the_credit),
        LINK_TEST(test_a_crop_is_gone_once_the_face_did_not_alert),
        LINK_TEST(test_an_undelivered_crop_is_given_again_after_a_cut),
        LINK_TEST(test_a_crop_of_another_run_is_not_there),
        LINK_TEST(test_what_is_never_acknowledged_is_given_up_in_time),
        LINK_TEST(test_faces_that_wait_when_the_permission_ends_are_not_sent),
        LINK_TEST(test_a_frame_that_a_server_may_not_send_now_ends_the_session),
        LINK_TEST(test_a_live_camera_that_is_lost_is_opened_again),
        LINK_TEST(test_an_alert_that_finds_no_room_on_the_screen_comes_again_and_counts_once),
    };
    cmocka_set_test_filter(getenv("OVERT_TEST")); /* one test by hand: a pattern of names */
    return cmocka_run_group_tests(tests, stage_prepare, stage_clean_up);
}

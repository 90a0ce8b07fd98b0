/*
 * overt-capture, the program, against a scripted server: the pause key with and without a server,
 * and the zone of recognition. Pictures, recognition, TLS and frames are real.
 */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/integration/capture/mjpeg.h"
#include "tests/integration/capture/stage.h"

static struct mjpeg *start_camera(char url[64])
{
    const struct mjpeg_behaviour behaviour = {
        .jpeg = stage.picture.data, .jpeg_size = stage.picture.length, .every_ms = 100};
    struct mjpeg *camera = mjpeg_start(&behaviour);
    (void)snprintf(url, 64, "http://127.0.0.1:%d/", mjpeg_port(camera));
    return camera;
}

static bool has_pause(const struct scripted *server)
{
    return server->pauses > 0;
}

/* Nothing is captured and nothing comes, after what was on its way. */
static void expect_no_capture(struct scripted *server, struct mjpeg *camera)
{
    scripted_spin(server, 1000);
    size_t probes = server->probes;
    int pictures = mjpeg_pictures(camera);
    scripted_spin(server, 1500);
    assert_int_equal(server->probes, probes);
    assert_true(mjpeg_pictures(camera) <= pictures + 1); /* the camera itself is let go */
}

static void expect_capture(struct scripted *server)
{
    size_t probes = server->probes;
    for (int i = 0; i < 600 && server->probes == probes; i++)
        scripted_spin(server, 100);
    assert_true(server->probes > probes);
}

/* --- the pause key ---------------------------------------------------------------------------- */

static void test_the_key_stops_capturing_and_the_server_is_told(void **state)
{
    struct scripted *server = *state;
    struct client client;
    char url[64];
    struct mjpeg *camera = start_camera(url);
    START(&client, server, "--open", url);
    scripted_until(server, has_probes, LIMIT_MS);
    assert_int_equal(kill(client.pid, SIGUSR1), 0);
    scripted_until(server, has_pause, LIMIT_MS);
    expect_no_capture(server, camera);
    assert_int_equal(client_said(&client, "\"on\":false,\"reason\":\"pause_key\""), 1);
    assert_int_equal(client_said(&client, "\"server_knows\":false"), 1);
    assert_int_equal(server->sessions, 1);
    scripted_send_state(server, OV_PHASE_PAUSED, "deployment_paused");
    scripted_spin(server, 300);
    assert_int_equal(client_said(&client, "\"server_knows\":true"), 1);
    assert_int_equal(kill(client.pid, SIGUSR1), 0); /* twice changes nothing */
    expect_no_capture(server, camera);
    assert_int_equal(server->pauses, 1);
    scripted_send_state(server, OV_PHASE_LIVE, "deployment_resumed");
    expect_capture(server);
    assert_int_equal(stage_end_by_signal(server, &client), 0);
    mjpeg_stop(camera);
}

/* The server says live because it never heard of the key: that is no resume. */
static void test_the_key_works_without_the_server_and_is_reported_when_it_is_back(void **state)
{
    struct scripted *server = *state;
    struct client client;
    char url[64];
    struct mjpeg *camera = start_camera(url);
    START(&client, server, "--open", url);
    scripted_until(server, has_probes, LIMIT_MS);
    server->refuse_code = "server.unavailable";
    scripted_cut(server);
    scripted_spin(server, 300);
    assert_int_equal(kill(client.pid, SIGUSR1), 0); /* the lease has most of its 30 s left */
    expect_no_capture(server, camera);
    assert_int_equal(client_said(&client, "\"event\":\"pause_key\""), 1);
    server->refuse_code = NULL;
    scripted_until(server, has_pause, LIMIT_MS);
    expect_no_capture(server, camera);
    assert_true(server->last_pause.pressed_at_us > 0);

    /* The answer gets lost as well: asked again, with the time of the key. */
    int64_t pressed_at_us = server->last_pause.pressed_at_us;
    server->pauses = 0;
    scripted_cut(server);
    scripted_until(server, has_pause, LIMIT_MS);
    assert_int_equal(server->last_pause.pressed_at_us, pressed_at_us);

    /* Paused, as a real server does it: the session ends, and Hello is refused until the resume. */
    server->refuse_code = "deployment.not_live";
    scripted_send_state(server, OV_PHASE_PAUSED, "deployment_paused");
    scripted_spin(server, 300);
    scripted_cut(server);
    expect_no_capture(server, camera);
    server->pauses = 0;
    server->refuse_code = NULL;
    expect_capture(server);
    assert_int_equal(server->pauses, 0);
    assert_int_equal(stage_end_by_signal(server, &client), 0);
    mjpeg_stop(camera);
}

static void test_a_key_pressed_before_the_first_session_holds(void **state)
{
    struct scripted *server = *state;
    struct client client;
    char url[64];
    struct mjpeg *camera = start_camera(url);
    server->refuse_code = "deployment.not_live"; /* it has not begun */
    START(&client, server, "--open", url);
    for (int i = 0; i < 600 && server->sessions == 0; i++)
        scripted_spin(server, 100);
    assert_int_equal(kill(client.pid, SIGUSR1), 0);
    scripted_spin(server, 500);
    server->refuse_code = NULL;
    scripted_until(server, has_pause, LIMIT_MS);
    expect_no_capture(server, camera);
    assert_int_equal(server->probes, 0);
    assert_int_equal(stage_end_by_signal(server, &client), 0);
    mjpeg_stop(camera);
}

static void test_a_change_of_the_settings_is_not_taken_for_the_pause(void **state)
{
    struct scripted *server = *state;
    struct client client;
    char url[64];
    struct mjpeg *camera = start_camera(url);
    START(&client, server, "--open", url);
    scripted_until(server, has_probes, LIMIT_MS);
    assert_int_equal(kill(client.pid, SIGUSR1), 0);
    scripted_until(server, has_pause, LIMIT_MS);
    scripted_send_state(server, OV_PHASE_PAUSED, "settings_changed");
    scripted_spin(server, 300);
    server->pauses = 0;
    scripted_cut(server);
    scripted_until(server, has_pause, LIMIT_MS); /* the new session is told again */
    expect_no_capture(server, camera);
    assert_int_equal(client_said(&client, "\"server_knows\":true"), 0);
    assert_int_equal(stage_end_by_signal(server, &client), 0);
    mjpeg_stop(camera);
}

/* --- at a terminal ---------------------------------------------------------------------------- */

struct terminal {
    int fd; /* the master's side */
    pid_t pid;
    struct ov_buf text;
};

static void become_client(const char *slave, int port, const char *url)
{
    char program[PATH_MAX];
    char server[32];
    (void)snprintf(program, sizeof(program), "%s/bin/overt-capture", getenv("OVERT_BUILD_DIR"));
    (void)snprintf(server, sizeof(server), "localhost:%d", port);
    (void)setsid();
    int fd = open(slave, O_RDWR);
    if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) != 0 || dup2(fd, 0) < 0 || dup2(fd, 1) < 0 ||
        dup2(fd, 2) < 0)
        _exit(120);
    execl(program, program, "--open", url, "--server", server, "--identity", stage.identity,
          "--linger", "1", (char *)NULL);
    _exit(121);
}

static struct terminal start_at_terminal(int port, const char *url)
{
    struct terminal terminal = {.fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    assert_true(terminal.fd >= 0);
    assert_int_equal(grantpt(terminal.fd), 0);
    assert_int_equal(unlockpt(terminal.fd), 0);
    char slave[64];
    assert_int_equal(ptsname_r(terminal.fd, slave, sizeof(slave)), 0);
    terminal.pid = fork();
    assert_true(terminal.pid >= 0);
    if (terminal.pid == 0)
        become_client(slave, port, url);
    return terminal;
}

static void read_terminal(struct terminal *terminal)
{
    struct pollfd fd = {.fd = terminal->fd, .events = POLLIN};
    char piece[4096];
    ssize_t count = 0;
    while (poll(&fd, 1, 0) > 0 && (count = read(terminal->fd, piece, sizeof(piece))) > 0)
        ov_buf_append(&terminal->text, piece, (size_t)count);
}

static void test_p_at_the_terminal_pauses_and_the_screen_says_what_runs(void **state)
{
    struct scripted *server = *state;
    char url[64];
    int status = 0;
    struct mjpeg *camera = start_camera(url);
    server->zone = (struct ov_zone){4, {{0, 0}, {10000, 0}, {10000, 9000}, {0, 9000}}};
    struct terminal terminal = start_at_terminal(server->port, url);
    scripted_until(server, has_probes, LIMIT_MS);
    read_terminal(&terminal);
    assert_non_null(strstr(terminal.text.data, "EXERCISE: site north"));
    assert_non_null(strstr(terminal.text.data, "threshold 0.500"));
    assert_non_null(strstr(terminal.text.data, "zone of recognition of cam1: 0.0,0.0 100.0,0.0"));
    assert_int_equal(write(terminal.fd, "xp", 2), 2);
    scripted_until(server, has_pause, LIMIT_MS);
    expect_no_capture(server, camera);
    read_terminal(&terminal);
    assert_non_null(strstr(terminal.text.data, "PAUSED here"));
    assert_null(strstr(terminal.text.data, "xp"));      /* no echo */
    assert_int_equal(write(terminal.fd, "\003", 1), 1); /* Ctrl-C still ends it */
    for (int i = 0; i < 600 && waitpid(terminal.pid, &status, WNOHANG) == 0; i++) {
        scripted_spin(server, 100);
        read_terminal(&terminal);
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ov_buf_free(&terminal.text);
    (void)close(terminal.fd);
    mjpeg_stop(camera);
}

/* --- the zone of recognition ------------------------------------------------------------------ */

static void test_faces_outside_the_zone_are_neither_sent_nor_counted(void **state)
{
    struct scripted *server = *state;
    struct client client;
    server->zone = (struct ov_zone){3, {{0, 0}, {200, 0}, {0, 200}}}; /* a corner of the picture */
    START(&client, server, "--image", sample_photo(1));
    assert_int_equal(stage_finish(server, &client), 0);
    assert_int_equal(server->probes, 0);
    assert_int_equal(client_number(&client, "summary", "frames"), 1);
    assert_int_equal(client_number(&client, "summary", "faces_seen"), 0);
    assert_true(server->counts == 0 || server->last_counts.faces_seen == 0);
}

static void test_a_face_inside_says_where_it_is_in_which_picture(void **state)
{
    struct scripted *server = *state;
    struct client client;
    server->zone = (struct ov_zone){4, {{500, 0}, {9500, 0}, {9500, 10000}, {500, 10000}}};
    START(&client, server, "--image", sample_photo(1));
    assert_int_equal(stage_finish(server, &client), 0);
    assert_true(server->probes > 0);
    assert_true(server->last_face.frame_width > 0 && server->last_face.frame_height > 0);
    assert_true(ov_zone_has_face(&server->zone, &server->last_face));
    assert_int_equal(client_said(&client, "\"zones\":{\"cam1\":[[500,0],"), 1);
}

/* What waits was captured by the old zone: it is not sent in a session with another. */
static void test_what_waits_is_void_when_the_zone_has_changed(void **state)
{
    struct scripted *server = *state;
    struct client client;
    server->acks = false;
    START(&client, server, "--image", sample_photo(1));
    scripted_until(server, has_probes, LIMIT_MS);
    server->probes = 0;
    server->zone = (struct ov_zone){3, {{0, 0}, {200, 0}, {0, 200}}};
    scripted_cut(server);
    assert_int_equal(stage_finish(server, &client), 0);
    assert_int_equal(server->sessions, 2);
    assert_int_equal(server->probes, 0);
    assert_true(client_number(&client, "summary", "lost") >= 1);
}

#define PAUSE_TEST(name)                                                                           \
    cmocka_unit_test_setup_teardown(name, stage_start_server, stage_stop_server)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAUSE_TEST(test_the_key_stops_capturing_and_the_server_is_told),
        PAUSE_TEST(test_the_key_works_without_the_server_and_is_reported_when_it_is_back),
        PAUSE_TEST(test_a_key_pressed_before_the_first_session_holds),
        PAUSE_TEST(test_a_change_of_the_settings_is_not_taken_for_the_pause),
        PAUSE_TEST(test_p_at_the_terminal_pauses_and_the_screen_says_what_runs),
        PAUSE_TEST(test_faces_outside_the_zone_are_neither_sent_nor_counted),
        PAUSE_TEST(test_a_face_inside_says_where_it_is_in_which_picture),
        PAUSE_TEST(test_what_waits_is_void_when_the_zone_has_changed),
    };
    cmocka_set_test_filter(getenv("OVERT_TEST"));
    return cmocka_run_group_tests(tests, stage_prepare, stage_clean_up);
}

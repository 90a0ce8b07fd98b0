/*
 * The client's side of a bad day: it is killed, or the server is killed under it. With the real
 * overt-capture and real photographs.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "tests/integration/harness/faces.h"
#include "tests/integration/harness/peer.h"
#include "tests/integration/harness/process.h"
#include "tests/integration/harness/world.h"

#define RUN_LIMIT_MS 120000
#define LIMIT_MS 10000

struct day {
    struct world world;
    struct faces faces;
};

static struct day day;

static int group_setup(void **state)
{
    *state = &day;
    world_new(&day.world);
    faces_load(&day.faces, day.world.deps);
    world_start_overtd(&day.world, NULL);
    return 0;
}

static int group_teardown(void **state)
{
    int status = day.world.overtd > 0 ? world_stop_overtd(&day.world) : 0;
    faces_free(&day.faces);
    world_free(&day.world);
    return status;
}

/* A folder of links to photographs; numbers are those of .deps/photos, in this order. */
static void make_folder(const char *folder, const char *numbers)
{
    char target[PATH_MAX + 64];
    char name[PATH_MAX + 64];
    assert_int_equal(mkdir(folder, 0700), 0);
    for (size_t i = 0; numbers[i] != '\0'; i++) {
        (void)snprintf(target, sizeof(target), "%s/photos/sample%c.jpg", day.world.deps,
                       numbers[i]);
        (void)snprintf(name, sizeof(name), "%s/%03zu.jpg", folder, i);
        assert_int_equal(symlink(target, name), 0);
    }
}

/* A recording of photographs, each for two seconds, as recordings are
 * played at the speed of life; skips the test without the ffmpeg program. */
static void make_video(const char *video, const char *numbers)
{
    char pictures[PATH_MAX];
    char pattern[PATH_MAX + 16];
    struct ov_buf out = OV_BUF_INIT;
    (void)snprintf(pictures, sizeof(pictures), "%s/pictures", day.world.dir);
    (void)snprintf(pattern, sizeof(pattern), "%s/%%03d.jpg", pictures);
    make_folder(pictures, numbers);
    const char *argv[] = {"ffmpeg", "-nostdin", "-loglevel", "error", "-framerate",
                          "1/2",    "-i",       pattern,     "-vf",   "scale=1920:1280,fps=5",
                          "-c:v",   "mjpeg",    "-q:v",      "2",     video,
                          NULL};
    int status = process_run(argv, NULL, &out, &out, 60);
    if (status != 0) /* 127: no ffmpeg program; set-up installs it */
        print_error("ffmpeg: exit %d\n%s\n", status, out.data != NULL ? out.data : "");
    ov_buf_free(&out);
    assert_int_equal(status, 0);
}

/* Starts overt-capture at a site on a source ("--folder", "--open"); what it says goes to OUT, its
 * log to OUT.log. */
static pid_t start_capture(const char *site, const char *kind, const char *source, const char *out)
{
    char program[PATH_MAX + 16];
    char server[64];
    char identity[128];
    char model[PATH_MAX + 32];
    char log[PATH_MAX + 8];
    (void)snprintf(program, sizeof(program), "%s/overt-capture", day.world.programs);
    (void)snprintf(server, sizeof(server), "localhost:%d", day.world.capture_port);
    (void)snprintf(identity, sizeof(identity), "%s/pki/site-%s", day.world.dir, site);
    (void)snprintf(model, sizeof(model), "%s/models/default", day.world.deps);
    (void)snprintf(log, sizeof(log), "%s.log", out);
    const char *argv[] = {program, "--server", server, "--identity", identity, "--model",
                          model,   kind,       source, "--json",     NULL};
    pid_t pid = process_start_split(argv, out, log);
    assert_true(pid > 0);
    return pid;
}

/* How many lines of JSON have this event; key (may be NULL) of the last one is in ret_value. */
static long count_events(const char *path, const char *event, const char *key, long *ret_value)
{
    struct ov_buf text = OV_BUF_INIT;
    long count = 0;
    if (ov_file_read(path, 16u << 20, &text, NULL) != OV_OK || text.length == 0) {
        ov_buf_free(&text);
        return 0;
    }
    char *rest = NULL;
    for (char *line = strtok_r(text.data, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        json_t *object = json_loads(line, 0, NULL);
        const char *name = json_string_value(json_object_get(object, "event"));
        if (name != NULL && strcmp(name, event) == 0) {
            count++;
            if (key != NULL)
                *ret_value = (long)json_integer_value(json_object_get(object, key));
        }
        json_decref(object);
    }
    ov_buf_free(&text);
    return count;
}

static void await_event(const char *path, const char *event, pid_t pid)
{
    int64_t until_us = ov_clock_mono_us(ov_clock_system()) + RUN_LIMIT_MS * OV_US_PER_MS;
    int status = 0;
    while (count_events(path, event, NULL, NULL) == 0) {
        assert_true(ov_clock_mono_us(ov_clock_system()) < until_us);
        assert_false(process_wait(pid, 20, &status));
    }
}

static long live_sessions(void)
{
    struct ov_buf out = OV_BUF_INIT;
    world_ctl_ok(&day.world, "ada", NULL, &out, "status", NULL);
    json_t *status = json_loadb(out.data, out.length, 0, NULL);
    long sessions =
        (long)json_integer_value(json_object_get(json_object_get(status, "live"), "sessions"));
    json_decref(status);
    ov_buf_free(&out);
    return sessions;
}

static void await_sessions(long wanted)
{
    for (int tries = 0; live_sessions() != wanted; tries++)
        assert_true(tries < 100);
}

static void join(struct peer *peer, const char *site)
{
    struct ov_id run_id = ov_id_new();
    struct ov_hello hello;
    struct ov_welcome welcome;
    char identity[128];
    (void)snprintf(identity, sizeof(identity), "%s/pki/site-%s", day.world.dir, site);
    struct peer_options options = {.identity_dir = identity, .alpn = OV_ALPN_CAPTURE};
    peer_hello(&hello, day.faces.digest, &run_id);
    assert_true(peer_connect(peer, day.world.capture_port, &options));
    assert_true(peer_greet(peer, &hello, &welcome));
}

/* It exits with 0, having shown one alert. */
static void finish_capture(pid_t pid, const char *out)
{
    int status = -1;
    assert_true(process_wait(pid, RUN_LIMIT_MS, &status));
    long alerts = count_events(out, "alert", NULL, NULL);
    if (status != 0 || alerts != 1) {
        struct ov_buf text = OV_BUF_INIT;
        if (ov_file_read(out, 1u << 20, &text, NULL) == OV_OK && text.data != NULL)
            print_error("overt-capture said:\n%s\n", text.data);
        ov_buf_free(&text);
    }
    assert_int_equal(status, 0);
    assert_int_equal(alerts, 1);
}

static void killed_client_frees_its_camera(void **state)
{
    struct ov_id deployment;
    char folder[PATH_MAX];
    char out[PATH_MAX];
    struct peer after;
    struct ov_batch_ack ack;
    world_go_live(&day.world, "client-killed", "kiosk", -1, &deployment);
    (void)snprintf(folder, sizeof(folder), "%s/long", day.world.dir);
    (void)snprintf(out, sizeof(out), "%s/killed.json", day.world.dir);
    make_folder(folder, "245624562456");
    pid_t pid = start_capture("kiosk", "--folder", folder, out);
    await_event(out, "welcome", pid);
    await_sessions(1);
    assert_int_equal(process_end(pid, SIGKILL, 5000), 128 + SIGKILL);
    await_sessions(0);
    join(&after, "kiosk"); /* with the same camera */
    assert_true(peer_send_one(&after, 1, 1, face_values(&day.faces.wanted)));
    assert_true(peer_receive_ack(&after, LIMIT_MS, &ack));
    assert_int_equal(ack.alerted_count, 1);
    peer_close(&after);
    await_sessions(0);
}

/* A client that vanished without a word (its machine lost power) does not keep the next one out. */
static void silent_client_gives_way(void **state)
{
    struct ov_id deployment;
    struct peer gone;
    struct peer after;
    struct ov_batch_ack ack;
    world_go_live(&day.world, "client-silent", "booth", -1, &deployment);
    join(&gone, "booth");
    join(&after, "booth");
    assert_true(peer_send_one(&after, 1, 1, NULL));
    assert_true(peer_receive_ack(&after, LIMIT_MS, &ack));
    assert_true(peer_sees_end(&gone, LIMIT_MS));
    peer_close(&gone);
    peer_close(&after);
}

/* Killed twice while photographs stream: every face is compared, the alert is shown once. */
static void server_killed_under_a_real_client(void **state)
{
    struct ov_id deployment;
    char folder[PATH_MAX];
    char out[PATH_MAX];
    long alerts = 0;
    long lost = -1;
    world_go_live(&day.world, "server-killed", "gate", -1, &deployment);
    (void)snprintf(folder, sizeof(folder), "%s/stream", day.world.dir);
    (void)snprintf(out, sizeof(out), "%s/stream.json", day.world.dir);
    make_folder(folder, "2451624516245");
    pid_t pid = start_capture("gate", "--folder", folder, out);
    await_event(out, "welcome", pid);
    for (int i = 0; i < 2; i++) {
        world_kill_overtd(&day.world);
        world_start_overtd(&day.world, NULL);
        if (i == 0)
            await_event(out, "alert", pid);
    }
    finish_capture(pid, out);
    assert_int_equal(count_events(out, "summary", "alerts", &alerts), 1);
    assert_int_equal(alerts, 1);
    (void)count_events(out, "summary", "lost", &lost);
    assert_int_equal(lost, 0);
    assert_true(count_events(out, "disconnected", NULL, NULL) >= 1);
    assert_int_equal(world_psql_number(&day.world,
                                       "SELECT count(*) FROM overt.alert a JOIN overt.deployment d "
                                       "ON d.id = a.deployment_id WHERE d.name = 'server-killed'"),
                     1);
}

/* A recording, with the server stopped in good order and started again, as for an upgrade. */
static void server_restarted_under_a_video(void **state)
{
    struct ov_id deployment;
    char video[PATH_MAX];
    char out[PATH_MAX];
    world_go_live(&day.world, "server-restarted", "bridge", -1, &deployment);
    (void)snprintf(video, sizeof(video), "%s/video.avi", day.world.dir);
    (void)snprintf(out, sizeof(out), "%s/video.json", day.world.dir);
    make_video(video, "24511"); /* she comes when the server is back */
    pid_t pid = start_capture("bridge", "--open", video, out);
    await_event(out, "welcome", pid);
    assert_int_equal(world_stop_overtd(&day.world), 0);
    world_start_overtd(&day.world, NULL);
    finish_capture(pid, out);
    assert_true(count_events(out, "disconnected", NULL, NULL) >= 1);
}

/* As above with the database: the client does not even notice, but for the delay. */
static void database_killed_under_a_real_client(void **state)
{
    struct ov_id deployment;
    char folder[PATH_MAX];
    char out[PATH_MAX];
    world_go_live(&day.world, "database-killed", "yard", -1, &deployment);
    (void)snprintf(folder, sizeof(folder), "%s/stream2", day.world.dir);
    (void)snprintf(out, sizeof(out), "%s/stream2.json", day.world.dir);
    make_folder(folder, "2145");
    pid_t pid = start_capture("yard", "--folder", folder, out);
    await_event(out, "welcome", pid);
    world_postgres(&day.world, "kill");
    world_postgres(&day.world, "restart");
    finish_capture(pid, out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_client_frees_its_camera),
        cmocka_unit_test(silent_client_gives_way),
        cmocka_unit_test(server_killed_under_a_real_client),
        cmocka_unit_test(server_restarted_under_a_video),
        cmocka_unit_test(database_killed_under_a_real_client),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}

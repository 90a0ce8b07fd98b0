/*
 * The server's clock jumps by hours, under its feet: libfaketime moves it, PostgreSQL's stays. What
 * is over stays over and ends in time; what is kept goes when the database's clock says so.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/file.h"
#include "tests/integration/harness/faces.h"
#include "tests/integration/harness/peer.h"
#include "tests/integration/harness/process.h"
#include "tests/integration/harness/world.h"

#define LIMIT_MS 60000
#define LIBRARY "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"

struct scene {
    struct world world;
    struct faces faces;
};
static struct scene scene;
static const char few_workers[] = "[matching]\nalert_workers = 1\napi_workers = 1\n";

/* --- the clock --- */

static void set_clock(const char *offset)
{
    const char *path = world_path(&scene.world, "clock");
    const char *fresh = world_path(&scene.world, "clock.new");
    FILE *file = fopen(fresh, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "%s\n", offset) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(fresh, path), 0);
}

static void fake_the_clock(struct world *world)
{
    static char file[PATH_MAX + 32];
    static char sanitizer[512];
    static const char preload[] = "LD_PRELOAD=" LIBRARY;
    static const char *environment[] = {preload,
                                        file,
                                        "FAKETIME_CACHE_DURATION=1",
                                        "FAKETIME_DONT_FAKE_MONOTONIC=1",
                                        "NO_FAKE_STAT=1",
                                        sanitizer,
                                        NULL};
    const char *options = getenv("ASAN_OPTIONS");
    (void)snprintf(file, sizeof(file), "FAKETIME_TIMESTAMP_FILE=%s", world_path(world, "clock"));
    (void)snprintf(sanitizer, sizeof(sanitizer), "ASAN_OPTIONS=%s:verify_asan_link_order=0",
                   options != NULL ? options : "");
    world->overtd_env = environment;
    set_clock("+0");
}

/* How often it has been told that the clock jumped. */
static size_t jumps(void)
{
    struct ov_buf log = OV_BUF_INIT;
    size_t count = 0;
    assert_int_equal(ov_file_read(scene.world.overtd_log, (size_t)1 << 30, &log, NULL), OV_OK);
    for (const char *at = log.data; at != NULL && (at = strstr(at, "clock_jumped")) != NULL; at++)
        count++;
    ov_buf_free(&log);
    return count;
}

static void jump(const char *offset)
{
    size_t before = jumps();
    set_clock(offset);
    for (int waited_ms = 0; jumps() == before; waited_ms += 100) {
        if (waited_ms > LIMIT_MS)
            fail_msg("nobody has noticed that the clock is at %s", offset);
        (void)usleep(100 * 1000);
    }
}

/* --- deployments --- */

static int group_setup(void **state)
{
    (void)state;
    if (access(LIBRARY, R_OK) != 0) {
        print_message("skipped: libfaketime is not installed; run deploy/setup\n");
        exit(77);
    }
    world_new(&scene.world);
    faces_load(&scene.faces, scene.world.deps);
    fake_the_clock(&scene.world);
    world_start_overtd(&scene.world, few_workers);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    int status = scene.world.overtd > 0 ? world_stop_overtd(&scene.world) : 0;
    faces_free(&scene.faces);
    world_free(&scene.world);
    return status;
}

/* As if time had passed: past the triggers, which let nobody do this. */
static void change(const char *table, const char *set, const char *deployment)
{
    char sql[512];
    struct ov_buf out = OV_BUF_INIT;
    (void)snprintf(sql, sizeof(sql),
                   "SET session_replication_role = replica; UPDATE overt.%s AS t SET %s FROM "
                   "overt.deployment AS d WHERE d.name = '%s' AND d.id = t.%s",
                   table, set, deployment,
                   strcmp(table, "deployment") == 0 ? "id" : "deployment_id");
    if (world_psql(&scene.world, "admin", sql, &out) != 0)
        fail_msg("%s: %s", sql, out.data);
    ov_buf_free(&out);
}

static void await(const char *deployment, const char *condition)
{
    char sql[512];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM overt.deployment AS d WHERE name = '%s' AND %s",
                   deployment, condition);
    if (!world_await_number(&scene.world, sql, 1, LIMIT_MS))
        fail_msg("not true: %s", sql);
}

static long is_so(const char *deployment, const char *condition)
{
    char sql[512];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM overt.deployment AS d WHERE name = '%s' AND %s",
                   deployment, condition);
    return world_psql_number(&scene.world, sql);
}

static void join(const char *site, struct peer *peer)
{
    char identity[64];
    struct ov_hello hello;
    struct ov_welcome welcome;
    const struct ov_id run = ov_id_new();
    (void)snprintf(identity, sizeof(identity), "site-%s", site);
    const struct peer_options options = {.identity_dir = world_identity(&scene.world, identity),
                                         .alpn = OV_ALPN_CAPTURE};
    assert_true(peer_connect(peer, scene.world.capture_port, &options));
    peer_hello(&hello, scene.faces.digest, &run);
    assert_true(peer_greet(peer, &hello, &welcome));
}

static void assert_cut(struct peer *peer, enum ov_phase phase)
{
    struct ov_deployment_state told;
    assert_true(peer_receive_state(peer, LIMIT_MS, &told));
    assert_int_equal(told.phase, phase);
    assert_true(peer_sees_end(peer, LIMIT_MS));
    peer_close(peer);
}

/* --- backwards --- */

static void go_live(const char *name)
{
    struct ov_id id;
    world_go_live(&scene.world, name, name, 0, &id);
}

static void record_oral(const char *name)
{
    struct ov_id id;
    world_add_site(&scene.world, name);
    world_apply(&scene.world, name, name, -1, &id);
    world_ctl_ok(&scene.world, "ben", "a child is missing", NULL, "deployment", "oral", name,
                 "--officer", "hana", NULL);
}

static void a_clock_that_jumps_backwards_prolongs_nothing(void **state)
{
    (void)state;
    struct peer peer;
    record_oral("spoken");
    go_live("unattended");
    world_leave(&scene.world); /* its adjudicator; the next one's stays */
    go_live("over");
    join("over", &peer);
    jump("-3h");

    /* The window ends by the database's clock, and the site hears of it. */
    change("deployment", "ends_at = now() + interval '1 second'", "over");
    assert_cut(&peer, OV_PHASE_CLOSED);
    await("over", "state = 'closed' AND end_reason = 'window_closed'");
    /* Its list goes a day after that: neither three hours earlier, nor later. */
    assert_int_equal(is_so("over", "closed_at >= ends_at AND closed_at <= now()"), 1);

    /* Whoever was heard of a minute ago by the database's clock is not present any more. */
    change("duty",
           "since = since - interval '2 minutes', last_seen = now() - interval '61 seconds'",
           "unattended");
    await("unattended", "state = 'paused'");

    /* The written authorisation did not come in time. */
    change("deployment", "written_due_at = now() - interval '1 second'", "spoken");
    await("spoken", "state = 'closed' AND end_reason = 'urgent_lapsed'");
    jump("+0");
}

/* --- forwards --- */

static void a_clock_that_jumps_forwards_closes_early_and_erases_nothing(void **state)
{
    (void)state;
    struct peer peer;
    record_oral("owed");
    go_live("due");
    world_ctl_ok(&scene.world, "ben", NULL, NULL, "--yes", "deployment", "stop", "due", NULL);
    go_live("kept");
    join("kept", &peer);
    jump("+40h");

    assert_cut(&peer, OV_PHASE_CLOSED);
    await("kept", "state = 'closed' AND end_reason = 'window_closed'");
    assert_int_equal(is_so("kept", "closed_at <= now() AND closed_at > now() - interval '1 hour'"),
                     1);
    /* The keeper erases what is due by the database's clock, and that alone. */
    change("deployment", "closed_at = t.closed_at - interval '25 hours'", "due");
    await("due", "state = 'erased'");
    assert_int_equal(is_so("kept", "state = 'closed' AND NOT EXISTS (SELECT FROM "
                                   "overt.list_erasure AS e WHERE e.deployment_id = d.id)"),
                     1);
    /* What is owed in writing is owed until the database's clock says that it is late. */
    assert_int_equal(is_so("owed", "coalesce(end_reason, '') <> 'urgent_lapsed'"), 1);
    assert_false(world_log_says(scene.world.overtd_log, "task=lapse_urgent"));
    jump("+0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_jumps_backwards_prolongs_nothing),
        cmocka_unit_test(a_clock_that_jumps_forwards_closes_early_and_erases_nothing),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}

/*
 * What changes while clients are connected: the watchlist, the deployment, its window, its
 * settings. What has no command (a flicker, moving a window, another threshold) is done to the
 * database by its administrator, whom the triggers are told to let through.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "tests/integration/harness/process.h"
#include "tests/integration/protocol/bench.h"

#define PROMISED_MS 1000 /* what the design says; printed, not asserted */

static int64_t now_ms(void)
{
    return ov_clock_mono_us(ov_clock_system()) / OV_US_PER_MS;
}

static void report(const char *what, int64_t since_ms)
{
    int64_t took_ms = now_ms() - since_ms;
    print_message("%s took %lld ms (promised: %d)\n", what, (long long)took_ms, PROMISED_MS);
    assert_true(took_ms < BENCH_LIMIT_MS);
}

static void change_deployment(struct bench *bench, const struct ov_id *id, const char *change)
{
    struct ov_buf out = OV_BUF_INIT;
    char text[OV_ID_TEXT_SIZE];
    char sql[512];
    (void)snprintf(sql, sizeof(sql),
                   "SET session_replication_role = replica; UPDATE overt.deployment SET %s WHERE "
                   "id = '%s'",
                   change, ov_id_format(id, text));
    assert_int_equal(world_psql(&bench->world, "admin", sql, &out), 0);
    ov_buf_free(&out);
}

static void await_state(struct peer *peer, enum ov_phase phase, const char *reason)
{
    struct ov_deployment_state told;
    assert_true(peer_receive_state(peer, BENCH_LIMIT_MS, &told));
    assert_int_equal(told.phase, phase);
    assert_string_equal(told.reason, reason);
}

/* The person who is sought walks by, after the end: not compared, not acknowledged, not stored. */
static void assert_not_searched(struct bench *bench)
{
    struct ov_batch_ack ack;
    (void)peer_send_one(&bench->peer, 1000, 1000, face_values(&bench->faces.wanted));
    assert_false(peer_receive_ack(&bench->peer, BENCH_LIMIT_MS, &ack));
    bench_assert_ended(&bench->peer);
    assert_int_equal(bench_count(bench,
                                 "SELECT count(*) FROM overt.alert WHERE sequence = 1000 AND "
                                 "run_id = '%s'",
                                 &bench->run_id),
                     0);
    peer_close(&bench->peer);
}

static void assert_refused_at(struct bench *bench, const char *site, const struct ov_id *id,
                              const char *code)
{
    struct ov_hello hello;
    bench_hello(bench, &hello);
    hello.names_deployment = id != NULL;
    if (id != NULL)
        hello.deployment_id = *id;
    bench_connect(bench, &bench->peer, site);
    bench_assert_hello_refused(bench, &bench->peer, &hello, code);
    peer_close(&bench->peer);
}

static void kill_switch_stops_a_live_session(void **state)
{
    struct bench *bench = *state;
    struct ov_id deployment;
    world_go_live(&bench->world, "to-be-stopped", "stop", 0, &deployment);
    bench_join(bench, &bench->peer, "stop", NULL);
    assert_true(bench_probe(&bench->peer, 1, 1, face_values(&bench->faces.wanted)));
    int64_t since_ms = now_ms();
    world_ctl_ok(&bench->world, "ada", NULL, NULL, "--yes", "deployment", "stop", "to-be-stopped",
                 NULL);
    await_state(&bench->peer, OV_PHASE_CLOSED, "deployment_closed");
    report("the kill switch", since_ms);
    assert_not_searched(bench);
    assert_refused_at(bench, "stop", &deployment, "deployment.not_live");
    assert_refused_at(bench, "stop", NULL, "deployment.not_live");
}

static void pause_and_resume(void **state)
{
    struct bench *bench = *state;
    struct ov_id deployment;
    world_go_live(&bench->world, "to-be-paused", "pause", 0, &deployment);
    bench_join(bench, &bench->peer, "pause", NULL);
    int64_t since_ms = now_ms();
    world_ctl_ok(&bench->world, "cleo", NULL, NULL, "deployment", "pause", "to-be-paused", NULL);
    await_state(&bench->peer, OV_PHASE_PAUSED, "deployment_paused");
    report("a pause", since_ms);
    assert_not_searched(bench);
    assert_refused_at(bench, "pause", &deployment, "deployment.not_live");
    world_ctl_ok(&bench->world, "ben", NULL, NULL, "deployment", "resume", "to-be-paused", NULL);
    bench_join(bench, &bench->peer, "pause", NULL);
    assert_true(bench_probe(&bench->peer, 1, 2, face_values(&bench->faces.wanted)));
}

/* The keeper looks each second. */
static void unattended_deployment_pauses_by_itself(void **state)
{
    struct bench *bench = *state;
    struct world *world = &bench->world;
    struct ov_buf out = OV_BUF_INIT;
    struct ov_id deployment;
    world_go_live(world, "unattended", "lonely", 0, &deployment);
    bench_join(bench, &bench->peer, "lonely", NULL);
    int64_t since_ms = now_ms();
    world_ctl_ok(world, WORLD_OFFICER, NULL, NULL, "duty", "end", "unattended", "--as",
                 "engagement_officer", NULL);
    await_state(&bench->peer, OV_PHASE_PAUSED, "deployment_paused");
    report("no engagement officer", since_ms);
    assert_not_searched(bench);
    assert_int_equal(
        world_ctl(world, "ben", NULL, &out, "deployment", "resume", "unattended", NULL), 1);
    assert_non_null(strstr(out.data, "duty.no_engagement_officer"));
    ov_buf_free(&out);
    world_ctl_ok(world, WORLD_OFFICER, NULL, NULL, "duty", "take", "unattended", "--as",
                 "engagement_officer", NULL);
    world_ctl_ok(world, "ben", NULL, NULL, "deployment", "resume", "unattended", NULL);

    /* The adjudicator's program dies; a minute is made to pass. */
    bench_join(bench, &bench->peer, "lonely", NULL);
    world_leave(world);
    assert_int_equal(world_psql(world, "admin",
                                "SET session_replication_role = replica; UPDATE overt.duty SET "
                                "since = since - interval '2 minutes', last_seen = last_seen - "
                                "interval '61 seconds' WHERE role = 'adjudicator'",
                                &out),
                     0);
    ov_buf_free(&out);
    await_state(&bench->peer, OV_PHASE_PAUSED, "deployment_paused");
    assert_int_equal(
        world_ctl(world, "ben", NULL, &out, "deployment", "resume", "unattended", NULL), 1);
    assert_non_null(strstr(out.data, "duty.no_adjudicator"));
    ov_buf_free(&out);
    peer_close(&bench->peer);
    world_ctl_ok(world, "ben", NULL, NULL, "--yes", "deployment", "stop", "unattended", NULL);
}

static void rejoin(struct bench *bench, const char *site)
{
    bench_assert_ended(&bench->peer);
    peer_close(&bench->peer);
    bench_join(bench, &bench->peer, site, NULL);
}

static void expect_ctl(struct bench *bench, const char *person, const char *code, const char *verb,
                       const char *option, const char *value)
{
    struct ov_buf out = OV_BUF_INIT;
    int status = world_ctl(&bench->world, person, NULL, &out, "--yes", "deployment", verb,
                           "tunable", "--reason", "a test", option, value, NULL);
    if (status != 1 || strstr(out.data, code) == NULL)
        fail_msg("%s %s %s: %d %s", person, verb, value, status, out.data);
    ov_buf_free(&out);
}

/* One person tightens, at once; loosening takes two, and until then nothing has changed. */
static void settings_change_reaches_live_sessions(void **state)
{
    struct bench *bench = *state;
    struct world *world = &bench->world;
    struct ov_id deployment;
    world_go_live(world, "tunable", "tuned", 0, &deployment);
    bench_join(bench, &bench->peer, "tuned", NULL);
    int64_t since_ms = now_ms();
    world_ctl_ok(world, "ben", NULL, NULL, "deployment", "change", "tunable", "--reason",
                 "too many alerts", "--threshold", "0.6", NULL);
    await_state(&bench->peer, OV_PHASE_PAUSED, "settings_changed");
    report("a tightening", since_ms);
    rejoin(bench, "tuned");
    assert_true(bench->welcome.threshold == 0.6f);

    expect_ctl(bench, "cleo", "permission.denied", "change", "--threshold", "0.5");
    expect_ctl(bench, "ben", "policy.threshold", "change", "--threshold", "0.21");
    world_ctl_ok(world, "ben", NULL, NULL, "--yes", "deployment", "change", "tunable", "--reason",
                 "faces are small there", "--gate", "eye_distance_px=9", "--threshold", "0.7",
                 NULL); /* mixed counts as loosening */
    assert_true(bench_probe(&bench->peer, 1, 1, face_values(&bench->faces.wanted)));
    assert_int_equal(bench_count(bench,
                                 "SELECT count(*) FROM overt.deployment WHERE id = '%s' AND "
                                 "gate_eye_distance_px = 16 AND threshold = 0.6::real",
                                 &deployment),
                     1);
    struct ov_buf out = OV_BUF_INIT;
    assert_int_equal(world_ctl(world, "ben", NULL, &out, "--yes", "deployment", "approve-change",
                               "tunable", NULL),
                     1);
    assert_non_null(strstr(out.data, "settings.same_person"));
    ov_buf_free(&out);
    since_ms = now_ms();
    world_ctl_ok(world, "hana", NULL, NULL, "--yes", "deployment", "approve-change", "tunable",
                 NULL);
    await_state(&bench->peer, OV_PHASE_PAUSED, "settings_changed");
    report("an approved loosening", since_ms);
    rejoin(bench, "tuned");
    assert_true(bench->welcome.gate.min_eye_distance_px == 9.0f);
    assert_true(bench->welcome.threshold == 0.7f);
}

/* From any camera to one, from its whole picture to a part of it; and not back by one person. */
static void zone_and_cameras_are_narrowed_by_one_and_widened_by_two(void **state)
{
    struct bench *bench = *state;
    struct world *world = &bench->world;
    struct ov_id deployment;
    struct ov_hello hello;
    struct ov_probe probe;
    world_go_live(world, "narrowed", "narrow", 0, &deployment);
    bench_join(bench, &bench->peer, "narrow", NULL);
    world_ctl_ok(world, "ben", NULL, NULL, "deployment", "change", "narrowed", "--reason", "r",
                 "--zone", "narrow/cam1=0,0 50,0 50,100 0,100", NULL);
    await_state(&bench->peer, OV_PHASE_PAUSED, "settings_changed");
    rejoin(bench, "narrow");
    assert_int_equal(bench->welcome.zone_count, 1);
    assert_int_equal(bench->welcome.zones[0].zone.points[1].x, 5000);
    peer_probe(&probe, 1, face_values(&bench->faces.wanted));
    probe.box_left = 700;
    probe.frame_width = 800;
    probe.frame_height = 600;
    assert_true(peer_send_probes(&bench->peer, 1, &probe, 1));
    ov_secret_free(&probe.descriptor);
    bench_assert_refused(&bench->peer, "probe.outside_zone");
    peer_close(&bench->peer);

    bench_hello(bench, &hello);
    hello.names_deployment = true;
    hello.deployment_id = deployment;
    (void)snprintf(hello.cameras[0], OV_CAMERA_NAME_SIZE, "cam2");
    bench_connect(bench, &bench->peer, "narrow");
    bench_assert_hello_refused(bench, &bench->peer, &hello, "camera.not_authorised");
    peer_close(&bench->peer);

    /* Wider again: proposed, refused, and nothing has changed. */
    world_ctl_ok(world, "ben", NULL, NULL, "--yes", "deployment", "change", "narrowed", "--reason",
                 "r", "--zone", "narrow/cam1=all", NULL);
    world_ctl_ok(world, "hana", NULL, NULL, "deployment", "refuse-change", "narrowed", NULL);
    bench_join(bench, &bench->peer, "narrow", NULL);
    assert_int_equal(bench->welcome.zone_count, 1);
    peer_close(&bench->peer);
    struct ov_buf out = OV_BUF_INIT; /* past the rules: the database has its own */
    assert_int_not_equal(
        world_psql(world, "server",
                   "UPDATE overt.deployment SET threshold = 0.3 WHERE name = 'narrowed'", &out),
        0);
    assert_non_null(strstr(out.data, "does not change afterwards"));
    ov_buf_free(&out);
}

static void send_pause(struct bench *bench, const struct ov_id *deployment)
{
    struct ov_secret frame = OV_SECRET_INIT;
    const struct ov_pause_request request = {*deployment, ov_clock_utc_us(ov_clock_system())};
    assert_int_equal(ov_pause_request_encode(&request, &frame), OV_OK);
    assert_true(peer_send_frame(&bench->peer, &frame));
}

static void pause_key_at_the_site_pauses_the_deployment(void **state)
{
    struct bench *bench = *state;
    struct ov_id deployment;
    world_go_live(&bench->world, "with-a-key", "key", 0, &deployment);
    bench_join(bench, &bench->peer, "key", NULL);
    int64_t since_ms = now_ms();
    send_pause(bench, &deployment);
    send_pause(bench, &deployment); /* pressed twice: recorded once */
    await_state(&bench->peer, OV_PHASE_PAUSED, "deployment_paused");
    report("the pause key", since_ms);
    assert_not_searched(bench);
    assert_int_equal(bench_count(bench,
                                 "SELECT count(*) FROM overt.deployment WHERE state = 'paused' "
                                 "AND id = '%s'",
                                 &deployment),
                     1);
    assert_int_equal(
        bench_count(bench,
                    "SELECT count(*) FROM audit.event, convert_from(body, 'UTF8') AS text, "
                    "CAST(text AS jsonb) AS j WHERE j ->> 'name' = 'deployment.paused' AND "
                    "j ->> 'deployment' = '%s' AND j -> 'details' ->> 'reason' = 'pause_key' AND "
                    "j -> 'details' ? 'site' AND j -> 'details' ? 'pressed_at_us'",
                    &deployment),
        1);
    world_ctl_ok(&bench->world, "ben", NULL, NULL, "deployment", "resume", "with-a-key", NULL);
    bench_join(bench, &bench->peer, "key", NULL);
}

static void pause_key_pauses_its_own_deployment_only(void **state)
{
    struct bench *bench = *state;
    struct ov_id other;
    world_go_live(&bench->world, "not-its-own", "elsewhere", 0, &other);
    bench_live(bench);
    send_pause(bench, &other);
    bench_assert_refused(&bench->peer, "pause.deployment");
    assert_int_equal(bench_count(bench,
                                 "SELECT count(*) FROM overt.deployment WHERE state = 'paused' "
                                 "AND id = '%s'",
                                 &other),
                     0);
}

/* Between two looks of the capture loop, too: credit that is not given back would be gone. */
static void a_short_pause_leaves_no_batch_without_an_answer(void **state)
{
    struct bench *bench = *state;
    struct ov_id deployment;
    world_go_live(&bench->world, "to-flicker", "flicker", 0, &deployment);
    for (int round = 0; round < 5; round++) {
        struct ov_batch_ack ack;
        uint64_t sent = 0;
        uint64_t answered = 0;
        bench_join(bench, &bench->peer, "flicker", NULL);
        while (sent < 20 && peer_send_one(&bench->peer, sent + 1, sent + 1, NULL)) {
            sent++;
            if (sent == 10) {
                change_deployment(bench, &deployment, "state = 'paused'");
                change_deployment(bench, &deployment, "state = 'live'");
            }
        }
        while (answered < sent && peer_receive_ack(&bench->peer, BENCH_LIMIT_MS, &ack))
            answered++;
        if (answered < sent)
            assert_true(peer_sees_end(&bench->peer, BENCH_LIMIT_MS));
        peer_close(&bench->peer);
    }
}

static void window_closes(void **state)
{
    struct bench *bench = *state;
    struct ov_id deployment;
    world_go_live(&bench->world, "to-be-over", "over", 0, &deployment);
    bench_join(bench, &bench->peer, "over", NULL);
    change_deployment(bench, &deployment, "ends_at = clock_timestamp() + interval '1 second'");
    struct ov_deployment_state told; /* the keeper may be the first to notice */
    assert_true(peer_receive_state(&bench->peer, BENCH_LIMIT_MS, &told));
    assert_int_equal(told.phase, OV_PHASE_CLOSED);
    assert_true(strcmp(told.reason, "window_closed") == 0 ||
                strcmp(told.reason, "deployment_closed") == 0);
    assert_not_searched(bench);
    /* The keeper has closed it by now, or is about to. */
    assert_true(world_await_number(&bench->world,
                                   "SELECT count(*) FROM overt.deployment WHERE name = "
                                   "'to-be-over' AND state = 'closed'",
                                   1, BENCH_LIMIT_MS));
    assert_refused_at(bench, "over", &deployment, "deployment.not_live");
}

/* Judged at receipt, for each batch: not only when the server next looks at its sessions. */
static void nothing_is_compared_once_the_window_is_over(void **state)
{
    struct bench *bench = *state;
    struct ov_id deployment;
    struct ov_batch_ack ack;
    int64_t sent_at_us = 0;
    world_go_live(&bench->world, "to-the-millisecond", "brink", 0, &deployment);
    bench_join(bench, &bench->peer, "brink", NULL);
    change_deployment(bench, &deployment, "ends_at = clock_timestamp() + interval '3 seconds'");
    int64_t ends_at_us =
        world_psql_number(&bench->world, "SELECT (extract(epoch FROM ends_at) * 1000000)::bigint "
                                         "FROM overt.deployment WHERE name = 'to-the-millisecond'");
    for (uint64_t i = 1;; i++) {
        sent_at_us = ov_clock_utc_us(ov_clock_system());
        if (!peer_send_one(&bench->peer, i, i, NULL) ||
            !peer_receive_ack(&bench->peer, BENCH_LIMIT_MS, &ack))
            break;
        assert_true(sent_at_us < ends_at_us);
    }
    assert_true(sent_at_us > ends_at_us - OV_US_PER_S);
    peer_close(&bench->peer);
}

static void threshold_is_told_and_applied(void **state)
{
    struct bench *bench = *state;
    struct ov_id deployment;
    struct ov_deployment_state told;
    world_go_live(&bench->world, "to-be-tightened", "tight", 0, &deployment);
    bench_join(bench, &bench->peer, "tight", NULL);
    assert_true(bench_probe(&bench->peer, 1, 1, face_values(&bench->faces.wanted)));
    change_deployment(bench, &deployment, "threshold = 0.9");
    assert_true(peer_receive_state(&bench->peer, BENCH_LIMIT_MS, &told));
    assert_int_equal(told.phase, OV_PHASE_LIVE);
    assert_string_equal(told.reason, "threshold_changed");
    assert_true(told.threshold == 0.9F);
    assert_false(bench_probe(&bench->peer, 2, 2, face_values(&bench->faces.wanted)));
}

/* --- the watchlist, while probes keep coming ------------------------------------------------- */

struct walk {
    struct bench *bench;
    uint64_t number; /* of batch and probe */
};

/* She is found every time, whatever happens to the list meanwhile; returns whether he is. */
static bool walk_by(struct walk *walk)
{
    struct bench *bench = walk->bench;
    struct peer *peer = &bench->peer;
    walk->number++;
    assert_true(bench_probe(peer, walk->number, walk->number, face_values(&bench->faces.wanted)));
    walk->number++;
    assert_false(bench_probe(peer, walk->number, walk->number, NULL));
    walk->number++;
    return bench_probe(peer, walk->number, walk->number, face_values(&bench->faces.stranger));
}

static void walk_until(struct walk *walk, bool found, const char *what)
{
    int64_t since_ms = now_ms();
    while (walk_by(walk) != found)
        assert_true(now_ms() - since_ms < BENCH_LIMIT_MS);
    report(what, since_ms);
}

/* Probes keep flowing while a command runs in its own process. */
static void walk_during(struct walk *walk, const char *person, const char *verb, const char *entry)
{
    struct world *world = &walk->bench->world;
    char program[PATH_MAX + 16];
    char server[64];
    char who[64];
    int status = -1;
    (void)snprintf(program, sizeof(program), "%s", world->overtctl);
    (void)snprintf(server, sizeof(server), "localhost:%d", world->api_port);
    (void)snprintf(who, sizeof(who), "person-%s", person);
    const char *argv[] = {program, "--server",  server, "--identity", world_identity(world, who),
                          "--yes", "watchlist", verb,   "changing",   entry,
                          NULL};
    pid_t pid = process_start(argv, world_path(world, "walk.log"), NULL);
    assert_true(pid > 0);
    while (!process_wait(pid, 1, &status))
        (void)walk_by(walk);
    assert_int_equal(status, 0);
}

#define GALLERY_VERSION "SELECT gallery_version FROM overt.deployment WHERE name = 'changing'"

static void list_changes_while_probes_flow(void **state)
{
    struct bench *bench = *state;
    struct ov_id deployment;
    struct ov_id entry;
    struct walk walk = {bench, 0};
    char text[OV_ID_TEXT_SIZE];
    char photo[PATH_MAX];
    (void)snprintf(photo, sizeof(photo), "%s", world_path(&bench->world, "stranger.jpg"));
    assert_int_equal(ov_file_write_new(photo, 0600, bench->faces.stranger.crop.data,
                                       bench->faces.stranger.crop.size, NULL),
                     OV_OK);
    world_go_live(&bench->world, "changing", "change", 0, &deployment);
    bench_join(bench, &bench->peer, "change", NULL);
    assert_false(walk_by(&walk));
    world_propose(&bench->world, "changing", photo, NULL, "Somebody Else\nR-2\n", &entry);
    for (int i = 0; i < 10; i++)
        assert_false(walk_by(&walk)); /* proposed is not approved */
    world_approve_only(&bench->world, "changing");
    walk_until(&walk, true, "an approved entry");
    for (int i = 0; i < 10; i++)
        assert_true(walk_by(&walk));
    long version = world_psql_number(&bench->world, GALLERY_VERSION);
    walk_during(&walk, "ada", "remove", ov_id_format(&entry, text));
    walk_until(&walk, false, "a withdrawn entry");
    /* No alert is one thing; that he is not even compared any more is another. */
    assert_true(world_psql_number(&bench->world, GALLERY_VERSION) > version);
    for (int i = 0; i < 10; i++)
        assert_false(walk_by(&walk));
}

/* How often overtd's log says it. */
static int log_says(struct bench *bench, const char *text)
{
    char line[1024];
    int count = 0;
    FILE *log = fopen(bench->world.overtd_log, "re");
    assert_non_null(log);
    while (fgets(line, sizeof(line), log) != NULL)
        count += strstr(line, text) != NULL;
    (void)fclose(log);
    return count;
}

/* Two lists cannot be loaded: each is reported once, and what was loaded before is searched on. */
static void lists_that_cannot_be_loaded_are_reported_once_each(void **state)
{
    static const char *const names[] = {"first", "second"};
    struct bench *bench = *state;
    struct ov_id ids[2];
    const struct timespec while_it_looks = {2, 0}; /* four times, and more when it is woken */
    int before = log_says(bench, "not_searchable");
    for (int i = 0; i < 2; i++) {
        world_go_live(&bench->world, names[i], names[i], 0, &ids[i]);
        bench_join(bench, &bench->peer, names[i], NULL); /* so it has been loaded */
        peer_close(&bench->peer);
        bench_move_list_key(bench, &ids[i], true);
        change_deployment(bench, &ids[i], "gallery_version = gallery_version + 1");
    }
    int64_t until_ms = now_ms() + BENCH_LIMIT_MS;
    while (log_says(bench, "not_searchable") < before + 2 && now_ms() < until_ms)
        (void)nanosleep(&(struct timespec){0, 100 * OV_US_PER_MS * 1000}, NULL);
    (void)nanosleep(&while_it_looks, NULL);
    assert_int_equal(log_says(bench, "not_searchable"), before + 2);
    for (int i = 0; i < 2; i++)
        bench_move_list_key(bench, &ids[i], false);
    bench_join(bench, &bench->peer, "second", NULL);
    assert_true(bench_probe(&bench->peer, 1, 1, face_values(&bench->faces.wanted)));
}

/* A lease comes with Welcome, signed for this run by the key that Welcome names. */
static void lease_comes_with_welcome(void **state)
{
    struct bench *bench = *state;
    struct peer_frame frame;
    struct ov_lease lease;
    uint8_t bytes[OV_LEASE_SIGNED_BYTES];
    bench_live(bench);
    assert_true(peer_receive_type(&bench->peer, OV_FRAME_LEASE, BENCH_LIMIT_MS, &frame));
    assert_int_equal(ov_lease_decode(frame.body, frame.header.length, &lease, NULL), OV_OK);
    peer_frame_done(&frame);
    assert_true(ov_id_equal(&lease.deployment_id, &bench->trial));
    assert_int_equal(lease.valid_ms, 30000);
    ov_lease_signed_bytes(&lease, &bench->run_id, bytes);
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bench->welcome.lease_key, 32);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key), 1);
    assert_int_equal(
        EVP_DigestVerify(ctx, lease.signature, sizeof(lease.signature), bytes, sizeof(bytes)), 1);
    bytes[20] ^= 1; /* another run */
    assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key), 1);
    assert_int_not_equal(
        EVP_DigestVerify(ctx, lease.signature, sizeof(lease.signature), bytes, sizeof(bytes)), 1);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
}

/* SIGTERM: the client is told, and what it sent is acknowledged or not, but never half. */
static void stopping_server_says_so(void **state)
{
    struct bench *bench = *state;
    bench_live(bench);
    assert_true(bench_probe(&bench->peer, 1, 1, face_values(&bench->faces.wanted)));
    assert_int_equal(world_stop_overtd(&bench->world), 0);
    bench_assert_refused(&bench->peer, "server.stopping");
    world_start_overtd(&bench->world, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(lease_comes_with_welcome),
        bench_test(kill_switch_stops_a_live_session),
        bench_test(pause_and_resume),
        bench_test(settings_change_reaches_live_sessions),
        bench_test(zone_and_cameras_are_narrowed_by_one_and_widened_by_two),
        bench_test(pause_key_at_the_site_pauses_the_deployment),
        bench_test(pause_key_pauses_its_own_deployment_only),
        bench_test(a_short_pause_leaves_no_batch_without_an_answer),
        bench_test(window_closes),
        bench_test(nothing_is_compared_once_the_window_is_over),
        bench_test(threshold_is_told_and_applied),
        bench_test(list_changes_while_probes_flow),
        bench_test(lists_that_cannot_be_loaded_are_reported_once_each),
        bench_test(stopping_server_says_so),
        /* Last: no deployment has an adjudicator afterwards. */
        cmocka_unit_test_setup(unattended_deployment_pauses_by_itself, bench_setup),
    };
    return cmocka_run_group_tests(tests, bench_group_setup, bench_group_teardown);
}

/* The protocol tests' installation. */
#include "tests/integration/protocol/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Server minutes are left out: the keeper stores what was compared, whenever a minute is over. */
static const char stored_sql[] =
    "SELECT concat_ws(' ', (SELECT count(*) FROM overt.alert), (SELECT count(*) FROM audit.event),"
    " (SELECT count(*) FROM audit.minute_count), (SELECT count(*) FROM watchlist.entry),"
    " (SELECT count(*) FROM overt.alert_delivery WHERE acked_at IS NULL),"
    " (SELECT count(*) FROM overt.alert WHERE crop_state = 'awaited'),"
    " (SELECT count(*) FROM overt.deployment), (SELECT count(*) FROM overt.site))";

static void read_stored(struct bench *bench, char ret[256])
{
    struct ov_buf out = OV_BUF_INIT;
    assert_int_equal(world_psql(&bench->world, "admin", stored_sql, &out), 0);
    (void)snprintf(ret, 256, "%s", out.data);
    ov_buf_free(&out);
}

int bench_group_setup(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    assert_non_null(bench);
    *state = bench;
    world_new(&bench->world);
    faces_load(&bench->faces, bench->world.deps);
    world_start_overtd(&bench->world, NULL);
    world_go_live(&bench->world, "trial", "north", 0, &bench->trial);
    return 0;
}

int bench_group_teardown(void **state)
{
    struct bench *bench = *state;
    int status = bench->world.overtd > 0 ? world_stop_overtd(&bench->world) : 0;
    faces_free(&bench->faces);
    world_free(&bench->world);
    free(bench);
    return status;
}

int bench_setup(void **state)
{
    struct bench *bench = *state;
    bench->run_id = ov_id_new();
    read_stored(bench, bench->stored);
    return 0;
}

void bench_connect(struct bench *bench, struct peer *peer, const char *site)
{
    char name[80];
    (void)snprintf(name, sizeof(name), "site-%s", site);
    struct peer_options options = {.identity_dir = world_identity(&bench->world, name),
                                   .alpn = OV_ALPN_CAPTURE};
    assert_true(peer_connect(peer, bench->world.capture_port, &options));
}

void bench_hello(struct bench *bench, struct ov_hello *ret_hello)
{
    peer_hello(ret_hello, bench->faces.digest, &bench->run_id);
}

void bench_join(struct bench *bench, struct peer *peer, const char *site,
                const struct ov_hello *hello)
{
    struct ov_hello usual;
    char code[OV_CODE_SIZE];
    bench_hello(bench, &usual);
    bench_connect(bench, peer, site);
    if (!peer_greet(peer, hello != NULL ? hello : &usual, &bench->welcome)) {
        (void)peer_receive_error(peer, 100, code);
        fail_msg("no Welcome, but %s", code[0] != '\0' ? code : "nothing");
    }
}

void bench_live(struct bench *bench)
{
    bench_join(bench, &bench->peer, "north", NULL);
}

static void check_good_client(struct bench *bench)
{
    struct peer good;
    struct ov_hello hello;
    struct ov_id run_id = ov_id_new();
    peer_hello(&hello, bench->faces.digest, &run_id);
    (void)snprintf(hello.cameras[0], sizeof(hello.cameras[0]), "cam1");
    bench_join(bench, &good, "north", &hello);
    assert_false(bench_probe(&good, 1, 1, NULL));
    peer_close(&good);
}

int bench_teardown(void **state)
{
    struct bench *bench = *state;
    peer_close(&bench->peer);
    check_good_client(bench);
    return 0;
}

int bench_teardown_untouched(void **state)
{
    struct bench *bench = *state;
    char stored[256];
    (void)bench_teardown(state);
    read_stored(bench, stored);
    assert_string_equal(bench->stored, stored);
    return 0;
}

void bench_assert_refused(struct peer *peer, const char *code)
{
    char got[OV_CODE_SIZE];
    (void)peer_receive_error(peer, BENCH_LIMIT_MS, got);
    assert_string_equal(got, code);
    assert_true(peer_sees_end(peer, BENCH_LIMIT_MS));
}

void bench_assert_ended(struct peer *peer)
{
    assert_true(peer_sees_end(peer, BENCH_LIMIT_MS));
}

void bench_assert_hello_refused(struct bench *bench, struct peer *peer,
                                const struct ov_hello *hello, const char *code)
{
    struct ov_secret frame = OV_SECRET_INIT;
    (void)bench;
    assert_int_equal(ov_hello_encode(hello, &frame), OV_OK);
    assert_true(peer_send_frame(peer, &frame));
    bench_assert_refused(peer, code);
}

bool bench_probe(struct peer *peer, uint64_t batch, uint64_t sequence, const float *descriptor)
{
    struct ov_batch_ack ack;
    assert_true(peer_send_one(peer, batch, sequence, descriptor));
    assert_true(peer_receive_ack(peer, BENCH_LIMIT_MS, &ack));
    assert_int_equal(ack.batch, batch);
    assert_true(ack.alerted_count <= 1);
    if (ack.alerted_count == 1)
        assert_int_equal(ack.alerted[0], sequence);
    return ack.alerted_count == 1;
}

void bench_move_list_key(struct bench *bench, const struct ov_id *deployment_id, bool away)
{
    char id[OV_ID_TEXT_SIZE];
    char key[PATH_MAX];
    char aside[PATH_MAX];
    (void)ov_id_format(deployment_id, id);
    (void)snprintf(key, sizeof(key), "%s/vault/watchlist/%s.key", bench->world.dir, id);
    (void)snprintf(aside, sizeof(aside), "%s/%s.key.away", bench->world.dir, id);
    assert_int_equal(rename(away ? key : aside, away ? aside : key), 0);
}

long bench_count(struct bench *bench, const char *sql_with_id, const struct ov_id *id)
{
    char text[OV_ID_TEXT_SIZE];
    char sql[1024];
    const char *at = strstr(sql_with_id, "%s");
    assert_non_null(at);
    (void)snprintf(sql, sizeof(sql), "%.*s%s%s", (int)(at - sql_with_id), sql_with_id,
                   ov_id_format(id, text), at + 2);
    return world_psql_number(&bench->world, sql);
}

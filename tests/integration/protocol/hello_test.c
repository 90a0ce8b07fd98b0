/* Who may open a session, for what, and with which equipment. */
#include <stdio.h>
#include <string.h>

#include "tests/integration/harness/process.h"
#include "tests/integration/protocol/bench.h"
#include "tests/integration/protocol/tests.h"

/* At north, a Hello with one thing changed is refused. */
static void refuse_hello(struct bench *bench, const struct ov_hello *hello, const char *code)
{
    bench_connect(bench, &bench->peer, "north");
    bench_assert_hello_refused(bench, &bench->peer, hello, code);
    peer_close(&bench->peer);
}

/* The same Hello twice in one frame: protobuf appends the repeated fields. */
static void send_doubled(struct bench *bench, const struct ov_hello *hello)
{
    struct ov_secret frame = OV_SECRET_INIT;
    uint8_t body[8192];
    assert_int_equal(ov_hello_encode(hello, &frame), OV_OK);
    size_t size = frame.size - OV_FRAME_HEADER_BYTES;
    assert_true(2 * size <= sizeof(body));
    memcpy(body, frame.data + OV_FRAME_HEADER_BYTES, size);
    memcpy(body + size, frame.data + OV_FRAME_HEADER_BYTES, size);
    ov_secret_free(&frame);
    bench_connect(bench, &bench->peer, "north");
    assert_true(peer_send_raw(&bench->peer, OV_FRAME_HELLO, (uint32_t)(2 * size), body, 2 * size));
}

void another_protocol_version(void **state)
{
    struct bench *bench = *state;
    struct ov_hello hello;
    bench_hello(bench, &hello);
    hello.protocol = OV_PROTOCOL_VERSION + 1;
    refuse_hello(bench, &hello, "hello.protocol");
}

void hello_without_a_run_id(void **state)
{
    struct bench *bench = *state;
    struct ov_hello hello;
    bench_hello(bench, &hello);
    memset(&hello.run_id, 0, sizeof(hello.run_id));
    refuse_hello(bench, &hello, "hello.run_id");
}

void hello_without_cameras(void **state)
{
    struct bench *bench = *state;
    static const uint8_t protocol_only[] = {0x08, 0x01};
    bench_connect(bench, &bench->peer, "north");
    assert_true(peer_send_raw(&bench->peer, OV_FRAME_HELLO, sizeof(protocol_only), protocol_only,
                              sizeof(protocol_only)));
    char code[OV_CODE_SIZE];
    assert_true(peer_receive_error(&bench->peer, BENCH_LIMIT_MS, code));
    assert_int_equal(strncmp(code, "message.", 8), 0);
    bench_assert_ended(&bench->peer);
}

void hello_with_too_many_cameras(void **state)
{
    struct bench *bench = *state;
    struct ov_hello hello;
    bench_hello(bench, &hello);
    send_doubled(bench, &hello); /* one camera, named twice */
    bench_assert_refused(&bench->peer, "message.cameras");
    peer_close(&bench->peer);
    hello.camera_count = OV_CAMERAS_MAX;
    for (int i = 0; i < OV_CAMERAS_MAX; i++)
        (void)snprintf(hello.cameras[i], sizeof(hello.cameras[i]), "cam%d", i);
    send_doubled(bench, &hello);
    bench_assert_refused(&bench->peer, "message.cameras");
}

void another_model(void **state)
{
    struct bench *bench = *state;
    struct ov_hello hello;
    bench_hello(bench, &hello);
    hello.model_digest[31] ^= 1;
    refuse_hello(bench, &hello, "model.differs");
}

/* Applied for with a pack that this server had then; client and deployment still agree on it. */
void model_that_the_server_does_not_run(void **state)
{
    struct bench *bench = *state;
    struct ov_hello hello;
    struct ov_buf out = OV_BUF_INIT;
    struct ov_id deployment;
    world_go_live(&bench->world, "older-model", "lab", -1, &deployment);
    assert_int_equal(world_psql(&bench->world, "admin",
                                "SET session_replication_role = replica; UPDATE overt.deployment "
                                "SET model_digest = decode(repeat('ab', 32), 'hex') WHERE name = "
                                "'older-model'",
                                &out),
                     0);
    ov_buf_free(&out);
    bench_hello(bench, &hello);
    memset(hello.model_digest, 0xab, sizeof(hello.model_digest));
    bench_connect(bench, &bench->peer, "lab");
    bench_assert_hello_refused(bench, &bench->peer, &hello, "model.not_installed");
}

void another_dimension(void **state)
{
    struct bench *bench = *state;
    struct ov_hello hello;
    bench_hello(bench, &hello);
    hello.dimension = 256;
    refuse_hello(bench, &hello, "model.dimension");
}

void person_on_the_capture_port(void **state)
{
    struct bench *bench = *state;
    struct peer_options options = {.identity_dir = world_identity(&bench->world, "person-ada"),
                                   .alpn = OV_ALPN_CAPTURE};
    assert_true(peer_connect(&bench->peer, bench->world.capture_port, &options));
    bench_assert_refused(&bench->peer, "tls.not_a_site");
}

void certificate_of_nobody(void **state)
{
    struct bench *bench = *state;
    struct ov_hello hello;
    const char *pki = world_path(&bench->world, "pki");
    assert_int_equal(world_deploy(&bench->world, "pki", "site", pki, "nowhere", NULL), 0);
    bench_hello(bench, &hello);
    bench_connect(bench, &bench->peer, "nowhere");
    bench_assert_hello_refused(bench, &bench->peer, &hello, "identity.unknown");
}

void site_outside_the_deployment(void **state)
{
    struct bench *bench = *state;
    struct ov_hello hello;
    world_add_site(&bench->world, "east");
    bench_hello(bench, &hello);
    bench_connect(bench, &bench->peer, "east");
    bench_assert_hello_refused(bench, &bench->peer, &hello, "deployment.not_live");
    peer_close(&bench->peer);
    hello.names_deployment = true;
    hello.deployment_id = bench->trial;
    bench_connect(bench, &bench->peer, "east");
    bench_assert_hello_refused(bench, &bench->peer, &hello, "deployment.other_site");
}

void deployment_that_is_not_running(void **state)
{
    struct bench *bench = *state;
    struct ov_hello hello;
    bench_hello(bench, &hello);
    hello.names_deployment = true;
    world_apply(&bench->world, "applied-for", "north", -1, &hello.deployment_id);
    refuse_hello(bench, &hello, "deployment.not_live");
}

void deployment_that_does_not_exist(void **state)
{
    struct bench *bench = *state;
    struct ov_hello hello;
    bench_hello(bench, &hello);
    hello.names_deployment = true;
    hello.deployment_id = ov_id_new();
    refuse_hello(bench, &hello, "deployment.unknown");
}

void operational_deployment_is_not_started(void **state)
{
    struct bench *bench = *state;
    struct ov_buf out = OV_BUF_INIT;
    world_add_site(&bench->world, "market");
    world_apply_operational(&bench->world, "for-real", "market", "cam1");
    world_authorise(&bench->world, "ben", "for-real");
    assert_int_equal(world_ctl(&bench->world, "ben", NULL, &out, "--yes", "deployment", "start",
                               "for-real", NULL),
                     1);
    assert_non_null(strstr(out.data, "model.not_accepted"));
    ov_buf_free(&out);
    assert_int_equal(world_psql_number(&bench->world, "SELECT count(*) FROM overt.deployment "
                                                      "WHERE kind = 'operational' AND state IN "
                                                      "('paused', 'live')"),
                     0);
}

void site_on_the_api(void **state)
{
    struct bench *bench = *state;
    struct ov_buf out = OV_BUF_INIT;
    char program[PATH_MAX + 16];
    char server[64];
    (void)snprintf(program, sizeof(program), "%s", bench->world.overtctl);
    (void)snprintf(server, sizeof(server), "localhost:%d", bench->world.api_port);
    const char *argv[] = {
        program,  "--server",   server, "--identity", world_identity(&bench->world, "site-north"),
        "--json", "deployment", "list", NULL};
    assert_int_not_equal(process_run(argv, NULL, &out, &out, 60), 0);
    assert_null(strstr(out.data, "trial"));
    ov_buf_free(&out);
}

void camera_taken_over_by_a_new_connection(void **state)
{
    struct bench *bench = *state;
    struct peer newer;
    bench_live(bench);
    bench_join(bench, &newer, "north", NULL);
    bench_assert_refused(&bench->peer, "session.replaced");
    assert_false(bench_probe(&newer, 1, 1, NULL));
    peer_close(&newer);
}

void same_camera_name_at_two_sites(void **state)
{
    struct bench *bench = *state;
    struct peer other;
    struct ov_id deployment;
    world_go_live(&bench->world, "elsewhere", "west", -1, &deployment);
    bench_live(bench);
    bench_join(bench, &other, "west", NULL);
    assert_true(ov_id_equal(&bench->welcome.deployment_id, &deployment));
    assert_true(peer_pings(&bench->peer, BENCH_LIMIT_MS));
    assert_true(peer_pings(&other, BENCH_LIMIT_MS));
    peer_close(&other);
}

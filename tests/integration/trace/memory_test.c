/*
 * A second after a probe has been acknowledged, the live server's memory holds nothing of it: not
 * as it came, not as it was decoded, not as it was turned and compared. Needs root, because the
 * server's memory is closed to others.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/integration/harness/faces.h"
#include "tests/integration/harness/peer.h"
#include "tests/integration/harness/process.h"
#include "tests/integration/harness/turned.h"
#include "tests/integration/harness/world.h"
#include "tests/integration/trace/forms.h"
#include "tests/integration/trace/memory.h"

#define LIMIT_MS 20000
#define SKIPPED 77
#define FLOAT_BYTES (PEER_DIMENSION * sizeof(float))

struct scene {
    struct world world;
    struct faces faces;
    struct peer peer;
    struct rotation *rotation; /* the deployment's */
    uint64_t number;           /* of batch and probe */
};

static struct scene scene;

static int group_setup(void **state)
{
    struct ov_id deployment;
    struct ov_id run_id = ov_id_new();
    struct ov_hello hello;
    struct ov_welcome welcome;
    *state = &scene;
    world_new(&scene.world);
    faces_load(&scene.faces, scene.world.deps);
    world_start_overtd(&scene.world, NULL);
    if (!memory_can_read(scene.world.overtd)) {
        print_message("skipped: only root may read the server's memory\n");
        (void)world_stop_overtd(&scene.world);
        world_free(&scene.world);
        exit(SKIPPED);
    }
    world_go_live(&scene.world, "trial", "north", 0, &deployment);
    scene.rotation = turned_rotation(&scene.world, &deployment);
    struct peer_options options = {.identity_dir = world_identity(&scene.world, "site-north"),
                                   .alpn = OV_ALPN_CAPTURE};
    peer_hello(&hello, scene.faces.digest, &run_id);
    assert_true(peer_connect(&scene.peer, scene.world.capture_port, &options));
    assert_true(peer_greet(&scene.peer, &hello, &welcome));
    return 0;
}

static int group_teardown(void **state)
{
    peer_close(&scene.peer);
    int status = world_stop_overtd(&scene.world);
    faces_free(&scene.faces);
    rotation_unref(scene.rotation);
    world_free(&scene.world);
    return status;
}

#define AS_IT_CAME 1u
#define AS_COMPARED 2u
#define ANY_FORM (AS_IT_CAME | AS_COMPARED)

/* How often any part of the descriptor is in the server's memory, in these forms. */
static long find_forms(const float *values, unsigned which, bool quiet)
{
    uint8_t wire[2 * PEER_DIMENSION];
    float received[PEER_DIMENSION];
    float turned[PEER_DIMENSION];
    struct memory_result result;
    peer_wire_form(values, wire);
    forms_as_received(values, received, PEER_DIMENSION);
    rotation_apply(scene.rotation, received, 1, turned);
    const struct memory_form forms[] = {
        {"as it came (float16)", wire, sizeof(wire), 2},
        {"as it was decoded (float32)", (const uint8_t *)received, FLOAT_BYTES, sizeof(float)},
        {"as it is compared (turned)", (const uint8_t *)turned, FLOAT_BYTES, sizeof(float)}};
    size_t first = (which & AS_IT_CAME) != 0 ? 0 : 2;
    size_t end = (which & AS_COMPARED) != 0 ? 3 : 2;
    memory_search(scene.world.overtd, forms + first, end - first, quiet, &result);
    print_message("%lld MB searched, %ld hits\n", result.bytes >> 20, result.hits);
    assert_true(result.bytes > 10 << 20);
    return result.hits;
}

static long find_in_memory(const float *values, bool quiet)
{
    return find_forms(values, ANY_FORM, quiet);
}

static void pause_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000L};
    (void)nanosleep(&time, NULL);
}

static void send_probe(const float *values, bool matches)
{
    struct ov_batch_ack ack;
    scene.number++;
    assert_true(peer_send_one(&scene.peer, scene.number, scene.number, values));
    assert_true(peer_receive_ack(&scene.peer, LIMIT_MS, &ack));
    assert_int_equal(ack.alerted_count, matches ? 1 : 0);
}

/* While a match waits for the database it has to be in memory, turned, and the search finds it; as
 * it came it is gone already. */
static void what_is_in_use_is_found(void **state)
{
    struct ov_buf target = OV_BUF_INIT;
    struct ov_batch_ack ack;
    world_conninfo(&scene.world, "admin", &target);
    const char *argv[] = {
        "psql", target.data, "-X",
        "-q",   "-c",        "BEGIN; LOCK TABLE overt.alert IN EXCLUSIVE MODE; SELECT pg_sleep(60)",
        NULL};
    pid_t lock = process_start(argv, world_path(&scene.world, "lock.log"), NULL);
    assert_true(world_await_number(&scene.world,
                                   "SELECT count(*) FROM pg_locks WHERE relation = "
                                   "'overt.alert'::regclass AND mode = 'ExclusiveLock' AND granted",
                                   1, LIMIT_MS));
    scene.number++;
    assert_true(
        peer_send_one(&scene.peer, scene.number, scene.number, face_values(&scene.faces.wanted)));
    assert_false(peer_receive_ack(&scene.peer, 500, &ack));
    const float *wanted = face_values(&scene.faces.wanted);
    assert_true(find_forms(wanted, AS_COMPARED, true) > 400); /* all of it */
    assert_int_equal(find_forms(wanted, AS_IT_CAME, false), 0);
    assert_int_equal(world_psql_number(&scene.world,
                                       "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE"
                                       " relation = 'overt.alert'::regclass AND mode = "
                                       "'ExclusiveLock' AND granted"),
                     1);
    (void)process_end(lock, SIGTERM, 5000);
    ov_buf_free(&target);
    assert_true(peer_receive_ack(&scene.peer, LIMIT_MS, &ack));
    assert_int_equal(ack.alerted_count, 1);
}

/* Into a server that has just been started: code that runs for the first time is code, too. (Lazy
 * binding once left the registers in which memcpy had moved a descriptor on a stack.) */
static void first_probe_ever_is_wiped(void **state)
{
    float values[PEER_DIMENSION];
    peer_random_descriptor(values);
    send_probe(values, false);
    pause_ms(1000);
    assert_int_equal(find_in_memory(values, false), 0);
}

static void probe_without_a_match_is_wiped(void **state)
{
    float values[PEER_DIMENSION];
    peer_random_descriptor(values);
    send_probe(values, false);
    pause_ms(1000); /* the promise has this second in it */
    assert_int_equal(find_in_memory(values, false), 0);
    send_probe(face_values(&scene.faces.stranger), false);
    pause_ms(1000);
    assert_int_equal(find_in_memory(face_values(&scene.faces.stranger), false), 0);
}

/* In a batch with a match that one goes at once as well, not with the batch. */
static void probe_beside_a_match_is_wiped(void **state)
{
    float values[PEER_DIMENSION];
    struct ov_probe probes[2];
    struct ov_batch_ack ack;
    peer_random_descriptor(values);
    scene.number += 2;
    peer_probe(&probes[0], scene.number - 1, values);
    peer_probe(&probes[1], scene.number, face_values(&scene.faces.wanted));
    assert_true(peer_send_probes(&scene.peer, scene.number, probes, 2));
    ov_secret_free(&probes[0].descriptor);
    ov_secret_free(&probes[1].descriptor);
    assert_true(peer_receive_ack(&scene.peer, LIMIT_MS, &ack));
    assert_int_equal(ack.alerted_count, 1);
    pause_ms(1000);
    assert_int_equal(find_in_memory(values, false), 0);
}

/* Of one that matched, once its alert is stored and its crop has been checked. */
static void matching_probe_is_wiped_in_the_end(void **state)
{
    struct ov_crop_request request;
    send_probe(face_values(&scene.faces.wanted), true);
    do {
        assert_true(peer_receive_crop_request(&scene.peer, LIMIT_MS, &request));
        assert_true(peer_send_crop(&scene.peer, &request.alert_id, request.sequence,
                                   &scene.faces.wanted.crop));
    } while (request.sequence != scene.number);
    assert_true(world_await_number(&scene.world,
                                   "SELECT count(*) FROM overt.alert WHERE crop_state = 'awaited'",
                                   0, LIMIT_MS));
    pause_ms(1000);
    assert_int_equal(find_in_memory(face_values(&scene.faces.wanted), false), 0);
}

/* A refused batch, and one cut off in the middle. */
static void refused_probe_is_wiped(void **state)
{
    float values[PEER_DIMENSION];
    struct ov_probe probe;
    char code[OV_CODE_SIZE];
    peer_random_descriptor(values);
    peer_probe(&probe, ++scene.number, values);
    probe.captured_at_us += INT64_C(60000000);
    assert_true(peer_send_probes(&scene.peer, scene.number, &probe, 1));
    ov_secret_free(&probe.descriptor);
    assert_true(peer_receive_error(&scene.peer, LIMIT_MS, code));
    assert_string_equal(code, "probe.from_future");
    assert_true(peer_sees_end(&scene.peer, LIMIT_MS));
    pause_ms(1000);
    assert_int_equal(find_in_memory(values, false), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_probe_ever_is_wiped),
        cmocka_unit_test(what_is_in_use_is_found),
        cmocka_unit_test(probe_without_a_match_is_wiped),
        cmocka_unit_test(probe_beside_a_match_is_wiped),
        cmocka_unit_test(matching_probe_is_wiped_in_the_end),
        cmocka_unit_test(refused_probe_is_wiped),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}

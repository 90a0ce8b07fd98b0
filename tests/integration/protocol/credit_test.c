/*
 * The credit window, made visible by holding back the acknowledgements: while another transaction
 * has the table of alerts locked, a batch with a match cannot be acknowledged.
 */
#include <signal.h>

#include "tests/integration/harness/process.h"
#include "tests/integration/protocol/bench.h"
#include "tests/integration/protocol/tests.h"

#define BATCHES 4

/* Starts a psql that holds the lock until it is ended. */
static pid_t hold_alerts(struct bench *bench)
{
    struct ov_buf target = OV_BUF_INIT;
    world_conninfo(&bench->world, "admin", &target);
    const char *argv[] = {
        "psql", target.data, "-X",
        "-q",   "-c",        "BEGIN; LOCK TABLE overt.alert IN EXCLUSIVE MODE; SELECT pg_sleep(60)",
        NULL};
    pid_t pid = process_start(argv, world_path(&bench->world, "lock.log"), NULL);
    ov_buf_free(&target);
    assert_true(pid > 0);
    assert_true(world_await_number(&bench->world,
                                   "SELECT count(*) FROM pg_locks WHERE relation = "
                                   "'overt.alert'::regclass AND mode = 'ExclusiveLock' AND granted",
                                   1, BENCH_LIMIT_MS));
    return pid;
}

static void release_alerts(struct bench *bench, pid_t pid)
{
    assert_int_equal(world_psql_number(&bench->world,
                                       "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE"
                                       " relation = 'overt.alert'::regclass AND mode = "
                                       "'ExclusiveLock' AND granted AND pid <> pg_backend_pid()"),
                     1);
    (void)process_end(pid, SIGTERM, 5000);
}

/* A batch of 64 of which the first is the person who is sought. */
static void send_batch(struct bench *bench, uint64_t number)
{
    struct ov_probe probes[OV_BATCH_PROBES_MAX];
    for (size_t i = 0; i < OV_BATCH_PROBES_MAX; i++)
        peer_probe(&probes[i], number * 100 + i, i == 0 ? face_values(&bench->faces.wanted) : NULL);
    assert_true(peer_send_probes(&bench->peer, number, probes, OV_BATCH_PROBES_MAX));
    for (size_t i = 0; i < OV_BATCH_PROBES_MAX; i++)
        ov_secret_free(&probes[i].descriptor);
}

static long alerts_of(struct bench *bench)
{
    return bench_count(bench, "SELECT count(*) FROM overt.alert WHERE run_id = '%s'",
                       &bench->run_id);
}

void full_window_is_served(void **state)
{
    struct bench *bench = *state;
    struct ov_batch_ack ack;
    bench_live(bench);
    assert_int_equal(bench->welcome.credit, BATCHES * OV_BATCH_PROBES_MAX);
    pid_t lock = hold_alerts(bench);
    for (uint64_t number = 1; number <= BATCHES; number++)
        send_batch(bench, number);
    /* The window is full, nothing is acknowledged, and the server is there for everything else. */
    assert_true(peer_pings(&bench->peer, BENCH_LIMIT_MS));
    assert_false(peer_receive_ack(&bench->peer, 300, &ack));
    release_alerts(bench, lock);
    for (uint64_t number = 1; number <= BATCHES; number++) {
        assert_true(peer_receive_ack(&bench->peer, BENCH_LIMIT_MS, &ack));
        assert_int_equal(ack.credit, bench->welcome.credit);
        assert_int_equal(ack.alerted_count, 1);
        assert_int_equal(ack.alerted[0], ack.batch * 100);
    }
    assert_int_equal(alerts_of(bench), BATCHES);
    assert_false(bench_probe(&bench->peer, BATCHES + 1, 9999, NULL));
}

/* What was within the window is still compared; what was beyond it leaves nothing. */
void more_than_the_window_is_refused(void **state)
{
    struct bench *bench = *state;
    bench_live(bench);
    pid_t lock = hold_alerts(bench);
    for (uint64_t number = 1; number <= BATCHES + 1; number++)
        send_batch(bench, number);
    bench_assert_refused(&bench->peer, "credit.exceeded");
    release_alerts(bench, lock);
    struct peer again;
    bench_join(bench, &again, "north", NULL);
    assert_true(bench_probe(&again, 1, 1 * 100, face_values(&bench->faces.wanted)));
    peer_close(&again);
    assert_int_equal(bench_count(bench,
                                 "SELECT count(*) FROM overt.alert WHERE run_id = '%s' AND "
                                 "sequence >= 500",
                                 &bench->run_id),
                     0);
}

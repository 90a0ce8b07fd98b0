/*
 * What the protocol's tests share: one installation with an exercise that is live at site north,
 * a peer to be used (well or badly), and the two questions asked after every test: does the server
 * still serve a good client, and was anything stored that should not be?
 */
#ifndef OVERT_TESTS_PROTOCOL_BENCH_H
#define OVERT_TESTS_PROTOCOL_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/integration/harness/faces.h"
#include "tests/integration/harness/peer.h"
#include "tests/integration/harness/world.h"

#define BENCH_LIMIT_MS 10000 /* for whatever ought to come at once */

struct bench {
    struct world world;
    struct faces faces;
    struct ov_id trial;  /* live at north; no cool-down */
    struct ov_id run_id; /* fresh for each test */
    struct peer peer;    /* the test's own; closed after it */
    struct ov_welcome welcome;
    char stored[256]; /* before the test */
};

int bench_group_setup(void **state);
int bench_group_teardown(void **state);
int bench_setup(void **state);
/* The server serves a good client ... */
int bench_teardown(void **state);
/* ... and nothing at all has been stored since the test began. */
int bench_teardown_untouched(void **state);

#define bench_test(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)
#define bench_refusal(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown_untouched)

/* TLS with site-SITE's certificate. Asserts that it succeeds. */
void bench_connect(struct bench *bench, struct peer *peer, const char *site);
/* peer is in session at SITE: connected, Hello said (hello NULL: the usual one), Welcome come. */
void bench_join(struct bench *bench, struct peer *peer, const char *site,
                const struct ov_hello *hello);
/* bench->peer is in session at north. */
void bench_live(struct bench *bench);
/* A Hello that north's server accepts, with bench->run_id. */
void bench_hello(struct bench *bench, struct ov_hello *ret_hello);

/* The server says this code in an Error frame and closes. */
void bench_assert_refused(struct peer *peer, const char *code);
/* The server closes, whatever it says. */
void bench_assert_ended(struct peer *peer);
/* Hello is answered with this code. */
void bench_assert_hello_refused(struct bench *bench, struct peer *peer,
                                const struct ov_hello *hello, const char *code);

/* Sends one probe and waits for its acknowledgement; returns whether it raised an alert (or had).
 */
bool bench_probe(struct peer *peer, uint64_t batch, uint64_t sequence, const float *descriptor);

/* The key of a deployment's watchlist out of the vault, or back in it. */
void bench_move_list_key(struct bench *bench, const struct ov_id *deployment_id, bool away);

/* A number of the database, with an id put in place of %s. */
long bench_count(struct bench *bench, const char *sql_with_id, const struct ov_id *id);

#endif

/*
 * What one alert worker works with: its own connection and face engine, and the server's shared
 * parts. Private to alert/.
 */
#ifndef OVERT_SERVER_ALERT_WORKER_H
#define OVERT_SERVER_ALERT_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "common/base/clock.h"
#include "common/face/face.h"
#include "server/audit/event.h"
#include "server/match/tally.h"
#include "server/store/store.h"
#include "server/vault/vault.h"

struct alert_worker {
    struct store *store;          /* this thread's own */
    struct ov_face_engine *faces; /* this thread's own */
    struct vault *vault;          /* shared, like the rest */
    struct tally *tally;
    const struct ov_clock *clock;
    const atomic_bool *stopping; /* set: give up waiting for the database */
};

/* The server itself, as actor of events. */
const struct actor *worker_actor(void);

/* Whether the same act may succeed later: the database is down, busy or did not say. */
bool worker_may_retry(enum ov_status status);

/*
 * After attempt number `attempt` (from 0) failed: rolls back, waits a little longer each time (5 s
 * at most) and connects again. False when the server is stopping.
 */
bool worker_wait(struct alert_worker *worker, int attempt);

/* Opens what `from` sealed under from_column and seals it with `to` under to_column. */
OV_CHECKED enum ov_status worker_reseal(const struct vault_key *from, const char *from_column,
                                        const struct ov_id *from_row, struct store_bytes sealed,
                                        const struct vault_key *to, const char *to_column,
                                        const struct ov_id *to_row, struct ov_secret *ret_sealed,
                                        struct ov_error *err);

/* SHA-256 of sealed bytes (which carry a random nonce) as an event detail. */
void worker_event_digest(struct audit_event *event, const char *key,
                         const struct ov_secret *sealed);

#endif

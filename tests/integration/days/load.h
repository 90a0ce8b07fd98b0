/*
 * A capture client under load that does what the protocol asks of it, and keeps books: every
 * PROBES-th probe is the person who is sought, each on a track of its own; unacknowledged batches
 * are sent again after a reconnect under the same sequences; alerts are acknowledged and noted.
 */
#ifndef OVERT_TESTS_DAYS_LOAD_H
#define OVERT_TESTS_DAYS_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/integration/harness/faces.h"
#include "tests/integration/harness/peer.h"
#include "tests/integration/harness/world.h"

#define LOAD_BATCH 8u        /* probes of a batch; the first of them matches */
#define LOAD_PENDING_MAX 16u /* batches */
#define LOAD_MATCHES_MAX 20000u

/* A match: the first probe of a batch. */
struct load_match {
    bool acked;         /* in a BatchAck, which named its sequence */
    bool wrongly_acked; /* in a BatchAck that did not */
    bool alerted;       /* its alert has come */
    struct ov_id alert_id;
    bool second_alert; /* another id came for the same probe */
    unsigned pushes;
};

struct load {
    struct world *world;
    const struct faces *faces;
    const char *site;
    struct ov_id run_id;
    struct peer peer;
    bool connected;
    bool answers_alerts; /* AlertAck is sent; true at first */
    uint64_t batch;      /* of this session */
    uint64_t next_sequence;
    struct {
        uint64_t batch;    /* 0: to be sent (again) */
        uint64_t sequence; /* of its first probe */
    } pending[LOAD_PENDING_MAX];
    size_t pending_count;
    struct load_match *matches; /* by index (sequence - 1) / LOAD_BATCH */
    size_t match_count;
    size_t acked_count;
    size_t alert_count; /* distinct probes whose alert has come */
    size_t reconnects;
    size_t protocol_errors; /* Error frames that are not the server's going */
};

void load_init(struct load *load, struct world *world, const struct faces *faces, const char *site);
void load_done(struct load *load);

/* For about ms: connects when needed, sends while there is room, handles what comes. */
void load_run(struct load *load, int ms);
/* Sends nothing new; true when all is acknowledged and every alert has come, within limit_ms. */
bool load_drain(struct load *load, int limit_ms);
/* Drops the connection, as a client does that is killed. */
void load_drop(struct load *load);

#endif

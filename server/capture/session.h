/*
 * One capture client's connection, from accept to close. Belongs to the capture loop's thread.
 *
 * Incoming frames pass through one table (ov_frame_check) before their body is read, then go to the
 * handler file of their family. A violation is answered by one Error frame, and the session ends.
 */
#ifndef OVERT_SERVER_CAPTURE_SESSION_H
#define OVERT_SERVER_CAPTURE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/net/stream.h"
#include "common/wire/messages.h"
#include "server/alert/delivery.h"
#include "server/capture/desk.h"
#include "server/capture/rules.h"
#include "server/match/matcher.h"

struct capture;

enum session_phase {
    SESSION_HANDSHAKE,   /* TCP is there, TLS is not */
    SESSION_GREETING,    /* the certificate is good; Hello is awaited */
    SESSION_IDENTIFYING, /* the desk decides about Hello */
    SESSION_LIVE,        /* Welcome has been sent: probes are compared */
    SESSION_LEAVING,     /* its deployment is paused or over: only the last counts are taken */
    SESSION_ENDING,      /* Error has been sent, or we are done; the stream closes */
    SESSION_GONE         /* closed; the struct is about to be freed */
};
const char *session_phase_name(enum session_phase phase);

#define SESSION_ADDRESS_SIZE 64

struct session {
    struct capture *capture;
    struct ov_stream *stream;
    uint64_t token;           /* names this session in other threads' messages */
    enum session_phase phase; /* changed by session_enter alone */
    int64_t phase_at_us;      /* monotonic, like all below */
    int64_t heard_at_us;
    char address[SESSION_ADDRESS_SIZE];
    struct ov_peer peer;   /* from SESSION_GREETING on */
    struct ov_hello hello; /* from SESSION_IDENTIFYING on */
    struct ov_id site_id;  /* from SESSION_LIVE on, like the rest */
    struct ov_id deployment_id;
    bool operational;
    bool attached;             /* known to the courier */
    float threshold;           /* as last told */
    struct ov_welcome welcome; /* its terms hold for the session */
    uint64_t last_batch;
    uint32_t outstanding;                      /* probes received and not acknowledged */
    struct match_job *waiting[CAPTURE_CREDIT]; /* received, no room at the matchers yet; in order */
    size_t waiting_count;
    uint64_t lease_number;
    int64_t leased_at_us;
    uint64_t ping_number;
    int64_t pinged_at_us;
};

/* session.c */

/* Takes fd on every path; NULL when there is no room or memory (fd is closed then). */
struct session *session_open(struct capture *capture, int take_fd, const char *address);
/* The one function that changes phase: checks that the step is legal and logs it. */
void session_enter(struct session *session, enum session_phase phase);
/* Answers a violation, or a refusal, with one Error frame, and ends the session. What is wrong on
 * our side (memory, database, bugs) is logged, and the client is told to try again. */
void session_fail(struct session *session, const struct ov_error *err);
/* Ends it without Error. */
void session_finish(struct session *session);
/* Ends it at once: the peer's certificate no longer holds. */
void session_cut(struct session *session, const struct ov_error *err);
/* Sends (and frees) a frame that `encoded` says was made. */
void session_send(struct session *session, enum ov_status encoded, struct ov_secret *take_frame);
/* Hands a job to the desk; frees it and fails the session when the desk is full. */
void session_ask(struct session *session, struct desk_job *take_job);
/* A job for the desk with this session's ids; NULL (and the session failed) without memory. */
struct desk_job *session_job(struct session *session, enum desk_kind kind);
bool session_is_stranger(const struct session *session);
/* Live or leaving: it takes and gets messages of its deployment. */
bool session_is_open(const struct session *session);

/* The families: each gets a whole message's bytes, borrowed and wiped by the caller. */

/* hello.c */
void session_on_hello(struct session *session, const uint8_t *body, size_t size);
void session_on_identified(struct session *session, struct desk_job *job);

/* probes.c */
void session_on_probe_batch(struct session *session, const uint8_t *body, size_t size);
/* The batch has been compared and its alerts are committed, or not: see outcome. */
void session_on_batch_done(struct session *session, const struct match_job *job);
/* Offers waiting batches to the matchers again; reads on when all have gone. */
void session_offer_waiting(struct session *session);
void session_drop_waiting(struct session *session);

/* alerts.c */
void session_on_alert_ack(struct session *session, const uint8_t *body, size_t size);
void session_on_crop(struct session *session, const uint8_t *body, size_t size);
void session_push_alert(struct session *session, const struct delivery_item *item);
/* After Welcome: asks again for crops of this run that never arrived. */
void session_ask_wanted(struct session *session);

/* counts.c */
void session_on_counts(struct session *session, const uint8_t *body, size_t size);
void session_on_counts_stored(struct session *session, const struct desk_job *job);

/* pause.c */
void session_on_pause_request(struct session *session, const uint8_t *body, size_t size);
void session_on_pause_done(struct session *session, const struct desk_job *job);

/* ping.c */
void session_on_ping(struct session *session, const uint8_t *body, size_t size);
void session_on_pong(struct session *session, const uint8_t *body, size_t size);
/* Each tick: pings a silent client, ends one that stays silent. */
void session_check_heard(struct session *session, int64_t now_us);

/* authority.c */
void session_send_lease(struct session *session, int64_t now_us);
/* A batch came back without having been compared: ends a session that does not know why yet. */
void session_on_not_compared(struct session *session);

#endif

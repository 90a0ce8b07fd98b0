/*
 * The link's inside, shared by the files of this folder only: link.c (thread, messages, janitor),
 * connect.c (connecting and losing the connection), receive.c (one function per message), send.c,
 * finish.c (the end of a run). Everything here belongs to the link's thread but for what is marked.
 */
#ifndef OVERT_CLIENT_LINK_LINK_INTERNAL_H
#define OVERT_CLIENT_LINK_LINK_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include <event2/event.h>

#include "client/backoff.h"
#include "client/link/counts.h"
#include "client/link/crops.h"
#include "client/link/event.h"
#include "client/link/hold.h"
#include "client/link/lease.h"
#include "client/link/link.h"
#include "client/link/outbox.h"
#include "client/link/seen.h"
#include "common/net/mailbox.h"
#include "common/net/stream.h"

#define LINK_TICK_MS 25
#define LINK_PING_EVERY_US (5 * OV_US_PER_S)
#define LINK_SILENCE_US (20 * OV_US_PER_S) /* no message from the server for so long: gone */
#define LINK_STATUS_EVERY_US (500 * OV_US_PER_MS)
#define LINK_SETTLED_US (5 * OV_US_PER_S) /* a session of this age makes the backoff start anew */
#define LINK_MAILBOX 64
#define LINK_AWAITED_MAX OUTBOX_MAX
#define LINK_FRUITLESS_MAX 3 /* sessions in a row that end with an Error and achieve nothing */

enum link_stage {
    LINK_WAITING,    /* no connection; the next attempt is due at retry_at_us */
    LINK_CONNECTING, /* TCP and TLS */
    LINK_GREETING,   /* Hello sent */
    LINK_OPEN,       /* Welcome received */
    LINK_PARTING,    /* the server broke the protocol: our Error is being written out */
    LINK_CLOSING,    /* the run is over: what is left is being written out */
    LINK_OVER        /* EVENT_DONE sent; reports are thrown away until link_free */
};

enum finish_stage {
    FINISH_NOT_YET, /* the source has not ended */
    FINISH_DRAIN,   /* until every probe is acknowledged */
    FINISH_LINGER,  /* until alerts are shown, crops delivered, counts acknowledged */
    FINISH_CLOSE    /* until the connection is closed */
};

struct link {
    struct link_options options; /* constant */
    struct ov_id run_id;         /* constant */
    pthread_t thread;
    struct ov_mailbox *mailbox; /* posting: any thread */
    atomic_bool has_room;       /* read by any thread */

    struct event_base *base;
    struct event *tick;
    SSL_CTX *tls;
    struct ov_stream *stream; /* NULL without a connection */
    enum link_stage stage;
    struct backoff backoff;
    int64_t retry_at_us;
    int64_t unreached_since_us; /* 0 while a session is open */
    int64_t opened_at_us;
    int64_t heard_at_us;
    int fruitless;          /* see LINK_FRUITLESS_MAX */
    bool server_said_error; /* in this session */
    struct trouble parting; /* why, in LINK_PARTING */

    struct ov_welcome welcome; /* of the latest session */
    bool has_welcome;
    uint32_t credit;
    uint64_t batch;
    uint64_t ping;
    int64_t ping_due_us;
    bool has_offset;
    int64_t offset_us;

    struct lease_state lease;
    enum ov_phase phase;
    char phase_reason[OV_CODE_SIZE];
    enum hold hold;   /* the pause key */
    uint64_t presses; /* that have come to this thread */
    int64_t pressed_at_us;
    bool capturing; /* what was last told to the permit and the terminal */

    uint64_t last_sequence;
    struct outbox *outbox;
    struct crops *crops;
    struct seen *seen;
    struct counts *counts;
    uint64_t awaited[LINK_AWAITED_MAX]; /* alerted sequences whose alert has not been shown */
    size_t awaited_count;
    struct run_totals totals;
    bool was_undelivered; /* faces were given up that the server should have had */
    int64_t status_due_us;

    enum finish_stage finish;
    int64_t finish_deadline_us; /* 0: none */
    bool was_stopped;           /* the source did not end by itself */
    bool is_quitting;           /* link_free waits */
    enum client_exit exit;
    struct trouble trouble;
    struct client_event *last_word; /* EVENT_DONE, until the terminal's queue has room for it */
};

/* link.c */
int64_t link_now_us(const struct link *link);
void link_emit(struct link *link, struct client_event *take_event);
void link_emit_trouble(struct link *link, enum client_event_kind kind,
                       const struct trouble *trouble);
/* Brings the permit in line with lease and phase; wipes when capturing ends. */
void link_update_permit(struct link *link);
/* Says on the terminal that the pause key was pressed, and what the server knows of it. */
void link_tell_hold(struct link *link);
/* The deployment is live: ends a pause that the server knew of, or tells it (again). */
void link_said_live(struct link *link);
/* Why faces that were made into probes are given up. */
enum lost_reason {
    LOST_CAPACITY, /* too many or too old: counted as such if they were never sent */
    LOST_LINK,     /* the permission ran out while the server was away */
    LOST_AUTHORITY /* the permission was taken back: they may not be compared */
};
void link_count_lost(struct link *link, struct outbox_lost lost, enum lost_reason reason);

/* connect.c */
void link_connect(struct link *link);
/* Ends the connection now, as if it had been lost for this reason. */
void link_drop(struct link *link, enum ov_status status, const char *code, const char *text);
/* Tells the server what it did wrong, and ends the session; the next one comes later. */
void link_part(struct link *link, const struct ov_error *err);
void link_connect_tick(struct link *link);

/* receive.c */
enum ov_status link_check_frame(void *ctx, const struct ov_frame_header *header,
                                struct ov_error *err);
void link_on_frame(void *ctx, uint16_t type, const uint8_t *body, size_t size);

/* send.c: each encodes, sends and wipes; a failing stream reports itself. */
void link_send_hello(struct link *link);
void link_send_error(struct link *link, const char *code, const char *text);
void link_send_probes(struct link *link);
void link_send_counts(struct link *link);
void link_send_ping(struct link *link);
void link_send_pong(struct link *link, const struct ov_ping *ping);
void link_send_pause_request(struct link *link);
void link_send_alert_ack(struct link *link, const struct ov_id *alert_id);
void link_send_crop(struct link *link, const struct ov_crop_request *request);

/* finish.c */
void link_source_ended(struct link *link, const struct ov_error *end);
void link_finish_tick(struct link *link);
/* Ends the run with this outcome; the first one given counts. */
void link_give_up(struct link *link, enum client_exit exit_code, const char *code,
                  const char *text);
/* The connection has ended while finishing: nothing is left to wait for. */
void link_over(struct link *link);
/* Sends EVENT_DONE if it has not been taken yet. */
void link_tell_over(struct link *link);
void link_await_alert(struct link *link, uint64_t sequence);

#endif

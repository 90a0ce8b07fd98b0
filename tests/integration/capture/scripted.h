/*
 * The server's side of the protocol, scripted by a test: real TLS, real frames, and every message
 * right or wrong as the test wants it. It compares nothing; what works is shown against the real
 * server. Runs on the test's own thread while scripted_until runs.
 */
#ifndef OVERT_TESTS_CAPTURE_SCRIPTED_H
#define OVERT_TESTS_CAPTURE_SCRIPTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>
#include <openssl/evp.h>

#include "common/net/stream.h"
#include "common/wire/messages.h"

#define SCRIPTED_PROBES_MAX 4096

struct scripted {
    /* What to do; a test changes it at any time. */
    bool exercise;
    uint32_t credit;
    uint32_t lease_ms;       /* of the lease that follows each Welcome; 0: none; 30000: renewed */
    bool acks;               /* acknowledges batches at once */
    bool asks_for_crop;      /* with each alert that scripted_alert_first raises */
    uint64_t alert_first;    /* alerts for the sequences 1 to this */
    const char *refuse_code; /* answers Hello with this Error */
    struct ov_zone zone;     /* of the camera cam1; without points: none */
    bool mute;               /* takes connections and says nothing */

    /* What has happened. */
    int sessions; /* Hellos */
    bool is_open; /* a connection is there, and greeted */
    struct ov_hello hello;
    struct ov_id first_run;
    uint64_t sequences[SCRIPTED_PROBES_MAX]; /* as they came, repeats included */
    size_t probes;
    uint64_t last_batch; /* latest number */
    size_t last_batch_size;
    size_t outstanding; /* probes not acknowledged by us */
    size_t outstanding_most;
    int alerts_sent;
    int alert_acks;
    int crops; /* with a picture */
    int empty_crops;
    int crop_width; /* px of the latest */
    int crop_height;
    int counts;
    struct ov_counts last_counts;
    uint64_t pings;
    int pauses; /* PauseRequests */
    struct ov_pause_request last_pause;
    struct ov_zone_face last_face; /* of the latest probe */
    char error_code[OV_CODE_SIZE]; /* the client's own Error */

    struct event_base *base;
    struct event *listen_event;
    SSL_CTX *tls;
    int listen_fd;
    int port;
    struct ov_stream *stream;
    EVP_PKEY *lease_key;
    uint64_t lease_number;
    int64_t leased_at_us;
    struct ov_id deployment;
};

/* pki_dir: made by deploy/pki, with a server certificate for localhost. */
void scripted_new(struct scripted *scripted, const char *pki_dir);
void scripted_free(struct scripted *scripted);

/* Runs the loop until done says so; fails the test after limit_ms. */
void scripted_until(struct scripted *scripted, bool (*done)(const struct scripted *scripted),
                    int limit_ms);
/* Runs the loop for so long. */
void scripted_spin(struct scripted *scripted, int ms);

/* Cuts the connection without a word. */
void scripted_cut(struct scripted *scripted);
void scripted_send_lease(struct scripted *scripted, uint64_t number, uint32_t valid_ms,
                         EVP_PKEY *key);
void scripted_send_state(struct scripted *scripted, enum ov_phase phase, const char *reason);
void scripted_send_ack(struct scripted *scripted, uint64_t batch, const uint64_t *alerted,
                       size_t count);
/* The alert id is made from the sequence: the same sequence is the same alert. */
void scripted_send_alert(struct scripted *scripted, const struct ov_id *run, uint64_t sequence);
void scripted_send_crop_request(struct scripted *scripted, const struct ov_id *run,
                                uint64_t sequence);
void scripted_send_error(struct scripted *scripted, const char *code, const char *text);
/* Any bytes as a frame of this type. */
void scripted_send_raw(struct scripted *scripted, uint16_t type, const void *body, size_t size);

#endif

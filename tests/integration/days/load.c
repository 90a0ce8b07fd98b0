/* The client's books. Nothing here fails a test: what went wrong is counted. */
#include "tests/integration/days/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"

#define SLICE_MS 20
#define RETRY_MS 50

static int64_t now_ms(void)
{
    return ov_clock_mono_us(ov_clock_system()) / OV_US_PER_MS;
}

void load_init(struct load *load, struct world *world, const struct faces *faces, const char *site)
{
    memset(load, 0, sizeof(*load));
    load->world = world;
    load->faces = faces;
    load->site = site;
    load->run_id = ov_id_new();
    load->answers_alerts = true;
    load->next_sequence = 1;
    load->matches = calloc(LOAD_MATCHES_MAX, sizeof(*load->matches));
    if (load->matches == NULL)
        abort();
}

void load_done(struct load *load)
{
    peer_close(&load->peer);
    free(load->matches);
    memset(load, 0, sizeof(*load));
}

void load_drop(struct load *load)
{
    peer_close(&load->peer);
    load->connected = false;
    load->batch = 0;
    for (size_t i = 0; i < load->pending_count; i++)
        load->pending[i].batch = 0;
}

static void lose(struct load *load)
{
    char code[OV_CODE_SIZE];
    if (peer_receive_error(&load->peer, 1, code) && strncmp(code, "server.", 7) != 0) {
        (void)fprintf(stderr, "load: the server said %s\n", code);
        load->protocol_errors++;
    }
    load->reconnects++;
    load_drop(load);
}

static bool connect_and_greet(struct load *load)
{
    char name[80];
    struct ov_hello hello;
    struct ov_welcome welcome;
    (void)snprintf(name, sizeof(name), "site-%s", load->site);
    struct peer_options options = {.identity_dir = world_identity(load->world, name),
                                   .alpn = OV_ALPN_CAPTURE};
    peer_hello(&hello, load->faces->digest, &load->run_id);
    if (!peer_connect(&load->peer, load->world->capture_port, &options))
        return false;
    load->connected = peer_greet(&load->peer, &hello, &welcome);
    if (!load->connected)
        lose(load);
    return load->connected;
}

static bool send_batch(struct load *load, uint64_t sequence)
{
    struct ov_probe probes[LOAD_BATCH];
    for (size_t i = 0; i < LOAD_BATCH; i++)
        peer_probe(&probes[i], sequence + i, i == 0 ? face_values(&load->faces->wanted) : NULL);
    bool sent = peer_send_probes(&load->peer, ++load->batch, probes, LOAD_BATCH);
    for (size_t i = 0; i < LOAD_BATCH; i++)
        ov_secret_free(&probes[i].descriptor);
    return sent;
}

/* What is pending and not under way in this session. */
static bool send_pending(struct load *load)
{
    for (size_t i = 0; i < load->pending_count; i++) {
        if (load->pending[i].batch != 0)
            continue;
        if (!send_batch(load, load->pending[i].sequence))
            return false;
        load->pending[i].batch = load->batch;
    }
    return true;
}

static void add_pending(struct load *load)
{
    if (load->pending_count == LOAD_PENDING_MAX || load->match_count == LOAD_MATCHES_MAX)
        return;
    load->pending[load->pending_count].batch = 0;
    load->pending[load->pending_count].sequence = load->next_sequence;
    load->pending_count++;
    load->match_count++;
    load->next_sequence += LOAD_BATCH;
}

static void note_ack(struct load *load, const struct ov_batch_ack *ack)
{
    for (size_t i = 0; i < load->pending_count; i++) {
        if (load->pending[i].batch != ack->batch)
            continue;
        uint64_t sequence = load->pending[i].sequence;
        struct load_match *match = &load->matches[(sequence - 1) / LOAD_BATCH];
        bool named = ack->alerted_count == 1 && ack->alerted[0] == sequence;
        match->acked = named;
        match->wrongly_acked |= !named;
        load->acked_count++;
        load->pending_count--;
        memmove(&load->pending[i], &load->pending[i + 1],
                (load->pending_count - i) * sizeof(load->pending[0]));
        return;
    }
}

static void note_alert(struct load *load, const struct ov_alert *alert)
{
    uint64_t index = (alert->sequence - 1) / LOAD_BATCH;
    if (!ov_id_equal(&alert->run_id, &load->run_id) || index >= load->match_count)
        return;
    struct load_match *match = &load->matches[index];
    match->pushes++;
    if (match->alerted) {
        match->second_alert |= !ov_id_equal(&match->alert_id, &alert->alert_id);
        return;
    }
    match->alerted = true;
    match->alert_id = alert->alert_id;
    load->alert_count++;
}

static void on_alert(struct load *load, const struct peer_frame *frame)
{
    struct ov_alert alert;
    if (ov_alert_decode(frame->body, frame->header.length, &alert, NULL) != OV_OK)
        return;
    note_alert(load, &alert);
    if (load->answers_alerts)
        (void)peer_send_alert_ack(&load->peer, &alert.alert_id);
    ov_alert_done(&alert);
}

static void on_crop_request(struct load *load, const struct peer_frame *frame)
{
    struct ov_crop_request request;
    static const struct ov_secret none = OV_SECRET_INIT;
    if (ov_crop_request_decode(frame->body, frame->header.length, &request, NULL) == OV_OK)
        (void)peer_send_crop(&load->peer, &request.alert_id, request.sequence, &none);
}

/* False when the connection is gone. */
static bool handle_next(struct load *load, int limit_ms)
{
    struct peer_frame frame;
    int64_t since = now_ms();
    if (!peer_receive(&load->peer, limit_ms, &frame))
        return now_ms() - since >= limit_ms; /* nothing came, or it is over */
    struct ov_batch_ack ack;
    bool good = true;
    switch (frame.header.type) {
    case OV_FRAME_BATCH_ACK:
        if (ov_batch_ack_decode(frame.body, frame.header.length, &ack, NULL) == OV_OK)
            note_ack(load, &ack);
        break;
    case OV_FRAME_ALERT:
        on_alert(load, &frame);
        break;
    case OV_FRAME_CROP_REQUEST:
        on_crop_request(load, &frame);
        break;
    case OV_FRAME_ERROR:
    case OV_FRAME_DEPLOYMENT_STATE:
        good = false;
        break;
    default:
        break;
    }
    peer_frame_done(&frame);
    return good;
}

static void pause_ms(int ms)
{
    struct timespec pause = {0, ms * 1000000L};
    (void)nanosleep(&pause, NULL);
}

static void step(struct load *load)
{
    if (!load->connected && !connect_and_greet(load)) {
        pause_ms(RETRY_MS);
        return;
    }
    if (!send_pending(load) || !handle_next(load, SLICE_MS))
        lose(load);
}

void load_run(struct load *load, int ms)
{
    int64_t until = now_ms() + ms;
    while (now_ms() < until) {
        add_pending(load);
        step(load);
    }
}

bool load_drain(struct load *load, int limit_ms)
{
    int64_t until = now_ms() + limit_ms;
    while (load->pending_count > 0 || load->alert_count < load->match_count) {
        if (now_ms() > until) {
            (void)fprintf(stderr, "load: %zu matches, %zu batches pending, %zu alerts\n",
                          load->match_count, load->pending_count, load->alert_count);
            return false;
        }
        step(load);
    }
    return true;
}

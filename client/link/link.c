/*
 * The link's thread: starts and ends it, takes what other threads hand over, and sweeps timeouts.
 * No call here blocks but the loop itself.
 */
#include "client/link/link_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"

enum message_kind { MESSAGE_REPORT, MESSAGE_SHOWN, MESSAGE_PAUSE, MESSAGE_QUIT };

struct message {
    enum message_kind kind;
    struct report *report;
    struct ov_id alert_id;
};

static void message_free(void *message)
{
    struct message *gone = message;
    report_free(gone->report);
    free(gone);
}

int64_t link_now_us(const struct link *link)
{
    return ov_clock_mono_us(link->options.clock);
}

void link_emit(struct link *link, struct client_event *take_event)
{
    if (take_event == NULL)
        return;
    if (ov_queue_push(link->options.events, take_event, 0) == OV_OK)
        return;
    /* The terminal is not read. An alert will come again with the next session. */
    if (take_event->kind == EVENT_ALERT) {
        seen_forget(link->seen, &take_event->alert.alert.alert_id);
        link->totals.alerts--; /* counted when it came, and again when it comes again */
        client_event_free(take_event);
        link_drop(link, OV_ERR_LIMIT, "preview.blocked",
                  "alerts cannot be shown because the terminal is not being read");
        return;
    }
    client_event_free(take_event);
}

void link_emit_trouble(struct link *link, enum client_event_kind kind,
                       const struct trouble *trouble)
{
    struct client_event *event = client_event_new(kind);
    if (event != NULL)
        event->trouble = *trouble;
    link_emit(link, event);
}

void link_count_lost(struct link *link, struct outbox_lost lost, enum lost_reason reason)
{
    link->totals.lost += lost.sent + lost.unsent;
    if (reason != LOST_AUTHORITY && lost.sent + lost.unsent > 0)
        link->was_undelivered = true;
    if (reason != LOST_CAPACITY || lost.unsent == 0)
        return;
    struct counts_delta delta = {0};
    delta.rejected[OV_REJECT_CAPACITY] = (uint32_t)lost.unsent;
    counts_add(link->counts, &delta, ov_clock_utc_us(link->options.clock));
    link->totals.rejected[OV_REJECT_CAPACITY] += lost.unsent;
}

static void tell_capture(struct link *link, bool is_on)
{
    if (link->capturing == is_on)
        return;
    link->capturing = is_on;
    const char *reason = link->phase != OV_PHASE_LIVE ? link->phase_reason : "lease_over";
    if (link->hold != HOLD_NONE)
        reason = "pause_key";
    struct client_event *event = client_event_new(EVENT_CAPTURE);
    if (event == NULL)
        return;
    event->capture.on = is_on;
    (void)snprintf(event->capture.reason, sizeof(event->capture.reason), "%s",
                   is_on ? "lease" : reason);
    ov_log(OV_LOG_INFO, "link", is_on ? "capture_on" : "capture_off", "reason=%s",
           event->capture.reason);
    link_emit(link, event);
}

void link_tell_hold(struct link *link)
{
    struct client_event *event = client_event_new(EVENT_PAUSE_KEY);
    if (event != NULL)
        event->pause_key.is_known = link->hold == HOLD_KNOWN;
    link_emit(link, event);
}

void link_said_live(struct link *link)
{
    bool was_held = link->hold != HOLD_NONE;
    if (!hold_live(&link->hold))
        link_send_pause_request(link);
    else if (was_held)
        permit_release(link->options.permit, link->presses);
}

void link_update_permit(struct link *link)
{
    bool may_capture = link->has_welcome && link->phase == OV_PHASE_LIVE &&
                       link->hold == HOLD_NONE && lease_is_valid(&link->lease, link_now_us(link));
    if (may_capture) {
        const struct capture_terms terms = {link->welcome.gate, link->welcome.min_face_px,
                                            *ov_welcome_zone(&link->welcome, link->options.camera)};
        permit_grant(link->options.permit, &terms, link->lease.until_mono_us);
    } else if (link->capturing) {
        permit_revoke(link->options.permit);
        bool was_lost = link->phase == OV_PHASE_LIVE && link->hold == HOLD_NONE;
        link_count_lost(link, outbox_wipe(link->outbox), was_lost ? LOST_LINK : LOST_AUTHORITY);
        crops_wipe(link->crops);
    }
    tell_capture(link, may_capture);
}

/* --- what other threads hand over ------------------------------------------------------------- */

static void fill_probe(struct link *link, struct found_face *face, struct ov_probe *probe)
{
    memset(probe, 0, sizeof(*probe));
    probe->sequence = ++link->last_sequence;
    (void)snprintf(probe->camera, sizeof(probe->camera), "%s", link->options.camera);
    probe->track = face->track;
    probe->captured_at_us = face->captured_at_us;
    probe->box_left = face->at.left;
    probe->box_top = face->at.top;
    probe->box_width = face->at.width;
    probe->box_height = face->at.height;
    probe->frame_width = face->at.frame_width;
    probe->frame_height = face->at.frame_height;
    probe->quality = face->quality;
    probe->descriptor = ov_secret_take(&face->descriptor);
}

static void on_face(struct link *link, struct found_face *face)
{
    if (!link->capturing || !permit_covers(link->options.permit, face->generation))
        return; /* captured under a permission that has ended: wiped with the report */
    struct ov_probe probe;
    fill_probe(link, face, &probe);
    int64_t now_us = link_now_us(link);
    if (outbox_add(link->outbox, &probe, now_us) != OV_OK) {
        ov_secret_free(&probe.descriptor);
        link_count_lost(link, (struct outbox_lost){.unsent = 1}, LOST_CAPACITY);
        return;
    }
    crops_put(link->crops, probe.sequence, &face->crop, now_us);
}

static void on_tally(struct link *link, const struct tally *tally)
{
    struct counts_delta delta = {.faces_seen = tally->faces_seen};
    memcpy(delta.rejected, tally->rejected, sizeof(delta.rejected));
    counts_add(link->counts, &delta, ov_clock_utc_us(link->options.clock));
    link->totals.frames += tally->frames;
    link->totals.faces_seen += tally->faces_seen;
    for (int i = 0; i < OV_REJECT_COUNT; i++)
        link->totals.rejected[i] += tally->rejected[i];
}

static void on_report(struct link *link, struct report *report)
{
    if (link->stage == LINK_OVER)
        return;
    switch (report->kind) {
    case REPORT_FACE:
        on_face(link, &report->face);
        break;
    case REPORT_TALLY:
        on_tally(link, &report->tally);
        break;
    case REPORT_END:
        link_source_ended(link, &report->end);
        break;
    }
}

/* The permit is held already, by the thread that has the key. */
static void on_pause(struct link *link)
{
    link->presses++;
    if (!hold_press(&link->hold))
        return;
    link->pressed_at_us = ov_clock_utc_us(link->options.clock);
    ov_log(OV_LOG_INFO, "link", "pause_key", "connected=%d", link->stage == LINK_OPEN);
    link_update_permit(link);
    link_tell_hold(link);
    if (link->stage == LINK_OPEN)
        link_send_pause_request(link);
}

static void on_quit(struct link *link)
{
    link->is_quitting = true;
    if (link->stream == NULL || link->stage != LINK_CLOSING)
        (void)event_base_loopbreak(link->base); /* else on_closed ends the loop */
}

static void update_room(struct link *link)
{
    /* What is in the mailbox may all be faces. */
    atomic_store(&link->has_room, outbox_length(link->outbox) + LINK_MAILBOX < OUTBOX_MAX);
}

static void on_message(void *ctx, void *message)
{
    struct link *link = ctx;
    struct message *taken = message;
    switch (taken->kind) {
    case MESSAGE_REPORT:
        on_report(link, taken->report);
        break;
    case MESSAGE_SHOWN:
        if (seen_shown(link->seen, &taken->alert_id))
            link_send_alert_ack(link, &taken->alert_id);
        break;
    case MESSAGE_PAUSE:
        on_pause(link);
        break;
    case MESSAGE_QUIT:
        on_quit(link);
        break;
    }
    message_free(taken);
    update_room(link);
}

static enum ov_status post(struct link *link, enum message_kind kind, struct report *report,
                           const struct ov_id *alert_id, int timeout_ms)
{
    struct message *message = calloc(1, sizeof(*message));
    if (message == NULL)
        return OV_ERR_LIMIT;
    message->kind = kind;
    message->report = report;
    if (alert_id != NULL)
        message->alert_id = *alert_id;
    enum ov_status status = ov_mailbox_post(link->mailbox, message, timeout_ms);
    if (status != OV_OK)
        free(message); /* the report stays with the caller */
    return status;
}

enum ov_status link_post_report(void *link, struct report *report, int timeout_ms)
{
    return post(link, MESSAGE_REPORT, report, NULL, timeout_ms);
}

bool link_has_room(void *link)
{
    struct link *self = link;
    return atomic_load(&self->has_room);
}

void link_alert_shown(struct link *link, const struct ov_id *alert_id)
{
    if (post(link, MESSAGE_SHOWN, NULL, alert_id, OV_WAIT_FOREVER) != OV_OK)
        ov_log(OV_LOG_ERROR, "link", "ack_lost", "reason=memory");
}

void link_pause(struct link *link)
{
    permit_hold(link->options.permit);
    while (post(link, MESSAGE_PAUSE, NULL, NULL, OV_WAIT_FOREVER) == OV_ERR_LIMIT)
        ; /* memory is out: it may come back, and until then nothing is captured */
}

/* --- janitor ---------------------------------------------------------------------------------- */

static void emit_status(struct link *link, int64_t now_us)
{
    static const char *const names[] = {"waiting to reconnect",
                                        "connecting",
                                        "connecting",
                                        "connected",
                                        "closing",
                                        "closing",
                                        "closed"};
    if (!link->options.wants_status || now_us < link->status_due_us ||
        ov_queue_length(link->options.events) > 0)
        return;
    link->status_due_us = now_us + LINK_STATUS_EVERY_US;
    struct client_event *event = client_event_new(EVENT_STATUS);
    if (event == NULL)
        return;
    event->status.link = names[link->stage];
    event->status.capturing = link->capturing;
    event->status.is_held = link->hold != HOLD_NONE;
    event->status.has_welcome = link->has_welcome;
    event->status.exercise = link->welcome.exercise;
    if (lease_is_valid(&link->lease, now_us))
        event->status.lease_ms = (link->lease.until_mono_us - now_us) / OV_US_PER_MS;
    event->status.credit = link->credit;
    event->status.waiting = (uint32_t)outbox_length(link->outbox);
    event->status.faces = link->last_sequence;
    event->status.alerts = link->totals.alerts;
    event->status.has_offset = link->has_offset;
    event->status.offset_us = link->offset_us;
    link_emit(link, event);
}

static int64_t outbox_age_us(const struct link *link)
{
    return link->has_welcome && link->welcome.exercise ? OUTBOX_AGE_EXERCISE_US
                                                       : OUTBOX_AGE_OPERATIONAL_US;
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    struct link *link = ctx;
    int64_t now_us = link_now_us(link);
    int64_t utc_us = ov_clock_utc_us(link->options.clock);
    if (link->stage == LINK_OVER) {
        link_tell_over(link);
        return;
    }
    if (link->capturing && !lease_is_valid(&link->lease, now_us))
        link_update_permit(link);
    if (link->capturing && link->finish == FINISH_NOT_YET)
        counts_watching(link->counts, utc_us);
    counts_tick(link->counts, utc_us);
    link_count_lost(link, outbox_expire(link->outbox, now_us, outbox_age_us(link)), LOST_CAPACITY);
    crops_expire(link->crops, now_us);
    link_connect_tick(link);
    if (link->stage == LINK_OPEN) {
        link_send_probes(link);
        link_send_counts(link);
        if (now_us >= link->ping_due_us)
            link_send_ping(link);
    }
    link_finish_tick(link);
    update_room(link);
    emit_status(link, now_us);
}

/* --- life ------------------------------------------------------------------------------------- */

/* On the link's thread, or before it exists. */
static void release(struct link *link)
{
    ov_stream_free(link->stream);
    ov_mailbox_free(link->mailbox);
    client_event_free(link->last_word);
    if (link->tick != NULL)
        event_free(link->tick);
    if (link->base != NULL)
        event_base_free(link->base);
    SSL_CTX_free(link->tls);
    outbox_free(link->outbox);
    crops_free(link->crops);
    seen_free(link->seen);
    counts_free(link->counts);
}

static void *run(void *ctx)
{
    struct link *link = ctx;
    link_connect(link);
    (void)event_base_dispatch(link->base);
    release(link);
    return NULL;
}

static enum ov_status prepare(struct link *link, struct ov_error *err)
{
    enum ov_status status = ov_tls_client_new(&link->options.tls, OV_ALPN_CAPTURE, &link->tls, err);
    if (status != OV_OK)
        return status;
    link->base = event_base_new();
    link->outbox = outbox_new();
    link->crops = crops_new();
    link->seen = seen_new();
    link->counts = counts_new(&link->run_id, link->options.camera);
    if (link->base != NULL)
        link->tick = event_new(link->base, -1, EV_PERSIST, on_tick, link);
    const struct timeval every = {0, LINK_TICK_MS * 1000L};
    if (link->tick == NULL || event_add(link->tick, &every) != 0 || link->outbox == NULL ||
        link->crops == NULL || link->seen == NULL || link->counts == NULL ||
        ov_mailbox_new(link->base, LINK_MAILBOX, on_message, message_free, link, &link->mailbox) !=
            OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    return OV_OK;
}

enum ov_status link_start(const struct link_options *options, struct link **ret_link,
                          struct ov_error *err)
{
    struct link *link = calloc(1, sizeof(*link));
    if (link == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    link->options = *options;
    link->run_id = ov_id_new();
    link->phase = OV_PHASE_LIVE;
    link->unreached_since_us = link_now_us(link);
    lease_init(&link->lease, &link->run_id);
    enum ov_status status = prepare(link, err);
    if (status == OV_OK && pthread_create(&link->thread, NULL, run, link) != 0)
        status = ov_fail(err, OV_ERR_UNAVAILABLE, "thread", "cannot start the link's thread");
    if (status != OV_OK) {
        release(link);
        free(link);
        return status;
    }
    *ret_link = link;
    return OV_OK;
}

void link_free(struct link *link)
{
    if (link == NULL)
        return;
    while (post(link, MESSAGE_QUIT, NULL, NULL, OV_WAIT_FOREVER) == OV_ERR_LIMIT)
        ; /* memory is out: it may come back */
    (void)pthread_join(link->thread, NULL);
    free(link);
}

/*
 * Messages from the server: type known, legal now and short enough (link_check_frame, before the
 * body is kept), decoded and checked by its codec, then acted on here. Link thread only.
 */
#include "client/link/link_internal.h"

#include <stdio.h>
#include <string.h>

#include "common/base/log.h"

static enum ov_session_state session_state(const struct link *link)
{
    switch (link->stage) {
    case LINK_GREETING:
        return OV_SESSION_GREETING;
    case LINK_OPEN:
        return OV_SESSION_OPEN;
    case LINK_WAITING:
    case LINK_CONNECTING:
    case LINK_PARTING:
    case LINK_CLOSING:
    case LINK_OVER:
        return OV_SESSION_ENDING;
    }
    return OV_SESSION_ENDING;
}

enum ov_status link_check_frame(void *ctx, const struct ov_frame_header *header,
                                struct ov_error *err)
{
    const struct link *link = ctx;
    enum ov_session_state state = session_state(link);
    if (link->stage == LINK_PARTING ||
        link->stage == LINK_CLOSING) /* what was on its way is read and ignored */
        state = OV_SESSION_OPEN;
    return ov_frame_check(header, OV_FROM_SERVER, state, err);
}

/* --- greeting --------------------------------------------------------------------------------- */

static void refuse_terms(struct link *link, const char *code, const char *text)
{
    link_send_error(link, code, text);
    link_give_up(link, CLIENT_EXIT_REFUSED, code, text);
}

/* Nothing has been captured yet when these are checked. */
static bool accept_terms(struct link *link, const struct ov_welcome *welcome)
{
    const struct ov_id *asked =
        link->has_welcome ? &link->welcome.deployment_id : &link->options.deployment_id;
    if ((link->options.names_deployment || link->has_welcome) &&
        !ov_id_equal(asked, &welcome->deployment_id)) {
        refuse_terms(link, "welcome.deployment",
                     "the server answers for another deployment than the one asked for");
        return false;
    }
    if (link->options.source_kind != OV_SOURCE_LIVE && !welcome->exercise) {
        refuse_terms(link, "source.not_live",
                     "this deployment is operational: it takes live cameras only, no recordings "
                     "and no images; use them in an exercise");
        return false;
    }
    return true;
}

static bool has_same_gate(const struct ov_quality_gate *a, const struct ov_quality_gate *b)
{
    return a->min_eye_distance_px == b->min_eye_distance_px &&
           a->min_sharpness == b->min_sharpness && a->max_yaw_deg == b->max_yaw_deg &&
           a->max_pitch_deg == b->max_pitch_deg && a->max_roll_deg == b->max_roll_deg &&
           a->min_brightness == b->min_brightness && a->max_brightness == b->max_brightness;
}

/* Which faces may be compared; not the threshold, which is the server's. */
static bool has_same_terms(const struct ov_welcome *a, const struct ov_welcome *b)
{
    if (a->min_face_px != b->min_face_px || !has_same_gate(&a->gate, &b->gate) ||
        a->zone_count != b->zone_count)
        return false;
    for (size_t i = 0; i < a->zone_count; i++)
        if (!ov_zone_equal(&a->zones[i].zone, ov_welcome_zone(b, a->zones[i].camera)))
            return false;
    return true;
}

/* What waits was captured by terms that no longer hold. */
static void void_captured(struct link *link)
{
    permit_revoke(link->options.permit);
    link_count_lost(link, outbox_wipe(link->outbox), LOST_AUTHORITY);
    crops_wipe(link->crops);
}

static enum ov_status on_welcome(struct link *link, const uint8_t *body, size_t size,
                                 struct ov_error *err)
{
    struct ov_welcome welcome;
    enum ov_status status = ov_welcome_decode(body, size, &welcome, err);
    if (status != OV_OK || !accept_terms(link, &welcome))
        return status;
    if (link->has_welcome && !has_same_terms(&link->welcome, &welcome))
        void_captured(link);
    link->welcome = welcome;
    link->has_welcome = true;
    link->stage = LINK_OPEN;
    link->credit = welcome.credit;
    link->batch = 0;
    link->opened_at_us = link_now_us(link);
    link->unreached_since_us = 0;
    link->ping_due_us = 0;
    link->phase = OV_PHASE_LIVE; /* until a DeploymentState says otherwise */
    lease_welcome(&link->lease, &welcome.deployment_id, welcome.lease_key);
    ov_log(OV_LOG_INFO, "link", "welcome", "exercise=%d credit=%u", welcome.exercise,
           welcome.credit);
    struct client_event *event = client_event_new(EVENT_WELCOME);
    if (event != NULL)
        event->welcome = welcome;
    link_emit(link, event);
    link_said_live(link);
    link_update_permit(link);
    return OV_OK;
}

static bool is_one_of(const char *code, const char *const *codes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(code, codes[i]) == 0)
            return true;
    }
    return false;
}

/*
 * The server's own trouble passes, and so does waiting for a deployment to go live, which is what a
 * camera is there for; a recording waits only if the deployment was paused under it. Everything
 * else the server says stays true for the same client.
 */
static bool is_passing(const struct link *link, const char *code)
{
    static const char *const before_live[] = {"deployment.not_live", "deployment.too_early",
                                              "deployment.not_searchable"};
    if (strncmp(code, "server.", strlen("server.")) == 0)
        return true;
    bool may_wait = link->options.source_kind == OV_SOURCE_LIVE || link->phase == OV_PHASE_PAUSED ||
                    link->hold != HOLD_NONE;
    return may_wait && is_one_of(code, before_live, sizeof(before_live) / sizeof(before_live[0]));
}

/* "session.replaced": another client serves this camera now; taking it back would go on for ever.
 */
static bool is_final(struct link *link, const char *code)
{
    if (is_passing(link, code))
        return false;
    return link->stage == LINK_GREETING || strcmp(code, "session.replaced") == 0 ||
           ++link->fruitless >= LINK_FRUITLESS_MAX;
}

static enum ov_status on_error(struct link *link, const uint8_t *body, size_t size,
                               struct ov_error *err)
{
    struct ov_error_message message;
    enum ov_status status = ov_error_message_decode(body, size, &message, err);
    if (status != OV_OK)
        return status;
    struct trouble trouble = {.retry_ms = 0};
    (void)snprintf(trouble.code, sizeof(trouble.code), "%s", message.code);
    (void)snprintf(trouble.text, sizeof(trouble.text), "%s", message.text);
    link_emit_trouble(link, EVENT_ERROR, &trouble);
    link->server_said_error = true;
    if (strcmp(message.code, "deployment.not_live") == 0 && hold_not_live(&link->hold))
        link_tell_hold(link);
    if (is_final(link, message.code))
        link_give_up(link, CLIENT_EXIT_REFUSED, message.code, message.text);
    else
        link_drop(link, OV_ERR_CLOSED, message.code, message.text);
    return OV_OK;
}

/* --- probes, alerts, crops -------------------------------------------------------------------- */

static void on_compared(void *ctx, uint64_t sequence)
{
    crops_compared(ctx, sequence);
}

static enum ov_status on_batch_ack(struct link *link, const uint8_t *body, size_t size,
                                   struct ov_error *err)
{
    struct ov_batch_ack ack;
    enum ov_status status = ov_batch_ack_decode(body, size, &ack, err);
    if (status != OV_OK)
        return status;
    link->credit = ack.credit;
    link->fruitless = 0;
    for (size_t i = 0; i < ack.alerted_count; i++) {
        crops_alerted(link->crops, ack.alerted[i]);
        link_await_alert(link, ack.alerted[i]);
    }
    link->totals.acked += outbox_ack(link->outbox, ack.batch, on_compared, link->crops);
    link_send_probes(link);
    return OV_OK;
}

static enum ov_status on_alert(struct link *link, const uint8_t *body, size_t size,
                               struct ov_error *err)
{
    struct client_event *event = client_event_new(EVENT_ALERT);
    if (event == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for an alert");
    struct ov_alert *alert = &event->alert.alert;
    enum ov_status status = ov_alert_decode(body, size, alert, err);
    if (status != OV_OK) {
        client_event_free(event);
        return status;
    }
    event->alert.is_ours = ov_id_equal(&alert->run_id, &link->run_id);
    uint64_t sequence = event->alert.is_ours ? alert->sequence : 0;
    switch (seen_arrived(link->seen, &alert->alert_id, sequence)) {
    case SEEN_NEW:
        link->totals.alerts++;
        crops_alerted(link->crops, sequence);
        link_emit(link, event);
        return OV_OK;
    case SEEN_SHOWN:
        link_send_alert_ack(link, &alert->alert_id);
        break;
    case SEEN_WAITING:
        break;
    }
    client_event_free(event);
    return OV_OK;
}

static enum ov_status on_crop_request(struct link *link, const uint8_t *body, size_t size,
                                      struct ov_error *err)
{
    struct ov_crop_request request;
    enum ov_status status = ov_crop_request_decode(body, size, &request, err);
    if (status == OV_OK)
        link_send_crop(link, &request);
    return status;
}

static enum ov_status on_counts_ack(struct link *link, const uint8_t *body, size_t size,
                                    struct ov_error *err)
{
    struct ov_counts_ack ack;
    enum ov_status status = ov_counts_ack_decode(body, size, &ack, err);
    if (status == OV_OK && ov_id_equal(&ack.run_id, &link->run_id))
        (void)counts_acked(link->counts, ack.minute_us);
    return status;
}

/* --- permission ------------------------------------------------------------------------------- */

static enum ov_status on_deployment_state(struct link *link, const uint8_t *body, size_t size,
                                          struct ov_error *err)
{
    struct ov_deployment_state state;
    enum ov_status status = ov_deployment_state_decode(body, size, &state, err);
    if (status != OV_OK)
        return status;
    link->phase = state.phase;
    link->welcome.threshold = state.threshold;
    (void)snprintf(link->phase_reason, sizeof(link->phase_reason), "%s",
                   state.reason[0] != '\0' ? state.reason : ov_phase_name(state.phase));
    ov_log(OV_LOG_INFO, "link", "deployment", "phase=%s reason=%s", ov_phase_name(state.phase),
           link->phase_reason);
    if (state.phase == OV_PHASE_CLOSED)
        lease_end(&link->lease);
    if (state.phase == OV_PHASE_LIVE)
        link_said_live(link);
    if (state.phase == OV_PHASE_PAUSED && strcmp(link->phase_reason, "settings_changed") != 0 &&
        hold_paused(&link->hold))
        link_tell_hold(link);
    link_update_permit(link);
    if (state.phase == OV_PHASE_CLOSED)
        permit_stop(link->options.permit); /* the source ends, and with it the run */
    return OV_OK;
}

static enum ov_status on_lease(struct link *link, const uint8_t *body, size_t size,
                               struct ov_error *err)
{
    struct ov_lease lease;
    enum ov_status status = ov_lease_decode(body, size, &lease, err);
    if (status == OV_OK)
        status = lease_accept(&link->lease, &lease, link_now_us(link), err);
    if (status == OV_OK)
        link_update_permit(link);
    return status;
}

/* --- clock ------------------------------------------------------------------------------------ */

static enum ov_status on_ping(struct link *link, const uint8_t *body, size_t size,
                              struct ov_error *err)
{
    struct ov_ping ping;
    enum ov_status status = ov_ping_decode(body, size, &ping, err);
    if (status == OV_OK)
        link_send_pong(link, &ping);
    return status;
}

static enum ov_status on_pong(struct link *link, const uint8_t *body, size_t size,
                              struct ov_error *err)
{
    struct ov_pong pong;
    enum ov_status status = ov_pong_decode(body, size, &pong, err);
    if (status != OV_OK)
        return status;
    if (pong.number > link->ping)
        return ov_fail(err, OV_ERR_PROTOCOL, "pong.number", "a pong answers no ping of ours");
    int64_t middle_us =
        pong.ping_sent_at_us + (ov_clock_utc_us(link->options.clock) - pong.ping_sent_at_us) / 2;
    link->offset_us = pong.sent_at_us - middle_us;
    link->has_offset = true;
    crops_answered(link->crops, pong.number);
    return OV_OK;
}

/* --- dispatch --------------------------------------------------------------------------------- */

static const struct receiver {
    uint16_t type;
    enum ov_status (*receive)(struct link *link, const uint8_t *body, size_t size,
                              struct ov_error *err);
} receivers[] = {
    {OV_FRAME_WELCOME, on_welcome},
    {OV_FRAME_ERROR, on_error},
    {OV_FRAME_BATCH_ACK, on_batch_ack},
    {OV_FRAME_ALERT, on_alert},
    {OV_FRAME_CROP_REQUEST, on_crop_request},
    {OV_FRAME_COUNTS_ACK, on_counts_ack},
    {OV_FRAME_DEPLOYMENT_STATE, on_deployment_state},
    {OV_FRAME_LEASE, on_lease},
    {OV_FRAME_PING, on_ping},
    {OV_FRAME_PONG, on_pong},
};

void link_on_frame(void *ctx, uint16_t type, const uint8_t *body, size_t size)
{
    struct link *link = ctx;
    struct ov_error err = OV_ERROR_INIT;
    enum ov_status status = OV_OK;
    if (link->stage != LINK_GREETING && link->stage != LINK_OPEN)
        return;
    link->heard_at_us = link_now_us(link);
    for (size_t i = 0; i < sizeof(receivers) / sizeof(receivers[0]); i++) {
        if (receivers[i].type == type)
            status = receivers[i].receive(link, body, size, &err);
    }
    if (status == OV_OK)
        return;
    ov_log_error(OV_LOG_WARNING, "link", "bad_message", &err);
    link_part(link, &err);
}

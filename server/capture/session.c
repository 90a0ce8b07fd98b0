/* Sessions' phases, their table, and the way of a frame to its handler. */
#include "server/capture/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "server/capture/capture_private.h"

#define HANDSHAKE_MS 5000
#define OUTPUT_MAX_BYTES ((size_t)4 * 1024 * 1024)

const char *session_phase_name(enum session_phase phase)
{
    static const char *const names[] = {[SESSION_HANDSHAKE] = "handshake",
                                        [SESSION_GREETING] = "greeting",
                                        [SESSION_IDENTIFYING] = "identifying",
                                        [SESSION_LIVE] = "live",
                                        [SESSION_LEAVING] = "leaving",
                                        [SESSION_ENDING] = "ending",
                                        [SESSION_GONE] = "gone"};
    return (unsigned)phase < sizeof(names) / sizeof(names[0]) ? names[phase] : "unknown";
}

#define TO(phase) (1u << (phase))
/* Which phases may follow which. */
static const unsigned steps[] = {
    [SESSION_HANDSHAKE] = TO(SESSION_GREETING) | TO(SESSION_ENDING) | TO(SESSION_GONE),
    [SESSION_GREETING] = TO(SESSION_IDENTIFYING) | TO(SESSION_ENDING) | TO(SESSION_GONE),
    [SESSION_IDENTIFYING] = TO(SESSION_LIVE) | TO(SESSION_ENDING) | TO(SESSION_GONE),
    [SESSION_LIVE] = TO(SESSION_LEAVING) | TO(SESSION_ENDING) | TO(SESSION_GONE),
    [SESSION_LEAVING] = TO(SESSION_ENDING) | TO(SESSION_GONE),
    [SESSION_ENDING] = TO(SESSION_GONE),
    [SESSION_GONE] = 0,
};

void session_enter(struct session *session, enum session_phase phase)
{
    struct capture *capture = session->capture;
    bool was_open = session_is_open(session);
    bool is_open = phase == SESSION_LIVE || phase == SESSION_LEAVING;
    if ((steps[session->phase] & TO(phase)) == 0) {
        ov_log(OV_LOG_ERROR, "capture", "illegal_step", "session=%llu from=%s to=%s",
               (unsigned long long)session->token, session_phase_name(session->phase),
               session_phase_name(phase));
        return;
    }
    if (is_open && !was_open)
        (void)atomic_fetch_add(&capture->open_sessions, 1);
    if (was_open && !is_open)
        (void)atomic_fetch_sub(&capture->open_sessions, 1);
    ov_log(session_is_stranger(session) ? OV_LOG_DEBUG : OV_LOG_INFO, "capture", "session",
           "session=%llu site=%s address=%s from=%s to=%s", (unsigned long long)session->token,
           session->peer.name[0] != '\0' ? session->peer.name : "-", session->address,
           session_phase_name(session->phase), session_phase_name(phase));
    session->phase = phase;
    session->phase_at_us = ov_clock_mono_us(capture->options.clock);
    if (!is_open)
        session_drop_waiting(session);
    if (!is_open && session->attached) {
        delivery_detach(capture->links.delivery, &session->site_id, &session->deployment_id);
        session->attached = false;
    }
}

bool session_is_stranger(const struct session *session)
{
    return session->phase == SESSION_HANDSHAKE || session->phase == SESSION_GREETING ||
           session->phase == SESSION_IDENTIFYING;
}

bool session_is_open(const struct session *session)
{
    return session->phase == SESSION_LIVE || session->phase == SESSION_LEAVING;
}

static enum ov_session_state protocol_state(const struct session *session)
{
    switch (session->phase) {
    case SESSION_HANDSHAKE:
    case SESSION_GREETING:
        return OV_SESSION_GREETING;
    case SESSION_LIVE:
    case SESSION_LEAVING:
        return OV_SESSION_OPEN;
    case SESSION_IDENTIFYING: /* one Hello: nothing may follow before our answer */
    case SESSION_ENDING:
    case SESSION_GONE:
        return OV_SESSION_ENDING;
    }
    return OV_SESSION_ENDING;
}

void session_send(struct session *session, enum ov_status encoded, struct ov_secret *take_frame)
{
    if (encoded != OV_OK)
        ov_log(OV_LOG_ERROR, "capture", "encode_failed", "session=%llu status=%s",
               (unsigned long long)session->token, ov_status_name(encoded));
    else if (ov_stream_send(session->stream, take_frame) == OV_ERR_LIMIT)
        ov_log(OV_LOG_WARNING, "capture", "slow_reader", "session=%llu",
               (unsigned long long)session->token);
    ov_secret_free(take_frame);
}

/* What the database and the vault say is ours to sort out, whatever its status: a client that is
 * told "store.denied" would give up for good. */
static bool is_our_fault(const struct ov_error *err)
{
    enum ov_status status = err->status;
    return status == OV_ERR_NOMEM || status == OV_ERR_UNAVAILABLE || status == OV_ERR_IO ||
           status == OV_ERR_CRYPTO || status == OV_ERR_TIMEOUT || status == OV_ERR_INTERNAL ||
           strncmp(err->code, "store.", strlen("store.")) == 0 ||
           strncmp(err->code, "vault.", strlen("vault.")) == 0;
}

static void send_error(struct session *session, const struct ov_error *err)
{
    struct ov_error_message message = {.code = "server.unavailable",
                                       .text = "the server cannot do this now: try again shortly"};
    struct ov_secret frame = OV_SECRET_INIT;
    char text[2 * sizeof(err->text)];
    ov_log(is_our_fault(err) ? OV_LOG_ERROR : OV_LOG_WARNING, "capture", "refused",
           "session=%llu site=%s code=%s text=%s", (unsigned long long)session->token,
           session->peer.name[0] != '\0' ? session->peer.name : "-", err->code,
           ov_log_quote(err->text, text, sizeof(text)));
    if (!is_our_fault(err)) {
        (void)snprintf(message.code, sizeof(message.code), "%s", err->code);
        (void)snprintf(message.text, sizeof(message.text), "%s", err->text);
    }
    session_send(session, ov_error_message_encode(&message, &frame), &frame);
}

void session_fail(struct session *session, const struct ov_error *err)
{
    if (session->phase == SESSION_ENDING || session->phase == SESSION_GONE)
        return;
    send_error(session, err);
    session_finish(session);
}

void session_finish(struct session *session)
{
    if (session->phase == SESSION_ENDING || session->phase == SESSION_GONE)
        return;
    session_enter(session, SESSION_ENDING);
    ov_stream_finish(session->stream);
}

static void free_session(struct session *session)
{
    struct capture *capture = session->capture;
    session_drop_waiting(session);
    ov_stream_free(session->stream);
    capture->sessions[session->token % SESSIONS_MAX] = NULL;
    free(session);
}

void session_cut(struct session *session, const struct ov_error *err)
{
    ov_log_error(OV_LOG_WARNING, "capture", "cut", err);
    session_enter(session, SESSION_GONE);
    free_session(session);
}

void session_ask(struct session *session, struct desk_job *take_job)
{
    struct ov_error err = OV_ERROR_INIT;
    if (desk_submit(session->capture->desk, take_job) == OV_OK)
        return;
    free(take_job);
    (void)ov_fail(&err, OV_ERR_UNAVAILABLE, "capture.desk_full", "too many requests are waiting");
    session_fail(session, &err);
}

struct desk_job *session_job(struct session *session, enum desk_kind kind)
{
    struct ov_error err = OV_ERROR_INIT;
    struct desk_job *job = calloc(1, sizeof(*job));
    if (job == NULL) {
        (void)ov_fail(&err, OV_ERR_NOMEM, "capture.memory", "no memory for a request");
        session_fail(session, &err);
        return NULL;
    }
    job->kind = kind;
    job->session = session->token;
    job->peer = session->peer;
    job->site_id = session->site_id;
    job->deployment_id = session->deployment_id;
    return job;
}

static void on_open(void *ctx, const struct ov_peer *peer)
{
    struct session *session = ctx;
    struct ov_error err = OV_ERROR_INIT;
    session->peer = *peer;
    session->heard_at_us = ov_clock_mono_us(session->capture->options.clock);
    if (peer->kind != OV_PEER_SITE) {
        (void)ov_fail(&err, OV_ERR_DENIED, "tls.not_a_site",
                      "a person's certificate does not open a capture session: use a site's");
        session_fail(session, &err);
        return;
    }
    session_enter(session, SESSION_GREETING);
}

static enum ov_status check_frame(void *ctx, const struct ov_frame_header *header,
                                  struct ov_error *err)
{
    struct session *session = ctx;
    enum ov_status status = ov_frame_check(header, OV_FROM_CLIENT, protocol_state(session), err);
    if (status == OV_OK)
        return OV_OK;
    if (session->phase != SESSION_ENDING && session->phase != SESSION_GONE) {
        send_error(session, err);
        session_enter(session, SESSION_ENDING);
    }
    return status;
}

/* The client ends the session: what it says is logged, quoted. */
static void on_error_frame(struct session *session, const uint8_t *body, size_t size)
{
    struct ov_error_message message;
    struct ov_error err = OV_ERROR_INIT;
    char code[2 * OV_CODE_SIZE];
    char text[OV_ERROR_TEXT_SIZE];
    if (ov_error_message_decode(body, size, &message, &err) == OV_OK)
        ov_log(OV_LOG_WARNING, "capture", "client_error", "session=%llu code=%s text=%s",
               (unsigned long long)session->token, ov_log_quote(message.code, code, sizeof(code)),
               ov_log_quote(message.text, text, sizeof(text)));
    session_finish(session);
}

static void on_frame(void *ctx, uint16_t type, const uint8_t *body, size_t size)
{
    static const struct {
        enum ov_frame_type type;
        void (*handle)(struct session *session, const uint8_t *body, size_t size);
    } handlers[] = {
        {OV_FRAME_HELLO, session_on_hello},
        {OV_FRAME_ERROR, on_error_frame},
        {OV_FRAME_PROBE_BATCH, session_on_probe_batch},
        {OV_FRAME_ALERT_ACK, session_on_alert_ack},
        {OV_FRAME_CROP, session_on_crop},
        {OV_FRAME_COUNTS, session_on_counts},
        {OV_FRAME_PAUSE_REQUEST, session_on_pause_request},
        {OV_FRAME_PING, session_on_ping},
        {OV_FRAME_PONG, session_on_pong},
    };
    struct session *session = ctx;
    if (session->phase == SESSION_ENDING || session->phase == SESSION_GONE)
        return;
    session->heard_at_us = ov_clock_mono_us(session->capture->options.clock);
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        if (handlers[i].type == type) {
            handlers[i].handle(session, body, size);
            return;
        }
    }
}

static void on_closed(void *ctx, const struct ov_error *err)
{
    struct session *session = ctx;
    if (err->status != OV_ERR_CLOSED)
        ov_log_error(session_is_stranger(session) ? OV_LOG_INFO : OV_LOG_WARNING, "capture",
                     "closed", err);
    session_enter(session, SESSION_GONE);
    free_session(session);
}

/* A slot whose token no message from an earlier session can name; SESSIONS_MAX when full. */
static size_t free_slot(const struct capture *capture)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        size_t slot = (size_t)((capture->opened + i) % SESSIONS_MAX);
        if (capture->sessions[slot] == NULL)
            return slot;
    }
    return SESSIONS_MAX;
}

struct session *capture_find(struct capture *capture, uint64_t token)
{
    struct session *session = capture->sessions[token % SESSIONS_MAX];
    return session != NULL && session->token == token ? session : NULL;
}

struct session *session_open(struct capture *capture, int take_fd, const char *address)
{
    static const struct ov_stream_events events = {on_open, check_frame, on_frame, on_closed};
    static const struct ov_stream_limits limits = {OUTPUT_MAX_BYTES, HANDSHAKE_MS};
    struct ov_error err = OV_ERROR_INIT;
    size_t slot = free_slot(capture);
    struct session *session = slot < SESSIONS_MAX ? calloc(1, sizeof(*session)) : NULL;
    if (session == NULL) {
        (void)close(take_fd);
        return NULL;
    }
    session->capture = capture;
    session->phase = SESSION_HANDSHAKE;
    session->phase_at_us = ov_clock_mono_us(capture->options.clock);
    session->heard_at_us = session->phase_at_us;
    capture->opened++;
    session->token = capture->opened * SESSIONS_MAX + slot;
    (void)snprintf(session->address, sizeof(session->address), "%s", address);
    if (ov_stream_accept(capture->base, capture->tls, take_fd, &limits, &events, session,
                         &session->stream, &err) != OV_OK) {
        ov_log_error(OV_LOG_WARNING, "capture", "accept_failed", &err);
        free(session);
        return NULL;
    }
    capture->sessions[slot] = session;
    return session;
}

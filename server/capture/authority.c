/*
 * What the clock and the registry mean for the sessions: leases, changes of the deployment, ends,
 * and connections that take too long. The registry's answer is asked anew each time.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "server/capture/capture_private.h"

#define GREETING_MAX_US (5 * OV_US_PER_S)
#define IDENTIFYING_MAX_US (20 * OV_US_PER_S)
#define LEAVING_US (2 * OV_US_PER_S)

void session_send_lease(struct session *session, int64_t now_us)
{
    struct capture *capture = session->capture;
    struct ov_error err = OV_ERROR_INIT;
    struct ov_secret frame = OV_SECRET_INIT;
    struct ov_lease lease = {.deployment_id = session->deployment_id,
                             .number = session->lease_number + 1,
                             .valid_ms = LEASE_VALID_MS};
    if (registry_unconfirmed_us(capture->options.registry) > REGISTRY_LEASE_LIMIT_US)
        return; /* the database decides who may capture, and it is silent */
    if (lease_sign(capture->signer, &session->hello.run_id, &lease, &err) != OV_OK) {
        session_fail(session, &err);
        return;
    }
    session->lease_number++;
    session->leased_at_us = now_us;
    session_send(session, ov_lease_encode(&lease, &frame), &frame);
}

static void tell(struct session *session, enum ov_phase phase, const char *reason, float threshold)
{
    struct ov_secret frame = OV_SECRET_INIT;
    struct ov_deployment_state state = {.phase = phase, .threshold = threshold};
    (void)snprintf(state.reason, sizeof(state.reason), "%s", reason);
    session_send(session, ov_deployment_state_encode(&state, &frame), &frame);
}

static void leave(struct session *session, enum ov_phase phase, const char *reason)
{
    ov_log(OV_LOG_INFO, "capture", "deployment_ended", "session=%llu site=%s phase=%s reason=%s",
           (unsigned long long)session->token, session->peer.name, ov_phase_name(phase), reason);
    tell(session, phase, reason, session->threshold);
    session_enter(session, SESSION_LEAVING);
    session_drop_waiting(session); /* not compared; what is left to read are the last counts */
    ov_stream_resume(session->stream);
}

/* The site has been suspended: its client is told, and the session ends with that. */
static void dismiss(struct session *session)
{
    leave(session, OV_PHASE_CLOSED, "site_suspended");
    session_finish(session);
}

/* Gate, smallest face, zones and cameras are a session's own: it ends, and its client comes back to
 * the new ones. What waits was captured by the old ones. */
static void leave_for_settings(struct session *session)
{
    leave(session, OV_PHASE_PAUSED, "settings_changed");
    session_finish(session);
}

/* Whether the deployment is live for this session; if not, the client has been told. */
static bool stays_live(struct session *session, const struct target *target)
{
    int64_t utc_us = ov_clock_utc_us(session->capture->options.clock);
    if (target == NULL)
        leave(session, OV_PHASE_CLOSED, "deployment_closed");
    else if (target->deployment.state == DEPLOYMENT_PAUSED)
        leave(session, OV_PHASE_PAUSED, "deployment_paused");
    else if (!deployment_names_site(&target->deployment, &session->site_id))
        dismiss(session);
    else if (deployment_is_overdue(&target->deployment, utc_us))
        leave(session, OV_PHASE_CLOSED, "urgent_lapsed");
    else if (!target_is_live(target, utc_us))
        leave(session, OV_PHASE_CLOSED, "window_closed");
    else if (memcmp(target->deployment.settings_digest, session->welcome.settings_digest,
                    OV_DIGEST_BYTES) != 0)
        leave_for_settings(session);
    return session->phase == SESSION_LIVE;
}

static void check_live_session(struct session *session, int64_t now_us)
{
    struct target *target =
        registry_get(session->capture->options.registry, &session->deployment_id);
    if (stays_live(session, target)) {
        if (target->deployment.threshold != session->threshold) {
            session->threshold = target->deployment.threshold;
            tell(session, OV_PHASE_LIVE, "threshold_changed", session->threshold);
        }
        if (now_us - session->leased_at_us >= LEASE_EVERY_US)
            session_send_lease(session, now_us);
        session_offer_waiting(session);
        session_check_heard(session, now_us);
    }
    target_release(target);
}

/* The batch will never be acknowledged, so its credit would be lost. Usually the deployment is over
 * for the client; if it is live again by now, the client connects anew and sends it again. */
void session_on_not_compared(struct session *session)
{
    struct ov_error err = OV_ERROR_INIT;
    if (session->phase != SESSION_LIVE)
        return;
    struct target *target =
        registry_get(session->capture->options.registry, &session->deployment_id);
    bool live = stays_live(session, target);
    target_release(target);
    if (!live)
        return;
    (void)ov_fail(&err, OV_ERR_UNAVAILABLE, "capture.not_compared",
                  "there was no authority when a batch was to be compared");
    session_fail(session, &err);
}

static void time_out(struct session *session)
{
    struct ov_error err = OV_ERROR_INIT;
    (void)ov_fail(&err, OV_ERR_PROTOCOL, "hello.timeout", "no Hello came in time");
    session_fail(session, &err);
}

static void check_session(struct session *session, int64_t now_us)
{
    int64_t in_phase_us = now_us - session->phase_at_us;
    switch (session->phase) {
    case SESSION_GREETING:
        if (in_phase_us > GREETING_MAX_US)
            time_out(session);
        return;
    case SESSION_IDENTIFYING:
        if (in_phase_us > IDENTIFYING_MAX_US)
            time_out(session);
        return;
    case SESSION_LIVE:
        check_live_session(session, now_us);
        return;
    case SESSION_LEAVING:
        if (in_phase_us > LEAVING_US)
            session_finish(session);
        return;
    case SESSION_HANDSHAKE: /* the stream keeps these times */
    case SESSION_ENDING:
    case SESSION_GONE:
        return;
    }
}

/* True when nothing is left to wait for. */
static bool is_drained(struct session *session, bool time_is_up)
{
    struct ov_error err = OV_ERROR_INIT;
    session_offer_waiting(session);
    ov_stream_pause(session->stream);
    if (session_is_open(session) && session->outstanding > 0 && !time_is_up)
        return false;
    (void)ov_fail(&err, OV_ERR_CLOSED, "server.stopping",
                  "the server is being stopped: connect again shortly");
    session_fail(session, &err);
    return false; /* its stream is still writing */
}

static void drain(struct capture *capture, int64_t now_us)
{
    bool drained = true;
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (capture->sessions[i] != NULL)
            drained = is_drained(capture->sessions[i], now_us > capture->stop_at_us) && drained;
    if (drained || now_us > capture->stop_at_us + 3 * OV_US_PER_S)
        (void)event_base_loopbreak(capture->base);
}

void capture_tick(struct capture *capture)
{
    int64_t now_us = ov_clock_mono_us(capture->options.clock);
    if (capture->stopping) {
        drain(capture, now_us);
        return;
    }
    wanted_expire(capture->wanted, now_us);
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (capture->sessions[i] != NULL)
            check_session(capture->sessions[i], now_us);
}

/* Hello: checked here as far as it goes, decided at the desk, answered with Welcome and a lease. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/wire/frame.h"
#include "server/capture/capture_private.h"

void session_on_hello(struct session *session, const uint8_t *body, size_t size)
{
    struct ov_error err = OV_ERROR_INIT;
    if (session->capture->stopping)
        return;
    if (ov_hello_decode(body, size, &session->hello, &err) != OV_OK ||
        check_greeting(&session->hello, &err) != OV_OK) {
        session_fail(session, &err);
        return;
    }
    struct desk_job *job = session_job(session, DESK_HELLO);
    if (job == NULL)
        return;
    job->hello = session->hello;
    session_enter(session, SESSION_IDENTIFYING);
    session_ask(session, job);
}

static bool share_camera(const struct ov_hello *a, const struct ov_hello *b)
{
    for (size_t i = 0; i < a->camera_count; i++)
        for (size_t j = 0; j < b->camera_count; j++)
            if (strcmp(a->cameras[i], b->cameras[j]) == 0)
                return true;
    return false;
}

/*
 * One camera feeds one deployment, through one client. Another deployment's session keeps it. A
 * session for the same deployment gives way: it is most often the same client, whose last
 * connection has not been noticed to be dead.
 */
static enum ov_status claim_cameras(struct session *session, struct ov_error *err)
{
    struct capture *capture = session->capture;
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *other = capture->sessions[i];
        struct ov_error why = OV_ERROR_INIT;
        if (other == NULL || other == session || other->phase != SESSION_LIVE ||
            !ov_id_equal(&other->site_id, &session->site_id) ||
            !share_camera(&other->hello, &session->hello))
            continue;
        if (!ov_id_equal(&other->deployment_id, &session->deployment_id))
            return ov_fail(err, OV_ERR_CONFLICT, "camera.other_deployment",
                           "one of the cameras feeds another deployment: stop that client first");
        (void)ov_fail(&why, OV_ERR_CONFLICT, "session.replaced",
                      "another connection now serves this camera");
        session_fail(other, &why);
    }
    return OV_OK;
}

static void set_terms(struct session *session, const struct desk_job *job)
{
    struct capture *capture = session->capture;
    const struct deployment *deployment = &job->deployment;
    const struct hello_terms terms = {.deployment = deployment,
                                      .site_id = job->site_id,
                                      .cameras = job->cameras,
                                      .camera_count = job->camera_count};
    struct ov_welcome *welcome = &session->welcome;
    *welcome = (struct ov_welcome){
        .protocol = OV_PROTOCOL_VERSION,
        .deployment_id = deployment->id,
        .exercise = deployment->kind == DEPLOYMENT_EXERCISE,
        .threshold = deployment->threshold,
        .credit = CAPTURE_CREDIT,
        .server_time_us = ov_clock_utc_us(capture->options.clock),
        .gate = deployment->gate,
        .min_face_px = (uint32_t)deployment->min_face_px,
        .has_settings_digest = true,
    };
    memcpy(welcome->settings_digest, deployment->settings_digest, OV_DIGEST_BYTES);
    take_zones(&session->hello, &terms, welcome);
    (void)snprintf(welcome->site, sizeof(welcome->site), "%s", session->peer.name);
    (void)snprintf(welcome->deployment_name, sizeof(welcome->deployment_name), "%s",
                   deployment->name);
    memcpy(welcome->lease_key, lease_signer_public(capture->signer), LEASE_KEY_BYTES);
}

static void send_welcome(struct session *session)
{
    struct ov_secret frame = OV_SECRET_INIT;
    session_send(session, ov_welcome_encode(&session->welcome, &frame), &frame);
}

static void log_start(const struct session *session)
{
    char deployment[OV_ID_TEXT_SIZE];
    char run[OV_ID_TEXT_SIZE];
    char software[OV_TEXT_SIZE];
    ov_log(OV_LOG_INFO, "capture", "session_live",
           "session=%llu site=%s serial=%s deployment=%s run=%s source=%s cameras=%zu software=%s",
           (unsigned long long)session->token, session->peer.name, session->peer.serial,
           ov_id_format(&session->deployment_id, deployment),
           ov_id_format(&session->hello.run_id, run),
           ov_source_kind_name(session->hello.source_kind), session->hello.camera_count,
           ov_log_quote(session->hello.software, software, sizeof(software)));
}

void session_on_identified(struct session *session, struct desk_job *job)
{
    struct capture *capture = session->capture;
    struct ov_error err = OV_ERROR_INIT;
    if (session->phase != SESSION_IDENTIFYING)
        return;
    if (job->status != OV_OK) {
        session_fail(session, &job->err);
        return;
    }
    session->site_id = job->site_id;
    session->deployment_id = job->deployment_id;
    session->operational = job->deployment.kind == DEPLOYMENT_OPERATIONAL;
    session->threshold = job->deployment.threshold;
    set_terms(session, job);
    if (claim_cameras(session, &err) != OV_OK) {
        session_fail(session, &err);
        return;
    }
    if (delivery_attach(capture->links.delivery, &session->site_id, &session->deployment_id) !=
        OV_OK) {
        (void)ov_fail(&err, OV_ERR_UNAVAILABLE, "capture.sites_full",
                      "this server serves as many sites as it can");
        session_fail(session, &err);
        return;
    }
    session->attached = true;
    session_enter(session, SESSION_LIVE);
    log_start(session);
    send_welcome(session);
    session_send_lease(session, ov_clock_mono_us(capture->options.clock));
    session_ask_wanted(session);
}

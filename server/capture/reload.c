/* Certificates and revocation lists read again, and what that means for live sessions. */
#include <stdlib.h>

#include "common/base/log.h"
#include "common/wire/frame.h"
#include "server/capture/capture_private.h"

static void recheck_certificates(struct capture *capture)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = capture->sessions[i];
        struct ov_error err = OV_ERROR_INIT;
        SSL *ssl = session != NULL ? ov_stream_ssl(session->stream) : NULL;
        if (ssl == NULL || session->phase == SESSION_HANDSHAKE)
            continue;
        if (ov_tls_recheck(capture->tls, ssl, &err) != OV_OK)
            session_cut(session, &err);
    }
}

/* The certificate may hold while its principal was deactivated: the desk asks. */
static void recheck_principals(struct capture *capture)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = capture->sessions[i];
        if (session == NULL || session->phase != SESSION_LIVE)
            continue;
        struct desk_job *job = session_job(session, DESK_RECHECK);
        if (job != NULL)
            session_ask(session, job);
    }
}

void capture_reload_now(struct capture *capture)
{
    struct ov_error err = OV_ERROR_INIT;
    SSL_CTX *newer = NULL;
    if (ov_tls_server_new(&capture->options.tls, OV_ALPN_CAPTURE, &newer, &err) != OV_OK) {
        ov_log_error(OV_LOG_ERROR, "capture", "tls_not_reloaded", &err);
        return;
    }
    SSL_CTX_free(capture->tls); /* live connections hold what they need of it */
    capture->tls = newer;
    ov_log(OV_LOG_INFO, "capture", "tls_reloaded", "sessions=%d", capture_sessions(capture));
    recheck_certificates(capture);
    recheck_principals(capture);
}

void capture_on_rechecked(struct capture *capture, const struct desk_job *job)
{
    struct session *session = capture_find(capture, job->session);
    if (session != NULL && (job->status == OV_ERR_DENIED || job->status == OV_ERR_NOT_FOUND))
        session_fail(session, &job->err);
}

/* The pause key at a site: the desk pauses the deployment, and the registry tells every session. */
#include "server/capture/capture_private.h"

static enum ov_status check_request(const struct session *session,
                                    const struct ov_pause_request *request, struct ov_error *err)
{
    if (!ov_id_equal(&request->deployment_id, &session->deployment_id))
        return ov_fail(err, OV_ERR_PROTOCOL, "pause.deployment",
                       "a session pauses its own deployment only");
    return OV_OK;
}

void session_on_pause_request(struct session *session, const uint8_t *body, size_t size)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_pause_request request;
    if (ov_pause_request_decode(body, size, &request, &err) != OV_OK ||
        check_request(session, &request, &err) != OV_OK) {
        session_fail(session, &err);
        return;
    }
    if (session->phase == SESSION_LEAVING)
        return;                    /* it is paused, or over, already */
    session_drop_waiting(session); /* what came before the key and is not yet searched */
    ov_stream_resume(session->stream);
    struct desk_job *job = session_job(session, DESK_PAUSE);
    if (job == NULL)
        return;
    job->pressed_at_us = request.pressed_at_us;
    session_ask(session, job);
}

/* What comes of it is in the registry, and told from there. A failure ends the session: the client
 * says it again in the next one, and captures nothing meanwhile. */
void session_on_pause_done(struct session *session, const struct desk_job *job)
{
    if (session_is_open(session) && job->status != OV_OK)
        session_fail(session, &job->err);
}

/* Counts in, CountsAck once they are stored. */
#include <stdio.h>
#include <stdlib.h>

#include "server/capture/capture_private.h"

void session_on_counts(struct session *session, const uint8_t *body, size_t size)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_counts counts;
    int64_t now = ov_clock_utc_us(session->capture->options.clock);
    if (ov_counts_decode(body, size, &counts, &err) != OV_OK ||
        check_counts(&counts, &session->hello, now, &err) != OV_OK) {
        session_fail(session, &err);
        return;
    }
    struct desk_job *job = session_job(session, DESK_COUNTS);
    if (job == NULL)
        return;
    job->counts = counts;
    session_ask(session, job);
}

void session_on_counts_stored(struct session *session, const struct desk_job *job)
{
    struct ov_secret frame = OV_SECRET_INIT;
    struct ov_counts_ack ack = {.run_id = job->counts.run_id, .minute_us = job->counts.minute_us};
    if (!session_is_open(session))
        return;
    if (job->status != OV_OK) {
        session_fail(session, &job->err);
        return;
    }
    (void)snprintf(ack.camera, sizeof(ack.camera), "%s", job->counts.camera);
    session_send(session, ov_counts_ack_encode(&ack, &frame), &frame);
}

/* ProbeBatch in, BatchAck out. Nothing about a probe is logged, whatever becomes of it. */
#include <stdlib.h>

#include "server/capture/capture_private.h"

/* Authority by the server's clock, now, at receipt. */
static enum ov_status check_live(struct session *session, int64_t now_us, struct ov_error *err)
{
    struct registry *registry = session->capture->options.registry;
    if (registry_unconfirmed_us(registry) > REGISTRY_SEARCH_LIMIT_US)
        return ov_fail(err, OV_ERR_UNAVAILABLE, "capture.unconfirmed",
                       "the database has not confirmed the deployment for too long");
    struct target *target = registry_get(registry, &session->deployment_id);
    bool live = target != NULL && target_is_live(target, now_us);
    target_release(target);
    if (!live)
        return ov_fail(err, OV_ERR_STATE, "deployment.not_live",
                       "the deployment is not live: capturing has to stop");
    return OV_OK;
}

static enum ov_status check_batch(struct session *session, const struct match_job *job,
                                  struct ov_error *err)
{
    struct probe_terms terms = {.hello = &session->hello,
                                .welcome = &session->welcome,
                                .operational = session->operational,
                                .last_batch = session->last_batch,
                                .outstanding = session->outstanding,
                                .received_at_us = job->received_at_us};
    enum ov_status status = check_live(session, job->received_at_us, err);
    return status == OV_OK ? check_probe_batch(&job->batch, &terms, err) : status;
}

static struct match_job *new_job(struct session *session)
{
    struct match_job *job = match_job_new();
    if (job == NULL)
        return NULL;
    job->session = session->token;
    job->deployment_id = session->deployment_id;
    job->site_id = session->site_id;
    job->run_id = session->hello.run_id;
    job->received_at_us = ov_clock_utc_us(session->capture->options.clock);
    return job;
}

/* The matchers are behind: keep it (credit bounds how many there can be) and read no more. */
static void wait_with(struct session *session, struct match_job *take_job)
{
    session->waiting[session->waiting_count++] = take_job;
    ov_stream_pause(session->stream);
}

static void accept_batch(struct session *session, struct match_job *take_job)
{
    session->last_batch = take_job->batch.batch;
    session->outstanding += (uint32_t)take_job->batch.count;
    if (session->waiting_count > 0 ||
        matchers_submit(session->capture->links.matchers, take_job) != OV_OK)
        wait_with(session, take_job);
}

void session_on_probe_batch(struct session *session, const uint8_t *body, size_t size)
{
    struct ov_error err = OV_ERROR_INIT;
    if (session->phase == SESSION_LEAVING)
        return; /* sent before it knew: neither compared nor kept nor acknowledged */
    struct match_job *job = new_job(session);
    if (job == NULL)
        (void)ov_fail(&err, OV_ERR_NOMEM, "capture.memory", "no memory for a batch");
    if (job == NULL ||
        ov_probe_batch_decode(body, size, session->hello.dimension, &job->batch, &err) != OV_OK ||
        check_batch(session, job, &err) != OV_OK) {
        match_job_free(job);
        session_fail(session, &err);
        return;
    }
    accept_batch(session, job);
}

void session_offer_waiting(struct session *session)
{
    size_t gone = 0;
    if (session->waiting_count == 0)
        return;
    while (gone < session->waiting_count &&
           matchers_submit(session->capture->links.matchers, session->waiting[gone]) == OV_OK)
        gone++;
    session->waiting_count -= gone;
    for (size_t i = 0; i < session->waiting_count; i++)
        session->waiting[i] = session->waiting[i + gone];
    if (session->waiting_count == 0)
        ov_stream_resume(session->stream);
}

void session_drop_waiting(struct session *session)
{
    for (size_t i = 0; i < session->waiting_count; i++)
        match_job_free(session->waiting[i]);
    session->waiting_count = 0;
}

static void acknowledge(struct session *session, const struct match_job *job)
{
    struct ov_secret frame = OV_SECRET_INIT;
    struct ov_batch_ack ack = {.batch = job->batch.batch, .credit = CAPTURE_CREDIT};
    for (size_t i = 0; i < job->batch.count; i++)
        if (job->alerted[i])
            ack.alerted[ack.alerted_count++] = job->batch.probes[i].sequence;
    session_send(session, ov_batch_ack_encode(&ack, &frame), &frame);
}

void session_on_batch_done(struct session *session, const struct match_job *job)
{
    struct ov_error err = OV_ERROR_INIT;
    if (!session_is_open(session))
        return;
    session->outstanding -= (uint32_t)job->batch.count;
    switch (job->outcome) {
    case MATCH_COMPARED:
        acknowledge(session, job);
        return;
    case MATCH_NOT_LIVE:
        session_on_not_compared(session);
        return;
    case MATCH_WAITING:
    case MATCH_FAILED:
        (void)ov_fail(&err, OV_ERR_INTERNAL, "capture.batch_failed",
                      "a batch could not be compared or its alerts not be stored");
        session_fail(session, &err);
        return;
    }
}

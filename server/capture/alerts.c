/* Alerts to the site, and what comes back: acknowledgements and crops. */
#include <stdlib.h>

#include "common/base/log.h"
#include "server/capture/capture_private.h"

static void request_crop(struct session *session, const struct wanted_crop *crop)
{
    struct ov_secret frame = OV_SECRET_INIT;
    struct ov_crop_request request = {crop->alert_id, crop->run_id, crop->sequence};
    session_send(session, ov_crop_request_encode(&request, &frame), &frame);
}

/* To every session of the site; the picture only from the run that has it. */
void session_push_alert(struct session *session, const struct delivery_item *item)
{
    struct capture *capture = session->capture;
    const struct ov_alert *alert = &item->alert;
    struct ov_secret frame = OV_SECRET_INIT;
    session_send(session, ov_alert_encode(alert, &frame), &frame);
    if (!item->wants_crop || !ov_id_equal(&alert->run_id, &session->hello.run_id))
        return;
    struct wanted_crop crop = {alert->alert_id, item->deployment_id,
                               item->site_id,   alert->run_id,
                               alert->sequence, ov_clock_mono_us(capture->options.clock)};
    wanted_add(capture->wanted, &crop);
    request_crop(session, &crop);
}

void session_ask_wanted(struct session *session)
{
    const struct wanted *wanted = session->capture->wanted;
    for (size_t i = 0; i < wanted->count; i++) {
        const struct wanted_crop *crop = &wanted->items[i];
        if (ov_id_equal(&crop->run_id, &session->hello.run_id) &&
            ov_id_equal(&crop->deployment_id, &session->deployment_id) &&
            ov_id_equal(&crop->site_id, &session->site_id))
            request_crop(session, crop);
    }
}

void session_on_alert_ack(struct session *session, const uint8_t *body, size_t size)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_alert_ack ack;
    if (ov_alert_ack_decode(body, size, &ack, &err) != OV_OK) {
        session_fail(session, &err);
        return;
    }
    struct desk_job *job = session_job(session, DESK_ALERT_ACK);
    if (job == NULL)
        return;
    job->alert_id = ack.alert_id;
    session_ask(session, job);
}

/* Whether it belongs to an alert of this site and run is for the worker that has the row to say. */
static struct crop_job *crop_job_of(const struct session *session, struct ov_crop *crop)
{
    struct crop_job *job = crop_job_new(&crop->alert_id);
    if (job == NULL)
        return NULL;
    job->site_id = session->site_id;
    job->deployment_id = session->deployment_id;
    job->run_id = session->hello.run_id;
    job->sequence = crop->sequence;
    job->jpeg = ov_secret_take(&crop->jpeg);
    return job;
}

void session_on_crop(struct session *session, const uint8_t *body, size_t size)
{
    struct capture *capture = session->capture;
    struct ov_error err = OV_ERROR_INIT;
    struct ov_crop crop = {.sequence = 0};
    if (ov_crop_decode(body, size, &crop, &err) != OV_OK) {
        session_fail(session, &err);
        return;
    }
    wanted_remove(capture->wanted, &crop.alert_id);
    struct crop_job *job = crop_job_of(session, &crop);
    ov_crop_done(&crop);
    if (job == NULL || alert_path_check_crop(capture->links.alerts, job) != OV_OK) {
        ov_log(OV_LOG_ERROR, "capture", "crop_dropped", "session=%llu",
               (unsigned long long)session->token);
        crop_job_free(job);
    }
}

/* Messages to the server. Each frame is wiped once it has been handed to the stream. Link thread.
 */
#include "client/link/link_internal.h"

#include <stdio.h>
#include <string.h>

#include "common/base/log.h"

/* encoded: what the codec said. */
static bool send_frame(struct link *link, uint16_t type, enum ov_status encoded,
                       struct ov_secret *take_frame)
{
    if (encoded != OV_OK) {
        ov_log(OV_LOG_ERROR, "link", "not_encoded", "type=%s status=%s", ov_frame_type_name(type),
               ov_status_name(encoded));
        return false;
    }
    enum ov_status status = OV_ERR_CLOSED;
    if (link->stream != NULL)
        status = ov_stream_send(link->stream, take_frame);
    ov_secret_free(take_frame);
    return status == OV_OK; /* a stream that cannot send ends by itself */
}

void link_send_hello(struct link *link)
{
    struct ov_hello hello;
    struct ov_secret frame = OV_SECRET_INIT;
    memset(&hello, 0, sizeof(hello));
    hello.protocol = OV_PROTOCOL_VERSION;
    (void)snprintf(hello.software, sizeof(hello.software), "overt-capture/" OVERT_VERSION);
    hello.names_deployment = link->options.names_deployment || link->has_welcome;
    /* After the first Welcome a run stays with its deployment. */
    hello.deployment_id =
        link->has_welcome ? link->welcome.deployment_id : link->options.deployment_id;
    hello.run_id = link->run_id;
    memcpy(hello.model_digest, link->options.model_digest, sizeof(hello.model_digest));
    hello.dimension = link->options.dimension;
    hello.source_kind = link->options.source_kind;
    hello.camera_count = 1;
    (void)snprintf(hello.cameras[0], sizeof(hello.cameras[0]), "%s", link->options.camera);
    enum ov_status status = ov_hello_encode(&hello, &frame);
    (void)send_frame(link, OV_FRAME_HELLO, status, &frame);
}

void link_send_error(struct link *link, const char *code, const char *text)
{
    struct ov_error_message error;
    struct ov_secret frame = OV_SECRET_INIT;
    memset(&error, 0, sizeof(error));
    (void)snprintf(error.code, sizeof(error.code), "%s", code);
    (void)snprintf(error.text, sizeof(error.text), "%s", text);
    enum ov_status status = ov_error_message_encode(&error, &frame);
    (void)send_frame(link, OV_FRAME_ERROR, status, &frame);
}

static void count_gone(void *ctx, uint64_t sequence)
{
    crops_compared(ctx, sequence);
}

/* A batch that our own codec refuses would be refused each time: given up. */
static void give_up_batch(struct link *link, uint64_t batch)
{
    struct outbox_lost lost = {.sent = outbox_ack(link->outbox, batch, count_gone, link->crops)};
    link_count_lost(link, lost, LOST_LINK);
}

void link_send_probes(struct link *link)
{
    struct ov_probe probes[OUTBOX_BATCH_MAX];
    size_t count = 0;
    size_t fresh = 0;
    while ((count = outbox_next_batch(link->outbox, link->batch + 1, link->credit,
                                      link_now_us(link), probes, &fresh)) > 0) {
        struct ov_secret frame = OV_SECRET_INIT;
        struct ov_probe_batch batch = {++link->batch, count, probes};
        enum ov_status status = ov_probe_batch_encode(&batch, link->options.dimension, &frame);
        if (status != OV_OK)
            give_up_batch(link, batch.batch);
        if (!send_frame(link, OV_FRAME_PROBE_BATCH, status, &frame))
            return;
        struct counts_delta delta = {.probes_sent = (uint32_t)fresh};
        counts_add(link->counts, &delta, ov_clock_utc_us(link->options.clock));
        link->totals.probes += fresh;
    }
}

void link_send_counts(struct link *link)
{
    const struct ov_counts *counts = NULL;
    while ((counts = counts_next(link->counts)) != NULL) {
        struct ov_secret frame = OV_SECRET_INIT;
        enum ov_status status = ov_counts_encode(counts, &frame);
        if (!send_frame(link, OV_FRAME_COUNTS, status, &frame))
            return;
    }
}

void link_send_ping(struct link *link)
{
    struct ov_secret frame = OV_SECRET_INIT;
    const struct ov_ping ping = {++link->ping, ov_clock_utc_us(link->options.clock)};
    link->ping_due_us = link_now_us(link) + LINK_PING_EVERY_US;
    enum ov_status status = ov_ping_encode(&ping, &frame);
    (void)send_frame(link, OV_FRAME_PING, status, &frame);
}

void link_send_pong(struct link *link, const struct ov_ping *ping)
{
    struct ov_secret frame = OV_SECRET_INIT;
    const struct ov_pong pong = {ping->number, ping->sent_at_us,
                                 ov_clock_utc_us(link->options.clock)};
    enum ov_status status = ov_pong_encode(&pong, &frame);
    (void)send_frame(link, OV_FRAME_PONG, status, &frame);
}

void link_send_pause_request(struct link *link)
{
    struct ov_secret frame = OV_SECRET_INIT;
    const struct ov_pause_request request = {link->welcome.deployment_id, link->pressed_at_us};
    enum ov_status status = ov_pause_request_encode(&request, &frame);
    if (send_frame(link, OV_FRAME_PAUSE_REQUEST, status, &frame))
        hold_sent(&link->hold);
}

void link_send_alert_ack(struct link *link, const struct ov_id *alert_id)
{
    struct ov_secret frame = OV_SECRET_INIT;
    if (link->stage != LINK_OPEN)
        return; /* it will be delivered again, and acknowledged then */
    const struct ov_alert_ack ack = {*alert_id};
    enum ov_status status = ov_alert_ack_encode(&ack, &frame);
    (void)send_frame(link, OV_FRAME_ALERT_ACK, status, &frame);
}

void link_send_crop(struct link *link, const struct ov_crop_request *request)
{
    struct ov_secret frame = OV_SECRET_INIT;
    struct ov_crop crop;
    memset(&crop, 0, sizeof(crop));
    crop.alert_id = request->alert_id;
    crop.sequence = request->sequence;
    const struct ov_secret *jpeg = NULL;
    if (ov_id_equal(&request->run_id, &link->run_id)) {
        crops_alerted(link->crops, request->sequence);
        jpeg = crops_get(link->crops, request->sequence);
    }
    if (jpeg != NULL && jpeg->size <= OV_CROP_JPEG_MAX)
        crop.jpeg = *jpeg; /* borrowed */
    enum ov_status status = ov_crop_encode(&crop, &frame);
    if (!send_frame(link, OV_FRAME_CROP, status, &frame) || jpeg == NULL)
        return;
    link_send_ping(link); /* its answer proves that the crop has arrived */
    crops_sent(link->crops, request->sequence, link->ping);
}

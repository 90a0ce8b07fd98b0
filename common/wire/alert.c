/* Alert, AlertAck, CropRequest and Crop: what follows a match. No state; any thread. */
#include <string.h>

#include "common/base/bytes.h"
#include "common/wire/codec.h"
#include "common/wire/messages.h"

static enum ov_status check_display_name(const struct ov_secret *name, struct ov_error *err)
{
    if (name->size >= OV_TEXT_SIZE)
        return codec_refuse(err, "display_name", "is too long");
    if (name->size > 0 && (memchr(name->data, 0, name->size) != NULL ||
                           !ov_text_is_clean_utf8((const char *)name->data, name->size)))
        return codec_refuse(err, "display_name", "has to be UTF-8 without control characters");
    return OV_OK;
}

static enum ov_status check_score(const struct ov_alert *alert, struct ov_error *err)
{
    if (!alert->has_score)
        return alert->score == 0.0f ? OV_OK
                                    : codec_refuse(err, "score", "is there and is said not to be");
    return check_number("score", alert->score, -COSINE_MAX, COSINE_MAX, err);
}

static enum ov_status check_alert(const struct ov_alert *alert, struct ov_error *err)
{
    if (alert->feed_number == 0)
        return codec_refuse(err, "feed_number", "is missing");
    if (alert->sequence == 0)
        return codec_refuse(err, "sequence", "is missing");
    if (alert->reference_jpeg.size > OV_REFERENCE_JPEG_MAX)
        return codec_refuse(err, "reference_jpeg", "is too long");
    enum ov_status status = check_camera("camera", alert->camera, err);
    if (status == OV_OK)
        status = check_time("captured_at_us", alert->captured_at_us, err);
    if (status == OV_OK)
        status = check_time("raised_at_us", alert->raised_at_us, err);
    if (status == OV_OK)
        status = check_text("category", alert->category, sizeof(alert->category), err);
    if (status == OV_OK)
        status = check_text("response", alert->response, sizeof(alert->response), err);
    if (status == OV_OK)
        status = check_display_name(&alert->display_name, err);
    if (status == OV_OK)
        status = check_number("threshold", alert->threshold, -1.0f, 1.0f, err);
    return status != OV_OK ? status : check_score(alert, err);
}

/* The name with a NUL, in secret memory; ret_name stays empty when there is none. */
static enum ov_status name_with_nul(const struct ov_secret *name, struct ov_secret *ret_name)
{
    if (name->size == 0)
        return OV_OK;
    enum ov_status status = ov_secret_new(ret_name, name->size + 1);
    if (status == OV_OK)
        memcpy(ret_name->data, name->data, name->size);
    return status;
}

enum ov_status ov_alert_encode(const struct ov_alert *alert, struct ov_secret *ret_frame)
{
    if (check_alert(alert, NULL) != OV_OK)
        return OV_ERR_INVALID;
    struct ov_secret name = OV_SECRET_INIT;
    enum ov_status status = name_with_nul(&alert->display_name, &name);
    if (status != OV_OK)
        return status;
    Overt__V1__Alert message;
    overt__v1__alert__init(&message);
    message.alert_id = codec_borrow(alert->alert_id.bytes, OV_ID_BYTES);
    message.feed_number = alert->feed_number;
    message.run_id = codec_borrow(alert->run_id.bytes, OV_ID_BYTES);
    message.sequence = alert->sequence;
    message.camera = codec_text(alert->camera);
    message.captured_at_us = alert->captured_at_us;
    message.raised_at_us = alert->raised_at_us;
    message.category = codec_text(alert->category);
    message.response = codec_text(alert->response);
    if (name.data != NULL)
        message.display_name = (char *)name.data;
    message.reference_jpeg = codec_borrow(alert->reference_jpeg.data, alert->reference_jpeg.size);
    message.has_score = alert->has_score;
    message.score = alert->score;
    message.threshold = alert->threshold;
    status = codec_pack(&message.base, OV_FRAME_ALERT, ret_frame);
    ov_secret_free(&name);
    return status;
}

static enum ov_status take_alert_texts(const Overt__V1__Alert *message, struct ov_alert *out,
                                       struct ov_error *err)
{
    ProtobufCBinaryData name = codec_borrow(message->display_name, strlen(message->display_name));
    enum ov_status status =
        take_text("camera", message->camera, out->camera, sizeof(out->camera), err);
    if (status == OV_OK)
        status =
            take_text("category", message->category, out->category, sizeof(out->category), err);
    if (status == OV_OK)
        status =
            take_text("response", message->response, out->response, sizeof(out->response), err);
    if (status == OV_OK)
        status = take_secret("display_name", &name, OV_TEXT_SIZE - 1, &out->display_name, err);
    return status;
}

static enum ov_status take_alert(const Overt__V1__Alert *message, struct ov_alert *out,
                                 struct ov_error *err)
{
    out->feed_number = message->feed_number;
    out->sequence = message->sequence;
    out->captured_at_us = message->captured_at_us;
    out->raised_at_us = message->raised_at_us;
    out->has_score = message->has_score != 0;
    out->score = message->score;
    out->threshold = message->threshold;
    enum ov_status status = take_id("alert_id", &message->alert_id, &out->alert_id, err);
    if (status == OV_OK)
        status = take_id("run_id", &message->run_id, &out->run_id, err);
    if (status == OV_OK)
        status = take_alert_texts(message, out, err);
    if (status == OV_OK)
        status = take_secret("reference_jpeg", &message->reference_jpeg, OV_REFERENCE_JPEG_MAX,
                             &out->reference_jpeg, err);
    return status;
}

enum ov_status ov_alert_decode(const uint8_t *data, size_t size, struct ov_alert *ret,
                               struct ov_error *err)
{
    struct codec_arena arena;
    ProtobufCMessage *message = NULL;
    struct ov_alert alert = {0};
    enum ov_status status = codec_unpack(&overt__v1__alert__descriptor, OV_FRAME_ALERT, data, size,
                                         &arena, &message, err);
    if (status == OV_OK)
        status = take_alert((const Overt__V1__Alert *)message, &alert, err);
    if (status == OV_OK)
        status = check_alert(&alert, err);
    codec_done(&arena);
    if (status == OV_OK)
        *ret = alert;
    else
        ov_alert_done(&alert);
    return status;
}

void ov_alert_done(struct ov_alert *alert)
{
    ov_secret_free(&alert->display_name);
    ov_secret_free(&alert->reference_jpeg);
    ov_wipe(alert, sizeof(*alert));
}

enum ov_status ov_alert_ack_encode(const struct ov_alert_ack *ack, struct ov_secret *ret_frame)
{
    Overt__V1__AlertAck message;
    overt__v1__alert_ack__init(&message);
    message.alert_id = codec_borrow(ack->alert_id.bytes, OV_ID_BYTES);
    return codec_pack(&message.base, OV_FRAME_ALERT_ACK, ret_frame);
}

enum ov_status ov_alert_ack_decode(const uint8_t *data, size_t size, struct ov_alert_ack *ret,
                                   struct ov_error *err)
{
    struct codec_arena arena;
    ProtobufCMessage *message = NULL;
    struct ov_alert_ack ack = {0};
    enum ov_status status = codec_unpack(&overt__v1__alert_ack__descriptor, OV_FRAME_ALERT_ACK,
                                         data, size, &arena, &message, err);
    if (status == OV_OK) {
        const Overt__V1__AlertAck *in = (const Overt__V1__AlertAck *)message;
        status = take_id("alert_id", &in->alert_id, &ack.alert_id, err);
    }
    codec_done(&arena);
    if (status == OV_OK)
        *ret = ack;
    return status;
}

static enum ov_status check_sequence(uint64_t sequence, struct ov_error *err)
{
    return sequence != 0 ? OV_OK : codec_refuse(err, "sequence", "is missing");
}

enum ov_status ov_crop_request_encode(const struct ov_crop_request *request,
                                      struct ov_secret *ret_frame)
{
    if (check_sequence(request->sequence, NULL) != OV_OK)
        return OV_ERR_INVALID;
    Overt__V1__CropRequest message;
    overt__v1__crop_request__init(&message);
    message.alert_id = codec_borrow(request->alert_id.bytes, OV_ID_BYTES);
    message.run_id = codec_borrow(request->run_id.bytes, OV_ID_BYTES);
    message.sequence = request->sequence;
    return codec_pack(&message.base, OV_FRAME_CROP_REQUEST, ret_frame);
}

static enum ov_status take_crop_request(const Overt__V1__CropRequest *message,
                                        struct ov_crop_request *out, struct ov_error *err)
{
    out->sequence = message->sequence;
    enum ov_status status = take_id("alert_id", &message->alert_id, &out->alert_id, err);
    if (status == OV_OK)
        status = take_id("run_id", &message->run_id, &out->run_id, err);
    return status != OV_OK ? status : check_sequence(out->sequence, err);
}

enum ov_status ov_crop_request_decode(const uint8_t *data, size_t size, struct ov_crop_request *ret,
                                      struct ov_error *err)
{
    struct codec_arena arena;
    ProtobufCMessage *message = NULL;
    struct ov_crop_request request = {0};
    enum ov_status status = codec_unpack(&overt__v1__crop_request__descriptor,
                                         OV_FRAME_CROP_REQUEST, data, size, &arena, &message, err);
    if (status == OV_OK)
        status = take_crop_request((const Overt__V1__CropRequest *)message, &request, err);
    codec_done(&arena);
    if (status == OV_OK)
        *ret = request;
    return status;
}

enum ov_status ov_crop_encode(const struct ov_crop *crop, struct ov_secret *ret_frame)
{
    if (check_sequence(crop->sequence, NULL) != OV_OK || crop->jpeg.size > OV_CROP_JPEG_MAX)
        return OV_ERR_INVALID;
    Overt__V1__Crop message;
    overt__v1__crop__init(&message);
    message.alert_id = codec_borrow(crop->alert_id.bytes, OV_ID_BYTES);
    message.sequence = crop->sequence;
    message.jpeg = codec_borrow(crop->jpeg.data, crop->jpeg.size);
    return codec_pack(&message.base, OV_FRAME_CROP, ret_frame);
}

static enum ov_status take_crop(const Overt__V1__Crop *message, struct ov_crop *out,
                                struct ov_error *err)
{
    out->sequence = message->sequence;
    enum ov_status status = take_id("alert_id", &message->alert_id, &out->alert_id, err);
    if (status == OV_OK)
        status = check_sequence(out->sequence, err);
    if (status == OV_OK)
        status = take_secret("jpeg", &message->jpeg, OV_CROP_JPEG_MAX, &out->jpeg, err);
    return status;
}

enum ov_status ov_crop_decode(const uint8_t *data, size_t size, struct ov_crop *ret,
                              struct ov_error *err)
{
    struct codec_arena arena;
    ProtobufCMessage *message = NULL;
    struct ov_crop crop = {0};
    enum ov_status status = codec_unpack(&overt__v1__crop__descriptor, OV_FRAME_CROP, data, size,
                                         &arena, &message, err);
    if (status == OV_OK)
        status = take_crop((const Overt__V1__Crop *)message, &crop, err);
    codec_done(&arena);
    if (status == OV_OK)
        *ret = crop;
    else
        ov_crop_done(&crop);
    return status;
}

void ov_crop_done(struct ov_crop *crop)
{
    ov_secret_free(&crop->jpeg);
}

/* ProbeBatch and BatchAck: descriptors up, permission to forget down. No state; any thread. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/face/face.h"
#include "common/wire/codec.h"
#include "common/wire/half.h"
#include "common/wire/messages.h"

#define SIDE_MAX_PX 65535u
#define QUALITY_MAX 65535.0f
#define NORM_TOLERANCE 2e-3
#define CREDIT_MAX (1u << 20)

static enum ov_status check_box(const struct ov_probe *probe, struct ov_error *err)
{
    if (probe->box_left > SIDE_MAX_PX || probe->box_top > SIDE_MAX_PX ||
        probe->box_width > SIDE_MAX_PX || probe->box_height > SIDE_MAX_PX)
        return codec_refuse(err, "box", "reaches beyond 65535 px");
    if (probe->box_width == 0 || probe->box_height == 0)
        return codec_refuse(err, "box", "is empty");
    if (probe->frame_width > SIDE_MAX_PX || probe->frame_height > SIDE_MAX_PX ||
        (probe->frame_width == 0) != (probe->frame_height == 0))
        return codec_refuse(err, "frame", "has to be a picture's width and height, or neither");
    return OV_OK;
}

static enum ov_status check_quality(const struct ov_quality *quality, struct ov_error *err)
{
    const float values[] = {quality->eye_distance_px, quality->sharpness, quality->yaw_deg,
                            quality->pitch_deg,       quality->roll_deg,  quality->brightness,
                            quality->contrast};
    enum ov_status status = OV_OK;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]) && status == OV_OK; i++)
        status = check_number("quality", values[i], -QUALITY_MAX, QUALITY_MAX, err);
    return status;
}

/* All but the descriptor, which is checked in the form in which it travels. */
static enum ov_status check_probe(const struct ov_probe *probe, struct ov_error *err)
{
    if (probe->sequence == 0)
        return codec_refuse(err, "sequence", "is missing");
    enum ov_status status = check_camera("camera", probe->camera, err);
    if (status == OV_OK)
        status = check_time("captured_at_us", probe->captured_at_us, err);
    if (status == OV_OK)
        status = check_box(probe, err);
    return status != OV_OK ? status : check_quality(&probe->quality, err);
}

static float half_at(const uint8_t *halves, size_t index)
{
    return ov_half_to_float((uint16_t)(halves[2 * index] | halves[2 * index + 1] << 8));
}

/* Finite, and of length 1 within the tolerance; ret_norm is that length. */
static enum ov_status check_descriptor(const uint8_t *halves, uint32_t dimension, double *ret_norm,
                                       struct ov_error *err)
{
    double sum = 0.0;
    for (size_t i = 0; i < dimension; i++) {
        double value = (double)half_at(halves, i);
        if (!isfinite(value))
            return ov_fail(err, OV_ERR_PROTOCOL, "probe.not_finite",
                           "a descriptor has a value that is not a finite number");
        sum += value * value;
    }
    double norm = sqrt(sum);
    if (fabs(norm - 1.0) > NORM_TOLERANCE)
        return ov_fail(err, OV_ERR_PROTOCOL, "probe.not_normalised",
                       "a descriptor has the norm %.4f; normalise it to 1 before sending", norm);
    *ret_norm = norm;
    return OV_OK;
}

/* What one batch needs while it is being packed; the descriptors are in secret memory. */
struct batch_parts {
    Overt__V1__Probe probes[OV_BATCH_PROBES_MAX];
    Overt__V1__Probe *pointers[OV_BATCH_PROBES_MAX];
    Overt__V1__Box boxes[OV_BATCH_PROBES_MAX];
    Overt__V1__Quality qualities[OV_BATCH_PROBES_MAX];
    struct ov_secret halves;
};

static void put_box_and_quality(const struct ov_probe *probe, Overt__V1__Box *box,
                                Overt__V1__Quality *quality)
{
    overt__v1__box__init(box);
    box->left = probe->box_left;
    box->top = probe->box_top;
    box->width = probe->box_width;
    box->height = probe->box_height;
    box->frame_width = probe->frame_width;
    box->frame_height = probe->frame_height;
    overt__v1__quality__init(quality);
    quality->eye_distance_px = probe->quality.eye_distance_px;
    quality->sharpness = probe->quality.sharpness;
    quality->yaw_deg = probe->quality.yaw_deg;
    quality->pitch_deg = probe->quality.pitch_deg;
    quality->roll_deg = probe->quality.roll_deg;
    quality->brightness = probe->quality.brightness;
    quality->contrast = probe->quality.contrast;
}

static enum ov_status put_descriptor(const struct ov_secret *descriptor, uint32_t dimension,
                                     uint8_t *halves)
{
    if (descriptor->data == NULL || descriptor->size != dimension * sizeof(float))
        return OV_ERR_INVALID;
    for (size_t i = 0; i < dimension; i++) {
        float value;
        memcpy(&value, descriptor->data + i * sizeof(float), sizeof(value));
        uint16_t half = ov_half_from_float(value);
        halves[2 * i] = (uint8_t)half;
        halves[2 * i + 1] = (uint8_t)(half >> 8);
    }
    double norm = 0.0;
    return check_descriptor(halves, dimension, &norm, NULL) == OV_OK ? OV_OK : OV_ERR_INVALID;
}

static enum ov_status put_probe(const struct ov_probe *probe, uint32_t dimension, size_t index,
                                struct batch_parts *parts)
{
    uint8_t *halves = parts->halves.data + index * dimension * 2;
    if (check_probe(probe, NULL) != OV_OK ||
        put_descriptor(&probe->descriptor, dimension, halves) != OV_OK)
        return OV_ERR_INVALID;
    put_box_and_quality(probe, &parts->boxes[index], &parts->qualities[index]);
    Overt__V1__Probe *message = &parts->probes[index];
    overt__v1__probe__init(message);
    message->sequence = probe->sequence;
    message->camera = codec_text(probe->camera);
    message->track = probe->track;
    message->captured_at_us = probe->captured_at_us;
    message->box = &parts->boxes[index];
    message->quality = &parts->qualities[index];
    message->descriptor = codec_borrow(halves, (size_t)dimension * 2);
    parts->pointers[index] = message;
    return OV_OK;
}

enum ov_status ov_probe_batch_encode(const struct ov_probe_batch *batch, uint32_t dimension,
                                     struct ov_secret *ret_frame)
{
    if (batch->count == 0 || batch->count > OV_BATCH_PROBES_MAX || dimension == 0 ||
        dimension > OV_DESCRIPTOR_MAX_DIMENSION)
        return OV_ERR_INVALID;
    struct batch_parts *parts = calloc(1, sizeof(*parts));
    if (parts == NULL)
        return OV_ERR_NOMEM;
    enum ov_status status = ov_secret_new(&parts->halves, batch->count * dimension * 2);
    for (size_t i = 0; i < batch->count && status == OV_OK; i++)
        status = put_probe(&batch->probes[i], dimension, i, parts);
    if (status == OV_OK) {
        Overt__V1__ProbeBatch message;
        overt__v1__probe_batch__init(&message);
        message.batch = batch->batch;
        message.n_probes = batch->count;
        message.probes = parts->pointers;
        status = codec_pack(&message.base, OV_FRAME_PROBE_BATCH, ret_frame);
    }
    ov_secret_free(&parts->halves);
    ov_wipe(parts, sizeof(*parts));
    free(parts);
    return status;
}

static enum ov_status take_descriptor(const ProtobufCBinaryData *in, uint32_t dimension,
                                      struct ov_secret *ret_descriptor, struct ov_error *err)
{
    if (in->len != (size_t)dimension * 2)
        return ov_fail(err, OV_ERR_PROTOCOL, "probe.dimension",
                       "a descriptor has %zu bytes; %u numbers of 2 bytes were agreed", in->len,
                       dimension);
    double norm = 0.0;
    enum ov_status status = check_descriptor(in->data, dimension, &norm, err);
    if (status != OV_OK)
        return status;
    if (ov_secret_new(ret_descriptor, dimension * sizeof(float)) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for a descriptor");
    float *values = (float *)(void *)ret_descriptor->data;
    for (size_t i = 0; i < dimension; i++)
        values[i] = (float)((double)half_at(in->data, i) / norm);
    return OV_OK;
}

static enum ov_status take_probe(const Overt__V1__Probe *message, uint32_t dimension,
                                 struct ov_probe *out, struct ov_error *err)
{
    if (message->box == NULL)
        return codec_refuse(err, "box", "is missing");
    if (message->quality == NULL)
        return codec_refuse(err, "quality", "is missing");
    out->sequence = message->sequence;
    out->track = message->track;
    out->captured_at_us = message->captured_at_us;
    out->box_left = message->box->left;
    out->box_top = message->box->top;
    out->box_width = message->box->width;
    out->box_height = message->box->height;
    out->frame_width = message->box->frame_width;
    out->frame_height = message->box->frame_height;
    out->quality.eye_distance_px = message->quality->eye_distance_px;
    out->quality.sharpness = message->quality->sharpness;
    out->quality.yaw_deg = message->quality->yaw_deg;
    out->quality.pitch_deg = message->quality->pitch_deg;
    out->quality.roll_deg = message->quality->roll_deg;
    out->quality.brightness = message->quality->brightness;
    out->quality.contrast = message->quality->contrast;
    enum ov_status status =
        take_text("camera", message->camera, out->camera, sizeof(out->camera), err);
    if (status == OV_OK)
        status = check_probe(out, err);
    if (status == OV_OK)
        status = take_descriptor(&message->descriptor, dimension, &out->descriptor, err);
    return status;
}

static enum ov_status take_batch(const Overt__V1__ProbeBatch *message, uint32_t dimension,
                                 struct ov_probe_batch *out, struct ov_error *err)
{
    if (message->n_probes == 0 || message->n_probes > OV_BATCH_PROBES_MAX)
        return codec_refuse(err, "probes", "has to hold 1 to 64 probes");
    out->batch = message->batch;
    out->probes = calloc(message->n_probes, sizeof(*out->probes));
    if (out->probes == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for a batch");
    out->count = message->n_probes;
    enum ov_status status = OV_OK;
    for (size_t i = 0; i < out->count && status == OV_OK; i++)
        status = take_probe(message->probes[i], dimension, &out->probes[i], err);
    return status;
}

enum ov_status ov_probe_batch_decode(const uint8_t *data, size_t size, uint32_t dimension,
                                     struct ov_probe_batch *ret, struct ov_error *err)
{
    struct codec_arena arena;
    ProtobufCMessage *message = NULL;
    struct ov_probe_batch batch = {0};
    if (dimension == 0 || dimension > OV_DESCRIPTOR_MAX_DIMENSION)
        return ov_fail(err, OV_ERR_INTERNAL, "probe.dimension", "no dimension has been agreed");
    enum ov_status status = codec_unpack(&overt__v1__probe_batch__descriptor, OV_FRAME_PROBE_BATCH,
                                         data, size, &arena, &message, err);
    if (status == OV_OK)
        status = take_batch((const Overt__V1__ProbeBatch *)message, dimension, &batch, err);
    codec_done(&arena);
    if (status == OV_OK)
        *ret = batch;
    else
        ov_probe_batch_done(&batch);
    return status;
}

void ov_probe_batch_done(struct ov_probe_batch *batch)
{
    for (size_t i = 0; batch->probes != NULL && i < batch->count; i++)
        ov_secret_free(&batch->probes[i].descriptor);
    if (batch->probes != NULL)
        ov_wipe(batch->probes, batch->count * sizeof(*batch->probes));
    free(batch->probes);
    memset(batch, 0, sizeof(*batch));
}

static enum ov_status check_ack(const struct ov_batch_ack *ack, struct ov_error *err)
{
    if (ack->credit > CREDIT_MAX)
        return codec_refuse(err, "credit", "is implausible");
    if (ack->alerted_count > OV_BATCH_PROBES_MAX)
        return codec_refuse(err, "alerted", "names more probes than a batch has");
    for (size_t i = 0; i < ack->alerted_count; i++) {
        if (ack->alerted[i] == 0)
            return codec_refuse(err, "alerted", "names no probe");
    }
    return OV_OK;
}

enum ov_status ov_batch_ack_encode(const struct ov_batch_ack *ack, struct ov_secret *ret_frame)
{
    if (check_ack(ack, NULL) != OV_OK)
        return OV_ERR_INVALID;
    uint64_t alerted[OV_BATCH_PROBES_MAX];
    memcpy(alerted, ack->alerted, sizeof(alerted));
    Overt__V1__BatchAck message;
    overt__v1__batch_ack__init(&message);
    message.batch = ack->batch;
    message.n_alerted = ack->alerted_count;
    message.alerted = alerted;
    message.credit = ack->credit;
    return codec_pack(&message.base, OV_FRAME_BATCH_ACK, ret_frame);
}

static enum ov_status take_ack(const Overt__V1__BatchAck *message, struct ov_batch_ack *out,
                               struct ov_error *err)
{
    if (message->n_alerted > OV_BATCH_PROBES_MAX)
        return codec_refuse(err, "alerted", "names more probes than a batch has");
    out->batch = message->batch;
    out->credit = message->credit;
    out->alerted_count = message->n_alerted;
    for (size_t i = 0; i < message->n_alerted; i++)
        out->alerted[i] = message->alerted[i];
    return OV_OK;
}

enum ov_status ov_batch_ack_decode(const uint8_t *data, size_t size, struct ov_batch_ack *ret,
                                   struct ov_error *err)
{
    struct codec_arena arena;
    ProtobufCMessage *message = NULL;
    struct ov_batch_ack ack = {0};
    enum ov_status status = codec_unpack(&overt__v1__batch_ack__descriptor, OV_FRAME_BATCH_ACK,
                                         data, size, &arena, &message, err);
    if (status == OV_OK)
        status = take_ack((const Overt__V1__BatchAck *)message, &ack, err);
    if (status == OV_OK)
        status = check_ack(&ack, err);
    codec_done(&arena);
    if (status == OV_OK)
        *ret = ack;
    return status;
}

/* Counts and CountsAck: one camera's minute in numbers. No state; any thread. */
#include <string.h>

#include "common/wire/codec.h"
#include "common/wire/messages.h"

const char *ov_reject_name(int reason)
{
    if (reason == OV_REJECT_CAPACITY)
        return "capacity";
    if (reason < 0 || reason > OV_REJECT_CAPACITY)
        return "unknown";
    return ov_quality_reason_name((enum ov_quality_reason)reason);
}

/* The reason of this name; -1 when there is none. */
static int reject_of(const char *name)
{
    for (int reason = OV_QUALITY_OK + 1; reason < OV_REJECT_COUNT; reason++) {
        if (strcmp(name, ov_reject_name(reason)) == 0)
            return reason;
    }
    return -1;
}

static enum ov_status check_counts(const struct ov_counts *counts, struct ov_error *err)
{
    if (counts->rejected[OV_QUALITY_OK] != 0)
        return codec_refuse(err, "rejected", "counts faces that were not rejected");
    enum ov_status status = check_camera("camera", counts->camera, err);
    return status != OV_OK ? status : check_minute("minute_us", counts->minute_us, err);
}

enum ov_status ov_counts_encode(const struct ov_counts *counts, struct ov_secret *ret_frame)
{
    if (check_counts(counts, NULL) != OV_OK)
        return OV_ERR_INVALID;
    Overt__V1__Rejected parts[OV_REJECT_COUNT];
    Overt__V1__Rejected *pointers[OV_REJECT_COUNT];
    size_t used = 0;
    for (int reason = OV_QUALITY_OK + 1; reason < OV_REJECT_COUNT; reason++) {
        if (counts->rejected[reason] == 0)
            continue;
        overt__v1__rejected__init(&parts[used]);
        parts[used].reason = codec_text(ov_reject_name(reason));
        parts[used].faces = counts->rejected[reason];
        pointers[used] = &parts[used];
        used++;
    }
    Overt__V1__Counts message;
    overt__v1__counts__init(&message);
    message.run_id = codec_borrow(counts->run_id.bytes, OV_ID_BYTES);
    message.camera = codec_text(counts->camera);
    message.minute_us = counts->minute_us;
    message.faces_seen = counts->faces_seen;
    message.probes_sent = counts->probes_sent;
    message.n_rejected = used;
    message.rejected = pointers;
    return codec_pack(&message.base, OV_FRAME_COUNTS, ret_frame);
}

static enum ov_status take_rejected(const Overt__V1__Counts *message, struct ov_counts *out,
                                    struct ov_error *err)
{
    bool seen[OV_REJECT_COUNT] = {false};
    for (size_t i = 0; i < message->n_rejected; i++) {
        int reason = reject_of(message->rejected[i]->reason);
        if (reason < 0)
            return codec_refuse(err, "rejected", "has a reason that is not known here");
        if (seen[reason])
            return codec_refuse(err, "rejected", "has a reason twice");
        seen[reason] = true;
        out->rejected[reason] = message->rejected[i]->faces;
    }
    return OV_OK;
}

static enum ov_status take_counts(const Overt__V1__Counts *message, struct ov_counts *out,
                                  struct ov_error *err)
{
    out->minute_us = message->minute_us;
    out->faces_seen = message->faces_seen;
    out->probes_sent = message->probes_sent;
    enum ov_status status = take_id("run_id", &message->run_id, &out->run_id, err);
    if (status == OV_OK)
        status = take_text("camera", message->camera, out->camera, sizeof(out->camera), err);
    return status != OV_OK ? status : take_rejected(message, out, err);
}

enum ov_status ov_counts_decode(const uint8_t *data, size_t size, struct ov_counts *ret,
                                struct ov_error *err)
{
    struct codec_arena arena;
    ProtobufCMessage *message = NULL;
    struct ov_counts counts = {0};
    enum ov_status status = codec_unpack(&overt__v1__counts__descriptor, OV_FRAME_COUNTS, data,
                                         size, &arena, &message, err);
    if (status == OV_OK)
        status = take_counts((const Overt__V1__Counts *)message, &counts, err);
    if (status == OV_OK)
        status = check_counts(&counts, err);
    codec_done(&arena);
    if (status == OV_OK)
        *ret = counts;
    return status;
}

static enum ov_status check_counts_ack(const struct ov_counts_ack *ack, struct ov_error *err)
{
    enum ov_status status = check_camera("camera", ack->camera, err);
    return status != OV_OK ? status : check_minute("minute_us", ack->minute_us, err);
}

enum ov_status ov_counts_ack_encode(const struct ov_counts_ack *ack, struct ov_secret *ret_frame)
{
    if (check_counts_ack(ack, NULL) != OV_OK)
        return OV_ERR_INVALID;
    Overt__V1__CountsAck message;
    overt__v1__counts_ack__init(&message);
    message.run_id = codec_borrow(ack->run_id.bytes, OV_ID_BYTES);
    message.camera = codec_text(ack->camera);
    message.minute_us = ack->minute_us;
    return codec_pack(&message.base, OV_FRAME_COUNTS_ACK, ret_frame);
}

static enum ov_status take_counts_ack(const Overt__V1__CountsAck *message,
                                      struct ov_counts_ack *out, struct ov_error *err)
{
    out->minute_us = message->minute_us;
    enum ov_status status = take_id("run_id", &message->run_id, &out->run_id, err);
    if (status == OV_OK)
        status = take_text("camera", message->camera, out->camera, sizeof(out->camera), err);
    return status;
}

enum ov_status ov_counts_ack_decode(const uint8_t *data, size_t size, struct ov_counts_ack *ret,
                                    struct ov_error *err)
{
    struct codec_arena arena;
    ProtobufCMessage *message = NULL;
    struct ov_counts_ack ack = {0};
    enum ov_status status = codec_unpack(&overt__v1__counts_ack__descriptor, OV_FRAME_COUNTS_ACK,
                                         data, size, &arena, &message, err);
    if (status == OV_OK)
        status = take_counts_ack((const Overt__V1__CountsAck *)message, &ack, err);
    if (status == OV_OK)
        status = check_counts_ack(&ack, err);
    codec_done(&arena);
    if (status == OV_OK)
        *ret = ack;
    return status;
}

/* DeploymentState, Lease and PauseRequest: whether the client may capture. Pure functions; any
 * thread. */
#include <string.h>

#include "common/base/bytes.h"
#include "common/wire/codec.h"
#include "common/wire/messages.h"

#define LEASE_MAX_MS 60000u

_Static_assert((int)OV_PHASE_LIVE == (int)OVERT__V1__DEPLOYMENT_PHASE__DEPLOYMENT_PHASE_LIVE &&
                   (int)OV_PHASE_PAUSED ==
                       (int)OVERT__V1__DEPLOYMENT_PHASE__DEPLOYMENT_PHASE_PAUSED &&
                   (int)OV_PHASE_CLOSED ==
                       (int)OVERT__V1__DEPLOYMENT_PHASE__DEPLOYMENT_PHASE_CLOSED,
               "phases travel as their own numbers");

const char *ov_phase_name(enum ov_phase phase)
{
    switch (phase) {
    case OV_PHASE_LIVE:
        return "live";
    case OV_PHASE_PAUSED:
        return "paused";
    case OV_PHASE_CLOSED:
        return "closed";
    }
    return "unknown";
}

static enum ov_status check_state(const struct ov_deployment_state *state, struct ov_error *err)
{
    if ((int)state->phase < OV_PHASE_LIVE || (int)state->phase > OV_PHASE_CLOSED)
        return codec_refuse(err, "phase", "is no phase that is known here");
    enum ov_status status = check_code("reason", state->reason, sizeof(state->reason), true, err);
    return status != OV_OK ? status : check_number("threshold", state->threshold, -1.0f, 1.0f, err);
}

enum ov_status ov_deployment_state_encode(const struct ov_deployment_state *state,
                                          struct ov_secret *ret_frame)
{
    if (check_state(state, NULL) != OV_OK)
        return OV_ERR_INVALID;
    Overt__V1__DeploymentState message;
    overt__v1__deployment_state__init(&message);
    message.phase = (Overt__V1__DeploymentPhase)state->phase;
    message.reason = codec_text(state->reason);
    message.threshold = state->threshold;
    return codec_pack(&message.base, OV_FRAME_DEPLOYMENT_STATE, ret_frame);
}

static enum ov_status take_state(const Overt__V1__DeploymentState *message,
                                 struct ov_deployment_state *out, struct ov_error *err)
{
    out->phase = (enum ov_phase)message->phase;
    out->threshold = message->threshold;
    return take_text("reason", message->reason, out->reason, sizeof(out->reason), err);
}

enum ov_status ov_deployment_state_decode(const uint8_t *data, size_t size,
                                          struct ov_deployment_state *ret, struct ov_error *err)
{
    struct codec_arena arena;
    ProtobufCMessage *message = NULL;
    struct ov_deployment_state state = {0};
    enum ov_status status =
        codec_unpack(&overt__v1__deployment_state__descriptor, OV_FRAME_DEPLOYMENT_STATE, data,
                     size, &arena, &message, err);
    if (status == OV_OK)
        status = take_state((const Overt__V1__DeploymentState *)message, &state, err);
    if (status == OV_OK)
        status = check_state(&state, err);
    codec_done(&arena);
    if (status == OV_OK)
        *ret = state;
    return status;
}

static enum ov_status check_lease(const struct ov_lease *lease, struct ov_error *err)
{
    if (lease->valid_ms > LEASE_MAX_MS)
        return codec_refuse(err, "valid_ms", "is more than a minute");
    return OV_OK;
}

enum ov_status ov_lease_encode(const struct ov_lease *lease, struct ov_secret *ret_frame)
{
    if (check_lease(lease, NULL) != OV_OK)
        return OV_ERR_INVALID;
    Overt__V1__Lease message;
    overt__v1__lease__init(&message);
    message.deployment_id = codec_borrow(lease->deployment_id.bytes, OV_ID_BYTES);
    message.number = lease->number;
    message.valid_ms = lease->valid_ms;
    message.signature = codec_borrow(lease->signature, sizeof(lease->signature));
    return codec_pack(&message.base, OV_FRAME_LEASE, ret_frame);
}

static enum ov_status take_lease(const Overt__V1__Lease *message, struct ov_lease *out,
                                 struct ov_error *err)
{
    out->number = message->number;
    out->valid_ms = message->valid_ms;
    enum ov_status status =
        take_id("deployment_id", &message->deployment_id, &out->deployment_id, err);
    if (status == OV_OK)
        status = take_bytes("signature", &message->signature, out->signature,
                            sizeof(out->signature), err);
    return status;
}

enum ov_status ov_lease_decode(const uint8_t *data, size_t size, struct ov_lease *ret,
                               struct ov_error *err)
{
    struct codec_arena arena;
    ProtobufCMessage *message = NULL;
    struct ov_lease lease = {0};
    enum ov_status status = codec_unpack(&overt__v1__lease__descriptor, OV_FRAME_LEASE, data, size,
                                         &arena, &message, err);
    if (status == OV_OK)
        status = take_lease((const Overt__V1__Lease *)message, &lease, err);
    if (status == OV_OK)
        status = check_lease(&lease, err);
    codec_done(&arena);
    if (status == OV_OK)
        *ret = lease;
    return status;
}

void ov_lease_signed_bytes(const struct ov_lease *lease, const struct ov_id *run_id,
                           uint8_t out[OV_LEASE_SIGNED_BYTES])
{
    static const char domain[] = "overt lease v1\n";
    _Static_assert(sizeof(domain) - 1 == 15, "part of OV_LEASE_SIGNED_BYTES");
    uint8_t *at = out;
    memcpy(at, domain, sizeof(domain) - 1);
    at += sizeof(domain) - 1;
    memcpy(at, run_id->bytes, OV_ID_BYTES);
    at += OV_ID_BYTES;
    memcpy(at, lease->deployment_id.bytes, OV_ID_BYTES);
    at += OV_ID_BYTES;
    ov_write_be64(at, lease->number);
    ov_write_be32(at + 8, lease->valid_ms);
}

enum ov_status ov_pause_request_encode(const struct ov_pause_request *request,
                                       struct ov_secret *ret_frame)
{
    if (check_time("pressed_at_us", request->pressed_at_us, NULL) != OV_OK)
        return OV_ERR_INVALID;
    Overt__V1__PauseRequest message;
    overt__v1__pause_request__init(&message);
    message.deployment_id = codec_borrow(request->deployment_id.bytes, OV_ID_BYTES);
    message.pressed_at_us = request->pressed_at_us;
    return codec_pack(&message.base, OV_FRAME_PAUSE_REQUEST, ret_frame);
}

enum ov_status ov_pause_request_decode(const uint8_t *data, size_t size,
                                       struct ov_pause_request *ret, struct ov_error *err)
{
    struct codec_arena arena;
    ProtobufCMessage *message = NULL;
    struct ov_pause_request request = {0};
    enum ov_status status = codec_unpack(&overt__v1__pause_request__descriptor,
                                         OV_FRAME_PAUSE_REQUEST, data, size, &arena, &message, err);
    if (status == OV_OK) {
        const Overt__V1__PauseRequest *in = (const Overt__V1__PauseRequest *)message;
        request.pressed_at_us = in->pressed_at_us;
        status = take_id("deployment_id", &in->deployment_id, &request.deployment_id, err);
    }
    if (status == OV_OK)
        status = check_time("pressed_at_us", request.pressed_at_us, err);
    codec_done(&arena);
    if (status == OV_OK)
        *ret = request;
    return status;
}

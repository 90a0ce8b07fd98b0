/* Welcome: the terms of the session. Pure functions; any thread. */
#include <string.h>

#include "common/wire/codec.h"
#include "common/wire/messages.h"

#define CREDIT_MAX (1u << 20)
#define SIDE_MAX_PX 65535u
#define GATE_MAX 65535.0f

const struct ov_zone *ov_welcome_zone(const struct ov_welcome *welcome, const char *camera)
{
    static const struct ov_zone whole;
    for (size_t i = 0; i < welcome->zone_count; i++)
        if (strcmp(welcome->zones[i].camera, camera) == 0)
            return &welcome->zones[i].zone;
    return &whole;
}

static enum ov_status check_gate(const struct ov_quality_gate *gate, struct ov_error *err)
{
    const float values[] = {gate->min_eye_distance_px, gate->min_sharpness, gate->max_yaw_deg,
                            gate->max_pitch_deg,       gate->max_roll_deg,  gate->min_brightness,
                            gate->max_brightness};
    enum ov_status status = OV_OK;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]) && status == OV_OK; i++)
        status = check_number("gate", values[i], 0.0f, GATE_MAX, err);
    return status;
}

static enum ov_status check_zones(const struct ov_welcome *welcome, struct ov_error *err)
{
    if (welcome->zone_count > OV_CAMERAS_MAX)
        return codec_refuse(err, "zones", "names more cameras than there can be");
    for (size_t i = 0; i < welcome->zone_count; i++) {
        const struct ov_camera_zone *named = &welcome->zones[i];
        enum ov_status status = check_camera("zones", named->camera, err);
        if (status != OV_OK)
            return status;
        if (named->zone.count == 0 || ov_zone_check(&named->zone, NULL) != OV_OK)
            return codec_refuse(err, "zones", "has one that is no polygon of 3 to 32 corners");
        if (ov_welcome_zone(welcome, named->camera) != &named->zone)
            return codec_refuse(err, "zones", "names a camera twice");
    }
    return OV_OK;
}

static enum ov_status check_welcome(const struct ov_welcome *welcome, struct ov_error *err)
{
    if (welcome->protocol == 0)
        return codec_refuse(err, "protocol", "is missing");
    if (welcome->credit > CREDIT_MAX)
        return codec_refuse(err, "credit", "is implausible");
    if (welcome->min_face_px > SIDE_MAX_PX)
        return codec_refuse(err, "min_face_px", "is implausible");
    enum ov_status status = check_text("site", welcome->site, sizeof(welcome->site), err);
    if (status == OV_OK)
        status = check_text("deployment_name", welcome->deployment_name,
                            sizeof(welcome->deployment_name), err);
    if (status == OV_OK)
        status = check_number("threshold", welcome->threshold, -1.0f, 1.0f, err);
    if (status == OV_OK)
        status = check_time("server_time_us", welcome->server_time_us, err);
    if (status == OV_OK)
        status = check_gate(&welcome->gate, err);
    return status != OV_OK ? status : check_zones(welcome, err);
}

static Overt__V1__QualityGate gate_message(const struct ov_quality_gate *gate)
{
    Overt__V1__QualityGate message;
    overt__v1__quality_gate__init(&message);
    message.min_eye_distance_px = gate->min_eye_distance_px;
    message.min_sharpness = gate->min_sharpness;
    message.max_yaw_deg = gate->max_yaw_deg;
    message.max_pitch_deg = gate->max_pitch_deg;
    message.max_roll_deg = gate->max_roll_deg;
    message.min_brightness = gate->min_brightness;
    message.max_brightness = gate->max_brightness;
    return message;
}

static struct ov_quality_gate gate_of(const Overt__V1__QualityGate *message)
{
    struct ov_quality_gate gate = {
        .min_eye_distance_px = message->min_eye_distance_px,
        .min_sharpness = message->min_sharpness,
        .max_yaw_deg = message->max_yaw_deg,
        .max_pitch_deg = message->max_pitch_deg,
        .max_roll_deg = message->max_roll_deg,
        .min_brightness = message->min_brightness,
        .max_brightness = message->max_brightness,
    };
    return gate;
}

/* The zones while they are being packed. */
struct zone_parts {
    Overt__V1__Zone zones[OV_CAMERAS_MAX];
    Overt__V1__Zone *pointers[OV_CAMERAS_MAX];
    uint32_t points[OV_CAMERAS_MAX][2 * OV_ZONE_POINTS_MAX];
};

static void put_zones(const struct ov_welcome *welcome, struct zone_parts *parts,
                      Overt__V1__Welcome *message)
{
    for (size_t i = 0; i < welcome->zone_count; i++) {
        const struct ov_camera_zone *named = &welcome->zones[i];
        Overt__V1__Zone *zone = &parts->zones[i];
        overt__v1__zone__init(zone);
        zone->camera = codec_text(named->camera);
        for (size_t p = 0; p < named->zone.count; p++) {
            parts->points[i][2 * p] = named->zone.points[p].x;
            parts->points[i][2 * p + 1] = named->zone.points[p].y;
        }
        zone->n_points = 2 * named->zone.count;
        zone->points = parts->points[i];
        parts->pointers[i] = zone;
    }
    message->n_zones = welcome->zone_count;
    message->zones = parts->pointers;
}

enum ov_status ov_welcome_encode(const struct ov_welcome *welcome, struct ov_secret *ret_frame)
{
    struct zone_parts parts;
    if (check_welcome(welcome, NULL) != OV_OK)
        return OV_ERR_INVALID;
    Overt__V1__QualityGate gate = gate_message(&welcome->gate);
    Overt__V1__Welcome message;
    overt__v1__welcome__init(&message);
    message.protocol = welcome->protocol;
    message.site = codec_text(welcome->site);
    message.deployment_id = codec_borrow(welcome->deployment_id.bytes, OV_ID_BYTES);
    message.deployment_name = codec_text(welcome->deployment_name);
    message.exercise = welcome->exercise;
    message.threshold = welcome->threshold;
    message.credit = welcome->credit;
    message.lease_key = codec_borrow(welcome->lease_key, sizeof(welcome->lease_key));
    message.server_time_us = welcome->server_time_us;
    message.gate = &gate;
    message.min_face_px = welcome->min_face_px;
    put_zones(welcome, &parts, &message);
    if (welcome->has_settings_digest)
        message.settings_digest = codec_borrow(welcome->settings_digest, OV_DIGEST_BYTES);
    return codec_pack(&message.base, OV_FRAME_WELCOME, ret_frame);
}

static enum ov_status take_zone(const Overt__V1__Zone *message, struct ov_camera_zone *out,
                                struct ov_error *err)
{
    if (message->n_points > (size_t)2 * OV_ZONE_POINTS_MAX || message->n_points % 2 != 0)
        return codec_refuse(err, "zones", "has one that is no polygon of 3 to 32 corners");
    out->zone.count = message->n_points / 2;
    for (size_t i = 0; i < message->n_points; i++) {
        struct ov_zone_point *point = &out->zone.points[i / 2];
        if (message->points[i] > OV_ZONE_SCALE)
            return codec_refuse(err, "zones", "has a corner outside the picture");
        if (i % 2 == 0)
            point->x = (uint16_t)message->points[i];
        else
            point->y = (uint16_t)message->points[i];
    }
    return take_text("zones", message->camera, out->camera, sizeof(out->camera), err);
}

static enum ov_status take_zones(const Overt__V1__Welcome *message, struct ov_welcome *out,
                                 struct ov_error *err)
{
    enum ov_status status = OV_OK;
    if (message->n_zones > OV_CAMERAS_MAX)
        return codec_refuse(err, "zones", "names more cameras than there can be");
    out->zone_count = message->n_zones;
    for (size_t i = 0; i < message->n_zones && status == OV_OK; i++)
        status = take_zone(message->zones[i], &out->zones[i], err);
    return status;
}

static enum ov_status take_welcome(const Overt__V1__Welcome *message, struct ov_welcome *out,
                                   struct ov_error *err)
{
    out->protocol = message->protocol;
    out->exercise = message->exercise != 0;
    out->threshold = message->threshold;
    out->credit = message->credit;
    out->server_time_us = message->server_time_us;
    out->min_face_px = message->min_face_px;
    if (message->gate == NULL)
        return codec_refuse(err, "gate", "is missing");
    out->gate = gate_of(message->gate);
    enum ov_status status = take_text("site", message->site, out->site, sizeof(out->site), err);
    if (status == OV_OK)
        status = take_id("deployment_id", &message->deployment_id, &out->deployment_id, err);
    if (status == OV_OK)
        status = take_text("deployment_name", message->deployment_name, out->deployment_name,
                           sizeof(out->deployment_name), err);
    if (status == OV_OK)
        status = take_bytes("lease_key", &message->lease_key, out->lease_key,
                            sizeof(out->lease_key), err);
    out->has_settings_digest = message->settings_digest.len > 0;
    if (status == OV_OK && out->has_settings_digest)
        status = take_bytes("settings_digest", &message->settings_digest, out->settings_digest,
                            sizeof(out->settings_digest), err);
    return status == OV_OK ? take_zones(message, out, err) : status;
}

enum ov_status ov_welcome_decode(const uint8_t *data, size_t size, struct ov_welcome *ret,
                                 struct ov_error *err)
{
    struct codec_arena arena;
    ProtobufCMessage *message = NULL;
    struct ov_welcome welcome = {0};
    enum ov_status status = codec_unpack(&overt__v1__welcome__descriptor, OV_FRAME_WELCOME, data,
                                         size, &arena, &message, err);
    if (status == OV_OK)
        status = take_welcome((const Overt__V1__Welcome *)message, &welcome, err);
    if (status == OV_OK)
        status = check_welcome(&welcome, err);
    codec_done(&arena);
    if (status == OV_OK)
        *ret = welcome;
    return status;
}

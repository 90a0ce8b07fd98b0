/* See samples.h. */
#include "tests/unit/wire/samples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ov_id id_of(uint8_t first)
{
    struct ov_id id;
    for (int i = 0; i < OV_ID_BYTES; i++)
        id.bytes[i] = (uint8_t)(first + i);
    return id;
}

static void put(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text);
}

static struct ov_secret secret_of(const void *data, size_t size)
{
    struct ov_secret secret = OV_SECRET_INIT;
    if (ov_secret_copy(&secret, data, size) != OV_OK)
        abort();
    return secret;
}

struct ov_hello sample_hello(void)
{
    struct ov_hello hello = {.protocol = OV_PROTOCOL_VERSION,
                             .names_deployment = true,
                             .deployment_id = id_of(1),
                             .run_id = id_of(50),
                             .dimension = 512,
                             .source_kind = OV_SOURCE_LIVE,
                             .camera_count = 2};
    put(hello.software, sizeof(hello.software), "overt-capture 0.1.0");
    memset(hello.model_digest, 0xd1, sizeof(hello.model_digest));
    put(hello.cameras[0], OV_CAMERA_NAME_SIZE, "north.gate-1");
    put(hello.cameras[1], OV_CAMERA_NAME_SIZE, "South_2");
    return hello;
}

struct ov_welcome sample_welcome(void)
{
    struct ov_welcome welcome = {.protocol = OV_PROTOCOL_VERSION,
                                 .deployment_id = id_of(1),
                                 .exercise = true,
                                 .threshold = 0.64f,
                                 .credit = 256,
                                 .server_time_us = SAMPLE_TIME_US,
                                 .gate = {24.0f, 0.2f, 35.0f, 25.0f, 30.0f, 0.15f, 0.9f},
                                 .min_face_px = 60};
    put(welcome.site, sizeof(welcome.site), "high-street");
    put(welcome.deployment_name, sizeof(welcome.deployment_name), "Übung am Markt");
    memset(welcome.lease_key, 0x4b, sizeof(welcome.lease_key));
    welcome.zone_count = 2;
    welcome.zones[0].zone = (struct ov_zone){3, {{0, 0}, {10000, 0}, {5000, 10000}}};
    welcome.zones[1].zone =
        (struct ov_zone){4, {{100, 200}, {9000, 300}, {8000, 9000}, {50, 8000}}};
    put(welcome.zones[0].camera, OV_CAMERA_NAME_SIZE, "north.gate-1");
    put(welcome.zones[1].camera, OV_CAMERA_NAME_SIZE, "South_2");
    welcome.has_settings_digest = true;
    memset(welcome.settings_digest, 0x5e, sizeof(welcome.settings_digest));
    return welcome;
}

struct ov_error_message sample_error(void)
{
    struct ov_error_message error = {.code = "hello.model"};
    put(error.text, sizeof(error.text), "another model is authorised here; install it and restart");
    return error;
}

static struct ov_secret descriptor_of(uint32_t dimension, unsigned seed)
{
    struct ov_secret secret = OV_SECRET_INIT;
    if (ov_secret_new(&secret, dimension * sizeof(float)) != OV_OK)
        abort();
    float *values = (float *)(void *)secret.data;
    double sum = 0.0;
    for (uint32_t i = 0; i < dimension; i++) {
        values[i] = sinf((float)(i * 7 + seed + 1));
        sum += (double)values[i] * (double)values[i];
    }
    for (uint32_t i = 0; i < dimension; i++)
        values[i] = (float)((double)values[i] / sqrt(sum));
    return secret;
}

static const struct ov_quality sample_quality = {.eye_distance_px = 48.5f,
                                                 .sharpness = 0.7f,
                                                 .yaw_deg = -12.0f,
                                                 .pitch_deg = 3.5f,
                                                 .roll_deg = 1.0f,
                                                 .brightness = 0.5f,
                                                 .contrast = 0.2f};

struct ov_probe_batch sample_batch(size_t count, uint32_t dimension)
{
    struct ov_probe_batch batch = {.batch = 9, .count = count};
    batch.probes = calloc(count, sizeof(*batch.probes));
    if (batch.probes == NULL)
        abort();
    for (size_t i = 0; i < count; i++) {
        struct ov_probe *probe = &batch.probes[i];
        probe->sequence = 1000 + i;
        put(probe->camera, sizeof(probe->camera), "north.gate-1");
        probe->track = 17 + i;
        probe->captured_at_us = SAMPLE_TIME_US + (int64_t)i;
        probe->box_left = 10;
        probe->box_top = 65535;
        probe->box_width = 100;
        probe->box_height = 120;
        probe->frame_width = 1920;
        probe->frame_height = 65535;
        probe->quality = sample_quality;
        probe->descriptor = descriptor_of(dimension, (unsigned)i);
    }
    return batch;
}

struct ov_batch_ack sample_batch_ack(void)
{
    struct ov_batch_ack ack = {
        .batch = 9, .credit = 200, .alerted_count = 2, .alerted = {1003, UINT64_MAX}};
    return ack;
}

struct ov_alert sample_alert(void)
{
    struct ov_alert alert = {.alert_id = id_of(80),
                             .feed_number = 3,
                             .run_id = id_of(50),
                             .sequence = 1003,
                             .camera = "north.gate-1",
                             .captured_at_us = SAMPLE_TIME_US,
                             .raised_at_us = SAMPLE_TIME_US + 900000,
                             .category = "wanted",
                             .response = "stop",
                             .has_score = true,
                             .score = 0.71f,
                             .threshold = 0.64f};
    alert.display_name = secret_of("Zoë Example", strlen("Zoë Example"));
    uint8_t jpeg[300];
    memset(jpeg, 0xff, sizeof(jpeg));
    alert.reference_jpeg = secret_of(jpeg, sizeof(jpeg));
    return alert;
}

struct ov_alert_ack sample_alert_ack(void)
{
    struct ov_alert_ack ack = {.alert_id = id_of(80)};
    return ack;
}

struct ov_crop_request sample_crop_request(void)
{
    struct ov_crop_request request = {.alert_id = id_of(80), .run_id = id_of(50), .sequence = 1003};
    return request;
}

struct ov_crop sample_crop(void)
{
    uint8_t jpeg[500];
    memset(jpeg, 0xd8, sizeof(jpeg));
    struct ov_crop crop = {.alert_id = id_of(80), .sequence = 1003};
    crop.jpeg = secret_of(jpeg, sizeof(jpeg));
    return crop;
}

struct ov_counts sample_counts(void)
{
    struct ov_counts counts = {.run_id = id_of(50),
                               .camera = "South_2",
                               .minute_us = SAMPLE_MINUTE_US,
                               .faces_seen = 120,
                               .probes_sent = 80};
    for (int reason = 1; reason < OV_REJECT_COUNT; reason++)
        counts.rejected[reason] = (uint32_t)reason * 3;
    return counts;
}

struct ov_counts_ack sample_counts_ack(void)
{
    struct ov_counts_ack ack = {
        .run_id = id_of(50), .camera = "South_2", .minute_us = SAMPLE_MINUTE_US};
    return ack;
}

struct ov_deployment_state sample_state(void)
{
    struct ov_deployment_state state = {
        .phase = OV_PHASE_PAUSED, .reason = "window_closed", .threshold = 0.66f};
    return state;
}

struct ov_lease sample_lease(void)
{
    struct ov_lease lease = {.deployment_id = id_of(1), .number = 12, .valid_ms = 30000};
    memset(lease.signature, 0x5a, sizeof(lease.signature));
    return lease;
}

struct ov_pause_request sample_pause_request(void)
{
    struct ov_pause_request request = {.deployment_id = id_of(1), .pressed_at_us = SAMPLE_TIME_US};
    return request;
}

struct ov_ping sample_ping(void)
{
    struct ov_ping ping = {.number = 1, .sent_at_us = SAMPLE_TIME_US};
    return ping;
}

struct ov_pong sample_pong(void)
{
    struct ov_pong pong = {
        .number = 1, .ping_sent_at_us = SAMPLE_TIME_US, .sent_at_us = SAMPLE_TIME_US + 5};
    return pong;
}

/* The functions of a message that owns nothing. */
#define PLAIN_FAMILY(name, make)                                                                   \
    static enum ov_status name##_sample(struct ov_secret *ret_frame)                               \
    {                                                                                              \
        struct ov_##name message = make();                                                         \
        return ov_##name##_encode(&message, ret_frame);                                            \
    }                                                                                              \
    static enum ov_status name##_recode(const uint8_t *data, size_t size,                          \
                                        struct ov_secret *ret_frame, struct ov_error *err)         \
    {                                                                                              \
        struct ov_##name message;                                                                  \
        enum ov_status status = ov_##name##_decode(data, size, &message, err);                     \
        return status != OV_OK ? status : ov_##name##_encode(&message, ret_frame);                 \
    }

/* The same for one that owns secrets. */
#define OWNING_FAMILY(name, make)                                                                  \
    static enum ov_status name##_sample(struct ov_secret *ret_frame)                               \
    {                                                                                              \
        struct ov_##name message = make();                                                         \
        enum ov_status status = ov_##name##_encode(&message, ret_frame);                           \
        ov_##name##_done(&message);                                                                \
        return status;                                                                             \
    }                                                                                              \
    static enum ov_status name##_recode(const uint8_t *data, size_t size,                          \
                                        struct ov_secret *ret_frame, struct ov_error *err)         \
    {                                                                                              \
        struct ov_##name message;                                                                  \
        enum ov_status status = ov_##name##_decode(data, size, &message, err);                     \
        if (status != OV_OK)                                                                       \
            return status;                                                                         \
        status = ov_##name##_encode(&message, ret_frame);                                          \
        ov_##name##_done(&message);                                                                \
        return status;                                                                             \
    }

PLAIN_FAMILY(hello, sample_hello)
PLAIN_FAMILY(welcome, sample_welcome)
PLAIN_FAMILY(error_message, sample_error)
PLAIN_FAMILY(batch_ack, sample_batch_ack)
OWNING_FAMILY(alert, sample_alert)
PLAIN_FAMILY(alert_ack, sample_alert_ack)
PLAIN_FAMILY(crop_request, sample_crop_request)
OWNING_FAMILY(crop, sample_crop)
PLAIN_FAMILY(counts, sample_counts)
PLAIN_FAMILY(counts_ack, sample_counts_ack)
PLAIN_FAMILY(deployment_state, sample_state)
PLAIN_FAMILY(lease, sample_lease)
PLAIN_FAMILY(pause_request, sample_pause_request)
PLAIN_FAMILY(ping, sample_ping)
PLAIN_FAMILY(pong, sample_pong)

static enum ov_status probe_batch_sample(struct ov_secret *ret_frame)
{
    struct ov_probe_batch batch = sample_batch(3, SAMPLE_DIMENSION);
    enum ov_status status = ov_probe_batch_encode(&batch, SAMPLE_DIMENSION, ret_frame);
    ov_probe_batch_done(&batch);
    return status;
}

static enum ov_status probe_batch_recode(const uint8_t *data, size_t size,
                                         struct ov_secret *ret_frame, struct ov_error *err)
{
    struct ov_probe_batch batch;
    enum ov_status status = ov_probe_batch_decode(data, size, SAMPLE_DIMENSION, &batch, err);
    if (status != OV_OK)
        return status;
    status = ov_probe_batch_encode(&batch, SAMPLE_DIMENSION, ret_frame);
    ov_probe_batch_done(&batch);
    return status;
}

const struct family families[FAMILY_COUNT] = {
    {OV_FRAME_HELLO, hello_sample, hello_recode},
    {OV_FRAME_WELCOME, welcome_sample, welcome_recode},
    {OV_FRAME_ERROR, error_message_sample, error_message_recode},
    {OV_FRAME_PROBE_BATCH, probe_batch_sample, probe_batch_recode},
    {OV_FRAME_BATCH_ACK, batch_ack_sample, batch_ack_recode},
    {OV_FRAME_ALERT, alert_sample, alert_recode},
    {OV_FRAME_ALERT_ACK, alert_ack_sample, alert_ack_recode},
    {OV_FRAME_CROP_REQUEST, crop_request_sample, crop_request_recode},
    {OV_FRAME_CROP, crop_sample, crop_recode},
    {OV_FRAME_COUNTS, counts_sample, counts_recode},
    {OV_FRAME_COUNTS_ACK, counts_ack_sample, counts_ack_recode},
    {OV_FRAME_DEPLOYMENT_STATE, deployment_state_sample, deployment_state_recode},
    {OV_FRAME_LEASE, lease_sample, lease_recode},
    {OV_FRAME_PAUSE_REQUEST, pause_request_sample, pause_request_recode},
    {OV_FRAME_PING, ping_sample, ping_recode},
    {OV_FRAME_PONG, pong_sample, pong_recode},
};

/*
 * The protocol's messages as plain C, and their codecs.
 *
 * encode: builds a whole frame, header included, in secret memory; a struct that decode would
 * refuse is OV_ERR_INVALID (times after 1970 and before 2100, sequences from 1, boxes not empty
 * ...), so a mistake shows where it is made. decode: takes a message's bytes (without header),
 * checks every field against its range ("check_*" in the codec's file), and fills the struct; on
 * failure nothing is kept and err says which field was wrong (code "message.NAME"). done: wipes and
 * frees what a decoded struct owns; harmless on a zeroed one. Strings are NUL-terminated, clean
 * UTF-8, within the sizes below. Any thread.
 */
#ifndef OVERT_COMMON_WIRE_MESSAGES_H
#define OVERT_COMMON_WIRE_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/id.h"
#include "common/base/secret.h"
#include "common/base/status.h"
#include "common/face/quality.h"
#include "common/face/zone.h"

#define OV_CAMERA_NAME_SIZE 65 /* with NUL; 1..64 bytes of [A-Za-z0-9._-] */
#define OV_CAMERAS_MAX 16
#define OV_TEXT_SIZE 257 /* with NUL */
#define OV_CODE_SIZE 49
#define OV_ERROR_TEXT_SIZE 513
#define OV_DIGEST_BYTES 32
#define OV_BATCH_PROBES_MAX 64
#define OV_REFERENCE_JPEG_MAX 65536u /* bytes */
#define OV_CROP_JPEG_MAX 262144u     /* bytes */

enum ov_source_kind { OV_SOURCE_LIVE = 1, OV_SOURCE_FILE = 2, OV_SOURCE_STILLS = 3 };
const char *ov_source_kind_name(enum ov_source_kind kind);

struct ov_hello {
    uint32_t protocol;
    char software[OV_TEXT_SIZE];
    bool names_deployment; /* deployment_id is given */
    struct ov_id deployment_id;
    struct ov_id run_id;
    uint8_t model_digest[OV_DIGEST_BYTES];
    uint32_t dimension;
    enum ov_source_kind source_kind;
    size_t camera_count; /* 1..OV_CAMERAS_MAX */
    char cameras[OV_CAMERAS_MAX][OV_CAMERA_NAME_SIZE];
};
OV_CHECKED enum ov_status ov_hello_encode(const struct ov_hello *hello,
                                          struct ov_secret *ret_frame);
OV_CHECKED enum ov_status ov_hello_decode(const uint8_t *data, size_t size, struct ov_hello *ret,
                                          struct ov_error *err);

struct ov_camera_zone {
    char camera[OV_CAMERA_NAME_SIZE];
    struct ov_zone zone; /* never the whole picture */
};

struct ov_welcome {
    uint32_t protocol;
    char site[OV_TEXT_SIZE];
    struct ov_id deployment_id;
    char deployment_name[OV_TEXT_SIZE];
    bool exercise;
    float threshold;
    uint32_t credit;
    uint8_t lease_key[32];
    int64_t server_time_us;
    struct ov_quality_gate gate;
    uint32_t min_face_px;
    size_t zone_count; /* cameras that have one; 0..OV_CAMERAS_MAX */
    struct ov_camera_zone zones[OV_CAMERAS_MAX];
    bool has_settings_digest;
    uint8_t settings_digest[OV_DIGEST_BYTES];
};
/* The zone of this camera; without points where it has none. Borrowed. */
const struct ov_zone *ov_welcome_zone(const struct ov_welcome *welcome, const char *camera);
OV_CHECKED enum ov_status ov_welcome_encode(const struct ov_welcome *welcome,
                                            struct ov_secret *ret_frame);
OV_CHECKED enum ov_status ov_welcome_decode(const uint8_t *data, size_t size,
                                            struct ov_welcome *ret, struct ov_error *err);

struct ov_error_message {
    char code[OV_CODE_SIZE];
    char text[OV_ERROR_TEXT_SIZE];
};
OV_CHECKED enum ov_status ov_error_message_encode(const struct ov_error_message *error,
                                                  struct ov_secret *ret_frame);
OV_CHECKED enum ov_status ov_error_message_decode(const uint8_t *data, size_t size,
                                                  struct ov_error_message *ret,
                                                  struct ov_error *err);

struct ov_probe {
    uint64_t sequence; /* 1 or more */
    char camera[OV_CAMERA_NAME_SIZE];
    uint64_t track;
    int64_t captured_at_us;
    uint32_t box_left, box_top, box_width, box_height; /* px */
    uint32_t frame_width, frame_height;                /* px; both or neither */
    struct ov_quality quality;
    struct ov_secret descriptor; /* dimension float32, renormalised after decoding */
};

struct ov_probe_batch {
    uint64_t batch;
    size_t count; /* 1..OV_BATCH_PROBES_MAX */
    struct ov_probe *probes;
};
/*
 * Descriptors travel as little-endian float16. Decoding refuses another dimension
 * ("probe.dimension"), NaN or infinity ("probe.not_finite"), and a norm off by more than 2e-3
 * ("probe.not_normalised"), then renormalises in float32.
 */
OV_CHECKED enum ov_status ov_probe_batch_encode(const struct ov_probe_batch *batch,
                                                uint32_t dimension, struct ov_secret *ret_frame);
OV_CHECKED enum ov_status ov_probe_batch_decode(const uint8_t *data, size_t size,
                                                uint32_t dimension, struct ov_probe_batch *ret,
                                                struct ov_error *err);
void ov_probe_batch_done(struct ov_probe_batch *batch);

struct ov_batch_ack {
    uint64_t batch;
    uint32_t credit;
    size_t alerted_count;
    uint64_t alerted[OV_BATCH_PROBES_MAX]; /* sequences */
};
OV_CHECKED enum ov_status ov_batch_ack_encode(const struct ov_batch_ack *ack,
                                              struct ov_secret *ret_frame);
OV_CHECKED enum ov_status ov_batch_ack_decode(const uint8_t *data, size_t size,
                                              struct ov_batch_ack *ret, struct ov_error *err);

struct ov_alert {
    struct ov_id alert_id;
    uint64_t feed_number;
    struct ov_id run_id;
    uint64_t sequence;
    char camera[OV_CAMERA_NAME_SIZE];
    int64_t captured_at_us;
    int64_t raised_at_us;
    char category[OV_TEXT_SIZE];
    char response[OV_TEXT_SIZE];
    struct ov_secret display_name;   /* UTF-8 without NUL; may be empty */
    struct ov_secret reference_jpeg; /* at most OV_REFERENCE_JPEG_MAX; may be empty */
    bool has_score;
    float score;
    float threshold;
};
OV_CHECKED enum ov_status ov_alert_encode(const struct ov_alert *alert,
                                          struct ov_secret *ret_frame);
OV_CHECKED enum ov_status ov_alert_decode(const uint8_t *data, size_t size, struct ov_alert *ret,
                                          struct ov_error *err);
void ov_alert_done(struct ov_alert *alert);

struct ov_alert_ack {
    struct ov_id alert_id;
};
OV_CHECKED enum ov_status ov_alert_ack_encode(const struct ov_alert_ack *ack,
                                              struct ov_secret *ret_frame);
OV_CHECKED enum ov_status ov_alert_ack_decode(const uint8_t *data, size_t size,
                                              struct ov_alert_ack *ret, struct ov_error *err);

struct ov_crop_request {
    struct ov_id alert_id;
    struct ov_id run_id;
    uint64_t sequence;
};
OV_CHECKED enum ov_status ov_crop_request_encode(const struct ov_crop_request *request,
                                                 struct ov_secret *ret_frame);
OV_CHECKED enum ov_status ov_crop_request_decode(const uint8_t *data, size_t size,
                                                 struct ov_crop_request *ret, struct ov_error *err);

struct ov_crop {
    struct ov_id alert_id;
    uint64_t sequence;
    struct ov_secret jpeg; /* empty: no longer there */
};
OV_CHECKED enum ov_status ov_crop_encode(const struct ov_crop *crop, struct ov_secret *ret_frame);
OV_CHECKED enum ov_status ov_crop_decode(const uint8_t *data, size_t size, struct ov_crop *ret,
                                         struct ov_error *err);
void ov_crop_done(struct ov_crop *crop);

/* Why a face that was seen did not become a probe: the quality reasons, then "capacity". */
#define OV_REJECT_CAPACITY OV_QUALITY_REASON_COUNT
#define OV_REJECT_COUNT (OV_QUALITY_REASON_COUNT + 1)
const char *ov_reject_name(int reason);

struct ov_counts {
    struct ov_id run_id;
    char camera[OV_CAMERA_NAME_SIZE];
    int64_t minute_us; /* a multiple of one minute */
    uint32_t faces_seen;
    uint32_t probes_sent;
    uint32_t rejected[OV_REJECT_COUNT]; /* by reason; [OV_QUALITY_OK] stays 0 */
};
OV_CHECKED enum ov_status ov_counts_encode(const struct ov_counts *counts,
                                           struct ov_secret *ret_frame);
OV_CHECKED enum ov_status ov_counts_decode(const uint8_t *data, size_t size, struct ov_counts *ret,
                                           struct ov_error *err);

struct ov_counts_ack {
    struct ov_id run_id;
    char camera[OV_CAMERA_NAME_SIZE];
    int64_t minute_us;
};
OV_CHECKED enum ov_status ov_counts_ack_encode(const struct ov_counts_ack *ack,
                                               struct ov_secret *ret_frame);
OV_CHECKED enum ov_status ov_counts_ack_decode(const uint8_t *data, size_t size,
                                               struct ov_counts_ack *ret, struct ov_error *err);

enum ov_phase { OV_PHASE_LIVE = 1, OV_PHASE_PAUSED = 2, OV_PHASE_CLOSED = 3 };
const char *ov_phase_name(enum ov_phase phase);

struct ov_deployment_state {
    enum ov_phase phase;
    char reason[OV_CODE_SIZE];
    float threshold;
};
OV_CHECKED enum ov_status ov_deployment_state_encode(const struct ov_deployment_state *state,
                                                     struct ov_secret *ret_frame);
OV_CHECKED enum ov_status ov_deployment_state_decode(const uint8_t *data, size_t size,
                                                     struct ov_deployment_state *ret,
                                                     struct ov_error *err);

#define OV_LEASE_SIGNATURE_BYTES 64
struct ov_lease {
    struct ov_id deployment_id;
    uint64_t number;
    uint32_t valid_ms;
    uint8_t signature[OV_LEASE_SIGNATURE_BYTES];
};
OV_CHECKED enum ov_status ov_lease_encode(const struct ov_lease *lease,
                                          struct ov_secret *ret_frame);
OV_CHECKED enum ov_status ov_lease_decode(const uint8_t *data, size_t size, struct ov_lease *ret,
                                          struct ov_error *err);
/* The bytes an Ed25519 lease signature covers (see proto/overt.proto); writes 59 bytes. */
#define OV_LEASE_SIGNED_BYTES (15 + 16 + 16 + 8 + 4)
void ov_lease_signed_bytes(const struct ov_lease *lease, const struct ov_id *run_id,
                           uint8_t out[OV_LEASE_SIGNED_BYTES]);

struct ov_pause_request {
    struct ov_id deployment_id;
    int64_t pressed_at_us;
};
OV_CHECKED enum ov_status ov_pause_request_encode(const struct ov_pause_request *request,
                                                  struct ov_secret *ret_frame);
OV_CHECKED enum ov_status ov_pause_request_decode(const uint8_t *data, size_t size,
                                                  struct ov_pause_request *ret,
                                                  struct ov_error *err);

struct ov_ping {
    uint64_t number;
    int64_t sent_at_us;
};
OV_CHECKED enum ov_status ov_ping_encode(const struct ov_ping *ping, struct ov_secret *ret_frame);
OV_CHECKED enum ov_status ov_ping_decode(const uint8_t *data, size_t size, struct ov_ping *ret,
                                         struct ov_error *err);

struct ov_pong {
    uint64_t number;
    int64_t ping_sent_at_us;
    int64_t sent_at_us;
};
OV_CHECKED enum ov_status ov_pong_encode(const struct ov_pong *pong, struct ov_secret *ret_frame);
OV_CHECKED enum ov_status ov_pong_decode(const uint8_t *data, size_t size, struct ov_pong *ret,
                                         struct ov_error *err);

#endif

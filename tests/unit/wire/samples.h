/*
 * One valid sample of every message, and "decode, then encode again" for each: what the tests and
 * fuzzers of the codecs share. Tests only.
 */
#ifndef OVERT_TESTS_UNIT_WIRE_SAMPLES_H
#define OVERT_TESTS_UNIT_WIRE_SAMPLES_H

#include "common/wire/frame.h"
#include "common/wire/messages.h"

#define SAMPLE_DIMENSION 32u
#define SAMPLE_TIME_US INT64_C(1780000000123456)
#define SAMPLE_MINUTE_US INT64_C(1780000020000000)

struct ov_hello sample_hello(void);
struct ov_welcome sample_welcome(void);
struct ov_error_message sample_error(void);
/* Freed with ov_probe_batch_done. */
struct ov_probe_batch sample_batch(size_t count, uint32_t dimension);
struct ov_batch_ack sample_batch_ack(void);
/* Freed with ov_alert_done. */
struct ov_alert sample_alert(void);
struct ov_alert_ack sample_alert_ack(void);
struct ov_crop_request sample_crop_request(void);
/* Freed with ov_crop_done. */
struct ov_crop sample_crop(void);
struct ov_counts sample_counts(void);
struct ov_counts_ack sample_counts_ack(void);
struct ov_deployment_state sample_state(void);
struct ov_lease sample_lease(void);
struct ov_pause_request sample_pause_request(void);
struct ov_ping sample_ping(void);
struct ov_pong sample_pong(void);

struct family {
    uint16_t type;
    /* The sample as a frame. */
    enum ov_status (*sample)(struct ov_secret *ret_frame);
    /* Decodes a message (no header); when it decodes, encodes what came out. */
    enum ov_status (*recode)(const uint8_t *data, size_t size, struct ov_secret *ret_frame,
                             struct ov_error *err);
};

#define FAMILY_COUNT 16
extern const struct family families[FAMILY_COUNT];

#endif

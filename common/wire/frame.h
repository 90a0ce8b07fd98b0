/*
 * Frames of the capture protocol: header, types, and the one table that says which type may come
 * from whom, in which state, and how long it may be. See proto/README.md.
 */
#ifndef OVERT_COMMON_WIRE_FRAME_H
#define OVERT_COMMON_WIRE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/secret.h"
#include "common/base/status.h"

#define OV_FRAME_HEADER_BYTES 6u
#define OV_PROTOCOL_VERSION 2u
#define OV_ALPN_CAPTURE "overt/1"
#define OV_CAPTURE_PORT 7600
#define OV_API_PORT 7643

enum ov_frame_type {
    OV_FRAME_HELLO = 1,
    OV_FRAME_WELCOME = 2,
    OV_FRAME_ERROR = 3,
    OV_FRAME_PROBE_BATCH = 10,
    OV_FRAME_BATCH_ACK = 11,
    OV_FRAME_ALERT = 20,
    OV_FRAME_ALERT_ACK = 21,
    OV_FRAME_CROP_REQUEST = 22,
    OV_FRAME_CROP = 23,
    OV_FRAME_COUNTS = 30,
    OV_FRAME_COUNTS_ACK = 31,
    OV_FRAME_DEPLOYMENT_STATE = 40,
    OV_FRAME_LEASE = 41,
    OV_FRAME_PAUSE_REQUEST = 42,
    OV_FRAME_PING = 50,
    OV_FRAME_PONG = 51
};

/* "hello", "probe_batch" ...; "unknown" for a number that is no type. */
const char *ov_frame_type_name(uint16_t type);

/* The longest message of this type, header not counted; 0 for a number that is no type. */
uint32_t ov_frame_max_bytes(uint16_t type);

enum ov_frame_sender { OV_FROM_CLIENT, OV_FROM_SERVER };

/* A session's state as far as the protocol goes; both sides keep one. */
enum ov_session_state {
    OV_SESSION_GREETING, /* before Welcome */
    OV_SESSION_OPEN,     /* after Welcome */
    OV_SESSION_ENDING    /* an Error has been sent: nothing more is read */
};

const char *ov_session_state_name(enum ov_session_state state);

struct ov_frame_header {
    uint32_t length; /* bytes of the message that follows */
    uint16_t type;
};

void ov_frame_header_read(const uint8_t bytes[OV_FRAME_HEADER_BYTES],
                          struct ov_frame_header *ret_header);
void ov_frame_header_write(uint8_t bytes[OV_FRAME_HEADER_BYTES],
                           const struct ov_frame_header *header);

/*
 * Type known, legal from this sender in this state, length within the type's limit: in this order.
 * Codes: "frame.unknown_type", "frame.not_now", "frame.too_long". To be asked when the header is
 * there and before any of the body is kept.
 */
OV_CHECKED enum ov_status ov_frame_check(const struct ov_frame_header *header,
                                         enum ov_frame_sender sender, enum ov_session_state state,
                                         struct ov_error *err);

#endif

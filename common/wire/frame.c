/* Frame headers and the table of types, senders, states and limits. Pure functions; any thread. */
#include "common/wire/frame.h"

#include "common/base/bytes.h"
#include "common/wire/messages.h"

#define FROM_CLIENT (1u << OV_FROM_CLIENT)
#define FROM_SERVER (1u << OV_FROM_SERVER)
#define FROM_EITHER (FROM_CLIENT | FROM_SERVER)

#define IN_GREETING (1u << OV_SESSION_GREETING)
#define IN_OPEN (1u << OV_SESSION_OPEN)

#define KIB 1024u
#define GREETING_MAX (64u * KIB)

/* One row per type: who may send it, when, and how long it may be. Nothing is legal in ENDING. */
static const struct frame_rule {
    enum ov_frame_type type;
    const char *name;
    unsigned senders;
    unsigned states;
    uint32_t max_bytes;
} rules[] = {
    {OV_FRAME_HELLO, "hello", FROM_CLIENT, IN_GREETING, 8 * KIB},
    {OV_FRAME_WELCOME, "welcome", FROM_SERVER, IN_GREETING, 8 * KIB},
    {OV_FRAME_ERROR, "error", FROM_EITHER, IN_GREETING | IN_OPEN, 2 * KIB},
    {OV_FRAME_PROBE_BATCH, "probe_batch", FROM_CLIENT, IN_OPEN, 160 * KIB},
    {OV_FRAME_BATCH_ACK, "batch_ack", FROM_SERVER, IN_OPEN, 4 * KIB},
    {OV_FRAME_ALERT, "alert", FROM_SERVER, IN_OPEN, OV_REFERENCE_JPEG_MAX + 8 * KIB},
    {OV_FRAME_ALERT_ACK, "alert_ack", FROM_CLIENT, IN_OPEN, 1 * KIB},
    {OV_FRAME_CROP_REQUEST, "crop_request", FROM_SERVER, IN_OPEN, 1 * KIB},
    {OV_FRAME_CROP, "crop", FROM_CLIENT, IN_OPEN, OV_CROP_JPEG_MAX + 4 * KIB},
    {OV_FRAME_COUNTS, "counts", FROM_CLIENT, IN_OPEN, 4 * KIB},
    {OV_FRAME_COUNTS_ACK, "counts_ack", FROM_SERVER, IN_OPEN, 1 * KIB},
    {OV_FRAME_DEPLOYMENT_STATE, "deployment_state", FROM_SERVER, IN_OPEN, 1 * KIB},
    {OV_FRAME_LEASE, "lease", FROM_SERVER, IN_OPEN, 1 * KIB},
    {OV_FRAME_PAUSE_REQUEST, "pause_request", FROM_CLIENT, IN_OPEN, 1 * KIB},
    {OV_FRAME_PING, "ping", FROM_EITHER, IN_OPEN, 1 * KIB},
    {OV_FRAME_PONG, "pong", FROM_EITHER, IN_OPEN, 1 * KIB},
};

static const struct frame_rule *find_rule(uint16_t type)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].type == type)
            return &rules[i];
    }
    return NULL;
}

const char *ov_frame_type_name(uint16_t type)
{
    const struct frame_rule *rule = find_rule(type);
    return rule != NULL ? rule->name : "unknown";
}

uint32_t ov_frame_max_bytes(uint16_t type)
{
    const struct frame_rule *rule = find_rule(type);
    return rule != NULL ? rule->max_bytes : 0;
}

const char *ov_session_state_name(enum ov_session_state state)
{
    switch (state) {
    case OV_SESSION_GREETING:
        return "greeting";
    case OV_SESSION_OPEN:
        return "open";
    case OV_SESSION_ENDING:
        return "ending";
    }
    return "unknown";
}

void ov_frame_header_read(const uint8_t bytes[OV_FRAME_HEADER_BYTES],
                          struct ov_frame_header *ret_header)
{
    ret_header->length = ov_read_be32(bytes);
    ret_header->type = ov_read_be16(bytes + 4);
}

void ov_frame_header_write(uint8_t bytes[OV_FRAME_HEADER_BYTES],
                           const struct ov_frame_header *header)
{
    ov_write_be32(bytes, header->length);
    ov_write_be16(bytes + 4, header->type);
}

enum ov_status ov_frame_check(const struct ov_frame_header *header, enum ov_frame_sender sender,
                              enum ov_session_state state, struct ov_error *err)
{
    const struct frame_rule *rule = find_rule(header->type);
    if (rule == NULL)
        return ov_fail(err, OV_ERR_PROTOCOL, "frame.unknown_type",
                       "frame type %u is not known here; update the older side", header->type);
    if ((rule->senders & (1u << sender)) == 0 || (rule->states & (1u << state)) == 0)
        return ov_fail(err, OV_ERR_PROTOCOL, "frame.not_now",
                       "a %s frame may not come from the %s while the session is %s", rule->name,
                       sender == OV_FROM_CLIENT ? "client" : "server",
                       ov_session_state_name(state));
    uint32_t max = rule->max_bytes;
    if (state == OV_SESSION_GREETING && max > GREETING_MAX)
        max = GREETING_MAX;
    if (header->length > max)
        return ov_fail(err, OV_ERR_PROTOCOL, "frame.too_long",
                       "a %s frame of %u bytes is longer than the %u that are allowed", rule->name,
                       header->length, max);
    return OV_OK;
}

/* Ping and Pong: the link is alive, and how far the clocks are apart. Pure functions; any thread.
 */
#include "common/wire/codec.h"
#include "common/wire/messages.h"

enum ov_status ov_ping_encode(const struct ov_ping *ping, struct ov_secret *ret_frame)
{
    if (check_time("sent_at_us", ping->sent_at_us, NULL) != OV_OK)
        return OV_ERR_INVALID;
    Overt__V1__Ping message;
    overt__v1__ping__init(&message);
    message.number = ping->number;
    message.sent_at_us = ping->sent_at_us;
    return codec_pack(&message.base, OV_FRAME_PING, ret_frame);
}

enum ov_status ov_ping_decode(const uint8_t *data, size_t size, struct ov_ping *ret,
                              struct ov_error *err)
{
    struct codec_arena arena;
    ProtobufCMessage *message = NULL;
    struct ov_ping ping = {0};
    enum ov_status status = codec_unpack(&overt__v1__ping__descriptor, OV_FRAME_PING, data, size,
                                         &arena, &message, err);
    if (status == OV_OK) {
        const Overt__V1__Ping *in = (const Overt__V1__Ping *)message;
        ping.number = in->number;
        ping.sent_at_us = in->sent_at_us;
        status = check_time("sent_at_us", ping.sent_at_us, err);
    }
    codec_done(&arena);
    if (status == OV_OK)
        *ret = ping;
    return status;
}

static enum ov_status check_pong(const struct ov_pong *pong, struct ov_error *err)
{
    enum ov_status status = check_time("ping_sent_at_us", pong->ping_sent_at_us, err);
    return status != OV_OK ? status : check_time("sent_at_us", pong->sent_at_us, err);
}

enum ov_status ov_pong_encode(const struct ov_pong *pong, struct ov_secret *ret_frame)
{
    if (check_pong(pong, NULL) != OV_OK)
        return OV_ERR_INVALID;
    Overt__V1__Pong message;
    overt__v1__pong__init(&message);
    message.number = pong->number;
    message.ping_sent_at_us = pong->ping_sent_at_us;
    message.sent_at_us = pong->sent_at_us;
    return codec_pack(&message.base, OV_FRAME_PONG, ret_frame);
}

enum ov_status ov_pong_decode(const uint8_t *data, size_t size, struct ov_pong *ret,
                              struct ov_error *err)
{
    struct codec_arena arena;
    ProtobufCMessage *message = NULL;
    struct ov_pong pong = {0};
    enum ov_status status = codec_unpack(&overt__v1__pong__descriptor, OV_FRAME_PONG, data, size,
                                         &arena, &message, err);
    if (status == OV_OK) {
        const Overt__V1__Pong *in = (const Overt__V1__Pong *)message;
        pong.number = in->number;
        pong.ping_sent_at_us = in->ping_sent_at_us;
        pong.sent_at_us = in->sent_at_us;
        status = check_pong(&pong, err);
    }
    codec_done(&arena);
    if (status == OV_OK)
        *ret = pong;
    return status;
}

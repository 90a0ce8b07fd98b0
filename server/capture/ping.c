/* Ping and Pong: the client measures its clock with ours, we notice that it has gone. */
#include "server/capture/capture_private.h"

#define PING_AFTER_US (15 * OV_US_PER_S)
#define SILENT_MAX_US (45 * OV_US_PER_S)

void session_on_ping(struct session *session, const uint8_t *body, size_t size)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_ping ping;
    struct ov_secret frame = OV_SECRET_INIT;
    if (ov_ping_decode(body, size, &ping, &err) != OV_OK) {
        session_fail(session, &err);
        return;
    }
    struct ov_pong pong = {ping.number, ping.sent_at_us,
                           ov_clock_utc_us(session->capture->options.clock)};
    session_send(session, ov_pong_encode(&pong, &frame), &frame);
}

void session_on_pong(struct session *session, const uint8_t *body, size_t size)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_pong pong;
    if (ov_pong_decode(body, size, &pong, &err) != OV_OK)
        session_fail(session, &err);
}

void session_check_heard(struct session *session, int64_t now_us)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_secret frame = OV_SECRET_INIT;
    int64_t silent_us = now_us - session->heard_at_us;
    if (session->waiting_count > 0) {
        session->heard_at_us = now_us; /* it is us who do not read */
    } else if (silent_us > SILENT_MAX_US) {
        (void)ov_fail(&err, OV_ERR_PROTOCOL, "session.silent", "the client says nothing any more");
        session_fail(session, &err);
    } else if (silent_us > PING_AFTER_US && now_us - session->pinged_at_us > PING_AFTER_US) {
        struct ov_ping ping = {++session->ping_number,
                               ov_clock_utc_us(session->capture->options.clock)};
        session->pinged_at_us = now_us;
        session_send(session, ov_ping_encode(&ping, &frame), &frame);
    }
}

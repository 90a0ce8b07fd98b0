/* Connecting, and what happens when a connection ends. Link thread only. */
#include "client/link/link_internal.h"

#include <stdio.h>
#include <string.h>

#include "common/base/log.h"

static void on_open(void *ctx, const struct ov_peer *peer)
{
    (void)peer;
    struct link *link = ctx;
    link->stage = LINK_GREETING;
    link->heard_at_us = link_now_us(link);
    struct client_event *event = client_event_new(EVENT_CONNECTED);
    if (event != NULL) {
        event->connected.host = link->options.host;
        event->connected.port = link->options.port;
    }
    link_emit(link, event);
    link_send_hello(link);
}

/* Nothing may be taken for delivered that a lost connection had carried. */
static void forget_session(struct link *link)
{
    outbox_resend(link->outbox);
    counts_resend(link->counts);
    crops_disconnected(link->crops);
    link->credit = 0;
    if (link->unreached_since_us == 0)
        link->unreached_since_us = link_now_us(link);
}

static void schedule_retry(struct link *link, const struct trouble *why)
{
    int64_t now_us = link_now_us(link);
    if (link->opened_at_us != 0 && now_us - link->opened_at_us >= LINK_SETTLED_US)
        backoff_reset(&link->backoff);
    link->opened_at_us = 0;
    struct trouble trouble = *why;
    trouble.retry_ms = backoff_next_ms(&link->backoff);
    link->stage = LINK_WAITING;
    link->retry_at_us = now_us + trouble.retry_ms * OV_US_PER_MS;
    if (!link->server_said_error) /* else it has been shown in the server's own words */
        ov_log(OV_LOG_INFO, "link", "disconnected", "code=%s retry_ms=%d", trouble.code,
               trouble.retry_ms);
    link_emit_trouble(link, EVENT_DISCONNECTED, &trouble);
}

/* A server whose certificate does not hold: says which authority would have to have issued it. */
static void name_authority(const struct link *link, struct trouble *why)
{
    size_t length = strlen(why->text);
    (void)snprintf(why->text + length, sizeof(why->text) - length,
                   "; trusted here is the authority in %s", link->options.tls.ca);
}

/* The stream is gone already. */
static void lost(struct link *link, const struct trouble *why)
{
    bool was_closing = link->stage == LINK_CLOSING;
    bool is_stranger = strcmp(why->code, "tls.peer") == 0;
    if (link->stage == LINK_OVER)
        return;
    forget_session(link);
    if (was_closing) {
        link_over(link);
    } else if (is_stranger && link->options.source_kind != OV_SOURCE_LIVE) {
        link_give_up(link, CLIENT_EXIT_REFUSED, why->code, why->text); /* does not heal by itself */
    } else if (link->options.once) {
        link_emit_trouble(link, EVENT_DISCONNECTED, why);
        link_give_up(link, link->server_said_error ? CLIENT_EXIT_REFUSED : CLIENT_EXIT_UNREACHABLE,
                     why->code, why->text);
    } else {
        schedule_retry(link, why);
    }
    link->server_said_error = false;
}

static void on_closed(void *ctx, const struct ov_error *err)
{
    struct link *link = ctx;
    struct trouble why = {.code = "link.closed", .text = "the server has closed the connection"};
    if (link->stage == LINK_PARTING)
        why = link->parting;
    else if (err != NULL && err->text[0] != '\0')
        trouble_from_error(&why, err, 0);
    if (strcmp(why.code, "tls.peer") == 0)
        name_authority(link, &why);
    ov_stream_free(link->stream);
    link->stream = NULL;
    lost(link, &why);
    if (link->is_quitting)
        (void)event_base_loopbreak(link->base);
}

void link_drop(struct link *link, enum ov_status status, const char *code, const char *text)
{
    struct ov_error err = OV_ERROR_INIT;
    (void)ov_fail(&err, status, code, "%s", text);
    if (link->stream != NULL)
        on_closed(link, &err);
}

void link_part(struct link *link, const struct ov_error *err)
{
    if (link->stream == NULL)
        return;
    link_send_error(link, err->code, err->text);
    trouble_from_error(&link->parting, err, 0);
    link_emit_trouble(link, EVENT_ERROR, &link->parting);
    link->stage = LINK_PARTING;
    ov_stream_finish(link->stream);
}

void link_connect(struct link *link)
{
    static const struct ov_stream_limits limits = {4u << 20, 10000};
    static const struct ov_stream_events events = {on_open, link_check_frame, link_on_frame,
                                                   on_closed};
    struct ov_error err = OV_ERROR_INIT;
    link->stage = LINK_CONNECTING;
    link->has_offset = false;
    if (ov_stream_connect(link->base, link->tls, link->options.host, link->options.port, &limits,
                          &events, link, &link->stream, &err) == OV_OK)
        return;
    struct trouble why;
    link->stream = NULL;
    trouble_from_error(&why, &err, 0);
    lost(link, &why);
}

void link_connect_tick(struct link *link)
{
    int64_t now_us = link_now_us(link);
    int64_t timeout_us = link->options.timeout_ms * OV_US_PER_MS;
    if (link->stage == LINK_WAITING && now_us >= link->retry_at_us)
        link_connect(link);
    if ((link->stage == LINK_OPEN || link->stage == LINK_GREETING) &&
        now_us - link->heard_at_us > LINK_SILENCE_US)
        link_drop(link, OV_ERR_TIMEOUT, "link.silent", "the server does not answer any more");
    if (timeout_us > 0 && link->unreached_since_us != 0 && link->stage < LINK_OPEN &&
        now_us - link->unreached_since_us > timeout_us) {
        char text[OV_ERROR_TEXT_SIZE];
        (void)snprintf(text, sizeof(text), "no session with %s:%d within %d s", link->options.host,
                       link->options.port, link->options.timeout_ms / 1000);
        link_give_up(link, CLIENT_EXIT_UNREACHABLE, "link.unreachable", text);
    }
}

/*
 * The end of a run: of a source that has come to its end, of one that was stopped, or because the
 * server refuses. Link thread only.
 */
#include "client/link/link_internal.h"

#include <stdio.h>
#include <string.h>

#include "common/base/log.h"

void link_await_alert(struct link *link, uint64_t sequence)
{
    if (seen_has_shown(link->seen, sequence) || link->awaited_count == LINK_AWAITED_MAX)
        return;
    for (size_t i = 0; i < link->awaited_count; i++) {
        if (link->awaited[i] == sequence)
            return;
    }
    link->awaited[link->awaited_count++] = sequence;
}

static void forget_shown(struct link *link)
{
    size_t kept = 0;
    for (size_t i = 0; i < link->awaited_count; i++) {
        if (!seen_has_shown(link->seen, link->awaited[i]))
            link->awaited[kept++] = link->awaited[i];
    }
    link->awaited_count = kept;
}

static void set_outcome(struct link *link, enum client_exit exit_code, const char *code,
                        const char *text)
{
    if (link->trouble.code[0] != '\0')
        return; /* the first one counts */
    link->exit = exit_code;
    (void)snprintf(link->trouble.code, sizeof(link->trouble.code), "%s", code);
    (void)snprintf(link->trouble.text, sizeof(link->trouble.text), "%s", text);
}

void link_over(struct link *link)
{
    if (link->stage == LINK_OVER)
        return;
    link->stage = LINK_OVER;
    permit_stop(link->options.permit);
    link_count_lost(link, outbox_wipe(link->outbox), LOST_LINK);
    crops_wipe(link->crops);
    if (counts_waiting(link->counts) > 0)
        ov_log(OV_LOG_WARNING, "link", "counts_undelivered", "minutes=%zu",
               counts_waiting(link->counts));
    bool is_finite = link->options.source_kind != OV_SOURCE_LIVE && !link->was_stopped;
    if (is_finite && link->was_undelivered)
        set_outcome(link, CLIENT_EXIT_UNREACHABLE, "link.lost",
                    "some faces could not be delivered to the server and were not compared");
    struct client_event *event = client_event_new(EVENT_DONE);
    while (event == NULL) /* without it the program would never end */
        event = client_event_new(EVENT_DONE);
    event->done.exit = link->exit;
    event->done.trouble = link->trouble;
    event->done.totals = link->totals;
    link->last_word = event;
    link_tell_over(link);
}

void link_tell_over(struct link *link)
{
    if (link->last_word != NULL && ov_queue_push(link->options.events, link->last_word, 0) == OV_OK)
        link->last_word = NULL;
}

/* Closes the connection in good order; link_over follows. */
static void close_link(struct link *link)
{
    if (link->finish == FINISH_CLOSE)
        return;
    link->finish = FINISH_CLOSE;
    if (link->stage == LINK_CONNECTING) { /* nothing to write out */
        ov_stream_free(link->stream);
        link->stream = NULL;
    }
    if (link->stream == NULL) {
        link_over(link);
        return;
    }
    link->stage = LINK_CLOSING;
    ov_stream_finish(link->stream);
}

void link_give_up(struct link *link, enum client_exit exit_code, const char *code, const char *text)
{
    if (link->finish < FINISH_LINGER) /* later, all faces have been dealt with */
        set_outcome(link, exit_code, code, text);
    lease_end(&link->lease);
    link_update_permit(link);
    permit_stop(link->options.permit);
    close_link(link);
}

void link_source_ended(struct link *link, const struct ov_error *end)
{
    if (link->finish != FINISH_NOT_YET)
        return;
    link->was_stopped = permit_check(link->options.permit, NULL, NULL) == PERMIT_STOPPED;
    link->finish = FINISH_DRAIN;
    if (end->status != OV_OK)
        set_outcome(link, CLIENT_EXIT_SOURCE, end->code, end->text);
    if (link->phase == OV_PHASE_CLOSED && link->options.source_kind != OV_SOURCE_LIVE)
        set_outcome(link, CLIENT_EXIT_REFUSED, "deployment.closed",
                    "the deployment was closed before the source had ended");
    if (link->was_stopped)
        link->finish_deadline_us = link_now_us(link) + link->options.linger_ms * OV_US_PER_MS;
}

static bool is_past_deadline(const struct link *link)
{
    return link->finish_deadline_us != 0 && link_now_us(link) >= link->finish_deadline_us;
}

static void drain(struct link *link)
{
    if (outbox_length(link->outbox) > 0 && !is_past_deadline(link))
        return;
    link_count_lost(link, outbox_wipe(link->outbox), LOST_CAPACITY);
    counts_finish(link->counts);
    link->finish = FINISH_LINGER;
    link->finish_deadline_us = link_now_us(link) + link->options.linger_ms * OV_US_PER_MS;
}

static void linger(struct link *link)
{
    forget_shown(link);
    bool is_done = link->awaited_count == 0 && seen_waiting(link->seen) == 0 &&
                   crops_undelivered(link->crops) == 0 && counts_waiting(link->counts) == 0;
    if (!is_done && !is_past_deadline(link))
        return;
    if (!is_done)
        ov_log(OV_LOG_WARNING, "link", "left_waiting",
               "alerts=%zu unshown=%zu crops=%zu counts=%zu", link->awaited_count,
               seen_waiting(link->seen), crops_undelivered(link->crops),
               counts_waiting(link->counts));
    close_link(link);
}

void link_finish_tick(struct link *link)
{
    switch (link->finish) {
    case FINISH_NOT_YET:
    case FINISH_CLOSE:
        break;
    case FINISH_DRAIN:
        drain(link);
        break;
    case FINISH_LINGER:
        linger(link);
        break;
    }
}

/*
 * overtctl alerts: what has been raised, and what is being raised.
 *
 * Feed numbers are given in commit order, so "after N" is complete: nothing is missed across a
 * server's restart, and a number that is not above the last one shown is not shown again.
 */
#include <stdio.h>
#include <string.h>

#include "server/ctl/api.h"
#include "server/ctl/commands.h"
#include "server/ctl/duty_beat.h"
#include "server/ctl/interrupt.h"
#include "server/ctl/options.h"
#include "server/ctl/redact.h"
#include "server/ctl/table.h"
#include "server/ctl/when.h"

#define PAGE_ALERTS 100
#define WAIT_S 25
#define BACKOFF_FIRST_MS 500
#define BACKOFF_LAST_MS 15000

struct feed {
    struct ctl *ctl;
    char deployment_id[OV_ID_TEXT_SIZE];
    int64_t last; /* feed number shown last */
    bool follow;
    bool may_show_names;
    bool reached;          /* the server has answered once */
    struct duty_beat beat; /* of an adjudicator who follows */
    struct table table;
};

static void show_on_terminal(struct feed *feed, const json_t *alert)
{
    char text[96];
    struct table *table = &feed->table;
    const json_t *crop = json_object_get(alert, "crop");
    const char *crop_state = api_text(crop, "state");
    const char *response = api_text(alert, "response");
    char when[WHEN_TEXT_SIZE];
    table_number(table, api_int(alert, "feed"));
    table_cell(table, PAINT_NONE,
               feed->follow ? when_clock(api_text(alert, "raised_at"), when)
                            : when_show(api_text(alert, "raised_at"),
                                        ov_clock_utc_us(feed->ctl->clock), when));
    /* A volunteer's: nothing is to be done. */
    if (strcmp(api_text(alert, "category"), "blue_list") == 0)
        table_cell(table, PAINT_GOOD, "blue list: do not engage");
    else
        table_cell(table, strcmp(response, "immediate") == 0 ? PAINT_BAD : PAINT_WARN, response);
    table_cell(table, PAINT_NONE, api_text(alert, "category"));
    table_cell(table, PAINT_BOLD, api_text(alert, "name"));
    table_cell(table, PAINT_NONE, api_text(alert, "reference"));
    (void)snprintf(text, sizeof(text), "%.32s/%.60s", api_text(alert, "site"),
                   api_text(alert, "camera"));
    table_cell(table, PAINT_NONE, text);
    if (json_is_number(json_object_get(alert, "score"))) /* else: not yet to be seen */
        (void)snprintf(text, sizeof(text), "%.3f of %.3f", api_number(alert, "score"),
                       api_number(alert, "threshold"));
    else
        text[0] = '\0';
    table_cell(table, PAINT_NONE, text);
    table_cell(table, strcmp(crop_state, "differs") == 0 ? PAINT_BAD : PAINT_DIM, crop_state);
    table_cell(table, PAINT_DIM, api_text(alert, "id"));
}

static void show_elsewhere(struct feed *feed, const json_t *alert)
{
    struct table *table = &feed->table;
    table_number(table, api_int(alert, "feed"));
    table_cell(table, PAINT_NONE, api_text(alert, "id"));
    table_cell(table, PAINT_NONE, api_text(alert, "entry"));
    table_cell(table, PAINT_NONE, api_text(alert, "category"));
    table_cell(table, PAINT_NONE, api_text(alert, "response"));
}

static void show_alert(struct feed *feed, json_t *alert, struct ov_buf *out)
{
    if (feed->ctl->json) {
        json_t *line = redact_alert(alert, feed->may_show_names);
        api_dump(line, false, out);
        json_decref(line);
    } else if (feed->may_show_names) {
        show_on_terminal(feed, alert);
    } else {
        show_elsewhere(feed, alert);
    }
}

/* Shows what is new on the page; ret_count: how many that were. */
static enum ctl_exit show_page(struct feed *feed, const json_t *alerts, size_t *ret_count,
                               struct ov_error *err)
{
    json_t *alert = NULL;
    size_t i = 0;
    struct ov_buf out = OV_BUF_INIT;
    *ret_count = 0;
    json_array_foreach(alerts, i, alert)
    {
        if (api_int(alert, "feed") <= feed->last)
            continue;
        show_alert(feed, alert, &out);
        feed->last = api_int(alert, "feed");
        (*ret_count)++;
    }
    terminal_measure(&feed->ctl->terminal);
    if (!feed->ctl->json && (*ret_count > 0 || !feed->follow))
        table_render(&feed->table, &feed->ctl->terminal, &out);
    return ctl_print(&out, err);
}

static enum ctl_exit fetch_page(struct feed *feed, int wait_s, size_t *ret_count,
                                struct ov_error *err)
{
    char path[160];
    json_t *page = NULL;
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/alerts?after=%lld&limit=%d&wait_s=%d",
                   feed->deployment_id, (long long)feed->last, PAGE_ALERTS, wait_s);
    enum ctl_exit result = api_get_waiting(feed->ctl->http, path, wait_s, &page, err);
    if (result == CTL_OK)
        result = show_page(feed, json_object_get(page, "alerts"), ret_count, err);
    json_decref(page);
    return result;
}

static enum ctl_exit show_all(struct feed *feed, struct ov_error *err)
{
    size_t count = 0;
    enum ctl_exit result = CTL_OK;
    do {
        result = fetch_page(feed, 0, &count, err);
    } while (result == CTL_OK && count > 0);
    return result;
}

static int next_backoff(int backoff_ms)
{
    if (backoff_ms == 0)
        return BACKOFF_FIRST_MS;
    return backoff_ms * 2 > BACKOFF_LAST_MS ? BACKOFF_LAST_MS : backoff_ms * 2;
}

/* A long poll that came back at once and empty (a server that is just stopping, a deployment that
 * is over) must not become a busy loop. True when interrupted. */
static bool pause_when_early(const struct feed *feed, int64_t asked_us, size_t count)
{
    bool early = ov_clock_mono_us(feed->ctl->clock) - asked_us < OV_US_PER_S;
    int pause_ms = feed->reached && count == 0 && early ? 1000 : 0;
    return interrupt_wait(feed->ctl->server.interrupt_fd, pause_ms);
}

static enum ctl_exit follow(struct feed *feed, struct ov_error *err)
{
    int backoff_ms = 0;
    size_t count = 0;
    for (;;) {
        duty_beat_now(&feed->beat, feed->ctl, feed->deployment_id, "adjudicator");
        int wait_s = duty_beat_wait_s(&feed->beat, feed->ctl, WAIT_S);
        int64_t asked_us = ov_clock_mono_us(feed->ctl->clock);
        enum ctl_exit result = fetch_page(feed, feed->reached ? wait_s : 0, &count, err);
        if (strcmp(err->code, "interrupted") == 0)
            return result;
        if (result == CTL_OK) {
            if (backoff_ms > 0)
                terminal_note("overtctl: connected again");
            backoff_ms = 0;
            if (pause_when_early(feed, asked_us, count))
                return CTL_OK;
            feed->reached = true;
            continue;
        }
        if (!feed->reached || !ctl_may_pass(result, err))
            return result;
        if (backoff_ms == 0)
            terminal_note("overtctl: %s; trying again (%s)", err->text, err->code);
        ov_error_clear(err);
        backoff_ms = next_backoff(backoff_ms);
        if (interrupt_wait(feed->ctl->server.interrupt_fd, backoff_ms))
            return CTL_OK;
    }
}

static enum ctl_exit cmd_alerts(struct ctl *ctl, const struct invocation *given,
                                struct ov_error *err)
{
    static const char *const all[] = {">FEED", "RAISED",    "*RESPONSE", "CATEGORY",
                                      "*NAME", "REFERENCE", "WHERE",     "SCORE",
                                      "CROP",  "ALERT",     NULL};
    static const char *const few[] = {">FEED", "ALERT", "ENTRY", "CATEGORY", "RESPONSE", NULL};
    struct feed feed = {.ctl = ctl,
                        .follow = invocation_option(given, "--follow") != NULL,
                        .may_show_names = terminal_may_show_names(&ctl->terminal)};
    if (invocation_i64(given, "--after", 0, INT64_MAX, &feed.last, err) != OV_OK)
        return CTL_USAGE;
    enum ctl_exit result = ctl_find_deployment(ctl, given->args[0], feed.deployment_id, err);
    if (result != CTL_OK)
        return result;
    table_init(&feed.table, feed.may_show_names ? all : few);
    if (feed.follow && ctl->terminal.err_is_terminal)
        terminal_note("overtctl: waiting for alerts; Ctrl-C ends");
    if (feed.follow) /* whoever watches the alerts of a deployment is there to judge them */
        duty_beat_start(&feed.beat, ctl, feed.deployment_id, "adjudicator");
    result = feed.follow ? follow(&feed, err) : show_all(&feed, err);
    table_done(&feed.table);
    return result;
}

const struct command alerts_commands[] = {
    {.group = "alerts",
     .args = {"DEPLOYMENT"},
     .summary = "show a deployment's alerts",
     .options = {{"--follow", NULL, "go on as they are raised, until Ctrl-C", NULL, false, false},
                 {"--after", "FEED", "only those after this feed number", NULL, false, false}},
     .help = "An alert is a prompt to look, not a decision. Names and references are shown on an\n"
             "interactive terminal only. Anything else, --json included, gets ids, category and\n"
             "response. With --json each alert is one line. With --follow a lost server is tried\n"
             "again until it is back; no alert is missed and none is shown twice. Whoever holds\n"
             "the role adjudicator is on duty and heard of while following.\n"
             "\n"
             "  overtctl alerts 'North gate, 1 May' --follow\n",
     .needs_server = true,
     .ends_in_order = true,
     .run = cmd_alerts},
    {.group = NULL},
};

/* overtctl alarms, overtctl alarm clear. */
#include <stdio.h>
#include <string.h>

#include "server/ctl/api.h"
#include "server/ctl/commands.h"
#include "server/ctl/options.h"
#include "server/ctl/show.h"
#include "server/ctl/table.h"
#include "server/ctl/text.h"
#include "server/ctl/when.h"

void show_alarms(const struct ctl *ctl, const json_t *alarms, struct ov_buf *out)
{
    static const char *const titles[] = {"*ALARM",  "SINCE", "DEPLOYMENT", "ABOUT",
                                         "CLEARED", "ID",    NULL};
    const json_t *alarm = NULL;
    struct table table;
    size_t i = 0;
    table_init(&table, titles);
    json_array_foreach(alarms, i, alarm)
    {
        char when[WHEN_TEXT_SIZE];
        char cleared[WHEN_TEXT_SIZE];
        bool open = json_is_null(json_object_get(alarm, "cleared_at"));
        int64_t now_us = ov_clock_utc_us(ctl->clock);
        table_cell(&table, open ? PAINT_BAD : PAINT_DIM, api_text(alarm, "code"));
        table_cell(&table, PAINT_NONE, when_show(api_text(alarm, "raised_at"), now_us, when));
        table_cell(&table, PAINT_DIM, api_text(alarm, "deployment"));
        table_cell(&table, PAINT_DIM, api_text(alarm, "about"));
        table_cell(&table, PAINT_NONE,
                   open ? "" : when_show(api_text(alarm, "cleared_at"), now_us, cleared));
        table_cell(&table, PAINT_DIM, api_text(alarm, "id"));
    }
    table_render(&table, &ctl->terminal, out);
    table_done(&table);
}

static enum ctl_exit cmd_alarms(struct ctl *ctl, const struct invocation *given,
                                struct ov_error *err)
{
    struct ov_buf out = OV_BUF_INIT;
    json_t *answer = NULL;
    bool all = invocation_option(given, "--all") != NULL;
    enum ctl_exit result =
        api_get_all(ctl->http, all ? "/v1/alarms?state=all" : "/v1/alarms", "alarms", &answer, err);
    if (result != CTL_OK)
        return result;
    const json_t *alarms = json_object_get(answer, "alarms");
    if (ctl->json)
        api_dump(answer, ctl->terminal.out_is_terminal, &out);
    else if (json_array_size(alarms) == 0)
        ov_buf_puts(&out, all ? "no alarm has been raised\n" : "no alarm is open\n");
    else
        show_alarms(ctl, alarms, &out);
    json_decref(answer);
    return ctl_print(&out, err);
}

static enum ctl_exit cmd_alarm_clear(struct ctl *ctl, const struct invocation *given,
                                     struct ov_error *err)
{
    const struct api_place place = {"alarms", given->args[0], "clear"};
    struct ov_buf out = OV_BUF_INIT;
    json_t *alarm = NULL;
    enum ctl_exit result = api_post_at(ctl->http, &place, json_object(), &alarm, err);
    if (result != CTL_OK)
        return result;
    if (ctl->json)
        api_dump(alarm, ctl->terminal.out_is_terminal, &out);
    else
        ov_buf_printf(&out, "alarm %s cleared\n", api_text(alarm, "code"));
    json_decref(alarm);
    return ctl_print(&out, err);
}

const struct command alarms_commands[] = {
    {.group = "alarms",
     .summary = "show what somebody has to look at",
     .options = {{"--all", NULL, "with those that have been cleared", NULL, false, false}},
     .help = "An alarm stays open until somebody clears it or its cause ends. 'overtctl status'\n"
             "shows open alarms too.\n",
     .needs_server = true,
     .run = cmd_alarms},
    {.group = "alarm",
     .verb = "clear",
     .args = {"ALARM"},
     .summary = "clear an alarm after having looked at it",
     .help =
         "ALARM is the id that 'overtctl alarms' shows. Whose own act raised an alarm does not\n"
         "clear it. Clearing is recorded; the alarm comes again when its cause does.\n",
     .needs_server = true,
     .run = cmd_alarm_clear},
    {.group = NULL},
};

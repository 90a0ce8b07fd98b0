/* overtctl status. */
#include <stdio.h>

#include "server/ctl/api.h"
#include "server/ctl/commands.h"
#include "server/ctl/interrupt.h"
#include "server/ctl/options.h"
#include "server/ctl/show.h"
#include "server/ctl/when.h"

#define WATCH_EVERY_MS 2000

static void clean_line(const struct ctl *ctl, struct ov_buf *out, const char *label,
                       const char *value)
{
    show_line(ctl, out, label, PAINT_NONE, value);
}

static void describe_me(struct ctl *ctl, const json_t *me, struct ov_buf *out)
{
    const json_t *roles = json_object_get(me, "roles");
    const json_t *role = NULL;
    size_t i = 0;
    struct ov_buf names = OV_BUF_INIT;
    char until[OV_TIME_TEXT_SIZE];
    char when[WHEN_TEXT_SIZE];
    clean_line(ctl, out, "you", api_text(me, "name"));
    ov_buf_puts(&names, "");
    json_array_foreach(roles, i, role)
    {
        const char *name = json_string_value(role);
        ov_buf_printf(&names, "%s%s", i == 0 ? "" : ", ", name == NULL ? "" : name);
    }
    if (names.failed)
        out->failed = true;
    else
        clean_line(ctl, out, "roles", names.data);
    ov_buf_free(&names);
    (void)ov_time_format(http_identity(ctl->http)->not_after_us, until);
    ov_buf_printf(out, "%-14s until %s\n", "certificate",
                  when_show(until, ov_clock_utc_us(ctl->clock), when));
}

static void describe(struct ctl *ctl, const json_t *status, struct ov_buf *out)
{
    char up[WHEN_TEXT_SIZE];
    const json_t *model = json_object_get(status, "model");
    const json_t *live = json_object_get(status, "live");
    const json_t *schema = json_object_get(status, "schema");
    clean_line(ctl, out, "server", api_text(status, "version"));
    if (json_is_string(schema))
        clean_line(ctl, out, "schema", json_string_value(schema));
    else
        ov_buf_printf(out, "%-14s %lld\n", "schema", api_int(status, "schema"));
    ov_buf_printf(out, "%-14s %s\n", "up", when_duration(api_int(status, "uptime_s"), up));
    clean_line(ctl, out, "model", api_text(model, "name"));
    ov_buf_printf(out, "%-14s %.16s\n", "model digest", api_text(model, "digest"));
    describe_me(ctl, json_object_get(status, "me"), out);
    ov_buf_printf(out,
                  "%-14s %lld connected\n%-14s %lld compared\n%-14s %lld raised, %lld repeated\n"
                  "%-14s %lld with %lld templates\n\n",
                  "sites", api_int(live, "sessions"), "faces", api_int(live, "probes_compared"),
                  "alerts", api_int(live, "alerts"), api_int(live, "suppressed"), "galleries",
                  api_int(live, "galleries"), api_int(live, "templates"));
    const json_t *alarms = json_object_get(status, "alarms");
    if (json_array_size(alarms) > 0) {
        show_alarms(ctl, alarms, out);
        ov_buf_puts(out, "\n");
    }
    show_deployments(ctl, json_object_get(status, "deployments"), out);
}

static enum ctl_exit print_status(struct ctl *ctl, bool clear, struct ov_error *err)
{
    json_t *status = NULL;
    struct ov_buf out = OV_BUF_INIT;
    enum ctl_exit result = api_get(ctl->http, "/v1/status", &status, err);
    if (result != CTL_OK)
        return result;
    terminal_measure(&ctl->terminal);
    if (clear && ctl->terminal.out_is_terminal)
        ov_buf_puts(&out, "\033[H\033[2J");
    if (ctl->json)
        api_dump(status, ctl->terminal.out_is_terminal && !clear, &out);
    else
        describe(ctl, status, &out);
    json_decref(status);
    return ctl_print(&out, err);
}

static enum ctl_exit watch_status(struct ctl *ctl, struct ov_error *err)
{
    bool reached = false;
    for (;;) {
        enum ctl_exit result = print_status(ctl, true, err);
        reached = reached || result == CTL_OK;
        if (result != CTL_OK && (!reached || !ctl_may_pass(result, err)))
            return result;
        if (result != CTL_OK)
            terminal_note("overtctl: %s; trying again (%s)", err->text, err->code);
        ov_error_clear(err);
        if (interrupt_wait(ctl->server.interrupt_fd, WATCH_EVERY_MS))
            return CTL_OK;
    }
}

static enum ctl_exit cmd_status(struct ctl *ctl, const struct invocation *given,
                                struct ov_error *err)
{
    if (invocation_option(given, "--watch") != NULL)
        return watch_status(ctl, err);
    return print_status(ctl, false, err);
}

const struct command status_commands[] = {
    {.group = "status",
     .summary = "show the server, who you are to it, and what runs",
     .options = {{"--watch", NULL, "renew every two seconds, until Ctrl-C", NULL, false, false}},
     .help = "",
     .needs_server = true,
     .ends_in_order = true,
     .run = cmd_status},
    {.group = NULL},
};

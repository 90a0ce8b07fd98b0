/* overtctl duty ... */
#include <string.h>

#include "server/ctl/api.h"
#include "server/ctl/commands.h"
#include "server/ctl/duty_beat.h"
#include "server/ctl/interrupt.h"
#include "server/ctl/options.h"
#include "server/ctl/table.h"
#include "server/ctl/text.h"
#include "server/ctl/when.h"

#define RETRY_MS 2000

static void show_table(struct ctl *ctl, const json_t *answer, struct ov_buf *out)
{
    static const char *const columns[] = {"*PERSON", "ROLE", "SINCE", "HEARD OF", "UNTIL", NULL};
    struct table table;
    json_t *duty = NULL;
    size_t i = 0;
    char when[WHEN_TEXT_SIZE];
    int64_t now_us = ov_clock_utc_us(ctl->clock);
    table_init(&table, columns);
    json_array_foreach(json_object_get(answer, "duties"), i, duty)
    {
        bool may_act = json_is_true(json_object_get(duty, "may_act"));
        table_cell(&table, may_act ? PAINT_NONE : PAINT_DIM, api_text(duty, "person"));
        table_cell(&table, PAINT_NONE, api_text(duty, "role"));
        table_cell(&table, PAINT_NONE, when_show(api_text(duty, "since"), now_us, when));
        table_cell(&table, PAINT_NONE, when_show(api_text(duty, "last_seen"), now_us, when));
        table_cell(&table, PAINT_DIM, when_show(api_text(duty, "until"), now_us, when));
    }
    const json_t *present = json_object_get(answer, "present");
    table_render(&table, &ctl->terminal, out);
    table_done(&table);
    ov_buf_printf(out,
                  "Present: %lld adjudicators (heard of within %lld s), %lld engagement officers\n",
                  api_int(present, "adjudicators"), api_int(answer, "heartbeat_s"),
                  api_int(present, "engagement_officers"));
}

static enum ctl_exit show(struct ctl *ctl, json_t *take_answer, struct ov_error *err)
{
    struct ov_buf out = OV_BUF_INIT;
    if (ctl->json)
        api_dump(take_answer, ctl->terminal.out_is_terminal, &out);
    else
        show_table(ctl, take_answer, &out);
    json_decref(take_answer);
    return ctl_print(&out, err);
}

static enum ctl_exit cmd_duty_show(struct ctl *ctl, const struct invocation *given,
                                   struct ov_error *err)
{
    const struct api_place place = {"deployments", given->args[0], "duty"};
    json_t *answer = NULL;
    enum ctl_exit result = api_get_at(ctl->http, &place, &answer, err);
    return result == CTL_OK ? show(ctl, answer, err) : result;
}

static enum ctl_exit post_and_show(struct ctl *ctl, const char *deployment, const char *what,
                                   json_t *take_body, struct ov_error *err)
{
    json_t *answer = NULL;
    enum ctl_exit result = duty_post(ctl, deployment, what, take_body, &answer, err);
    return result == CTL_OK ? show(ctl, answer, err) : result;
}

static enum ctl_exit cmd_duty_take(struct ctl *ctl, const struct invocation *given,
                                   struct ov_error *err)
{
    return post_and_show(ctl, given->args[0], NULL,
                         json_pack("{ss}", "role", invocation_option(given, "--as")), err);
}

static enum ctl_exit cmd_duty_end(struct ctl *ctl, const struct invocation *given,
                                  struct ov_error *err)
{
    return post_and_show(ctl, given->args[0], "end",
                         json_pack("{ss}", "role", invocation_option(given, "--as")), err);
}

static enum ctl_exit cmd_duty_hand_over(struct ctl *ctl, const struct invocation *given,
                                        struct ov_error *err)
{
    return post_and_show(ctl, given->args[0], "hand-over",
                         json_pack("{ss ss}", "role", invocation_option(given, "--as"), "to",
                                   invocation_option(given, "--to")),
                         err);
}

/* --- hold --- */

static enum ctl_exit beat_until_interrupted(struct ctl *ctl, const char *deployment,
                                            const char *role, int every_s, struct ov_error *err)
{
    bool is_lost = false;
    int wait_ms = every_s * 1000;
    while (!interrupt_wait(ctl->server.interrupt_fd, wait_ms)) {
        json_t *answer = NULL;
        enum ctl_exit result =
            duty_post(ctl, deployment, "heartbeat", json_pack("{ss}", "role", role), &answer, err);
        json_decref(answer);
        if (strcmp(err->code, "interrupted") == 0)
            break;
        if (result != CTL_OK && !ctl_may_pass(result, err))
            return result;
        if (result == CTL_OK && is_lost)
            terminal_note("overtctl: connected again");
        if (result != CTL_OK && !is_lost)
            terminal_note("overtctl: %s; trying again (%s)", err->text, err->code);
        is_lost = result != CTL_OK;
        wait_ms = is_lost ? RETRY_MS : every_s * 1000;
        ov_error_clear(err);
    }
    ov_error_clear(err);
    return CTL_OK;
}

static enum ctl_exit cmd_duty_hold(struct ctl *ctl, const struct invocation *given,
                                   struct ov_error *err)
{
    const char *role = invocation_option(given, "--as");
    const char *deployment = given->args[0];
    json_t *answer = NULL;
    role = role != NULL ? role : "adjudicator";
    enum ctl_exit result =
        duty_post(ctl, deployment, NULL, json_pack("{ss}", "role", role), &answer, err);
    if (result != CTL_OK)
        return result;
    int every_s = (int)api_int(answer, "heartbeat_s") / 3;
    json_decref(answer);
    if (ctl->terminal.err_is_terminal)
        terminal_note("overtctl: on duty as %s; Ctrl-C ends it", role);
    result = beat_until_interrupted(ctl, deployment, role, every_s > 1 ? every_s : 1, err);
    return result == CTL_OK
               ? post_and_show(ctl, deployment, "end", json_pack("{ss}", "role", role), err)
               : result;
}

/* --- the table --- */

#define ROLES "adjudicator engagement_officer deployment_lead"

const struct command duty_commands[] = {
    {.group = "duty",
     .verb = "show",
     .args = {"DEPLOYMENT"},
     .summary = "show who is on duty at a deployment, and who was",
     .help =
         "A deployment runs only while an adjudicator is heard of and an engagement officer is\n"
         "on duty. Otherwise it pauses by itself.\n",
     .needs_server = true,
     .run = cmd_duty_show},
    {.group = "duty",
     .verb = "take",
     .args = {"DEPLOYMENT"},
     .summary = "begin your duty",
     .options = {{"--as", "ROLE", "a role that you hold", ROLES, true, false}},
     .help = "An engagement officer is on duty from here to 'end' or 'hand-over'. An adjudicator\n"
             "has to be heard of besides: see 'overtctl duty hold'.\n"
             "\n"
             "  overtctl duty take 'North gate, 1 May' --as engagement_officer\n",
     .needs_server = true,
     .run = cmd_duty_take},
    {.group = "duty",
     .verb = "hold",
     .args = {"DEPLOYMENT"},
     .summary = "begin your duty and be heard of until Ctrl-C, which ends it",
     .options = {{"--as", "ROLE", "default: adjudicator", ROLES, false, false}},
     .help =
         "Tells the server again and again that you are there. 'overtctl alerts --follow' of an\n"
         "adjudicator does the same while it shows the alerts.\n"
         "\n"
         "  overtctl duty hold 'North gate, 1 May'\n",
     .needs_server = true,
     .ends_in_order = true,
     .run = cmd_duty_hold},
    {.group = "duty",
     .verb = "hand-over",
     .args = {"DEPLOYMENT"},
     .summary = "hand your duty over to another person",
     .options = {{"--as", "ROLE", "what you hand over", ROLES, true, false},
                 {"--to", "NAME", "who takes over; holds the role too", NULL, true, false}},
     .help =
         "Goes on the record as one act. An adjudicator who takes over has to be heard of within\n"
         "a minute.\n"
         "\n"
         "  overtctl duty hand-over 'North gate, 1 May' --as engagement_officer --to dan\n",
     .needs_server = true,
     .run = cmd_duty_hand_over},
    {.group = "duty",
     .verb = "end",
     .args = {"DEPLOYMENT"},
     .summary = "end your duty",
     .options = {{"--as", "ROLE", "what you end", ROLES, true, false}},
     .help = "When nobody else is on duty as that, the deployment pauses.\n",
     .needs_server = true,
     .run = cmd_duty_end},
    {.group = NULL},
};

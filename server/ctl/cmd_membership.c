/* overtctl membership ...: whether somebody was on a list, for a request they made. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "server/ctl/api.h"
#include "server/ctl/commands.h"
#include "server/ctl/options.h"
#include "server/ctl/table.h"
#include "server/ctl/text.h"
#include "server/ctl/when.h"

/* --- the reference: from the terminal or standard input, never from the command line --- */

static enum ctl_exit read_reference(const struct ctl *ctl, struct ov_secret *ret,
                                    struct ov_error *err)
{
    struct ov_secret line = OV_SECRET_INIT;
    enum ov_status status =
        terminal_read_line(&ctl->terminal, "reference of the person: ", &line, err);
    if (status == OV_OK && (line.size == 0 || line.data[0] == '\0')) {
        ov_secret_free(&line);
        status = ov_fail(err, OV_ERR_INVALID, "membership.reference",
                         "the reference comes on standard input: one line");
    }
    if (status != OV_OK)
        return CTL_USAGE;
    *ret = line;
    return CTL_OK;
}

/* --- asking --- */

static bool is_day(const char *text)
{
    static const char form[] = "dddd-dd-dd";
    for (size_t i = 0; i < sizeof(form); i++) {
        if (form[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
            return false;
    }
    return true;
}

static enum ctl_exit cmd_membership_ask(struct ctl *ctl, const struct invocation *given,
                                        struct ov_error *err)
{
    struct ov_secret reference = OV_SECRET_INIT;
    struct ov_buf out = OV_BUF_INIT;
    json_t *query = NULL;
    enum ctl_exit result = read_reference(ctl, &reference, err);
    if (result != CTL_OK)
        return result;
    json_t *body = json_pack("{ss ss ss}", "request", invocation_option(given, "--request"),
                             is_day(given->args[0]) ? "day" : "deployment", given->args[0],
                             "reference", (const char *)reference.data);
    ov_secret_free(&reference);
    result = api_create(ctl->http, "/v1/membership", body, &query, err);
    if (result != CTL_OK)
        return result;
    if (ctl->json)
        api_dump(query, ctl->terminal.out_is_terminal, &out);
    else
        ov_buf_printf(&out,
                      "asked under request %s; another person confirms it within a day, with the\n"
                      "same reference:\n  overtctl membership confirm %s\n",
                      api_text(query, "request"), api_text(query, "id"));
    json_decref(query);
    return ctl_print(&out, err);
}

/* --- answering --- */

static void show_answer(const json_t *answer, struct ov_buf *out)
{
    const json_t *lists = json_object_get(answer, "lists");
    const json_t *list = NULL;
    size_t i = 0;
    ov_buf_printf(out, "request %s: %s\n", api_text(answer, "request"),
                  json_array_size(lists) == 0 ? "no: on no list" : "yes");
    json_array_foreach(lists, i, list)
    {
        ov_buf_printf(out, "  deployment %s, a list of %s to %s\n", api_text(list, "deployment"),
                      api_text(list, "first_day"), api_text(list, "last_day"));
    }
    ov_buf_puts(out, "This is shown once and kept nowhere.\n");
}

static enum ctl_exit cmd_membership_confirm(struct ctl *ctl, const struct invocation *given,
                                            struct ov_error *err)
{
    struct ov_secret reference = OV_SECRET_INIT;
    const struct api_place place = {"membership", given->args[0], "confirm"};
    struct ov_buf out = OV_BUF_INIT;
    json_t *answer = NULL;
    enum ctl_exit result = read_reference(ctl, &reference, err);
    if (result == CTL_OK)
        result =
            api_post_at(ctl->http, &place,
                        json_pack("{ss}", "reference", (const char *)reference.data), &answer, err);
    ov_secret_free(&reference);
    if (result != CTL_OK)
        return result;
    if (ctl->json)
        api_dump(answer, ctl->terminal.out_is_terminal, &out);
    else
        show_answer(answer, &out);
    json_decref(answer);
    return ctl_print(&out, err);
}

static enum ctl_exit cmd_membership_withdraw(struct ctl *ctl, const struct invocation *given,
                                             struct ov_error *err)
{
    const struct api_place place = {"membership", given->args[0], "withdraw"};
    struct ov_buf out = OV_BUF_INIT;
    enum ctl_exit result = api_post_at(ctl->http, &place, json_object(), NULL, err);
    if (result != CTL_OK)
        return result;
    ov_buf_puts(&out, ctl->json ? "{}\n" : "withdrawn\n");
    return ctl_print(&out, err);
}

/* --- seeing --- */

static enum ctl_exit cmd_membership_list(struct ctl *ctl, const struct invocation *given,
                                         struct ov_error *err)
{
    static const char *const titles[] = {"*REQUEST", "ABOUT", "STATE", "ASKED", "BY", "ID", NULL};
    struct ov_buf out = OV_BUF_INIT;
    json_t *answer = NULL;
    const json_t *query = NULL;
    size_t i = 0;
    (void)given;
    enum ctl_exit result = api_get_all(ctl->http, "/v1/membership", "queries", &answer, err);
    if (result != CTL_OK)
        return result;
    if (ctl->json) {
        api_dump(answer, ctl->terminal.out_is_terminal, &out);
    } else {
        struct table table;
        char when[WHEN_TEXT_SIZE];
        table_init(&table, titles);
        json_array_foreach(json_object_get(answer, "queries"), i, query)
        {
            const char *day = api_text(query, "day");
            table_cell(&table, PAINT_BOLD, api_text(query, "request"));
            table_cell(&table, PAINT_NONE, *day != '\0' ? day : api_text(query, "deployment"));
            table_cell(&table, PAINT_NONE, api_text(query, "state"));
            table_cell(&table, PAINT_NONE,
                       when_show(api_text(query, "asked_at"), ov_clock_utc_us(ctl->clock), when));
            table_cell(&table, PAINT_NONE, api_text(query, "asked_by"));
            table_cell(&table, PAINT_DIM, api_text(query, "id"));
        }
        table_render(&table, &ctl->terminal, &out);
        table_done(&table);
    }
    json_decref(answer);
    return ctl_print(&out, err);
}

const struct command membership_commands[] = {
    {.group = "membership",
     .verb = "ask",
     .args = {"DEPLOYMENT|DAY"},
     .summary = "ask whether somebody was on a list",
     .options = {{"--request", "NUMBER", "the number of the request they made", NULL, true, false}},
     .help = "For data protection, to answer somebody's request. The force's reference of the\n"
             "person comes on standard input, never on the command line. DAY is like 2026-05-01,\n"
             "in UTC. Another person of data protection or the higher authority confirms within\n"
             "a day and gives the same reference; only then there is an answer. At most 20 a day.\n"
             "\n"
             "  dora$ overtctl membership ask 2026-05-01 --request SAR-2026-117 < reference\n"
             "  hana$ overtctl membership confirm 8f14e45f-... < reference\n",
     .needs_server = true,
     .run = cmd_membership_ask},
    {.group = "membership",
     .verb = "confirm",
     .args = {"QUERY"},
     .summary = "confirm a query with the same reference, and see its answer",
     .help = "The reference comes on standard input. The answer is shown once and kept nowhere;\n"
             "on the record is that there was one, without the reference.\n",
     .needs_server = true,
     .run = cmd_membership_confirm},
    {.group = "membership",
     .verb = "withdraw",
     .args = {"QUERY"},
     .summary = "take a query back",
     .help = "",
     .needs_server = true,
     .run = cmd_membership_withdraw},
    {.group = "membership",
     .verb = "list",
     .summary = "show the queries there were",
     .help = "",
     .needs_server = true,
     .run = cmd_membership_list},
    {.group = NULL},
};

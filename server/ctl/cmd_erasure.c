/* overtctl deployment erase, overtctl erasure check. */
#include <stdio.h>
#include <string.h>

#include "server/ctl/api.h"
#include "server/ctl/commands.h"
#include "server/ctl/options.h"
#include "server/ctl/show.h"
#include "server/ctl/table.h"
#include "server/ctl/text.h"
#include "server/ctl/when.h"

/* --- deployment erase --- */

static enum ctl_exit show_erasure(struct ctl *ctl, const json_t *erasure, struct ov_error *err)
{
    struct ov_buf out = OV_BUF_INIT;
    if (ctl->json) {
        api_dump(erasure, ctl->terminal.out_is_terminal, &out);
        return ctl_print(&out, err);
    }
    ov_buf_printf(&out, "erased: %lld entries with %lld images; %s, tables dropped, nothing left\n",
                  api_int(erasure, "entries"), api_int(erasure, "images"),
                  api_int(erasure, "keys") > 0 ? "key destroyed" : "its key was missing");
    ov_buf_printf(&out, "ledger: %s, %lld subjects, %lld images\n", api_text(erasure, "ledger"),
                  api_int(erasure, "subjects"), api_int(erasure, "image_digests"));
    ov_buf_printf(&out, "deletion certificate: %s\n", api_text(erasure, "certificate"));
    return ctl_print(&out, err);
}

static enum ctl_exit cmd_deployment_erase(struct ctl *ctl, const struct invocation *given,
                                          struct ov_error *err)
{
    const struct api_place place = {"deployments", given->args[0], "erase"};
    json_t *erasure = NULL;
    if (terminal_confirm(&ctl->terminal, ctl->yes,
                         "Erase the list now and for good? Nothing brings it back.", err) != OV_OK)
        return CTL_USAGE;
    enum ctl_exit result = api_post_at(ctl->http, &place, json_object(), &erasure, err);
    if (result == CTL_OK)
        result = show_erasure(ctl, erasure, err);
    json_decref(erasure);
    return result;
}

/* --- erasure check --- */

static const struct {
    const char *name;
    const char *path;
    const char *what;
} parts[] = {
    {"lists", "/v1/erasure/check?part=lists", "deployments, lists and their tables"},
    {"alerts", "/v1/erasure/check?part=alerts", "alerts"},
    {"keys", "/v1/erasure/check?part=keys", "files in the vault"},
    {"ledger", "/v1/erasure/check?part=ledger", "erased lists in the ledger"},
};
#define PART_COUNT (sizeof(parts) / sizeof(parts[0]))

/* One line a part as it is done, on the terminal's error side: the result is for standard output.
 */
static void show_progress(const struct ctl *ctl, size_t part, const json_t *answer)
{
    if (!ctl->terminal.err_is_terminal)
        return;
    if (answer == NULL)
        (void)fprintf(stderr, "%zu/%zu looking at %s ...\n", part + 1, PART_COUNT,
                      parts[part].what);
    else
        (void)fprintf(stderr, "    looked at %lld, found %lld\n", api_int(answer, "looked_at"),
                      api_int(answer, "found"));
}

static void add_leftovers(struct table *table, const struct ctl *ctl, const json_t *answer)
{
    const json_t *leftover = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(answer, "leftovers"), i, leftover)
    {
        char since[WHEN_TEXT_SIZE];
        table_cell(table, PAINT_BAD, api_text(leftover, "code"));
        table_cell(table, PAINT_NONE,
                   when_show(api_text(leftover, "since"), ov_clock_utc_us(ctl->clock), since));
        table_cell(table, PAINT_DIM, api_text(leftover, "id"));
    }
}

struct checking {
    json_t *answers; /* one for each part */
    long long looked_at;
    long long found;
};

static enum ctl_exit check_parts(struct ctl *ctl, struct checking *checking, struct ov_error *err)
{
    for (size_t i = 0; i < PART_COUNT; i++) {
        json_t *answer = NULL;
        show_progress(ctl, i, NULL);
        enum ctl_exit result = api_get(ctl->http, parts[i].path, &answer, err);
        if (result != CTL_OK)
            return result;
        show_progress(ctl, i, answer);
        checking->looked_at += api_int(answer, "looked_at");
        checking->found += api_int(answer, "found");
        if (json_array_append_new(checking->answers, answer) != 0)
            return ctl_out_of_memory(err);
    }
    return CTL_OK;
}

static enum ctl_exit show_findings(struct ctl *ctl, const struct checking *checking,
                                   struct ov_error *err)
{
    static const char *const titles[] = {"*LEFTOVER", "SINCE", "ID", NULL};
    struct ov_buf out = OV_BUF_INIT;
    struct table table;
    const json_t *answer = NULL;
    size_t i = 0;
    if (ctl->json) {
        json_t *all = json_pack("{sI sI sO}", "looked_at", (json_int_t)checking->looked_at, "found",
                                (json_int_t)checking->found, "parts", checking->answers);
        if (all == NULL)
            return ctl_out_of_memory(err);
        api_dump(all, ctl->terminal.out_is_terminal, &out);
        json_decref(all);
        return ctl_print(&out, err);
    }
    table_init(&table, titles);
    json_array_foreach(checking->answers, i, answer) add_leftovers(&table, ctl, answer);
    if (checking->found > 0)
        table_render(&table, &ctl->terminal, &out);
    table_done(&table);
    if (checking->found == 0)
        ov_buf_printf(&out, "looked at %lld things: nothing is left that should be gone\n",
                      checking->looked_at);
    return ctl_print(&out, err);
}

static enum ctl_exit cmd_erasure_check(struct ctl *ctl, const struct invocation *given,
                                       struct ov_error *err)
{
    (void)given;
    struct checking checking = {.answers = json_array()};
    if (checking.answers == NULL)
        return ctl_out_of_memory(err);
    enum ctl_exit result = check_parts(ctl, &checking, err);
    if (result == CTL_OK)
        result = show_findings(ctl, &checking, err);
    json_decref(checking.answers);
    if (result == CTL_OK && checking.found > 0) {
        (void)ov_fail(err, OV_ERR_STATE, "erasure.leftovers",
                      "%lld of %lld should be gone and are there", checking.found,
                      checking.looked_at);
        return CTL_REFUSED;
    }
    return result;
}

const struct command erasure_commands[] = {
    {.group = "deployment",
     .verb = "erase",
     .args = {"DEPLOYMENT"},
     .summary = "erase the list of a deployment that has ended, before its time",
     .help =
         "The server erases every list on its own when its time is over; this is for doing it\n"
         "earlier. The subjects' pseudonyms go into the membership ledger, the list's key is\n"
         "destroyed, its tables are dropped, and what was done is certified. Alerts go by\n"
         "their own clocks. Without the list's key, or the ledger's, nothing is erased: put it\n"
         "back, or see 'overtctl erasure waive --help'. A terminal is asked for 'yes'; without\n"
         "one give --yes.\n",
     .needs_server = true,
     .run = cmd_deployment_erase},
    {.group = "erasure",
     .verb = "check",
     .summary = "look for anything that should be gone, in database and vault",
     .help = "Looks through lists, alerts, key files and the ledger for what is past its time or\n"
             "belongs to nothing, whatever the erasures believe to have done. Ends with status 1\n"
             "when something is found. Names and references are not shown.\n"
             "\n"
             "  overtctl erasure check --json\n",
     .needs_server = true,
     .run = cmd_erasure_check},
    {.group = NULL},
};

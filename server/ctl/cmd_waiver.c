/* overtctl erasure waive, waivers, confirm, withdraw: erasing a list without the ledger, by two. */
#include "server/ctl/api.h"
#include "server/ctl/commands.h"
#include "server/ctl/options.h"
#include "server/ctl/table.h"
#include "server/ctl/text.h"
#include "server/ctl/when.h"

/* --- asking --- */

static enum ctl_exit cmd_erasure_waive(struct ctl *ctl, const struct invocation *given,
                                       struct ov_error *err)
{
    struct ov_buf path = OV_BUF_INIT;
    struct ov_buf out = OV_BUF_INIT;
    json_t *waiver = NULL;
    ov_buf_puts(&path, "/v1/deployments/");
    text_percent_encode(&path, given->args[0]);
    ov_buf_puts(&path, "/ledger-waivers");
    if (path.failed)
        return ctl_out_of_memory(err);
    enum ctl_exit result =
        api_create(ctl->http, path.data,
                   json_pack("{ss}", "reason", invocation_option(given, "--reason")), &waiver, err);
    ov_buf_free(&path);
    if (result != CTL_OK)
        return result;
    if (ctl->json)
        api_dump(waiver, ctl->terminal.out_is_terminal, &out);
    else
        ov_buf_printf(&out,
                      "asked; an authorising officer, another person, confirms it within seven "
                      "days:\n  overtctl erasure confirm %s\n",
                      api_text(waiver, "id"));
    json_decref(waiver);
    return ctl_print(&out, err);
}

/* --- deciding --- */

static enum ctl_exit cmd_erasure_confirm(struct ctl *ctl, const struct invocation *given,
                                         struct ov_error *err)
{
    const struct api_place place = {"ledger-waivers", given->args[0], "confirm"};
    struct ov_buf out = OV_BUF_INIT;
    json_t *waiver = NULL;
    if (terminal_confirm(&ctl->terminal, ctl->yes,
                         "Let the list be erased without the membership ledger? Nobody on it will "
                         "get an answer.",
                         err) != OV_OK)
        return CTL_USAGE;
    enum ctl_exit result = api_post_at(ctl->http, &place, json_object(), &waiver, err);
    if (result != CTL_OK)
        return result;
    if (ctl->json)
        api_dump(waiver, ctl->terminal.out_is_terminal, &out);
    else
        ov_buf_puts(&out, "confirmed: the list goes when it is due, or with 'overtctl deployment "
                          "erase'; there is an alarm for others to look at\n");
    json_decref(waiver);
    return ctl_print(&out, err);
}

static enum ctl_exit cmd_erasure_withdraw(struct ctl *ctl, const struct invocation *given,
                                          struct ov_error *err)
{
    const struct api_place place = {"ledger-waivers", given->args[0], "withdraw"};
    struct ov_buf out = OV_BUF_INIT;
    enum ctl_exit result = api_post_at(ctl->http, &place, json_object(), NULL, err);
    if (result != CTL_OK)
        return result;
    ov_buf_puts(&out, ctl->json ? "{}\n" : "withdrawn\n");
    return ctl_print(&out, err);
}

/* --- seeing --- */

static enum ctl_exit cmd_erasure_waivers(struct ctl *ctl, const struct invocation *given,
                                         struct ov_error *err)
{
    static const char *const titles[] = {"*REASON", "DEPLOYMENT", "STATE", "ASKED",
                                         "BY",      "DECIDED BY", "ID",    NULL};
    struct ov_buf out = OV_BUF_INIT;
    json_t *answer = NULL;
    const json_t *waiver = NULL;
    size_t i = 0;
    (void)given;
    enum ctl_exit result = api_get_all(ctl->http, "/v1/ledger-waivers", "waivers", &answer, err);
    if (result != CTL_OK)
        return result;
    if (ctl->json) {
        api_dump(answer, ctl->terminal.out_is_terminal, &out);
    } else {
        struct table table;
        char when[WHEN_TEXT_SIZE];
        table_init(&table, titles);
        json_array_foreach(json_object_get(answer, "waivers"), i, waiver)
        {
            table_cell(&table, PAINT_BOLD, api_text(waiver, "reason"));
            table_cell(&table, PAINT_NONE, api_text(waiver, "deployment"));
            table_cell(&table, PAINT_NONE, api_text(waiver, "state"));
            table_cell(&table, PAINT_NONE,
                       when_show(api_text(waiver, "asked_at"), ov_clock_utc_us(ctl->clock), when));
            table_cell(&table, PAINT_NONE, api_text(waiver, "asked_by"));
            table_cell(&table, PAINT_NONE, api_text(waiver, "decided_by"));
            table_cell(&table, PAINT_DIM, api_text(waiver, "id"));
        }
        table_render(&table, &ctl->terminal, &out);
        table_done(&table);
    }
    json_decref(answer);
    return ctl_print(&out, err);
}

const struct command waiver_commands[] = {
    {.group = "erasure",
     .verb = "waive",
     .args = {"DEPLOYMENT"},
     .summary = "ask to erase a list that cannot be written into the ledger",
     .options = {{"--reason", "CODE", "what is lost for good", "list_key_lost ledger_key_lost",
                  true, false}},
     .help =
         "For data protection, when a key is lost for good and a list can therefore not be\n"
         "written into the membership ledger: list_key_lost, its own key, so that nobody can\n"
         "read the references; ledger_key_lost, the ledger's. Look for the key first: with the\n"
         "vault's folder or the ledger's key put back, the list goes with its ledger. An\n"
         "authorising officer, another person, confirms within seven days.\n"
         "\n"
         "  dora$ overtctl erasure waive market --reason list_key_lost\n"
         "  otto$ overtctl erasure confirm 8f14e45f-...\n",
     .needs_server = true,
     .run = cmd_erasure_waive},
    {.group = "erasure",
     .verb = "confirm",
     .args = {"WAIVER"},
     .summary = "let a list be erased without the ledger, as somebody else asked",
     .help = "For an authorising officer. The list then goes when it is due, or with 'overtctl\n"
             "deployment erase'; what can be written into the ledger by then still is. It is an\n"
             "alarm, which neither of the two clears. A terminal is asked for 'yes'; without one\n"
             "give --yes.\n",
     .needs_server = true,
     .run = cmd_erasure_confirm},
    {.group = "erasure",
     .verb = "withdraw",
     .args = {"WAIVER"},
     .summary = "take a request to leave the ledger out back",
     .help = "",
     .needs_server = true,
     .run = cmd_erasure_withdraw},
    {.group = "erasure",
     .verb = "waivers",
     .summary = "show who asked to leave the ledger out, and who confirmed",
     .help = "",
     .needs_server = true,
     .run = cmd_erasure_waivers},
    {.group = NULL},
};

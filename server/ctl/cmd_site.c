/* overtctl site ... */
#include "server/ctl/api.h"
#include "server/ctl/cmd_people.h"
#include "server/ctl/commands.h"
#include "server/ctl/options.h"
#include "server/ctl/table.h"
#include "server/ctl/when.h"

static enum ctl_exit cmd_site_add(struct ctl *ctl, const struct invocation *given,
                                  struct ov_error *err)
{
    json_t *site = NULL;
    struct ov_buf out = OV_BUF_INIT;
    enum ctl_exit result =
        api_create(ctl->http, "/v1/sites", json_pack("{ss}", "name", given->args[0]), &site, err);
    if (result != CTL_OK)
        return result;
    if (ctl->json)
        api_dump(site, ctl->terminal.out_is_terminal, &out);
    else
        ov_buf_printf(&out, "site %s added (%s)\n", given->args[0], api_text(site, "id"));
    json_decref(site);
    return ctl_print(&out, err);
}

static enum ctl_exit cmd_site_list(struct ctl *ctl, const struct invocation *given,
                                   struct ov_error *err)
{
    static const char *const titles[] = {"NAME", "ADDED", "ID", NULL};
    json_t *answer = NULL;
    const json_t *site = NULL;
    size_t i = 0;
    char when[WHEN_TEXT_SIZE];
    struct ov_buf out = OV_BUF_INIT;
    (void)given;
    enum ctl_exit result = api_get_all(ctl->http, "/v1/sites", "sites", &answer, err);
    if (result != CTL_OK)
        return result;
    if (ctl->json) {
        api_dump(answer, ctl->terminal.out_is_terminal, &out);
    } else {
        struct table table;
        table_init(&table, titles);
        json_array_foreach(json_object_get(answer, "sites"), i, site)
        {
            table_cell(&table, PAINT_NONE, api_text(site, "name"));
            table_cell(&table, PAINT_NONE,
                       when_show(api_text(site, "added_at"), ov_clock_utc_us(ctl->clock), when));
            table_cell(&table, PAINT_DIM, api_text(site, "id"));
        }
        table_render(&table, &ctl->terminal, &out);
        table_done(&table);
    }
    json_decref(answer);
    return ctl_print(&out, err);
}

const struct command site_commands[] = {
    {.group = "site",
     .verb = "add",
     .args = {"NAME"},
     .summary = "make a place known, where capture clients may be",
     .help = "NAME is the name in the site's certificate (overt://site/NAME): a-z, 0-9 and '-'.\n"
             "\n"
             "  deploy/pki site ~/overt-ca north-gate\n"
             "  overtctl site add north-gate\n",
     .needs_server = true,
     .run = cmd_site_add},
    {.group = "site",
     .verb = "list",
     .summary = "show the places",
     .help = "",
     .needs_server = true,
     .run = cmd_site_list},
    {.group = "site",
     .verb = "suspend",
     .args = {"NAME"},
     .summary = "lock a place's capture clients out, at once",
     .options = {{"--reason", "CODE", "a-z and _; on the record (default: manual)", NULL, false,
                  false}},
     .help = "Takes one administrator. Live sessions of the site end within a second.\n",
     .needs_server = true,
     .run = cmd_site_suspend},
    {.group = "site",
     .verb = "reactivate",
     .args = {"NAME"},
     .summary = "propose to let a suspended place's clients in again",
     .help = "Another administrator confirms it within seven days, with 'overtctl people\n"
             "confirm PROPOSAL'.\n",
     .needs_server = true,
     .run = cmd_site_reactivate},
    {.group = NULL},
};

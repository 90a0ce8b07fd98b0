/* Help from the command table. Pure. */
#include "server/ctl/help.h"

#include <stdio.h>
#include <string.h>

#include "server/ctl/import_codes.h"
#include "server/ctl/text.h"

/* "watchlist add DEPLOYMENT IMAGE" */
static void usage_line(const struct command *command, struct ov_buf *out)
{
    ov_buf_printf(out, "%s%s%s", command->group, command->verb == NULL ? "" : " ",
                  command->verb == NULL ? "" : command->verb);
    for (size_t i = 0; command->args[i] != NULL; i++)
        ov_buf_printf(out, " %s", command->args[i]);
}

static void list_commands(const char *group, struct ov_buf *out)
{
    const struct command *at = NULL;
    for (size_t i = 0; (at = command_at(i)) != NULL; i++) {
        struct ov_buf line = OV_BUF_INIT;
        if (group != NULL && strcmp(at->group, group) != 0)
            continue;
        usage_line(at, &line);
        ov_buf_printf(out, "  %-41s %s\n", line.data == NULL ? "" : line.data, at->summary);
        ov_buf_free(&line);
    }
}

static void list_options(const struct option *options, struct ov_buf *out)
{
    for (; options->name != NULL; options++) {
        char left[64];
        (void)snprintf(left, sizeof(left), "%s%s%s", options->name,
                       options->value == NULL ? "" : " ",
                       options->value == NULL ? "" : options->value);
        ov_buf_printf(out, "  %-22s %s%s%s\n", left, options->help,
                      options->required ? " (required)" : "",
                      options->repeats ? " (may be repeated)" : "");
        if (options->choices != NULL)
            ov_buf_printf(out, "  %-22s   %s\n", "", options->choices);
    }
}

#define HELP_COLUMNS 80
#define CODE_COLUMNS 30 /* the longest code, and the blanks around */

static void list_codes(const struct import_code *codes, struct ov_buf *out)
{
    for (; codes->code != NULL; codes++) {
        ov_buf_printf(out, "  %-*s", CODE_COLUMNS - 2, codes->code);
        text_append_wrapped(out, codes->meaning, CODE_COLUMNS, HELP_COLUMNS);
        ov_buf_puts(out, "\n");
    }
}

void help_program(struct ov_buf *out)
{
    ov_buf_puts(
        out, "usage: overtctl [OPTIONS] COMMAND ...\n"
             "\n"
             "Overt's command line for the control room and for administrators.\n"
             "\n"
             "A deployment, from start to end, takes several people; here ada applies and adds,\n"
             "ben approves, authorises and goes live, cleo and dan are there. Each uses their own\n"
             "certificate (--identity).\n"
             "\n"
             "  ada$  overtctl site add north-gate\n"
             "  ada$  overtctl deployment create gate-may --site north-gate \\\n"
             "            --purpose 'Exercise 12 of the trial plan' --hours 4\n"
             "  ada$  overtctl deployment apply gate-may\n"
             "  ada$  overtctl watchlist import gate-may list/\n"
             "  ben$  overtctl watchlist approve gate-may\n"
             "  ben$  overtctl watchlist review gate-may\n"
             "  ben$  overtctl deployment authorise gate-may --reasons reasons.txt\n"
             "  cleo$ overtctl duty hold gate-may\n"
             "  dan$  overtctl duty take gate-may --as engagement_officer\n"
             "  ben$  overtctl deployment start gate-may\n"
             "  ada$  overtctl alerts gate-may --follow\n"
             "  ada$  overtctl deployment stop gate-may\n"
             "\n"
             "commands ('overtctl COMMAND --help' explains one):\n");
    list_commands(NULL, out);
    ov_buf_puts(out, "\noptions of every command:\n");
    list_options(global_options, out);
    ov_buf_puts(out, "\n"
                     "Names and references of people are shown on an interactive terminal only.\n"
                     "Exit status: 0 done, 1 refused by the server, 2 wrong usage or a file that\n"
                     "cannot be used, 3 partly done, 4 server not reached or not trusted.\n");
}

void help_group(const char *group, struct ov_buf *out)
{
    ov_buf_printf(out, "usage: overtctl %s COMMAND ...\n\ncommands:\n", group);
    list_commands(group, out);
    ov_buf_printf(out, "\n'overtctl %s COMMAND --help' explains one.\n", group);
}

void help_command(const struct command *command, struct ov_buf *out)
{
    ov_buf_puts(out, "usage: overtctl ");
    usage_line(command, out);
    ov_buf_printf(out, "%s\n\n%s\n", command->options[0].name == NULL ? "" : " [OPTIONS]",
                  command->summary);
    if (command->options[0].name != NULL) {
        ov_buf_puts(out, "\noptions:\n");
        list_options(command->options, out);
    }
    if (command->help[0] != '\0')
        ov_buf_printf(out, "\n%s", command->help);
    if (command->codes != NULL) {
        ov_buf_puts(out, "\noutcomes of a row; other codes are the server's:\n");
        list_codes(command->codes, out);
    }
    ov_buf_puts(out, "\noptions of every command:\n");
    list_options(global_options, out);
}

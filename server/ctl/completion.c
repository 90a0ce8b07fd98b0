/*
 * The completion script for bash. It completes commands, options and usual values, and file names
 * elsewhere; it never asks the server, so that nothing leaves the computer at the press of a key.
 */
#include "server/ctl/completion.h"

#include <string.h>

#include "server/ctl/commands.h"

static const char head[] =
    "# bash completion for overtctl; made by 'overtctl completion bash', do not edit\n"
    "_overtctl() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\"\" i word\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        case $word in\n"
    "        --server | --identity) i=$((i + 1)) ;;\n"
    "        -*) ;;\n"
    "        *) words+=\"${words:+ }$word\" ;;\n"
    "        esac\n"
    "    done\n"
    "    local global=\"";

static const char tail[] =
    "    esac\n"
    "    case $cur in\n"
    "    -*) mapfile -t COMPREPLY < <(compgen -W \"$options $global\" -- \"$cur\") ;;\n"
    "    *) [[ -z $next ]] || mapfile -t COMPREPLY < <(compgen -W \"$next\" -- \"$cur\") ;;\n"
    "    esac\n"
    "}\n"
    "complete -o default -F _overtctl overtctl\n";

/* Options whose values are known: "--kind) ...". */
static void choices_of(const struct option *options, struct ov_buf *out)
{
    for (; options->name != NULL; options++) {
        if (options->choices != NULL)
            ov_buf_printf(out,
                          "    %s)\n"
                          "        mapfile -t COMPREPLY < <(compgen -W \"%s\" -- \"$cur\")\n"
                          "        return\n"
                          "        ;;\n",
                          options->name, options->choices);
        else if (options->value != NULL)
            ov_buf_printf(out, "    %s) return ;;\n", options->name);
    }
}

static void names_of(const struct option *options, struct ov_buf *out)
{
    for (const struct option *at = options; at->name != NULL; at++)
        ov_buf_printf(out, "%s%s", at == options ? "" : " ", at->name);
}

/* What may follow the words typed so far. */
static void case_of_command(const struct command *command, struct ov_buf *out)
{
    ov_buf_printf(out, "    \"%s%s%s\"*) options=\"", command->group,
                  command->verb == NULL ? "" : " ", command->verb == NULL ? "" : command->verb);
    names_of(command->options, out);
    ov_buf_puts(out, "\" ;;\n");
}

static bool is_first_of_group(size_t index)
{
    return index == 0 || strcmp(command_at(index - 1)->group, command_at(index)->group) != 0;
}

static void case_of_group(size_t first, struct ov_buf *out)
{
    const char *group = command_at(first)->group;
    const struct command *at = NULL;
    ov_buf_printf(out, "    %s) next=\"", group);
    for (size_t i = first; (at = command_at(i)) != NULL; i++) {
        if (strcmp(at->group, group) == 0)
            ov_buf_printf(out, "%s%s", i == first ? "" : " ", at->verb);
    }
    ov_buf_puts(out, "\" ;;\n");
}

void completion_bash(struct ov_buf *out)
{
    const struct command *at = NULL;
    ov_buf_puts(out, head);
    names_of(global_options, out);
    ov_buf_puts(out, "\" options=\"\" next=\"\"\n    case $prev in\n");
    for (size_t i = 0; (at = command_at(i)) != NULL; i++)
        choices_of(at->options, out);
    choices_of(global_options, out);
    ov_buf_puts(out, "    esac\n    case $words in\n    \"\") next=\"");
    for (size_t i = 0; (at = command_at(i)) != NULL; i++) {
        if (is_first_of_group(i))
            ov_buf_printf(out, "%s%s", i == 0 ? "" : " ", at->group);
    }
    ov_buf_puts(out, "\" ;;\n");
    for (size_t i = 0; (at = command_at(i)) != NULL; i++) {
        if (is_first_of_group(i) && at->verb != NULL)
            case_of_group(i, out);
    }
    for (size_t i = 0; (at = command_at(i)) != NULL; i++)
        case_of_command(at, out);
    ov_buf_puts(out, tail);
}

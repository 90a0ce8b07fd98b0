/* overtctl completion ... */
#include "server/ctl/commands.h"
#include "server/ctl/completion.h"

static enum ctl_exit cmd_completion_bash(struct ctl *ctl, const struct invocation *given,
                                         struct ov_error *err)
{
    struct ov_buf out = OV_BUF_INIT;
    (void)ctl;
    (void)given;
    completion_bash(&out);
    return ctl_print(&out, err);
}

const struct command completion_commands[] = {
    {.group = "completion",
     .verb = "bash",
     .summary = "print the completion script for bash",
     .help = "  overtctl completion bash > ~/.local/share/bash-completion/completions/overtctl\n",
     .needs_server = false,
     .run = cmd_completion_bash},
    {.group = NULL},
};

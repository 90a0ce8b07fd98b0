/* overtctl deployment ...: what is done while a deployment runs. Pausing asks nothing first. */
#include "server/ctl/api.h"
#include "server/ctl/commands.h"
#include "server/ctl/options.h"
#include "server/ctl/show.h"
#include "server/ctl/text.h"

static enum ctl_exit cmd_deployment_pause(struct ctl *ctl, const struct invocation *given,
                                          struct ov_error *err)
{
    const char *reason = invocation_option(given, "--reason");
    return act_on_deployment(ctl, given->args[0], "pause",
                             json_pack("{ss}", "reason", reason == NULL ? "requested" : reason),
                             err);
}

static enum ctl_exit cmd_deployment_resume(struct ctl *ctl, const struct invocation *given,
                                           struct ov_error *err)
{
    return act_on_deployment(ctl, given->args[0], "resume", json_object(), err);
}

/* --- the table --- */

const struct command running_commands[] = {
    {.group = "deployment",
     .verb = "pause",
     .args = {"DEPLOYMENT"},
     .summary = "stop searching until the deployment lead resumes",
     .options = {{"--reason", "CODE", "default: requested",
                  "requested safety legality quality technical", false, false}},
     .help =
         "For adjudicators, engagement officers, the deployment lead, authorising officers and\n"
         "oversight: whoever sees that something is wrong. Takes effect within a second on live\n"
         "links; nothing is asked first. At a site the key p in overt-capture does the same, with\n"
         "or without the server. CODE is any word of a-z and '_'.\n"
         "\n"
         "  overtctl deployment pause 'North gate, 1 May'\n",
     .needs_server = true,
     .run = cmd_deployment_pause},
    {.group = "deployment",
     .verb = "resume",
     .args = {"DEPLOYMENT"},
     .summary = "go on after a pause (the deployment lead's)",
     .help = "Only inside the authorised window, and only while an adjudicator is present and an\n"
             "engagement officer is on duty ('overtctl duty show').\n"
             "\n"
             "  overtctl deployment resume 'North gate, 1 May'\n",
     .needs_server = true,
     .run = cmd_deployment_resume},
    {.group = NULL},
};

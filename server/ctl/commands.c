/* What is common to all commands, and the ways to look into their tables. Constant data. */
#include "server/ctl/commands.h"

#include <string.h>

const struct option global_options[] = {
    {"--server", "HOST:PORT", "the match server (default: OVERT_SERVER, else localhost:7643)", NULL,
     false, false},
    {"--identity", "DIR",
     "folder with cert.pem, key.pem, ca.pem (default: OVERT_IDENTITY, else "
     "~/.config/overt/identity)",
     NULL, false, false},
    {"--json", NULL, "answer in JSON", NULL, false, false},
    {"--yes", NULL, "do not ask for confirmation", NULL, false, false},
    {"--help", NULL, "explain the command", NULL, false, false},
    {"--version", NULL, "show the version", NULL, false, false},
    {NULL, NULL, NULL, NULL, false, false},
};

/* In the order of help and completion. */
static const struct command *const families[] = {
    people_commands,   site_commands,       deployment_commands, authority_commands,
    running_commands,  settings_commands,   erasure_commands,    waiver_commands,
    duty_commands,     watchlist_commands,  alerts_commands,     alarms_commands,
    evidence_commands, policy_commands,     model_commands,      membership_commands,
    status_commands,   completion_commands,
};

const struct command *command_at(size_t index)
{
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        for (const struct command *at = families[i]; at->group != NULL; at++) {
            if (index-- == 0)
                return at;
        }
    }
    return NULL;
}

const struct command *command_find(const char *group, const char *verb)
{
    const struct command *at = NULL;
    for (size_t i = 0; (at = command_at(i)) != NULL; i++) {
        if (strcmp(at->group, group) != 0)
            continue;
        if (at->verb == NULL || (verb != NULL && strcmp(at->verb, verb) == 0))
            return at;
    }
    return NULL;
}

bool command_group_exists(const char *group)
{
    const struct command *at = NULL;
    for (size_t i = 0; (at = command_at(i)) != NULL; i++) {
        if (strcmp(at->group, group) == 0)
            return true;
    }
    return false;
}

/*
 * The command table: every command with its arguments, options, help and handler. Parsing, help and
 * completion are driven by it. Each family's part of it stands beside its handlers, in cmd_*.c.
 */
#ifndef OVERT_SERVER_CTL_COMMANDS_H
#define OVERT_SERVER_CTL_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "server/ctl/ctl.h"

#define COMMAND_ARGS_MAX 2
#define COMMAND_OPTIONS_MAX 16

struct invocation;
struct import_code;

struct option {
    const char *name;    /* "--purpose" */
    const char *value;   /* what the value is called in help, "TEXT"; NULL: a switch */
    const char *help;    /* one line */
    const char *choices; /* usual values, separated by blanks, for help and completion; or NULL */
    bool required;
    bool repeats;
};

struct command {
    const char *group;                      /* "deployment" */
    const char *verb;                       /* "create"; NULL where the group is the command */
    const char *args[COMMAND_ARGS_MAX + 1]; /* "DEPLOYMENT", "[ENTRY]"; NULL-terminated */
    const char *summary;
    struct option options[COMMAND_OPTIONS_MAX + 1]; /* ends with a NULL name */
    const char *help;                /* what to know before using it; examples last */
    const struct import_code *codes; /* what its outcomes mean, for help; or NULL */
    bool needs_server;
    bool ends_in_order; /* Ctrl-C is for the command to see (interrupt.h) */
    enum ctl_exit (*run)(struct ctl *ctl, const struct invocation *given, struct ov_error *err);
};

extern const struct option global_options[]; /* end with a NULL name */

/* The families; each ends with a NULL group. */
extern const struct command people_commands[];
extern const struct command site_commands[];
extern const struct command deployment_commands[];
extern const struct command authority_commands[];
extern const struct command running_commands[];
extern const struct command settings_commands[];
extern const struct command duty_commands[];
extern const struct command erasure_commands[];
extern const struct command waiver_commands[];
extern const struct command watchlist_commands[];
extern const struct command alerts_commands[];
extern const struct command alarms_commands[];
extern const struct command evidence_commands[];
extern const struct command policy_commands[];
extern const struct command model_commands[];
extern const struct command membership_commands[];
extern const struct command status_commands[];
extern const struct command completion_commands[];

/* Every command of every family, in the order of help; those of one group stand together. NULL past
 * the last. */
const struct command *command_at(size_t index);

/* NULL when there is none. verb: NULL for one-word commands. */
const struct command *command_find(const char *group, const char *verb);
bool command_group_exists(const char *group);

/* Handlers in other files than their families' tables. */
enum ctl_exit cmd_deployment_notice(struct ctl *, const struct invocation *, struct ov_error *);
enum ctl_exit cmd_watchlist_import(struct ctl *, const struct invocation *, struct ov_error *);

#endif

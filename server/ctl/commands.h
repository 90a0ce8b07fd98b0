/*
 * The command table: every command with its arguments, options, help and handler. Parsing, help and
 * completion are driven by it.
 */
#ifndef OVERT_SERVER_CTL_COMMANDS_H
#define OVERT_SERVER_CTL_COMMANDS_H

#include <stdbool.h>

#include "server/ctl/ctl.h"

#define COMMAND_ARGS_MAX 2
#define COMMAND_OPTIONS_MAX 10

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
extern const struct command commands[];      /* end with a NULL group */

/* NULL when there is none. verb: NULL for one-word commands. */
const struct command *command_find(const char *group, const char *verb);
bool command_group_exists(const char *group);

/* The handlers, one file per family. */
enum ctl_exit cmd_site_add(struct ctl *, const struct invocation *, struct ov_error *);
enum ctl_exit cmd_site_list(struct ctl *, const struct invocation *, struct ov_error *);
enum ctl_exit cmd_deployment_create(struct ctl *, const struct invocation *, struct ov_error *);
enum ctl_exit cmd_deployment_list(struct ctl *, const struct invocation *, struct ov_error *);
enum ctl_exit cmd_deployment_show(struct ctl *, const struct invocation *, struct ov_error *);
enum ctl_exit cmd_deployment_start(struct ctl *, const struct invocation *, struct ov_error *);
enum ctl_exit cmd_deployment_stop(struct ctl *, const struct invocation *, struct ov_error *);
enum ctl_exit cmd_watchlist_add(struct ctl *, const struct invocation *, struct ov_error *);
enum ctl_exit cmd_watchlist_import(struct ctl *, const struct invocation *, struct ov_error *);
enum ctl_exit cmd_watchlist_list(struct ctl *, const struct invocation *, struct ov_error *);
enum ctl_exit cmd_watchlist_approve(struct ctl *, const struct invocation *, struct ov_error *);
enum ctl_exit cmd_watchlist_remove(struct ctl *, const struct invocation *, struct ov_error *);
enum ctl_exit cmd_alerts(struct ctl *, const struct invocation *, struct ov_error *);
enum ctl_exit cmd_status(struct ctl *, const struct invocation *, struct ov_error *);
enum ctl_exit cmd_completion_bash(struct ctl *, const struct invocation *, struct ov_error *);

#endif

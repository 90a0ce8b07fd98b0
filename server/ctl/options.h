/*
 * The command line, parsed by the command table. Pure: reads argv and the table, nothing else.
 *
 * Errors never repeat an argument that has no place: somebody may have typed a name.
 */
#ifndef OVERT_SERVER_CTL_OPTIONS_H
#define OVERT_SERVER_CTL_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "server/ctl/commands.h"

#define INVOCATION_OPTIONS_MAX 64

struct invocation {
    const struct command *command; /* NULL: --help or --version alone, or help for a group */
    const char *group;             /* as typed; NULL without one */
    const char *args[COMMAND_ARGS_MAX];
    size_t arg_count;
    struct {
        const struct option *option;
        const char *value; /* NULL for a switch */
    } options[INVOCATION_OPTIONS_MAX];
    size_t option_count;
};

/* argv without the program's name. All pointers are borrowed from argv and the table. */
OV_CHECKED enum ov_status invocation_parse(int argc, char *const *argv, struct invocation *ret,
                                           struct ov_error *err);

/* The option's value ("" for a switch), the last one where it was repeated; NULL: not given. */
const char *invocation_option(const struct invocation *given, const char *name);
/* Goes through a repeated option's values: *cursor starts at 0; NULL at the end. */
const char *invocation_next(const struct invocation *given, const char *name, size_t *cursor);

/* Numbers within [min, max]; *ret is left alone where the option was not given. */
OV_CHECKED enum ov_status invocation_i64(const struct invocation *given, const char *name,
                                         int64_t min, int64_t max, int64_t *ret,
                                         struct ov_error *err);
OV_CHECKED enum ov_status invocation_double(const struct invocation *given, const char *name,
                                            double min, double max, double *ret,
                                            struct ov_error *err);
/* A time as when_parse takes it. */
OV_CHECKED enum ov_status invocation_time(const struct invocation *given, const char *name,
                                          int64_t *ret_utc_us, struct ov_error *err);

#endif

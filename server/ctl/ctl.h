/*
 * What every command of overtctl works with, and how it ends.
 *
 * overtctl knows the HTTPS API and nothing else of the server. A command runs on the main thread;
 * only an import has two more, each with a connection of its own.
 */
#ifndef OVERT_SERVER_CTL_CTL_H
#define OVERT_SERVER_CTL_CTL_H

#include <limits.h>
#include <stdbool.h>

#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/base/status.h"
#include "server/ctl/http.h"
#include "server/ctl/terminal.h"

/* The program's exit status; documented in README.md. */
enum ctl_exit {
    CTL_OK = 0,
    CTL_REFUSED = 1,    /* the server answered, and said no */
    CTL_USAGE = 2,      /* a wrong command line, or trouble with a file on this computer */
    CTL_PARTLY = 3,     /* some rows were done, some were not */
    CTL_UNREACHABLE = 4 /* no server, or no trust between it and us */
};

struct ctl {
    struct http_options server; /* its strings are borrowed from the command line */
    struct http *http;          /* NULL for commands that need no server */
    struct terminal terminal;
    const struct ov_clock *clock;
    char default_identity[PATH_MAX];
    bool json;
    bool yes; /* confirmed beforehand */
};

/* A deployment's id as text: text itself when it is an id, else asked for by name. */
OV_CHECKED enum ctl_exit ctl_find_deployment(struct ctl *ctl, const char *text,
                                             char ret_id[OV_ID_TEXT_SIZE], struct ov_error *err);

/* Writes a buffer to standard output, frees it, and reports what went wrong with either. */
OV_CHECKED enum ctl_exit ctl_print(struct ov_buf *take_out, struct ov_error *err);

/* Whether the same request may do better in a while: the server is down, busy or restarting. */
bool ctl_may_pass(enum ctl_exit result, const struct ov_error *err);

enum ctl_exit ctl_out_of_memory(struct ov_error *err);

#endif

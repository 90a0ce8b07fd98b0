/* Help from the command table. Pure. */
#ifndef OVERT_SERVER_CTL_HELP_H
#define OVERT_SERVER_CTL_HELP_H

#include "common/base/bytes.h"
#include "server/ctl/commands.h"

void help_program(struct ov_buf *out);                                /* the workflow */
void help_group(const char *group, struct ov_buf *out);               /* "watchlist" */
void help_command(const struct command *command, struct ov_buf *out); /* one command */

#endif

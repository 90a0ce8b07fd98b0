/* The completion script for bash, made from the command table. Pure. */
#ifndef OVERT_SERVER_CTL_COMPLETION_H
#define OVERT_SERVER_CTL_COMPLETION_H

#include "common/base/bytes.h"

void completion_bash(struct ov_buf *out);

#endif

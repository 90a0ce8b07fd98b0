/* A command on a terminal of its own, as a person would run it. */
#ifndef OVERT_TESTS_INTEGRATION_HARNESS_PTY_H
#define OVERT_TESTS_INTEGRATION_HARNESS_PTY_H

#include "common/base/bytes.h"

/* Types input (may be ""), collects what the terminal shows; exit status as for process_run. */
int pty_run(const char *const *argv, unsigned short columns, const char *input,
            struct ov_buf *shown, int limit_s);

#endif

/* A command on a pseudo-terminal. */
#include "tests/integration/harness/pty.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "tests/integration/harness/process.h"

static void become(const char *const *argv)
{
    char *args[PROCESS_ARGS_MAX + 1];
    size_t count = 0;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (; count < PROCESS_ARGS_MAX && argv[count] != NULL; count++)
        args[count] = strdup(argv[count]);
    args[count] = NULL;
    if (args[0] == NULL)
        _exit(127);
    (void)execvp(args[0], args);
    _exit(127);
}

int pty_run(const char *const *argv, unsigned short columns, const char *input,
            struct ov_buf *shown, int limit_s)
{
    struct winsize size = {.ws_row = 50, .ws_col = columns};
    int terminal = -1;
    int status = -1;
    int64_t until_us = ov_clock_mono_us(ov_clock_system()) + limit_s * OV_US_PER_S;
    pid_t pid = forkpty(&terminal, NULL, NULL, &size);
    if (pid == 0)
        become(argv);
    if (pid < 0)
        return -1;
    if (write(terminal, input, strlen(input)) != (ssize_t)strlen(input))
        (void)kill(pid, SIGKILL);
    while (ov_clock_mono_us(ov_clock_system()) < until_us) {
        char bytes[4096];
        struct pollfd entry = {terminal, POLLIN, 0};
        if (poll(&entry, 1, 100) <= 0)
            continue;
        ssize_t got = read(terminal, bytes, sizeof(bytes));
        if (got <= 0) /* EIO: the other side has closed */
            break;
        ov_buf_append(shown, bytes, (size_t)got);
    }
    (void)close(terminal);
    if (!process_wait(pid, 5000, &status))
        (void)process_end(pid, SIGKILL, 5000);
    return status;
}

/* Ctrl-C on a file descriptor (signalfd). The signal is never consumed, so it stays visible. */
#include "server/ctl/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

enum ov_status interrupt_watch(int *ret_fd, struct ov_error *err)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0 || pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
        return ov_fail(err, OV_ERR_IO, "signal", "cannot watch for signals: %s", strerror(errno));
    *ret_fd = fd;
    return OV_OK;
}

bool interrupt_wait(int fd, int timeout_ms)
{
    struct pollfd entry = {fd, POLLIN, 0};
    return poll(&entry, 1, timeout_ms) > 0 && fd != INTERRUPT_NONE;
}

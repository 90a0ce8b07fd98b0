/* Child processes by fork and exec; every wait has a limit. */
#include "tests/integration/harness/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"

static int status_of(int wait_status)
{
    if (WIFEXITED(wait_status))
        return WEXITSTATUS(wait_status);
    return 128 + WTERMSIG(wait_status);
}

static void nap_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000L};
    (void)nanosleep(&time, NULL);
}

/* Runs in the child; never returns. */
static void become(const char *const *argv, int in, int out, int err, const char *const *extra_env)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing outlives its test */
    (void)signal(SIGPIPE, SIG_DFL);
    if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
        _exit(127);
    for (size_t i = 0; extra_env != NULL && extra_env[i] != NULL; i++) {
        char *copy = strdup(extra_env[i]);
        if (copy == NULL || putenv(copy) != 0)
            _exit(127);
    }
    char *args[PROCESS_ARGS_MAX + 1];
    size_t count = 0;
    for (; count < PROCESS_ARGS_MAX && argv[count] != NULL; count++)
        args[count] = strdup(argv[count]);
    args[count] = NULL;
    (void)execvp(args[0], args);
    (void)fprintf(stderr, "cannot run %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

struct pumps {
    int in, out, err;
    const char *left; /* of standard input */
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static void read_into(int *fd, struct ov_buf *buf)
{
    char bytes[8192];
    ssize_t got = read(*fd, bytes, sizeof(bytes));
    if (got > 0)
        ov_buf_append(buf, bytes, (size_t)got);
    else if (got == 0 || errno != EINTR)
        close_fd(fd);
}

static void feed(struct pumps *pumps)
{
    size_t length = strlen(pumps->left);
    ssize_t put = length > 0 ? write(pumps->in, pumps->left, length) : 0;
    if (put > 0)
        pumps->left += put;
    if (put < 0 || *pumps->left == '\0')
        close_fd(&pumps->in);
}

/* Moves bytes until both outputs are closed or the time is up; false when it is. */
static bool pump(struct pumps *pumps, struct ov_buf *out, struct ov_buf *err_out, int64_t until_us)
{
    while (pumps->out >= 0 || pumps->err >= 0) {
        int64_t left_us = until_us - ov_clock_mono_us(ov_clock_system());
        if (left_us <= 0)
            return false;
        struct pollfd fds[3] = {
            {pumps->in, POLLOUT, 0}, {pumps->out, POLLIN, 0}, {pumps->err, POLLIN, 0}};
        if (poll(fds, 3, (int)(left_us / 1000) + 1) < 0 && errno != EINTR)
            return false;
        if (fds[0].revents != 0)
            feed(pumps);
        if (fds[1].revents != 0)
            read_into(&pumps->out, out);
        if (fds[2].revents != 0)
            read_into(&pumps->err, err_out);
    }
    return true;
}

int process_run(const char *const *argv, const char *stdin_text, struct ov_buf *out,
                struct ov_buf *err_out, int limit_s)
{
    int in_pipe[2];
    int out_pipe[2];
    int err_pipe[2];
    int64_t until_us = ov_clock_mono_us(ov_clock_system()) + limit_s * OV_US_PER_S;
    if (pipe2(in_pipe, O_CLOEXEC) != 0 || pipe2(out_pipe, O_CLOEXEC) != 0 ||
        pipe2(err_pipe, O_CLOEXEC) != 0)
        return -1;
    (void)signal(SIGPIPE, SIG_IGN);
    pid_t pid = fork();
    if (pid == 0)
        become(argv, in_pipe[0], out != NULL ? out_pipe[1] : 1, err_out != NULL ? err_pipe[1] : 2,
               NULL);
    (void)close(in_pipe[0]);
    (void)close(out_pipe[1]);
    (void)close(err_pipe[1]);
    struct pumps pumps = {in_pipe[1], out_pipe[0], err_pipe[0], stdin_text ? stdin_text : ""};
    if (*pumps.left == '\0')
        close_fd(&pumps.in);
    struct ov_buf ignored = OV_BUF_INIT;
    bool in_time =
        pid > 0 && pump(&pumps, out ? out : &ignored, err_out ? err_out : &ignored, until_us);
    ov_buf_free(&ignored);
    close_fd(&pumps.in);
    close_fd(&pumps.out);
    close_fd(&pumps.err);
    int status = -1;
    int left_ms = (int)((until_us - ov_clock_mono_us(ov_clock_system())) / 1000);
    if (pid > 0 && in_time && process_wait(pid, left_ms > 0 ? left_ms : 1, &status))
        return status;
    if (pid > 0)
        (void)process_end(pid, SIGKILL, 5000);
    return -1;
}

pid_t process_start_split(const char *const *argv, const char *out_path, const char *log_path)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int out = open(out_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int err = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    pid_t pid = null < 0 || out < 0 || err < 0 ? -1 : fork();
    if (pid == 0)
        become(argv, null, out, err, NULL);
    close_fd(&null);
    close_fd(&out);
    close_fd(&err);
    return pid;
}

pid_t process_start(const char *const *argv, const char *log_path, const char *const *extra_env)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    pid_t pid = null < 0 || log < 0 ? -1 : fork();
    if (pid == 0)
        become(argv, null, log, log, extra_env);
    close_fd(&null);
    close_fd(&log);
    return pid;
}

bool process_wait(pid_t pid, int limit_ms, int *ret_status)
{
    int64_t until_us = ov_clock_mono_us(ov_clock_system()) + limit_ms * OV_US_PER_MS;
    for (;;) {
        int wait_status = 0;
        pid_t got = waitpid(pid, &wait_status, WNOHANG);
        if (got == pid) {
            *ret_status = status_of(wait_status);
            return true;
        }
        if (got < 0 && errno != EINTR) {
            *ret_status = -1;
            return true;
        }
        if (ov_clock_mono_us(ov_clock_system()) >= until_us)
            return false;
        nap_ms(5);
    }
}

int process_end(pid_t pid, int signal_number, int limit_ms)
{
    int status = -1;
    if (pid <= 0)
        return -1;
    (void)kill(pid, signal_number);
    if (process_wait(pid, limit_ms, &status))
        return status;
    (void)kill(pid, SIGKILL);
    (void)process_wait(pid, 5000, &status);
    return status;
}

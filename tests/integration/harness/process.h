/* Child processes of a test: started, fed, read, waited for, killed by process id. */
#ifndef OVERT_TESTS_HARNESS_PROCESS_H
#define OVERT_TESTS_HARNESS_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/base/bytes.h"

#define PROCESS_ARGS_MAX 48

/* Runs a command to its end: stdin_text (may be NULL) goes in, standard output and standard error
 * are appended to out and err_out (either may be NULL: then inherited). Returns the exit status,
 * 128 + signal when it was killed, -1 when it could not be started or took longer than limit_s. */
int process_run(const char *const *argv, const char *stdin_text, struct ov_buf *out,
                struct ov_buf *err_out, int limit_s);

/* Starts a command whose output goes to log_path (appended). extra_env: "NAME=value" strings ended
 * by NULL, or NULL. Returns its process id, -1 on failure. */
pid_t process_start(const char *const *argv, const char *log_path, const char *const *extra_env);

/* As above with standard output to out_path and standard error to log_path. */
pid_t process_start_split(const char *const *argv, const char *out_path, const char *log_path);

/* Waits up to limit_ms; true when it has ended, with its status as for process_run. */
bool process_wait(pid_t pid, int limit_ms, int *ret_status);

/* Signals and waits (killing it after limit_ms); returns the status as for process_run. */
int process_end(pid_t pid, int signal_number, int limit_ms);

#endif

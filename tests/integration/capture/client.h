/* overt-capture as a child process with --json, its lines in a file. */
#ifndef OVERT_TESTS_CAPTURE_CLIENT_H
#define OVERT_TESTS_CAPTURE_CLIENT_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "tests/integration/capture/scratch.h"

struct client {
    pid_t pid;
    char out[PATH_MAX]; /* standard output: JSON lines */
    char log[PATH_MAX]; /* standard error */
};

/* arguments: besides --json, --server and --identity; ended by NULL. */
void client_start(struct client *client, const struct scratch *scratch, int port,
                  const char *identity, const char *const *arguments);
/* Waits for it; fails the test, with its output, when it takes longer. Returns its exit status. */
int client_wait(struct client *client, int limit_ms);
bool client_has_ended(struct client *client, int *ret_status);
int client_signal(struct client *client, int signal_number, int limit_ms);
/* How often text occurs in its output so far. */
int client_said(const struct client *client, const char *text);
/* The number after "key": in the last line with event; -1 without. */
long client_number(const struct client *client, const char *event, const char *key);

#endif

/* See client.h. */
#include "tests/integration/capture/client.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/bytes.h"
#include "tests/integration/harness/process.h"

void client_start(struct client *client, const struct scratch *scratch, int port,
                  const char *identity, const char *const *arguments)
{
    static int number;
    char program[PATH_MAX];
    char server[32];
    char name[32];
    const char *argv[PROCESS_ARGS_MAX] = {program,      "--json", "--server",    server,
                                          "--identity", identity, "--log-level", "info",
                                          "--linger",   "2"};
    size_t count = 10;
    (void)snprintf(program, sizeof(program), "%s/bin/overt-capture", getenv("OVERT_BUILD_DIR"));
    (void)snprintf(server, sizeof(server), "localhost:%d", port);
    while (*arguments != NULL && count < PROCESS_ARGS_MAX - 1)
        argv[count++] = *arguments++;
    (void)snprintf(name, sizeof(name), "client-%d.out", ++number);
    (void)snprintf(client->out, sizeof(client->out), "%s", scratch_path(scratch, name));
    (void)snprintf(name, sizeof(name), "client-%d.log", number);
    (void)snprintf(client->log, sizeof(client->log), "%s", scratch_path(scratch, name));
    client->pid = process_start_split(argv, client->out, client->log);
    assert_true(client->pid > 0);
}

bool client_has_ended(struct client *client, int *ret_status)
{
    if (!process_wait(client->pid, 0, ret_status))
        return false;
    client->pid = 0;
    return true;
}

int client_wait(struct client *client, int limit_ms)
{
    int status = -1;
    if (!process_wait(client->pid, limit_ms, &status)) {
        (void)process_end(client->pid, SIGKILL, 5000);
        char *out = scratch_read(client->out);
        char *log = scratch_read(client->log);
        print_message("%s\n%s\n", out, log);
        fail_msg("overt-capture did not end within %d ms", limit_ms);
    }
    client->pid = 0;
    return status;
}

int client_signal(struct client *client, int signal_number, int limit_ms)
{
    int status = process_end(client->pid, signal_number, limit_ms);
    client->pid = 0;
    return status;
}

int client_said(const struct client *client, const char *text)
{
    int times = 0;
    char *out = scratch_read(client->out);
    for (const char *at = out; (at = strstr(at, text)) != NULL; at += strlen(text))
        times++;
    free(out);
    return times;
}

long client_number(const struct client *client, const char *event, const char *key)
{
    char name[80];
    long value = -1;
    char *out = scratch_read(client->out);
    (void)snprintf(name, sizeof(name), "{\"event\":\"%s\"", event);
    char *line = NULL;
    for (char *at = out; (at = strstr(at, name)) != NULL; at++)
        line = at;
    (void)snprintf(name, sizeof(name), "\"%s\":", key);
    char *field = line != NULL ? strstr(line, name) : NULL;
    if (field != NULL) {
        field += strlen(name);
        field[strspn(field, "-0123456789")] = '\0';
        int64_t number = -1;
        if (ov_parse_i64(field, INT32_MIN, INT32_MAX, &number) == OV_OK)
            value = (long)number;
    }
    free(out);
    return value;
}

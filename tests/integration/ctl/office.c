/* The control room of these tests. */
#include "tests/integration/ctl/office.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/file.h"

#include "tests/integration/harness/pty.h"
#include "tests/integration/harness/process.h"

#define LIMIT_S 120

void said_free(struct said *said)
{
    ov_buf_free(&said->out);
    ov_buf_free(&said->err);
}

bool said_has(const struct ov_buf *buf, const char *text)
{
    return buf->length > 0 && memmem(buf->data, buf->length, text, strlen(text)) != NULL;
}

size_t count_in(const struct ov_buf *buf, const char *text)
{
    size_t count = 0;
    const char *at = buf->length > 0 ? buf->data : "";
    while ((at = strstr(at, text)) != NULL) {
        at += strlen(text);
        count++;
    }
    return count;
}

size_t office_command(struct office *office, const char *person, const char **argv)
{
    static char program[PATH_MAX + 16];
    static char server[64];
    static char identity[PATH_MAX];
    char who[128];
    (void)snprintf(program, sizeof(program), "%s", office->world.overtctl);
    (void)snprintf(server, sizeof(server), "localhost:%d", office->world.api_port);
    (void)snprintf(who, sizeof(who), "person-%s", person);
    (void)snprintf(identity, sizeof(identity), "%s", world_identity(&office->world, who));
    argv[0] = program;
    argv[1] = "--server";
    argv[2] = server;
    argv[3] = "--identity";
    argv[4] = identity;
    return 5;
}

static void fill(const char **argv, size_t count, va_list args)
{
    const char *arg = NULL;
    while ((arg = va_arg(args, const char *)) != NULL && count < PROCESS_ARGS_MAX - 1)
        argv[count++] = arg;
    argv[count] = NULL;
}

static void check_silent(const struct ov_buf *buf)
{
    assert_false(said_has(buf, SECRET_NAME));
    assert_false(said_has(buf, SECRET_REFERENCE));
    assert_false(said_has(buf, SECRET_FILE));
}

static struct said run(struct office *office, const char *person, const char *stdin_text,
                       va_list args)
{
    const char *argv[PROCESS_ARGS_MAX];
    struct said said = {-1, OV_BUF_INIT, OV_BUF_INIT};
    fill(argv, office_command(office, person, argv), args);
    said.status = process_run(argv, stdin_text, &said.out, &said.err, LIMIT_S);
    ov_buf_puts(&said.out, "");
    ov_buf_puts(&said.err, "");
    check_silent(&said.out);
    check_silent(&said.err);
    return said;
}

struct said office_run(struct office *office, const char *person, const char *stdin_text, ...)
{
    va_list args;
    va_start(args, stdin_text);
    struct said said = run(office, person, stdin_text, args);
    va_end(args);
    return said;
}

void office_expect(struct office *office, const char *person, int status, const char *code, ...)
{
    char marked[80];
    va_list args;
    va_start(args, code);
    struct said said = run(office, person, NULL, args);
    va_end(args);
    (void)snprintf(marked, sizeof(marked), "(%s)", code == NULL ? "" : code);
    if (said.status != status || (code != NULL && !said_has(&said.err, marked)))
        print_error("exit %d, wanted %d %s: %s%s\n", said.status, status, code == NULL ? "" : code,
                    said.err.data, said.out.data);
    assert_int_equal(said.status, status);
    assert_true(code == NULL || said_has(&said.err, marked));
    said_free(&said);
}

struct said office_on_terminal(struct office *office, const char *person, const char *input, ...)
{
    const char *argv[PROCESS_ARGS_MAX];
    struct said said = {-1, OV_BUF_INIT, OV_BUF_INIT};
    va_list args;
    va_start(args, input);
    fill(argv, office_command(office, person, argv), args);
    va_end(args);
    said.status =
        pty_run(argv, office->columns == 0 ? 200 : office->columns, input, &said.out, LIMIT_S);
    ov_buf_puts(&said.out, "");
    return said;
}

void office_read_file(const char *path, struct ov_buf *buf)
{
    ov_buf_free(buf);
    (void)!ov_file_read(path, 1 << 20, buf, NULL);
    ov_buf_puts(buf, "");
}

bool office_await_in_file(const char *path, const char *text, size_t wanted, struct ov_buf *buf)
{
    for (int tries = 0; tries < 1200; tries++) {
        struct timespec nap = {0, 50000000};
        office_read_file(path, buf);
        if (count_in(buf, text) >= wanted)
            return true;
        (void)nanosleep(&nap, NULL);
    }
    return false;
}

/* The terminal. The only file that reads standard input or writes to standard output. */
#include "server/ctl/terminal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/base/bytes.h"

#define LINE_MAX_BYTES 4096
#define COLUMNS_DEFAULT 80
#define COLUMNS_MAX 10000

void terminal_init(struct terminal *terminal)
{
    const char *no_color = getenv("NO_COLOR");
    terminal->in_is_terminal = isatty(STDIN_FILENO) == 1;
    terminal->out_is_terminal = isatty(STDOUT_FILENO) == 1;
    terminal->err_is_terminal = isatty(STDERR_FILENO) == 1;
    terminal->colour = terminal->out_is_terminal && (no_color == NULL || *no_color == '\0');
    terminal_measure(terminal);
}

void terminal_measure(struct terminal *terminal)
{
    struct winsize size = {.ws_col = 0};
    int64_t columns = COLUMNS_DEFAULT;
    terminal->columns = 0;
    if (!terminal->out_is_terminal)
        return;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        terminal->columns = size.ws_col;
        return;
    }
    const char *given = getenv("COLUMNS");
    if (given != NULL && ov_parse_i64(given, 1, COLUMNS_MAX, &columns) != OV_OK)
        columns = COLUMNS_DEFAULT;
    terminal->columns = (size_t)columns;
}

bool terminal_may_show_names(const struct terminal *terminal)
{
    return terminal->out_is_terminal;
}

static const char *paint_sequence(enum paint paint)
{
    switch (paint) {
    case PAINT_NONE:
        return "";
    case PAINT_BOLD:
        return "\033[1m";
    case PAINT_DIM:
        return "\033[2m";
    case PAINT_GOOD:
        return "\033[32m";
    case PAINT_WARN:
        return "\033[33m";
    case PAINT_BAD:
        return "\033[31m";
    }
    return "";
}

void terminal_paint(const struct terminal *terminal, enum paint paint, const char *text,
                    struct ov_buf *out)
{
    bool painted = terminal->colour && paint != PAINT_NONE;
    if (painted)
        ov_buf_puts(out, paint_sequence(paint));
    ov_buf_puts(out, text);
    if (painted)
        ov_buf_puts(out, "\033[0m");
}

static int write_all(int fd, const char *at, size_t size)
{
    while (size > 0) {
        ssize_t put = write(fd, at, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return -1;
        at += put;
        size -= (size_t)put;
    }
    return 0;
}

enum ov_status terminal_write(const void *data, size_t size, struct ov_error *err)
{
    if (write_all(STDOUT_FILENO, data, size) == 0)
        return OV_OK;
    return ov_fail(err, errno == EPIPE ? OV_ERR_CLOSED : OV_ERR_IO, "output.write",
                   "cannot write to standard output: %s", strerror(errno));
}

#define STATUS_MAX_BYTES 1024

void terminal_note(const char *fmt, ...)
{
    char line[STATUS_MAX_BYTES];
    va_list args;
    va_start(args, fmt);
    int length = vsnprintf(line, sizeof(line) - 1, fmt, args);
    va_end(args);
    if (length < 0)
        return;
    size_t size = strlen(line);
    line[size] = '\n';
    (void)write_all(STDERR_FILENO, line, size + 1); /* nowhere left to complain to */
}

void terminal_status(const char *fmt, ...)
{
    char line[STATUS_MAX_BYTES];
    va_list args;
    va_start(args, fmt);
    int length = vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    if (length >= 0)
        (void)write_all(STDERR_FILENO, line, strlen(line));
}

/* Byte by byte, so that nothing after the line is taken from whoever reads next. OV_ERR_CLOSED: the
 * input has ended before the line. */
static enum ov_status read_line(unsigned char *line, size_t max, size_t *ret_length)
{
    size_t length = 0;
    for (;;) {
        unsigned char byte = 0;
        ssize_t got = read(STDIN_FILENO, &byte, 1);
        if (got < 0 && errno == EINTR)
            continue;
        *ret_length = length;
        if (got < 0)
            return OV_ERR_IO;
        if (got == 0)
            return OV_ERR_CLOSED;
        if (byte == '\n')
            return OV_OK;
        if (length == max)
            return OV_ERR_LIMIT;
        line[length++] = byte;
    }
}

/* may_end: the input's end ends the line too. */
static enum ov_status take_line(bool may_end, struct ov_secret *ret_line, struct ov_error *err)
{
    struct ov_secret line = OV_SECRET_INIT;
    size_t length = 0;
    if (ov_secret_new(&line, LINE_MAX_BYTES + 1) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    enum ov_status status = read_line(line.data, LINE_MAX_BYTES, &length);
    if (status == OV_ERR_CLOSED && may_end)
        status = OV_OK;
    if (status == OV_OK && may_end && length > 0 && line.data[length - 1] == '\r')
        line.data[--length] = '\0';
    if (status != OV_OK)
        (void)ov_fail(err, status, "input.line", "the answer is %s; nothing was done",
                      status == OV_ERR_LIMIT ? "too long" : "missing");
    else if (ov_secret_copy(ret_line, line.data, length + 1) != OV_OK)
        status = ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    ov_secret_free(&line);
    return status;
}

enum ov_status terminal_ask(const char *prompt, struct ov_secret *ret_line, struct ov_error *err)
{
    terminal_status("%s", prompt);
    return take_line(false, ret_line, err);
}

enum ov_status terminal_read_line(const struct terminal *terminal, const char *prompt,
                                  struct ov_secret *ret_line, struct ov_error *err)
{
    return terminal->in_is_terminal ? terminal_ask(prompt, ret_line, err)
                                    : take_line(true, ret_line, err);
}

enum ov_status terminal_read_all(size_t max_bytes, struct ov_buf *ret, struct ov_error *err)
{
    char block[4096];
    ssize_t got = 0;
    do {
        got = read(STDIN_FILENO, block, sizeof(block));
        if (got > 0)
            ov_buf_append(ret, block, (size_t)got);
    } while (ret->length <= max_bytes && !ret->failed && (got > 0 || (got < 0 && errno == EINTR)));
    ov_wipe(block, sizeof(block));
    if (ret->failed)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    if (ret->length > max_bytes)
        return ov_fail(err, OV_ERR_LIMIT, "input.size",
                       "standard input has more than %zu bytes; nothing was done", max_bytes);
    return got == 0 ? OV_OK
                    : ov_fail(err, OV_ERR_IO, "input.read",
                              "standard input cannot be read; nothing was done");
}

enum ov_status terminal_confirm(const struct terminal *terminal, bool yes, const char *question,
                                struct ov_error *err)
{
    struct ov_secret answer = OV_SECRET_INIT;
    if (yes)
        return OV_OK;
    if (!terminal->in_is_terminal || !terminal->err_is_terminal)
        return ov_fail(err, OV_ERR_INVALID, "usage.confirm",
                       "this needs to be confirmed and there is no terminal to ask on; add --yes");
    char prompt[700];
    (void)snprintf(prompt, sizeof(prompt), "%s Type 'yes' to go on: ", question);
    enum ov_status status = terminal_ask(prompt, &answer, err);
    if (status == OV_OK && (answer.data == NULL || strcmp((const char *)answer.data, "yes") != 0))
        status = ov_fail(err, OV_ERR_DENIED, "confirm.no", "not confirmed; nothing was done");
    ov_secret_free(&answer);
    return status;
}

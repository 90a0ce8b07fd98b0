/* Log lines on standard error. The level is the one mutable global; each line is one write. */
#include "common/base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static atomic_int log_level = OV_LOG_INFO;

static const char *const level_names[] = {"debug", "info", "warning", "error"};

enum ov_status ov_log_level_parse(const char *text, enum ov_log_level *ret_level)
{
    for (int i = OV_LOG_DEBUG; i <= OV_LOG_ERROR; i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *ret_level = (enum ov_log_level)i;
            return OV_OK;
        }
    }
    return OV_ERR_INVALID;
}

void ov_log_set_level(enum ov_log_level level)
{
    atomic_store(&log_level, (int)level);
}

void ov_log(enum ov_log_level level, const char *component, const char *event, const char *fmt, ...)
{
    if ((int)level < atomic_load(&log_level))
        return;
    char line[LINE_MAX_BYTES];
    int used = snprintf(line, sizeof(line), "%s %s %s%s", level_names[level], component, event,
                        fmt[0] != '\0' ? " " : "");
    if (used < 0)
        return;
    size_t at = (size_t)used < sizeof(line) ? (size_t)used : sizeof(line) - 1;
    va_list args;
    va_start(args, fmt);
    used = vsnprintf(line + at, sizeof(line) - at, fmt, args);
    va_end(args);
    if (used > 0)
        at = at + (size_t)used < sizeof(line) - 1 ? at + (size_t)used : sizeof(line) - 2;
    line[at++] = '\n';
    if (write(STDERR_FILENO, line, at) < 0)
        return; /* nowhere left to say so */
}

void ov_log_error(enum ov_log_level level, const char *component, const char *event,
                  const struct ov_error *err)
{
    char quoted[sizeof(err->text) * 2];
    ov_log(level, component, event, "code=%s text=%s origin=%s:%d", err->code,
           ov_log_quote(err->text, quoted, sizeof(quoted)), err->file, err->line);
}

const char *ov_log_quote(const char *text, char *out, size_t out_size)
{
    static const char hex[] = "0123456789abcdef";
    size_t at = 0;
    if (out_size < 3)
        return "";
    out[at++] = '"';
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        if (at + 6 > out_size)
            break;
        if (*p == '"' || *p == '\\') {
            out[at++] = '\\';
            out[at++] = (char)*p;
        } else if (*p < 0x20 || *p >= 0x7f) {
            out[at++] = '\\';
            out[at++] = 'x';
            out[at++] = hex[*p >> 4];
            out[at++] = hex[*p & 15];
        } else {
            out[at++] = (char)*p;
        }
    }
    out[at++] = '"';
    out[at] = '\0';
    return out;
}

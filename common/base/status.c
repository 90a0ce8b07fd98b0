/* Statuses and errors. Pure functions; any thread. */
#include "common/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *ov_status_name(enum ov_status status)
{
    switch (status) {
    case OV_OK:
        return "ok";
    case OV_ERR_NOMEM:
        return "out_of_memory";
    case OV_ERR_INVALID:
        return "invalid";
    case OV_ERR_LIMIT:
        return "limit";
    case OV_ERR_NOT_FOUND:
        return "not_found";
    case OV_ERR_EXISTS:
        return "exists";
    case OV_ERR_DENIED:
        return "denied";
    case OV_ERR_STATE:
        return "wrong_state";
    case OV_ERR_CONFLICT:
        return "conflict";
    case OV_ERR_UNAVAILABLE:
        return "unavailable";
    case OV_ERR_IO:
        return "io";
    case OV_ERR_CRYPTO:
        return "crypto";
    case OV_ERR_PROTOCOL:
        return "protocol";
    case OV_ERR_TIMEOUT:
        return "timeout";
    case OV_ERR_CLOSED:
        return "closed";
    case OV_ERR_INTERNAL:
        return "internal";
    }
    return "unknown";
}

enum ov_status ov_error_set(struct ov_error *err, enum ov_status status, const char *file, int line,
                            const char *code, const char *fmt, ...)
{
    if (err == NULL || err->status != OV_OK)
        return status;
    err->status = status;
    err->file = file;
    err->line = line;
    (void)snprintf(err->code, sizeof(err->code), "%s", code);
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);
    return status;
}

void ov_error_clear(struct ov_error *err)
{
    memset(err, 0, sizeof(*err));
    err->file = "";
}

/*
 * Log lines: "level component event key=value ...", one per call, on standard error.
 *
 * Event names are stable; text that came from a peer or a file is quoted with ov_log_quote. Names
 * of people, images, descriptors and keys never get here. Any thread; lines never interleave.
 */
#ifndef OVERT_COMMON_BASE_LOG_H
#define OVERT_COMMON_BASE_LOG_H

#include <stddef.h>

#include "common/base/status.h"

enum ov_log_level { OV_LOG_DEBUG, OV_LOG_INFO, OV_LOG_WARNING, OV_LOG_ERROR };

/* "debug", "info", "warning" or "error"; anything else is refused. */
OV_CHECKED enum ov_status ov_log_level_parse(const char *text, enum ov_log_level *ret_level);

/* Lines below this level are not written. Set once, before threads start. Default: info. */
void ov_log_set_level(enum ov_log_level level);

/* fmt gives the key=value part and may be "". */
void ov_log(enum ov_log_level level, const char *component, const char *event, const char *fmt, ...)
    OV_PRINTF(4, 5);

/* One line for an error: code, text and where it arose. */
void ov_log_error(enum ov_log_level level, const char *component, const char *event,
                  const struct ov_error *err);

/* Writes text as "..." with control bytes, quotes and non-ASCII escaped, cut to fit; returns out.
 */
const char *ov_log_quote(const char *text, char *out, size_t out_size);

#endif

/*
 * Reads ini files: one call per key, in order.
 *
 * A file is UTF-8 text of lines: "[section]", "key = value", "# comment", or nothing. Names are 1
 * to 63 of [a-z0-9_-]. A value is the rest of the line without the spaces around it; it may be
 * empty, has no quotes or escapes, and no comment after it. Keys before the first section have
 * section "". Whether a name is known, or there twice, is the caller's business.
 */
#ifndef OVERT_COMMON_CONFIG_INI_H
#define OVERT_COMMON_CONFIG_INI_H

#include <stddef.h>

#include "common/base/status.h"

#define OV_INI_NAME_SIZE 64
#define OV_INI_VALUE_SIZE 4096

/* Where a key stands, for error texts. */
struct ov_ini_place {
    const char *file;
    int line; /* from 1 */
};

/* All texts are borrowed for the call. Anything but OV_OK ends the reading with that status. */
typedef enum ov_status (*ov_ini_fn)(void *ctx, const struct ov_ini_place *place,
                                    const char *section, const char *key, const char *value,
                                    struct ov_error *err);

/* file is only a name for error texts. "config.syntax" for a line that is none of the above. */
OV_CHECKED enum ov_status ov_ini_parse(const char *file, const char *text, size_t size,
                                       ov_ini_fn on_key, void *ctx, struct ov_error *err);

/* The same for a file of at most max_bytes. */
OV_CHECKED enum ov_status ov_ini_read(const char *path, size_t max_bytes, ov_ini_fn on_key,
                                      void *ctx, struct ov_error *err);

#endif

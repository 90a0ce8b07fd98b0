/* Files: read whole within a limit, written whole or not at all, and private when they must be. */
#ifndef OVERT_COMMON_BASE_FILE_H
#define OVERT_COMMON_BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "common/base/bytes.h"
#include "common/base/secret.h"
#include "common/base/status.h"

/* Reads a regular file of at most max_bytes into secret memory. An empty file is refused. */
OV_CHECKED enum ov_status ov_file_read_secret(const char *path, size_t max_bytes,
                                              struct ov_secret *ret_secret, struct ov_error *err);

/* Reads a regular file of at most max_bytes, appending to buf. */
OV_CHECKED enum ov_status ov_file_read(const char *path, size_t max_bytes, struct ov_buf *buf,
                                       struct ov_error *err);

/*
 * Writes a new file durably: a temporary file beside it, fsync, link into place, fsync of the
 * folder. OV_ERR_EXISTS when path is there already; it is then left as it was. "file.full": the
 * disk has no room; nothing of the file is left.
 */
OV_CHECKED enum ov_status ov_file_write_new(const char *path, mode_t mode, const void *data,
                                            size_t size, struct ov_error *err);

/* Puts a file in the place of another, or where there was none, durably: whoever reads it sees the
 * old one or the new one, whole. */
OV_CHECKED enum ov_status ov_file_replace(const char *path, mode_t mode, const void *data,
                                          size_t size, struct ov_error *err);

/* Refuses a file or folder that group or others may read, write or enter, or that is not ours. */
OV_CHECKED enum ov_status ov_file_check_private(const char *path, struct ov_error *err);

/* Makes a folder (and its parents) with this mode; fine when it exists. */
OV_CHECKED enum ov_status ov_dir_make(const char *path, mode_t mode, struct ov_error *err);

#endif

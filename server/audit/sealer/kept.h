/*
 * The sealer's own memory: the last checkpoint that it signed, in a file of its own. A database
 * that was set back, or changed, before that point does not get another signature.
 */
#ifndef OVERT_SERVER_AUDIT_SEALER_KEPT_H
#define OVERT_SERVER_AUDIT_SEALER_KEPT_H

#include "server/audit/log/checkpoint.h"

/* *ret_found false: there is no such file, as at the very first start. A file that is there and is
 * not a checkpoint of the log is an error. */
OV_CHECKED enum ov_status kept_read(const char *path, const struct note_key *log, bool *ret_found,
                                    struct checkpoint *ret, struct ov_error *err);

#endif

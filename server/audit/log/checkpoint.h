/*
 * Checkpoints: what a log says of itself at one moment, as a signed note (C2SP tlog-checkpoint):
 *
 *     origin
 *     number of events, in decimal
 *     root of the tree, base64
 *
 * Whoever kept one can prove with it that what came before was not changed since.
 */
#ifndef OVERT_SERVER_AUDIT_LOG_CHECKPOINT_H
#define OVERT_SERVER_AUDIT_LOG_CHECKPOINT_H

#include "server/audit/log/note.h"
#include "server/audit/log/tree.h"

struct checkpoint {
    char origin[NOTE_NAME_MAX + 1];
    uint64_t size;
    struct tree_hash root;
};

/* The note's text, appended. */
void checkpoint_print(const struct checkpoint *checkpoint, struct ov_buf *out);
/* A whole note, signed by the log. */
OV_CHECKED enum ov_status checkpoint_sign(const struct checkpoint *checkpoint,
                                          const struct note_signer *signer, struct ov_buf *out,
                                          struct ov_error *err);

/* Reads a note; its signatures are not looked at. Lines after the root are left for whoever knows
 * them. "checkpoint.form" */
OV_CHECKED enum ov_status checkpoint_parse(const char *note, size_t size, struct checkpoint *ret,
                                           struct ov_error *err);
/* Reads a note that has to be the log's: its name is the origin and its signature holds.
 * "checkpoint.form", "checkpoint.origin", "checkpoint.signature" */
OV_CHECKED enum ov_status checkpoint_open(const char *note, size_t size, const struct note_key *log,
                                          struct checkpoint *ret, struct ov_error *err);

#endif

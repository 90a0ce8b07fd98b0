/*
 * Is the record whole and unaltered? Every body is hashed and held against its leaf, the tree over
 * the leaves against every checkpoint, checkpoints against the log's key, and the log against
 * checkpoints that whoever verifies brought along.
 *
 * What cannot be seen: what was never written, and what was changed before it was in a checkpoint
 * (two seconds).
 */
#ifndef OVERT_SERVER_AUDIT_VERIFY_LOG_CHECK_H
#define OVERT_SERVER_AUDIT_VERIFY_LOG_CHECK_H

#include "server/audit/log/checkpoint.h"
#include "server/audit/verify/findings.h"
#include "server/audit/verify/source.h"

struct log_check;

struct log_check_options {
    const struct source *source;
    const struct note_key *key; /* the log's */
    struct findings *findings;
    int64_t now_us; /* to tell an event that is not sealed yet from one that was left out */
    /* Now and then: how many events are done. May be NULL. */
    void (*on_progress)(void *ctx, uint64_t done);
    void *ctx;
};

struct log_check_result {
    uint64_t events;      /* in the log */
    uint64_t unsealed;    /* not in it yet */
    uint64_t checkpoints; /* of the log's key, that hold */
    struct ov_buf newest; /* the newest of these, a note; the caller frees it */
    bool holds;           /* the log is the one that it covers, and that earlier ones covered */
    struct checkpoint head;
};

OV_CHECKED enum ov_status log_check_new(const struct log_check_options *options,
                                        struct log_check **ret, struct ov_error *err);
void log_check_free(struct log_check *check);

/* A checkpoint from elsewhere, with a word for where from: "kept", "given". A note that is not the
 * log's is a finding. */
OV_CHECKED enum ov_status log_check_since(struct log_check *check, const char *whence,
                                          const char *note, size_t size, struct ov_error *err);

/* Reads the whole record. An error means that it could not be read; what is wrong with it goes to
 * the findings. */
OV_CHECKED enum ov_status log_check_run(struct log_check *check, struct log_check_result *ret,
                                        struct ov_error *err);

#endif

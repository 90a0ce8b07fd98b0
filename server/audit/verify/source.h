/*
 * Where the record is read from: a database, or an export of it. What is read is not believed: the
 * checks are elsewhere.
 */
#ifndef OVERT_SERVER_AUDIT_VERIFY_SOURCE_H
#define OVERT_SERVER_AUDIT_VERIFY_SOURCE_H

#include <stdbool.h>

#include "common/base/id.h"
#include "server/audit/log/tree.h"

/* An event as it is stored; valid during the call. */
struct source_event {
    bool has_place; /* in the log; else it is not sealed yet, and the next two mean nothing */
    uint64_t index; /* its place */
    struct tree_hash leaf; /* the leaf that is stored with it */
    bool has_body;         /* else the log has a leaf whose event is gone */
    struct ov_id id;       /* the row's */
    const char *body;
    size_t size;
};

struct source {
    void *ctx;
    /* Events in the order of their places, then those without one. */
    enum ov_status (*each_event)(void *ctx,
                                 enum ov_status (*on_event)(void *, const struct source_event *),
                                 void *on_ctx, struct ov_error *err);
    /* Notes by size; size is what the row says. */
    enum ov_status (*each_checkpoint)(void *ctx,
                                      enum ov_status (*on_note)(void *, uint64_t size,
                                                                const char *note, size_t note_size),
                                      void *on_ctx, struct ov_error *err);
    /* How many events the log says that it has. */
    uint64_t (*count)(void *ctx);
    void (*close)(void *ctx);
};

/* A database, by any role that may read the schema audit; all is read as of one moment. */
OV_CHECKED enum ov_status source_open_database(const char *conninfo, struct source *ret,
                                               struct ov_error *err);

#endif

/*
 * The sealer: gives every committed event its place in the log, and signs what the log then is. It
 * holds the log's key, which the match server never has. One thread; one connection.
 *
 * Fenced: each start takes a new epoch in the database, and sealing with another epoch, size or
 * root than the database's is refused there.
 */
#ifndef OVERT_SERVER_AUDIT_SEALER_SEALER_H
#define OVERT_SERVER_AUDIT_SEALER_SEALER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/status.h"

struct sealer;

struct sealer_options {
    const char *conninfo;
    const char *key;    /* file of the private key */
    const char *origin; /* the log's name */
    const char *state;  /* file of the last checkpoint */
};

/* Reads key and state; does not connect. */
OV_CHECKED enum ov_status sealer_new(const struct sealer_options *options, struct sealer **ret,
                                     struct ov_error *err);
void sealer_free(struct sealer *sealer);

/*
 * Connects, takes over, and holds the log against the last checkpoint that was signed here:
 * "sealer.rolled_back" when it has become shorter, "sealer.forked" when it has another beginning.
 * These, "sealer.log" and "sealer.gap" are never to be tried again: somebody has to look.
 */
OV_CHECKED enum ov_status sealer_connect(struct sealer *sealer, struct ov_error *err);

/* Seals what there is, a batch at most; *ret_more: there was a full batch, so perhaps more.
 * OV_ERR_UNAVAILABLE: connect again. OV_ERR_CONFLICT: another sealer has taken over. */
OV_CHECKED enum ov_status sealer_round(struct sealer *sealer, size_t *ret_sealed, bool *ret_more,
                                       struct ov_error *err);

#endif

/*
 * The keeper: a thread that acts when the clock says so. Every second it closes deployments whose
 * authorised window is over (the follower and the capture loop then end their sessions) and stores
 * the minutes that have been counted. What it does is a table of tasks (tasks.h).
 */
#ifndef OVERT_SERVER_RETENTION_KEEPER_H
#define OVERT_SERVER_RETENTION_KEEPER_H

#include "common/base/clock.h"
#include "common/base/status.h"
#include "server/match/tally.h"
#include "server/vault/vault.h"

struct keeper;

struct keeper_options {
    const char *conninfo; /* all borrowed */
    struct vault *vault;
    const char *ledger_key; /* path */
    struct tally *tally;
    const struct ov_clock *clock;
};

/* Refuses to start without the ledger's key: no list could be erased. */
OV_CHECKED enum ov_status keeper_start(const struct keeper_options *options,
                                       struct keeper **ret_keeper, struct ov_error *err);
/* After everything that counts has stopped: stores what is left, the current minute too, and joins.
 * Takes NULL. */
void keeper_stop(struct keeper *keeper);

#endif

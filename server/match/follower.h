/*
 * The follower: a thread that keeps the registry equal to the database.
 *
 * Woken by notifications on "overt_gallery", and every half second in any case, it re-reads the
 * running deployments, builds a new gallery where the list has changed, and publishes. It has a
 * connection of its own, so that loading a long list delays no alert.
 */
#ifndef OVERT_SERVER_MATCH_FOLLOWER_H
#define OVERT_SERVER_MATCH_FOLLOWER_H

#include "common/base/status.h"
#include "server/match/loader.h"
#include "server/match/registry.h"

struct follower;

struct follower_options {
    const char *conninfo; /* all borrowed */
    struct vault *vault;
    struct registry *registry;
    struct loader_model model;
    const struct ov_clock *clock;
    void (*on_change)(void *ctx); /* on the follower's thread: something was published or removed */
    void *ctx;
};

/* Reads everything once before it returns. */
OV_CHECKED enum ov_status follower_start(const struct follower_options *options,
                                         struct follower **ret_follower, struct ov_error *err);
/* Joins. Takes NULL. */
void follower_stop(struct follower *follower);

#endif

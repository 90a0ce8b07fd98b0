/*
 * What this server searches now: for each running deployment its settings and its gallery.
 *
 * A target is an immutable, counted snapshot. A change publishes another one in its place; a search
 * that holds the old one finishes on it. Nothing here waits for a search, and no search waits here.
 * Any thread.
 */
#ifndef OVERT_SERVER_MATCH_REGISTRY_H
#define OVERT_SERVER_MATCH_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/base/status.h"
#include "server/match/gallery.h"
#include "server/store/deployments.h"

struct registry;

struct target {
    struct deployment deployment; /* state, window, threshold, cool-down, sites, model digest */
    struct gallery *gallery;      /* counted by the target; holds the deployment's rotation */
    size_t references;            /* the registry's business */
    struct registry *registry;
};

/* clock is borrowed and outlives the registry. NULL when memory is out. */
struct registry *registry_new(const struct ov_clock *clock);
/* When no target is held any more. Takes NULL. */
void registry_free(struct registry *registry);

/* Publishes deployment with gallery (taken, on every path) in place of what was there. */
OV_CHECKED enum ov_status registry_put(struct registry *registry,
                                       const struct deployment *deployment,
                                       struct gallery *take_gallery);
void registry_remove(struct registry *registry, const struct ov_id *deployment_id);
/* Removes every deployment that is not among ids; returns how many went. */
size_t registry_keep_only(struct registry *registry, const struct ov_id *ids, size_t count);

/* A counted snapshot for target_release, or NULL when the deployment is not running. */
struct target *registry_get(struct registry *registry, const struct ov_id *deployment_id);
/* The same, but waits up to timeout_ms for it to be published. Not on a loop thread. */
struct target *registry_await(struct registry *registry, const struct ov_id *deployment_id,
                              int timeout_ms);
/* One more reference to a target that is held; returns it. */
struct target *target_retain(struct target *target);
void target_release(struct target *target);

/* Live, and inside its authorised window at utc_us; on an oral authorisation until the written one
 * is due. */
bool target_is_live(const struct target *target, int64_t utc_us);

/*
 * The database has confirmed what is registered here; asked_at_us (monotonic) is when it was asked:
 * an answer that was long on its way says nothing about what happened meanwhile. Authority that
 * could not be confirmed for a while is not assumed: see REGISTRY_LEASE_LIMIT_US and
 * REGISTRY_SEARCH_LIMIT_US.
 */
void registry_confirm(struct registry *registry, int64_t asked_at_us);
/* Microseconds since then; INT64_MAX when never. */
int64_t registry_unconfirmed_us(struct registry *registry);

/* No lease is renewed when the database has been silent for longer than this ... */
#define REGISTRY_LEASE_LIMIT_US (INT64_C(5) * OV_US_PER_S)
/* ... and nothing is compared after this: the longest a lease lives. */
#define REGISTRY_SEARCH_LIMIT_US (INT64_C(30) * OV_US_PER_S)

struct registry_totals {
    int galleries;
    int64_t templates;
};
void registry_totals(struct registry *registry, struct registry_totals *ret);

#endif

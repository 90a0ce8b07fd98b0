/*
 * What a capture client's messages must satisfy beyond their format: pure functions, no clock and
 * no state of their own. A refusal's code and text go to the client as they are.
 */
#ifndef OVERT_SERVER_CAPTURE_RULES_H
#define OVERT_SERVER_CAPTURE_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/wire/messages.h"
#include "server/store/deployments.h"

/* Probes of one session that may be unacknowledged at any time. */
#define CAPTURE_CREDIT 256u
/* Clocks differ: a probe may be this far ahead of the server's clock. */
#define CAPTURE_AHEAD_MAX_US (INT64_C(2) * OV_US_PER_S)
/* Operational deployments are live: what was captured longer ago than this is not compared. */
#define CAPTURE_AGE_MAX_US (INT64_C(15) * OV_US_PER_S)

/* What can be said before anything is looked up: protocol, run id, cameras. */
OV_CHECKED enum ov_status check_greeting(const struct ov_hello *hello, struct ov_error *err);

struct hello_terms {
    const struct deployment *deployment;
    struct ov_id site_id;
    uint32_t dimension;                      /* of the deployment's model */
    const struct deployment_camera *cameras; /* in force; none: any */
    size_t camera_count;
    int64_t now_us; /* server's clock */
};
/* Authority: live, this site, inside the window; then the same model; then the kind of source, and
 * the cameras that the settings name. */
OV_CHECKED enum ov_status check_hello(const struct ov_hello *hello, const struct hello_terms *terms,
                                      struct ov_error *err);

struct probe_terms {
    const struct ov_hello *hello;
    const struct ov_welcome *welcome; /* gate, smallest face, zones */
    bool operational;
    uint64_t last_batch;  /* number of the session's last one; 0 at first */
    uint32_t outstanding; /* probes not yet acknowledged */
    int64_t received_at_us;
};
/* Order, credit, and each probe's camera, time, quality and place. The same sequence may come again
 * in another batch (after a reconnect), not twice in one. */
OV_CHECKED enum ov_status check_probe_batch(const struct ov_probe_batch *batch,
                                            const struct probe_terms *terms, struct ov_error *err);

OV_CHECKED enum ov_status check_counts(const struct ov_counts *counts, const struct ov_hello *hello,
                                       int64_t now_us, struct ov_error *err);

/* Of the cameras in force those that Hello names and that have a zone. */
void take_zones(const struct ov_hello *hello, const struct hello_terms *terms,
                struct ov_welcome *welcome);

bool deployment_names_site(const struct deployment *deployment, const struct ov_id *site_id);

#endif

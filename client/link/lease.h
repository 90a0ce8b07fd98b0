/*
 * The server's permission to capture, as it arrives: signed, numbered, and short.
 *
 * Verified with the key from Welcome over the bytes in proto/overt.proto, which name this run and
 * this deployment. Numbers count up within a session. Validity starts at receipt on our monotonic
 * clock and is never longer than LEASE_MAX_MS, whatever the lease says: that is how long the kill
 * switch takes on a cut link. Link thread only.
 */
#ifndef OVERT_CLIENT_LINK_LEASE_H
#define OVERT_CLIENT_LINK_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/id.h"
#include "common/base/status.h"
#include "common/wire/messages.h"

#define LEASE_KEY_BYTES 32
#define LEASE_MAX_MS 30000

struct lease_state {
    struct ov_id run_id;
    struct ov_id deployment_id;
    uint8_t key[LEASE_KEY_BYTES];
    uint64_t last_number;
    bool has_number;       /* one has been accepted in this session */
    int64_t until_mono_us; /* capturing is allowed until then; 0: not at all */
};

void lease_init(struct lease_state *state, const struct ov_id *run_id);

/* A new session's terms. A lease that still runs stays valid if it is for the same deployment. */
void lease_welcome(struct lease_state *state, const struct ov_id *deployment_id,
                   const uint8_t key[LEASE_KEY_BYTES]);

/*
 * Checks a lease and, if it holds, extends until_mono_us. Codes: "lease.deployment",
 * "lease.number" (not above the last), "lease.signature". A refused one changes nothing.
 */
OV_CHECKED enum ov_status lease_accept(struct lease_state *state, const struct ov_lease *lease,
                                       int64_t now_mono_us, struct ov_error *err);

bool lease_is_valid(const struct lease_state *state, int64_t now_mono_us);
/* Ends the permission at once. */
void lease_end(struct lease_state *state);

#endif

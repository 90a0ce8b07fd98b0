/*
 * Signs leases: the permission to capture for half a minute. The key is drawn when the server
 * starts and never leaves its memory; clients learn its public part in Welcome.
 */
#ifndef OVERT_SERVER_CAPTURE_LEASE_H
#define OVERT_SERVER_CAPTURE_LEASE_H

#include <stdint.h>

#include "common/base/status.h"
#include "common/wire/messages.h"

#define LEASE_VALID_MS 30000u
#define LEASE_EVERY_US (INT64_C(10) * OV_US_PER_S)
#define LEASE_KEY_BYTES 32u

struct lease_signer;

OV_CHECKED enum ov_status lease_signer_new(struct lease_signer **ret_signer, struct ov_error *err);
void lease_signer_free(struct lease_signer *signer);
/* Ed25519 public key. Borrowed, LEASE_KEY_BYTES. */
const uint8_t *lease_signer_public(const struct lease_signer *signer);
/* Fills signature from the other fields and the run id. */
OV_CHECKED enum ov_status lease_sign(struct lease_signer *signer, const struct ov_id *run_id,
                                     struct ov_lease *lease, struct ov_error *err);

#endif

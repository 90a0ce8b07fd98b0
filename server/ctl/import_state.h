/*
 * What an import has done so far, in a file beside its report: an import that was cut off goes on
 * when the same command is given again.
 *
 * A row is known by a digest of its fields and its image under a random key of the file's own, so
 * the file says nothing of anybody to whom the list and its images are not known. The server knows
 * a photograph that comes twice by itself; the file saves sending it. Rows that failed are not in
 * it: they are tried again.
 *
 *   overt-import-state 1 DEPLOYMENT KEY      one line; the key is 32 bytes in hexadecimal
 *   DIGEST                                   one line for each row, 16 bytes in hexadecimal
 */
#ifndef OVERT_SERVER_CTL_IMPORT_STATE_H
#define OVERT_SERVER_CTL_IMPORT_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/secret.h"
#include "common/base/status.h"
#include "server/ctl/import_source.h"

#define IMPORT_DIGEST_BYTES 16u

struct import_state;

/*
 * Makes the file (0600) or reads it. "state.busy" when another import uses it, "state.other" when
 * it belongs to another deployment, "state.damaged". ret_resumed: it was there.
 */
OV_CHECKED enum ov_status import_state_open(const char *path, const char *deployment_id,
                                            struct import_state **ret_state, bool *ret_resumed,
                                            struct ov_error *err);
void import_state_close(struct import_state *state);

OV_CHECKED enum ov_status import_state_digest(const struct import_state *state,
                                              const struct import_row *row,
                                              const struct ov_secret *image,
                                              uint8_t ret_digest[IMPORT_DIGEST_BYTES],
                                              struct ov_error *err);
/* Whether an earlier run has done it. Any thread. */
bool import_state_has(const struct import_state *state, const uint8_t digest[IMPORT_DIGEST_BYTES]);
/* Any thread. OV_ERR_IO "state.write", for a disk that is full. */
OV_CHECKED enum ov_status import_state_add(struct import_state *state,
                                           const uint8_t digest[IMPORT_DIGEST_BYTES],
                                           struct ov_error *err);

#endif

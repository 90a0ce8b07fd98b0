/*
 * Renewable templates (ISO/IEC 24745): each deployment turns every descriptor by an orthogonal
 * matrix of its own before anything else is done with it. Lengths and angles stay, so scores stay;
 * where a face lies does not, so a template says nothing without the matrix.
 *
 * The matrix is derived from the deployment's watchlist key and dies with it: an open vault keeps a
 * few for those who ask again, and drops one when its key is destroyed. It lives in secret memory
 * only and never leaves the server. README.md beside this file says how far this protects.
 */
#ifndef OVERT_SERVER_VAULT_ROTATION_H
#define OVERT_SERVER_VAULT_ROTATION_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/secret.h"
#include "common/base/status.h"
#include "server/vault/vault.h"

#define ROTATION_DIMENSION_MAX 2048 /* floats of a descriptor */

struct rotation;

/*
 * The matrix of the deployment that this watchlist key belongs to. Counted: rotation_unref it.
 * Making it takes about a tenth of a second; the vault remembers it. dimension: 1 to
 * ROTATION_DIMENSION_MAX floats. Any thread.
 */
OV_CHECKED enum ov_status vault_rotation(struct vault *vault, const struct vault_key *key,
                                         int dimension, struct rotation **ret_rotation,
                                         struct ov_error *err);

/* One more reference; returns it. */
struct rotation *rotation_ref(struct rotation *rotation);
/* The last one wipes the matrix. Takes NULL. */
void rotation_unref(struct rotation *rotation);
int rotation_dimension(const struct rotation *rotation);

/*
 * Turns count descriptors, one after the other in rows; ret_rows must not overlap them.
 *
 * The order of the operations is fixed (float32 sums over the matrix's rows in ascending order, no
 * fused multiply-add), so that a descriptor comes out the same, bit for bit, whatever is turned
 * beside it and on whatever machine. Any thread.
 */
void rotation_apply(const struct rotation *rotation, const float *rows, size_t count,
                    float *ret_rows);

/*
 * The same for rows in a secret of their own: what was there is wiped. OV_ERR_INVALID
 * "template.dimension" when they are not whole descriptors.
 */
OV_CHECKED enum ov_status rotation_turn(const struct rotation *rotation, struct ov_secret *rows,
                                        struct ov_error *err);

#endif

/* Inside the vault: how a matrix follows from its seed. Pure. */
#ifndef OVERT_SERVER_VAULT_ROTATION_MAKE_H
#define OVERT_SERVER_VAULT_ROTATION_MAKE_H

#include <stdint.h>

#include "common/base/status.h"

#define ROTATION_SEED_BYTES 32u

/*
 * A random orthogonal matrix, dimension x dimension float32 in row order: Q of the QR decomposition
 * of a matrix of standard normal numbers, its columns signed so that R's diagonal is positive,
 * which makes it uniform over all orthogonal matrices (Mezzadri, "How to generate random matrices
 * from the classical compact groups", 2007). The same seed gives the same bits on every machine
 * with IEEE 754 doubles. OV_ERR_NOMEM or OV_ERR_CRYPTO.
 */
OV_CHECKED enum ov_status rotation_make(const uint8_t seed[ROTATION_SEED_BYTES], int dimension,
                                        float *ret_matrix);

#endif

/*
 * Inside the vault: what wraps the data keys. Today that is the installation key in a file; a
 * device (PKCS#11) is another pair of functions behind the same struct. Read-only once open: any
 * thread.
 */
#ifndef OVERT_SERVER_VAULT_WRAPPER_H
#define OVERT_SERVER_VAULT_WRAPPER_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/secret.h"
#include "common/base/status.h"
#include "server/vault/seal.h"

struct wrapper {
    /* Writes size + SEAL_OVERHEAD_BYTES to out. */
    enum ov_status (*wrap)(const struct wrapper *self, struct seal_context context,
                           const void *data, size_t size, uint8_t *out);
    /* Writes size - SEAL_OVERHEAD_BYTES to out; OV_ERR_CRYPTO when it was wrapped by another. */
    enum ov_status (*unwrap)(const struct wrapper *self, struct seal_context context,
                             const uint8_t *wrapped, size_t size, uint8_t *out);
    struct ov_secret key; /* of a file's; empty for a device */
};

/* Makes the file (0600, random). OV_ERR_EXISTS when there is one. */
OV_CHECKED enum ov_status wrapper_make_file(const char *path, struct ov_error *err);
/* Checks its mode and reads it. */
OV_CHECKED enum ov_status wrapper_open_file(const char *path, struct wrapper *ret,
                                            struct ov_error *err);
/* Takes a zeroed one. */
void wrapper_done(struct wrapper *wrapper);

#endif

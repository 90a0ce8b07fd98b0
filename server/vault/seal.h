/* Inside the vault: AES-256-GCM in the one form everything sealed has. Any thread. */
#ifndef OVERT_SERVER_VAULT_SEAL_H
#define OVERT_SERVER_VAULT_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define SEAL_KEY_BYTES 32u
#define SEAL_NONCE_BYTES 12u
#define SEAL_TAG_BYTES 16u
#define SEAL_OVERHEAD_BYTES (1u + SEAL_NONCE_BYTES + SEAL_TAG_BYTES)

struct seal_context {
    const void *data; /* the associated data: what the sealed bytes belong to */
    size_t size;
};

/*
 * Writes size + SEAL_OVERHEAD_BYTES to out: version 1, random nonce, ciphertext, tag. The nonce is
 * 96 random bits, so one key seals at most 2^32 times (NIST SP 800-38D, 8.3); keys here belong to
 * one deployment or one alert.
 */
OV_CHECKED enum ov_status seal_close(const uint8_t key[SEAL_KEY_BYTES], struct seal_context context,
                                     const void *data, size_t size, uint8_t *out);

/* Writes size - SEAL_OVERHEAD_BYTES to out; wipes it and returns OV_ERR_CRYPTO when the seal does
 * not hold. size must be SEAL_OVERHEAD_BYTES or more. */
OV_CHECKED enum ov_status seal_open(const uint8_t key[SEAL_KEY_BYTES], struct seal_context context,
                                    const uint8_t *sealed, size_t size, uint8_t *out);

#endif

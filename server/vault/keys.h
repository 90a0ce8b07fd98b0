/* Inside the vault: what an open vault and a loaded key consist of. */
#ifndef OVERT_SERVER_VAULT_KEYS_H
#define OVERT_SERVER_VAULT_KEYS_H

#include <limits.h>

#include <stdbool.h>

#include "server/vault/rotation_cache.h"
#include "server/vault/vault.h"

struct vault {
    char dir[PATH_MAX];
    struct ov_secret installation_key;
    struct rotation_cache rotations;
};

struct vault_key {
    enum vault_class class_id;
    struct ov_id owner;
    struct ov_secret key;
};

#define VAULT_DERIVED_BYTES 32u
/* Another key from this one: HKDF-SHA-256 (RFC 5869, no salt) with these bytes as info. */
OV_CHECKED enum ov_status vault_key_derive(const struct vault_key *key, const void *info,
                                           size_t info_size, uint8_t ret_key[VAULT_DERIVED_BYTES],
                                           struct ov_error *err);
bool vault_key_exists(const struct vault *vault, enum vault_class class_id,
                      const struct ov_id *owner);

#endif

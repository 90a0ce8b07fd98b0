/* Inside the vault: what an open vault and a loaded key consist of. */
#ifndef OVERT_SERVER_VAULT_KEYS_H
#define OVERT_SERVER_VAULT_KEYS_H

#include <limits.h>

#include <stdbool.h>

#include "server/vault/rotation_cache.h"
#include "server/vault/seal.h"
#include "server/vault/vault.h"
#include "server/vault/wrapper.h"

struct vault {
    char dir[PATH_MAX];
    int lock_fd; /* the folder: shared while the vault is open, a rewrap's alone */
    struct wrapper wrapper;
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

/* Key files: SEAL_KEY_BYTES wrapped. */
#define VAULT_KEY_FILE_BYTES (SEAL_KEY_BYTES + SEAL_OVERHEAD_BYTES)
#define VAULT_CONTEXT_BYTES_MAX 160u
struct vault_context {
    uint8_t data[VAULT_CONTEXT_BYTES_MAX];
    size_t size;
};
/* What a key file is bound to. */
void vault_file_context(struct vault_context *context, enum vault_class class_id,
                        const struct ov_id *owner);

#define VAULT_CHECK "check"
#define VAULT_CHECK_NEW "check.new" /* there while a rewrap is under way */
OV_CHECKED enum ov_status vault_path(char out[PATH_MAX], const char *dir, const char *name,
                                     struct ov_error *err);
OV_CHECKED enum ov_status vault_write_check(const char *dir, const char *name,
                                            const struct wrapper *wrapper, struct ov_error *err);
/* "vault.wrong_key" when the check file is another key's. */
OV_CHECKED enum ov_status vault_prove(const char *dir, const char *name,
                                      const struct wrapper *wrapper, struct ov_error *err);
/* All of vault_open but for proving the key. */
OV_CHECKED enum ov_status vault_open_unproved(const char *dir, const char *installation_key_path,
                                              struct vault **ret_vault, struct ov_error *err);

#endif

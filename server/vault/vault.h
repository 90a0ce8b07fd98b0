/*
 * Keys and sealing. Data keys are files in the vault folder, one wrapped key each, never in
 * PostgreSQL; the installation key wraps them. Destroying the file destroys what it sealed.
 *
 * Sealed bytes: 1 byte version (1), 12 bytes nonce, ciphertext, 16 bytes tag; AES-256-GCM
 * (NIST SP 800-38D) whose associated data is "overt seal v1" 0x00 class 0x00 owner-id column 0x00
 * row-id, so that a ciphertext moved to another row or column no longer opens. Any thread.
 */
#ifndef OVERT_SERVER_VAULT_VAULT_H
#define OVERT_SERVER_VAULT_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/id.h"
#include "common/base/secret.h"
#include "common/base/status.h"

struct vault;
struct vault_key;

enum vault_class {
    VAULT_WATCHLIST, /* one key per deployment */
    VAULT_ALERT      /* one key per alert */
};
const char *vault_class_name(enum vault_class class_id);

/* Makes the folder and the installation key (0600) unless they are there. */
OV_CHECKED enum ov_status vault_init(const char *dir, const char *installation_key_path,
                                     struct ov_error *err);

/* Checks modes, reads the installation key, and proves it against the vault's check file
 * ("vault.wrong_key" when it is another one: nothing is touched). */
OV_CHECKED enum ov_status vault_open(const char *dir, const char *installation_key_path,
                                     struct vault **ret_vault, struct ov_error *err);
void vault_close(struct vault *vault);

/* Creates the key of owner durably before it returns. OV_ERR_EXISTS when it has one;
 * OV_ERR_UNAVAILABLE "vault.full" when the disk has no room: nothing of it is left. */
OV_CHECKED enum ov_status vault_key_create(struct vault *vault, enum vault_class class_id,
                                           const struct ov_id *owner, struct vault_key **ret_key,
                                           struct ov_error *err);
/* OV_ERR_NOT_FOUND "vault.key_gone" when it was destroyed or never made. */
OV_CHECKED enum ov_status vault_key_load(struct vault *vault, enum vault_class class_id,
                                         const struct ov_id *owner, struct vault_key **ret_key,
                                         struct ov_error *err);
/* Overwrites, unlinks and syncs. Fine when it is gone already. */
OV_CHECKED enum ov_status vault_key_destroy(struct vault *vault, enum vault_class class_id,
                                            const struct ov_id *owner, struct ov_error *err);
/* Fails where it cannot be told. */
OV_CHECKED enum ov_status vault_key_is_there(struct vault *vault, enum vault_class class_id,
                                             const struct ov_id *owner, bool *ret_exists,
                                             struct ov_error *err);
/* Wipes the key in memory. Takes NULL. */
void vault_key_free(struct vault_key *key);

/* column: "entry.name", "image.jpeg" ... as named in server/store. */
OV_CHECKED enum ov_status vault_seal(const struct vault_key *key, const char *column,
                                     const struct ov_id *row, const void *data, size_t size,
                                     struct ov_secret *ret_sealed, struct ov_error *err);
/* OV_ERR_CRYPTO "vault.unsealed" when it was altered, moved, or sealed with another key. */
OV_CHECKED enum ov_status vault_unseal(const struct vault_key *key, const char *column,
                                       const struct ov_id *row, const void *sealed, size_t size,
                                       struct ov_secret *ret_data, struct ov_error *err);

#define VAULT_TAG_BYTES 32
/*
 * A keyed digest, to find or compare values without keeping them: HMAC-SHA-256 of data under a key
 * that HKDF-SHA-256 (RFC 5869, no salt) derives from this one with info "overt tag v1" 0x00
 * purpose. The same data gives the same tag under one key and purpose, and tags die with the key.
 */
OV_CHECKED enum ov_status vault_tag(const struct vault_key *key, const char *purpose,
                                    const void *data, size_t size, uint8_t ret_tag[VAULT_TAG_BYTES],
                                    struct ov_error *err);

/* --- a new installation key --- */

struct vault_rewrapped {
    int64_t now;    /* key files wrapped anew by this run */
    int64_t before; /* by an earlier one that was interrupted */
};
/*
 * Wraps every data key with the key in new_key_path (made if it is not there) instead of the one in
 * old_key_path, which is useless afterwards. Each file is replaced whole; interrupted, the same
 * call goes on. "vault.in_use" while any program has the vault open; "vault.same_key";
 * "vault.wrong_key": nothing was changed. on_progress may be NULL.
 */
OV_CHECKED enum ov_status
vault_rewrap(const char *dir, const char *old_key_path, const char *new_key_path,
             void (*on_progress)(void *ctx, const struct vault_rewrapped *counts), void *ctx,
             struct vault_rewrapped *ret, struct ov_error *err);

/* --- what lies in the folder: for whoever looks for what should be gone --- */

#define VAULT_FILE_NAME_SIZE 256

struct vault_file {
    char name[VAULT_FILE_NAME_SIZE];
    bool is_known;         /* by name and kind something that belongs where it lies */
    bool is_key;           /* UUID.key */
    bool is_temporary;     /* by its name: of a write that is under way, or was interrupted */
    bool is_private;       /* ours, and nobody else may do anything with it */
    struct ov_id owner;    /* of a key */
    int64_t changed_at_us; /* by the machine's clock */
};
/* The vault's own folder, as ".", and what lies in it: the check file, the classes' folders, and
 * whatever else somebody put there. */
OV_CHECKED enum ov_status vault_each_outside(struct vault *vault,
                                             enum ov_status (*on_file)(void *ctx,
                                                                       const struct vault_file *),
                                             void *ctx, struct ov_error *err);
/* All there is in a class's folder, in no order, until a call fails. */
OV_CHECKED enum ov_status vault_each_file(struct vault *vault, enum vault_class class_id,
                                          enum ov_status (*on_file)(void *ctx,
                                                                    const struct vault_file *),
                                          void *ctx, struct ov_error *err);
/* Destroys one of these that is no key: overwritten, unlinked and synced. Another name of a key's
 * file (a write that was interrupted just before its end) is only unlinked. */
OV_CHECKED enum ov_status vault_file_destroy(struct vault *vault, enum vault_class class_id,
                                             const char *name, struct ov_error *err);

#endif

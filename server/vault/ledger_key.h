/*
 * The key of the membership ledger, and pseudonyms and digests of images under it.
 *
 * It is a file of its own: not in the vault, not wrapped by the installation key, and possibly
 * another account's (the data-protection officer's), readable by the server's group. Whoever holds
 * it can try references until one fits, so it is read when it is needed and not kept. Blocking file
 * access; never on a loop thread. A loaded key is read-only: any thread.
 */
#ifndef OVERT_SERVER_VAULT_LEDGER_KEY_H
#define OVERT_SERVER_VAULT_LEDGER_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define LEDGER_PSEUDONYM_BYTES 32u
#define LEDGER_IMAGE_BYTES 32u

struct ledger_key;

/* Makes the file (32 random bytes, 0600). OV_ERR_EXISTS when there is one. */
OV_CHECKED enum ov_status ledger_key_make(const char *path, struct ov_error *err);

/* OV_ERR_NOT_FOUND "ledger.no_key"; OV_ERR_DENIED "ledger.key_mode" when others could read or
 * change it; OV_ERR_CRYPTO "ledger.bad_key" when it is no such key. */
OV_CHECKED enum ov_status ledger_key_load(const char *path, struct ledger_key **ret_key,
                                          struct ov_error *err);
/* Wipes it. Takes NULL. */
void ledger_key_free(struct ledger_key *key);

/* HMAC-SHA-256(key, reference): the same subject has the same pseudonym on every list. reference is
 * what the force calls the subject, 1 byte or more. */
OV_CHECKED enum ov_status ledger_key_pseudonym(const struct ledger_key *key, const void *reference,
                                               size_t size, uint8_t ret[LEDGER_PSEUDONYM_BYTES],
                                               struct ov_error *err);

/*
 * HMAC-SHA-256(key, 0x00 "overt ledger image v1" 0x00 SHA-256(image)): the same file has the same
 * digest on every list, and none is a reference's pseudonym or the key's fingerprint. It tells
 * whether two files are the same, byte for byte, and nothing of who is on them.
 */
OV_CHECKED enum ov_status ledger_key_image(const struct ledger_key *key, const void *image,
                                           size_t size, uint8_t ret[LEDGER_IMAGE_BYTES],
                                           struct ov_error *err);

/* By which the key is known again: HMAC-SHA-256(key, 0x00 "overt ledger key v1"), which is no
 * reference's pseudonym. */
OV_CHECKED enum ov_status ledger_key_fingerprint(const struct ledger_key *key,
                                                 uint8_t ret[LEDGER_PSEUDONYM_BYTES],
                                                 struct ov_error *err);

#endif

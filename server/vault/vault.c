/*
 * The vault's folder and its installation key.
 *
 * - DIR/check: a known text sealed with the installation key, so that a wrong key is told at once
 * - DIR/watchlist/UUID.key, DIR/alert/UUID.key: one wrapped data key each (key.c)
 *
 * Blocking file access; never on a loop thread. A vault is read-only once open, but for the
 * matrices that it remembers under their own lock: any thread.
 */
#include "server/vault/vault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "common/base/file.h"
#include "server/vault/keys.h"
#include "server/vault/seal.h"

static const char check_text[] = "this vault opens";
#define CHECK_TEXT_BYTES (sizeof(check_text) - 1)
#define CHECK_FILE_BYTES (CHECK_TEXT_BYTES + SEAL_OVERHEAD_BYTES)

static const struct seal_context check_context = {"overt check v1", 14};
static const enum vault_class all_classes[] = {VAULT_WATCHLIST, VAULT_ALERT};
#define CLASS_COUNT (sizeof(all_classes) / sizeof(all_classes[0]))

const char *vault_class_name(enum vault_class class_id)
{
    switch (class_id) {
    case VAULT_WATCHLIST:
        return "watchlist";
    case VAULT_ALERT:
        return "alert";
    }
    return "unknown";
}

static enum ov_status path_in(char out[PATH_MAX], const char *dir, const char *name,
                              struct ov_error *err)
{
    int length = snprintf(out, PATH_MAX, "%s/%s", dir, name);
    if (length < 0 || length >= PATH_MAX)
        return ov_fail(err, OV_ERR_LIMIT, "vault.path", "the path of the vault is too long");
    return OV_OK;
}

/* --- the installation key ------------------------------------------------------------------ */

static enum ov_status read_installation_key(const char *path, struct ov_secret *ret_key,
                                            struct ov_error *err)
{
    enum ov_status status = ov_file_check_private(path, err);
    struct ov_secret key = OV_SECRET_INIT;
    if (status == OV_OK)
        status = ov_file_read_secret(path, SEAL_KEY_BYTES, &key, err);
    if (status == OV_OK && key.size != SEAL_KEY_BYTES)
        status = ov_fail(err, OV_ERR_CRYPTO, "vault.bad_key",
                         "%s is no installation key: it has %zu bytes, not %u", path, key.size,
                         SEAL_KEY_BYTES);
    if (status != OV_OK) {
        ov_secret_free(&key);
        return status;
    }
    *ret_key = key;
    return OV_OK;
}

static enum ov_status make_installation_key(const char *path, struct ov_error *err)
{
    struct ov_secret key = OV_SECRET_INIT;
    enum ov_status status = ov_secret_new(&key, SEAL_KEY_BYTES);
    if (status != OV_OK)
        return ov_fail(err, status, "memory", "out of memory");
    ov_random(key.data, key.size);
    status = ov_file_write_new(path, 0600, key.data, key.size, err);
    ov_secret_free(&key);
    return status;
}

/* --- the check file ------------------------------------------------------------------------ */

static enum ov_status write_check(const char *dir, const struct ov_secret *key,
                                  struct ov_error *err)
{
    char path[PATH_MAX];
    uint8_t sealed[CHECK_FILE_BYTES];
    enum ov_status status = path_in(path, dir, "check", err);
    if (status != OV_OK)
        return status;
    status = seal_close(key->data, check_context, check_text, CHECK_TEXT_BYTES, sealed);
    if (status != OV_OK)
        return ov_fail(err, status, "vault.seal", "OpenSSL cannot seal");
    return ov_file_write_new(path, 0600, sealed, sizeof(sealed), err);
}

static enum ov_status prove_key(const char *dir, const struct ov_secret *key, struct ov_error *err)
{
    char path[PATH_MAX];
    struct ov_secret sealed = OV_SECRET_INIT;
    uint8_t text[CHECK_TEXT_BYTES];
    enum ov_status status = path_in(path, dir, "check", err);
    if (status == OV_OK)
        status = ov_file_check_private(path, err);
    if (status == OV_OK)
        status = ov_file_read_secret(path, CHECK_FILE_BYTES, &sealed, err);
    if (status != OV_OK)
        return status;
    if (sealed.size != CHECK_FILE_BYTES ||
        seal_open(key->data, check_context, sealed.data, sealed.size, text) != OV_OK ||
        memcmp(text, check_text, CHECK_TEXT_BYTES) != 0)
        status = ov_fail(err, OV_ERR_CRYPTO, "vault.wrong_key",
                         "the installation key is not the one of the vault in %s; put the right "
                         "one back, nothing was changed",
                         dir);
    ov_secret_free(&sealed);
    return status;
}

/* --- opening ------------------------------------------------------------------------------- */

static enum ov_status each_folder(const char *dir,
                                  enum ov_status (*apply)(const char *path, struct ov_error *err),
                                  struct ov_error *err)
{
    enum ov_status status = apply(dir, err);
    for (size_t i = 0; i < CLASS_COUNT && status == OV_OK; i++) {
        char path[PATH_MAX];
        status = path_in(path, dir, vault_class_name(all_classes[i]), err);
        if (status == OV_OK)
            status = apply(path, err);
    }
    return status;
}

static enum ov_status make_folder(const char *path, struct ov_error *err)
{
    return ov_dir_make(path, 0700, err);
}

enum ov_status vault_init(const char *dir, const char *installation_key_path, struct ov_error *err)
{
    char check[PATH_MAX];
    enum ov_status status = path_in(check, dir, "check", err);
    if (status != OV_OK)
        return status;
    bool has_check = access(check, F_OK) == 0;
    bool has_key = access(installation_key_path, F_OK) == 0;
    if (has_check && !has_key)
        return ov_fail(err, OV_ERR_NOT_FOUND, "vault.no_key",
                       "the vault in %s was made with an installation key that is not at %s; a new "
                       "key would open nothing in it",
                       dir, installation_key_path);
    status = each_folder(dir, make_folder, err);
    if (status == OV_OK && !has_key)
        status = make_installation_key(installation_key_path, err);
    struct ov_secret key = OV_SECRET_INIT;
    if (status == OV_OK)
        status = read_installation_key(installation_key_path, &key, err);
    if (status == OV_OK && !has_check)
        status = write_check(dir, &key, err);
    ov_secret_free(&key);
    return status;
}

enum ov_status vault_open(const char *dir, const char *installation_key_path,
                          struct vault **ret_vault, struct ov_error *err)
{
    struct vault *vault = calloc(1, sizeof(*vault));
    if (vault == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    rotation_cache_init(&vault->rotations);
    enum ov_status status = OV_OK;
    if (strlen(dir) >= sizeof(vault->dir))
        status = ov_fail(err, OV_ERR_LIMIT, "vault.path", "the path of the vault is too long");
    else
        memcpy(vault->dir, dir, strlen(dir) + 1);
    if (status == OV_OK && access(dir, F_OK) != 0 && errno == ENOENT)
        status = ov_fail(err, OV_ERR_NOT_FOUND, "vault.missing",
                         "there is no vault in %s: 'overtd bootstrap' makes one in a new "
                         "installation; in any other restore it",
                         dir);
    if (status == OV_OK)
        status = each_folder(dir, ov_file_check_private, err);
    if (status == OV_OK)
        status = read_installation_key(installation_key_path, &vault->installation_key, err);
    if (status == OV_OK)
        status = prove_key(dir, &vault->installation_key, err);
    if (status != OV_OK) {
        vault_close(vault);
        return status;
    }
    *ret_vault = vault;
    return OV_OK;
}

void vault_close(struct vault *vault)
{
    if (vault == NULL)
        return;
    rotation_cache_done(&vault->rotations);
    ov_secret_free(&vault->installation_key);
    free(vault);
}

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
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
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

enum ov_status vault_path(char out[PATH_MAX], const char *dir, const char *name,
                          struct ov_error *err)
{
    int length = snprintf(out, PATH_MAX, "%s/%s", dir, name);
    if (length < 0 || length >= PATH_MAX)
        return ov_fail(err, OV_ERR_LIMIT, "vault.path", "the path of the vault is too long");
    return OV_OK;
}

/* --- the check file ------------------------------------------------------------------------ */

enum ov_status vault_write_check(const char *dir, const char *name, const struct wrapper *wrapper,
                                 struct ov_error *err)
{
    char path[PATH_MAX];
    uint8_t sealed[CHECK_FILE_BYTES];
    enum ov_status status = vault_path(path, dir, name, err);
    if (status != OV_OK)
        return status;
    status = wrapper->wrap(wrapper, check_context, check_text, CHECK_TEXT_BYTES, sealed);
    if (status != OV_OK)
        return ov_fail(err, status, "vault.seal", "OpenSSL cannot seal");
    return ov_file_write_new(path, 0600, sealed, sizeof(sealed), err);
}

enum ov_status vault_prove(const char *dir, const char *name, const struct wrapper *wrapper,
                           struct ov_error *err)
{
    char path[PATH_MAX];
    struct ov_secret sealed = OV_SECRET_INIT;
    uint8_t text[CHECK_TEXT_BYTES];
    enum ov_status status = vault_path(path, dir, name, err);
    if (status == OV_OK)
        status = ov_file_check_private(path, err);
    if (status == OV_OK)
        status = ov_file_read_secret(path, CHECK_FILE_BYTES, &sealed, err);
    if (status != OV_OK)
        return status;
    if (sealed.size != CHECK_FILE_BYTES ||
        wrapper->unwrap(wrapper, check_context, sealed.data, sealed.size, text) != OV_OK ||
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
        status = vault_path(path, dir, vault_class_name(all_classes[i]), err);
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
    enum ov_status status = vault_path(check, dir, VAULT_CHECK, err);
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
        status = wrapper_make_file(installation_key_path, err);
    struct wrapper wrapper = {.key = OV_SECRET_INIT};
    if (status == OV_OK)
        status = wrapper_open_file(installation_key_path, &wrapper, err);
    if (status == OV_OK && !has_check)
        status = vault_write_check(dir, VAULT_CHECK, &wrapper, err);
    wrapper_done(&wrapper);
    return status;
}

/* Shared: several programs may have the vault open, but none during a rewrap. */
static enum ov_status lock(struct vault *vault, struct ov_error *err)
{
    vault->lock_fd = open(vault->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (vault->lock_fd < 0)
        return ov_fail(err, OV_ERR_IO, "vault.read", "cannot open the vault's folder %s: %s",
                       vault->dir, strerror(errno));
    if (flock(vault->lock_fd, LOCK_SH | LOCK_NB) != 0)
        return ov_fail(err, OV_ERR_STATE, "vault.rotating",
                       "the installation key of the vault in %s is being rotated; start again when "
                       "that has ended",
                       vault->dir);
    return OV_OK;
}

enum ov_status vault_open_unproved(const char *dir, const char *installation_key_path,
                                   struct vault **ret_vault, struct ov_error *err)
{
    struct vault *vault = calloc(1, sizeof(*vault));
    if (vault == NULL) {
        (void)ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
        return OV_ERR_NOMEM;
    }
    vault->lock_fd = -1;
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
        status = lock(vault, err);
    if (status == OV_OK)
        status = wrapper_open_file(installation_key_path, &vault->wrapper, err);
    if (status != OV_OK) {
        vault_close(vault);
        return status;
    }
    *ret_vault = vault;
    return OV_OK;
}

/* Half of its keys may be the new one's already. */
static enum ov_status check_not_rotating(const struct vault *vault, struct ov_error *err)
{
    char path[PATH_MAX];
    enum ov_status status = vault_path(path, vault->dir, VAULT_CHECK_NEW, err);
    if (status != OV_OK || access(path, F_OK) != 0)
        return status;
    return ov_fail(err, OV_ERR_STATE, "vault.rotating",
                   "a rotation of the installation key was begun and has not ended: run 'overtd "
                   "vault rotate --new-key PATH' again with the same new key");
}

enum ov_status vault_open(const char *dir, const char *installation_key_path,
                          struct vault **ret_vault, struct ov_error *err)
{
    struct vault *vault = NULL;
    enum ov_status status = vault_open_unproved(dir, installation_key_path, &vault, err);
    if (status != OV_OK)
        return status;
    status = check_not_rotating(vault, err);
    if (status == OV_OK)
        status = vault_prove(dir, VAULT_CHECK, &vault->wrapper, err);
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
    wrapper_done(&vault->wrapper);
    if (vault->lock_fd >= 0)
        (void)close(vault->lock_fd);
    free(vault);
}

/*
 * A new installation key: every data key is unwrapped with the old one and wrapped with the new
 * one.
 *
 * - DIR/check.new, sealed with the new key, says that this is under way; the vault does not open
 * then
 * - each key file is replaced by rename: whole with the old key, or whole with the new one. Both
 * are accepted here, and nowhere else
 * - at the end check.new becomes check: from then on the old key opens nothing
 *
 * Killed at any moment, the next run with the same new key goes on from there. Holds the vault for
 * itself: no server may have it open. Blocking; a command's only thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "common/base/file.h"
#include "server/vault/keys.h"

struct rewrapping {
    struct vault *vault; /* with the old key */
    struct wrapper fresh;
    struct vault_rewrapped counts;
    enum vault_class class_id;
    void (*on_progress)(void *ctx, const struct vault_rewrapped *counts);
    void *ctx;
    struct ov_error *err;
};

static enum ov_status io_failure(const char *what, const char *path, struct ov_error *err)
{
    return ov_fail(err, OV_ERR_IO, "vault.write", "cannot %s %s: %s; run the same command again",
                   what, path, strerror(errno));
}

/* Writes beside path and puts it in its place, durably. What an earlier run left there goes. */
static enum ov_status replace(const char *path, const uint8_t *data, size_t size,
                              struct ov_error *err)
{
    char beside[PATH_MAX];
    int length = snprintf(beside, sizeof(beside), "%s.rewrap", path);
    if (length < 0 || length >= PATH_MAX)
        return ov_fail(err, OV_ERR_LIMIT, "vault.path", "the path of the vault is too long");
    if (unlink(beside) != 0 && errno != ENOENT)
        return io_failure("remove", beside, err);
    enum ov_status status = ov_file_write_new(beside, 0600, data, size, err);
    if (status == OV_OK && rename(beside, path) != 0)
        status = io_failure("replace", path, err);
    return status;
}

/* The old file's own blocks, once nothing names them any more. */
static enum ov_status forget(int fd, const char *path, struct ov_error *err)
{
    uint8_t noise[VAULT_KEY_FILE_BYTES];
    ov_random(noise, sizeof(noise));
    if (pwrite(fd, noise, sizeof(noise), 0) != (ssize_t)sizeof(noise) || fsync(fd) != 0)
        return io_failure("overwrite the old", path, err);
    return OV_OK;
}

static enum ov_status rewrap_bytes(struct rewrapping *rewrapping, const char *path,
                                   struct seal_context context,
                                   uint8_t wrapped[VAULT_KEY_FILE_BYTES], bool *ret_done)
{
    uint8_t key[SEAL_KEY_BYTES];
    *ret_done = rewrapping->fresh.unwrap(&rewrapping->fresh, context, wrapped, VAULT_KEY_FILE_BYTES,
                                         key) == OV_OK;
    enum ov_status status = OV_OK;
    const struct wrapper *old = &rewrapping->vault->wrapper;
    if (!*ret_done && old->unwrap(old, context, wrapped, VAULT_KEY_FILE_BYTES, key) != OV_OK)
        status = ov_fail(rewrapping->err, OV_ERR_CRYPTO, "vault.bad_key",
                         "the key file %s is damaged or belongs elsewhere: put it back from the "
                         "vault's own backup, or remove it if nothing needs it, and run the same "
                         "command again",
                         path);
    if (!*ret_done && status == OV_OK &&
        rewrapping->fresh.wrap(&rewrapping->fresh, context, key, sizeof(key), wrapped) != OV_OK)
        status = ov_fail(rewrapping->err, OV_ERR_CRYPTO, "vault.seal", "OpenSSL cannot seal");
    ov_wipe(key, sizeof(key));
    return status;
}

static enum ov_status rewrap_open(struct rewrapping *rewrapping, int fd, const char *path,
                                  const struct ov_id *owner)
{
    uint8_t wrapped[VAULT_KEY_FILE_BYTES + 1];
    struct vault_context context = {.size = 0};
    bool done = false;
    vault_file_context(&context, rewrapping->class_id, owner);
    ssize_t size = pread(fd, wrapped, sizeof(wrapped), 0);
    if (size != VAULT_KEY_FILE_BYTES)
        return ov_fail(rewrapping->err, OV_ERR_CRYPTO, "vault.bad_key",
                       "the key file %s is damaged: it has another size", path);
    struct seal_context sealed_as = {context.data, context.size};
    enum ov_status status = rewrap_bytes(rewrapping, path, sealed_as, wrapped, &done);
    if (status == OV_OK && !done)
        status = replace(path, wrapped, VAULT_KEY_FILE_BYTES, rewrapping->err);
    if (status == OV_OK && !done)
        status = forget(fd, path, rewrapping->err);
    if (status == OV_OK && done)
        rewrapping->counts.before++;
    if (status == OV_OK && !done)
        rewrapping->counts.now++;
    return status;
}

static enum ov_status on_file(void *ctx, const struct vault_file *file)
{
    struct rewrapping *rewrapping = ctx;
    char path[PATH_MAX];
    if (!file->is_key)
        return OV_OK; /* left by an interrupted write: the server sweeps it */
    int length = snprintf(path, sizeof(path), "%s/%s/%s", rewrapping->vault->dir,
                          vault_class_name(rewrapping->class_id), file->name);
    if (length < 0 || length >= PATH_MAX)
        return ov_fail(rewrapping->err, OV_ERR_LIMIT, "vault.path",
                       "the path of the vault is too long");
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return io_failure("open", path, rewrapping->err);
    enum ov_status status = rewrap_open(rewrapping, fd, path, &file->owner);
    (void)close(fd);
    if (status == OV_OK && rewrapping->on_progress != NULL)
        rewrapping->on_progress(rewrapping->ctx, &rewrapping->counts);
    return status;
}

/* The renames are durable before the old key is given up. */
static enum ov_status sync_folder(const char *path, struct ov_error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? -1 : fsync(fd);
    int why = errno;
    if (fd >= 0)
        (void)close(fd);
    errno = why;
    return rc == 0 ? OV_OK : io_failure("make durable", path, err);
}

static enum ov_status rewrap_class(struct rewrapping *rewrapping, enum vault_class class_id)
{
    char path[PATH_MAX];
    rewrapping->class_id = class_id;
    enum ov_status status =
        vault_each_file(rewrapping->vault, class_id, on_file, rewrapping, rewrapping->err);
    int length =
        snprintf(path, sizeof(path), "%s/%s", rewrapping->vault->dir, vault_class_name(class_id));
    if (status == OV_OK && (length < 0 || length >= PATH_MAX))
        status = ov_fail(rewrapping->err, OV_ERR_LIMIT, "vault.path",
                         "the path of the vault is too long");
    return status == OV_OK ? sync_folder(path, rewrapping->err) : status;
}

/* Says that a rotation to this new key is under way, unless an earlier run has said so. */
static enum ov_status begin(struct rewrapping *rewrapping)
{
    struct ov_error *err = rewrapping->err;
    const char *dir = rewrapping->vault->dir;
    char path[PATH_MAX];
    enum ov_status status = vault_path(path, dir, VAULT_CHECK_NEW, err);
    if (status != OV_OK)
        return status;
    if (access(path, F_OK) != 0)
        return vault_write_check(dir, VAULT_CHECK_NEW, &rewrapping->fresh, err);
    if (vault_prove(dir, VAULT_CHECK_NEW, &rewrapping->fresh, NULL) == OV_OK)
        return OV_OK;
    return ov_fail(err, OV_ERR_STATE, "vault.rotating",
                   "a rotation to another new key was begun and has not ended; run it again with "
                   "that key, nothing was changed");
}

static enum ov_status finish(struct rewrapping *rewrapping)
{
    char from[PATH_MAX];
    char to[PATH_MAX];
    const char *dir = rewrapping->vault->dir;
    enum ov_status status = vault_path(from, dir, VAULT_CHECK_NEW, rewrapping->err);
    if (status == OV_OK)
        status = vault_path(to, dir, VAULT_CHECK, rewrapping->err);
    if (status == OV_OK && rename(from, to) != 0)
        status = io_failure("replace", to, rewrapping->err);
    return status == OV_OK ? sync_folder(dir, rewrapping->err) : status;
}

static enum ov_status rewrap_all(struct rewrapping *rewrapping)
{
    enum ov_status status = begin(rewrapping);
    if (status == OV_OK)
        status = rewrap_class(rewrapping, VAULT_WATCHLIST);
    if (status == OV_OK)
        status = rewrap_class(rewrapping, VAULT_ALERT);
    return status == OV_OK ? finish(rewrapping) : status;
}

static enum ov_status open_new_key(const char *path, struct wrapper *ret, struct ov_error *err)
{
    enum ov_status status = access(path, F_OK) == 0 ? OV_OK : wrapper_make_file(path, err);
    return status == OV_OK ? wrapper_open_file(path, ret, err) : status;
}

static enum ov_status hold_alone(const struct vault *vault, struct ov_error *err)
{
    if (flock(vault->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return OV_OK;
    return ov_fail(err, OV_ERR_STATE, "vault.in_use",
                   "the vault in %s is in use: stop overtd first, nothing was changed", vault->dir);
}

enum ov_status vault_rewrap(const char *dir, const char *old_key_path, const char *new_key_path,
                            void (*on_progress)(void *ctx, const struct vault_rewrapped *counts),
                            void *ctx, struct vault_rewrapped *ret, struct ov_error *err)
{
    struct rewrapping rewrapping = {.on_progress = on_progress, .ctx = ctx, .err = err};
    enum ov_status status = vault_open_unproved(dir, old_key_path, &rewrapping.vault, err);
    if (status == OV_OK)
        status = hold_alone(rewrapping.vault, err);
    if (status == OV_OK)
        status = open_new_key(new_key_path, &rewrapping.fresh, err);
    if (status == OV_OK && ov_secret_equal(&rewrapping.fresh.key, &rewrapping.vault->wrapper.key))
        status = ov_fail(err, OV_ERR_INVALID, "vault.same_key",
                         "the new key is the old one; nothing was changed");
    /* An earlier run may have come to its very end: then the vault is the new key's. */
    bool ended = status == OV_OK && vault_prove(dir, VAULT_CHECK, &rewrapping.fresh, NULL) == OV_OK;
    if (status == OV_OK && !ended)
        status = vault_prove(dir, VAULT_CHECK, &rewrapping.vault->wrapper, err);
    if (status == OV_OK && !ended)
        status = rewrap_all(&rewrapping);
    if (status == OV_OK)
        *ret = rewrapping.counts;
    wrapper_done(&rewrapping.fresh);
    vault_close(rewrapping.vault);
    return status;
}

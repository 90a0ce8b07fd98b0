/*
 * Data keys: their files, and sealing with them.
 *
 * A key file is 61 bytes: version 1, nonce, 32 bytes wrapped, tag; its associated data is "overt
 * key v1" 0x00 class 0x00 owner-id, so that one owner's file does not open as another's. Blocking
 * file access; a loaded key is read-only: any thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "common/base/file.h"
#include "server/vault/keys.h"
#include "server/vault/seal.h"

#define COLUMN_BYTES_MAX 64u

/* --- associated data ----------------------------------------------------------------------- */

/* The callers' parts together are smaller than VAULT_CONTEXT_BYTES_MAX: column names are checked.
 */
static void context_add(struct vault_context *context, const void *data, size_t size)
{
    memcpy(context->data + context->size, data, size);
    context->size += size;
}

/* With its terminating zero, which keeps one part from running into the next. */
static void context_add_text(struct vault_context *context, const char *text)
{
    context_add(context, text, strlen(text) + 1);
}

static struct seal_context as_seal(const struct vault_context *context)
{
    return (struct seal_context){context->data, context->size};
}

void vault_file_context(struct vault_context *context, enum vault_class class_id,
                        const struct ov_id *owner)
{
    context_add_text(context, "overt key v1");
    context_add_text(context, vault_class_name(class_id));
    context_add(context, owner->bytes, OV_ID_BYTES);
}

static enum ov_status row_context(struct vault_context *context, const struct vault_key *key,
                                  const char *column, const struct ov_id *row, struct ov_error *err)
{
    if (*column == '\0' || strlen(column) > COLUMN_BYTES_MAX)
        return ov_fail(err, OV_ERR_INTERNAL, "vault.column", "a column is named by 1 to %u bytes",
                       COLUMN_BYTES_MAX);
    context_add_text(context, "overt seal v1");
    context_add_text(context, vault_class_name(key->class_id));
    context_add(context, key->owner.bytes, OV_ID_BYTES);
    context_add_text(context, column);
    context_add(context, row->bytes, OV_ID_BYTES);
    return OV_OK;
}

/* --- key files ----------------------------------------------------------------------------- */

static enum ov_status key_path(char out[PATH_MAX], const struct vault *vault,
                               enum vault_class class_id, const struct ov_id *owner,
                               struct ov_error *err)
{
    char text[OV_ID_TEXT_SIZE];
    int length = snprintf(out, PATH_MAX, "%s/%s/%s.key", vault->dir, vault_class_name(class_id),
                          ov_id_format(owner, text));
    if (length < 0 || length >= PATH_MAX)
        return ov_fail(err, OV_ERR_LIMIT, "vault.path", "the path of the vault is too long");
    return OV_OK;
}

static struct vault_key *key_new(enum vault_class class_id, const struct ov_id *owner)
{
    struct vault_key *key = calloc(1, sizeof(*key));
    if (key == NULL)
        return NULL;
    key->class_id = class_id;
    key->owner = *owner;
    if (ov_secret_new(&key->key, SEAL_KEY_BYTES) != OV_OK) {
        free(key);
        return NULL;
    }
    return key;
}

void vault_key_free(struct vault_key *key)
{
    if (key == NULL)
        return;
    ov_secret_free(&key->key);
    free(key);
}

static enum ov_status write_wrapped(const struct vault *vault, const struct vault_key *key,
                                    const char *path, struct ov_error *err)
{
    struct vault_context context = {.size = 0};
    struct ov_error why = OV_ERROR_INIT;
    uint8_t wrapped[VAULT_KEY_FILE_BYTES];
    vault_file_context(&context, key->class_id, &key->owner);
    enum ov_status status = vault->wrapper.wrap(&vault->wrapper, as_seal(&context), key->key.data,
                                                key->key.size, wrapped);
    if (status != OV_OK)
        return ov_fail(err, status, "vault.seal", "OpenSSL cannot seal");
    status = ov_file_write_new(path, 0600, wrapped, sizeof(wrapped), &why);
    if (status == OV_ERR_EXISTS)
        return ov_fail(err, status, "vault.key_exists", "there is a key of this %s already",
                       vault_class_name(key->class_id));
    if (strcmp(why.code, "file.full") == 0)
        return ov_fail(err, OV_ERR_UNAVAILABLE, "vault.full",
                       "the vault's disk is full and no key was made; have somebody make room on "
                       "the server, and try again");
    if (status != OV_OK)
        return ov_fail(err, status, "vault.write", "cannot write to the vault: %s", why.text);
    return OV_OK;
}

enum ov_status vault_key_create(struct vault *vault, enum vault_class class_id,
                                const struct ov_id *owner, struct vault_key **ret_key,
                                struct ov_error *err)
{
    char path[PATH_MAX];
    enum ov_status status = key_path(path, vault, class_id, owner, err);
    if (status != OV_OK)
        return status;
    struct vault_key *key = key_new(class_id, owner);
    if (key == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    ov_random(key->key.data, key->key.size);
    status = write_wrapped(vault, key, path, err);
    if (status != OV_OK) {
        vault_key_free(key);
        return status;
    }
    *ret_key = key;
    return OV_OK;
}

/* ENOENT is the ordinary case of a destroyed key and gets its own code. */
static enum ov_status read_wrapped(const char *path, enum vault_class class_id,
                                   struct ov_secret *ret_wrapped, struct ov_error *err)
{
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return ov_fail(err, OV_ERR_NOT_FOUND, "vault.key_gone",
                       "the key of this %s was destroyed, or never made: what it sealed is gone",
                       vault_class_name(class_id));
    enum ov_status status = ov_file_check_private(path, err);
    if (status == OV_OK)
        status = ov_file_read_secret(path, VAULT_KEY_FILE_BYTES, ret_wrapped, err);
    return status;
}

enum ov_status vault_key_load(struct vault *vault, enum vault_class class_id,
                              const struct ov_id *owner, struct vault_key **ret_key,
                              struct ov_error *err)
{
    char path[PATH_MAX];
    struct ov_secret wrapped = OV_SECRET_INIT;
    enum ov_status status = key_path(path, vault, class_id, owner, err);
    if (status == OV_OK)
        status = read_wrapped(path, class_id, &wrapped, err);
    if (status != OV_OK)
        return status;
    struct vault_context context = {.size = 0};
    vault_file_context(&context, class_id, owner);
    struct vault_key *key = key_new(class_id, owner);
    if (key == NULL)
        status = ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    else if (wrapped.size != VAULT_KEY_FILE_BYTES ||
             vault->wrapper.unwrap(&vault->wrapper, as_seal(&context), wrapped.data, wrapped.size,
                                   key->key.data) != OV_OK)
        status = ov_fail(err, OV_ERR_CRYPTO, "vault.bad_key",
                         "the key file %s is damaged or belongs elsewhere; restore the vault from "
                         "its own backup",
                         path);
    ov_secret_free(&wrapped);
    if (status != OV_OK) {
        vault_key_free(key);
        return status;
    }
    *ret_key = key;
    return OV_OK;
}

/* --- destruction --------------------------------------------------------------------------- */

/* Over all that the file has, which is more than a key when somebody tampered with it. */
static int overwrite(int fd)
{
    struct stat info;
    uint8_t noise[512];
    if (fstat(fd, &info) != 0)
        return -1;
    for (off_t at = 0; at < info.st_size; at += (off_t)sizeof(noise)) {
        off_t left = info.st_size - at;
        size_t size = left < (off_t)sizeof(noise) ? (size_t)left : sizeof(noise);
        ov_random(noise, sizeof(noise));
        if (pwrite(fd, noise, size, at) != (ssize_t)size)
            return -1;
    }
    return fsync(fd);
}

static int sync_folder(const struct vault *vault, enum vault_class class_id)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof(path), "%s/%s", vault->dir, vault_class_name(class_id));
    if (length < 0 || length >= PATH_MAX)
        return -1;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int rc = fsync(fd);
    int why = errno;
    (void)close(fd);
    errno = why;
    return rc;
}

/* A file that has another name besides is left whole: what is overwritten here is gone there too.
 */
static int destroy_file(const char *path, bool spare_other_name)
{
    struct stat info;
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -1;
    int rc = fstat(fd, &info);
    if (rc == 0 && !(spare_other_name && info.st_nlink > 1))
        rc = overwrite(fd);
    int why = errno;
    (void)close(fd);
    errno = why;
    return rc == 0 ? unlink(path) : rc;
}

static enum ov_status destroy(const struct vault *vault, enum vault_class class_id,
                              const char *path, bool spare_other_name, struct ov_error *err)
{
    int rc = destroy_file(path, spare_other_name);
    if (rc != 0 && errno == ENOENT)
        rc = 0; /* gone already; the folder is synced again, in case a crash came before that */
    if (rc == 0)
        rc = sync_folder(vault, class_id);
    if (rc != 0)
        return ov_fail(err, OV_ERR_IO, "vault.destroy", "cannot destroy the key %s: %s", path,
                       strerror(errno));
    return OV_OK;
}

enum ov_status vault_key_destroy(struct vault *vault, enum vault_class class_id,
                                 const struct ov_id *owner, struct ov_error *err)
{
    char path[PATH_MAX];
    enum ov_status status = key_path(path, vault, class_id, owner, err);
    if (status != OV_OK)
        return status;
    status = destroy(vault, class_id, path, false, err);
    if (class_id == VAULT_WATCHLIST)
        rotation_cache_drop(&vault->rotations, owner); /* after the file: see rotation_cache.c */
    return status;
}

bool vault_key_exists(const struct vault *vault, enum vault_class class_id,
                      const struct ov_id *owner)
{
    char path[PATH_MAX];
    return key_path(path, vault, class_id, owner, NULL) == OV_OK && access(path, F_OK) == 0;
}

enum ov_status vault_key_is_there(struct vault *vault, enum vault_class class_id,
                                  const struct ov_id *owner, bool *ret_exists, struct ov_error *err)
{
    char path[PATH_MAX];
    struct stat info;
    enum ov_status status = key_path(path, vault, class_id, owner, err);
    if (status != OV_OK)
        return status;
    if (lstat(path, &info) != 0 && errno != ENOENT)
        return ov_fail(err, OV_ERR_IO, "vault.read", "cannot look for the key %s: %s", path,
                       strerror(errno));
    *ret_exists = lstat(path, &info) == 0;
    return OV_OK;
}

enum ov_status vault_file_destroy(struct vault *vault, enum vault_class class_id, const char *name,
                                  struct ov_error *err)
{
    char path[PATH_MAX];
    int length =
        snprintf(path, sizeof(path), "%s/%s/%s", vault->dir, vault_class_name(class_id), name);
    if (length < 0 || length >= PATH_MAX || strchr(name, '/') != NULL)
        return ov_fail(err, OV_ERR_INVALID, "vault.path", "that is no file of the vault");
    return destroy(vault, class_id, path, true, err);
}

/* --- sealing ------------------------------------------------------------------------------- */

enum ov_status vault_seal(const struct vault_key *key, const char *column, const struct ov_id *row,
                          const void *data, size_t size, struct ov_secret *ret_sealed,
                          struct ov_error *err)
{
    struct vault_context context = {.size = 0};
    struct ov_secret sealed = OV_SECRET_INIT;
    enum ov_status status = row_context(&context, key, column, row, err);
    if (status != OV_OK)
        return status;
    if (size > SIZE_MAX / 2 || ov_secret_new(&sealed, size + SEAL_OVERHEAD_BYTES) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    status = seal_close(key->key.data, as_seal(&context), data, size, sealed.data);
    if (status != OV_OK) {
        ov_secret_free(&sealed);
        return ov_fail(err, status, "vault.seal", "OpenSSL cannot seal %zu bytes", size);
    }
    *ret_sealed = sealed;
    return OV_OK;
}

enum ov_status vault_unseal(const struct vault_key *key, const char *column,
                            const struct ov_id *row, const void *sealed, size_t size,
                            struct ov_secret *ret_data, struct ov_error *err)
{
    struct vault_context context = {.size = 0};
    enum ov_status status = row_context(&context, key, column, row, err);
    if (status != OV_OK)
        return status;
    struct ov_secret data = OV_SECRET_INIT;
    size_t data_size = size > SEAL_OVERHEAD_BYTES ? size - SEAL_OVERHEAD_BYTES : 0;
    /* An ov_secret has a byte at least; nothing sealed gives an empty one back. */
    if (ov_secret_new(&data, data_size > 0 ? data_size : 1) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    if (size < SEAL_OVERHEAD_BYTES ||
        seal_open(key->key.data, as_seal(&context), sealed, size, data.data) != OV_OK) {
        ov_secret_free(&data);
        return ov_fail(err, OV_ERR_CRYPTO, "vault.unsealed",
                       "sealed bytes of %s do not open: they were altered, moved, or sealed with "
                       "another key",
                       column);
    }
    if (data_size == 0)
        ov_secret_free(&data);
    *ret_data = data;
    return OV_OK;
}

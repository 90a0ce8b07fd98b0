/* What lies in the vault's folders. Blocking file access. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/clock.h"
#include "server/vault/keys.h"

#define KEY_NAME_LENGTH (OV_ID_TEXT_SIZE - 1 + 4) /* UUID.key */

static bool read_owner(const char *name, struct ov_id *ret_owner)
{
    char text[OV_ID_TEXT_SIZE];
    if (strlen(name) != KEY_NAME_LENGTH || strcmp(name + OV_ID_TEXT_SIZE - 1, ".key") != 0)
        return false;
    memcpy(text, name, OV_ID_TEXT_SIZE - 1);
    text[OV_ID_TEXT_SIZE - 1] = '\0';
    return ov_id_parse(text, ret_owner) == OV_OK;
}

/* False when it has gone since the folder was read. */
static bool describe(DIR *folder, const char *name, struct vault_file *ret)
{
    struct stat info;
    if (fstatat(dirfd(folder), name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    memset(ret, 0, sizeof(*ret));
    (void)snprintf(ret->name, sizeof(ret->name), "%s", name);
    ret->is_key = S_ISREG(info.st_mode) && read_owner(name, &ret->owner);
    ret->changed_at_us =
        (int64_t)info.st_mtim.tv_sec * OV_US_PER_S + info.st_mtim.tv_nsec / INT64_C(1000);
    return true;
}

static enum ov_status walk(DIR *folder,
                           enum ov_status (*on_file)(void *, const struct vault_file *), void *ctx,
                           struct ov_error *err)
{
    for (;;) {
        struct vault_file file;
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL && errno != 0)
            return ov_fail(err, OV_ERR_IO, "vault.read", "cannot read the vault's folder: %s",
                           strerror(errno));
        if (entry == NULL)
            return OV_OK;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            !describe(folder, entry->d_name, &file))
            continue;
        enum ov_status status = on_file(ctx, &file);
        if (status != OV_OK)
            return status;
    }
}

enum ov_status vault_each_file(struct vault *vault, enum vault_class class_id,
                               enum ov_status (*on_file)(void *ctx, const struct vault_file *),
                               void *ctx, struct ov_error *err)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof(path), "%s/%s", vault->dir, vault_class_name(class_id));
    if (length < 0 || length >= PATH_MAX)
        return ov_fail(err, OV_ERR_LIMIT, "vault.path", "the path of the vault is too long");
    DIR *folder = opendir(path);
    if (folder == NULL)
        return ov_fail(err, OV_ERR_IO, "vault.read", "cannot read the vault's folder %s: %s", path,
                       strerror(errno));
    enum ov_status status = walk(folder, on_file, ctx, err);
    (void)closedir(folder);
    return status;
}

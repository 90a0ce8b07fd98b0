/* What lies in the vault's folders. Blocking file access. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* As ov_file_write_new and a rewrap call what they have not finished. */
static bool is_temporary(const char *name)
{
    static const char rewrap[] = ".rewrap";
    struct ov_id unique;
    size_t length = strlen(name);
    const char *mark = strstr(name, ".new-");
    if (mark != NULL)
        return ov_id_parse(mark + strlen(".new-"), &unique) == OV_OK;
    return length > sizeof(rewrap) - 1 && strcmp(name + length - (sizeof(rewrap) - 1), rewrap) == 0;
}

static bool belongs_outside(const char *name, mode_t mode)
{
    if (S_ISREG(mode))
        return strcmp(name, VAULT_CHECK) == 0;
    return S_ISDIR(mode) &&
           (strcmp(name, ".") == 0 || strcmp(name, vault_class_name(VAULT_WATCHLIST)) == 0 ||
            strcmp(name, vault_class_name(VAULT_ALERT)) == 0);
}

struct walk {
    DIR *folder;
    bool outside; /* the vault's own folder, not a class's */
    enum ov_status (*on_file)(void *ctx, const struct vault_file *);
    void *ctx;
};

/* False when it has gone since the folder was read. */
static bool describe(const struct walk *walk, const char *name, struct vault_file *ret)
{
    struct stat info;
    if (fstatat(dirfd(walk->folder), name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    memset(ret, 0, sizeof(*ret));
    (void)snprintf(ret->name, sizeof(ret->name), "%s", name);
    ret->is_key = !walk->outside && S_ISREG(info.st_mode) && read_owner(name, &ret->owner);
    ret->is_known = walk->outside ? belongs_outside(name, info.st_mode) : ret->is_key;
    ret->is_temporary = S_ISREG(info.st_mode) && is_temporary(name);
    ret->is_private =
        (info.st_mode & (S_IRWXG | S_IRWXO)) == 0 && (info.st_uid == geteuid() || geteuid() == 0);
    ret->changed_at_us =
        (int64_t)info.st_mtim.tv_sec * OV_US_PER_S + info.st_mtim.tv_nsec / INT64_C(1000);
    return true;
}

static enum ov_status go_through(const struct walk *walk, struct ov_error *err)
{
    for (;;) {
        struct vault_file file;
        errno = 0;
        const struct dirent *entry = readdir(walk->folder);
        if (entry == NULL && errno != 0)
            return ov_fail(err, OV_ERR_IO, "vault.read", "cannot read the vault's folder: %s",
                           strerror(errno));
        if (entry == NULL)
            return OV_OK;
        if ((strcmp(entry->d_name, ".") == 0 && !walk->outside) ||
            strcmp(entry->d_name, "..") == 0 || !describe(walk, entry->d_name, &file))
            continue;
        enum ov_status status = walk->on_file(walk->ctx, &file);
        if (status != OV_OK)
            return status;
    }
}

static enum ov_status open_and_go(struct walk *walk, const char *path, struct ov_error *err)
{
    walk->folder = opendir(path);
    if (walk->folder == NULL)
        return ov_fail(err, OV_ERR_IO, "vault.read", "cannot read the vault's folder %s: %s", path,
                       strerror(errno));
    enum ov_status status = go_through(walk, err);
    (void)closedir(walk->folder);
    return status;
}

enum ov_status vault_each_outside(struct vault *vault,
                                  enum ov_status (*on_file)(void *ctx, const struct vault_file *),
                                  void *ctx, struct ov_error *err)
{
    struct walk walk = {.outside = true, .on_file = on_file, .ctx = ctx};
    return open_and_go(&walk, vault->dir, err);
}

enum ov_status vault_each_file(struct vault *vault, enum vault_class class_id,
                               enum ov_status (*on_file)(void *ctx, const struct vault_file *),
                               void *ctx, struct ov_error *err)
{
    char path[PATH_MAX];
    struct walk walk = {.on_file = on_file, .ctx = ctx};
    enum ov_status status = vault_path(path, vault->dir, vault_class_name(class_id), err);
    return status == OV_OK ? open_and_go(&walk, path, err) : status;
}

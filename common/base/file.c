/* Files. Blocking; never called on a loop thread once the loop runs. */
#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/id.h"

/* Opens and returns the size; the caller closes. */
static enum ov_status open_regular(const char *path, size_t max_bytes, int *ret_fd,
                                   size_t *ret_size, struct ov_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return ov_fail(err, errno == ENOENT ? OV_ERR_NOT_FOUND : OV_ERR_IO, "file.open",
                       "cannot open %s: %s", path, strerror(errno));
    struct stat info;
    enum ov_status status = OV_OK;
    if (fstat(fd, &info) != 0)
        status = ov_fail(err, OV_ERR_IO, "file.stat", "cannot read %s: %s", path, strerror(errno));
    else if (!S_ISREG(info.st_mode))
        status = ov_fail(err, OV_ERR_INVALID, "file.kind", "%s is not a regular file", path);
    else if ((uint64_t)info.st_size > max_bytes)
        status = ov_fail(err, OV_ERR_LIMIT, "file.size", "%s has %lld bytes; at most %zu are read",
                         path, (long long)info.st_size, max_bytes);
    if (status != OV_OK) {
        (void)close(fd);
        return status;
    }
    *ret_fd = fd;
    *ret_size = (size_t)info.st_size;
    return OV_OK;
}

static enum ov_status read_all(int fd, unsigned char *at, size_t size, const char *path,
                               struct ov_error *err)
{
    while (size > 0) {
        ssize_t got = read(fd, at, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ov_fail(err, OV_ERR_IO, "file.read", "cannot read %s: %s", path,
                           got == 0 ? "it became shorter while it was read" : strerror(errno));
        at += got;
        size -= (size_t)got;
    }
    return OV_OK;
}

enum ov_status ov_file_read_secret(const char *path, size_t max_bytes, struct ov_secret *ret_secret,
                                   struct ov_error *err)
{
    int fd = -1;
    size_t size = 0;
    enum ov_status status = open_regular(path, max_bytes, &fd, &size, err);
    if (status != OV_OK)
        return status;
    struct ov_secret secret = OV_SECRET_INIT;
    if (size == 0)
        status = ov_fail(err, OV_ERR_INVALID, "file.empty", "%s is empty", path);
    else if (ov_secret_new(&secret, size) != OV_OK)
        status = ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory reading %s", path);
    else
        status = read_all(fd, secret.data, size, path, err);
    (void)close(fd);
    if (status != OV_OK)
        ov_secret_free(&secret);
    else
        *ret_secret = secret;
    return status;
}

enum ov_status ov_file_read(const char *path, size_t max_bytes, struct ov_buf *buf,
                            struct ov_error *err)
{
    int fd = -1;
    size_t size = 0;
    enum ov_status status = open_regular(path, max_bytes, &fd, &size, err);
    if (status != OV_OK)
        return status;
    unsigned char *data = malloc(size + 1);
    if (data == NULL)
        status = ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory reading %s", path);
    else
        status = read_all(fd, data, size, path, err);
    (void)close(fd);
    if (status == OV_OK) {
        ov_buf_append(buf, data, size);
        if (buf->failed)
            status = ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory reading %s", path);
    }
    if (data != NULL)
        ov_wipe(data, size);
    free(data);
    return status;
}

static enum ov_status sync_folder_of(const char *path, struct ov_error *err)
{
    char folder[PATH_MAX];
    (void)snprintf(folder, sizeof(folder), "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        (void)snprintf(folder, sizeof(folder), ".");
    else if (slash == folder)
        folder[1] = '\0';
    else
        *slash = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? -1 : fsync(fd);
    int why = errno;
    if (fd >= 0)
        (void)close(fd);
    if (rc != 0)
        return ov_fail(err, OV_ERR_IO, "file.sync", "cannot make %s durable: %s", folder,
                       strerror(why));
    return OV_OK;
}

static int write_and_sync(int fd, const unsigned char *at, size_t size)
{
    while (size > 0) {
        ssize_t put = write(fd, at, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return -1;
        at += put;
        size -= (size_t)put;
    }
    return fsync(fd);
}

static bool is_full(int why)
{
    return why == ENOSPC || why == EDQUOT;
}

/* Writes beside path, and puts that in its place by link, which never replaces, or rename, which
 * does. */
static enum ov_status write_durably(const char *path, mode_t mode, const void *data, size_t size,
                                    int (*put)(const char *from, const char *to),
                                    struct ov_error *err)
{
    char temporary[PATH_MAX];
    char unique[OV_ID_TEXT_SIZE];
    struct ov_id id = ov_id_new();
    int length =
        snprintf(temporary, sizeof(temporary), "%s.new-%s", path, ov_id_format(&id, unique));
    if (length < 0 || (size_t)length >= sizeof(temporary))
        return ov_fail(err, OV_ERR_LIMIT, "file.path", "the path %s is too long", path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return ov_fail(err, OV_ERR_IO, is_full(errno) ? "file.full" : "file.create",
                       "cannot create %s: %s", path, strerror(errno));
    int rc = write_and_sync(fd, data, size);
    int why = errno;
    if (close(fd) != 0 && rc == 0) {
        rc = -1;
        why = errno;
    }
    if (rc == 0 && put(temporary, path) != 0) {
        rc = -1;
        why = errno;
    }
    (void)unlink(temporary);
    if (rc != 0)
        return ov_fail(err, why == EEXIST ? OV_ERR_EXISTS : OV_ERR_IO,
                       is_full(why) ? "file.full" : "file.write", "cannot write %s: %s", path,
                       strerror(why));
    return sync_folder_of(path, err);
}

enum ov_status ov_file_write_new(const char *path, mode_t mode, const void *data, size_t size,
                                 struct ov_error *err)
{
    return write_durably(path, mode, data, size, link, err);
}

enum ov_status ov_file_replace(const char *path, mode_t mode, const void *data, size_t size,
                               struct ov_error *err)
{
    return write_durably(path, mode, data, size, rename, err);
}

enum ov_status ov_file_check_private(const char *path, struct ov_error *err)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return ov_fail(err, errno == ENOENT ? OV_ERR_NOT_FOUND : OV_ERR_IO, "file.open",
                       "cannot read %s: %s", path, strerror(errno));
    if (info.st_uid != geteuid() && geteuid() != 0)
        return ov_fail(err, OV_ERR_DENIED, "file.owner", "%s belongs to another user", path);
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return ov_fail(err, OV_ERR_DENIED, "file.mode",
                       "%s is open to others (mode %03o); run: chmod go-rwx %s", path,
                       (unsigned)(info.st_mode & 0777), path);
    return OV_OK;
}

static enum ov_status make_one(const char *path, mode_t mode, struct ov_error *err)
{
    struct stat info;
    int why = mkdir(path, mode) == 0 ? 0 : errno;
    if (why == EEXIST && stat(path, &info) == 0)
        why = S_ISDIR(info.st_mode) ? 0 : ENOTDIR;
    if (why != 0)
        return ov_fail(err, OV_ERR_IO, "file.mkdir", "cannot make the folder %s: %s", path,
                       strerror(why));
    return OV_OK;
}

enum ov_status ov_dir_make(const char *path, mode_t mode, struct ov_error *err)
{
    char part[PATH_MAX];
    int length = snprintf(part, sizeof(part), "%s", path);
    if (length <= 0 || (size_t)length >= sizeof(part))
        return ov_fail(err, OV_ERR_LIMIT, "file.path", "the path %s is too long", path);
    for (char *at = part + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char here = *at;
        *at = '\0';
        enum ov_status status = make_one(part, mode, err);
        if (status != OV_OK)
            return status;
        *at = here;
        if (here == '\0')
            return OV_OK;
    }
}

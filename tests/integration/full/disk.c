/* Mounting, and a file that is in the way. */
#include "tests/integration/full/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define BALLAST "in-the-way"

static bool write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        (void)close(fd);
    return good;
}

/* Whoever is not root gets the right to mount in a user namespace, as themselves. */
static bool become_mounter(void)
{
    char users[64];
    char groups[64];
    (void)snprintf(users, sizeof(users), "%u %u 1", geteuid(), geteuid());
    (void)snprintf(groups, sizeof(groups), "%u %u 1", getegid(), getegid());
    if (geteuid() == 0)
        return unshare(CLONE_NEWNS) == 0;
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
           write_text("/proc/self/setgroups", "deny") && write_text("/proc/self/uid_map", users) &&
           write_text("/proc/self/gid_map", groups);
}

bool disk_prepare(void)
{
    if (become_mounter() && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
        return true;
    print_message("skipped: no small disk can be made here (a mount namespace: %s)\n",
                  strerror(errno));
    return false;
}

void disk_mount(const char *folder, size_t kb, uid_t owner)
{
    char options[128];
    (void)snprintf(options, sizeof(options), "size=%zuk,mode=0700,uid=%u", kb, owner);
    if (mkdir(folder, 0700) != 0)
        assert_int_equal(errno, EEXIST);
    if (mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, options) != 0)
        fail_msg("cannot mount a tmpfs in %s: %s", folder, strerror(errno));
}

void disk_unmount(const char *folder)
{
    assert_int_equal(umount2(folder, MNT_DETACH), 0);
}

static void ballast_path(const char *folder, char out[PATH_MAX])
{
    (void)snprintf(out, PATH_MAX, "%s/" BALLAST, folder);
}

void disk_fill(const char *folder, size_t leave_kb)
{
    static const char block[1024];
    char path[PATH_MAX];
    off_t size = 0;
    ballast_path(folder, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    while (write(fd, block, sizeof(block)) == (ssize_t)sizeof(block))
        size += (off_t)sizeof(block);
    assert_int_equal(errno, ENOSPC);
    off_t left = size - (off_t)(leave_kb * sizeof(block));
    assert_true(left >= 0);
    assert_int_equal(ftruncate(fd, left), 0);
    assert_int_equal(close(fd), 0);
}

void disk_make_room(const char *folder)
{
    char path[PATH_MAX];
    ballast_path(folder, path);
    assert_int_equal(unlink(path), 0);
}

int disk_files(const char *folder)
{
    int count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *at = readdir(dir); at != NULL; at = readdir(dir))
        count += at->d_name[0] != '.' && strcmp(at->d_name, BALLAST) != 0 ? 1 : 0;
    (void)closedir(dir);
    return count;
}

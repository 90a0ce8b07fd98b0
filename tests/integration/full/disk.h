/*
 * Small disks that get full: each a tmpfs, in a mount namespace of the test's own, so that nobody
 * else sees them and none outlives the test.
 */
#ifndef OVERT_TESTS_FULL_DISK_H
#define OVERT_TESTS_FULL_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Before anything is started: what is started afterwards sees the same disks. False, having said
 * why, where the system does not let us. */
bool disk_prepare(void);

/* An empty disk in place of the folder, which is made if it is not there. */
void disk_mount(const char *folder, size_t kb, uid_t owner);
void disk_unmount(const char *folder);

/* Takes all room but so much, and gives it back. */
void disk_fill(const char *folder, size_t leave_kb);
void disk_make_room(const char *folder);

/* Files in the folder, but for what takes the room. */
int disk_files(const char *folder);

#endif

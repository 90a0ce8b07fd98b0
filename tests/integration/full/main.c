/*
 * Disks that are full while somebody works: the database's, the vault's, and that of the computer
 * an import runs on. Each is a real one that has no room left.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/integration/ctl/faces.h"
#include "tests/integration/full/disk.h"
#include "tests/integration/full/tests.h"

#define SKIPPED 77
#define TESTS_MAX 16

static const struct {
    const char *folder;
    size_t kb;
} disks[] = {{TABLES, 8192}, {LIST_KEYS, 64}, {ALERT_KEYS, 64}, {DESK, 64}};

/* The tables' disk is PostgreSQL's, which is another user where the tests run as root. */
static int set_up(void **state)
{
    static struct office office;
    struct stat data;
    char photos[PATH_MAX + 16];
    char folder[PATH_MAX];
    memset(&office, 0, sizeof(office));
    world_new(&office.world);
    assert_int_equal(stat(world_path(&office.world, "pg/data"), &data), 0);
    for (size_t i = 0; i < sizeof(disks) / sizeof(disks[0]); i++)
        disk_mount(world_path(&office.world, disks[i].folder), disks[i].kb,
                   strcmp(disks[i].folder, TABLES) == 0 ? data.st_uid : geteuid());
    (void)snprintf(photos, sizeof(photos), "%s/photos", office.world.deps);
    (void)snprintf(folder, sizeof(folder), "%s", world_path(&office.world, "list"));
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_true(faces_cut(photos, folder));
    world_start_overtd(&office.world, NULL);
    world_add_site(&office.world, "north");
    *state = &office;
    return 0;
}

static int tear_down(void **state)
{
    struct office *office = *state;
    int status = world_stop_overtd(&office->world);
    for (size_t i = 0; i < sizeof(disks) / sizeof(disks[0]); i++)
        if (strcmp(disks[i].folder, TABLES) != 0)
            disk_unmount(world_path(&office->world, disks[i].folder));
    world_postgres(&office->world, "stop");
    disk_unmount(world_path(&office->world, TABLES));
    world_free(&office->world);
    return status;
}

int main(void)
{
    struct CMUnitTest tests[TESTS_MAX];
    size_t count = import_full_test_count;
    const char *deps = getenv("OVERT_DEPS");
    char photo[PATH_MAX];
    (void)snprintf(photo, sizeof(photo), "%s/photos/sample3.jpg", deps == NULL ? ".deps" : deps);
    if (access(photo, R_OK) != 0) {
        print_message("skipped: the demo's photographs are not there; run deploy/setup\n");
        return SKIPPED;
    }
    if (!disk_prepare())
        return SKIPPED;
    memcpy(tests, import_full_tests, count * sizeof(tests[0]));
    memcpy(tests + count, vault_full_tests, vault_full_test_count * sizeof(tests[0]));
    count += vault_full_test_count;
    return _cmocka_run_group_tests("full disks", tests, count, set_up, tear_down);
}

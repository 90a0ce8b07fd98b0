/*
 * A whole deployment with overtctl, by two people, against the real server: who is let in, the
 * list, the alerts, the end. One installation for all; each test builds on those before it.
 */
#include "tests/integration/ctl/office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/integration/ctl/faces.h"
#include "tests/integration/harness/process.h"

#define SKIPPED 77

static void issue(struct world *world, const char *authority, const char *name, const char *from,
                  const char *to)
{
    char folder[PATH_MAX];
    (void)snprintf(folder, sizeof(folder), "%s", world_path(world, authority));
    assert_int_equal(world_deploy(world, "pki", "person", folder, name,
                                  from == NULL ? NULL : "--from", from, "--to", to, NULL),
                     0);
}

/* Copies a file or folder below the world's folder. */
static void copy(struct world *world, const char *from, const char *to)
{
    const char *argv[] = {"cp", "-r", "--", world_path(world, from), world_path(world, to), NULL};
    assert_int_equal(process_run(argv, NULL, NULL, NULL, 30), 0);
}

/* A site, and people who are not, or no longer, to be let in. */
static void make_certificates(struct world *world)
{
    char other[PATH_MAX];
    assert_int_equal(world_deploy(world, "pki", "site", world_path(world, "pki"), "north", NULL),
                     0);
    issue(world, "pki", "eve", NULL, NULL);
    issue(world, "pki", "gone", NULL, NULL);
    issue(world, "pki", "old", "2 days ago", "1 day ago");
    assert_int_equal(
        world_deploy(world, "pki", "revoke", world_path(world, "pki"), "person-gone", NULL), 0);
    (void)snprintf(other, sizeof(other), "%s", world_path(world, "other-pki"));
    assert_int_equal(world_deploy(world, "pki", "init", other, NULL), 0);
    issue(world, "other-pki", "abroad", NULL, NULL);
    copy(world, "other-pki/person-abroad", "pki/person-abroad"); /* trusts the other authority */
    copy(world, "other-pki/person-abroad", "pki/person-forged");
    copy(world, "pki/ca.pem", "pki/person-forged/ca.pem"); /* trusts ours, is not from it */
}

int office_set_up(void **state)
{
    static struct office office;
    char photos[PATH_MAX + 16];
    char folder[PATH_MAX];
    memset(&office, 0, sizeof(office));
    world_new(&office.world);
    make_certificates(&office.world);
    (void)snprintf(photos, sizeof(photos), "%s/photos", office.world.deps);
    (void)snprintf(folder, sizeof(folder), "%s", world_path(&office.world, "list"));
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_true(faces_cut(photos, folder));
    world_start_overtd(&office.world, NULL);
    *state = &office;
    return 0;
}

int office_tear_down(void **state)
{
    struct office *office = *state;
    int status = world_stop_overtd(&office->world);
    world_free(&office->world);
    return status;
}

#define TESTS_MAX 64

int main(void)
{
    struct CMUnitTest tests[TESTS_MAX];
    const char *deps = getenv("OVERT_DEPS");
    char photo[PATH_MAX];
    size_t count = 0;
    (void)snprintf(photo, sizeof(photo), "%s/photos/sample3.jpg", deps == NULL ? ".deps" : deps);
    if (access(photo, R_OK) != 0) {
        print_message("skipped: the demo's photographs are not there; run deploy/setup\n");
        return SKIPPED;
    }
    const struct {
        const struct CMUnitTest *tests;
        size_t count;
    } parts[] = {{trust_tests, trust_test_count},
                 {lost_tests, lost_test_count},
                 {list_tests, list_test_count},
                 {import_tests, import_test_count},
                 {lost_change_tests, lost_change_test_count},
                 {follow_tests, follow_test_count},
                 {people_tests, people_test_count},
                 {evidence_tests, evidence_test_count}};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        memcpy(tests + count, parts[i].tests, parts[i].count * sizeof(tests[0]));
        count += parts[i].count;
    }
    return _cmocka_run_group_tests("overtctl", tests, count, office_set_up, office_tear_down);
}

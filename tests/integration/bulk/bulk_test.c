/*
 * A long import into a real server: what becomes of every row is known beforehand and is what the
 * report says, and neither program takes more memory for a longer list.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "tests/integration/bulk/bulk_list.h"
#include "tests/integration/ctl/faces.h"
#include "tests/integration/ctl/office.h"
#include "tests/integration/harness/process.h"

#define SKIPPED 77
#define ROWS 600
#define LIMIT_MS 3600000
#define WARM_ROWS 200      /* every buffer and thread has been used by then */
#define GROWTH_KB_MAX 8192 /* of overtctl, from a tenth of the list to its end */
#define SERVER_GROWTH_KB_MAX 65536

struct bulk {
    struct office office;
    struct bulk_list list;
    long percent;
};

/* The sanitizer would keep what was freed, and memory is what is measured here. */
static void measure_memory(void)
{
    assert_int_equal(setenv("ASAN_OPTIONS", "quarantine_size_mb=1", 0), 0);
}

static int set_up(void **state)
{
    static struct bulk bulk;
    struct world *world = &bulk.office.world;
    char path[PATH_MAX + 32];
    const char *data = getenv("OVERT_DATA");
    const char *scale = getenv("OVERT_TEST_SCALE");
    memset(&bulk, 0, sizeof(bulk));
    bulk.percent = scale != NULL ? strtol(scale, NULL, 10) : 100;
    assert_true(bulk.percent > 0);
    measure_memory();
    world_new(world);
    (void)snprintf(bulk.list.folder, sizeof(bulk.list.folder), "%s", world_path(world, "list"));
    assert_int_equal(mkdir(bulk.list.folder, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/lfw/images", data != NULL ? data : "/nowhere");
    if (!bulk_list_take_photos(&bulk.list, path)) {
        (void)snprintf(path, sizeof(path), "%s/photos", world->deps);
        assert_true(faces_cut(path, bulk.list.folder));
        bulk.list.photos = FACES_COUNT;
    }
    bulk_list_make_bad_files(&bulk.list);
    world_start_overtd(world, NULL);
    world_add_site(world, "north");
    *state = &bulk;
    return 0;
}

static int tear_down(void **state)
{
    struct bulk *bulk = *state;
    int status = world_stop_overtd(&bulk->office.world);
    world_free(&bulk->office.world);
    return status;
}

static void path_of(struct bulk *bulk, const char *name, const char *suffix, char out[PATH_MAX])
{
    (void)snprintf(out, PATH_MAX, "%s/%s%s", bulk->office.world.dir, name, suffix);
}

/* Applies for a deployment and starts importing the list of its name into it. */
static pid_t start(struct bulk *bulk, const char *name)
{
    char list[PATH_MAX];
    char report[PATH_MAX];
    char out[PATH_MAX];
    char err[PATH_MAX];
    struct ov_id id;
    const char *argv[PROCESS_ARGS_MAX];
    size_t count = office_command(&bulk->office, "ada", argv);
    char program[PATH_MAX + 16]; /* without the recording, which would take its time */
    (void)snprintf(program, sizeof(program), "%s/overtctl", bulk->office.world.programs);
    argv[0] = program;
    path_of(bulk, "list/", name, list);
    path_of(bulk, name, ".csv", report);
    path_of(bulk, name, ".out", out);
    path_of(bulk, name, ".err", err);
    world_apply(&bulk->office.world, name, "north", 0, &id);
    const char *const rest[] = {"watchlist", "import", name, list, "--report", report, NULL};
    memcpy(argv + count, rest, sizeof(rest));
    pid_t pid = process_start_split(argv, out, err);
    assert_true(pid > 0);
    return pid;
}

/* In kilobytes, at its highest; 0 when it has ended. */
static long peak_kb(pid_t pid)
{
    char path[64];
    char line[256];
    long peak = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            peak = strtol(line + 6, NULL, 10);
    if (file != NULL)
        (void)fclose(file);
    return peak;
}

struct peaks {
    long early_kb[2]; /* of overtctl and overtd, at a tenth of the list */
    long late_kb[2];
};

/* Follows an import to its end, and how much memory it took. */
static void follow(struct bulk *bulk, pid_t pid, const char *report, struct peaks *ret)
{
    struct ov_buf text = OV_BUF_INIT;
    size_t tenth = bulk->list.rows / 10 > WARM_ROWS ? bulk->list.rows / 10 : WARM_ROWS;
    int status = -1;
    memset(ret, 0, sizeof(*ret));
    for (int waited_ms = 0; !process_wait(pid, 50, &status); waited_ms += 50) {
        long now_kb = peak_kb(pid);
        assert_true(waited_ms < LIMIT_MS);
        office_read_file(report, &text);
        if (count_in(&text, "\n") >= tenth && ret->early_kb[0] == 0) {
            ret->early_kb[0] = now_kb;
            ret->early_kb[1] = peak_kb(bulk->office.world.overtd);
        }
        if (now_kb > 0)
            ret->late_kb[0] = now_kb;
    }
    ret->late_kb[1] = peak_kb(bulk->office.world.overtd);
    ov_buf_free(&text);
    assert_int_equal(status, 3); /* for the bad rows */
}

static void check_silent(struct bulk *bulk, const char *name)
{
    static const char *const suffixes[] = {".csv", ".csv.state", ".out", ".err"};
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char path[PATH_MAX];
        path_of(bulk, name, suffixes[i], path);
        assert_false(world_log_says(path, SECRET_NAME));
        assert_false(world_log_says(path, SECRET_REFERENCE));
        assert_false(world_log_says(path, SECRET_FILE));
    }
}

/* Each photograph by itself: what the server thinks of it is what it thinks of it in any row. */
static void try_photographs(struct bulk *bulk)
{
    char path[PATH_MAX];
    int status = -1;
    path_of(bulk, "list/trial", "", path);
    bulk_list_write_trial(&bulk->list, path);
    pid_t pid = start(bulk, "trial");
    assert_true(process_wait(pid, LIMIT_MS, &status));
    assert_true(status == 0 || status == 3);
    path_of(bulk, "trial", ".csv", path);
    bulk_list_learn(&bulk->list, path);
}

static void every_row_comes_to_what_it_has_to_in_bounded_memory(void **state)
{
    struct bulk *bulk = *state;
    struct bulk_list *list = &bulk->list;
    struct peaks peaks;
    char path[PATH_MAX];
    try_photographs(bulk);
    list->rows = (size_t)(ROWS * bulk->percent / 100);
    list->repeats = list->rows / 20;
    path_of(bulk, "list/bulk", "", path);
    bulk_list_write(list, path);
    path_of(bulk, "bulk", ".csv", path);
    int64_t from_us = ov_clock_mono_us(ov_clock_system());
    follow(bulk, start(bulk, "bulk"), path, &peaks);
    double spent_s = (double)(ov_clock_mono_us(ov_clock_system()) - from_us) / 1e6;
    size_t added = bulk_list_check(list, path);
    assert_true(added > list->rows / 10);
    assert_int_equal(world_psql_number(&bulk->office.world,
                                       "SELECT count(*) FROM watchlist.image JOIN "
                                       "overt.deployment d ON d.id = deployment_id WHERE "
                                       "d.name = 'bulk'"),
                     added);
    check_silent(bulk, "bulk");
    print_message("%zu rows of %zu photographs, %zu added, %.1f rows/s; at most %ld MiB of "
                  "overtctl and %ld MiB of overtd (%ld and %ld at a tenth)\n",
                  list->rows, list->photos, added, (double)list->rows / spent_s,
                  peaks.late_kb[0] / 1024, peaks.late_kb[1] / 1024, peaks.early_kb[0] / 1024,
                  peaks.early_kb[1] / 1024);
    assert_true(peaks.early_kb[0] > 0);
    assert_true(peaks.late_kb[0] - peaks.early_kb[0] < GROWTH_KB_MAX);
    assert_true(peaks.late_kb[1] - peaks.early_kb[1] < SERVER_GROWTH_KB_MAX);
}

/* No watchlist takes so many: nothing is begun. */
static void two_hundred_thousand_rows_are_refused(void **state)
{
    struct bulk *bulk = *state;
    struct bulk_list list = bulk->list;
    char path[PATH_MAX];
    list.rows = 200000;
    list.repeats = 0;
    path_of(bulk, "list/", "too-long", path);
    bulk_list_write(&list, path);
    office_expect(&bulk->office, "ada", 2, "import.rows", "watchlist", "import", "trial", path,
                  NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_comes_to_what_it_has_to_in_bounded_memory),
        cmocka_unit_test(two_hundred_thousand_rows_are_refused),
    };
    const char *deps = getenv("OVERT_DEPS");
    char photo[PATH_MAX];
    (void)snprintf(photo, sizeof(photo), "%s/photos/sample3.jpg", deps == NULL ? ".deps" : deps);
    if (access(photo, R_OK) != 0) {
        print_message("skipped: the demo's photographs are not there; run deploy/setup\n");
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

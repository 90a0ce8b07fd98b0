/* An import's state: what was done stays done, whatever cut the import off; nothing in it is
 * anybody's. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/bytes.h"
#include "common/base/file.h"
#include "server/ctl/import_state.h"

#define DEPLOYMENT "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
#define OTHER "6ba7b811-9dad-41d1-80b4-00c04fd430c8"
#define HEADER_BYTES 123
#define LINE_BYTES 33

static char path[64];
static struct ov_error err;

static int start(void **state)
{
    (void)state;
    (void)snprintf(path, sizeof(path), "/tmp/overt-state-test.XXXXXX");
    int fd = mkstemp(path); /* an empty file is as good as none */
    return fd >= 0 ? close(fd) : -1;
}

static int stop(void **state)
{
    (void)state;
    return unlink(path);
}

static struct import_state *open_state(bool resumed)
{
    struct import_state *state = NULL;
    bool was = !resumed;
    ov_error_clear(&err);
    if (import_state_open(path, DEPLOYMENT, &state, &was, &err) != OV_OK)
        fail_msg("%s: %s", err.code, err.text);
    assert_int_equal(was, resumed);
    return state;
}

static void refuse(const char *deployment, const char *code)
{
    struct import_state *state = NULL;
    bool resumed = false;
    ov_error_clear(&err);
    assert_int_not_equal(import_state_open(path, deployment, &state, &resumed, &err), OV_OK);
    assert_string_equal(err.code, code);
}

static void digest(const struct import_state *state, const char *reference, const char *image,
                   uint8_t out[IMPORT_DIGEST_BYTES])
{
    struct import_row row = {.number = 2};
    struct ov_secret bytes = OV_SECRET_INIT;
    row.fields[IMPORT_IMAGE] = "a.jpg";
    row.fields[IMPORT_NAME] = "Jane Doe";
    row.fields[IMPORT_REFERENCE] = reference;
    assert_int_equal(ov_secret_copy(&bytes, image, strlen(image)), OV_OK);
    assert_int_equal(import_state_digest(state, &row, &bytes, out, NULL), OV_OK);
    ov_secret_free(&bytes);
}

static void add(struct import_state *state, const char *reference)
{
    uint8_t bytes[IMPORT_DIGEST_BYTES];
    digest(state, reference, "picture", bytes);
    assert_int_equal(import_state_add(state, bytes, &err), OV_OK);
}

static bool has(const struct import_state *state, const char *reference, const char *image)
{
    uint8_t bytes[IMPORT_DIGEST_BYTES];
    digest(state, reference, image, bytes);
    return import_state_has(state, bytes);
}

static off_t size_of_file(void)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_size;
}

static void what_was_done_is_known_to_the_next_run(void **state)
{
    struct import_state *first = open_state(false);
    add(first, "REF-1");
    add(first, "REF-2");
    import_state_close(first);
    struct import_state *second = open_state(true);
    assert_true(has(second, "REF-1", "picture"));
    assert_true(has(second, "REF-2", "picture"));
    assert_false(has(second, "REF-3", "picture"));
    assert_false(has(second, "REF-1", "another picture")); /* somebody put it right meanwhile */
    add(second, "REF-3");
    import_state_close(second);
    struct import_state *third = open_state(true);
    assert_true(has(third, "REF-1", "picture"));
    assert_true(has(third, "REF-3", "picture"));
    import_state_close(third);
    assert_int_equal(size_of_file(), HEADER_BYTES + 3 * LINE_BYTES);
}

static void the_file_holds_nothing_of_anybody(void **state)
{
    struct ov_buf one = OV_BUF_INIT;
    struct ov_buf two = OV_BUF_INIT;
    struct import_state *s = open_state(false);
    add(s, "REF-1");
    import_state_close(s);
    assert_int_equal(ov_file_read(path, 4096, &one, NULL), OV_OK);
    assert_null(strstr(one.data, "REF"));
    assert_null(strstr(one.data, "Jane"));
    assert_null(strstr(one.data, "jpg"));
    assert_int_equal(truncate(path, 0), 0);
    s = open_state(false);
    add(s, "REF-1"); /* the same row: another key, another digest */
    import_state_close(s);
    assert_int_equal(ov_file_read(path, 4096, &two, NULL), OV_OK);
    assert_memory_not_equal(one.data + HEADER_BYTES, two.data + HEADER_BYTES, LINE_BYTES - 1);
    ov_buf_free(&one);
    ov_buf_free(&two);
}

static void half_a_line_of_a_run_cut_off_is_dropped(void **state)
{
    struct import_state *s = open_state(false);
    add(s, "REF-1");
    add(s, "REF-2");
    import_state_close(s);
    assert_int_equal(truncate(path, HEADER_BYTES + LINE_BYTES + 7), 0);
    s = open_state(true);
    assert_true(has(s, "REF-1", "picture"));
    assert_false(has(s, "REF-2", "picture"));
    add(s, "REF-2");
    import_state_close(s);
    s = open_state(true);
    assert_true(has(s, "REF-2", "picture"));
    import_state_close(s);
}

static void another_s_or_damaged_state_is_refused_and_left_alone(void **state)
{
    struct import_state *s = open_state(false);
    add(s, "REF-1");
    refuse(DEPLOYMENT, "state.busy");
    import_state_close(s);
    refuse(OTHER, "state.other");
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "X", 1, HEADER_BYTES + 3), 1);
    assert_int_equal(close(fd), 0);
    refuse(DEPLOYMENT, "state.damaged");
    assert_int_equal(size_of_file(), HEADER_BYTES + LINE_BYTES);
    assert_int_equal(truncate(path, 20), 0);
    refuse(DEPLOYMENT, "state.damaged");
}

static void a_link_in_its_place_is_not_followed(void **state)
{
    char target[80];
    struct import_state *s = NULL;
    bool resumed = false;
    (void)snprintf(target, sizeof(target), "%s.target", path);
    (void)unlink(path);
    assert_int_equal(symlink(target, path), 0);
    ov_error_clear(&err);
    assert_int_equal(import_state_open(path, DEPLOYMENT, &s, &resumed, &err), OV_ERR_IO);
    assert_string_equal(err.code, "state.open");
    assert_int_not_equal(access(target, F_OK), 0);
}

/* As on a disk that is full: said at once, and what is in the file stays whole. */
static void a_full_disk_is_told_and_leaves_whole_lines(void **state)
{
    struct rlimit before;
    struct rlimit tight;
    uint8_t bytes[IMPORT_DIGEST_BYTES];
    struct import_state *s = open_state(false);
    add(s, "REF-1");
    digest(s, "REF-2", "picture", bytes);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = HEADER_BYTES + LINE_BYTES + 10;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    ov_error_clear(&err);
    assert_int_equal(import_state_add(s, bytes, &err), OV_ERR_IO);
    assert_string_equal(err.code, "state.write");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(size_of_file(), HEADER_BYTES + LINE_BYTES);
    assert_int_equal(import_state_add(s, bytes, NULL), OV_ERR_IO); /* and no more in this run */
    import_state_close(s);
    s = open_state(true);
    assert_true(has(s, "REF-1", "picture"));
    assert_false(has(s, "REF-2", "picture"));
    import_state_close(s);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(what_was_done_is_known_to_the_next_run),
        EACH(the_file_holds_nothing_of_anybody),
        EACH(half_a_line_of_a_run_cut_off_is_dropped),
        EACH(another_s_or_damaged_state_is_refused_and_left_alone),
        EACH(a_link_in_its_place_is_not_followed),
        EACH(a_full_disk_is_told_and_leaves_whole_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

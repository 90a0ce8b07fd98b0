/* Files: whole or not at all, within a limit, private when they must be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/file.h"

static char folder[64];
static char path[128];

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/overt-file-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof(path), "%s/a", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static int entries(void)
{
    DIR *dir = opendir(folder);
    int count = 0;
    while (readdir(dir) != NULL)
        count++;
    (void)closedir(dir);
    return count - 2; /* "." and ".." */
}

static void a_new_file_is_whole_and_never_replaces_another(void **state)
{
    (void)state;
    struct ov_error err = OV_ERROR_INIT;
    struct stat info;
    struct ov_buf text = OV_BUF_INIT;
    assert_int_equal(ov_file_write_new(path, 0600, "first", 5, &err), OV_OK);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(ov_file_write_new(path, 0600, "second", 6, &err), OV_ERR_EXISTS);
    assert_int_equal(ov_file_read(path, 100, &text, NULL), OV_OK);
    assert_string_equal(text.data, "first");
    assert_int_equal(entries(), 1); /* no temporary file is left */
    ov_buf_free(&text);
}

static void a_file_that_cannot_be_made_says_so(void **state)
{
    (void)state;
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(ov_file_write_new("/nonexistent/x", 0600, "a", 1, &err), OV_ERR_IO);
    assert_non_null(strstr(err.text, "/nonexistent/x"));
    char long_path[5000];
    memset(long_path, 'p', sizeof(long_path));
    long_path[sizeof(long_path) - 1] = '\0';
    assert_int_equal(ov_file_write_new(long_path, 0600, "a", 1, NULL), OV_ERR_LIMIT);
}

static void reading_is_limited_and_takes_regular_files_only(void **state)
{
    (void)state;
    struct ov_buf text = OV_BUF_INIT;
    struct ov_secret secret = OV_SECRET_INIT;
    assert_int_equal(ov_file_write_new(path, 0600, "12345", 5, NULL), OV_OK);
    assert_int_equal(ov_file_read(path, 4, &text, NULL), OV_ERR_LIMIT);
    assert_int_equal(ov_file_read(path, 5, &text, NULL), OV_OK);
    assert_int_equal(ov_file_read(path, 5, &text, NULL), OV_OK);
    assert_string_equal(text.data, "1234512345"); /* appended */
    assert_int_equal(ov_file_read_secret(path, 4, &secret, NULL), OV_ERR_LIMIT);
    assert_null(secret.data);
    assert_int_equal(ov_file_read_secret(path, 5, &secret, NULL), OV_OK);
    assert_int_equal(secret.size, 5);
    assert_memory_equal(secret.data, "12345", 5);
    ov_secret_free(&secret);
    assert_int_equal(ov_file_read(folder, 100, &text, NULL), OV_ERR_INVALID);
    assert_int_equal(ov_file_read("/nonexistent", 100, &text, NULL), OV_ERR_NOT_FOUND);
    assert_int_equal(ov_file_read_secret("/dev/null", 100, &secret, NULL), OV_ERR_INVALID);
    ov_buf_free(&text);
}

static void a_pipe_does_not_make_us_wait(void **state)
{
    (void)state;
    struct ov_buf text = OV_BUF_INIT;
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(ov_file_read(path, 100, &text, NULL), OV_ERR_INVALID);
}

static void an_empty_file_is_no_secret(void **state)
{
    (void)state;
    struct ov_secret secret = OV_SECRET_INIT;
    struct ov_buf text = OV_BUF_INIT;
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(ov_file_write_new(path, 0600, "", 0, NULL), OV_OK);
    assert_int_equal(ov_file_read_secret(path, 100, &secret, &err), OV_ERR_INVALID);
    assert_string_equal(err.code, "file.empty");
    assert_int_equal(ov_file_read(path, 100, &text, NULL), OV_OK);
    assert_int_equal(text.length, 0);
    ov_buf_free(&text);
}

static void private_means_nobody_else(void **state)
{
    (void)state;
    static const mode_t open_modes[] = {0640, 0620, 0610, 0604, 0602, 0601, 0666};
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(ov_file_write_new(path, 0600, "k", 1, NULL), OV_OK);
    assert_int_equal(ov_file_check_private(path, &err), OV_OK);
    assert_int_equal(chmod(path, 0400), 0);
    assert_int_equal(ov_file_check_private(path, &err), OV_OK);
    for (size_t i = 0; i < sizeof(open_modes) / sizeof(open_modes[0]); i++) {
        assert_int_equal(chmod(path, open_modes[i]), 0);
        assert_int_equal(ov_file_check_private(path, NULL), OV_ERR_DENIED);
    }
    assert_int_equal(ov_file_check_private(path, &err), OV_ERR_DENIED);
    assert_non_null(strstr(err.text, "chmod go-rwx"));
    assert_int_equal(ov_file_check_private("/nonexistent", NULL), OV_ERR_NOT_FOUND);
    assert_int_equal(ov_file_check_private(folder, NULL), OV_OK); /* mkdtemp makes it 0700 */
}

static void folders_are_made_with_their_parents(void **state)
{
    (void)state;
    char deep[160];
    struct stat info;
    (void)snprintf(deep, sizeof(deep), "%s/b/c", folder);
    assert_int_equal(ov_dir_make(deep, 0700, NULL), OV_OK);
    assert_int_equal(ov_dir_make(deep, 0700, NULL), OV_OK); /* fine when it is there */
    assert_int_equal(stat(deep, &info), 0);
    assert_true(S_ISDIR(info.st_mode));
    assert_int_equal(rmdir(deep), 0);
    (void)snprintf(deep, sizeof(deep), "%s/b", folder);
    assert_int_equal(rmdir(deep), 0);
    assert_int_equal(ov_dir_make("/proc/nothing", 0700, NULL), OV_ERR_IO);
    assert_int_equal(ov_dir_make("", 0700, NULL), OV_ERR_LIMIT);
}

static void a_file_in_the_place_of_a_folder_is_an_error(void **state)
{
    (void)state;
    char taken[160];
    (void)snprintf(taken, sizeof(taken), "%s/taken", folder);
    assert_int_equal(ov_file_write_new(taken, 0600, "x", 1, NULL), OV_OK);
    assert_int_equal(ov_dir_make(taken, 0700, NULL), OV_ERR_IO);
    assert_int_equal(unlink(taken), 0);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        EACH(a_new_file_is_whole_and_never_replaces_another),
        EACH(a_file_that_cannot_be_made_says_so),
        EACH(reading_is_limited_and_takes_regular_files_only),
        EACH(a_pipe_does_not_make_us_wait),
        EACH(an_empty_file_is_no_secret),
        EACH(private_means_nobody_else),
        EACH(folders_are_made_with_their_parents),
        EACH(a_file_in_the_place_of_a_folder_is_an_error),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}

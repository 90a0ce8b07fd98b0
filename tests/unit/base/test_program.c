/* Whether a program knows that it was installed: the test runs a copy of itself. */
#include <fcntl.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/program.h"

#define IN_BUILD 10
#define ELSEWHERE 11

static void copy_self(const char *path)
{
    struct stat info;
    int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    assert_true(from >= 0 && to >= 0);
    assert_int_equal(fstat(from, &info), 0);
    for (off_t at = 0; at < info.st_size;)
        assert_true(sendfile(to, from, &at, (size_t)(info.st_size - at)) > 0);
    assert_int_equal(close(to), 0);
    assert_int_equal(close(from), 0);
}

static int ask(const char *path)
{
    char where[] = "--where";
    char name[64];
    char *argv[] = {name, where, NULL};
    pid_t child = 0;
    int status = 0;
    (void)snprintf(name, sizeof(name), "%s", path);
    assert_int_equal(posix_spawn(&child, path, NULL, NULL, argv, environ), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_program_knows_whether_it_runs_from_its_build(void **state)
{
    (void)state;
    char folder[] = "/tmp/overt-test.XXXXXX";
    char copy[64];
    assert_true(ov_program_is_in_build());
    assert_int_equal(ask("/proc/self/exe"), IN_BUILD);
    assert_non_null(mkdtemp(folder));
    (void)snprintf(copy, sizeof(copy), "%s/copy", folder);
    copy_self(copy);
    int answer = ask(copy);
    assert_int_equal(unlink(copy), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(answer, ELSEWHERE);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--where") == 0)
        return ov_program_is_in_build() ? IN_BUILD : ELSEWHERE;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_knows_whether_it_runs_from_its_build),
    };
    return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}

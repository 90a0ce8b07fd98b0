/* The completion script that is installed is the one that the command table makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/file.h"
#include "server/ctl/commands.h"
#include "server/ctl/completion.h"
#include "server/ctl/help.h"
#include "server/ctl/import_codes.h"

static void the_installed_script_is_current(void **state)
{
    const char *source = getenv("OVERT_SOURCE_DIR");
    char path[4096];
    struct ov_buf installed = OV_BUF_INIT;
    struct ov_buf made = OV_BUF_INIT;
    struct ov_error err = OV_ERROR_INIT;
    (void)state;
    (void)snprintf(path, sizeof(path), "%s/deploy/completions/overtctl.bash",
                   source == NULL ? "." : source);
    assert_int_equal(ov_file_read(path, 1 << 20, &installed, &err), OV_OK);
    completion_bash(&made);
    /* When this fails: overtctl completion bash > deploy/completions/overtctl.bash */
    assert_string_equal(made.data, installed.data);
    ov_buf_free(&made);
    ov_buf_free(&installed);
}

static void help_names_every_command_and_option(void **state)
{
    (void)state;
    struct ov_buf program = OV_BUF_INIT;
    help_program(&program);
    const struct command *at = NULL;
    for (size_t i = 0; (at = command_at(i)) != NULL; i++) {
        struct ov_buf own = OV_BUF_INIT;
        assert_non_null(strstr(program.data, at->summary));
        help_command(at, &own);
        for (const struct option *option = at->options; option->name != NULL; option++)
            assert_non_null(strstr(own.data, option->name));
        ov_buf_free(&own);
    }
    ov_buf_free(&program);
}

static void help_fits_a_terminal_and_explains_outcomes(void **state)
{
    struct ov_buf own = OV_BUF_INIT;
    (void)state;
    help_command(command_find("watchlist", "import"), &own);
    const char *codes = strstr(own.data, "outcomes");
    assert_non_null(codes);
    const char *end = strstr(codes, "\n\n");
    for (const char *line = codes; line < end; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 80);
    for (const struct import_code *at = import_codes; at->code != NULL; at++) {
        assert_non_null(strstr(codes, at->code));
        assert_ptr_equal(import_code_meaning(at->code), at->meaning);
    }
    assert_string_equal(import_code_meaning("no.such"), "");
    ov_buf_free(&own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_installed_script_is_current),
        cmocka_unit_test(help_names_every_command_and_option),
        cmocka_unit_test(help_fits_a_terminal_and_explains_outcomes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

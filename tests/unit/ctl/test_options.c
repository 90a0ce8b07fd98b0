/* The command line: what is taken, what is refused, and that refusals repeat nothing private. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/ctl/options.h"

static struct ov_error err;

#define PARSE(given, ...) parse(given, (const char *const[]){__VA_ARGS__, NULL})

static enum ov_status parse(struct invocation *given, const char *const *words)
{
    char *argv[32];
    int argc = 0;
    for (; words[argc] != NULL; argc++)
        memcpy(&argv[argc], &words[argc], sizeof(argv[0]));
    ov_error_clear(&err);
    return invocation_parse(argc, argv, given, &err);
}

static void a_full_command_is_taken_apart(void **state)
{
    struct invocation given;
    size_t cursor = 0;
    (void)state;
    assert_int_equal(PARSE(&given, "--json", "deployment", "create", "gate", "--purpose=a test",
                           "--site", "north", "--site", "south", "--hours", "4"),
                     OV_OK);
    assert_ptr_equal(given.command, command_find("deployment", "create"));
    assert_string_equal(given.args[0], "gate");
    assert_string_equal(invocation_option(&given, "--purpose"), "a test");
    assert_string_equal(invocation_next(&given, "--site", &cursor), "north");
    assert_string_equal(invocation_next(&given, "--site", &cursor), "south");
    assert_null(invocation_next(&given, "--site", &cursor));
    assert_non_null(invocation_option(&given, "--json"));
    assert_null(invocation_option(&given, "--yes"));
}

static void one_word_commands_and_optional_arguments(void **state)
{
    struct invocation given;
    (void)state;
    assert_int_equal(PARSE(&given, "status"), OV_OK);
    assert_int_equal(PARSE(&given, "alerts", "gate", "--follow"), OV_OK);
    assert_string_equal(given.args[0], "gate");
    assert_int_equal(PARSE(&given, "watchlist", "approve", "gate"), OV_OK);
    assert_int_equal(given.arg_count, 1);
    assert_int_equal(PARSE(&given, "watchlist", "approve", "gate", "entry"), OV_OK);
    assert_int_equal(given.arg_count, 2);
}

static void two_dashes_end_the_options(void **state)
{
    struct invocation given;
    (void)state;
    assert_int_equal(PARSE(&given, "deployment", "show", "--", "--yes"), OV_OK);
    assert_string_equal(given.args[0], "--yes");
    assert_null(invocation_option(&given, "--yes"));
}

static void wrong_lines_are_refused(void **state)
{
    struct invocation given;
    (void)state;
    assert_int_equal(PARSE(&given, "deploy"), OV_ERR_INVALID);
    assert_string_equal(err.code, "usage.command");
    assert_int_equal(PARSE(&given, "site"), OV_ERR_INVALID);
    assert_string_equal(err.code, "usage.command");
    assert_non_null(strstr(err.text, "'add', 'list'"));
    assert_int_equal(PARSE(&given, "completion"), OV_ERR_INVALID);
    assert_non_null(strstr(err.text, "'bash'"));
    assert_int_equal(PARSE(&given, "site", "remove"), OV_ERR_INVALID);
    assert_int_equal(PARSE(&given, "site", "add"), OV_ERR_INVALID);
    assert_string_equal(err.code, "usage.arguments");
    assert_int_equal(PARSE(&given, "site", "add", ""), OV_ERR_INVALID);
    assert_int_equal(PARSE(&given, "site", "list", "--follow"), OV_ERR_INVALID);
    assert_string_equal(err.code, "usage.option");
    assert_int_equal(PARSE(&given, "--follow", "alerts", "gate"), OV_ERR_INVALID);
    assert_int_equal(PARSE(&given, "status", "--json=yes"), OV_ERR_INVALID);
    assert_int_equal(PARSE(&given, "status", "--server"), OV_ERR_INVALID);
    assert_int_equal(PARSE(&given, "status", "--server", "a", "--server", "b"), OV_ERR_INVALID);
    assert_int_equal(PARSE(&given, "deployment", "oral", "x", "--reasons", "n"), OV_ERR_INVALID);
    assert_non_null(strstr(err.text, "--officer"));
    assert_int_equal(parse(&given, (const char *const[]){NULL}), OV_ERR_INVALID);
}

static void a_name_typed_as_an_argument_is_not_repeated(void **state)
{
    struct invocation given;
    (void)state;
    assert_int_equal(PARSE(&given, "watchlist", "add", "gate", "a.jpg", "Jane Doe", "--category",
                           "missing_at_risk", "--response", "identify"),
                     OV_ERR_INVALID);
    assert_null(strstr(err.text, "Jane"));
    assert_int_equal(PARSE(&given, "watchlist", "add", "gate", "a.jpg", "--name=Jane Doe"),
                     OV_ERR_INVALID);
    assert_null(strstr(err.text, "Jane"));
}

static void no_option_takes_a_name_or_a_reference(void **state)
{
    (void)state;
    const struct command *at = NULL;
    for (size_t i = 0; (at = command_at(i)) != NULL; i++) {
        if (strcmp(at->group, "watchlist") != 0)
            continue;
        for (const struct option *option = at->options; option->name != NULL; option++) {
            assert_null(strstr(option->name, "name"));
            assert_null(strstr(option->name, "ref"));
        }
    }
}

static void help_needs_nothing_else(void **state)
{
    struct invocation given;
    (void)state;
    assert_int_equal(PARSE(&given, "--help"), OV_OK);
    assert_int_equal(PARSE(&given, "watchlist", "-h"), OV_OK);
    assert_string_equal(given.group, "watchlist");
    assert_int_equal(PARSE(&given, "watchlist", "add", "--help"), OV_OK);
    assert_ptr_equal(given.command, command_find("watchlist", "add"));
}

static void numbers_are_whole_and_within_range(void **state)
{
    struct invocation given;
    int64_t number = -1;
    double real = -1;
    (void)state;
    assert_int_equal(PARSE(&given, "alerts", "gate", "--after", "12"), OV_OK);
    assert_int_equal(invocation_i64(&given, "--after", 0, 100, &number, &err), OV_OK);
    assert_int_equal(number, 12);
    assert_int_equal(invocation_i64(&given, "--after", 0, 10, &number, &err), OV_ERR_INVALID);
    assert_int_equal(PARSE(&given, "alerts", "gate", "--after", "12x"), OV_OK);
    assert_int_equal(invocation_i64(&given, "--after", 0, 100, &number, &err), OV_ERR_INVALID);
    assert_int_equal(PARSE(&given, "alerts", "gate"), OV_OK);
    number = 7;
    assert_int_equal(invocation_i64(&given, "--after", 0, 100, &number, &err), OV_OK);
    assert_int_equal(number, 7);
    assert_int_equal(PARSE(&given, "deployment", "create", "x", "--purpose", "p", "--site", "n",
                           "--threshold", "nan"),
                     OV_OK);
    assert_int_equal(invocation_double(&given, "--threshold", 0, 1, &real, &err), OV_ERR_INVALID);
}

static void every_command_explains_itself(void **state)
{
    (void)state;
    const struct command *at = NULL;
    for (size_t i = 0; (at = command_at(i)) != NULL; i++) {
        assert_non_null(at->summary);
        assert_non_null(at->help);
        assert_non_null(at->run);
        assert_ptr_equal(command_find(at->group, at->verb), at);
    }
}

static void servers_are_named_in_four_ways(void **state)
{
    static const struct {
        const char *text, *host;
        int port;
    } good[] = {{"localhost", "localhost", 7643},
                {"match.example.org:1", "match.example.org", 1},
                {"192.0.2.1:65535", "192.0.2.1", 65535},
                {"[2001:db8::1]", "2001:db8::1", 7643},
                {"[::1]:99", "::1", 99}};
    static const char *const bad[] = {"",     ":1",   "a:",    "a:0",      "a:65536", "a:x",
                                      "::1",  "[::1", "[]:1",  "a/b",      "a@b:1",   "a b",
                                      "a\nb", "[a]b", "a:1:2", "https://a"};
    struct http_options options;
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(http_server_parse(good[i].text, &options), OV_OK);
        assert_string_equal(options.host, good[i].host);
        assert_int_equal(options.port, good[i].port);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(http_server_parse(bad[i], &options), OV_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_command_is_taken_apart),
        cmocka_unit_test(one_word_commands_and_optional_arguments),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(wrong_lines_are_refused),
        cmocka_unit_test(a_name_typed_as_an_argument_is_not_repeated),
        cmocka_unit_test(no_option_takes_a_name_or_a_reference),
        cmocka_unit_test(help_needs_nothing_else),
        cmocka_unit_test(numbers_are_whole_and_within_range),
        cmocka_unit_test(every_command_explains_itself),
        cmocka_unit_test(servers_are_named_in_four_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

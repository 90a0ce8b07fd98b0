/* The command line. */
#include <stdio.h>
#include <stdlib.h>

#include "client/options.h"
#include "tests/unit/client/test_client.h"

#define ARGS_MAX 40

static enum ov_status parse(struct options *options, struct ov_error *err, const char *line)
{
    static char copy[512];
    char *argv[ARGS_MAX] = {copy};
    int argc = 1;
    (void)snprintf(copy, sizeof(copy), "overt-capture %s", line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++ - 1] = word;
    return options_parse(options, argc - 1, argv, err);
}

static void assert_misuse(const char *line, const char *said)
{
    struct options options;
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(parse(&options, &err, line), OV_ERR_INVALID);
    assert_string_equal(err.code, "usage");
    if (strstr(err.text, said) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, said);
}

static void test_defaults(void **state)
{
    (void)state;
    struct options options;
    assert_int_equal(parse(&options, NULL, "--folder pictures"), OV_OK);
    assert_int_equal(options.source.form, SOURCE_FORM_FOLDER);
    assert_string_equal(options.source.place, "pictures");
    assert_string_equal(options.camera, "cam1");
    assert_string_equal(options.host, "localhost");
    assert_int_equal(options.port, 7600);
    assert_true(options.fps < 0);
    assert_true(options.linger_s == 5);
    assert_true(options.timeout_s == 0);
    assert_int_equal(options.level, OV_LOG_WARNING);
    assert_false(options.once);
    assert_null(options.deployment);
}

static void test_everything_can_be_given(void **state)
{
    (void)state;
    struct options options;
    assert_int_equal(parse(&options, NULL,
                           "--open=/dev/video0 --size 1280x720 --camera gate-1 --fps 12.5 "
                           "--server match.example.org:7700 --identity id --min-face=40 --once "
                           "--deployment 6f9619ff-8b86-4011-b42d-00c04fc964ff --timeout 3 "
                           "--linger 0"),
                     OV_OK);
    assert_int_equal(options.source.form, SOURCE_FORM_MEDIA);
    assert_string_equal(options.source.size, "1280x720");
    assert_string_equal(options.camera, "gate-1");
    assert_string_equal(options.host, "match.example.org");
    assert_int_equal(options.port, 7700);
    assert_int_equal(options.min_face_px, 40);
    assert_int_equal(options.deployment_id.bytes[0], 0x6f);
    assert_true(options.once);
    assert_true(options.linger_s == 0);
}

static void test_servers_are_read_in_all_their_forms(void **state)
{
    (void)state;
    struct options options;
    assert_int_equal(parse(&options, NULL, "--image a --server [::1]:99"), OV_OK);
    assert_string_equal(options.host, "::1");
    assert_int_equal(options.port, 99);
    assert_int_equal(parse(&options, NULL, "--image a --server [fe80::1]"), OV_OK);
    assert_string_equal(options.host, "fe80::1");
    assert_int_equal(parse(&options, NULL, "--image a --server 192.0.2.1"), OV_OK);
    assert_string_equal(options.host, "192.0.2.1");
    assert_int_equal(options.port, 7600);
    assert_misuse("--image a --server :7600", "HOST:PORT");
    assert_misuse("--image a --server host:", "HOST:PORT");
    assert_misuse("--image a --server host:70000", "HOST:PORT");
    assert_misuse("--image a --server [::1", "HOST:PORT");
    assert_misuse("--image a --server [::1]x", "HOST:PORT");
}

static void test_exactly_one_source_is_needed(void **state)
{
    (void)state;
    assert_misuse("", "where pictures come from");
    assert_misuse("--image a --folder b", "only one of");
    assert_misuse("--image a --open b --folder c", "only one of");
}

static void test_mistakes_are_named(void **state)
{
    (void)state;
    assert_misuse("pictures", "not an option: pictures");
    assert_misuse("--imagine a", "unknown option: --imagine");
    assert_misuse("--image", "needs a value");
    assert_misuse("--image a --once=yes", "takes no value");
    assert_misuse("--image a --fps fast", "--fps takes a number from 0 to 240");
    assert_misuse("--image a --fps -1", "--fps takes");
    assert_misuse("--image a --min-face 3.5", "--min-face takes");
    assert_misuse("--image a --camera a/b", "camera's name");
    assert_misuse("--image a --size big", "1280x720");
    assert_misuse("--image a --size 1280x", "1280x720");
    assert_misuse("--image a --deployment trial", "UUID");
    assert_misuse("--image a --log-level loud", "--log-level");
}

static void test_help_and_version_need_nothing_else(void **state)
{
    (void)state;
    struct options options;
    assert_int_equal(parse(&options, NULL, "--help"), OV_OK);
    assert_true(options.help);
    assert_int_equal(parse(&options, NULL, "-h"), OV_OK);
    assert_true(options.help);
    assert_int_equal(parse(&options, NULL, "--version"), OV_OK);
    assert_true(options.version);
}

static void test_the_environment_gives_identity_and_model(void **state)
{
    (void)state;
    struct options options;
    assert_int_equal(setenv("OVERT_IDENTITY", "here", 1), 0);
    assert_int_equal(setenv("OVERT_MODEL", "there", 1), 0);
    assert_int_equal(parse(&options, NULL, "--image a"), OV_OK);
    assert_string_equal(options.identity, "here");
    assert_string_equal(options.model, "there");
    assert_int_equal(parse(&options, NULL, "--image a --model mine"), OV_OK);
    assert_string_equal(options.model, "mine");
    (void)unsetenv("OVERT_IDENTITY");
    (void)unsetenv("OVERT_MODEL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_everything_can_be_given),
        cmocka_unit_test(test_servers_are_read_in_all_their_forms),
        cmocka_unit_test(test_exactly_one_source_is_needed),
        cmocka_unit_test(test_mistakes_are_named),
        cmocka_unit_test(test_help_and_version_need_nothing_else),
        cmocka_unit_test(test_the_environment_gives_identity_and_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

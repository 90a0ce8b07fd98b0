/* Settings: good files, bad files, and what a person is told about them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/config/config.h"
#include "common/config/ini.h"

struct settings {
    char *listen;
    char *ca;
    char *note;
    int64_t port;
    double threshold;
    bool exercise;
    int level;
    int64_t lease_ms;
};

static const char *const levels[] = {"debug", "info", "error", NULL};

#define AT(member) offsetof(struct settings, member)
static const struct ov_config_key keys[] = {
    {"capture", "listen", OV_CONFIG_STRING, "0.0.0.0", 1, 20, NULL, AT(listen), "Address."},
    {"capture", "ca", OV_CONFIG_PATH, NULL, 0, 0, NULL, AT(ca), "PEM file of the CA."},
    {"capture", "note", OV_CONFIG_STRING, "", 0, 0, NULL, AT(note), "For people."},
    {"capture", "port", OV_CONFIG_INT, "7600", 1, 65535, NULL, AT(port), "TCP port."},
    {"match", "threshold", OV_CONFIG_DOUBLE, "0.64", -1, 1, NULL, AT(threshold), "Cosine."},
    {"match", "exercise", OV_CONFIG_BOOL, "no", 0, 0, NULL, AT(exercise), "Volunteers only."},
    {"log", "level", OV_CONFIG_ENUM, "info", 0, 0, levels, AT(level), "Least level."},
    {"match", "lease", OV_CONFIG_DURATION, "30s", 1000, 60000, NULL, AT(lease_ms), "Lease time."},
};
static const struct ov_config_table table = {keys, sizeof(keys) / sizeof(keys[0])};

static char folder[64];
static char path[80];

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/overt-config-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof(path), "%s/a.ini", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static void write_file(const char *text, size_t size)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
}

static void start(struct settings *settings)
{
    struct ov_error err = OV_ERROR_INIT;
    memset(settings, 0xa5, sizeof(*settings)); /* init must not look at what was there */
    assert_int_equal(ov_config_init(&table, settings, &err), OV_OK);
}

static void defaults_come_from_the_table(void **state)
{
    (void)state;
    struct settings settings;
    start(&settings);
    assert_string_equal(settings.listen, "0.0.0.0");
    assert_null(settings.ca);
    assert_null(settings.note);
    assert_int_equal(settings.port, 7600);
    assert_true(settings.threshold == 0.64);
    assert_false(settings.exercise);
    assert_int_equal(settings.level, 1);
    assert_int_equal(settings.lease_ms, 30000);
    ov_config_done(&table, &settings);
    ov_config_done(&table, &settings);
}

static void a_file_sets_what_it_names_and_nothing_else(void **state)
{
    (void)state;
    static const char text[] = "# comment\r\n"
                               "; another = comment\n"
                               "[capture]\n"
                               "  ca =   tls/ca.pem  \r\n"
                               "note = # no comment here = fine; \xc3\xbc\n"
                               "port=1\n"
                               "\n"
                               "[ match ]\n"
                               "exercise = yes\n"
                               "lease = 1m\n"
                               "threshold = -0.5\n"
                               "[log]\n"
                               "level = debug\n"
                               "[capture]\n" /* a section may be gone back to */
                               "listen = ::1";
    struct settings settings;
    struct ov_error err = OV_ERROR_INIT;
    char expected[96];
    start(&settings);
    write_file(text, sizeof(text) - 1);
    if (ov_config_read(&table, path, &settings, &err) != OV_OK)
        fail_msg("%s", err.text);
    (void)snprintf(expected, sizeof(expected), "%s/tls/ca.pem", folder);
    assert_string_equal(settings.ca, expected); /* relative to the file */
    assert_string_equal(settings.note, "# no comment here = fine; \xc3\xbc");
    assert_string_equal(settings.listen, "::1");
    assert_int_equal(settings.port, 1);
    assert_true(settings.exercise);
    assert_int_equal(settings.lease_ms, 60000);
    assert_true(settings.threshold == -0.5);
    assert_int_equal(settings.level, 0);
    assert_int_equal(ov_config_check(&table, &settings, &err), OV_OK);
    ov_config_done(&table, &settings);
}

static void a_bad_file_is_refused_with_file_line_and_what_is_allowed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *code;
        const char *says;
    } bad[] = {
        {"[capture]\nprot = 1\n", "config.unknown_key", "line 2: there is no key prot"},
        {"port = 1\n", "config.unknown_key", "line 1"},
        {"[nowhere]\nport = 1\n", "config.unknown_key", "section [nowhere]"},
        {"[capture]\nport = 1\n\nport = 1\n", "config.twice", "line 4: capture.port"},
        {"[capture]\nport = 0\n", "config.bad_value", "a whole number from 1 to 65535"},
        {"[capture]\nport = 65536\n", "config.bad_value", "\"65536\""},
        {"[capture]\nport = 1x\n", "config.bad_value", "line 2"},
        {"[capture]\nport =\n", "config.bad_value", "line 2"},
        {"[capture]\nlisten =\n", "config.bad_value", "a text of 1 to 20 bytes"},
        {"[capture]\nlisten = 123456789012345678901\n", "config.bad_value", "1 to 20"},
        {"[capture]\nca =\n", "config.bad_value", "a path"},
        {"[match]\nthreshold = nan\n", "config.bad_value", "a number from -1 to 1"},
        {"[match]\nthreshold = 1.01\n", "config.bad_value", "-1 to 1"},
        {"[match]\nexercise = 1\n", "config.bad_value", "yes or no"},
        {"[match]\nexercise = Yes\n", "config.bad_value", "yes or no"},
        {"[log]\nlevel = loud\n", "config.bad_value", "one of debug, info, error"},
        {"[match]\nlease = 30\n", "config.bad_value", "a duration from 1s to 1m"},
        {"[match]\nlease = 61s\n", "config.bad_value", "1s to 1m"},
        {"[match]\nlease = 500ms\n", "config.bad_value", "1s to 1m"},
        {"[match]\nlease = -5s\n", "config.bad_value", "1s to 1m"},
        {"[capture\n", "config.syntax", "line 1"},
        {"[]\n", "config.syntax", "line 1"},
        {"[", "config.syntax", "line 1"},
        {"[Capture]\n", "config.syntax", "a-z"},
        {"[capture]\nport\n", "config.syntax", "line 2"},
        {"[capture]\n= 1\n", "config.syntax", "line 2"},
        {"[capture]\nPort = 1\n", "config.syntax", "line 2"},
        {"[capture]\nnote = \xff\n", "config.syntax", "UTF-8"},
        {"[capture]\nnote = a\tb\n", "config.syntax", "control"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct settings settings;
        struct ov_error err = OV_ERROR_INIT;
        start(&settings);
        write_file(bad[i].text, strlen(bad[i].text));
        assert_int_equal(ov_config_read(&table, path, &settings, &err), OV_ERR_INVALID);
        assert_string_equal(err.code, bad[i].code);
        assert_non_null(strstr(err.text, path));
        if (strstr(err.text, bad[i].says) == NULL)
            fail_msg("%s: said \"%s\"", bad[i].text, err.text);
        ov_config_done(&table, &settings);
    }
}

static void files_that_cannot_be_read_are_named(void **state)
{
    (void)state;
    struct settings settings;
    struct ov_error err = OV_ERROR_INIT;
    start(&settings);
    assert_int_equal(ov_config_read(&table, "/nonexistent/a.ini", &settings, &err),
                     OV_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "/nonexistent/a.ini"));
    assert_int_equal(ov_config_read(&table, folder, &settings, NULL), OV_ERR_INVALID);
    ov_config_done(&table, &settings);
}

static void a_required_key_that_is_missing_is_asked_for(void **state)
{
    (void)state;
    struct settings settings;
    struct ov_error err = OV_ERROR_INIT;
    start(&settings);
    assert_int_equal(ov_config_check(&table, &settings, &err), OV_ERR_INVALID);
    assert_string_equal(err.code, "config.missing");
    assert_non_null(strstr(err.text, "capture.ca"));
    assert_non_null(strstr(err.text, "PEM file of the CA."));
    ov_config_done(&table, &settings);
}

static void the_command_line_has_the_last_word(void **state)
{
    (void)state;
    struct settings settings;
    struct ov_error err = OV_ERROR_INIT;
    start(&settings);
    assert_int_equal(ov_config_set(&table, "capture.port", "7601", &settings, &err), OV_OK);
    assert_int_equal(ov_config_set(&table, "capture.ca", "ca.pem", &settings, &err), OV_OK);
    assert_int_equal(settings.port, 7601);
    assert_string_equal(settings.ca, "ca.pem"); /* relative to where the program was started */
    assert_int_equal(ov_config_set(&table, "capture.port", "x", &settings, &err), OV_ERR_INVALID);
    assert_string_equal(err.code, "config.bad_value");
    assert_int_equal(settings.port, 7601);
    ov_error_clear(&err);
    static const char *const unknown[] = {"port", "capture.", ".port", "", "capture.port.x"};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(ov_config_set(&table, unknown[i], "1", &settings, NULL), OV_ERR_INVALID);
    }
    ov_config_done(&table, &settings);
}

static void durations_need_a_unit_and_cannot_overflow(void **state)
{
    (void)state;
    int64_t ms = -1;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"0s", 0}, {"1ms", 1}, {"90m", 5400000}, {"24h", 86400000}, {"31d", 2678400000}};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(ov_duration_parse(good[i].text, &ms), OV_OK);
        assert_int_equal(ms, good[i].ms);
    }
    static const char *const bad[] = {"",
                                      "1",
                                      "s",
                                      "1 s",
                                      "1.5h",
                                      "-1s",
                                      "1ss",
                                      "1week",
                                      "1S",
                                      "+1s",
                                      "99999999999999999999s",
                                      "999999999999999999d"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(ov_duration_parse(bad[i], &ms), OV_ERR_INVALID);
}

static void the_sample_file_is_a_valid_file_with_the_defaults(void **state)
{
    (void)state;
    struct settings settings;
    struct ov_error err = OV_ERROR_INIT;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ov_config_print_sample(&table, out);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(text, "[capture]"));
    assert_non_null(strstr(text, "port = 7600"));
    assert_non_null(strstr(text, "; required)\n#ca ="));
    assert_non_null(strstr(text, "a whole number from 1 to 65535"));
    start(&settings);
    write_file(text, size);
    if (ov_config_read(&table, path, &settings, &err) != OV_OK)
        fail_msg("%s", err.text);
    assert_int_equal(settings.lease_ms, 30000);
    ov_config_done(&table, &settings);
    free(text);
}

static void the_help_names_every_key(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ov_config_print_help(&table, out);
    assert_int_equal(fclose(out), 0);
    for (size_t i = 0; i < table.count; i++) {
        char name[64];
        (void)snprintf(name, sizeof(name), "%s.%s", keys[i].section, keys[i].key);
        assert_non_null(strstr(text, name));
        assert_non_null(strstr(text, keys[i].help));
    }
    assert_non_null(strstr(text, "required"));
    free(text);
}

static void a_default_that_the_table_itself_forbids_is_our_bug(void **state)
{
    (void)state;
    static const struct ov_config_key wrong[] = {
        {"a", "b", OV_CONFIG_INT, "0", 1, 5, NULL, AT(port), "x"}};
    static const struct ov_config_table bad = {wrong, 1};
    struct settings settings;
    assert_int_equal(ov_config_init(&bad, &settings, NULL), OV_ERR_INTERNAL);
}

/* ---- the reader by itself ---- */

struct seen {
    int count;
    int last_line;
    char last[200];
};

static enum ov_status note_key(void *ctx, const struct ov_ini_place *place, const char *section,
                               const char *key, const char *value, struct ov_error *err)
{
    (void)err;
    struct seen *seen = ctx;
    seen->count++;
    seen->last_line = place->line;
    (void)snprintf(seen->last, sizeof(seen->last), "%s|%s|%s", section, key, value);
    return strcmp(key, "stop") == 0 ? OV_ERR_STATE : OV_OK;
}

static void the_reader_reports_keys_in_order_with_their_lines(void **state)
{
    (void)state;
    static const char text[] = "a = 1\n[s-1]\n\nb_2 = x = y\n[t]\nc=\n";
    struct seen seen = {0};
    assert_int_equal(ov_ini_parse("f", text, sizeof(text) - 1, note_key, &seen, NULL), OV_OK);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.last_line, 6);
    assert_string_equal(seen.last, "t|c|");
    assert_int_equal(ov_ini_parse("f", text, 25, note_key, &seen, NULL), OV_OK);
    assert_string_equal(seen.last, "s-1|b_2|x = y");
    assert_int_equal(ov_ini_parse("f", "", 0, note_key, &seen, NULL), OV_OK);
}

static void the_reader_stops_when_told_to(void **state)
{
    (void)state;
    static const char text[] = "a = 1\nstop = 1\nb = 1\n";
    struct seen seen = {0};
    assert_int_equal(ov_ini_parse("f", text, sizeof(text) - 1, note_key, &seen, NULL),
                     OV_ERR_STATE);
    assert_int_equal(seen.count, 2);
}

static void names_and_values_are_bounded(void **state)
{
    (void)state;
    char text[OV_INI_VALUE_SIZE + 64];
    struct seen seen = {0};
    memset(text, 'k', sizeof(text));
    text[63] = '=';
    text[64] = '1';
    assert_int_equal(ov_ini_parse("f", text, 65, note_key, &seen, NULL), OV_OK);
    memset(text, 'k', sizeof(text));
    text[64] = '=';
    text[65] = '1';
    assert_int_equal(ov_ini_parse("f", text, 66, note_key, &seen, NULL), OV_ERR_INVALID);
    text[0] = 'k';
    text[1] = '=';
    memset(text + 2, 'v', sizeof(text) - 2);
    assert_int_equal(ov_ini_parse("f", text, 2 + OV_INI_VALUE_SIZE - 1, note_key, &seen, NULL),
                     OV_OK);
    assert_int_equal(ov_ini_parse("f", text, 2 + OV_INI_VALUE_SIZE, note_key, &seen, NULL),
                     OV_ERR_INVALID);
    assert_int_equal(ov_ini_parse("f", "a = \0x", 6, note_key, &seen, NULL), OV_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_come_from_the_table),
        cmocka_unit_test(a_file_sets_what_it_names_and_nothing_else),
        cmocka_unit_test(a_bad_file_is_refused_with_file_line_and_what_is_allowed),
        cmocka_unit_test(files_that_cannot_be_read_are_named),
        cmocka_unit_test(a_required_key_that_is_missing_is_asked_for),
        cmocka_unit_test(the_command_line_has_the_last_word),
        cmocka_unit_test(durations_need_a_unit_and_cannot_overflow),
        cmocka_unit_test(the_sample_file_is_a_valid_file_with_the_defaults),
        cmocka_unit_test(the_help_names_every_key),
        cmocka_unit_test(a_default_that_the_table_itself_forbids_is_our_bug),
        cmocka_unit_test(the_reader_reports_keys_in_order_with_their_lines),
        cmocka_unit_test(the_reader_stops_when_told_to),
        cmocka_unit_test(names_and_values_are_bounded),
    };
    return cmocka_run_group_tests_name("config", tests, set_up, tear_down);
}

/* The ini reader, and every kind of value behind it. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/config/config.h"
#include "common/config/ini.h"
#include "tests/fuzz/fuzz.h"

struct settings {
    char *text;
    char *path;
    int64_t number;
    int64_t ms;
    double real;
    int choice;
    bool flag;
};

static const char *const choices[] = {"one", "two", NULL};

#define AT(member) offsetof(struct settings, member)
static const struct ov_config_key keys[] = {
    {"a", "text", OV_CONFIG_STRING, "", 0, 0, NULL, AT(text), "Text."},
    {"a", "path", OV_CONFIG_PATH, "", 0, 0, NULL, AT(path), "Path."},
    {"a", "number", OV_CONFIG_INT, "5", -10, 1000, NULL, AT(number), "Number."},
    {"b", "time", OV_CONFIG_DURATION, "5s", 0, 100000, NULL, AT(ms), "Time."},
    {"b", "real", OV_CONFIG_DOUBLE, "0.5", -1, 1, NULL, AT(real), "Real."},
    {"b", "choice", OV_CONFIG_ENUM, "one", 0, 0, choices, AT(choice), "Choice."},
    {"b", "flag", OV_CONFIG_BOOL, "no", 0, 0, NULL, AT(flag), "Flag."},
};
static const struct ov_config_table table = {keys, sizeof(keys) / sizeof(keys[0])};

static enum ov_status on_key(void *ctx, const struct ov_ini_place *place, const char *section,
                             const char *key, const char *value, struct ov_error *err)
{
    (void)err;
    struct settings *settings = ctx;
    char name[2 * OV_INI_NAME_SIZE];
    int64_t ms = 0;
    fuzz_require(place->line > 0);
    fuzz_require(strlen(key) > 0 && strlen(key) < OV_INI_NAME_SIZE);
    fuzz_require(strlen(section) < OV_INI_NAME_SIZE && strlen(value) < OV_INI_VALUE_SIZE);
    (void)snprintf(name, sizeof(name), "%s.%s", section, key);
    if (ov_config_set(&table, name, value, settings, NULL) == OV_OK) {
        fuzz_require(settings->number >= -10 && settings->number <= 1000);
        fuzz_require(settings->ms >= 0 && settings->ms <= 100000);
        fuzz_require(settings->real >= -1 && settings->real <= 1);
        fuzz_require(settings->choice == 0 || settings->choice == 1);
    }
    if (ov_duration_parse(value, &ms) == OV_OK)
        fuzz_require(ms >= 0);
    return OV_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct settings settings;
    struct ov_error err = OV_ERROR_INIT;
    fuzz_require(ov_config_init(&table, &settings, NULL) == OV_OK);
    if (ov_ini_parse("input", (const char *)data, size, on_key, &settings, &err) != OV_OK)
        fuzz_require(err.text[0] != '\0');
    ov_config_done(&table, &settings);
    return 0;
}

void fuzz_seeds(void (*emit)(void *ctx, const void *data, size_t size), void *ctx)
{
    static const char plain[] = "[a]\ntext = hello\npath = x/y\nnumber = -3\n\n"
                                "[b]\ntime = 90s\nreal = 0.25\nchoice = two\nflag = yes\n";
    static const char odd[] =
        "# comment\r\n; another\r\n[ a ]\r\n\ttext=  \xc3\xa9 = 1 # text \r\n";
    static const char cut[] = "[b]\ntime = 100000ms\nreal = -1e-3\nflag=off";
    static const char *const files[] = {plain, odd, cut};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        emit(ctx, files[i], strlen(files[i]));
}

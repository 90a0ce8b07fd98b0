/* The table in words: sample file, help, and what a key allows. No state; any thread. */
#include <stdbool.h>
#include <string.h>

#include "common/config/config.h"
#include "common/config/value.h"

#define WIDTH 90

const char *ov_config_type_name(enum ov_config_type type)
{
    switch (type) {
    case OV_CONFIG_STRING:
        return "text";
    case OV_CONFIG_PATH:
        return "path";
    case OV_CONFIG_INT:
        return "whole number";
    case OV_CONFIG_DOUBLE:
        return "number";
    case OV_CONFIG_BOOL:
        return "yes or no";
    case OV_CONFIG_ENUM:
        return "choice";
    case OV_CONFIG_DURATION:
        return "duration";
    }
    return "unknown";
}

/* The largest unit that says it in a whole number. */
static void print_duration(double value, char *out, size_t out_size)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
    int64_t ms = (int64_t)value;
    size_t i = 0;
    while (i < 4 && (ms < units[i].ms || ms % units[i].ms != 0))
        i++;
    (void)snprintf(out, out_size, "%lld%s", (long long)(ms / units[i].ms), units[i].unit);
}

static void print_choices(const struct ov_config_key *key, char *out, size_t out_size)
{
    size_t at = (size_t)snprintf(out, out_size, "one of");
    for (int i = 0; key->choices != NULL && key->choices[i] != NULL && at < out_size; i++)
        at += (size_t)snprintf(out + at, out_size - at, "%s %s", i > 0 ? "," : "", key->choices[i]);
}

static void print_range(const struct ov_config_key *key, char *out, size_t out_size)
{
    char min[32];
    char max[32];
    if (key->type == OV_CONFIG_DURATION) {
        print_duration(key->min, min, sizeof(min));
        print_duration(key->max, max, sizeof(max));
    } else {
        (void)snprintf(min, sizeof(min), "%.15g", key->min);
        (void)snprintf(max, sizeof(max), "%.15g", key->max);
    }
    if (value_is_text(key))
        (void)snprintf(out, out_size, "a %s of %s to %s bytes", ov_config_type_name(key->type), min,
                       max);
    else
        (void)snprintf(out, out_size, "a %s from %s to %s", ov_config_type_name(key->type), min,
                       max);
}

const char *ov_config_allowed(const struct ov_config_key *key, char *out, size_t out_size)
{
    if (key->type == OV_CONFIG_ENUM)
        print_choices(key, out, out_size);
    else if (key->type == OV_CONFIG_BOOL)
        (void)snprintf(out, out_size, "yes or no");
    else if (key->min != 0.0 || key->max != 0.0)
        print_range(key, out, out_size);
    else
        (void)snprintf(out, out_size, "a %s%s", ov_config_type_name(key->type),
                       key->type == OV_CONFIG_DURATION ? " such as 500ms, 10s, 5m, 24h or 31d"
                                                       : "");
    return out;
}

/* Text broken into lines, each with a prefix. */
static void print_wrapped(const char *text, const char *prefix, FILE *out)
{
    while (*text != '\0') {
        size_t length = strlen(text);
        if (length > WIDTH) {
            length = WIDTH;
            while (length > 0 && text[length] != ' ')
                length--;
            if (length == 0)
                length = strcspn(text, " ");
        }
        (void)fprintf(out, "%s%.*s\n", prefix, (int)length, text);
        text += length;
        text += strspn(text, " ");
    }
}

void ov_config_print_sample(const struct ov_config_table *table, FILE *out)
{
    const char *section = NULL;
    char allowed[200];
    for (size_t i = 0; i < table->count; i++) {
        const struct ov_config_key *key = &table->keys[i];
        if (section == NULL || strcmp(section, key->section) != 0)
            (void)fprintf(out, "%s[%s]\n", section == NULL ? "" : "\n", key->section);
        section = key->section;
        (void)fprintf(out, "\n");
        print_wrapped(key->help, "# ", out);
        (void)fprintf(out, "# (%s%s)\n", ov_config_allowed(key, allowed, sizeof(allowed)),
                      key->fallback == NULL ? "; required" : "");
        bool unset = key->fallback == NULL || key->fallback[0] == '\0';
        (void)fprintf(out, "%s%s =%s%s\n", unset ? "#" : "", key->key, unset ? "" : " ",
                      unset ? "" : key->fallback);
    }
}

void ov_config_print_help(const struct ov_config_table *table, FILE *out)
{
    char allowed[200];
    for (size_t i = 0; i < table->count; i++) {
        const struct ov_config_key *key = &table->keys[i];
        (void)fprintf(out, "  %s.%s (%s; ", key->section, key->key,
                      ov_config_allowed(key, allowed, sizeof(allowed)));
        if (key->fallback == NULL)
            (void)fprintf(out, "required)\n");
        else
            (void)fprintf(out, "default %s)\n", key->fallback[0] != '\0' ? key->fallback : "none");
        print_wrapped(key->help, "      ", out);
    }
}

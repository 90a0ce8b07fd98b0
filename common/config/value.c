/* Reading one value by its type. No state; any thread. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/config/value.h"

#define DAY_MS INT64_C(86400000)
/* A hundred years: more is a slip of the finger, and no product below can overflow. */
#define DURATION_MAX_MS (36525 * DAY_MS)

bool value_is_text(const struct ov_config_key *key)
{
    return key->type == OV_CONFIG_STRING || key->type == OV_CONFIG_PATH;
}

static void *place_of(const struct ov_config_key *key, void *settings)
{
    return (unsigned char *)settings + key->offset;
}

char **value_text(const struct ov_config_key *key, void *settings)
{
    return place_of(key, settings);
}

static bool in_range(const struct ov_config_key *key, double value)
{
    return (key->min == 0.0 && key->max == 0.0) || (value >= key->min && value <= key->max);
}

/* The text itself, or below folder; NULL when memory is out. */
static char *make_text(const struct ov_config_key *key, const char *text, const char *folder)
{
    if (key->type != OV_CONFIG_PATH || folder == NULL || text[0] == '/')
        return strdup(text);
    char *joined = NULL;
    return asprintf(&joined, "%s/%s", folder, text) >= 0 ? joined : NULL;
}

static enum ov_status set_text(const struct ov_config_key *key, const char *text,
                               const char *folder, void *settings)
{
    if (text[0] != '\0' && !in_range(key, (double)strlen(text)))
        return OV_ERR_INVALID;
    if (text[0] == '\0' && (key->fallback == NULL || key->min > 0.0))
        return OV_ERR_INVALID;
    char *made = NULL;
    if (text[0] != '\0') {
        made = make_text(key, text, folder);
        if (made == NULL)
            return OV_ERR_NOMEM;
    }
    char **place = value_text(key, settings);
    free(*place);
    *place = made;
    return OV_OK;
}

static enum ov_status set_int(const struct ov_config_key *key, const char *text, void *settings)
{
    int64_t value = 0;
    if (ov_parse_i64(text, INT64_MIN, INT64_MAX, &value) != OV_OK || !in_range(key, (double)value))
        return OV_ERR_INVALID;
    memcpy(place_of(key, settings), &value, sizeof(value));
    return OV_OK;
}

static enum ov_status set_double(const struct ov_config_key *key, const char *text, void *settings)
{
    double value = 0.0;
    if (ov_parse_double(text, -1e300, 1e300, &value) != OV_OK || !in_range(key, value))
        return OV_ERR_INVALID;
    memcpy(place_of(key, settings), &value, sizeof(value));
    return OV_OK;
}

static enum ov_status set_bool(const struct ov_config_key *key, const char *text, void *settings)
{
    static const char *const yes[] = {"yes", "true", "on"};
    static const char *const no[] = {"no", "false", "off"};
    for (size_t i = 0; i < 3; i++) {
        bool value = strcmp(text, yes[i]) == 0;
        if (!value && strcmp(text, no[i]) != 0)
            continue;
        memcpy(place_of(key, settings), &value, sizeof(value));
        return OV_OK;
    }
    return OV_ERR_INVALID;
}

static enum ov_status set_enum(const struct ov_config_key *key, const char *text, void *settings)
{
    for (int i = 0; key->choices != NULL && key->choices[i] != NULL; i++) {
        if (strcmp(text, key->choices[i]) != 0)
            continue;
        memcpy(place_of(key, settings), &i, sizeof(i));
        return OV_OK;
    }
    return OV_ERR_INVALID;
}

enum ov_status ov_duration_parse(const char *text, int64_t *ret_ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", DAY_MS}};
    size_t digits = strspn(text, "0123456789");
    char number[20];
    int64_t value = 0;
    if (digits == 0 || digits >= sizeof(number))
        return OV_ERR_INVALID;
    memcpy(number, text, digits);
    number[digits] = '\0';
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(text + digits, units[i].unit) != 0)
            continue;
        if (ov_parse_i64(number, 0, DURATION_MAX_MS / units[i].ms, &value) != OV_OK)
            return OV_ERR_INVALID;
        *ret_ms = value * units[i].ms;
        return OV_OK;
    }
    return OV_ERR_INVALID;
}

static enum ov_status set_duration(const struct ov_config_key *key, const char *text,
                                   void *settings)
{
    int64_t ms = 0;
    if (ov_duration_parse(text, &ms) != OV_OK || !in_range(key, (double)ms))
        return OV_ERR_INVALID;
    memcpy(place_of(key, settings), &ms, sizeof(ms));
    return OV_OK;
}

enum ov_status value_set(const struct ov_config_key *key, const char *text, const char *folder,
                         void *settings)
{
    switch (key->type) {
    case OV_CONFIG_STRING:
    case OV_CONFIG_PATH:
        return set_text(key, text, folder, settings);
    case OV_CONFIG_INT:
        return set_int(key, text, settings);
    case OV_CONFIG_DOUBLE:
        return set_double(key, text, settings);
    case OV_CONFIG_BOOL:
        return set_bool(key, text, settings);
    case OV_CONFIG_ENUM:
        return set_enum(key, text, settings);
    case OV_CONFIG_DURATION:
        return set_duration(key, text, settings);
    }
    return OV_ERR_INTERNAL;
}

/* Settings from defaults, a file and the command line. Start-up only; one thread. */
#include "common/config/config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/config/ini.h"
#include "common/config/value.h"

#define FILE_MAX_BYTES ((size_t)1 << 20)

static const struct ov_config_key *find_key(const struct ov_config_table *table,
                                            const char *section, const char *key)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->keys[i].section, section) == 0 && strcmp(table->keys[i].key, key) == 0)
            return &table->keys[i];
    }
    return NULL;
}

enum ov_status ov_config_init(const struct ov_config_table *table, void *settings,
                              struct ov_error *err)
{
    for (size_t i = 0; i < table->count; i++) {
        if (value_is_text(&table->keys[i]))
            *value_text(&table->keys[i], settings) = NULL;
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct ov_config_key *key = &table->keys[i];
        bool none = value_is_text(key) && (key->fallback == NULL || key->fallback[0] == '\0');
        if (none)
            continue;
        if (key->fallback == NULL || value_set(key, key->fallback, NULL, settings) != OV_OK) {
            ov_config_done(table, settings);
            return ov_fail(err, OV_ERR_INTERNAL, "config.table",
                           "the built-in default of %s.%s is not one", key->section, key->key);
        }
    }
    return OV_OK;
}

static enum ov_status fail_value(const struct ov_config_key *key, const char *where,
                                 const char *value, struct ov_error *err)
{
    char allowed[200];
    char quoted[80];
    return ov_fail(err, OV_ERR_INVALID, "config.bad_value", "%s: %s.%s cannot be %s; it is %s",
                   where, key->section, key->key, ov_log_quote(value, quoted, sizeof(quoted)),
                   ov_config_allowed(key, allowed, sizeof(allowed)));
}

struct reading {
    const struct ov_config_table *table;
    void *settings;
    char *folder;
    bool *seen; /* one per key of the table */
};

static enum ov_status on_key(void *ctx, const struct ov_ini_place *place, const char *section,
                             const char *name, const char *value, struct ov_error *err)
{
    struct reading *reading = ctx;
    char where[160];
    (void)snprintf(where, sizeof(where), "%s line %d", place->file, place->line);
    const struct ov_config_key *key = find_key(reading->table, section, name);
    if (key == NULL)
        return ov_fail(err, OV_ERR_INVALID, "config.unknown_key",
                       "%s: there is no key %s in section [%s]; the sample file lists all keys",
                       where, name, section);
    bool *seen = &reading->seen[key - reading->table->keys];
    if (*seen)
        return ov_fail(err, OV_ERR_INVALID, "config.twice", "%s: %s.%s is there a second time",
                       where, section, name);
    *seen = true;
    enum ov_status status = value_set(key, value, reading->folder, reading->settings);
    return status == OV_OK ? OV_OK : fail_value(key, where, value, err);
}

/* The folder part of a path, owned; "." when there is none. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

enum ov_status ov_config_read(const struct ov_config_table *table, const char *path, void *settings,
                              struct ov_error *err)
{
    struct reading reading = {.table = table, .settings = settings};
    reading.folder = folder_of(path);
    reading.seen = calloc(table->count + 1, sizeof(*reading.seen));
    enum ov_status status = OV_OK;
    if (reading.folder == NULL || reading.seen == NULL)
        status = ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory reading %s", path);
    else
        status = ov_ini_read(path, FILE_MAX_BYTES, on_key, &reading, err);
    free(reading.folder);
    free(reading.seen);
    return status;
}

enum ov_status ov_config_set(const struct ov_config_table *table, const char *name,
                             const char *value, void *settings, struct ov_error *err)
{
    char section[OV_INI_NAME_SIZE];
    const char *dot = strchr(name, '.');
    const struct ov_config_key *key = NULL;
    if (dot != NULL && (size_t)(dot - name) < sizeof(section)) {
        memcpy(section, name, (size_t)(dot - name));
        section[dot - name] = '\0';
        key = find_key(table, section, dot + 1);
    }
    if (key == NULL)
        return ov_fail(err, OV_ERR_INVALID, "config.unknown_key",
                       "there is no setting %s; --help lists all of them", name);
    enum ov_status status = value_set(key, value, NULL, settings);
    return status == OV_OK ? OV_OK : fail_value(key, "command line", value, err);
}

enum ov_status ov_config_check(const struct ov_config_table *table, const void *settings,
                               struct ov_error *err)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct ov_config_key *key = &table->keys[i];
        char *text = NULL;
        if (!value_is_text(key) || key->fallback != NULL)
            continue;
        memcpy(&text, (const unsigned char *)settings + key->offset, sizeof(text));
        if (text == NULL)
            return ov_fail(err, OV_ERR_INVALID, "config.missing", "%s.%s has to be set: %s",
                           key->section, key->key, key->help);
    }
    return OV_OK;
}

void ov_config_done(const struct ov_config_table *table, void *settings)
{
    for (size_t i = 0; i < table->count; i++) {
        if (!value_is_text(&table->keys[i]))
            continue;
        char **text = value_text(&table->keys[i], settings);
        free(*text);
        *text = NULL;
    }
}

/*
 * A program's settings as one table: what a key is called, what it may be, what it means, and where
 * its value goes. Reading, checking, the sample file and --help all come from the table.
 *
 *     struct settings { char *listen; int64_t port; int64_t lease_ms; };
 *     static const struct ov_config_key keys[] = {
 *         {"capture", "port", OV_CONFIG_INT, "7600", 1, 65535, NULL,
 *          offsetof(struct settings, port), "TCP port for capture clients"},
 *         ...
 *     };
 *     static const struct ov_config_table table = {keys, sizeof(keys) / sizeof(keys[0])};
 *
 * In this order: ov_config_init (defaults), ov_config_read (the file), ov_config_set (command
 * line), ov_config_check (nothing required is missing), and at the end ov_config_done. Start-up
 * only, one thread. An error names the file, the line and what is allowed.
 */
#ifndef OVERT_COMMON_CONFIG_CONFIG_H
#define OVERT_COMMON_CONFIG_CONFIG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/status.h"

enum ov_config_type {
    OV_CONFIG_STRING,  /* char *, owned; min..max bytes */
    OV_CONFIG_PATH,    /* char *, owned; from a file, relative to that file's folder */
    OV_CONFIG_INT,     /* int64_t, min..max */
    OV_CONFIG_DOUBLE,  /* double, min..max */
    OV_CONFIG_BOOL,    /* bool: yes, no, true, false, on, off */
    OV_CONFIG_ENUM,    /* int: the index in choices */
    OV_CONFIG_DURATION /* int64_t in ms: "500ms", "10s", "5m", "24h", "31d"; min..max in ms */
};

/* "text", "path", "number" ... for people. */
const char *ov_config_type_name(enum ov_config_type type);

struct ov_config_key {
    const char *section;
    const char *key;
    enum ov_config_type type;
    const char *fallback; /* the default as it would stand in a file; NULL: required (string, path)
                             and "": none, the value is NULL (string, path) */
    double min; /* of numbers, durations and the lengths of texts; whole numbers up to 2^53 */
    double max; /* both 0: no limit */
    const char *const *choices; /* OV_CONFIG_ENUM: NULL-terminated; else NULL */
    size_t offset;              /* of the value in the settings struct */
    const char *help;           /* one sentence or two; unit and consequence, not the key again */
};

struct ov_config_table {
    const struct ov_config_key *keys;
    size_t count;
};

/* Fills settings (any bytes before) with the defaults. */
OV_CHECKED enum ov_status ov_config_init(const struct ov_config_table *table, void *settings,
                                         struct ov_error *err);

/* "config.unknown_key", "config.bad_value", "config.twice", "config.syntax", or ov_file_read's. */
OV_CHECKED enum ov_status ov_config_read(const struct ov_config_table *table, const char *path,
                                         void *settings, struct ov_error *err);

/* One value by "section.key", for command lines: "capture.port". Paths are taken as they are. */
OV_CHECKED enum ov_status ov_config_set(const struct ov_config_table *table, const char *name,
                                        const char *value, void *settings, struct ov_error *err);

/* "config.missing" when a required key has no value. */
OV_CHECKED enum ov_status ov_config_check(const struct ov_config_table *table, const void *settings,
                                          struct ov_error *err);

/* Frees texts; settings may have been filled in part. */
void ov_config_done(const struct ov_config_table *table, void *settings);

/* A commented file with every key at its default; required ones are left for the reader to fill. */
void ov_config_print_sample(const struct ov_config_table *table, FILE *out);

/* The keys as text for --help. */
void ov_config_print_help(const struct ov_config_table *table, FILE *out);

/* What a key allows, in words: "a whole number from 1 to 65535"; returns out. */
const char *ov_config_allowed(const struct ov_config_key *key, char *out, size_t out_size);

/* "500ms", "10s", "5m", "24h", "31d" (whole numbers, a unit is needed) into ms. */
OV_CHECKED enum ov_status ov_duration_parse(const char *text, int64_t *ret_ms);

#endif

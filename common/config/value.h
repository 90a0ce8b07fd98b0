/* One value of a settings table: from text into the struct; private to this folder. */
#ifndef OVERT_COMMON_CONFIG_VALUE_H
#define OVERT_COMMON_CONFIG_VALUE_H

#include <stdbool.h>

#include "common/config/config.h"

/* folder: what a relative path is relative to; NULL: leave it. OV_ERR_INVALID when not allowed. */
OV_CHECKED enum ov_status value_set(const struct ov_config_key *key, const char *text,
                                    const char *folder, void *settings);

/* True for the types whose value is an owned text. */
bool value_is_text(const struct ov_config_key *key);

/* The place of an owned text in the struct. */
char **value_text(const struct ov_config_key *key, void *settings);

#endif

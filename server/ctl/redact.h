/*
 * Rule 10 of the design: lines written to anything but an interactive terminal carry ids, category
 * and response only. A list of what may pass, not of what may not: a field that a later server adds
 * stays inside until somebody decides. Pure.
 */
#ifndef OVERT_SERVER_CTL_REDACT_H
#define OVERT_SERVER_CTL_REDACT_H

#include <jansson.h>
#include <stdbool.h>

/* New references; NULL when memory is out. With may_show_names everything passes. */
json_t *redact_entry(json_t *entry, bool may_show_names);
json_t *redact_alert(json_t *alert, bool may_show_names);

#endif

/*
 * Events' bodies as the verifier reads them. A body that has its leaf is what was written; whether
 * it is in the canonical form (server/audit/README.md) is a question of its own.
 */
#ifndef OVERT_SERVER_AUDIT_VERIFY_BODY_H
#define OVERT_SERVER_AUDIT_VERIFY_BODY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/id.h"

/* Parsed, if it is an object in canonical form; else NULL. The caller decrefs it. */
json_t *body_parse(const char *body, size_t size);

/* False when there is none; body may be NULL. */
bool body_id(const json_t *body, struct ov_id *ret);
bool body_time(const json_t *body, int64_t *ret_at_us);

#endif

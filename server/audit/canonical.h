/*
 * Inside the audit: the parts of which an event's canonical JSON is made. README.md has the rules
 * byte by byte. A failed append shows in the buffer's failed flag.
 */
#ifndef OVERT_SERVER_AUDIT_CANONICAL_H
#define OVERT_SERVER_AUDIT_CANONICAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/bytes.h"

#define CANONICAL_KEY_MAX 40u
#define CANONICAL_CODE_MAX 128u

/* 1 to CANONICAL_KEY_MAX of [a-z_]. */
bool canonical_key_valid(const char *key);
/* 1 to CANONICAL_CODE_MAX of [A-Za-z0-9._:/+@-]: codes, names of ours, never a sentence. */
bool canonical_code_valid(const char *code);

/* "..." with '"' and '\' escaped; makes the buffer failed unless text is clean UTF-8. */
void canonical_string(struct ov_buf *buf, const char *text);
/* A comma unless it is the first of its object, then "key": */
void canonical_member(struct ov_buf *buf, const char *key);

#endif

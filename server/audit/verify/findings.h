/*
 * What the verifier found: each with a stable code, where it is, and a sentence. The same code is
 * told a few times and then counted.
 */
#ifndef OVERT_SERVER_AUDIT_VERIFY_FINDINGS_H
#define OVERT_SERVER_AUDIT_VERIFY_FINDINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/status.h"

#define FINDINGS_NOWHERE UINT64_MAX
#define FINDINGS_TOLD_MAX 20 /* of one code */

struct findings;

/* as_json: told as one JSON object a line, else as text. NULL when memory is out. */
struct findings *findings_new(FILE *out, bool as_json);
void findings_free(struct findings *findings);

/* at: number of the event that it is about, or FINDINGS_NOWHERE. code: "event.changed". */
void findings_add(struct findings *findings, const char *code, uint64_t at, const char *fmt, ...)
    OV_PRINTF(4, 5);
/* How many there were, told or only counted. */
uint64_t findings_count(const struct findings *findings);
/* Tells what was only counted. OV_ERR_IO when something could not be written. */
OV_CHECKED enum ov_status findings_end(struct findings *findings, struct ov_error *err);

#endif

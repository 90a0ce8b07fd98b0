/* The forms in which secret bytes could lie about in files, logs and memory. */
#ifndef OVERT_TESTS_TRACE_FORMS_H
#define OVERT_TESTS_TRACE_FORMS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"

/* What the server makes of a descriptor that came in float16: each number back in float32 and the
 * whole of length 1 again. values: the sender's; both have `dimension` numbers. */
void forms_as_received(const float *values, float *out, size_t dimension);

/* Text forms of bytes, appended to out: hex, base64 as it is when `before` bytes (0..2) stand
 * before them (what depends on neighbours is left out), and PostgreSQL's escape form of bytea. */
void forms_hex(const uint8_t *bytes, size_t size, int upper_case, struct ov_buf *out);
void forms_base64(const uint8_t *bytes, size_t size, size_t before, struct ov_buf *out);
void forms_bytea_escape(const uint8_t *bytes, size_t size, struct ov_buf *out);

#endif

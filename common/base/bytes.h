/* Bytes in memory: fixed-order integers, hex, base64, random, a growing buffer, checked numbers. */
#ifndef OVERT_COMMON_BASE_BYTES_H
#define OVERT_COMMON_BASE_BYTES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

uint16_t ov_read_be16(const uint8_t *at);
uint32_t ov_read_be32(const uint8_t *at);
uint64_t ov_read_be64(const uint8_t *at);
void ov_write_be16(uint8_t *at, uint16_t value);
void ov_write_be32(uint8_t *at, uint32_t value);
void ov_write_be64(uint8_t *at, uint64_t value);

/* Fills with bytes from the system's generator; aborts the program if there is none. */
void ov_random(void *out, size_t size);

/* Lower-case hex of size bytes into out, which holds 2 * size + 1; returns out. */
const char *ov_hex_encode(const void *data, size_t size, char *out);
/* text must be exactly 2 * size hex digits. */
OV_CHECKED enum ov_status ov_hex_decode(const char *text, uint8_t *out, size_t size);

/* Standard base64 with padding (RFC 4648). The caller frees the text; NULL when memory is out. */
char *ov_base64_encode(const void *data, size_t size);
/* Exactly such a text, of at most max bytes; what no encoder writes (line ends, bits left over) is
 * refused. */
OV_CHECKED enum ov_status ov_base64_decode(const char *text, uint8_t *out, size_t max,
                                           size_t *ret_size);

/* Whole-string decimal numbers within [min, max]; OV_ERR_INVALID otherwise. */
OV_CHECKED enum ov_status ov_parse_i64(const char *text, int64_t min, int64_t max, int64_t *ret);
OV_CHECKED enum ov_status ov_parse_double(const char *text, double min, double max, double *ret);

/* True when text is well-formed UTF-8 without control characters (U+0000-1F, 7F-9F). */
bool ov_text_is_clean_utf8(const char *text, size_t size);

/*
 * A growing buffer. A failed append (memory) makes it failed: later appends do nothing, and
 * ov_buf_failed tells. data is NUL-terminated whenever it is not NULL.
 */
struct ov_buf {
    char *data;
    size_t length;
    size_t capacity;
    bool failed;
};

#define OV_BUF_INIT                                                                                \
    {                                                                                              \
        NULL, 0, 0, false                                                                          \
    }

void ov_buf_append(struct ov_buf *buf, const void *data, size_t size);
void ov_buf_puts(struct ov_buf *buf, const char *text);
void ov_buf_printf(struct ov_buf *buf, const char *fmt, ...) OV_PRINTF(2, 3);
/* Wipes and frees; the struct is empty afterwards. */
void ov_buf_free(struct ov_buf *buf);

#endif

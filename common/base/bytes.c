/* Bytes, text and numbers. Pure functions; any thread. */
#include "common/base/bytes.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/base/secret.h"

uint16_t ov_read_be16(const uint8_t *at)
{
    return (uint16_t)((at[0] << 8) | at[1]);
}

uint32_t ov_read_be32(const uint8_t *at)
{
    return ((uint32_t)at[0] << 24) | ((uint32_t)at[1] << 16) | ((uint32_t)at[2] << 8) | at[3];
}

uint64_t ov_read_be64(const uint8_t *at)
{
    return ((uint64_t)ov_read_be32(at) << 32) | ov_read_be32(at + 4);
}

void ov_write_be16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

void ov_write_be32(uint8_t *at, uint32_t value)
{
    ov_write_be16(at, (uint16_t)(value >> 16));
    ov_write_be16(at + 2, (uint16_t)value);
}

void ov_write_be64(uint8_t *at, uint64_t value)
{
    ov_write_be32(at, (uint32_t)(value >> 32));
    ov_write_be32(at + 4, (uint32_t)value);
}

void ov_random(void *out, size_t size)
{
    uint8_t *at = out;
    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            abort(); /* no randomness means no identifiers and no keys: nothing safe is left to do
                      */
        at += got;
        size -= (size_t)got;
    }
}

const char *ov_hex_encode(const void *data, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * size] = '\0';
    return out;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

enum ov_status ov_hex_decode(const char *text, uint8_t *out, size_t size)
{
    if (strlen(text) != 2 * size)
        return OV_ERR_INVALID;
    for (size_t i = 0; i < size; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return OV_ERR_INVALID;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return OV_OK;
}

#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

char *ov_base64_encode(const void *data, size_t size)
{
    static const char *const digits = BASE64;
    if (size > SIZE_MAX / 2)
        return NULL;
    const uint8_t *in = data;
    char *out = malloc((size + 2) / 3 * 4 + 1);
    if (out == NULL)
        return NULL;
    char *at = out;
    for (size_t i = 0; i < size; i += 3) {
        uint32_t group = (uint32_t)in[i] << 16;
        group |= i + 1 < size ? (uint32_t)in[i + 1] << 8 : 0;
        group |= i + 2 < size ? in[i + 2] : 0;
        *at++ = digits[group >> 18];
        *at++ = digits[group >> 12 & 63];
        *at++ = i + 1 < size ? digits[group >> 6 & 63] : '=';
        *at++ = i + 2 < size ? digits[group & 63] : '=';
    }
    *at = '\0';
    return out;
}

/* Four digits are up to three bytes; fewer when they end with one or two '='. */
static bool base64_group(const char *at, uint8_t bytes[3], size_t *ret_count)
{
    uint32_t group = 0;
    size_t padding = at[3] != '=' ? 0 : at[2] != '=' ? 1 : 2;
    for (size_t i = 0; i < 4; i++) {
        const char *digit = i < 4 - padding ? strchr(BASE64, at[i]) : BASE64;
        if (digit == NULL || at[i] == '\0')
            return false;
        group = group << 6 | (uint32_t)(digit - BASE64);
    }
    bytes[0] = (uint8_t)(group >> 16);
    bytes[1] = (uint8_t)(group >> 8);
    bytes[2] = (uint8_t)group;
    *ret_count = 3 - padding;
    return padding == 0 || (group & (padding == 1 ? 0xffu : 0xffffu)) == 0;
}

enum ov_status ov_base64_decode(const char *text, uint8_t *out, size_t max, size_t *ret_size)
{
    size_t length = strlen(text);
    size_t size = 0;
    if (length % 4 != 0)
        return OV_ERR_INVALID;
    for (size_t i = 0; i < length; i += 4) {
        uint8_t bytes[3];
        size_t count = 0;
        if (!base64_group(text + i, bytes, &count) || (count < 3 && i + 4 < length))
            return OV_ERR_INVALID;
        if (count > max - size)
            return OV_ERR_LIMIT;
        memcpy(out + size, bytes, count);
        size += count;
    }
    *ret_size = size;
    return OV_OK;
}

enum ov_status ov_parse_i64(const char *text, int64_t min, int64_t max, int64_t *ret)
{
    char *end = NULL;
    if (!((text[0] >= '0' && text[0] <= '9') || text[0] == '-'))
        return OV_ERR_INVALID;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < min || value > max)
        return OV_ERR_INVALID;
    *ret = value;
    return OV_OK;
}

enum ov_status ov_parse_double(const char *text, double min, double max, double *ret)
{
    char *end = NULL;
    if (!((text[0] >= '0' && text[0] <= '9') || text[0] == '-' || text[0] == '.'))
        return OV_ERR_INVALID;
    errno = 0;
    double value = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0' || !isfinite(value) || value < min || value > max)
        return OV_ERR_INVALID;
    *ret = value;
    return OV_OK;
}

/* Length of the well-formed sequence at the start, 0 when there is none (RFC 3629, table 3-7). */
static size_t utf8_sequence(const uint8_t *at, size_t left)
{
    if (at[0] < 0x80)
        return 1;
    size_t need = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4 || need > left)
        return 0;
    uint8_t low = 0x80;
    uint8_t high = 0xbf;
    if (at[0] == 0xe0)
        low = 0xa0;
    if (at[0] == 0xed)
        high = 0x9f;
    if (at[0] == 0xf0)
        low = 0x90;
    if (at[0] == 0xf4)
        high = 0x8f;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < need; i++) {
        if (at[i] < 0x80 || at[i] > 0xbf)
            return 0;
    }
    return need;
}

bool ov_text_is_clean_utf8(const char *text, size_t size)
{
    const uint8_t *at = (const uint8_t *)text;
    size_t i = 0;
    while (i < size) {
        size_t step = utf8_sequence(at + i, size - i);
        if (step == 0 || at[i] < 0x20 || at[i] == 0x7f)
            return false;
        if (at[i] == 0xc2 && at[i + 1] < 0xa0)
            return false;
        i += step;
    }
    return true;
}

static bool buf_reserve(struct ov_buf *buf, size_t extra)
{
    if (buf->failed || extra > SIZE_MAX / 4 || buf->length > SIZE_MAX / 4) {
        buf->failed = true;
        return false;
    }
    size_t need = buf->length + extra + 1;
    if (need <= buf->capacity)
        return true;
    size_t capacity = buf->capacity == 0 ? 256 : buf->capacity;
    while (capacity < need)
        capacity *= 2;
    char *moved = malloc(capacity);
    if (moved == NULL) {
        buf->failed = true;
        return false;
    }
    if (buf->data != NULL) {
        memcpy(moved, buf->data, buf->length + 1);
        ov_wipe(buf->data, buf->length);
        free(buf->data);
    }
    buf->data = moved;
    buf->capacity = capacity;
    return true;
}

void ov_buf_append(struct ov_buf *buf, const void *data, size_t size)
{
    if (!buf_reserve(buf, size))
        return;
    if (size > 0)
        memcpy(buf->data + buf->length, data, size);
    buf->length += size;
    buf->data[buf->length] = '\0';
}

void ov_buf_puts(struct ov_buf *buf, const char *text)
{
    ov_buf_append(buf, text, strlen(text));
}

void ov_buf_printf(struct ov_buf *buf, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    va_list again;
    va_copy(again, args);
    int need = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (need < 0)
        buf->failed = true;
    else if (buf_reserve(buf, (size_t)need)) {
        (void)vsnprintf(buf->data + buf->length, (size_t)need + 1, fmt, again);
        buf->length += (size_t)need;
    }
    va_end(again);
}

void ov_buf_free(struct ov_buf *buf)
{
    if (buf->data != NULL) {
        ov_wipe(buf->data, buf->length);
        free(buf->data);
    }
    memset(buf, 0, sizeof(*buf));
}

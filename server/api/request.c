/* Requests: their memory, and the decoding of what a client wrote. Any thread. */
#include "server/api/request.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"

const char *request_method_name(enum request_method method)
{
    switch (method) {
    case METHOD_GET:
        return "GET";
    case METHOD_POST:
        return "POST";
    case METHOD_DELETE:
        return "DELETE";
    case METHOD_PATCH:
        return "PATCH";
    case METHOD_OTHER:
        return "other";
    }
    return "other";
}

struct request *request_new(void)
{
    struct request *request = calloc(1, sizeof(*request));
    if (request != NULL)
        request->id = ov_id_new();
    return request;
}

void request_free(struct request *request)
{
    if (request == NULL)
        return;
    ov_secret_free(&request->body);
    ov_secret_free(&request->entry_header);
    ov_secret_free(&request->reply.body);
    ov_wipe(request, sizeof(*request));
    free(request);
}

/* --- path and query --- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes escapes of text[0..size) into out; false when it is no clean text or does not fit. */
static bool decode(const char *text, size_t size, char *out, size_t out_size)
{
    size_t used = 0;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c == '%') {
            int high = size - i > 2 ? hex_digit(text[i + 1]) : -1;
            int low = size - i > 2 ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (used + 1 >= out_size)
            return false;
        out[used++] = c;
    }
    out[used] = '\0';
    /* A decoded NUL is a control character and refused here too. */
    return used > 0 && ov_text_is_clean_utf8(out, used);
}

static enum ov_status fail_path(struct ov_error *err)
{
    return ov_fail(err, OV_ERR_INVALID, "request.path",
                   "the path is not one of this server's; see the API's description");
}

static enum ov_status parse_path(struct request *request, const char *path, size_t size,
                                 struct ov_error *err)
{
    size_t at = 0;
    if (size < 2 || path[0] != '/')
        return fail_path(err);
    while (at < size) {
        const char *start = path + at + 1; /* after the slash */
        size_t length = strcspn(start, "/?");
        if (length > size - at - 1)
            length = size - at - 1;
        if (request->segment_count == REQUEST_SEGMENTS_MAX ||
            !decode(start, length, request->segments[request->segment_count], REQUEST_TEXT_MAX))
            return fail_path(err);
        request->segment_count++;
        at += 1 + length;
    }
    return OV_OK;
}

static enum ov_status parse_parameter(struct request *request, const char *text, size_t size,
                                      struct ov_error *err)
{
    const char *equals = memchr(text, '=', size);
    size_t name_size = equals != NULL ? (size_t)(equals - text) : 0;
    struct request_query parameter;
    if (equals == NULL || request->query_count == REQUEST_QUERY_MAX ||
        !decode(text, name_size, parameter.name, sizeof(parameter.name)) ||
        !decode(equals + 1, size - name_size - 1, parameter.value, sizeof(parameter.value)) ||
        request_query_value(request, parameter.name) != NULL)
        return ov_fail(err, OV_ERR_INVALID, "request.query",
                       "the part after '?' has to be name=value, joined by '&', each name once");
    request->query[request->query_count++] = parameter;
    return OV_OK;
}

enum ov_status request_parse_target(struct request *request, const char *target,
                                    struct ov_error *err)
{
    const char *query = strchr(target, '?');
    size_t path_size = query != NULL ? (size_t)(query - target) : strlen(target);
    enum ov_status status = parse_path(request, target, path_size, err);
    while (status == OV_OK && query != NULL) {
        const char *start = query + 1;
        size_t length = strcspn(start, "&");
        status = parse_parameter(request, start, length, err);
        query = start[length] == '&' ? start + length : NULL;
    }
    return status;
}

const char *request_query_value(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->query_count; i++) {
        if (strcmp(request->query[i].name, name) == 0)
            return request->query[i].value;
    }
    return NULL;
}

static bool is_one_of(const char *const *list, const char *text)
{
    for (; *list != NULL; list++) {
        if (strcmp(*list, text) == 0)
            return true;
    }
    return false;
}

enum ov_status request_check_query(struct request *request, const char *const *allowed,
                                   struct ov_error *err)
{
    for (size_t i = 0; i < request->query_count; i++) {
        if (!is_one_of(allowed, request->query[i].name)) {
            memcpy(request->field, request->query[i].name, sizeof(request->query[i].name));
            return ov_fail(err, OV_ERR_INVALID, "request.unknown_parameter",
                           "this request takes no such parameter; remove it");
        }
    }
    return OV_OK;
}

enum ov_status request_query_i64(struct request *request, const char *name, int64_t min,
                                 int64_t max, int64_t fallback, int64_t *ret, struct ov_error *err)
{
    const char *text = request_query_value(request, name);
    *ret = fallback;
    if (text == NULL || ov_parse_i64(text, min, max, ret) == OV_OK)
        return OV_OK;
    strncpy(request->field, name, sizeof(request->field) - 1);
    return ov_fail(err, OV_ERR_INVALID, "request.parameter",
                   "%s has to be a whole number from %lld to %lld", name, (long long)min,
                   (long long)max);
}

/* --- base64url --- */

static int base64url_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '-')
        return 62;
    return c == '_' ? 63 : -1;
}

/* Writes length * 3 / 4 bytes; false for a foreign character or bits left over that are not 0. */
static bool decode_base64url(const char *text, size_t length, unsigned char *out)
{
    uint32_t bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < length; i++) {
        int digit = base64url_digit(text[i]);
        if (digit < 0)
            return false;
        bits = (bits << 6 | (uint32_t)digit) & 0xffff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            *out++ = (unsigned char)(bits >> held);
        }
    }
    return (bits & ((1u << held) - 1)) == 0;
}

enum ov_status request_base64url(const char *text, size_t max_bytes, struct ov_secret *ret,
                                 struct ov_error *err)
{
    size_t length = strlen(text);
    size_t size = length / 4 * 3 + length % 4 * 3 / 4;
    if (size == 0 || length % 4 == 1 || size > max_bytes)
        return ov_fail(err, OV_ERR_INVALID, "request.entry_header",
                       "the Overt-Entry header has to be base64url without padding, of %zu bytes "
                       "at most",
                       max_bytes);
    struct ov_secret bytes = OV_SECRET_INIT;
    if (ov_secret_new(&bytes, size) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    if (!decode_base64url(text, length, bytes.data)) {
        ov_secret_free(&bytes);
        return ov_fail(err, OV_ERR_INVALID, "request.entry_header",
                       "the Overt-Entry header has to be base64url without padding");
    }
    *ret = bytes;
    return OV_OK;
}

/* The ini reader. No state; any thread. */
#include "common/config/ini.h"

#include <stdbool.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/file.h"

struct reader {
    struct ov_ini_place place;
    char section[OV_INI_NAME_SIZE];
    ov_ini_fn on_key;
    void *ctx;
};

/* A stretch of the text. */
struct span {
    const char *at;
    size_t size;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim(struct span span)
{
    while (span.size > 0 && is_space(span.at[0])) {
        span.at++;
        span.size--;
    }
    while (span.size > 0 && is_space(span.at[span.size - 1]))
        span.size--;
    return span;
}

static bool copy_name(struct span name, char out[OV_INI_NAME_SIZE])
{
    if (name.size == 0 || name.size >= OV_INI_NAME_SIZE)
        return false;
    for (size_t i = 0; i < name.size; i++) {
        char c = name.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    memcpy(out, name.at, name.size);
    out[name.size] = '\0';
    return true;
}

static enum ov_status fail_line(const struct reader *reader, const char *rule, struct ov_error *err)
{
    return ov_fail(err, OV_ERR_INVALID, "config.syntax", "%s line %d: %s", reader->place.file,
                   reader->place.line, rule);
}

static enum ov_status read_section(struct reader *reader, struct span line, struct ov_error *err)
{
    struct span name = {.at = line.at + 1, .size = line.size > 2 ? line.size - 2 : 0};
    if (line.at[line.size - 1] != ']' || !copy_name(trim(name), reader->section))
        return fail_line(reader, "a section is written [name], of a-z, 0-9, _ and -", err);
    return OV_OK;
}

static enum ov_status read_key(struct reader *reader, struct span line, struct ov_error *err)
{
    char key[OV_INI_NAME_SIZE];
    char value[OV_INI_VALUE_SIZE];
    const char *equals = memchr(line.at, '=', line.size);
    if (equals == NULL)
        return fail_line(reader, "this is no [section], no \"key = value\" and no # comment", err);
    struct span name = {.at = line.at, .size = (size_t)(equals - line.at)};
    struct span rest = {.at = equals + 1, .size = line.size - name.size - 1};
    if (!copy_name(trim(name), key))
        return fail_line(reader, "the name before = has to be of a-z, 0-9, _ and -", err);
    rest = trim(rest);
    if (rest.size >= sizeof(value))
        return fail_line(reader, "the value is too long", err);
    if (!ov_text_is_clean_utf8(rest.at, rest.size))
        return fail_line(reader, "the value has to be UTF-8 without control characters", err);
    if (rest.size > 0)
        memcpy(value, rest.at, rest.size);
    value[rest.size] = '\0';
    return reader->on_key(reader->ctx, &reader->place, reader->section, key, value, err);
}

/* Names are checked for themselves; tabs are allowed only around them and around values. */
static enum ov_status read_line(struct reader *reader, struct span line, struct ov_error *err)
{
    struct span text = trim(line);
    if (text.size == 0 || text.at[0] == '#' || text.at[0] == ';')
        return OV_OK;
    if (text.at[0] == '[')
        return read_section(reader, text, err);
    return read_key(reader, text, err);
}

enum ov_status ov_ini_parse(const char *file, const char *text, size_t size, ov_ini_fn on_key,
                            void *ctx, struct ov_error *err)
{
    struct reader reader = {.place = {.file = file}, .on_key = on_key, .ctx = ctx};
    size_t at = 0;
    enum ov_status status = OV_OK;
    while (at < size && status == OV_OK) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end != NULL ? (size_t)(end - text) - at : size - at;
        struct span line = {.at = text + at, .size = length};
        reader.place.line++;
        status = read_line(&reader, line, err);
        at += length + 1;
    }
    return status;
}

enum ov_status ov_ini_read(const char *path, size_t max_bytes, ov_ini_fn on_key, void *ctx,
                           struct ov_error *err)
{
    struct ov_buf text = OV_BUF_INIT;
    enum ov_status status = ov_file_read(path, max_bytes, &text, err);
    if (status == OV_OK)
        status =
            ov_ini_parse(path, text.data != NULL ? text.data : "", text.length, on_key, ctx, err);
    ov_buf_free(&text);
    return status;
}

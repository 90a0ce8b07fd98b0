/* Canonical JSON. Pure functions; any thread. */
#include "server/audit/canonical.h"

#include <string.h>

static bool made_of(const char *text, const char *characters, size_t max)
{
    size_t length = strlen(text);
    return length >= 1 && length <= max && strspn(text, characters) == length;
}

bool canonical_key_valid(const char *key)
{
    return made_of(key, "abcdefghijklmnopqrstuvwxyz_", CANONICAL_KEY_MAX);
}

bool canonical_code_valid(const char *code)
{
    return made_of(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/+@-",
                   CANONICAL_CODE_MAX);
}

void canonical_string(struct ov_buf *buf, const char *text)
{
    if (!ov_text_is_clean_utf8(text, strlen(text))) {
        buf->failed = true;
        return;
    }
    ov_buf_puts(buf, "\"");
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            ov_buf_puts(buf, "\\");
        ov_buf_append(buf, at, 1);
    }
    ov_buf_puts(buf, "\"");
}

void canonical_member(struct ov_buf *buf, const char *key)
{
    if (buf->length > 0 && buf->data != NULL && buf->data[buf->length - 1] != '{')
        ov_buf_puts(buf, ",");
    canonical_string(buf, key);
    ov_buf_puts(buf, ":");
}

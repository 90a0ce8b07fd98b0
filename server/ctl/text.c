/* Text for URLs, headers and terminals. Pure functions; any thread. */
#include "server/ctl/text.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/base/secret.h"

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void text_percent_encode(struct ov_buf *buf, const char *text)
{
    for (; *text != '\0'; text++) {
        if (is_unreserved(*text))
            ov_buf_append(buf, text, 1);
        else
            ov_buf_printf(buf, "%%%02X", (unsigned)(unsigned char)*text);
    }
}

void text_base64url(struct ov_buf *buf, const void *data, size_t size)
{
    char *standard = ov_base64_encode(data, size);
    if (standard == NULL) {
        buf->failed = true;
        return;
    }
    size_t length = strlen(standard);
    size_t kept = length;
    while (kept > 0 && standard[kept - 1] == '=')
        kept--;
    for (size_t i = 0; i < kept; i++) {
        if (standard[i] == '+')
            standard[i] = '-';
        else if (standard[i] == '/')
            standard[i] = '_';
    }
    ov_buf_append(buf, standard, kept);
    ov_wipe(standard, length);
    free(standard);
}

/* Bytes of the harmless UTF-8 character at the start of text; 0 when there is none. */
static size_t clean_sequence(const char *text)
{
    unsigned char first = (unsigned char)text[0];
    size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (strnlen(text, size) < size || !ov_text_is_clean_utf8(text, size))
        return 0;
    return size;
}

void text_append_clean(struct ov_buf *buf, const char *text)
{
    while (*text != '\0') {
        size_t size = clean_sequence(text);
        if (size == 0)
            ov_buf_puts(buf, "?");
        else
            ov_buf_append(buf, text, size);
        text += size == 0 ? 1 : size;
    }
}

size_t text_width(const char *text)
{
    size_t width = 0;
    size_t left = strlen(text);
    mbstate_t state;
    memset(&state, 0, sizeof(state));
    while (left > 0) {
        wchar_t character = L'\0';
        size_t size = mbrtowc(&character, text, left, &state);
        if (size == 0 || size > left) { /* not of this locale: count bytes */
            memset(&state, 0, sizeof(state));
            size = 1;
            width++;
        } else {
            int columns = wcwidth(character);
            width += columns < 0 ? 1 : (size_t)columns;
        }
        text += size;
        left -= size;
    }
    return width;
}

/* Columns of the first size bytes of text. */
static size_t part_width(const char *text, size_t size)
{
    size_t width = text_width(text);
    return width - text_width(text + size);
}

void text_append_wrapped(struct ov_buf *buf, const char *text, size_t indent, size_t columns)
{
    size_t used = 0;
    if (columns <= indent || text_width(text) <= columns - indent) {
        ov_buf_puts(buf, text);
        return;
    }
    while (*text != '\0') {
        size_t size = strcspn(text, " ");
        size_t width = part_width(text, size);
        if (used > 0 && used + 1 + width > columns - indent) {
            ov_buf_printf(buf, "\n%*s", (int)indent, "");
            used = 0;
        }
        ov_buf_puts(buf, used > 0 ? " " : "");
        ov_buf_append(buf, text, size);
        used += (used > 0 ? 1 : 0) + width;
        text += size;
        text += strspn(text, " ");
    }
}

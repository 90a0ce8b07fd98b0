/* HTML, escaped. Pure; any thread. */
#include "server/notice/html.h"

#include <string.h>

bool html_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static void put_escaped(struct ov_buf *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        switch (byte) {
        case '&':
            ov_buf_puts(out, "&amp;");
            break;
        case '<':
            ov_buf_puts(out, "&lt;");
            break;
        case '>':
            ov_buf_puts(out, "&gt;");
            break;
        case '"':
            ov_buf_puts(out, "&quot;");
            break;
        case '\'':
            ov_buf_puts(out, "&#39;");
            break;
        default:
            ov_buf_append(out, (byte < 0x20 && byte != '\n') || byte == 0x7f ? " " : &text[i], 1);
            break;
        }
    }
}

void html_text(struct ov_buf *out, const char *text)
{
    if (text != NULL)
        put_escaped(out, text, strlen(text));
}

bool html_text_cut(struct ov_buf *out, const char *text, size_t max)
{
    size_t size = text != NULL ? strlen(text) : 0;
    if (size <= max) {
        html_text(out, text);
        return false;
    }
    size_t end = max;
    while (end > 0 && text[end] != ' ' && text[end] != '\n')
        end--;
    if (end < max / 2) { /* one long word: cut it, but between characters */
        end = max;
        while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80)
            end--;
    }
    put_escaped(out, text, end);
    ov_buf_puts(out, "\xe2\x80\xa6"); /* an ellipsis */
    return true;
}

void html_paragraphs(struct ov_buf *out, const char *text)
{
    while (html_given(text)) {
        size_t length = strcspn(text, "\n");
        if (strspn(text, " \r\t") < length) {
            ov_buf_puts(out, "<p>");
            put_escaped(out, text, length > 0 && text[length - 1] == '\r' ? length - 1 : length);
            ov_buf_puts(out, "</p>\n");
        }
        text += length + (text[length] == '\n' ? 1 : 0);
    }
}

void html_begin(struct ov_buf *out, const char *title, const char *css,
                const struct notice_facts *facts)
{
    ov_buf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta name=\"color-scheme\" content=\"light dark\">\n"
                     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                     "style-src 'unsafe-inline'\">\n<title>");
    ov_buf_puts(out, title);
    if (html_given(facts->name)) {
        ov_buf_puts(out, ": ");
        html_text(out, facts->name);
    }
    ov_buf_puts(out, "</title>\n<style>\n");
    ov_buf_puts(out, css);
    ov_buf_printf(out, "</style>\n</head>\n<body%s>\n",
                  facts->exercise ? " class=\"exercise\"" : "");
}

void html_end(struct ov_buf *out)
{
    ov_buf_puts(out, "</body>\n</html>\n");
}

void html_icon(struct ov_buf *out)
{
    ov_buf_puts(
        out,
        "<svg class=\"icon\" viewBox=\"0 0 96 96\" aria-hidden=\"true\" focusable=\"false\">"
        "<g fill=\"none\" stroke=\"currentColor\" stroke-width=\"6\" stroke-linecap=\"round\" "
        "stroke-linejoin=\"round\">"
        "<path d=\"M6 26V14a8 8 0 0 1 8-8h12M70 6h12a8 8 0 0 1 8 8v12M90 70v12a8 8 0 0 1-8 8H70"
        "M26 90H14a8 8 0 0 1-8-8V70\"/>"
        "<path d=\"M48 22c-13 0-20 9-20 22 0 16 9 30 20 30s20-14 20-30c0-13-7-22-20-22z\"/>"
        "<path d=\"M40 44v2M56 44v2M42 59h12\"/></g></svg>\n");
}

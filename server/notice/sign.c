/* The sign: A3, to be read while walking. Pure; any thread. */
#include <string.h>

#include "server/notice/html.h"
#include "server/notice/parts.h"
#include "server/notice/qr.h"
#include "server/notice/words.h"

/* What fits, with the longest words and dates: the rest is on the page. */
#define PLACE_MAX 90
#define OPERATOR_MAX 70
#define PURPOSE_MAX 130
#define URL_MAX 90 /* a longer one nobody types: the code has it */

static void put_row(struct ov_buf *out, const char *label, const char *text, size_t max)
{
    if (!html_given(text))
        return;
    ov_buf_printf(out, "<div><dt>%s</dt><dd>", label);
    (void)html_text_cut(out, text, max);
    ov_buf_puts(out, "</dd></div>\n");
}

static void put_rows(struct ov_buf *out, const struct notice_facts *facts)
{
    ov_buf_puts(out, "<dl>\n<div><dt>When</dt><dd>");
    words_put_window(out, facts);
    ov_buf_puts(out, "</dd></div>\n");
    put_row(out, "Where", facts->place, PLACE_MAX);
    put_row(out, "Who", facts->operator_name, OPERATOR_MAX);
    put_row(out, "Why", facts->purpose, PURPOSE_MAX);
    ov_buf_puts(out, "</dl>\n");
}

static void put_url(struct ov_buf *out, const char *url)
{
    if (strlen(url) > URL_MAX)
        return;
    ov_buf_puts(out, "<p class=\"url\">");
    html_text(out, url);
    ov_buf_puts(out, "</p>\n");
}

static enum ov_status put_more(struct ov_buf *out, const struct notice_facts *facts,
                               struct ov_error *err)
{
    enum ov_status status = OV_OK;
    ov_buf_puts(out, "<div class=\"more\">\n");
    if (html_given(facts->url))
        status = qr_put(out, facts->url, "QR code of the full notice", err);
    ov_buf_puts(out, "<div>\n<p class=\"strong\">Not on the list? Your face is compared and "
                     "forgotten at once.</p>\n<p>A person, not a computer, decides what "
                     "follows.</p>\n");
    if (html_given(facts->url)) {
        ov_buf_puts(out, "<p>Everything about it, and how to ask or complain:</p>\n");
        put_url(out, facts->url);
    } else {
        ov_buf_puts(out, "<p>The officers here have a leaflet for you.</p>\n");
    }
    ov_buf_puts(out, "</div>\n</div>\n");
    return status;
}

enum ov_status sign_put(struct ov_buf *out, const struct notice_facts *facts, struct ov_error *err)
{
    html_begin(out, "Sign: live facial recognition", notice_css_sign, facts);
    ov_buf_puts(out, "<main class=\"sheet\">\n<header>\n");
    html_icon(out);
    ov_buf_puts(out, "<h1>Live facial recognition is in use here</h1>\n</header>\n");
    if (facts->exercise)
        ov_buf_puts(out, "<p class=\"exercise-mark\"><strong>Exercise</strong> Only volunteers or "
                         "published test pictures are looked for</p>\n");
    put_rows(out, facts);
    enum ov_status status = put_more(out, facts, err);
    ov_buf_puts(out, "</main>\n");
    html_end(out);
    return status;
}

/* The page: everything, for whoever looks it up. Pure; any thread. */
#include "server/notice/html.h"
#include "server/notice/parts.h"
#include "server/notice/qr.h"
#include "server/notice/words.h"

static void put_fact(struct ov_buf *out, const char *label, const char *text)
{
    if (!html_given(text))
        return;
    ov_buf_printf(out, "<div><dt>%s</dt><dd>", label);
    html_text(out, text);
    ov_buf_puts(out, "</dd></div>\n");
}

static void put_header(struct ov_buf *out, const struct notice_facts *facts)
{
    ov_buf_puts(out, "<header>\n<div class=\"wrap\">\n");
    html_icon(out);
    if (facts->exercise)
        ov_buf_puts(out, "<p class=\"kind\">Exercise: only volunteers or published test pictures "
                         "are looked for</p>\n");
    else
        ov_buf_puts(out, "<p class=\"kind\">Public notice</p>\n");
    ov_buf_puts(out, "<h1>Live facial recognition");
    if (html_given(facts->name)) {
        ov_buf_puts(out, " <span>");
        html_text(out, facts->name);
        ov_buf_puts(out, "</span>");
    }
    ov_buf_puts(out, "</h1>\n</div>\n</header>\n<main class=\"wrap\">\n");
}

static void put_facts(struct ov_buf *out, const struct notice_facts *facts)
{
    ov_buf_puts(out, "<dl class=\"facts\">\n<div><dt>When</dt><dd>");
    words_put_window(out, facts);
    ov_buf_puts(out, " <small>local time, ");
    words_put_zone(out, facts->starts_offset_s);
    ov_buf_puts(out, "</small></dd></div>\n");
    put_fact(out, "Where", facts->place);
    put_fact(out, "Who", facts->operator_name);
    if (facts->cameras > 0)
        ov_buf_printf(out, "<div><dt>Cameras</dt><dd>%d</dd></div>\n", facts->cameras);
    if (facts->expected_entries > 0)
        ov_buf_printf(out, "<div><dt>People looked for</dt><dd>about %d</dd></div>\n",
                      facts->expected_entries);
    ov_buf_puts(out, "</dl>\n");
}

static void put_section(struct ov_buf *out, const char *id, const char *title, const char *text)
{
    if (!html_given(text))
        return;
    ov_buf_printf(out, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", id, id, title);
    html_paragraphs(out, text);
    ov_buf_puts(out, "</section>\n");
}

static void put_why(struct ov_buf *out, const struct notice_facts *facts)
{
    ov_buf_puts(out, "<section aria-labelledby=\"why\">\n<h2 id=\"why\">Why</h2>\n");
    html_paragraphs(out, facts->purpose);
    html_paragraphs(out, facts->necessity);
    ov_buf_puts(out, "</section>\n");
    put_section(out, "law", "On which legal basis", facts->legal_basis);
}

static void put_who_is_listed(struct ov_buf *out, const struct notice_facts *facts)
{
    ov_buf_puts(out,
                "<section aria-labelledby=\"list\">\n<h2 id=\"list\">Who is looked for</h2>\n");
    if (facts->category_count > 0) {
        ov_buf_puts(out, "<p>Only people on a list made for this occasion. On it are:</p>\n<ul>\n");
        for (size_t i = 0; i < facts->category_count; i++) {
            ov_buf_puts(out, "<li>");
            words_put_category(out, facts->categories[i]);
            ov_buf_puts(out, "</li>\n");
        }
        ov_buf_puts(out, "</ul>\n");
    } else {
        ov_buf_puts(out, "<p>Only people on a list made for this occasion.</p>\n");
    }
    html_paragraphs(out, facts->criteria);
    ov_buf_puts(out, "<p>Each entry was proposed by one person and approved by another. The list "
                     "belongs to this deployment alone");
    if (facts->retention_watchlist_h > 0) {
        ov_buf_puts(out, " and is destroyed no later than ");
        words_put_hours(out, facts->retention_watchlist_h);
        ov_buf_puts(out, " after it ends.</p>\n</section>\n");
    } else {
        ov_buf_puts(out, " and is destroyed as soon as it ends.</p>\n</section>\n");
    }
}

/* What the code does, and tests hold it to: DESIGN.md's rules 1, 5 and 8, and the clocks of the
 * application. */
static void put_face(struct ov_buf *out, const struct notice_facts *facts)
{
    ov_buf_puts(
        out,
        "<section aria-labelledby=\"face\">\n<h2 id=\"face\">What happens to your face</h2>\n"
        "<ol class=\"steps\">\n"
        "<li><strong>A camera sees you.</strong> A computer on the spot finds your face in the "
        "picture and turns it into numbers. No video is recorded by this system. The picture of "
        "your face stays in that computer\xe2\x80\x99s memory for 15 seconds at most.</li>\n"
        "<li><strong>The numbers are compared</strong> with the list of this deployment, and with "
        "nothing else.</li>\n"
        "<li><strong>You are not on the list:</strong> the numbers are wiped at once. No picture "
        "of you leaves the place, nothing about you is stored or logged. What remains is a count: "
        "so many faces in this minute.</li>\n"
        "<li><strong>You look like somebody on the list:</strong> a picture of your face is kept, "
        "encrypted, and <em>a person</em> looks at it. Nothing happens to you because of a "
        "computer\xe2\x80\x99s score alone. If it is not you, the picture is destroyed within ");
    words_put_hours(out, facts->retention_alert_h);
    ov_buf_puts(out, "; if it is, within ");
    words_put_hours(out, facts->retention_true_alert_h);
    ov_buf_puts(
        out,
        ". It is kept longer only as evidence, by a recorded decision of two people.</li>\n</ol>\n"
        "<p>You are not followed from camera to camera or from place to place, and nothing is "
        "guessed about your age, sex, origin or mood.</p>\n"
        "<p>What is kept for six years names nobody: counts, and a record of who in charge did "
        "what. A coded mark lets the operator answer whether somebody was on the list on a given "
        "day.</p>\n</section>\n");
}

static void put_rights(struct ov_buf *out, const struct notice_facts *facts)
{
    ov_buf_puts(out,
                "<section aria-labelledby=\"ask\">\n<h2 id=\"ask\">Ask, object, complain</h2>\n"
                "<p>You may ask whether you were on the list, ask what is held about you, "
                "object to being listed, and have mistakes put right.</p>\n");
    if (html_given(facts->contact)) {
        ov_buf_puts(out, "<h3>To ask or object</h3>\n<div class=\"contact\">\n");
        html_paragraphs(out, facts->contact);
        ov_buf_puts(out, "</div>\n");
    }
    if (html_given(facts->complaints)) {
        ov_buf_puts(out, "<h3>To complain</h3>\n<div class=\"contact\">\n");
        html_paragraphs(out, facts->complaints);
        ov_buf_puts(out, "</div>\n");
    }
    ov_buf_puts(out, "</section>\n");
}

static enum ov_status put_footer(struct ov_buf *out, const struct notice_facts *facts,
                                 struct ov_error *err)
{
    char id[OV_ID_TEXT_SIZE];
    enum ov_status status = OV_OK;
    ov_buf_puts(out, "</main>\n<footer>\n<div class=\"wrap\">\n");
    if (html_given(facts->url)) {
        status = qr_put(out, facts->url, "QR code of the address of this page", err);
        ov_buf_puts(out, "<p>This page: <a href=\"");
        html_text(out, facts->url);
        ov_buf_puts(out, "\">");
        html_text(out, facts->url);
        ov_buf_puts(out, "</a></p>\n");
    }
    ov_buf_printf(out, "<p>Quote this number when you ask: <span class=\"id\">%s</span></p>\n",
                  ov_id_format(&facts->deployment_id, id));
    ov_buf_puts(out, "</div>\n</footer>\n");
    return status;
}

enum ov_status page_put(struct ov_buf *out, const struct notice_facts *facts, struct ov_error *err)
{
    html_begin(out, "Live facial recognition", notice_css_page, facts);
    put_header(out, facts);
    put_facts(out, facts);
    put_why(out, facts);
    put_who_is_listed(out, facts);
    put_face(out, facts);
    put_rights(out, facts);
    enum ov_status status = put_footer(out, facts, err);
    html_end(out);
    return status;
}

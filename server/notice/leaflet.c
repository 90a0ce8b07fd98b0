/* The leaflet: A4 across, printed on both sides and folded once. Pure; any thread. */
#include <string.h>

#include "server/notice/html.h"
#include "server/notice/parts.h"
#include "server/notice/qr.h"
#include "server/notice/words.h"

#define PLACE_MAX 200
#define OPERATOR_MAX 120
#define PURPOSE_MAX 520
#define LEGAL_MAX 240
#define CRITERIA_MAX 260
#define CONTACT_MAX 300
#define URL_MAX 120 /* a longer one nobody types: the code has it */

static void put_cut(struct ov_buf *out, const char *text, size_t max)
{
    if (!html_given(text))
        return;
    ov_buf_puts(out, "<p>");
    (void)html_text_cut(out, text, max);
    ov_buf_puts(out, "</p>\n");
}

static void put_titled(struct ov_buf *out, const char *title, const char *text, size_t max)
{
    if (!html_given(text))
        return;
    ov_buf_printf(out, "<h2>%s</h2>\n", title);
    put_cut(out, text, max);
}

static enum ov_status put_back(struct ov_buf *out, const struct notice_facts *facts,
                               struct ov_error *err)
{
    char id[OV_ID_TEXT_SIZE];
    enum ov_status status = OV_OK;
    ov_buf_puts(out,
                "<section class=\"panel back\">\n<h2>Ask, object, complain</h2>\n<p>You may ask "
                "whether you were on the list, ask what is held about you, object to being "
                "listed, and have mistakes put right.</p>\n");
    put_titled(out, "To ask or object", facts->contact, CONTACT_MAX);
    put_titled(out, "To complain", facts->complaints, CONTACT_MAX);
    ov_buf_puts(out, "<div class=\"end\">\n");
    if (html_given(facts->url)) {
        status = qr_put(out, facts->url, "QR code of the full notice", err);
        ov_buf_puts(out, "<div><p>The full notice:</p>\n<p class=\"url\">");
        html_text(out, strlen(facts->url) <= URL_MAX ? facts->url : "scan the code");
        ov_buf_puts(out, "</p>\n");
    } else {
        ov_buf_puts(out, "<div>");
    }
    ov_buf_printf(out, "<p class=\"id\">Number to quote: %s</p></div>\n</div>\n</section>\n",
                  ov_id_format(&facts->deployment_id, id));
    return status;
}

static void put_front(struct ov_buf *out, const struct notice_facts *facts)
{
    ov_buf_puts(out, "<section class=\"panel front\">\n");
    html_icon(out);
    ov_buf_puts(out, "<h1>Live facial recognition is in use here</h1>\n");
    if (facts->exercise)
        ov_buf_puts(out, "<p class=\"exercise-mark\"><strong>Exercise</strong> Only volunteers or "
                         "published test pictures are looked for</p>\n");
    ov_buf_puts(out, "<dl>\n<div><dt>When</dt><dd>");
    words_put_window(out, facts);
    ov_buf_puts(out, "</dd></div>\n");
    if (html_given(facts->place)) {
        ov_buf_puts(out, "<div><dt>Where</dt><dd>");
        (void)html_text_cut(out, facts->place, PLACE_MAX);
        ov_buf_puts(out, "</dd></div>\n");
    }
    if (html_given(facts->operator_name)) {
        ov_buf_puts(out, "<div><dt>Who</dt><dd>");
        (void)html_text_cut(out, facts->operator_name, OPERATOR_MAX);
        ov_buf_puts(out, "</dd></div>\n");
    }
    ov_buf_puts(out, "</dl>\n</section>\n");
}

static void put_reasons(struct ov_buf *out, const struct notice_facts *facts)
{
    ov_buf_puts(out, "<section class=\"panel\">\n");
    put_titled(out, "Why", facts->purpose, PURPOSE_MAX);
    put_titled(out, "On which legal basis", facts->legal_basis, LEGAL_MAX);
    ov_buf_puts(out, "<h2>Who is looked for</h2>\n<p>Only people on a list made for this "
                     "occasion.</p>\n");
    if (facts->category_count > 0) {
        ov_buf_puts(out, "<ul>\n");
        for (size_t i = 0; i < facts->category_count; i++) {
            ov_buf_puts(out, "<li>");
            words_put_category(out, facts->categories[i]);
            ov_buf_puts(out, "</li>\n");
        }
        ov_buf_puts(out, "</ul>\n");
    }
    put_cut(out, facts->criteria, CRITERIA_MAX);
    ov_buf_puts(out, "</section>\n");
}

static void put_face(struct ov_buf *out, const struct notice_facts *facts)
{
    ov_buf_puts(
        out,
        "<section class=\"panel\">\n<h2>What happens to your face</h2>\n<ol>\n"
        "<li><strong>A camera sees you.</strong> A computer on the spot turns your face into "
        "numbers. No video is recorded by this system.</li>\n"
        "<li><strong>The numbers are compared</strong> with the list of this deployment, and with "
        "nothing else.</li>\n"
        "<li><strong>You are not on the list:</strong> the numbers are wiped at once. No picture "
        "of you leaves the place; nothing about you is stored.</li>\n"
        "<li><strong>You look like somebody on it:</strong> a picture is kept, encrypted, and a "
        "person looks at it. Nothing happens on a computer\xe2\x80\x99s score alone. If it is not "
        "you, it is destroyed within ");
    words_put_hours(out, facts->retention_alert_h);
    ov_buf_puts(out, "; if it is, within ");
    words_put_hours(out, facts->retention_true_alert_h);
    ov_buf_puts(out, ", unless two people decide, on record, that it is evidence.</li>\n</ol>\n"
                     "<p>You are not followed from camera to camera or from place to place. "
                     "Nothing is guessed about your age, sex, origin or mood.</p>\n<p>The list is "
                     "destroyed ");
    if (facts->retention_watchlist_h > 0) {
        ov_buf_puts(out, "no later than ");
        words_put_hours(out, facts->retention_watchlist_h);
        ov_buf_puts(out, " after the end.</p>\n</section>\n");
    } else {
        ov_buf_puts(out, "as soon as it ends.</p>\n</section>\n");
    }
}

enum ov_status leaflet_put(struct ov_buf *out, const struct notice_facts *facts,
                           struct ov_error *err)
{
    html_begin(out, "Leaflet: live facial recognition", notice_css_leaflet, facts);
    ov_buf_puts(out, "<main>\n<div class=\"sheet outside\">\n");
    enum ov_status status = put_back(out, facts, err);
    put_front(out, facts);
    ov_buf_puts(out, "</div>\n<div class=\"sheet inside\">\n");
    put_reasons(out, facts);
    put_face(out, facts);
    ov_buf_puts(out, "</div>\n</main>\n");
    html_end(out);
    return status;
}

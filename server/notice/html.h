/* Writing HTML: escaping, paragraphs, what all three parts begin with. Private to notice/. */
#ifndef OVERT_SERVER_NOTICE_HTML_H
#define OVERT_SERVER_NOTICE_HTML_H

#include "common/base/bytes.h"
#include "server/notice/notice.h"

extern const char notice_css_leaflet[];
extern const char notice_css_page[];
extern const char notice_css_sign[];

bool html_given(const char *text);
/* Escaped for text and for attributes in double quotes; control characters but line ends become
 * blanks. */
void html_text(struct ov_buf *out, const char *text);
/* The same, cut at a word after about max bytes, with an ellipsis: returns whether it was cut. */
bool html_text_cut(struct ov_buf *out, const char *text, size_t max);
/* Each line that is not empty a paragraph. */
void html_paragraphs(struct ov_buf *out, const char *text);
/* Everything up to and with <body>. */
void html_begin(struct ov_buf *out, const char *title, const char *css,
                const struct notice_facts *facts);
void html_end(struct ov_buf *out);
/* The face behind a frame, as an image without a name: it says nothing that the text does not. */
void html_icon(struct ov_buf *out);

#endif

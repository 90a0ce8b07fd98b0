/* What the notice says, in plain words, for all three parts. Private to notice/. */
#ifndef OVERT_SERVER_NOTICE_WORDS_H
#define OVERT_SERVER_NOTICE_WORDS_H

#include "server/notice/notice.h"

/* What a category means to somebody who is not of the police; NULL for a code that is not known. */
const char *words_category(const char *code);
/* The category's words, or its code with blanks. */
void words_put_category(struct ov_buf *out, const char *code);
/* "Friday 1 May 2026" and "14:00", in local time. */
void words_put_date(struct ov_buf *out, int64_t at_us, int offset_s);
void words_put_clock(struct ov_buf *out, int64_t at_us, int offset_s);
/* The window on one line, with <time> elements: "Friday 1 May 2026, 14:00 to 18:00". */
void words_put_window(struct ov_buf *out, const struct notice_facts *facts);
/* "UTC+01:00". */
void words_put_zone(struct ov_buf *out, int offset_s);
/* "24 hours", "31 days". */
void words_put_hours(struct ov_buf *out, int hours);

#endif

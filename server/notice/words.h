/* What the notice says, in plain words, for all three parts. Private to notice/. */
#ifndef OVERT_SERVER_NOTICE_WORDS_H
#define OVERT_SERVER_NOTICE_WORDS_H

#include "server/notice/notice.h"

/* The category's words, or its code with blanks. */
void words_put_category(struct ov_buf *out, const char *code);
/* The window on one line, in local time, with <time> elements: "Friday 1 May 2026, 14:00 to 18:00".
 */
void words_put_window(struct ov_buf *out, const struct notice_facts *facts);
/* "UTC+01:00". */
void words_put_zone(struct ov_buf *out, int offset_s);
/* "24 hours", "31 days". */
void words_put_hours(struct ov_buf *out, int hours);

#endif

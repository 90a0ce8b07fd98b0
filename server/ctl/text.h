/* Text for URLs, headers and terminals. Pure functions; any thread. */
#ifndef OVERT_SERVER_CTL_TEXT_H
#define OVERT_SERVER_CTL_TEXT_H

#include <stddef.h>

#include "common/base/bytes.h"

/* Appends text with everything but RFC 3986's unreserved characters percent-encoded. */
void text_percent_encode(struct ov_buf *buf, const char *text);

/* Appends base64url (RFC 4648, section 5) without padding. */
void text_base64url(struct ov_buf *buf, const void *data, size_t size);

/*
 * Appends text as a terminal may see it: control characters (C0, DEL, C1) and bytes that are not
 * UTF-8 become '?', so that nothing that came from a server or a file can steer the terminal.
 */
void text_append_clean(struct ov_buf *buf, const char *text);

/*
 * Appends clean text that begins at column indent, broken at blanks into lines of that indent so
 * that none is wider than columns. A word that is wider stays whole. columns 0: one line.
 */
void text_append_wrapped(struct ov_buf *buf, const char *text, size_t indent, size_t columns);

/* Columns that clean text takes on a terminal. Needs a UTF-8 locale for LC_CTYPE. */
size_t text_width(const char *text);

#endif

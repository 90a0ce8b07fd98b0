/*
 * Comma-separated values (RFC 4180), read in place: fields are unquoted within the caller's buffer
 * and point into it, so that names stay in the secret memory they were read into.
 *
 * Line ends are CRLF or LF; a UTF-8 byte order mark is skipped; blank lines are not rows. A row
 * that cannot be read costs nothing but itself: reading goes on with the next line, also after a
 * quote that is never closed.
 *
 * The buffer may be a window that moves over a longer text: see `more`.
 */
#ifndef OVERT_SERVER_CTL_CSV_H
#define OVERT_SERVER_CTL_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/status.h"

struct csv {
    char *at;
    char *end;  /* one past the text; a NUL is kept there */
    size_t row; /* of the row read last, as a spreadsheet counts: the first is 1 */
    /* The text goes on after end: a row that reaches it is left alone, and csv_next asks for more.
     * The caller then moves [at, end) to the front, appends, and sets at and end. */
    bool more;
    bool skipping; /* in the middle of a line that cannot be read */
};

/* text[size] must be writable as well: it becomes the last field's terminator. */
void csv_init(struct csv *csv, char *text, size_t size);

/*
 * The next row. OV_ERR_CLOSED at the end; OV_ERR_INVALID for a row with misplaced or unclosed
 * quotes or a NUL byte; OV_ERR_LIMIT for one of more than max fields. After the latter two, reading
 * can go on. OV_ERR_UNAVAILABLE when there is more to come and it is needed.
 */
OV_CHECKED enum ov_status csv_next(struct csv *csv, size_t max, char **ret_fields,
                                   size_t *ret_count);

/* Passes over the line at `at`, as one row that cannot be read. */
void csv_skip(struct csv *csv);

#endif

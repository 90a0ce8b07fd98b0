/*
 * Aligned columns; on a terminal that is too narrow for them one block of 'label  value' lines a
 * row, so that nothing wraps in mid-table. Rows may be rendered bit by bit (a list that grows):
 * widths are kept and only ever widen. Cells are cleaned (text.h), and wiped when the table is
 * freed: some hold names.
 */
#ifndef OVERT_SERVER_CTL_TABLE_H
#define OVERT_SERVER_CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/bytes.h"
#include "server/ctl/terminal.h"

#define TABLE_COLUMNS_MAX 12

struct table {
    const char *titles[TABLE_COLUMNS_MAX];
    size_t widths[TABLE_COLUMNS_MAX];
    bool right[TABLE_COLUMNS_MAX]; /* numbers */
    bool first[TABLE_COLUMNS_MAX]; /* begin a block */
    size_t column_count;
    bool titled;          /* the titles have been rendered */
    bool blocks;          /* it was too wide once: blocks from then on */
    bool begun;           /* something has been rendered */
    struct ov_buf cells;  /* each NUL-terminated, row by row */
    struct ov_buf paints; /* one byte a cell */
};

/*
 * titles: NULL-terminated; a leading '>' makes the column right-aligned, a leading '*' (before it)
 * puts it before the others in blocks.
 */
void table_init(struct table *table, const char *const *titles);
void table_done(struct table *table);

/* The next cell; NULL or "" is shown as "-". */
void table_cell(struct table *table, enum paint paint, const char *text);
void table_number(struct table *table, long long number);

/* Appends titles (once) and the rows so far to out, and forgets those rows. In blocks where
 * terminal has fewer columns than the table. */
void table_render(struct table *table, const struct terminal *terminal, struct ov_buf *out);

#endif

/* Aligned columns. Pure but for the locale's idea of a character's width. */
#include "server/ctl/table.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "server/ctl/text.h"

void table_init(struct table *table, const char *const *titles)
{
    memset(table, 0, sizeof(*table));
    for (; titles[table->column_count] != NULL; table->column_count++) {
        size_t i = table->column_count;
        const char *title = titles[i];
        table->first[i] = *title == '*';
        title += table->first[i] ? 1 : 0;
        table->right[i] = *title == '>';
        title += table->right[i] ? 1 : 0;
        table->titles[i] = title;
        table->widths[i] = text_width(table->titles[i]);
    }
}

void table_done(struct table *table)
{
    ov_buf_free(&table->cells);
    ov_buf_free(&table->paints);
}

void table_cell(struct table *table, enum paint paint, const char *text)
{
    char byte = (char)paint;
    size_t start = table->cells.length;
    size_t column = table->paints.length % table->column_count;
    text_append_clean(&table->cells, text == NULL || *text == '\0' ? "-" : text);
    if (!table->cells.failed) {
        size_t width = text_width(table->cells.data + start);
        if (width > table->widths[column])
            table->widths[column] = width;
    }
    ov_buf_append(&table->cells, "", 1);
    ov_buf_append(&table->paints, &byte, 1);
}

void table_number(struct table *table, long long number)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%lld", number);
    table_cell(table, PAINT_NONE, text);
}

static void pad(struct ov_buf *out, size_t columns)
{
    for (size_t i = 0; i < columns; i++)
        ov_buf_puts(out, " ");
}

static void render_cell(const struct table *table, size_t column, enum paint paint,
                        const char *text, const struct terminal *terminal, struct ov_buf *out)
{
    size_t space = table->widths[column] - text_width(text);
    bool last = column + 1 == table->column_count;
    if (column > 0)
        pad(out, 2);
    if (table->right[column])
        pad(out, space);
    terminal_paint(terminal, paint, text, out);
    if (!table->right[column] && !last)
        pad(out, space);
    if (last)
        ov_buf_puts(out, "\n");
}

static void render_columns(struct table *table, const struct terminal *terminal, struct ov_buf *out)
{
    for (size_t i = 0; i < table->column_count && !table->titled; i++)
        render_cell(table, i, PAINT_BOLD, table->titles[i], terminal, out);
    table->titled = true;
    const char *cell = table->cells.data;
    for (size_t i = 0; i < table->paints.length; i++) {
        render_cell(table, i % table->column_count, (enum paint)table->paints.data[i], cell,
                    terminal, out);
        cell += strlen(cell) + 1;
    }
}

/* --- blocks --- */

static bool is_too_wide(const struct table *table, size_t columns)
{
    size_t width = 2 * (table->column_count - 1);
    for (size_t i = 0; i < table->column_count; i++)
        width += table->widths[i];
    return columns > 0 && width > columns;
}

static size_t label_width(const struct table *table)
{
    size_t widest = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        size_t width = text_width(table->titles[i]);
        widest = width > widest ? width : widest;
    }
    return widest;
}

static void render_line(const struct table *table, size_t column, enum paint paint,
                        const char *text, const struct terminal *terminal, struct ov_buf *out)
{
    struct ov_buf value = OV_BUF_INIT;
    size_t indent = label_width(table) + 2;
    const char *title = table->titles[column];
    for (const char *at = title; *at != '\0'; at++)
        ov_buf_printf(out, "%c", tolower((unsigned char)*at));
    pad(out, indent - text_width(title));
    text_append_wrapped(&value, text, indent, terminal->columns);
    if (value.failed || value.data == NULL)
        out->failed = true;
    else
        terminal_paint(terminal, paint, value.data, out);
    ov_buf_puts(out, "\n");
    ov_buf_free(&value);
}

/* cells, paints: of the block's row. */
static void render_block(const struct table *table, const char *const *cells, const char *paints,
                         const struct terminal *terminal, struct ov_buf *out)
{
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < table->column_count; i++) {
            if (table->first[i] == (pass == 0))
                render_line(table, i, (enum paint)paints[i], cells[i], terminal, out);
        }
    }
}

static void render_blocks(struct table *table, const struct terminal *terminal, struct ov_buf *out)
{
    const char *cell = table->cells.data;
    const char *cells[TABLE_COLUMNS_MAX];
    for (size_t i = 0; i < table->paints.length; i++) {
        size_t column = i % table->column_count;
        cells[column] = cell;
        cell += strlen(cell) + 1;
        if (column + 1 < table->column_count)
            continue;
        if (table->begun)
            ov_buf_puts(out, "\n");
        render_block(table, cells, table->paints.data + i - column, terminal, out);
        table->begun = true;
    }
}

void table_render(struct table *table, const struct terminal *terminal, struct ov_buf *out)
{
    if (table->column_count == 0 || table->cells.failed || table->paints.failed) {
        out->failed = true;
        return;
    }
    table->blocks = table->blocks || is_too_wide(table, terminal->columns);
    if (table->blocks) {
        render_blocks(table, terminal, out);
    } else {
        table->begun = true;
        render_columns(table, terminal, out);
    }
    ov_buf_free(&table->cells);
    ov_buf_free(&table->paints);
}

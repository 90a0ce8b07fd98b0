/* Aligned columns. Pure but for the locale's idea of a character's width. */
#include "server/ctl/table.h"

#include <stdio.h>
#include <string.h>

#include "server/ctl/text.h"

void table_init(struct table *table, const char *const *titles)
{
    memset(table, 0, sizeof(*table));
    for (; titles[table->column_count] != NULL; table->column_count++) {
        size_t i = table->column_count;
        table->right[i] = titles[i][0] == '>';
        table->titles[i] = titles[i] + (table->right[i] ? 1 : 0);
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

void table_render(struct table *table, const struct terminal *terminal, struct ov_buf *out)
{
    if (table->column_count == 0 || table->cells.failed || table->paints.failed) {
        out->failed = true;
        return;
    }
    for (size_t i = 0; i < table->column_count && !table->titled; i++)
        render_cell(table, i, PAINT_BOLD, table->titles[i], terminal, out);
    table->titled = true;
    const char *cell = table->cells.data;
    for (size_t i = 0; i < table->paints.length; i++) {
        render_cell(table, i % table->column_count, (enum paint)table->paints.data[i], cell,
                    terminal, out);
        cell += strlen(cell) + 1;
    }
    ov_buf_free(&table->cells);
    ov_buf_free(&table->paints);
}

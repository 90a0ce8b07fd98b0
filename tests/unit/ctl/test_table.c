/* Tables: aligned by what is seen, coloured only where colours are on, growing bit by bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <locale.h>

#include <cmocka.h>

#include "server/ctl/table.h"

static const char *const titles[] = {"NAME", ">COUNT", "STATE", NULL};
static const struct terminal plain = {false, false, false, false};
static const struct terminal coloured = {true, true, true, true};

static void row(struct table *table, const char *name, long long count, const char *state)
{
    table_cell(table, PAINT_NONE, name);
    table_number(table, count);
    table_cell(table, PAINT_GOOD, state);
}

static void expect(struct table *table, const struct terminal *terminal, const char *wanted)
{
    struct ov_buf out = OV_BUF_INIT;
    ov_buf_puts(&out, "");
    table_render(table, terminal, &out);
    assert_false(out.failed);
    assert_string_equal(out.data, wanted);
    ov_buf_free(&out);
}

static void columns_align_by_what_is_seen(void **state)
{
    struct table table;
    (void)state;
    table_init(&table, titles);
    row(&table, "Zo\xc3\xab", 5, "live");
    row(&table, "\xe6\x9d\x8e\xe6\x9d\x8e", 12345, "");
    expect(&table, &plain,
           "NAME  COUNT  STATE\n"
           "Zo\xc3\xab       5  live\n"
           "\xe6\x9d\x8e\xe6\x9d\x8e  12345  -\n");
    table_done(&table);
}

static void colours_do_not_move_columns(void **state)
{
    struct table table;
    (void)state;
    table_init(&table, titles);
    row(&table, "a", 1, "live");
    expect(&table, &coloured,
           "\033[1mNAME\033[0m  \033[1mCOUNT\033[0m  \033[1mSTATE\033[0m\n"
           "a         1  \033[32mlive\033[0m\n");
    table_done(&table);
}

static void a_growing_table_has_one_head_and_only_widens(void **state)
{
    struct table table;
    (void)state;
    table_init(&table, titles);
    row(&table, "wide name", 1, "x");
    expect(&table, &plain, "NAME       COUNT  STATE\nwide name      1  x\n");
    row(&table, "a", 2, "y");
    expect(&table, &plain, "a              2  y\n");
    expect(&table, &plain, "");
    table_done(&table);
}

static void control_characters_in_cells_are_shown_as_marks(void **state)
{
    struct table table;
    (void)state;
    table_init(&table, titles);
    row(&table, "a\033[2J\nb", 1, "x");
    expect(&table, &plain, "NAME     COUNT  STATE\na?[2J?b      1  x\n");
    table_done(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_align_by_what_is_seen),
        cmocka_unit_test(colours_do_not_move_columns),
        cmocka_unit_test(a_growing_table_has_one_head_and_only_widens),
        cmocka_unit_test(control_characters_in_cells_are_shown_as_marks),
    };
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tables: aligned by what is seen, coloured only where colours are on, growing bit by bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <locale.h>
#include <string.h>

#include <cmocka.h>

#include "server/ctl/table.h"

static const char *const titles[] = {"NAME", ">COUNT", "STATE", NULL};
static const struct terminal plain = {false, false, false, false, 0};
static const struct terminal coloured = {true, true, true, true, 80};

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

/* --- narrow terminals --- */

static void a_table_that_fits_stays_a_table(void **state)
{
    static const struct terminal exact = {true, true, true, false, 18};
    struct table table;
    (void)state;
    table_init(&table, titles);
    row(&table, "name", 1, "live");
    expect(&table, &exact, "NAME  COUNT  STATE\nname      1  live\n");
    table_done(&table);
}

static void a_table_that_is_too_wide_becomes_blocks(void **state)
{
    static const char *const marked[] = {"ID", ">COUNT", "*NAME", NULL};
    static const struct terminal narrow = {true, true, true, false, 16};
    struct table table;
    (void)state;
    table_init(&table, marked);
    row(&table, "an-id", 5, "Zo\xc3\xab");
    row(&table, "other", 12, "");
    expect(&table, &narrow,
           "name   Zo\xc3\xab\nid     an-id\ncount  5\n"
           "\n"
           "name   -\nid     other\ncount  12\n");
    row(&table, "x", 1, "y"); /* and stays so as it grows */
    expect(&table, &narrow, "\nname   y\nid     x\ncount  1\n");
    expect(&table, &narrow, "");
    table_done(&table);
}

static void a_pipe_gets_the_wide_form_however_wide(void **state)
{
    struct table table;
    struct ov_buf out = OV_BUF_INIT;
    char wide[301] = "";
    (void)state;
    memset(wide, 'x', sizeof(wide) - 1);
    table_init(&table, titles);
    row(&table, wide, 1, "live");
    table_render(&table, &plain, &out);
    assert_int_equal(strncmp(out.data, "NAME ", 5), 0);
    ov_buf_free(&out);
    table_done(&table);
}

static void long_values_in_blocks_go_on_below_themselves(void **state)
{
    static const struct terminal narrow = {true, true, true, false, 20};
    struct table table;
    (void)state;
    table_init(&table, titles);
    row(&table, "one two three four", 1, "live");
    expect(&table, &narrow, "name   one two three\n       four\ncount  1\nstate  live\n");
    table_done(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_align_by_what_is_seen),
        cmocka_unit_test(colours_do_not_move_columns),
        cmocka_unit_test(a_growing_table_has_one_head_and_only_widens),
        cmocka_unit_test(control_characters_in_cells_are_shown_as_marks),
        cmocka_unit_test(a_table_that_fits_stays_a_table),
        cmocka_unit_test(a_table_that_is_too_wide_becomes_blocks),
        cmocka_unit_test(a_pipe_gets_the_wide_form_however_wide),
        cmocka_unit_test(long_values_in_blocks_go_on_below_themselves),
    };
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}

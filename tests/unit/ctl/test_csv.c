/* CSV: RFC 4180, and that a bad row costs nothing but itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/ctl/csv.h"

#define MAX 8

struct reader {
    struct csv csv;
    char text[512];
    char *fields[MAX];
    size_t count;
};

static void start(struct reader *reader, const char *text, size_t size)
{
    assert_true(size < sizeof(reader->text));
    memcpy(reader->text, text, size);
    csv_init(&reader->csv, reader->text, size);
}

static enum ov_status next(struct reader *reader)
{
    return csv_next(&reader->csv, MAX, reader->fields, &reader->count);
}

static void expect_row(struct reader *reader, size_t row, size_t count, ...)
{
    va_list args;
    assert_int_equal(next(reader), OV_OK);
    assert_int_equal(reader->csv.row, row);
    assert_int_equal(reader->count, count);
    va_start(args, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(reader->fields[i], va_arg(args, const char *));
    va_end(args);
}

static void plain_rows_with_either_line_end(void **state)
{
    struct reader reader;
    static const char text[] = "a,b\r\nc,d\ne,f";
    (void)state;
    start(&reader, text, strlen(text));
    expect_row(&reader, 1, (size_t)2, "a", "b");
    expect_row(&reader, 2, (size_t)2, "c", "d");
    expect_row(&reader, 3, (size_t)2, "e", "f");
    assert_int_equal(next(&reader), OV_ERR_CLOSED);
    assert_int_equal(next(&reader), OV_ERR_CLOSED);
}

static void byte_order_mark_is_skipped(void **state)
{
    struct reader reader;
    static const char text[] = "\xef\xbb\xbf"
                               "image,name\n";
    (void)state;
    start(&reader, text, strlen(text));
    expect_row(&reader, 1, (size_t)2, "image", "name");
}

static void quotes_hold_commas_quotes_and_line_ends(void **state)
{
    struct reader reader;
    static const char text[] = "\"Doe, Jane\",\"say \"\"hi\"\"\"\n\"two\r\nlines\",x\nlast,y\n";
    (void)state;
    start(&reader, text, strlen(text));
    expect_row(&reader, 1, (size_t)2, "Doe, Jane", "say \"hi\"");
    expect_row(&reader, 2, (size_t)2, "two\r\nlines", "x");
    expect_row(&reader, 3, (size_t)2, "last", "y");
}

static void empty_fields_are_fields(void **state)
{
    struct reader reader;
    static const char text[] = ",\n\"\",a,\n";
    (void)state;
    start(&reader, text, strlen(text));
    expect_row(&reader, 1, (size_t)2, "", "");
    expect_row(&reader, 2, (size_t)3, "", "a", "");
    assert_int_equal(next(&reader), OV_ERR_CLOSED);
}

static void blank_lines_are_counted_and_no_rows(void **state)
{
    struct reader reader;
    static const char text[] = "a\n\n\r\nb\n\n";
    (void)state;
    start(&reader, text, strlen(text));
    expect_row(&reader, 1, (size_t)1, "a");
    expect_row(&reader, 4, (size_t)1, "b");
    assert_int_equal(next(&reader), OV_ERR_CLOSED);
}

static void misplaced_quotes_cost_their_row_only(void **state)
{
    struct reader reader;
    static const char text[] = "a,b\nx\"y,z\n\"p\"q,r\nc,d\n";
    (void)state;
    start(&reader, text, strlen(text));
    expect_row(&reader, 1, (size_t)2, "a", "b");
    assert_int_equal(next(&reader), OV_ERR_INVALID);
    assert_int_equal(reader.csv.row, 2);
    assert_int_equal(next(&reader), OV_ERR_INVALID);
    assert_int_equal(reader.csv.row, 3);
    expect_row(&reader, 4, (size_t)2, "c", "d");
}

static void an_unclosed_quote_costs_its_row_only(void **state)
{
    struct reader reader;
    static const char text[] = "a,\"b\nc,d\ne,\"f, g\"\n";
    (void)state;
    start(&reader, text, strlen(text));
    assert_int_equal(next(&reader), OV_ERR_INVALID);
    expect_row(&reader, 2, (size_t)2, "c", "d");
    expect_row(&reader, 3, (size_t)2, "e", "f, g");
}

static void nul_bytes_and_too_many_fields_are_refused(void **state)
{
    struct reader reader;
    static const char text[] = "a\0b,c\n1,2,3,4,5,6,7,8,9\nd,e\n";
    (void)state;
    start(&reader, text, sizeof(text) - 1);
    assert_int_equal(next(&reader), OV_ERR_INVALID);
    assert_int_equal(next(&reader), OV_ERR_LIMIT);
    expect_row(&reader, 3, (size_t)2, "d", "e");
}

static void any_bytes_end_without_reading_beyond(void **state)
{
    /* Every text of up to six of the bytes that mean something, and one that does not. */
    static const char alphabet[] = {'"', ',', '\r', '\n', 'x', '\0'};
    (void)state;
    for (unsigned length = 0; length <= 6; length++) {
        unsigned count = 1;
        for (unsigned i = 0; i < length; i++)
            count *= sizeof(alphabet);
        for (unsigned n = 0; n < count; n++) {
            struct reader reader;
            char text[8];
            unsigned rest = n;
            for (unsigned i = 0; i < length; i++, rest /= sizeof(alphabet))
                text[i] = alphabet[rest % sizeof(alphabet)];
            start(&reader, text, length);
            unsigned rows = 0;
            while (next(&reader) != OV_ERR_CLOSED)
                assert_true(++rows <= length);
        }
    }
}

/* As text, everything that reading gives. step: bytes that come at a time; 0: all at once. */
static void read_all(const char *text, size_t size, size_t step, char *out, size_t room)
{
    char window[128];
    char *fields[MAX];
    size_t count = 0;
    size_t given = step == 0 ? size : 0;
    struct csv csv;
    memcpy(window, text, given);
    csv_init(&csv, window, given);
    csv.more = given < size;
    for (;;) {
        enum ov_status status = csv_next(&csv, MAX, fields, &count);
        if (status == OV_ERR_CLOSED)
            break;
        if (status == OV_ERR_UNAVAILABLE) {
            size_t rest = (size_t)(csv.end - csv.at);
            size_t some = size - given < step ? size - given : step;
            memmove(window, csv.at, rest);
            memcpy(window + rest, text + given, some);
            given += some;
            csv.at = window;
            csv.end = window + rest + some;
            *csv.end = '\0';
            csv.more = given < size;
            continue;
        }
        size_t used = strlen(out);
        (void)snprintf(out + used, room - used, "%zu:%d", csv.row, (int)status);
        for (size_t i = 0; status == OV_OK && i < count; i++) {
            used = strlen(out);
            (void)snprintf(out + used, room - used, "[%s]", fields[i]);
        }
    }
}

static void a_window_that_moves_reads_the_same_wherever_it_ends(void **state)
{
    static const char text[] = "a,b\r\n\r\n\"c\"\"\r\n\",d\r\n\ne\"f,g\r\nh,\"i\"\r\n"
                               "1,2,3,4,5,6,7,8,9\n\"j\"k,l\n\r\n\"m,n\r\no,p";
    char whole[512] = "";
    (void)state;
    read_all(text, sizeof(text) - 1, 0, whole, sizeof(whole));
    assert_non_null(strstr(whole, "[o][p]"));
    for (size_t step = 1; step < sizeof(text); step++) {
        char parts[512] = "";
        read_all(text, sizeof(text) - 1, step, parts, sizeof(parts));
        assert_string_equal(parts, whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_that_moves_reads_the_same_wherever_it_ends),
        cmocka_unit_test(plain_rows_with_either_line_end),
        cmocka_unit_test(byte_order_mark_is_skipped),
        cmocka_unit_test(quotes_hold_commas_quotes_and_line_ends),
        cmocka_unit_test(empty_fields_are_fields),
        cmocka_unit_test(blank_lines_are_counted_and_no_rows),
        cmocka_unit_test(misplaced_quotes_cost_their_row_only),
        cmocka_unit_test(an_unclosed_quote_costs_its_row_only),
        cmocka_unit_test(nul_bytes_and_too_many_fields_are_refused),
        cmocka_unit_test(any_bytes_end_without_reading_beyond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

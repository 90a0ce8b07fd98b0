/* Import lists: columns in any order, each row accounted for, no path out of the folder, no size
 * that costs memory. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/bytes.h"
#include "common/base/file.h"
#include "server/ctl/import_source.h"

#define HEADER "image,category,response,name,reference\n"

/* The sanitizer would keep what was freed, and memory is what is measured here. */
const char *__asan_default_options(void); /* NOLINT(bugprone-reserved-identifier) */
const char *__asan_default_options(void)  /* NOLINT(bugprone-reserved-identifier) */
{
    return "quarantine_size_mb=1";
}

static char path[64];
static struct ov_error err;

static int start(void **state)
{
    (void)snprintf(path, sizeof(path), "/tmp/overt-import-test.XXXXXX");
    int fd = mkstemp(path);
    (void)state;
    return fd >= 0 ? close(fd) : -1;
}

static int stop(void **state)
{
    (void)state;
    return unlink(path);
}

static enum ov_status open_bytes(const char *text, size_t size, struct import_source **ret)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    ov_error_clear(&err);
    return import_source_open(path, ret, &err);
}

static struct import_source *open_text(const char *text)
{
    struct import_source *source = NULL;
    enum ov_status status = open_bytes(text, strlen(text), &source);
    if (status != OV_OK)
        fail_msg("%s: %s", err.code, err.text);
    return source;
}

static struct import_row *next(struct import_source *source)
{
    struct import_row *row = NULL;
    assert_int_equal(import_source_next(source, &row, &err), OV_OK);
    return row;
}

static void check_end(struct import_source *source)
{
    struct import_row *row = NULL;
    assert_int_equal(import_source_next(source, &row, &err), OV_ERR_CLOSED);
    import_source_close(source);
}

/* The next row has this number and outcome. */
static void check_row(struct import_source *source, size_t number, const char *outcome)
{
    struct import_row *row = next(source);
    assert_int_equal(row->number, number);
    assert_string_equal(row->outcome, outcome);
    import_row_free(row);
}

static void columns_come_in_any_order_and_case(void **state)
{
    struct import_source *source =
        open_text("\xef\xbb\xbfReference,NAME,image,Response,category,birth_date,Priority\r\n"
                  "REF-1,\"Doe, \"\"J\"\" Jane\",a/b.jpg,identify,missing_at_risk,,1\r\n");
    assert_int_equal(import_source_rows(source), 1);
    struct import_row *row = next(source);
    assert_int_equal(row->number, 2);
    assert_string_equal(row->fields[IMPORT_IMAGE], "a/b.jpg");
    assert_string_equal(row->fields[IMPORT_CATEGORY], "missing_at_risk");
    assert_string_equal(row->fields[IMPORT_RESPONSE], "identify");
    assert_string_equal(row->fields[IMPORT_NAME], "Doe, \"J\" Jane");
    assert_string_equal(row->fields[IMPORT_REFERENCE], "REF-1");
    assert_string_equal(row->fields[IMPORT_PRIORITY], "1");
    assert_null(row->fields[IMPORT_BIRTH_DATE]); /* empty is not given */
    assert_null(row->fields[IMPORT_EXPIRY]);
    assert_string_equal(row->outcome, "");
    import_row_free(row);
    check_end(source);
}

static void a_missing_or_wrong_header_is_refused_without_repeating_it(void **state)
{
    static const char *const bad[] = {
        "",
        "\n\n",
        "a.jpg,missing_at_risk,identify,Jane Doe,REF-1\n",
        "image,category,response,name\n",
        "image,category,response,name,name\n",
        "image,category,response,name,reference,born\n",
        "image;category;response;name;reference\n",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct import_source *source = NULL;
        assert_int_equal(open_bytes(bad[i], strlen(bad[i]), &source), OV_ERR_INVALID);
        assert_string_equal(err.code, "import.header");
        assert_null(strstr(err.text, "Jane"));
    }
}

static void utf_16_is_refused_and_latin_1_costs_its_rows_alone(void **state)
{
    static const char little[] = "\xff\xfei\0m\0a\0g\0e\0,\0";
    static const char big[] = "\xfe\xff\0i\0m\0a\0g\0e\0,";
    static const char unmarked[] = "i\0m\0a\0g\0e\0,\0";
    struct import_source *source = NULL;
    assert_int_equal(open_bytes(little, sizeof(little) - 1, &source), OV_ERR_INVALID);
    assert_string_equal(err.code, "import.encoding");
    assert_int_equal(open_bytes(big, sizeof(big) - 1, &source), OV_ERR_INVALID);
    assert_string_equal(err.code, "import.encoding");
    assert_int_equal(open_bytes(unmarked, sizeof(unmarked) - 1, &source), OV_ERR_INVALID);
    assert_string_equal(err.code, "import.encoding");
    source = open_text(HEADER "1.jpg,c,r,Andr\xe9,f\n"
                              "2.jpg,c,r,Andr\xc3\xa9,f\n"
                              "3.jpg,c,r,n,\xc0\xaf\n"
                              "4.jpg,c,r,n\xe2\x82,f\n");
    check_row(source, 2, "row.encoding");
    check_row(source, 3, "");
    check_row(source, 4, "row.encoding");
    check_row(source, 5, "row.encoding");
    check_end(source);
}

static void every_row_is_accounted_for_by_its_number(void **state)
{
    static const struct {
        size_t number;
        const char *outcome;
    } wanted[] = {{2, ""},
                  {3, "row.columns"},
                  {4, "row.columns"},
                  {5, "row.quotes"},
                  {6, "row.text"},
                  {7, "row.text"},
                  {8, ""},
                  {10, ""}};
    struct import_source *source = open_text(HEADER "1.jpg,c,r,n,f\n"
                                                    "2.jpg,c,r,n\n"
                                                    "3.jpg,c,r,n,f,more\n"
                                                    "4.jpg,c,r,\"n,f\n"
                                                    "5.jpg,c,r,,f\n"
                                                    "6.jpg,c,r,n\033,f\n"
                                                    "7.jpg,c,r,n,f\n"
                                                    "\n"
                                                    "8.jpg,c,r,n,f");
    assert_int_equal(import_source_rows(source), sizeof(wanted) / sizeof(wanted[0]));
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        check_row(source, wanted[i].number, wanted[i].outcome);
    check_end(source);
}

static void images_lie_in_the_list_s_folder(void **state)
{
    static const char *const bad[] = {"/etc/shadow", "../a.jpg", "a/../../b.jpg", "a/..", "..", ""};
    static const char *const good[] = {"a.jpg", "a/b/c.jpg", "..a.jpg", "a../b.jpg", "./a.jpg"};
    char text[256];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)snprintf(text, sizeof(text), HEADER "%s,c,r,n,f\n", bad[i]);
        struct import_source *source = open_text(text);
        check_row(source, 2, "row.image_path");
        check_end(source);
    }
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        (void)snprintf(text, sizeof(text), HEADER "%s,c,r,n,f\n", good[i]);
        struct import_source *source = open_text(text);
        check_row(source, 2, "");
        check_end(source);
    }
}

static void put(const char *folder, const char *name, const char *text)
{
    char file[128];
    (void)snprintf(file, sizeof(file), "%s/%s", folder, name);
    assert_int_equal(ov_file_write_new(file, 0600, text, strlen(text), NULL), OV_OK);
}

static void link_to(const char *target, const char *folder, const char *name)
{
    char file[128];
    (void)snprintf(file, sizeof(file), "%s/%s", folder, name);
    assert_int_equal(symlink(target, file), 0);
}

static void check_image(struct import_source *source, enum ov_status status, const char *code)
{
    char found[PATH_MAX];
    struct import_row *row = next(source);
    assert_string_equal(row->outcome, "");
    ov_error_clear(&err);
    assert_int_equal(import_source_image(source, row, found, &err), status);
    assert_string_equal(err.code, code);
    import_row_free(row);
}

/* Not even where the path looks as if it stayed inside. The list's folder may be a link itself. */
static void no_link_leads_out_of_the_list_s_folder(void **state)
{
    char top[] = "/tmp/overt-import-test.XXXXXX";
    char folder[64];
    char linked[64];
    struct import_source *source = NULL;
    assert_non_null(mkdtemp(top));
    (void)snprintf(folder, sizeof(folder), "%s/list", top);
    (void)snprintf(linked, sizeof(linked), "%s/linked", top);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(symlink("list", linked), 0);
    put(top, "list-of-others.jpg", "x");
    put(folder, "1.jpg", "x");
    link_to("1.jpg", folder, "2.jpg");
    link_to("../list-of-others.jpg", folder, "3.jpg");
    link_to("/etc/passwd", folder, "4.jpg");
    link_to("..", folder, "up");
    link_to("nowhere", folder, "6.jpg");
    put(folder, "subjects.csv",
        HEADER "1.jpg,c,r,n,f\n2.jpg,c,r,n,f\n3.jpg,c,r,n,f\n4.jpg,c,r,n,f\n"
               "up/list-of-others.jpg,c,r,n,f\n6.jpg,c,r,n,f\nup/list/1.jpg,c,r,n,f\n");
    ov_error_clear(&err);
    assert_int_equal(import_source_open(linked, &source, &err), OV_OK);
    check_image(source, OV_OK, "");
    check_image(source, OV_OK, "");
    check_image(source, OV_ERR_INVALID, "row.image_path");
    check_image(source, OV_ERR_INVALID, "row.image_path");
    check_image(source, OV_ERR_INVALID, "row.image_path");
    check_image(source, OV_ERR_IO, "file.open");
    check_image(source, OV_OK, "");
    check_end(source);
    static const char *const made[] = {"list/1.jpg",        "list/2.jpg",         "list/3.jpg",
                                       "list/4.jpg",        "list/6.jpg",         "list/up",
                                       "list/subjects.csv", "list-of-others.jpg", "linked"};
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        (void)snprintf(folder, sizeof(folder), "%s/%s", top, made[i]);
        assert_int_equal(unlink(folder), 0);
    }
    (void)snprintf(folder, sizeof(folder), "%s/list", top);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(rmdir(top), 0);
}

static long peak_kb(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

static void write_rows(FILE *file, size_t count)
{
    for (size_t i = 0; i < count; i++) /* over a kilobyte each, CRLF, quotes */
        assert_true(fprintf(file, "%zu.jpg,c,r,\"n, %zu\",f%zu,\"%01000d\"\r\n", i, i, i, 0) > 0);
}

/* Across the pieces in which the file is read, whatever their borders cut. */
static void the_longest_list_is_read_in_little_memory(void **state)
{
    struct import_source *source = NULL;
    struct ov_buf name = OV_BUF_INIT;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "image,category,response,name,reference,justification\r\n") > 0);
    write_rows(file, IMPORT_ROWS_MAX);
    assert_int_equal(fclose(file), 0); /* 100 MB */
    long before = peak_kb();
    ov_error_clear(&err);
    assert_int_equal(import_source_open(path, &source, &err), OV_OK);
    assert_int_equal(import_source_rows(source), IMPORT_ROWS_MAX);
    for (size_t i = 0; i < IMPORT_ROWS_MAX; i++) {
        struct import_row *row = next(source);
        ov_buf_free(&name);
        ov_buf_printf(&name, "n, %zu", i);
        assert_int_equal(row->number, i + 2);
        assert_string_equal(row->outcome, "");
        assert_string_equal(row->fields[IMPORT_NAME], name.data);
        import_row_free(row);
    }
    check_end(source);
    print_message("%ld kB more at the peak\n", peak_kb() - before);
    assert_true(peak_kb() - before < 8 * 1024); /* of a list of 100 MB */
    ov_buf_free(&name);
}

static void a_list_that_no_watchlist_takes_is_refused_at_once(void **state)
{
    struct import_source *source = NULL;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(HEADER, file) >= 0);
    for (int i = 0; i < 200000; i++)
        assert_true(fprintf(file, "%d.jpg,c,r,n,f%d\n", i, i) > 0);
    assert_int_equal(fclose(file), 0);
    ov_error_clear(&err);
    assert_int_equal(import_source_open(path, &source, &err), OV_ERR_LIMIT);
    assert_string_equal(err.code, "import.rows");
}

/* Nor does a line without an end, or a quote that is never closed, cost more than itself. */
static void a_row_longer_than_any_costs_itself_alone(void **state)
{
    struct import_source *source = NULL;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fprintf(file, HEADER "1.jpg,c,r,n,f\n2.jpg,c,r,%01000000d,f\r\n", 0) > 0);
    assert_true(fprintf(file, "3.jpg,c,r,n,f\r\n4.jpg,c,r,\"n,f\r\n") > 0);
    for (int i = 0; i < 20000; i++)
        assert_true(fprintf(file, "%d.jpg,c,r,n,f\r\n", i) > 0);
    assert_int_equal(fclose(file), 0);
    ov_error_clear(&err);
    assert_int_equal(import_source_open(path, &source, &err), OV_OK);
    assert_int_equal(import_source_rows(source), 20004);
    check_row(source, 2, "");
    check_row(source, 3, "row.quotes");
    check_row(source, 4, "");
    check_row(source, 5, "row.quotes");
    for (size_t i = 0; i < 20000; i++)
        check_row(source, 6 + i, "");
    check_end(source);
}

static void a_list_has_to_be_a_file(void **state)
{
    struct import_source *source = NULL;
    ov_error_clear(&err);
    assert_int_equal(import_source_open("/nowhere.csv", &source, &err), OV_ERR_NOT_FOUND);
    ov_error_clear(&err);
    assert_int_equal(import_source_open("/dev/null", &source, &err), OV_ERR_INVALID);
    assert_string_equal(err.code, "file.kind");
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(columns_come_in_any_order_and_case),
        EACH(a_missing_or_wrong_header_is_refused_without_repeating_it),
        EACH(utf_16_is_refused_and_latin_1_costs_its_rows_alone),
        EACH(every_row_is_accounted_for_by_its_number),
        EACH(images_lie_in_the_list_s_folder),
        EACH(no_link_leads_out_of_the_list_s_folder),
        EACH(the_longest_list_is_read_in_little_memory),
        EACH(a_list_that_no_watchlist_takes_is_refused_at_once),
        EACH(a_row_longer_than_any_costs_itself_alone),
        EACH(a_list_has_to_be_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

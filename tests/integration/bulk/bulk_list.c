/* What the rows are, and what becomes of them. */
#include "tests/integration/bulk/bulk_list.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/bytes.h"
#include "common/base/file.h"
#include "tests/integration/ctl/office.h"

#define PHOTO_MAX_BYTES ((size_t)16 << 20)
#define REPORT_MAX_BYTES ((size_t)16 << 20)
#define EVERY 50
#define FIRST_ROW 2 /* as a spreadsheet counts */

/* A row of this place among fifty cannot be used. */
static const struct {
    size_t place;
    const char *fields; /* but the last one, the reference */
    const char *outcome;
} bad[] = {
    {7, SECRET_FILE "none.jpg,missing_at_risk,identify," SECRET_NAME, "file.open"},
    {13, SECRET_FILE "text.jpg,missing_at_risk,identify," SECRET_NAME, "image.not_jpeg"},
    {17, SECRET_FILE "cut.jpg,missing_at_risk,identify," SECRET_NAME, "image.damaged"},
    {19, SECRET_FILE "huge.jpg,missing_at_risk,identify," SECRET_NAME, "image.too_large"},
    {23, SECRET_FILE "link.jpg,missing_at_risk,identify," SECRET_NAME, "row.image_path"},
    {29, SECRET_FILE "0.jpg,of_interest,identify," SECRET_NAME, "watchlist.category"},
    {31, SECRET_FILE "0.jpg,missing_at_risk," SECRET_NAME, "row.columns"},
    {37, SECRET_FILE "0.jpg,missing_at_risk,identify," SECRET_NAME " Andr\xe9", "row.encoding"},
};
#define BAD_COUNT (sizeof(bad) / sizeof(bad[0]))

/* --- files --- */

static void copy(const char *from, const char *to)
{
    struct ov_secret file = OV_SECRET_INIT;
    assert_int_equal(ov_file_read_secret(from, PHOTO_MAX_BYTES, &file, NULL), OV_OK);
    assert_int_equal(ov_file_write_new(to, 0600, file.data, file.size, NULL), OV_OK);
    ov_secret_free(&file);
}

/* One of each person, so that the photographs are of as many people. */
static bool take_one(struct bulk_list *list, const char *person)
{
    char path[PATH_MAX + NAME_MAX + 2];
    char to[PATH_MAX];
    struct dirent **files = NULL;
    bool found = false;
    int count = scandir(person, &files, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        if (!found && strstr(files[i]->d_name, ".jpg") != NULL) {
            (void)snprintf(path, sizeof(path), "%s/%s", person, files[i]->d_name);
            (void)snprintf(to, sizeof(to), "%s/" SECRET_FILE "%zu.jpg", list->folder, list->photos);
            copy(path, to);
            found = true;
        }
        free(files[i]);
    }
    free(files);
    return found;
}

bool bulk_list_take_photos(struct bulk_list *list, const char *data)
{
    char person[PATH_MAX];
    struct dirent **people = NULL;
    int count = scandir(data, &people, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        (void)snprintf(person, sizeof(person), "%.3000s/%s", data, people[i]->d_name);
        if (people[i]->d_name[0] != '.' && list->photos < BULK_PHOTOS_MAX && take_one(list, person))
            list->photos++;
        free(people[i]);
    }
    free(people);
    return list->photos > 0;
}

static void write_bad(const struct bulk_list *list, const char *name, const void *data, size_t size)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s/" SECRET_FILE "%s", list->folder, name);
    assert_int_equal(ov_file_write_new(path, 0600, data, size, NULL), OV_OK);
}

/* Where a baseline JPEG says how large it is: height and width follow. */
static uint8_t *size_of(struct ov_secret *jpeg)
{
    for (size_t at = 2; at + 9 < jpeg->size && jpeg->data[at] == 0xff;) {
        if (jpeg->data[at + 1] == 0xc0 || jpeg->data[at + 1] == 0xc2)
            return jpeg->data + at + 5;
        at += 2 + ((size_t)jpeg->data[at + 2] << 8 | jpeg->data[at + 3]);
    }
    fail_msg("no frame header in the photograph");
    return NULL;
}

void bulk_list_make_bad_files(const struct bulk_list *list)
{
    static const char text[] = "=HYPERLINK(\"https://example.net\")";
    char path[PATH_MAX];
    struct ov_secret photo = OV_SECRET_INIT;
    (void)snprintf(path, sizeof(path), "%s/" SECRET_FILE "0.jpg", list->folder);
    assert_int_equal(ov_file_read_secret(path, PHOTO_MAX_BYTES, &photo, NULL), OV_OK);
    write_bad(list, "text.jpg", text, sizeof(text) - 1);
    write_bad(list, "cut.jpg", photo.data, photo.size / 2);
    memset(size_of(&photo), 0xc3, 4); /* 50,115 x 50,115 px */
    write_bad(list, "huge.jpg", photo.data, photo.size);
    ov_secret_free(&photo);
    /* A photograph, but somewhere else. */
    char outside[PATH_MAX];
    (void)snprintf(outside, sizeof(outside), "%s/../outside.jpg", list->folder);
    copy(path, outside);
    (void)snprintf(path, sizeof(path), "%s/" SECRET_FILE "link.jpg", list->folder);
    assert_int_equal(symlink("../outside.jpg", path), 0);
}

/* --- rows --- */

static FILE *begin(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("\xef\xbb\xbfimage,category,response,name,reference\n", file) >= 0);
    return file;
}

static void put_good(FILE *file, size_t photo, size_t reference)
{
    assert_true(fprintf(file,
                        SECRET_FILE "%zu.jpg,missing_at_risk,identify,\"=" SECRET_NAME ", the "
                                    "%zuth\"," SECRET_REFERENCE "%zu\n",
                        photo, reference, reference) > 0);
}

static size_t bad_at(size_t row)
{
    size_t at = 0;
    while (at < BAD_COUNT && bad[at].place != row % EVERY)
        at++;
    return at;
}

static bool is_repeat(const struct bulk_list *list, size_t row)
{
    return row >= list->rows - list->repeats;
}

void bulk_list_write_trial(const struct bulk_list *list, const char *path)
{
    FILE *file = begin(path);
    for (size_t i = 0; i < list->photos; i++)
        put_good(file, i, i);
    assert_int_equal(fclose(file), 0);
}

void bulk_list_write(const struct bulk_list *list, const char *path)
{
    FILE *file = begin(path);
    for (size_t i = 0; i < list->rows; i++) {
        size_t row = is_repeat(list, i) ? i - (list->rows - list->repeats) : i;
        size_t at = bad_at(row);
        if (at == BAD_COUNT)
            put_good(file, row % list->photos, row);
        else
            assert_true(fprintf(file, "%s," SECRET_REFERENCE "%zu\n", bad[at].fields, row) > 0);
    }
    assert_int_equal(fclose(file), 0);
}

static const char *wanted(const struct bulk_list *list, size_t row)
{
    bool again = is_repeat(list, row);
    size_t first = again ? row - (list->rows - list->repeats) : row;
    size_t at = bad_at(first);
    const char *outcome = at < BAD_COUNT ? bad[at].outcome : list->alone[first % list->photos];
    return again && strcmp(outcome, "added") == 0 ? "there_already" : outcome;
}

/* --- reports --- */

/* Calls on_row for each line; returns how many there were. */
static size_t read_report(const char *path, void (*on_row)(void *ctx, size_t row, const char *),
                          void *ctx)
{
    struct ov_buf text = OV_BUF_INIT;
    size_t count = 0;
    assert_int_equal(ov_file_read(path, REPORT_MAX_BYTES, &text, NULL), OV_OK);
    ov_buf_puts(&text, "");
    char *rest = NULL;
    char *line = strtok_r(text.data, "\n", &rest);
    assert_string_equal(line, "row,outcome");
    while ((line = strtok_r(NULL, "\n", &rest)) != NULL) {
        int64_t number = 0;
        char *comma = strchr(line, ',');
        assert_non_null(comma);
        *comma = '\0';
        assert_int_equal(ov_parse_i64(line, FIRST_ROW, INT32_MAX, &number), OV_OK);
        on_row(ctx, (size_t)number - FIRST_ROW, comma + 1);
        count++;
    }
    ov_buf_free(&text);
    return count;
}

static void learn(void *ctx, size_t row, const char *outcome)
{
    struct bulk_list *list = ctx;
    assert_true(row < list->photos);
    (void)snprintf(list->alone[row], sizeof(list->alone[row]), "%s", outcome);
}

void bulk_list_learn(struct bulk_list *list, const char *report)
{
    assert_int_equal(read_report(report, learn, list), list->photos);
}

struct checking {
    const struct bulk_list *list;
    bool *seen;
    size_t added;
};

static void check(void *ctx, size_t row, const char *outcome)
{
    struct checking *checking = ctx;
    assert_true(row < checking->list->rows);
    assert_false(checking->seen[row]);
    checking->seen[row] = true;
    if (strcmp(outcome, wanted(checking->list, row)) != 0)
        fail_msg("row %zu: %s, not %s", row + FIRST_ROW, outcome, wanted(checking->list, row));
    checking->added += strcmp(outcome, "added") == 0 ? 1 : 0;
}

size_t bulk_list_check(const struct bulk_list *list, const char *report)
{
    struct checking checking = {list, calloc(list->rows, sizeof(bool)), 0};
    assert_non_null(checking.seen);
    assert_int_equal(read_report(report, check, &checking), list->rows);
    free(checking.seen);
    return checking.added;
}

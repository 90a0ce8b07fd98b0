/* The list that an import works through. Errors never repeat what is in the file: without its
 * header, the first row is a person. */
#include "server/ctl/import_list.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "server/ctl/csv.h"
#include "server/ctl/subject.h"

#define LIST_MAX_BYTES ((size_t)64 * 1024 * 1024)
#define COLUMNS_MAX 16

static const char *const column_names[IMPORT_FIELDS] = {"image", "category", "response", "name",
                                                        "reference"};

void import_list_free(struct import_list *list)
{
    ov_secret_free(&list->text);
    free(list->rows);
    memset(list, 0, sizeof(*list));
}

static int column_of(const char *title)
{
    for (int field = 0; field < IMPORT_FIELDS; field++) {
        if (strcasecmp(title, column_names[field]) == 0)
            return field;
    }
    return -1;
}

/* order[i]: which field column i holds. */
static enum ov_status read_header(struct csv *csv, enum import_field order[IMPORT_FIELDS],
                                  struct ov_error *err)
{
    char *titles[COLUMNS_MAX];
    size_t count = 0;
    bool seen[IMPORT_FIELDS] = {false};
    enum ov_status status = csv_next(csv, COLUMNS_MAX, titles, &count);
    bool good = status == OV_OK && count == IMPORT_FIELDS;
    for (size_t i = 0; good && i < count; i++) {
        int field = column_of(titles[i]);
        good = field >= 0 && !seen[field];
        if (good) {
            seen[field] = true;
            order[i] = (enum import_field)field;
        }
    }
    if (good)
        return OV_OK;
    return ov_fail(err, OV_ERR_INVALID, "import.header",
                   "the first row has to name the columns image,category,response,name,reference, "
                   "separated by commas, and no others");
}

/* Below the list's folder, so that no list makes us send a file from elsewhere. */
static bool image_path_is_good(const char *path)
{
    if (path[0] == '/' || path[0] == '\0')
        return false;
    for (const char *at = path; at != NULL; at = strchr(at, '/')) {
        at += *at == '/' ? 1 : 0;
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0'))
            return false;
    }
    return true;
}

static const char *problem_of(const struct import_row *row)
{
    if (!subject_text_is_good(row->fields[IMPORT_NAME]) ||
        !subject_text_is_good(row->fields[IMPORT_REFERENCE]) ||
        !subject_text_is_good(row->fields[IMPORT_CATEGORY]) ||
        !subject_text_is_good(row->fields[IMPORT_RESPONSE]))
        return "row.text";
    if (!image_path_is_good(row->fields[IMPORT_IMAGE]))
        return "row.image_path";
    return "";
}

/* Reads the next row into row; OV_ERR_CLOSED at the end. */
static enum ov_status read_row(struct csv *csv, const enum import_field order[IMPORT_FIELDS],
                               struct import_row *row)
{
    char *fields[COLUMNS_MAX];
    size_t count = 0;
    memset(row, 0, sizeof(*row));
    enum ov_status status = csv_next(csv, COLUMNS_MAX, fields, &count);
    if (status == OV_ERR_CLOSED)
        return status;
    row->number = csv->row;
    const char *problem = "";
    if (status == OV_ERR_INVALID) {
        problem = "row.quotes";
    } else if (status != OV_OK || count != IMPORT_FIELDS) {
        problem = "row.columns";
    } else {
        for (size_t i = 0; i < IMPORT_FIELDS; i++)
            row->fields[order[i]] = fields[i];
        problem = problem_of(row);
    }
    (void)snprintf(row->outcome, sizeof(row->outcome), "%s", problem);
    return OV_OK;
}

static enum ov_status read_rows(struct import_list *list, struct ov_error *err)
{
    struct csv csv;
    enum import_field order[IMPORT_FIELDS] = {IMPORT_IMAGE};
    size_t room = 0;
    csv_init(&csv, (char *)list->text.data, list->text.size - 1);
    enum ov_status status = read_header(&csv, order, err);
    while (status == OV_OK) {
        if (list->count == room) {
            room = room == 0 ? 256 : room * 2;
            struct import_row *more = reallocarray(list->rows, room, sizeof(*more));
            if (more == NULL)
                return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
            list->rows = more;
        }
        status = read_row(&csv, order, &list->rows[list->count]);
        if (status == OV_OK)
            list->count++;
    }
    return status == OV_ERR_CLOSED ? OV_OK : status;
}

enum ov_status import_list_parse(struct ov_secret *take_text, const char *folder,
                                 struct import_list *ret, struct ov_error *err)
{
    struct import_list list;
    memset(&list, 0, sizeof(list));
    (void)snprintf(list.folder, sizeof(list.folder), "%s", folder);
    /* One byte more: the parser terminates the last field there. */
    enum ov_status status = ov_secret_new(&list.text, take_text->size + 1);
    if (status != OV_OK) {
        (void)ov_fail(err, status, "memory", "out of memory");
    } else {
        if (take_text->size > 0)
            memcpy(list.text.data, take_text->data, take_text->size);
        status = read_rows(&list, err);
    }
    ov_secret_free(take_text);
    if (status != OV_OK)
        import_list_free(&list);
    else
        *ret = list;
    return status;
}

enum ov_status import_list_read(const char *path, struct import_list *ret, struct ov_error *err)
{
    char file[PATH_MAX];
    char folder[PATH_MAX];
    struct stat info;
    struct ov_secret text = OV_SECRET_INIT;
    bool is_folder = stat(path, &info) == 0 && S_ISDIR(info.st_mode);
    int length = snprintf(file, sizeof(file), "%s%s", path, is_folder ? "/subjects.csv" : "");
    if (length < 0 || (size_t)length >= sizeof(file))
        return ov_fail(err, OV_ERR_LIMIT, "file.path", "the path is too long");
    (void)snprintf(folder, sizeof(folder), "%s", file);
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        (void)snprintf(folder, sizeof(folder), ".");
    else
        slash[slash == folder ? 1 : 0] = '\0';
    enum ov_status status = ov_file_read_secret(file, LIST_MAX_BYTES, &text, err);
    if (status != OV_OK)
        return status;
    return import_list_parse(&text, folder, ret, err);
}

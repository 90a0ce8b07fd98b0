/* A window that moves over the file. Errors never repeat what is in the file: without its header,
 * the first row is a person. */
#include "server/ctl/import_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "server/ctl/csv.h"
#include "server/ctl/subject.h"

/* Longer than any row can be that is worth sending. */
#define WINDOW_BYTES ((size_t)128 * 1024)
#define COLUMNS_MAX 24

static const char *const column_names[IMPORT_FIELDS] = {
    "image",      "category",      "response",       "name",         "reference",
    "priority",   "justification", "legal_basis",    "image_source", "image_date",
    "birth_date", "expiry",        "consent_digest", "override"};

struct import_source {
    int fd;
    struct ov_secret window; /* WINDOW_BYTES and one for the terminator */
    struct csv csv;          /* within window */
    size_t columns;
    enum import_field order[COLUMNS_MAX]; /* order[i]: which field column i holds */
    size_t rows;
    char folder[PATH_MAX]; /* without links */
};

void import_row_free(struct import_row *row)
{
    if (row == NULL)
        return;
    ov_secret_free(&row->text);
    free(row);
}

/* --- the window --- */

/* Moves the rest to the front and reads on behind it. */
static enum ov_status refill(struct import_source *source, struct ov_error *err)
{
    struct csv *csv = &source->csv;
    char *front = (char *)source->window.data;
    size_t filled = (size_t)(csv->end - csv->at);
    memmove(front, csv->at, filled);
    while (filled < WINDOW_BYTES && csv->more) {
        ssize_t got = read(source->fd, front + filled, WINDOW_BYTES - filled);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ov_fail(err, OV_ERR_IO, "import.read", "the list cannot be read: %s",
                           strerror(errno));
        csv->more = got > 0;
        filled += (size_t)got;
    }
    csv->at = front;
    csv->end = front + filled;
    *csv->end = '\0';
    return OV_OK;
}

/* As csv_next, over the whole file. */
static enum ov_status next_fields(struct import_source *source, char *fields[COLUMNS_MAX],
                                  size_t *ret_count, struct ov_error *err)
{
    struct csv *csv = &source->csv;
    for (;;) {
        enum ov_status status = csv_next(csv, COLUMNS_MAX, fields, ret_count);
        if (status != OV_ERR_UNAVAILABLE)
            return status;
        bool is_full =
            csv->at == (char *)source->window.data && (size_t)(csv->end - csv->at) == WINDOW_BYTES;
        if (is_full && !csv->skipping) {
            csv_skip(csv); /* no row is so long */
            return OV_ERR_INVALID;
        }
        status = refill(source, err);
        if (status != OV_OK)
            return OV_ERR_IO;
    }
}

/* --- the first row --- */

static int column_of(const char *title)
{
    for (int field = 0; field < IMPORT_FIELDS; field++) {
        if (strcasecmp(title, column_names[field]) == 0)
            return field;
    }
    return -1;
}

/* What other programs write instead of UTF-8 begins with a mark, or has zeros between letters. */
static bool is_utf16(const struct import_source *source)
{
    const struct csv *csv = &source->csv;
    size_t size = (size_t)(csv->end - csv->at);
    if (size >= 2 && (memcmp(csv->at, "\xff\xfe", 2) == 0 || memcmp(csv->at, "\xfe\xff", 2) == 0))
        return true;
    return memchr(csv->at, '\0', size < 64 ? size : 64) != NULL;
}

static enum ov_status read_header(struct import_source *source, struct ov_error *err)
{
    char *titles[COLUMNS_MAX];
    size_t count = 0;
    bool seen[IMPORT_FIELDS] = {false};
    if (is_utf16(source))
        return ov_fail(err, OV_ERR_INVALID, "import.encoding",
                       "the list is UTF-16, not UTF-8; save it as \"CSV UTF-8\"");
    enum ov_status status = next_fields(source, titles, &count, err);
    if (status == OV_ERR_IO)
        return status;
    bool good = status == OV_OK;
    for (size_t i = 0; good && i < count; i++) {
        int field = column_of(titles[i]);
        good = field >= 0 && !seen[field];
        if (good) {
            seen[field] = true;
            source->order[i] = (enum import_field)field;
        }
    }
    for (int field = IMPORT_IMAGE; field <= IMPORT_REFERENCE; field++)
        good = good && seen[field];
    source->columns = count;
    if (good)
        return OV_OK;
    return ov_fail(err, OV_ERR_INVALID, "import.header",
                   "the first row has to name the columns, separated by commas: "
                   "image,category,response,name,reference and, where they are needed, priority,"
                   "justification,legal_basis,image_source,image_date,birth_date,expiry,"
                   "consent_digest,override; and no others");
}

/* --- rows --- */

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

static bool field_is_good(enum import_field field, const char *text)
{
    if (text == NULL)
        return field > IMPORT_REFERENCE;
    if (field == IMPORT_JUSTIFICATION)
        return subject_field_is_good(SUBJECT_JUSTIFICATION, text);
    return field == IMPORT_IMAGE || subject_text_is_good(text);
}

/* Bytes that are no UTF-8, as a list in Latin-1 has them wherever a letter has an accent. */
static bool is_utf8(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0';) {
        size_t length = *at < 0x80   ? 1
                        : *at < 0xc2 ? 0
                        : *at < 0xe0 ? 2
                        : *at < 0xf0 ? 3
                        : *at < 0xf5 ? 4
                                     : 0;
        if (length == 0)
            return false;
        for (size_t i = 1; i < length; i++)
            if ((at[i] & 0xc0) != 0x80)
                return false;
        at += length;
    }
    return true;
}

static const char *problem_of(const struct import_row *row)
{
    for (int field = 0; field < IMPORT_FIELDS; field++)
        if (row->fields[field] != NULL && !is_utf8(row->fields[field]))
            return "row.encoding";
    for (int field = 0; field < IMPORT_FIELDS; field++)
        if (field != IMPORT_IMAGE && !field_is_good((enum import_field)field, row->fields[field]))
            return "row.text";
    if (row->fields[IMPORT_IMAGE] == NULL || !image_path_is_good(row->fields[IMPORT_IMAGE]))
        return "row.image_path";
    return "";
}

/* Takes the fields out of the window, which moves on. */
static enum ov_status copy_fields(const struct import_source *source, char *const *fields,
                                  struct import_row *row, struct ov_error *err)
{
    size_t size = 0;
    for (size_t i = 0; i < source->columns; i++)
        size += strlen(fields[i]) + 1;
    if (ov_secret_new(&row->text, size) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    char *to = (char *)row->text.data;
    for (size_t i = 0; i < source->columns; i++) {
        size_t length = strlen(fields[i]) + 1;
        memcpy(to, fields[i], length);
        if (length > 1)
            row->fields[source->order[i]] = to;
        to += length;
    }
    return OV_OK;
}

enum ov_status import_source_next(struct import_source *source, struct import_row **ret_row,
                                  struct ov_error *err)
{
    char *fields[COLUMNS_MAX];
    size_t count = 0;
    enum ov_status status = next_fields(source, fields, &count, err);
    if (status == OV_ERR_CLOSED || status == OV_ERR_IO)
        return status;
    struct import_row *row = calloc(1, sizeof(*row));
    if (row == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    row->number = source->csv.row;
    const char *problem = "";
    if (status == OV_ERR_INVALID)
        problem = "row.quotes";
    else if (status != OV_OK || count != source->columns)
        problem = "row.columns";
    else if (copy_fields(source, fields, row, err) != OV_OK)
        problem = NULL;
    else
        problem = problem_of(row);
    if (problem == NULL) {
        import_row_free(row);
        return OV_ERR_NOMEM;
    }
    (void)snprintf(row->outcome, sizeof(row->outcome), "%s", problem);
    *ret_row = row;
    return OV_OK;
}

/* A list that came from elsewhere may have links among its images, to whatever they like. */
enum ov_status import_source_image(const struct import_source *source, const struct import_row *row,
                                   char ret_path[PATH_MAX], struct ov_error *err)
{
    char path[PATH_MAX];
    size_t folder = strcmp(source->folder, "/") == 0 ? 0 : strlen(source->folder);
    int length = snprintf(path, sizeof(path), "%s/%s", source->folder, row->fields[IMPORT_IMAGE]);
    if (length < 0 || (size_t)length >= sizeof(path))
        return ov_fail(err, OV_ERR_LIMIT, "file.path", "the path is too long");
    if (realpath(path, ret_path) == NULL)
        return ov_fail(err, OV_ERR_IO, "file.open", "cannot open the image: %s", strerror(errno));
    if (strncmp(ret_path, source->folder, folder) != 0 || ret_path[folder] != '/')
        return ov_fail(err, OV_ERR_INVALID, "row.image_path",
                       "the image lies outside the list's folder");
    return OV_OK;
}

/* --- opening --- */

static enum ov_status start(struct import_source *source, struct ov_error *err)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (lseek(source->fd, 0, SEEK_SET) != 0)
        return ov_fail(err, OV_ERR_IO, "import.read", "the list has to be a file: %s",
                       strerror(errno));
    csv_init(&source->csv, (char *)source->window.data, 0);
    source->csv.more = true;
    enum ov_status status = refill(source, err);
    if (status != OV_OK)
        return status;
    if (source->csv.end - source->csv.at >= 3 && memcmp(source->csv.at, mark, 3) == 0)
        source->csv.at += 3;
    return read_header(source, err);
}

static enum ov_status count_rows(struct import_source *source, struct ov_error *err)
{
    char *fields[COLUMNS_MAX];
    size_t count = 0;
    enum ov_status status = start(source, err);
    while (status != OV_ERR_CLOSED) {
        if (status == OV_ERR_IO || err->status != OV_OK)
            return err->status;
        status = next_fields(source, fields, &count, err);
        source->rows += status != OV_ERR_CLOSED && status != OV_ERR_IO ? 1 : 0;
        if (source->rows > IMPORT_ROWS_MAX)
            return ov_fail(err, OV_ERR_LIMIT, "import.rows",
                           "the list has more than %zu rows: a watchlist has at most 20,000 "
                           "subjects with five photographs each",
                           IMPORT_ROWS_MAX);
    }
    return OV_OK;
}

static enum ov_status open_file(struct import_source *source, const char *path,
                                struct ov_error *err)
{
    char file[PATH_MAX];
    struct stat info;
    bool is_folder = stat(path, &info) == 0 && S_ISDIR(info.st_mode);
    int length = snprintf(file, sizeof(file), "%s%s", path, is_folder ? "/subjects.csv" : "");
    if (length < 0 || (size_t)length >= sizeof(file))
        return ov_fail(err, OV_ERR_LIMIT, "file.path", "the path is too long");
    source->fd = open(file, O_RDONLY | O_CLOEXEC);
    if (source->fd < 0 || fstat(source->fd, &info) != 0)
        return ov_fail(err, errno == ENOENT ? OV_ERR_NOT_FOUND : OV_ERR_IO, "file.open",
                       "cannot open %s: %s", file, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return ov_fail(err, OV_ERR_INVALID, "file.kind", "%s is not a regular file", file);
    char *slash = strrchr(file, '/');
    if (slash != NULL)
        slash[slash == file ? 1 : 0] = '\0';
    if (realpath(slash != NULL ? file : ".", source->folder) == NULL)
        return ov_fail(err, OV_ERR_IO, "file.open", "cannot open %s: %s", file, strerror(errno));
    return OV_OK;
}

enum ov_status import_source_open(const char *path, struct import_source **ret_source,
                                  struct ov_error *err)
{
    struct import_source *source = calloc(1, sizeof(*source));
    if (source == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    source->fd = -1;
    enum ov_status status = open_file(source, path, err);
    if (status == OV_OK && ov_secret_new(&source->window, WINDOW_BYTES + 1) != OV_OK)
        status = ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    if (status == OV_OK)
        status = count_rows(source, err);
    if (status == OV_OK)
        status = start(source, err);
    if (status != OV_OK) {
        import_source_close(source);
        return status;
    }
    *ret_source = source;
    return OV_OK;
}

void import_source_close(struct import_source *source)
{
    if (source == NULL)
        return;
    if (source->fd >= 0)
        (void)close(source->fd);
    ov_secret_free(&source->window);
    free(source);
}

size_t import_source_rows(const struct import_source *source)
{
    return source->rows;
}

/*
 * The list that an import works through: a CSV file whose first row names its columns, read a piece
 * at a time into secret memory, so that a long list costs no more than a short one. A row that
 * cannot be used comes with its outcome, so that every row is accounted for.
 */
#ifndef OVERT_SERVER_CTL_IMPORT_SOURCE_H
#define OVERT_SERVER_CTL_IMPORT_SOURCE_H

#include <limits.h>
#include <stddef.h>

#include "common/base/secret.h"
#include "common/base/status.h"

/* 20,000 subjects with five photographs each: no watchlist takes more. */
#define IMPORT_ROWS_MAX ((size_t)100000)
#define IMPORT_OUTCOME_SIZE 48
#define IMPORT_REASON_SIZE 400

enum import_field {
    IMPORT_IMAGE, /* these five have to be there */
    IMPORT_CATEGORY,
    IMPORT_RESPONSE,
    IMPORT_NAME,
    IMPORT_REFERENCE,
    IMPORT_PRIORITY, /* these may */
    IMPORT_JUSTIFICATION,
    IMPORT_LEGAL_BASIS,
    IMPORT_IMAGE_SOURCE,
    IMPORT_IMAGE_DATE,
    IMPORT_BIRTH_DATE,
    IMPORT_EXPIRY,
    IMPORT_CONSENT_DIGEST,
    IMPORT_OVERRIDE,
    IMPORT_FIELDS
};

struct import_row {
    size_t number;                     /* as a spreadsheet counts: the header is row 1 */
    struct ov_secret text;             /* holds the fields */
    const char *fields[IMPORT_FIELDS]; /* NULL: no such column, or empty where it may be */
    char outcome[IMPORT_OUTCOME_SIZE]; /* a code; "" while it is open. Codes never hold a name. */
    char reason[IMPORT_REASON_SIZE];   /* the server's sentence, where it refused; for a terminal */
};
void import_row_free(struct import_row *row);

struct import_source;

/*
 * path: the CSV file, or a folder with subjects.csv in it. The whole file is passed over once, to
 * count its rows: "import.rows" when there are more than IMPORT_ROWS_MAX, "import.encoding" when it
 * is not UTF-8 at all (UTF-16), "import.header".
 */
OV_CHECKED enum ov_status import_source_open(const char *path, struct import_source **ret_source,
                                             struct ov_error *err);
void import_source_close(struct import_source *source);

size_t import_source_rows(const struct import_source *source); /* counted when it was opened */
/* Where a row's image is, links resolved. "row.image_path" when that is not in or below the list's
 * folder. */
OV_CHECKED enum ov_status import_source_image(const struct import_source *source,
                                              const struct import_row *row, char ret_path[PATH_MAX],
                                              struct ov_error *err);

/* The next row, for import_row_free. OV_ERR_CLOSED at the end. */
OV_CHECKED enum ov_status import_source_next(struct import_source *source,
                                             struct import_row **ret_row, struct ov_error *err);

#endif

/*
 * The list that an import works through: a CSV file with the columns image, category, response,
 * name and reference, held in secret memory. A row that cannot be used is kept with its outcome, so
 * that every row is accounted for.
 */
#ifndef OVERT_SERVER_CTL_IMPORT_LIST_H
#define OVERT_SERVER_CTL_IMPORT_LIST_H

#include <limits.h>
#include <stddef.h>

#include "common/base/secret.h"
#include "common/base/status.h"

#define IMPORT_OUTCOME_SIZE 48
#define IMPORT_REASON_SIZE 400

enum import_field {
    IMPORT_IMAGE,
    IMPORT_CATEGORY,
    IMPORT_RESPONSE,
    IMPORT_NAME,
    IMPORT_REFERENCE,
    IMPORT_FIELDS
};

struct import_row {
    size_t number;                     /* as a spreadsheet counts: the header is row 1 */
    const char *fields[IMPORT_FIELDS]; /* within the list's text */
    char outcome[IMPORT_OUTCOME_SIZE]; /* a code; "" while it is open. Codes never hold a name. */
    char reason[IMPORT_REASON_SIZE];   /* the server's sentence, where it refused; for a terminal */
};

struct import_list {
    struct ov_secret text;
    struct import_row *rows;
    size_t count;
    char folder[PATH_MAX]; /* images are found from here */
};

/* path: the CSV file, or a folder with subjects.csv in it. */
OV_CHECKED enum ov_status import_list_read(const char *path, struct import_list *ret,
                                           struct ov_error *err);
/* The same from text, which is taken on every path. folder may be "". */
OV_CHECKED enum ov_status import_list_parse(struct ov_secret *take_text, const char *folder,
                                            struct import_list *ret, struct ov_error *err);
void import_list_free(struct import_list *list);

#endif

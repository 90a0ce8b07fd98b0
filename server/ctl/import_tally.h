/*
 * What became of an import's rows: counts, and for each row its number and code in eight bytes, so
 * that the longest list costs less than a megabyte. Main thread.
 */
#ifndef OVERT_SERVER_CTL_IMPORT_TALLY_H
#define OVERT_SERVER_CTL_IMPORT_TALLY_H

#include <stdint.h>

#include "common/base/bytes.h"
#include "server/ctl/import_source.h"
#include "server/ctl/terminal.h"

#define IMPORT_CODES_MAX 200     /* of one import; there are some forty */
#define IMPORT_EXPLAINED_MAX 200 /* rows whose sentence is kept for the terminal */

struct import_tally {
    size_t added;
    size_t there; /* already: nothing was added */
    size_t failed;
    size_t not_tried;
    struct import_outcome {
        uint32_t number; /* of the row */
        uint32_t code;   /* into codes */
    } * rows;
    size_t count;
    size_t room;
    char codes[IMPORT_CODES_MAX][IMPORT_OUTCOME_SIZE];
    size_t code_count;
    char (*reasons)[IMPORT_REASON_SIZE]; /* of the first failed rows, in order */
    size_t reason_count;
};

/* OV_ERR_NOMEM, or OV_ERR_LIMIT for more codes than there can be. */
OV_CHECKED enum ov_status import_tally_add(struct import_tally *tally,
                                           const struct import_row *row);
void import_tally_free(struct import_tally *tally);

/* The failed rows as a table, with sentences on a terminal; then the counts. */
void import_tally_print(const struct import_tally *tally, const struct terminal *terminal,
                        struct ov_buf *out);
/* Every row. */
void import_tally_print_json(const struct import_tally *tally, struct ov_buf *out);

#endif

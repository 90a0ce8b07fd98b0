/*
 * What the outcomes of an import mean: for its help, and for a terminal. The sentences are
 * constant: none can hold a name or a file name. Pure; any thread.
 */
#ifndef OVERT_SERVER_CTL_IMPORT_CODES_H
#define OVERT_SERVER_CTL_IMPORT_CODES_H

struct import_code {
    const char *code;
    const char *meaning;
};

extern const struct import_code import_codes[]; /* ends with a NULL code */

/* "" for a code that is not in the table. */
const char *import_code_meaning(const char *code);

#endif

/*
 * The terminal, and what is none: colours, questions, and rule 10 of the design, which lets names
 * and references only onto an interactive terminal.
 *
 * Everything is written with write(2): stdio's buffers would keep names. Main thread only, but for
 * terminal_note.
 */
#ifndef OVERT_SERVER_CTL_TERMINAL_H
#define OVERT_SERVER_CTL_TERMINAL_H

#include <stdbool.h>

#include "common/base/bytes.h"
#include "common/base/secret.h"
#include "common/base/status.h"

enum paint { PAINT_NONE, PAINT_BOLD, PAINT_DIM, PAINT_GOOD, PAINT_WARN, PAINT_BAD };

struct terminal {
    bool in_is_terminal;
    bool out_is_terminal;
    bool err_is_terminal;
    bool colour;    /* out_is_terminal, and NO_COLOR is not set */
    size_t columns; /* of standard output; 0: as many as it takes, it is no terminal */
};

void terminal_init(struct terminal *terminal);

/* Looks at the width again: for what goes on while people change their windows. */
void terminal_measure(struct terminal *terminal);

/* Whether names and references may be written to standard output. */
bool terminal_may_show_names(const struct terminal *terminal);

/* Appends text, in colour where colours are on. */
void terminal_paint(const struct terminal *terminal, enum paint paint, const char *text,
                    struct ov_buf *out);

/* To standard output, whole. OV_ERR_CLOSED when the reader has gone. */
OV_CHECKED enum ov_status terminal_write(const void *data, size_t size, struct ov_error *err);

/* A line to standard error. */
void terminal_note(const char *fmt, ...) OV_PRINTF(1, 2);
/* The same without a line end: for prompts and progress. */
void terminal_status(const char *fmt, ...) OV_PRINTF(1, 2);

/* Asks for one line on the terminal; without its end, NUL-terminated; size counts the NUL. */
OV_CHECKED enum ov_status terminal_ask(const char *prompt, struct ov_secret *ret_line,
                                       struct ov_error *err);

/* The same on a terminal; without one the first line of standard input, "" when there is none. */
OV_CHECKED enum ov_status terminal_read_line(const struct terminal *terminal, const char *prompt,
                                             struct ov_secret *ret_line, struct ov_error *err);

/* Standard input up to its end. More than max_bytes is "input.size". ret is freed by the caller. */
OV_CHECKED enum ov_status terminal_read_all(size_t max_bytes, struct ov_buf *ret,
                                            struct ov_error *err);

/*
 * Asks for "yes". Without a terminal nothing is asked and --yes is required: OV_ERR_INVALID
 * "usage.confirm"; another answer is OV_ERR_DENIED "confirm.no".
 */
OV_CHECKED enum ov_status terminal_confirm(const struct terminal *terminal, bool yes,
                                           const char *question, struct ov_error *err);

#endif

/*
 * Who an entry is about: name and reference, from a prompt, from two lines of standard input or
 * from a file of two lines. Never from the command line, where every user of the machine sees it
 * and the shell keeps it.
 */
#ifndef OVERT_SERVER_CTL_SUBJECT_H
#define OVERT_SERVER_CTL_SUBJECT_H

#include <stdbool.h>

#include "common/base/secret.h"
#include "common/base/status.h"
#include "server/ctl/terminal.h"

#define SUBJECT_TEXT_MAX 200 /* bytes of a name or a reference; the server checks again */

struct subject {
    struct ov_secret name;      /* NUL-terminated text */
    struct ov_secret reference; /* the force's own id of the subject */
};

/* file: NULL for the prompt or standard input. */
OV_CHECKED enum ov_status subject_read(const struct terminal *terminal, const char *file,
                                       struct subject *ret, struct ov_error *err);
/* From two lines; a third, unless empty, is refused. */
OV_CHECKED enum ov_status subject_parse(const char *text, size_t size, struct subject *ret,
                                        struct ov_error *err);
void subject_free(struct subject *subject);

/* Not empty, not too long, UTF-8 without control characters. */
bool subject_text_is_good(const char *text);

#endif

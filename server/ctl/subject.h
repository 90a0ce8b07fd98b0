/*
 * Who an entry is about: from prompts, from standard input or from a file. Never from the command
 * line, where every user of the machine sees it and the shell keeps it.
 *
 * A subject file has one "key: value" a line; blank lines and lines that begin with '#' are
 * skipped, no key may be there twice. Keys: name, reference, and, where they are asked for,
 * category, response, priority, justification, legal_basis, image_source, image_date, birth_date,
 * expiry, consent_digest, override. The older form, two lines with name and reference and nothing
 * else, is fine too: an exercise asks for no more. The server checks what the values mean.
 */
#ifndef OVERT_SERVER_CTL_SUBJECT_H
#define OVERT_SERVER_CTL_SUBJECT_H

#include <stdbool.h>

#include "common/base/secret.h"
#include "common/base/status.h"
#include "server/ctl/terminal.h"

#define SUBJECT_TEXT_MAX 200           /* bytes of a value; the server checks again */
#define SUBJECT_JUSTIFICATION_MAX 2000 /* bytes of the justification */

enum subject_field {
    SUBJECT_NAME,
    SUBJECT_REFERENCE,
    SUBJECT_CATEGORY,
    SUBJECT_RESPONSE,
    SUBJECT_PRIORITY,
    SUBJECT_JUSTIFICATION,
    SUBJECT_LEGAL_BASIS,
    SUBJECT_IMAGE_SOURCE,
    SUBJECT_IMAGE_DATE,
    SUBJECT_BIRTH_DATE,
    SUBJECT_EXPIRY,
    SUBJECT_CONSENT_DIGEST,
    SUBJECT_OVERRIDE,
    SUBJECT_FIELDS
};

/* A field's key in a subject file, which is also its column's name in an import. */
const char *subject_field_name(enum subject_field field);

struct subject {
    struct ov_secret text;              /* what was read; the fields point into it */
    const char *fields[SUBJECT_FIELDS]; /* NUL-terminated; NULL: not given */
};

/* file: NULL for the prompts or standard input. ask_all: prompts for what may be left out, too. */
OV_CHECKED enum ov_status subject_read(const struct terminal *terminal, const char *file,
                                       bool ask_all, struct subject *ret, struct ov_error *err);
OV_CHECKED enum ov_status subject_parse(const char *text, size_t size, struct subject *ret,
                                        struct ov_error *err);
void subject_free(struct subject *subject);

/* Of this field: not empty, not too long, UTF-8 without control characters. */
bool subject_field_is_good(enum subject_field field, const char *text);
/* The same for any short value. */
bool subject_text_is_good(const char *text);

#endif

/*
 * An application as a file that people write: "key = value" lines, longer texts going on in
 * indented lines. One table has every field with what it means; the template, the reading and the
 * way back from a stored application come from it. Main thread.
 */
#ifndef OVERT_SERVER_CTL_APPLICATION_FILE_H
#define OVERT_SERVER_CTL_APPLICATION_FILE_H

#include <jansson.h>

#include "common/base/bytes.h"
#include "common/base/status.h"

/* A file that teaches each field. */
void application_template(struct ov_buf *out);

/* The file's fields as the API's JSON members. A digest may be given as "file:PATH", from which it
 * is computed. Errors name the line, never what stands there. */
OV_CHECKED enum ov_status application_file_read(const char *path, json_t **ret_body,
                                                struct ov_error *err);

/* The same from text; folder: of files named by it. For application_file_read and the tests. */
OV_CHECKED enum ov_status application_text_read(const char *text, json_t **ret_body,
                                                struct ov_error *err);

/* The API's members from a stored application (a document) and its deployment. NULL: no memory. */
json_t *application_of_document(const json_t *document, const json_t *deployment);

#endif

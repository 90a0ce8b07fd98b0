/* Inside the store: roles and kinds of principals as columns. */
#ifndef OVERT_SERVER_STORE_PEOPLE_ROWS_H
#define OVERT_SERVER_STORE_PEOPLE_ROWS_H

#include "server/store/people.h"
#include "server/store/row.h"

#define ROLES_TEXT_SIZE 256

const char *principal_kind_name(int kind);

/* A set of roles as an array literal; OV_ERR_INVALID "principal.invalid" when there is no such. */
OV_CHECKED enum ov_status roles_format(unsigned roles, char out[ROLES_TEXT_SIZE],
                                       struct ov_error *err);
/* Names with commas between them, null for none. A name this build does not know makes the row
 * failed: rights are never guessed. */
void row_roles(struct row *row, unsigned *ret_roles);

#endif

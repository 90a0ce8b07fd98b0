/* The newest checkpoint that held, kept by whoever verifies: what makes a later rewriting visible.
 */
#ifndef OVERT_SERVER_AUDIT_VERIFY_KEPT_H
#define OVERT_SERVER_AUDIT_VERIFY_KEPT_H

#include <limits.h>
#include <stdint.h>

#include "common/base/status.h"

#define KEPT_PATH_SIZE PATH_MAX

/* The file: as given, or in the user's state folder, which is made, by the key's id. */
OV_CHECKED enum ov_status kept_path(const char *given, uint32_t key_id, char ret[KEPT_PATH_SIZE],
                                    struct ov_error *err);

#endif

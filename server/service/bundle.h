/* Several files in one: the tar format that every tar reads (POSIX.1-1988, ustar), in secret
 * memory. */
#ifndef OVERT_SERVER_SERVICE_BUNDLE_H
#define OVERT_SERVER_SERVICE_BUNDLE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/secret.h"
#include "common/base/status.h"

#define BUNDLE_FILES_MAX 8

struct bundle {
    struct bundle_file {
        const char *name; /* less than 100 bytes */
        const void *data; /* borrowed until bundle_make */
        size_t size;
    } files[BUNDLE_FILES_MAX];
    size_t count;
};

/* Nothing is added when size is 0. */
void bundle_add(struct bundle *bundle, const char *name, const void *data, size_t size);
OV_CHECKED enum ov_status bundle_make(const struct bundle *bundle, int64_t at_us,
                                      struct ov_secret *ret, struct ov_error *err);

#endif

/* A pattern and what goes into it. */
#include "tests/integration/api/paths.h"

#include <stdio.h>
#include <string.h>

#include "common/base/bytes.h"

void path_of(const char *pattern, const char *first, char *out, size_t out_size)
{
    struct ov_buf path = OV_BUF_INIT;
    for (const char *at = pattern; *at != '\0';) {
        if (*at == '{') {
            ov_buf_puts(&path, first != NULL ? first : NOTHING);
            first = NULL;
            at += strcspn(at, "}") + 1;
        } else {
            ov_buf_printf(&path, "%c", *at++);
        }
    }
    (void)snprintf(out, out_size, "%s", path.data);
    ov_buf_free(&path);
}

void path_of_nothing(const char *pattern, char *out, size_t out_size)
{
    path_of(pattern, NULL, out, out_size);
}

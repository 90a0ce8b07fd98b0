/* The memory of another process, as the kernel shows it to root. */
#ifndef OVERT_TESTS_TRACE_MEMORY_H
#define OVERT_TESTS_TRACE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MEMORY_RUN_BYTES 32u /* this much in one piece is a trace */

/* What is looked for: any MEMORY_RUN_BYTES in a row of these bytes, that begin at a multiple of
 * step in them, at any address. */
struct memory_form {
    const char *name;
    const uint8_t *bytes;
    size_t size;
    size_t step; /* bytes of one number */
};

struct memory_result {
    long long bytes; /* searched */
    long hits;       /* places; a whole copy is many */
};

/* Whether this process may read that one's memory. */
bool memory_can_read(pid_t pid);
/* Searches every mapping that can be read and written. Prints where the first hits are, unless
 * quiet. */
void memory_search(pid_t pid, const struct memory_form *forms, size_t count, bool quiet,
                   struct memory_result *ret);

#endif

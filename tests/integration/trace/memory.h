/* The memory of another process, as the kernel shows it to root. */
#ifndef OVERT_TESTS_TRACE_MEMORY_H
#define OVERT_TESTS_TRACE_MEMORY_H

#include <stdbool.h>
#include <sys/types.h>

#include "tests/integration/trace/search.h"

/* Whether this process may read that one's memory. */
bool memory_can_read(pid_t pid);
/* Searches every mapping that can be read and written; returns how many bytes that was. */
long long memory_search(pid_t pid, struct search *search);

#endif

/* Paths for tests that go through the table of routes. */
#ifndef OVERT_TESTS_INTEGRATION_API_PATHS_H
#define OVERT_TESTS_INTEGRATION_API_PATHS_H

#include <stddef.h>

/* There is nothing of this name or id: who is let in is told so, and nothing happens. */
#define NOTHING "00000000-0000-4000-8000-00000000dead"

/* A route's pattern with the first variable replaced by first (NULL: NOTHING too) and every other
 * one by NOTHING. */
void path_of(const char *pattern, const char *first, char *out, size_t out_size);
void path_of_nothing(const char *pattern, char *out, size_t out_size);

#endif

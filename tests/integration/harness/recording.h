/*
 * What the tests and the API say to each other, as lines of JSON, for tests/openapi to hold against
 * the API's description. Recorded when OVERT_API_RECORDING names a file (ctest does, one for each
 * program); lines of several processes do not mix.
 */
#ifndef OVERT_TESTS_HARNESS_RECORDING_H
#define OVERT_TESTS_HARNESS_RECORDING_H

#include <stddef.h>

struct exchange {
    const char *method;
    const char *target;       /* path and query, as sent */
    const char *request_type; /* NULL: no body */
    const void *request;      /* its body; looked into when it is JSON */
    size_t request_bytes;
    long status;
    const void *answer;
    size_t answer_bytes;
};

void recording_add(const struct exchange *exchange);

#endif

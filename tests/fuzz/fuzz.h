/*
 * What a fuzz target is: the libFuzzer entry point, and where its mutations start. Tests only.
 */
#ifndef OVERT_TESTS_FUZZ_FUZZ_H
#define OVERT_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Decodes data; aborts when a promise is broken. Always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Calls emit with each valid input that the target can make for itself. */
void fuzz_seeds(void (*emit)(void *ctx, const void *data, size_t size), void *ctx);

/* Aborts with the text when the condition does not hold, also in release builds. */
#define fuzz_require(condition)                                                                    \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fuzz_broken(#condition, __FILE__, __LINE__);                                           \
    } while (0)

_Noreturn void fuzz_broken(const char *condition, const char *file, int line);

#endif

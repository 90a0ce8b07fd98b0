/*
 * For the libFuzzer build: reports a broken promise, and with OVERT_FUZZ_SEEDS=DIR writes the
 * target's own seeds there before fuzzing starts, so that DIR can be named as corpus.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

_Noreturn void fuzz_broken(const char *condition, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, condition);
    abort();
}

struct writing {
    const char *folder;
    unsigned count;
};

static void write_seed(void *ctx, const void *data, size_t size)
{
    struct writing *writing = ctx;
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/seed-%03u", writing->folder, writing->count++);
    FILE *out = fopen(path, "w");
    if (out == NULL)
        return;
    (void)fwrite(data, 1, size, out);
    (void)fclose(out);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    struct writing writing = {.folder = getenv("OVERT_FUZZ_SEEDS")};
    if (writing.folder != NULL)
        fuzz_seeds(write_seed, &writing);
    return 0;
}

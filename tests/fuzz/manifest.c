/* The manifest of a model pack (model.ini). The shipped one is the seed. */
#include <stdio.h>
#include <stdlib.h>

#include "common/face/manifest.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ov_manifest manifest;
    struct ov_error err = OV_ERROR_INIT;
    if (ov_manifest_parse((const char *)data, size, &manifest, &err) != OV_OK) {
        fuzz_require(err.code[0] != '\0' && err.text[0] != '\0');
        return 0;
    }
    fuzz_require(manifest.dimension > 0);
    fuzz_require(manifest.detector.width > 0 && manifest.detector.height > 0);
    fuzz_require(manifest.detector.file[0] != '\0' && manifest.embedder.file[0] != '\0');
    return 0;
}

void fuzz_seeds(void (*emit)(void *ctx, const void *data, size_t size), void *ctx)
{
    static char text[OV_MANIFEST_MAX_BYTES];
    FILE *in = fopen(OVERT_FUZZ_MANIFEST, "r");
    fuzz_require(in != NULL);
    size_t size = fread(text, 1, sizeof(text), in);
    (void)fclose(in);
    fuzz_require(size > 0);
    emit(ctx, text, size);
}

/* ustar. */
#include "server/service/bundle.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"

#define BLOCK 512u
/* Of a header's fields: offsets and sizes. */
#define NAME_SIZE 100u
#define CHECKSUM_OFFSET 148u
#define CHECKSUM_SIZE 8u

void bundle_add(struct bundle *bundle, const char *name, const void *data, size_t size)
{
    if (size > 0 && bundle->count < BUNDLE_FILES_MAX)
        bundle->files[bundle->count++] = (struct bundle_file){name, data, size};
}

static size_t padded(size_t size)
{
    return (size + BLOCK - 1) / BLOCK * BLOCK;
}

static void write_header(uint8_t *block, const struct bundle_file *file, int64_t at_us)
{
    char *text = (char *)block;
    unsigned sum = 0;
    (void)snprintf(text, NAME_SIZE, "%s", file->name);
    (void)snprintf(text + 100, 8, "%07o", 0600u);
    (void)snprintf(text + 108, 8, "%07o", 0u);
    (void)snprintf(text + 116, 8, "%07o", 0u);
    (void)snprintf(text + 124, 12, "%011llo", (unsigned long long)file->size);
    (void)snprintf(text + 136, 12, "%011llo", (unsigned long long)(at_us / OV_US_PER_S));
    text[156] = '0';
    (void)snprintf(text + 257, 6, "ustar");
    text[263] = text[264] = '0';
    memset(block + CHECKSUM_OFFSET, ' ', CHECKSUM_SIZE);
    for (size_t i = 0; i < BLOCK; i++)
        sum += block[i];
    (void)snprintf(text + CHECKSUM_OFFSET, CHECKSUM_SIZE - 1, "%06o", sum);
}

enum ov_status bundle_make(const struct bundle *bundle, int64_t at_us, struct ov_secret *ret,
                           struct ov_error *err)
{
    size_t size = 2 * (size_t)BLOCK; /* two empty blocks end it */
    for (size_t i = 0; i < bundle->count; i++)
        size += BLOCK + padded(bundle->files[i].size);
    struct ov_secret out = OV_SECRET_INIT;
    if (ov_secret_new(&out, size) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    uint8_t *at = out.data;
    memset(at, 0, size);
    for (size_t i = 0; i < bundle->count; i++) {
        const struct bundle_file *file = &bundle->files[i];
        write_header(at, file, at_us);
        memcpy(at + BLOCK, file->data, file->size);
        at += BLOCK + padded(file->size);
    }
    *ret = out;
    return OV_OK;
}

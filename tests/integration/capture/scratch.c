/* See scratch.h. */
#include "tests/integration/capture/scratch.h"

#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/file.h"

void scratch_new(struct scratch *scratch)
{
    (void)snprintf(scratch->dir, sizeof(scratch->dir), "/tmp/overt-capture-XXXXXX");
    assert_non_null(mkdtemp(scratch->dir));
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

void scratch_free(struct scratch *scratch)
{
    (void)nftw(scratch->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_path(const struct scratch *scratch, const char *name)
{
    static char paths[8][PATH_MAX];
    static size_t next;
    char *path = paths[next++ % 8];
    (void)snprintf(path, PATH_MAX, "%s/%s", scratch->dir, name);
    return path;
}

const char *scratch_write(const struct scratch *scratch, const char *name, const void *data,
                          size_t size)
{
    const char *path = scratch_path(scratch, name);
    char folder[PATH_MAX];
    (void)snprintf(folder, sizeof(folder), "%s", path);
    *strrchr(folder, '/') = '\0';
    assert_int_equal(ov_dir_make(folder, 0700, NULL), OV_OK);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return path;
}

const char *scratch_copy(const struct scratch *scratch, const char *name, const char *from,
                         size_t size)
{
    struct ov_buf buf = OV_BUF_INIT;
    assert_int_equal(ov_file_read(from, 64u << 20, &buf, NULL), OV_OK);
    assert_true(size <= buf.length);
    const char *path = scratch_write(scratch, name, buf.data, size == 0 ? buf.length : size);
    ov_buf_free(&buf);
    return path;
}

char *scratch_read(const char *path)
{
    struct ov_buf buf = OV_BUF_INIT;
    assert_int_equal(ov_file_read(path, 64u << 20, &buf, NULL), OV_OK);
    return buf.data != NULL ? buf.data : strdup("");
}

static size_t files_seen; /* nftw has no context */

static int count_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)path;
    (void)info;
    (void)where;
    files_seen += kind != FTW_D;
    return 0;
}

size_t scratch_count_files(const char *dir)
{
    files_seen = 0;
    assert_int_equal(nftw(dir, count_one, 16, FTW_PHYS), 0);
    return files_seen;
}

const char *sample_photo(int photo)
{
    static char path[PATH_MAX];
    const char *deps = getenv("OVERT_DEPS");
    (void)snprintf(path, sizeof(path), "%s/photos/sample%d.jpg", deps != NULL ? deps : ".deps",
                   photo);
    return access(path, R_OK) == 0 ? path : NULL;
}

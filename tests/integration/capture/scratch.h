/* A temporary folder with files in it, removed when done. Fails the running test on trouble. */
#ifndef OVERT_TESTS_CAPTURE_SCRATCH_H
#define OVERT_TESTS_CAPTURE_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>

struct scratch {
    char dir[64];
};

void scratch_new(struct scratch *scratch);
void scratch_free(struct scratch *scratch);
/* "DIR/NAME"; eight results are valid at a time. */
const char *scratch_path(const struct scratch *scratch, const char *name);
/* A new file (folders in its name are made) with these bytes. Returns its path. */
const char *scratch_write(const struct scratch *scratch, const char *name, const void *data,
                          size_t size);
/* The first size bytes of a file (0: all) as a new one. */
const char *scratch_copy(const struct scratch *scratch, const char *name, const char *from,
                         size_t size);
/* Everything in a file, NUL-terminated; the caller frees. */
char *scratch_read(const char *path);
/* Files of any kind below a folder. */
size_t scratch_count_files(const char *dir);

/* One of the sample photos of set-up; NULL when they are not there. photo: 1 to 6. */
const char *sample_photo(int photo);

#endif

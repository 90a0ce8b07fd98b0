/*
 * A long import list of which it is known beforehand what becomes of each row: real faces under
 * many references, and rows that cannot be used, each kind of them every fiftieth row.
 */
#ifndef OVERT_TESTS_BULK_LIST_H
#define OVERT_TESTS_BULK_LIST_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define BULK_PHOTOS_MAX 200
#define BULK_OUTCOME_SIZE 48

struct bulk_list {
    char folder[PATH_MAX - 512];
    size_t photos;                                  /* FOLDER/portrait-N.jpg */
    char alone[BULK_PHOTOS_MAX][BULK_OUTCOME_SIZE]; /* what each came to when it was tried */
    size_t rows;
    size_t repeats; /* at the end: rows that are there already */
};

/* Takes photographs from below data (a folder for each person), as many as there may be. False when
 * there are none. */
bool bulk_list_take_photos(struct bulk_list *list, const char *data);
/* Files that no import takes, made from the first photograph. */
void bulk_list_make_bad_files(const struct bulk_list *list);

/* Every photograph once, for bulk_list_learn to read the report of. */
void bulk_list_write_trial(const struct bulk_list *list, const char *path);
void bulk_list_learn(struct bulk_list *list, const char *report);

void bulk_list_write(const struct bulk_list *list, const char *path);
/* Each row is in the report once, with the outcome that it has to have. Returns how many were
 * added.
 */
size_t bulk_list_check(const struct bulk_list *list, const char *report);

#endif

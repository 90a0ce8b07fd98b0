/*
 * Looks for bytes in folders and in memory: for given ones in all their forms, and for anything at
 * all that has the shape of a plain face descriptor. What it finds it prints: names, never bytes.
 */
#ifndef OVERT_TESTS_TRACE_SEARCH_H
#define OVERT_TESTS_TRACE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEARCH_NEEDLES_MAX 1024u
#define SEARCH_WINDOW_BYTES 32u

struct search_needle {
    char name[64];
    uint8_t *bytes;
    size_t size;
    long hits;
};

struct search {
    struct search_needle needles[SEARCH_NEEDLES_MAX];
    size_t count;
    bool quiet;           /* do not print hits: they are wanted */
    bool for_descriptors; /* look for the shape as well; costs a pass over every byte */
    long descriptors;     /* places that have it */
    long files;
    long long bytes;
};

void search_init(struct search *search);
void search_free(struct search *search);

/* Just these bytes. */
void search_add(struct search *search, const char *name, const void *bytes, size_t size);
/* These bytes, and their text forms. */
void search_add_forms(struct search *search, const char *name, const void *bytes, size_t size);
/* Windows of SEARCH_WINDOW_BYTES all over these bytes; in their text forms too, if wanted. */
void search_add_windows(struct search *search, const char *name, const void *bytes, size_t size,
                        bool with_forms);

/* Every regular file below; links are not followed. */
void search_folder(struct search *search, const char *folder);
/* One block; where is for the message. */
void search_block(struct search *search, const char *where, const uint8_t *data, size_t size);

/* All hits together, and of needles whose name begins so. */
long search_hits(const struct search *search);
long search_hits_of(const struct search *search, const char *name_begins);

#endif

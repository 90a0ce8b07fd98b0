/*
 * The lists of the Labelled Faces in the Wild subset that face_lfw reads, as indices into one table
 * of photos, so that each photo is embedded once.
 */
#ifndef OVERT_TESTS_BENCH_FACE_LFW_LISTS_H
#define OVERT_TESTS_BENCH_FACE_LFW_LISTS_H

#include <stdbool.h>
#include <stddef.h>

struct photo {
    char path[256]; /* relative to lfw/images */
    int subject;    /* the same number for the same name */
};

struct pair {
    int first, second; /* photos */
    int fold;          /* 0 .. 2 */
    bool same;
};

struct photo_list {
    int *items;
    size_t count;
};

struct lfw {
    struct photo *photos;
    size_t photo_count;
    char (*subjects)[128];
    size_t subject_count;
    struct pair *pairs;
    size_t pair_count;
    struct photo_list gallery, probes, distractors;
};

/* Reads pairs_folds1-3.txt, gallery.txt, probe.txt, distractors.txt. False when one is missing. */
bool lfw_read(struct lfw *lfw, const char *lfw_dir);
void lfw_free(struct lfw *lfw);

#endif

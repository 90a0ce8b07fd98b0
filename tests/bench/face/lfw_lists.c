/* Reading of the lists; they are ours or LFW's own, so a malformed one just ends the program. */
#include "tests/bench/face/lfw_lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUBJECTS_MAX 8000
#define PHOTOS_MAX 16000
#define PAIRS_MAX 6000

static int subject_number(struct lfw *lfw, const char *name)
{
    for (size_t i = 0; i < lfw->subject_count; i++) {
        if (strcmp(lfw->subjects[i], name) == 0)
            return (int)i;
    }
    if (lfw->subject_count == SUBJECTS_MAX)
        abort();
    (void)snprintf(lfw->subjects[lfw->subject_count], sizeof lfw->subjects[0], "%s", name);
    return (int)lfw->subject_count++;
}

static int photo_number(struct lfw *lfw, const char *path)
{
    for (size_t i = 0; i < lfw->photo_count; i++) {
        if (strcmp(lfw->photos[i].path, path) == 0)
            return (int)i;
    }
    if (lfw->photo_count == PHOTOS_MAX)
        abort();
    struct photo *photo = &lfw->photos[lfw->photo_count];
    (void)snprintf(photo->path, sizeof photo->path, "%s", path);
    char name[128];
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(path, "/"), path);
    photo->subject = subject_number(lfw, name);
    return (int)lfw->photo_count++;
}

static int photo_of_name(struct lfw *lfw, const char *name, int number)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s_%04d.jpg", name, name, number);
    return photo_number(lfw, path);
}

static void add_pair(struct lfw *lfw, int fold, const char *line)
{
    char first[100], second[100];
    int a = 0, b = 0;
    if (lfw->pair_count == PAIRS_MAX)
        abort();
    struct pair *pair = &lfw->pairs[lfw->pair_count++];
    pair->fold = fold;
    if (sscanf(line, "%99s %d %99s %d", first, &a, second, &b) == 4) { // NOLINT(cert-err34-c)
        pair->same = false;
        pair->first = photo_of_name(lfw, first, a);
        pair->second = photo_of_name(lfw, second, b);
        return;
    }
    if (sscanf(line, "%99s %d %d", first, &a, &b) != 3) // NOLINT(cert-err34-c)
        abort();
    pair->same = true;
    pair->first = photo_of_name(lfw, first, a);
    pair->second = photo_of_name(lfw, first, b);
}

static bool read_pairs(struct lfw *lfw, const char *dir)
{
    char path[1024], line[512];
    (void)snprintf(path, sizeof path, "%s/pairs_folds1-3.txt", dir);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    int folds = 0, per_kind = 0;
    if (fgets(line, sizeof line, file) == NULL ||
        sscanf(line, "%d %d", &folds, &per_kind) != 2) // NOLINT(cert-err34-c)
        abort();
    for (int i = 0; fgets(line, sizeof line, file) != NULL; i++)
        add_pair(lfw, i / (2 * per_kind), line);
    (void)fclose(file);
    return true;
}

static bool read_list(struct lfw *lfw, const char *dir, const char *name, struct photo_list *list)
{
    char path[1024], line[512];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "re");
    list->items = calloc(PHOTOS_MAX, sizeof *list->items);
    if (file == NULL || list->items == NULL) {
        if (file != NULL)
            (void)fclose(file);
        return false;
    }
    while (fgets(line, sizeof line, file) != NULL && list->count < PHOTOS_MAX) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] != '\0')
            list->items[list->count++] = photo_number(lfw, line);
    }
    (void)fclose(file);
    return true;
}

bool lfw_read(struct lfw *lfw, const char *lfw_dir)
{
    memset(lfw, 0, sizeof *lfw);
    lfw->photos = calloc(PHOTOS_MAX, sizeof *lfw->photos);
    lfw->subjects = calloc(SUBJECTS_MAX, sizeof *lfw->subjects);
    lfw->pairs = calloc(PAIRS_MAX, sizeof *lfw->pairs);
    return lfw->photos != NULL && lfw->subjects != NULL && lfw->pairs != NULL &&
           read_pairs(lfw, lfw_dir) && read_list(lfw, lfw_dir, "gallery.txt", &lfw->gallery) &&
           read_list(lfw, lfw_dir, "probe.txt", &lfw->probes) &&
           read_list(lfw, lfw_dir, "distractors.txt", &lfw->distractors);
}

void lfw_free(struct lfw *lfw)
{
    free(lfw->photos);
    free(lfw->subjects);
    free(lfw->pairs);
    free(lfw->gallery.items);
    free(lfw->probes.items);
    free(lfw->distractors.items);
}

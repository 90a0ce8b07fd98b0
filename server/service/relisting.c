/* Three sorted arrays, and binary search. */
#include "server/service/relisting.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"

#define MARK_BYTES 32u

_Static_assert(LEDGER_PSEUDONYM_BYTES == MARK_BYTES && LEDGER_IMAGE_BYTES == MARK_BYTES,
               "pseudonyms and digests of images are kept alike");

/* What is looked for, first: compared as bytes. */
struct mark {
    uint8_t bytes[MARK_BYTES];
    uint32_t entry;
    bool seen; /* of an image: it was on another list with this subject */
};

struct marks {
    struct mark *items;
    size_t count;
    size_t capacity;
};

struct subject {
    uint8_t pseudonym[LEDGER_PSEUDONYM_BYTES];
    uint32_t list; /* the last one it was found on */
    uint32_t images;
    uint32_t images_seen;
    bool comparable; /* found on a list that has digests */
    bool other_reference;
};

struct relisting {
    struct subject *subjects;
    size_t count;
    size_t capacity;
    struct marks by_id; /* an id, then zeros */
    struct marks by_pseudonym;
    struct marks by_image;
    uint32_t list; /* the one being compared; 0: none yet */
    bool list_has_images;
};

enum ov_status relisting_new(struct relisting **ret, struct ov_error *err)
{
    struct relisting *relisting = calloc(1, sizeof(*relisting));
    if (relisting == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    *ret = relisting;
    return OV_OK;
}

static void marks_free(struct marks *marks)
{
    ov_wipe(marks->items, marks->capacity * sizeof(*marks->items));
    free(marks->items);
}

void relisting_free(struct relisting *relisting)
{
    if (relisting == NULL)
        return;
    marks_free(&relisting->by_id);
    marks_free(&relisting->by_pseudonym);
    marks_free(&relisting->by_image);
    ov_wipe(relisting->subjects, relisting->capacity * sizeof(*relisting->subjects));
    free(relisting->subjects);
    free(relisting);
}

/* Twice as much room, the old wiped; NULL when memory is out, which leaves the old. */
static void *grow(void *items, size_t *capacity, size_t item_bytes)
{
    size_t more = *capacity == 0 ? 256 : *capacity * 2;
    void *grown = calloc(more, item_bytes);
    if (grown == NULL)
        return NULL;
    if (items != NULL) {
        memcpy(grown, items, *capacity * item_bytes);
        ov_wipe(items, *capacity * item_bytes);
        free(items);
    }
    *capacity = more;
    return grown;
}

static enum ov_status marks_add(struct marks *marks, const void *bytes, size_t size, size_t entry,
                                struct ov_error *err)
{
    if (marks->count == marks->capacity) {
        struct mark *grown = grow(marks->items, &marks->capacity, sizeof(*grown));
        if (grown == NULL)
            return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
        marks->items = grown;
    }
    struct mark *mark = &marks->items[marks->count++];
    memcpy(mark->bytes, bytes, size);
    mark->entry = (uint32_t)entry;
    return OV_OK;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, MARK_BYTES);
}

static void marks_sort(struct marks *marks)
{
    if (marks->count > 0)
        qsort(marks->items, marks->count, sizeof(*marks->items), compare);
}

/* The first of those with these bytes, or count. */
static size_t marks_find(const struct marks *marks, const uint8_t bytes[MARK_BYTES])
{
    size_t low = 0;
    size_t high = marks->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(marks->items[middle].bytes, bytes, MARK_BYTES) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool marks_match(const struct marks *marks, size_t at, const uint8_t bytes[MARK_BYTES])
{
    return at < marks->count && memcmp(marks->items[at].bytes, bytes, MARK_BYTES) == 0;
}

/* --- the list --- */

enum ov_status relisting_add_entry(struct relisting *relisting, const struct ov_id *id,
                                   const uint8_t pseudonym[LEDGER_PSEUDONYM_BYTES],
                                   struct ov_error *err)
{
    size_t number = relisting->count;
    if (number == relisting->capacity) {
        struct subject *grown =
            grow(relisting->subjects, &relisting->capacity, sizeof(*relisting->subjects));
        if (grown == NULL)
            return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
        relisting->subjects = grown;
    }
    enum ov_status status = marks_add(&relisting->by_id, id->bytes, OV_ID_BYTES, number, err);
    if (status == OV_OK)
        status = marks_add(&relisting->by_pseudonym, pseudonym, MARK_BYTES, number, err);
    if (status != OV_OK)
        return status;
    memcpy(relisting->subjects[number].pseudonym, pseudonym, LEDGER_PSEUDONYM_BYTES);
    relisting->count++;
    return OV_OK;
}

void relisting_entries_done(struct relisting *relisting)
{
    marks_sort(&relisting->by_id);
    marks_sort(&relisting->by_pseudonym);
}

static size_t find_id(const struct relisting *relisting, const struct ov_id *id, bool *ret_found)
{
    uint8_t bytes[MARK_BYTES] = {0};
    memcpy(bytes, id->bytes, OV_ID_BYTES);
    size_t at = marks_find(&relisting->by_id, bytes);
    *ret_found = marks_match(&relisting->by_id, at, bytes);
    return at;
}

bool relisting_has_entry(const struct relisting *relisting, const struct ov_id *id)
{
    bool found = false;
    (void)find_id(relisting, id, &found);
    return found;
}

enum ov_status relisting_add_image(struct relisting *relisting, const struct ov_id *id,
                                   const uint8_t digest[LEDGER_IMAGE_BYTES], struct ov_error *err)
{
    bool found = false;
    size_t at = find_id(relisting, id, &found);
    if (!found)
        return ov_fail(err, OV_ERR_INTERNAL, "review.entry", "an image of no entry of the review");
    uint32_t entry = relisting->by_id.items[at].entry;
    enum ov_status status = marks_add(&relisting->by_image, digest, MARK_BYTES, entry, err);
    if (status == OV_OK)
        relisting->subjects[entry].images++;
    return status;
}

void relisting_images_done(struct relisting *relisting)
{
    marks_sort(&relisting->by_image);
}

/* --- another list --- */

void relisting_begin_list(struct relisting *relisting, bool has_images)
{
    relisting->list++;
    relisting->list_has_images = has_images;
}

void relisting_subject(struct relisting *relisting, const uint8_t pseudonym[LEDGER_PSEUDONYM_BYTES])
{
    const struct marks *marks = &relisting->by_pseudonym;
    for (size_t at = marks_find(marks, pseudonym); marks_match(marks, at, pseudonym); at++) {
        struct subject *subject = &relisting->subjects[marks->items[at].entry];
        subject->list = relisting->list;
        subject->comparable = subject->comparable || relisting->list_has_images;
    }
}

static bool was_theirs(const struct relisting *relisting, const struct subject *subject,
                       const uint8_t *of)
{
    return of != NULL ? memcmp(subject->pseudonym, of, LEDGER_PSEUDONYM_BYTES) == 0
                      : subject->list == relisting->list;
}

void relisting_image(struct relisting *relisting, const uint8_t digest[LEDGER_IMAGE_BYTES],
                     const uint8_t *of)
{
    struct marks *marks = &relisting->by_image;
    for (size_t at = marks_find(marks, digest); marks_match(marks, at, digest); at++) {
        struct mark *mark = &marks->items[at];
        struct subject *subject = &relisting->subjects[mark->entry];
        if (!was_theirs(relisting, subject, of)) {
            subject->other_reference = true;
        } else if (!mark->seen) {
            mark->seen = true;
            subject->images_seen++;
        }
    }
}

/* --- what came of it --- */

struct relisted relisting_outcome(const struct relisting *relisting, size_t number)
{
    const struct subject *subject = &relisting->subjects[number];
    struct relisted relisted = {.other_reference = subject->other_reference};
    if (subject->list == 0)
        relisted.images = REVIEW_NOT_LISTED;
    else if (!subject->comparable)
        relisted.images = REVIEW_IMAGES_UNKNOWN;
    else
        relisted.images =
            subject->images_seen == subject->images ? REVIEW_IMAGES_SAME : REVIEW_IMAGES_NEW;
    return relisted;
}

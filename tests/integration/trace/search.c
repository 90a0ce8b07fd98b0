/* One pass per needle with memmem, and one pass per alignment for the shape of a descriptor. */
#include "tests/integration/trace/search.h"

#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/bytes.h"
#include "common/base/file.h"
#include "common/wire/half.h"
#include "tests/integration/trace/forms.h"

#define FILE_MAX_BYTES ((size_t)1 << 31)
#define WINDOW_STEP_BYTES 256u

/*
 * A descriptor is 512 numbers of which the squares add up to 1. Half of it (a database may store
 * long values in pieces) is 256 neighbours, none above 1/2, hardly any of them 0, whose squares add
 * up to something about 1/2; about as many are below 0 as above, no few of them make up the sum,
 * and hardly any value occurs twice running. Text, sealed bytes and tables of numbers are not like
 * that.
 */
#define SHAPE_NUMBERS 256
#define SHAPE_ZEROS_MAX 16
#define SHAPE_VALUE_MAX 0.5
#define SHAPE_VALUE_MIN 1e-6
#define SHAPE_SUM_MIN 0.2
#define SHAPE_SUM_MAX 0.8
#define SHAPE_NEGATIVE_MIN 64
#define SHAPE_NEGATIVE_MAX 192
#define SHAPE_KURTOSIS_MAX 8.0 /* 3 for a normal distribution */
#define SHAPE_EQUAL_MAX 16     /* to one of the next two */

void search_init(struct search *search)
{
    memset(search, 0, sizeof(*search));
}

void search_free(struct search *search)
{
    for (size_t i = 0; i < search->count; i++)
        free(search->needles[i].bytes);
    memset(search, 0, sizeof(*search));
}

void search_add(struct search *search, const char *name, const void *bytes, size_t size)
{
    struct search_needle *needle = &search->needles[search->count];
    if (search->count == SEARCH_NEEDLES_MAX || size == 0)
        abort();
    needle->bytes = malloc(size);
    if (needle->bytes == NULL)
        abort();
    memcpy(needle->bytes, bytes, size);
    needle->size = size;
    (void)snprintf(needle->name, sizeof(needle->name), "%s", name);
    search->count++;
}

static void add_text(struct search *search, const char *name, const char *form, struct ov_buf *text)
{
    char whole[64];
    (void)snprintf(whole, sizeof(whole), "%s %s", name, form);
    search_add(search, whole, text->data, text->length);
    ov_buf_free(text);
}

void search_add_forms(struct search *search, const char *name, const void *bytes, size_t size)
{
    struct ov_buf text = OV_BUF_INIT;
    search_add(search, name, bytes, size);
    forms_hex(bytes, size, 0, &text);
    add_text(search, name, "hex", &text);
    forms_hex(bytes, size, 1, &text);
    add_text(search, name, "HEX", &text);
    for (size_t before = 0; before < 3; before++) {
        forms_base64(bytes, size, before, &text);
        add_text(search, name, "base64", &text);
    }
    forms_bytea_escape(bytes, size, &text);
    if (text.length != size) /* else it is the bytes themselves */
        add_text(search, name, "escaped", &text);
    ov_buf_free(&text);
}

void search_add_windows(struct search *search, const char *name, const void *bytes, size_t size,
                        bool with_forms)
{
    const uint8_t *from = bytes;
    for (size_t at = 0; at + SEARCH_WINDOW_BYTES <= size; at += WINDOW_STEP_BYTES) {
        if (with_forms)
            search_add_forms(search, name, from + at, SEARCH_WINDOW_BYTES);
        else
            search_add(search, name, from + at, SEARCH_WINDOW_BYTES);
    }
}

static double number_at(const uint8_t *at, size_t width)
{
    if (width == 2)
        return (double)ov_half_to_float((uint16_t)(at[0] | at[1] << 8));
    float value;
    memcpy(&value, at, sizeof(value));
    return (double)value;
}

/* The run of plausible numbers that is under way: kept as a ring. */
struct shape {
    double values[SHAPE_NUMBERS];
    bool small[SHAPE_NUMBERS];
    double sum;
    int zeros;
    int length;
    size_t next;
};

static void shape_reset(struct shape *shape)
{
    shape->sum = 0.0;
    shape->zeros = 0;
    shape->length = 0;
    shape->next = 0;
}

/* The slower questions, asked of what has passed the quick ones. */
static bool is_spread(const struct shape *shape)
{
    double fourth = 0.0;
    int negative = 0;
    int equal = 0;
    for (int i = 0; i < SHAPE_NUMBERS; i++) {
        double value = shape->values[i];
        fourth += value * value * value * value;
        negative += value < 0;
        equal += value == shape->values[(i + 1) % SHAPE_NUMBERS] ||
                 value == shape->values[(i + 2) % SHAPE_NUMBERS];
    }
    double kurtosis = fourth * SHAPE_NUMBERS / (shape->sum * shape->sum);
    return negative >= SHAPE_NEGATIVE_MIN && negative <= SHAPE_NEGATIVE_MAX &&
           kurtosis < SHAPE_KURTOSIS_MAX && equal <= SHAPE_EQUAL_MAX;
}

/* Takes one more number; true when the last SHAPE_NUMBERS have the shape. */
static bool shape_take(struct shape *shape, double value)
{
    if (!(fabs(value) <= SHAPE_VALUE_MAX)) { /* NaN as well */
        shape_reset(shape);
        return false;
    }
    if (shape->length == SHAPE_NUMBERS) {
        shape->sum -= shape->values[shape->next] * shape->values[shape->next];
        shape->zeros -= shape->small[shape->next];
        shape->length--;
    }
    bool small = fabs(value) < SHAPE_VALUE_MIN;
    shape->values[shape->next] = value;
    shape->small[shape->next] = small;
    shape->sum += value * value;
    shape->zeros += small;
    shape->length++;
    shape->next = (shape->next + 1) % SHAPE_NUMBERS;
    return shape->length == SHAPE_NUMBERS && shape->zeros <= SHAPE_ZEROS_MAX &&
           shape->sum > SHAPE_SUM_MIN && shape->sum < SHAPE_SUM_MAX && is_spread(shape);
}

static void find_shapes(struct search *search, const char *where, const uint8_t *data, size_t size,
                        size_t width)
{
    for (size_t offset = 0; offset < width; offset++) {
        struct shape shape;
        shape_reset(&shape);
        for (size_t at = offset; at + width <= size; at += width) {
            if (!shape_take(&shape, number_at(data + at, width)))
                continue;
            search->descriptors++;
            if (!search->quiet)
                (void)fprintf(stderr, "a plain descriptor (float%zu) in %s at %zu\n", 8 * width,
                              where, at);
            shape_reset(&shape);
        }
    }
}

static void find_needle(struct search_needle *needle, const char *where, const uint8_t *data,
                        size_t size, bool quiet)
{
    const uint8_t *at = data;
    const uint8_t *end = data + size;
    while (at < end && (at = memmem(at, (size_t)(end - at), needle->bytes, needle->size)) != NULL) {
        if (!quiet && needle->hits < 5)
            (void)fprintf(stderr, "%s: in %s at %zu\n", needle->name, where, (size_t)(at - data));
        needle->hits++;
        at++;
    }
}

void search_block(struct search *search, const char *where, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < search->count; i++)
        find_needle(&search->needles[i], where, data, size, search->quiet);
    if (search->for_descriptors) {
        find_shapes(search, where, data, size, 2);
        find_shapes(search, where, data, size, 4);
    }
    search->bytes += (long long)size;
}

static void search_file(struct search *search, const char *path)
{
    struct ov_buf content = OV_BUF_INIT;
    if (ov_file_read(path, FILE_MAX_BYTES, &content, NULL) == OV_OK && content.length > 0)
        search_block(search, path, (const uint8_t *)content.data, content.length);
    search->files++;
    ov_buf_free(&content);
}

void search_folder(struct search *search, const char *folder)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char path[PATH_MAX];
        struct stat info;
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            lstat(path, &info) != 0)
            continue;
        if (S_ISDIR(info.st_mode))
            search_folder(search, path);
        else if (S_ISREG(info.st_mode))
            search_file(search, path);
    }
    (void)closedir(dir);
}

long search_hits_of(const struct search *search, const char *name_begins)
{
    long hits = 0;
    for (size_t i = 0; i < search->count; i++)
        if (strncmp(search->needles[i].name, name_begins, strlen(name_begins)) == 0)
            hits += search->needles[i].hits;
    return hits;
}

long search_hits(const struct search *search)
{
    return search_hits_of(search, "") + search->descriptors;
}

/* Two steps: lines into a table of entries, then the table into typed fields. Any thread. */
#include "common/face/manifest.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/face/face.h"

#define ENTRIES_MAX 128
#define LINE_MAX_BYTES 1024
#define SIDE_MIN_PX 8
#define SIDE_MAX_PX 4096

struct entry {
    char section[24];
    char key[32];
    char value[640];
    bool used;
};

struct table {
    struct entry entries[ENTRIES_MAX];
    size_t count;
};

/* ---- lines ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts blanks off both ends, in place. */
static char *trim(char *text)
{
    while (is_blank(*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && is_blank(text[length - 1]))
        text[--length] = '\0';
    return text;
}

static struct entry *find(struct table *table, const char *section, const char *key)
{
    for (size_t i = 0; i < table->count; i++) {
        struct entry *entry = &table->entries[i];
        if (strcmp(entry->section, section) == 0 && strcmp(entry->key, key) == 0)
            return entry;
    }
    return NULL;
}

static enum ov_status bad_line(struct ov_error *err, int line, const char *why)
{
    return ov_fail(err, OV_ERR_INVALID, "pack.manifest", "model.ini line %d: %s", line, why);
}

static enum ov_status add_entry(struct table *table, const char *section, char *text, int line,
                                struct ov_error *err)
{
    char *equals = strchr(text, '=');
    if (equals == NULL)
        return bad_line(err, line, "neither a section, a comment nor \"key = value\"");
    *equals = '\0';
    const char *key = trim(text);
    const char *value = trim(equals + 1);
    if (section[0] == '\0')
        return bad_line(err, line, "a key before the first section");
    if (key[0] == '\0' || value[0] == '\0')
        return bad_line(err, line, "the key or the value is missing");
    if (table->count == ENTRIES_MAX)
        return bad_line(err, line, "too many keys");
    struct entry *entry = &table->entries[table->count];
    if (strlen(key) >= sizeof entry->key || strlen(value) >= sizeof entry->value)
        return bad_line(err, line, "the key or the value is too long");
    if (find(table, section, key) != NULL)
        return bad_line(err, line, "this key was given before");
    (void)snprintf(entry->section, sizeof entry->section, "%s", section);
    (void)snprintf(entry->key, sizeof entry->key, "%s", key);
    (void)snprintf(entry->value, sizeof entry->value, "%s", value);
    table->count++;
    return OV_OK;
}

static bool section_is_known(const char *name)
{
    return strcmp(name, "pack") == 0 || strcmp(name, "detector") == 0 ||
           strcmp(name, "landmarks") == 0 || strcmp(name, "embedder") == 0;
}

/* text is one trimmed line; section holds the current section's name. */
static enum ov_status read_line(struct table *table, char section[24], char *text, int line,
                                struct ov_error *err)
{
    size_t length = strlen(text);
    if (length == 0 || text[0] == '#' || text[0] == ';')
        return OV_OK;
    if (text[0] != '[')
        return add_entry(table, section, text, line, err);
    if (text[length - 1] != ']')
        return bad_line(err, line, "a section needs its closing bracket");
    text[length - 1] = '\0';
    if (!section_is_known(text + 1))
        return bad_line(err, line, "sections are pack, detector, landmarks and embedder");
    (void)snprintf(section, 24, "%s", text + 1);
    return OV_OK;
}

static enum ov_status read_table(struct table *table, const char *text, size_t size,
                                 struct ov_error *err)
{
    char section[24] = "";
    char buffer[LINE_MAX_BYTES];
    size_t at = 0;
    for (int line = 1; at < size; line++) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end != NULL ? (size_t)(end - (text + at)) : size - at;
        if (length >= sizeof buffer)
            return bad_line(err, line, "the line is too long");
        memcpy(buffer, text + at, length);
        buffer[length] = '\0';
        for (size_t i = 0; i < length; i++)
            buffer[i] = buffer[i] == '\t' || buffer[i] == '\r' ? ' ' : buffer[i];
        if (!ov_text_is_clean_utf8(buffer, length))
            return bad_line(err, line, "control characters or broken UTF-8");
        enum ov_status status = read_line(table, section, trim(buffer), line, err);
        if (status != OV_OK)
            return status;
        at += length + 1;
    }
    return OV_OK;
}

/* ---- fields ---- */

/* Luma of red, green and blue (Recommendation ITU-R BT.601), unless the manifest says otherwise. */
static const float rec601[3] = {0.299f, 0.587f, 0.114f};

/* One section being read; the first failure is kept and later reads do nothing. */
struct reader {
    struct table *table;
    const char *section;
    enum ov_status status;
    struct ov_error *err;
};

static void reader_fail(struct reader *reader, const char *key, const char *why)
{
    if (reader->status == OV_OK)
        reader->status = ov_fail(reader->err, OV_ERR_INVALID, "pack.manifest",
                                 "model.ini [%s] %s: %s", reader->section, key, why);
}

/* The value, or NULL: an absent key is a failure only when it is required. */
static const char *read_value(struct reader *reader, const char *key, bool required)
{
    struct entry *entry = find(reader->table, reader->section, key);
    if (entry == NULL) {
        if (required)
            reader_fail(reader, key, "this key is missing");
        return NULL;
    }
    entry->used = true;
    return entry->value;
}

static void read_text(struct reader *reader, const char *key, char *out, size_t out_size)
{
    const char *value = read_value(reader, key, true);
    if (value == NULL)
        return;
    if (strlen(value) >= out_size)
        reader_fail(reader, key, "the value is too long");
    else
        (void)snprintf(out, out_size, "%s", value);
}

static int read_int(struct reader *reader, const char *key, int min, int max)
{
    const char *value = read_value(reader, key, true);
    int64_t number = min;
    if (value != NULL && ov_parse_i64(value, min, max, &number) != OV_OK)
        reader_fail(reader, key, "not a whole number in its range");
    return (int)number;
}

static float read_float(struct reader *reader, const char *key, double min, double max)
{
    const char *value = read_value(reader, key, true);
    double number = min;
    if (value != NULL && ov_parse_double(value, min, max, &number) != OV_OK)
        reader_fail(reader, key, "not a number in its range");
    return (float)number;
}

/* Three numbers, or with may_be_one a single one that stands for all three. */
static void read_three(struct reader *reader, const char *key, double min, double max,
                       bool may_be_one, float out[3])
{
    const char *value = read_value(reader, key, true);
    if (value == NULL)
        return;
    char copy[640];
    (void)snprintf(copy, sizeof copy, "%s", value);
    char *rest = copy;
    int count = 0;
    for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " ")) {
        double number = 0.0;
        if (*word == '\0')
            continue;
        if (count == 3 || ov_parse_double(word, min, max, &number) != OV_OK) {
            count = -1;
            break;
        }
        out[count++] = (float)number;
    }
    if (count == 1 && may_be_one)
        out[1] = out[2] = out[0];
    else if (count != 3)
        reader_fail(reader, key, "needs numbers in their range, separated by blanks");
}

static void read_choice(struct reader *reader, const char *key, const char *only)
{
    const char *value = read_value(reader, key, true);
    if (value != NULL && strcmp(value, only) != 0) {
        char why[160];
        (void)snprintf(why, sizeof why, "\"%.60s\" is not known here; this program reads \"%s\"",
                       value, only);
        reader_fail(reader, key, why);
    }
}

static enum ov_colour read_colour(struct reader *reader, bool grey)
{
    const char *value = read_value(reader, "colour", true);
    if (value == NULL)
        return OV_COLOUR_RGB;
    if (grey && strcmp(value, "grey") == 0)
        return OV_COLOUR_GREY;
    if (!grey && strcmp(value, "bgr") == 0)
        return OV_COLOUR_BGR;
    if (grey || strcmp(value, "rgb") != 0)
        reader_fail(reader, "colour", grey ? "must be grey" : "must be rgb or bgr");
    return OV_COLOUR_RGB;
}

/* A plain name, so that a manifest cannot reach outside its folder. */
static void read_file_name(struct reader *reader, struct ov_network *network)
{
    read_text(reader, "file", network->file, sizeof network->file);
    if (network->file[0] == '.' || strchr(network->file, '/') != NULL)
        reader_fail(reader, "file", "must be the plain name of a file in the pack's folder");
}

static void read_network(struct reader *reader, const char *type, bool grey,
                         struct ov_network *network)
{
    read_file_name(reader, network);
    const char *hash = read_value(reader, "sha256", true);
    if (hash != NULL && ov_hex_decode(hash, network->sha256, sizeof network->sha256) != OV_OK)
        reader_fail(reader, "sha256", "must be 64 hex digits");
    read_choice(reader, "type", type);
    network->width = read_int(reader, "width", SIDE_MIN_PX, SIDE_MAX_PX);
    network->height = read_int(reader, "height", SIDE_MIN_PX, SIDE_MAX_PX);
    network->colour = read_colour(reader, grey);
    read_three(reader, "mean", 0.0, 255.0, true, network->mean);
    read_three(reader, "scale", 1e-6, 1e3, true, network->scale);
    read_text(reader, "input", network->input, sizeof network->input);
    (void)read_value(reader, "licence", false);
    (void)read_value(reader, "note", false);
}

/* Every key of the section must have been understood. */
static enum ov_status reader_finish(struct reader *reader)
{
    for (size_t i = 0; i < reader->table->count && reader->status == OV_OK; i++) {
        const struct entry *entry = &reader->table->entries[i];
        if (!entry->used && strcmp(entry->section, reader->section) == 0)
            reader_fail(reader, entry->key, "this key is not known");
    }
    return reader->status;
}

static enum ov_status read_pack(struct table *table, struct ov_manifest *out, struct ov_error *err)
{
    struct reader reader = {table, "pack", OV_OK, err};
    read_text(&reader, "name", out->name, sizeof out->name);
    read_text(&reader, "version", out->version, sizeof out->version);
    (void)read_value(&reader, "licence", true);
    return reader.status;
}

static enum ov_status read_detector(struct table *table, struct ov_manifest *out,
                                    struct ov_error *err)
{
    struct reader reader = {table, "detector", OV_OK, err};
    struct ov_network *network = &out->detector;
    read_network(&reader, "ultraface", false, network);
    read_text(&reader, "scores", network->outputs[0], sizeof network->outputs[0]);
    read_text(&reader, "boxes", network->outputs[1], sizeof network->outputs[1]);
    out->score_threshold = read_float(&reader, "score_threshold", 0.05, 0.999);
    out->nms_iou = read_float(&reader, "nms_iou", 0.05, 0.95);
    return reader_finish(&reader);
}

static enum ov_status read_landmarks(struct table *table, struct ov_manifest *out,
                                     struct ov_error *err)
{
    struct reader reader = {table, "landmarks", OV_OK, err};
    struct ov_network *network = &out->landmarks;
    read_network(&reader, "ibug68", true, network);
    read_text(&reader, "output", network->outputs[0], sizeof network->outputs[0]);
    if (find(table, "landmarks", "points") != NULL)
        read_choice(&reader, "points", "68");
    if (find(table, "landmarks", "grey_weights") != NULL)
        read_three(&reader, "grey_weights", 0.0, 1.0, false, out->grey_weights);
    return reader_finish(&reader);
}

static enum ov_status read_embedder(struct table *table, struct ov_manifest *out,
                                    struct ov_error *err)
{
    struct reader reader = {table, "embedder", OV_OK, err};
    struct ov_network *network = &out->embedder;
    read_network(&reader, "embedding", false, network);
    read_text(&reader, "output", network->outputs[0], sizeof network->outputs[0]);
    read_choice(&reader, "template", "arcface112");
    out->dimension = read_int(&reader, "dimension", 16, OV_DESCRIPTOR_MAX_DIMENSION);
    if (network->width != 112 || network->height != 112)
        reader_fail(&reader, "width", "the arcface112 template needs an input of 112 x 112");
    return reader_finish(&reader);
}

enum ov_status ov_manifest_parse(const char *text, size_t size, struct ov_manifest *ret_manifest,
                                 struct ov_error *err)
{
    if (size > OV_MANIFEST_MAX_BYTES)
        return ov_fail(err, OV_ERR_LIMIT, "pack.manifest", "model.ini has more than %d bytes",
                       OV_MANIFEST_MAX_BYTES);
    struct table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for a manifest");
    struct ov_manifest manifest;
    memset(&manifest, 0, sizeof manifest);
    memcpy(manifest.grey_weights, rec601, sizeof rec601);
    enum ov_status status = read_table(table, text, size, err);
    if (status == OV_OK)
        status = read_pack(table, &manifest, err);
    if (status == OV_OK)
        status = read_detector(table, &manifest, err);
    if (status == OV_OK)
        status = read_landmarks(table, &manifest, err);
    if (status == OV_OK)
        status = read_embedder(table, &manifest, err);
    free(table);
    if (status == OV_OK)
        *ret_manifest = manifest;
    return status;
}

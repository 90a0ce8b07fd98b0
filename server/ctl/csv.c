/* Comma-separated values. Works in the caller's buffer and keeps no copy. */
#include "server/ctl/csv.h"

#include <string.h>

void csv_init(struct csv *csv, char *text, size_t size)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t skipped = size >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
    csv->at = text + skipped;
    csv->end = text + size;
    *csv->end = '\0';
    csv->row = 0;
    csv->more = false;
    csv->skipping = false;
}

static bool at_line_end(const struct csv *csv, const char *at)
{
    return at == csv->end || *at == '\n' || (*at == '\r' && at + 1 < csv->end && at[1] == '\n') ||
           (*at == '\r' && at + 1 == csv->end);
}

static char *after_line_end(const struct csv *csv, char *at)
{
    if (at < csv->end && *at == '\r')
        at++;
    if (at < csv->end && *at == '\n')
        at++;
    return at;
}

/* Whether what begins at `at` cannot be told from what is here: the text, or half a line end. */
static bool is_cut(const struct csv *csv, const char *at)
{
    return csv->more && (at == csv->end || (*at == '\r' && at + 1 == csv->end));
}

/* One past the field at `at`, or NULL when it is malformed. Changes nothing. */
static char *scan_field(const struct csv *csv, char *at)
{
    if (*at != '"') {
        while (!at_line_end(csv, at) && *at != ',') {
            if (*at == '"' || *at == '\0')
                return NULL;
            at++;
        }
        return at;
    }
    for (at++; at < csv->end; at++) {
        if (*at == '\0')
            return NULL;
        if (*at != '"')
            continue;
        if (at + 1 < csv->end && at[1] == '"')
            at++;
        else
            break;
    }
    if (at == csv->end)
        return csv->more ? at : NULL; /* the caller sees that it is cut */
    at++;
    return at_line_end(csv, at) || *at == ',' ? at : NULL;
}

/* Removes the quotes of the field [from, to) and terminates it. */
static char *unquote(char *from, char *to)
{
    if (*from != '"') {
        *to = '\0';
        return from;
    }
    char *out = from;
    for (char *in = from + 1; in < to - 1; in++) {
        if (*in == '"')
            in++; /* of a doubled quote, the second */
        *out++ = *in;
    }
    memset(out, 0, (size_t)(to - out));
    return from;
}

/* Goes on after the first line of a row that cannot be read. */
static void skip_line(struct csv *csv)
{
    while (!at_line_end(csv, csv->at))
        csv->at++;
    csv->skipping = is_cut(csv, csv->at);
    if (!csv->skipping)
        csv->at = after_line_end(csv, csv->at);
}

void csv_skip(struct csv *csv)
{
    csv->row++;
    skip_line(csv);
}

/* Bounds of each field; the row is only changed once all of it is known to be good. */
struct bounds {
    char *from;
    char *to;
};

#define CSV_FIELDS_MAX 32

static enum ov_status scan_row(const struct csv *csv, size_t max, struct bounds *fields,
                               size_t *ret_count, char **ret_next)
{
    char *at = csv->at;
    size_t count = 0;
    for (;;) {
        char *to = scan_field(csv, at);
        if (to == NULL)
            return OV_ERR_INVALID;
        if (is_cut(csv, to))
            return OV_ERR_UNAVAILABLE;
        if (count == max)
            return OV_ERR_LIMIT;
        fields[count].from = at;
        fields[count].to = to;
        count++;
        if (at_line_end(csv, to)) {
            *ret_next = after_line_end(csv, to);
            *ret_count = count;
            return OV_OK;
        }
        at = to + 1;
    }
}

enum ov_status csv_next(struct csv *csv, size_t max, char **ret_fields, size_t *ret_count)
{
    struct bounds fields[CSV_FIELDS_MAX];
    size_t count = 0;
    char *next = NULL;
    if (csv->skipping)
        skip_line(csv);
    while (!csv->skipping && csv->at < csv->end && at_line_end(csv, csv->at) &&
           !is_cut(csv, csv->at)) {
        csv->at = after_line_end(csv, csv->at);
        csv->row++;
    }
    if (csv->skipping || is_cut(csv, csv->at))
        return OV_ERR_UNAVAILABLE;
    if (csv->at >= csv->end)
        return OV_ERR_CLOSED;
    enum ov_status status =
        scan_row(csv, max < CSV_FIELDS_MAX ? max : CSV_FIELDS_MAX, fields, &count, &next);
    if (status == OV_ERR_UNAVAILABLE)
        return status;
    if (status != OV_OK) {
        csv_skip(csv);
        return status;
    }
    csv->row++;
    for (size_t i = 0; i < count; i++)
        ret_fields[i] = unquote(fields[i].from, fields[i].to);
    *ret_count = count;
    csv->at = next;
    return OV_OK;
}

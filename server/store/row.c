/* Typed parameters and rows. Pure conversions; reads results through libpq. */
#include "server/store/row.h"

#include <string.h>

#include <libpq-fe.h>

#include "common/base/bytes.h"

/* Microseconds from 1970-01-01 to 2000-01-01, PostgreSQL's origin of time. */
#define POSTGRES_EPOCH_US INT64_C(946684800000000)

static void add(struct params *params, const void *value, size_t size, int format)
{
    if (params->count >= PARAMS_MAX || size > INT32_MAX) {
        params->count = PARAMS_MAX + 1; /* refused when the statement is run */
        return;
    }
    params->values[params->count] = value;
    params->lengths[params->count] = (int)size;
    params->formats[params->count] = format;
    params->count++;
}

static void add_scratch(struct params *params, const void *value, size_t size)
{
    if (params->count < PARAMS_MAX) {
        char *scratch = params->scratch[params->count];
        memcpy(scratch, value, size);
        value = scratch;
    }
    add(params, value, size, 1);
}

void params_id(struct params *params, const struct ov_id *id)
{
    add(params, id == NULL ? NULL : id->bytes, OV_ID_BYTES, 1);
}

void params_text(struct params *params, const char *text)
{
    add(params, text, text == NULL ? 0 : strlen(text), 1);
}

void params_bytes(struct params *params, const void *data, size_t size)
{
    add(params, data, size, 1);
}

void params_array(struct params *params, const char *literal)
{
    add(params, literal, strlen(literal), 0);
}

void params_bool(struct params *params, bool value)
{
    add_scratch(params, value ? "\1" : "\0", 1);
}

void params_i32(struct params *params, int32_t value)
{
    uint8_t bytes[4];
    ov_write_be32(bytes, (uint32_t)value);
    add_scratch(params, bytes, sizeof(bytes));
}

void params_i64(struct params *params, int64_t value)
{
    uint8_t bytes[8];
    ov_write_be64(bytes, (uint64_t)value);
    add_scratch(params, bytes, sizeof(bytes));
}

void params_f32(struct params *params, float value)
{
    uint32_t bits = 0;
    memcpy(&bits, &value, sizeof(bits));
    params_i32(params, (int32_t)bits);
}

void params_time(struct params *params, int64_t utc_us)
{
    if (utc_us == 0)
        add(params, NULL, 0, 1);
    else if (utc_us < INT64_MIN + POSTGRES_EPOCH_US)
        params_i64(params, INT64_MIN + 1); /* before any time PostgreSQL knows: it refuses */
    else
        params_i64(params, utc_us - POSTGRES_EPOCH_US);
}

/* The next column's bytes, or NULL for null; *ret_size is 0 then. */
static const void *next(struct row *row, size_t *ret_size)
{
    int column = row->column++;
    *ret_size = 0;
    if (column >= PQnfields(row->result)) {
        row->failed = true;
        return NULL;
    }
    if (PQgetisnull(row->result, row->number, column))
        return NULL;
    *ret_size = (size_t)PQgetlength(row->result, row->number, column);
    return PQgetvalue(row->result, row->number, column);
}

/* The next column when it has exactly this size; a null or another size is a failure. */
static const uint8_t *next_sized(struct row *row, size_t size)
{
    static const uint8_t zeroes[16];
    size_t found = 0;
    const void *at = next(row, &found);
    if (at == NULL || found != size) {
        row->failed = true;
        return zeroes;
    }
    return at;
}

void row_id(struct row *row, struct ov_id *ret)
{
    row_fixed_bytes(row, ret->bytes, OV_ID_BYTES);
}

void row_text(struct row *row, char *out, size_t out_size)
{
    size_t size = 0;
    const void *at = next(row, &size);
    if (at == NULL) {
        size = 0;
    } else if (size >= out_size || memchr(at, '\0', size) != NULL) {
        row->failed = true;
        size = 0;
    } else {
        memcpy(out, at, size);
    }
    out[size] = '\0';
}

struct store_bytes row_bytes(struct row *row)
{
    struct store_bytes bytes = {NULL, 0};
    bytes.data = next(row, &bytes.size);
    return bytes;
}

void row_fixed_bytes(struct row *row, void *out, size_t size)
{
    struct store_bytes bytes = row_bytes(row);
    memset(out, 0, size);
    if (bytes.data == NULL)
        return;
    if (bytes.size == size)
        memcpy(out, bytes.data, size);
    else
        row->failed = true;
}

bool row_bool(struct row *row)
{
    return next_sized(row, 1)[0] != 0;
}

int32_t row_i32(struct row *row)
{
    return (int32_t)ov_read_be32(next_sized(row, 4));
}

int64_t row_i64(struct row *row)
{
    return (int64_t)ov_read_be64(next_sized(row, 8));
}

float row_f32(struct row *row)
{
    uint32_t bits = ov_read_be32(next_sized(row, 4));
    float value = 0;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

int64_t row_time(struct row *row)
{
    struct store_bytes bytes = row_bytes(row);
    if (bytes.data == NULL)
        return 0;
    int64_t since_2000 = bytes.size == 8 ? (int64_t)ov_read_be64(bytes.data) : INT64_MAX;
    if (since_2000 > INT64_MAX - POSTGRES_EPOCH_US) { /* infinity, too */
        row->failed = true;
        return 0;
    }
    return since_2000 + POSTGRES_EPOCH_US;
}

int row_choice(struct row *row, const char *(*name_of)(int value), int count)
{
    struct store_bytes bytes = row_bytes(row);
    for (int i = 0; i < count && bytes.data != NULL; i++) {
        const char *name = name_of(i);
        if (strlen(name) == bytes.size && memcmp(name, bytes.data, bytes.size) == 0)
            return i;
    }
    row->failed = true;
    return 0;
}

enum ov_status row_done(const struct row *row, struct ov_error *err)
{
    if (row->failed || row->column != PQnfields(row->result))
        return ov_fail(err, OV_ERR_INTERNAL, "store.row",
                       "a row of the database is not as this program expects it");
    return OV_OK;
}

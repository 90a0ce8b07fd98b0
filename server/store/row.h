/*
 * Inside the store: parameters and rows, typed. Everything travels in PostgreSQL's binary formats
 * (big-endian numbers; times as microseconds since 2000-01-01), so bytes are never escaped, and
 * times and floats never rounded.
 */
#ifndef OVERT_SERVER_STORE_ROW_H
#define OVERT_SERVER_STORE_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/store/store.h"

#define PARAMS_MAX 40

/*
 * In the order of $1, $2 ... What is pointed to must stay until the statement has run.
 */
struct params {
    int count;
    const char *values[PARAMS_MAX]; /* NULL: null */
    int lengths[PARAMS_MAX];
    int formats[PARAMS_MAX];
    char scratch[PARAMS_MAX][8];
};

#define PARAMS_INIT                                                                                \
    {                                                                                              \
        .count = 0                                                                                 \
    }

void params_id(struct params *params, const struct ov_id *id); /* NULL: null */
void params_text(struct params *params, const char *text);
void params_bytes(struct params *params, const void *data, size_t size); /* data NULL: null */
void params_array(struct params *params, const char *literal); /* "{a,b}", for $n::type[] */
void params_bool(struct params *params, bool value);
void params_i32(struct params *params, int32_t value);
void params_i64(struct params *params, int64_t value);
void params_f32(struct params *params, float value);
void params_time(struct params *params, int64_t utc_us); /* 0: null */

struct pg_result;

/* A row being read column by column. A column of another size than its type's makes it failed. */
struct row {
    const struct pg_result *result;
    int number;
    int column; /* the next one */
    bool failed;
};

void row_id(struct row *row, struct ov_id *ret); /* null: zero */
/* Truncation counts as failure. null: "". */
void row_text(struct row *row, char *out, size_t out_size);
/* Borrowed from the result. null: NULL, 0. */
struct store_bytes row_bytes(struct row *row);
void row_fixed_bytes(struct row *row, void *out, size_t size);
bool row_bool(struct row *row);
int32_t row_i32(struct row *row);
int64_t row_i64(struct row *row);
float row_f32(struct row *row);
int64_t row_time(struct row *row); /* null: 0 */
/* Which of count names the column holds. */
int row_choice(struct row *row, const char *(*name_of)(int value), int count);
/* OV_ERR_INTERNAL "store.row" when a column did not fit. */
OV_CHECKED enum ov_status row_done(const struct row *row, struct ov_error *err);

#endif

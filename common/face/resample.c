/*
 * Separable resampling in float32 with fixed-order sums, so that every build gives the same pixels.
 * Rows first (the inner loop runs over contiguous bytes), then columns. Any thread.
 */
#include "common/face/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A region is at most this many pixels wide or high; far beyond any image, small enough for int. */
#define REGION_MAX_PX 1e6f

/* The input pixels that make one output pixel, along one axis. */
struct tap {
    int first;   /* index of the first input pixel, before clamping to the image */
    int count;   /* 1 or more */
    int weights; /* where its weights begin */
};

struct axis {
    struct tap *taps;
    float *weights;
    int count; /* output pixels */
};

static int clamp_index(int value, int size)
{
    return value < 0 ? 0 : value >= size ? size - 1 : value;
}

/* Weights of the pixels under [from, to): each by the share of the interval that it covers. */
static int area_tap(struct tap *tap, float *weights, float from, float to)
{
    int first = (int)floorf(from);
    int last = (int)ceilf(to) - 1;
    if (last < first)
        last = first;
    float total = 0.0f;
    for (int i = first; i <= last; i++) {
        float low = from > (float)i ? from : (float)i;
        float high = to < (float)(i + 1) ? to : (float)(i + 1);
        float share = high > low ? high - low : 0.0f;
        weights[i - first] = share;
        total += share;
    }
    if (total <= 0.0f) { /* rounding at the very end of a wide interval */
        weights[0] = 1.0f;
        total = 1.0f;
    }
    for (int i = 0; i <= last - first; i++)
        weights[i] /= total;
    tap->first = first;
    tap->count = last - first + 1;
    return tap->count;
}

/* Linear interpolation at centre, where pixel i has its centre at i + 0.5. */
static int linear_tap(struct tap *tap, float *weights, float centre)
{
    float at = centre - 0.5f;
    float base = floorf(at);
    weights[0] = 1.0f - (at - base);
    weights[1] = at - base;
    tap->first = (int)base;
    tap->count = 2;
    return 2;
}

static void axis_done(struct axis *axis)
{
    free(axis->taps);
    free(axis->weights);
}

static enum ov_status axis_init(struct axis *axis, float from, float length, int out_count)
{
    float step = length / (float)out_count;
    size_t per_tap = (size_t)ceilf(step) + 3;
    axis->count = out_count;
    axis->taps = calloc((size_t)out_count, sizeof *axis->taps);
    axis->weights = calloc((size_t)out_count * per_tap, sizeof *axis->weights);
    if (axis->taps == NULL || axis->weights == NULL)
        return OV_ERR_NOMEM;
    int used = 0;
    for (int i = 0; i < out_count; i++) {
        struct tap *tap = &axis->taps[i];
        float low = from + step * (float)i;
        tap->weights = used;
        if (step > 1.0f)
            used += area_tap(tap, axis->weights + used, low, low + step);
        else
            used += linear_tap(tap, axis->weights + used, low + 0.5f * step);
    }
    return OV_OK;
}

/* Sums the rows of one tap into line, for the bytes [first_byte, first_byte + bytes) of each row.
 */
static void gather_rows(const struct ov_image *image, const struct axis *rows, int out_y,
                        size_t first_byte, size_t bytes, float *restrict line)
{
    const struct tap *tap = &rows->taps[out_y];
    memset(line, 0, bytes * sizeof *line);
    for (int k = 0; k < tap->count; k++) {
        float weight = rows->weights[tap->weights + k];
        int y = clamp_index(tap->first + k, image->height);
        const uint8_t *restrict row =
            image->pixels.data + (size_t)y * (size_t)image->width * 3 + first_byte;
        for (size_t i = 0; i < bytes; i++)
            line[i] += weight * (float)row[i];
    }
}

static void gather_columns(const float *line, const struct axis *columns, int first_px,
                           int width_px, uint8_t *out)
{
    for (int x = 0; x < columns->count; x++) {
        const struct tap *tap = &columns->taps[x];
        float sum[3] = {0.5f, 0.5f, 0.5f}; /* rounds to nearest */
        for (int k = 0; k < tap->count; k++) {
            float weight = columns->weights[tap->weights + k];
            int column = clamp_index(tap->first + k - first_px, width_px);
            const float *at = line + (size_t)3 * (size_t)column;
            sum[0] += weight * at[0];
            sum[1] += weight * at[1];
            sum[2] += weight * at[2];
        }
        for (int c = 0; c < 3; c++)
            out[3 * x + c] = sum[c] >= 255.0f ? 255 : (uint8_t)sum[c];
    }
}

static enum ov_status resample(const struct ov_image *image, const struct axis *columns,
                               const struct axis *rows, uint8_t *out)
{
    const struct tap *last = &columns->taps[columns->count - 1];
    int first_px = clamp_index(columns->taps[0].first, image->width);
    int end_px = clamp_index(last->first + last->count - 1, image->width) + 1;
    size_t bytes = (size_t)(end_px - first_px) * 3;
    struct ov_secret line = OV_SECRET_INIT;
    enum ov_status status = ov_secret_new(&line, bytes * sizeof(float));
    if (status != OV_OK)
        return status;
    float *values = (float *)(void *)line.data;
    for (int y = 0; y < rows->count; y++) {
        gather_rows(image, rows, y, (size_t)first_px * 3, bytes, values);
        gather_columns(values, columns, first_px, end_px - first_px,
                       out + (size_t)y * (size_t)columns->count * 3);
    }
    ov_secret_free(&line);
    return OV_OK;
}

static bool region_is_usable(const struct ov_box *region)
{
    return fabsf(region->left) <= REGION_MAX_PX && fabsf(region->top) <= REGION_MAX_PX &&
           region->width > 0.0f && region->width <= REGION_MAX_PX && region->height > 0.0f &&
           region->height <= REGION_MAX_PX;
}

enum ov_status ov_resample(const struct ov_image *image, const struct ov_box *region, int out_width,
                           int out_height, uint8_t *out)
{
    if (!region_is_usable(region) || out_width < 1 || out_height < 1)
        return OV_ERR_INVALID;
    struct axis columns = {NULL, NULL, 0};
    struct axis rows = {NULL, NULL, 0};
    enum ov_status status = axis_init(&columns, region->left, region->width, out_width);
    if (status == OV_OK)
        status = axis_init(&rows, region->top, region->height, out_height);
    if (status == OV_OK)
        status = resample(image, &columns, &rows, out);
    axis_done(&columns);
    axis_done(&rows);
    return status;
}

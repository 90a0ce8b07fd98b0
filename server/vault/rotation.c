/*
 * The matrix in use. It is stored in tiles of TILE columns, each tile's rows one after the other,
 * so that one tile stays in the first cache while all descriptors of a batch pass by.
 */
#include "server/vault/rotation.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "server/vault/keys.h"
#include "server/vault/rotation_make.h"
#include "server/vault/rotation_cache.h"

#define TILE 16u   /* columns */
#define AT_ONCE 4u /* descriptors */
#define VECTOR_LANES 8u
#define VECTORS (TILE / VECTOR_LANES)

typedef float vec8 __attribute__((vector_size(32)));

struct rotation {
    atomic_size_t references;
    int dimension;
    bool wide; /* the processor has 256-bit vectors */
    struct ov_secret seed;
    struct ov_secret tiles; /* float32; the last one is padded with columns of zeros */
};

static size_t tile_count(int dimension)
{
    return ((size_t)dimension + TILE - 1) / TILE;
}

/* --- turning ------------------------------------------------------------------------------- */

/*
 * count descriptors by one tile: out[p] = sum over k of rows[p][k] * tile[k]. Inlined into one
 * function for each width of vectors; each lane is one column, so the width changes no result. The
 * sums stay in registers: nothing may take the address of the whole array.
 */
static inline __attribute__((always_inline)) void turn_tile(const float *tile, const float *rows,
                                                            size_t dimension, size_t count,
                                                            float out[AT_ONCE][TILE])
{
    vec8 sums[AT_ONCE][VECTORS] = {{{0.0f}}};
    for (size_t k = 0; k < dimension; k++) {
        vec8 low;
        vec8 high;
        memcpy(&low, tile + k * TILE, sizeof(low));
        memcpy(&high, tile + k * TILE + VECTOR_LANES, sizeof(high));
#pragma GCC unroll 4
        for (size_t p = 0; p < count; p++) {
            float value = rows[p * dimension + k];
            sums[p][0] += value * low;
            sums[p][1] += value * high;
        }
    }
#pragma GCC unroll 4
    for (size_t p = 0; p < count; p++) {
        memcpy(out[p], &sums[p][0], sizeof(vec8));
        memcpy(out[p] + VECTOR_LANES, &sums[p][1], sizeof(vec8));
    }
}

static void turn_four(const float *tile, const float *rows, size_t dimension,
                      float out[AT_ONCE][TILE])
{
    turn_tile(tile, rows, dimension, AT_ONCE, out);
}

static void turn_one(const float *tile, const float *rows, size_t dimension,
                     float out[AT_ONCE][TILE])
{
    turn_tile(tile, rows, dimension, 1, out);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void
turn_four_wide(const float *tile, const float *rows, size_t dimension, float out[AT_ONCE][TILE])
{
    turn_tile(tile, rows, dimension, AT_ONCE, out);
}

__attribute__((target("avx2"))) static void
turn_one_wide(const float *tile, const float *rows, size_t dimension, float out[AT_ONCE][TILE])
{
    turn_tile(tile, rows, dimension, 1, out);
}

static bool has_wide(void)
{
    return __builtin_cpu_supports("avx2") != 0;
}
#else
#define turn_four_wide turn_four
#define turn_one_wide turn_one

static bool has_wide(void)
{
    return false;
}
#endif

void rotation_apply(const struct rotation *rotation, const float *rows, size_t count,
                    float *ret_rows)
{
    size_t dimension = (size_t)rotation->dimension;
    const float *tiles = (const float *)(const void *)rotation->tiles.data;
    float out[AT_ONCE][TILE];
    for (size_t t = 0; t < tile_count(rotation->dimension); t++) {
        const float *tile = tiles + t * TILE * dimension;
        size_t width = dimension - t * TILE < TILE ? dimension - t * TILE : TILE;
        for (size_t p = 0; p < count;) {
            const float *row = rows + p * dimension;
            size_t some = count - p >= AT_ONCE ? AT_ONCE : 1;
            if (some == AT_ONCE)
                (rotation->wide ? turn_four_wide : turn_four)(tile, row, dimension, out);
            else
                (rotation->wide ? turn_one_wide : turn_one)(tile, row, dimension, out);
            for (size_t i = 0; i < some; i++)
                memcpy(ret_rows + (p + i) * dimension + t * TILE, out[i], width * sizeof(float));
            p += some;
        }
    }
    ov_wipe(out, sizeof(out));
}

enum ov_status rotation_turn(const struct rotation *rotation, struct ov_secret *rows,
                             struct ov_error *err)
{
    struct ov_secret turned = OV_SECRET_INIT;
    size_t row_bytes = (size_t)rotation->dimension * sizeof(float);
    if (rows->size == 0 || rows->size % row_bytes != 0)
        return ov_fail(err, OV_ERR_INVALID, "template.dimension",
                       "%zu bytes are no descriptors of %d floats", rows->size,
                       rotation->dimension);
    if (ov_secret_new(&turned, rows->size) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    rotation_apply(rotation, (const float *)(const void *)rows->data, rows->size / row_bytes,
                   (float *)(void *)turned.data);
    ov_secret_free(rows);
    *rows = turned;
    return OV_OK;
}

/* --- making and counting ------------------------------------------------------------------- */

static void fill_tiles(struct rotation *rotation, const float *matrix)
{
    size_t dimension = (size_t)rotation->dimension;
    float *tiles = (float *)(void *)rotation->tiles.data;
    for (size_t k = 0; k < dimension; k++) {
        for (size_t column = 0; column < dimension; column++) {
            size_t tile = column / TILE;
            tiles[(tile * dimension + k) * TILE + column % TILE] = matrix[k * dimension + column];
        }
    }
}

static enum ov_status make_tiles(struct rotation *rotation)
{
    size_t dimension = (size_t)rotation->dimension;
    struct ov_secret matrix = OV_SECRET_INIT;
    enum ov_status status = ov_secret_new(&matrix, dimension * dimension * sizeof(float));
    if (status == OV_OK)
        status = ov_secret_new(&rotation->tiles,
                               tile_count(rotation->dimension) * TILE * dimension * sizeof(float));
    if (status == OV_OK)
        status =
            rotation_make(rotation->seed.data, rotation->dimension, (float *)(void *)matrix.data);
    if (status == OV_OK)
        fill_tiles(rotation, (const float *)(const void *)matrix.data);
    ov_secret_free(&matrix);
    return status;
}

enum ov_status rotation_new(const struct ov_secret *seed, int dimension,
                            struct rotation **ret_rotation, struct ov_error *err)
{
    struct rotation *rotation = calloc(1, sizeof(*rotation));
    if (rotation == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    atomic_init(&rotation->references, 1);
    rotation->dimension = dimension;
    rotation->wide = has_wide();
    enum ov_status status = ov_secret_copy(&rotation->seed, seed->data, seed->size);
    if (status == OV_OK)
        status = make_tiles(rotation);
    if (status != OV_OK) {
        rotation_unref(rotation);
        return ov_fail(err, status, "vault.rotation", "a deployment's matrix cannot be made");
    }
    *ret_rotation = rotation;
    return OV_OK;
}

bool rotation_is(const struct rotation *rotation, const struct ov_secret *seed, int dimension)
{
    return rotation->dimension == dimension && ov_secret_equal(&rotation->seed, seed);
}

struct rotation *rotation_ref(struct rotation *rotation)
{
    (void)atomic_fetch_add_explicit(&rotation->references, 1, memory_order_relaxed);
    return rotation;
}

void rotation_unref(struct rotation *rotation)
{
    if (rotation == NULL ||
        atomic_fetch_sub_explicit(&rotation->references, 1, memory_order_acq_rel) != 1)
        return;
    ov_secret_free(&rotation->seed);
    ov_secret_free(&rotation->tiles);
    free(rotation);
}

int rotation_dimension(const struct rotation *rotation)
{
    return rotation->dimension;
}

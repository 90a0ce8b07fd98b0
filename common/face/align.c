/* Pure functions but for their secret work buffer; any thread. */
#include "common/face/align.h"

#include <math.h>
#include <string.h>

#include "common/face/resample.h"

/* Beyond this many picture pixels per result pixel, bilinear sampling alone would alias. */
#define AVERAGE_FROM 2.0f
/* No map may shrink or enlarge more than this: the points are then not those of a face. */
#define SCALE_LIMIT 1e4f

const struct ov_point *ov_align_template(void)
{
    static const struct ov_point points[5] = {{38.2946f, 51.6963f},
                                              {73.5318f, 51.5014f},
                                              {56.0252f, 71.7366f},
                                              {41.5493f, 92.3655f},
                                              {70.7299f, 92.2041f}};
    return points;
}

static struct ov_point mean_of(const struct ov_point *points, size_t count)
{
    struct ov_point mean = {0.0f, 0.0f};
    for (size_t i = 0; i < count; i++) {
        mean.x += points[i].x / (float)count;
        mean.y += points[i].y / (float)count;
    }
    return mean;
}

enum ov_status ov_similarity_fit(struct ov_similarity *ret, const struct ov_point *from,
                                 const struct ov_point *to, size_t count)
{
    struct ov_point from_mean = mean_of(from, count);
    struct ov_point to_mean = mean_of(to, count);
    float spread = 0.0f, dot = 0.0f, cross = 0.0f;
    for (size_t i = 0; i < count; i++) {
        float px = from[i].x - from_mean.x, py = from[i].y - from_mean.y;
        float qx = to[i].x - to_mean.x, qy = to[i].y - to_mean.y;
        spread += px * px + py * py;
        dot += px * qx + py * qy;
        cross += px * qy - py * qx;
    }
    if (!(spread > 1e-6f) || !isfinite(spread) || !isfinite(dot) || !isfinite(cross))
        return OV_ERR_INVALID;
    struct ov_similarity map = {dot / spread, cross / spread, 0.0f, 0.0f};
    map.tx = to_mean.x - (map.a * from_mean.x - map.b * from_mean.y);
    map.ty = to_mean.y - (map.b * from_mean.x + map.a * from_mean.y);
    *ret = map;
    return OV_OK;
}

struct ov_point ov_similarity_apply(const struct ov_similarity *map, struct ov_point point)
{
    struct ov_point moved = {map->a * point.x - map->b * point.y + map->tx,
                             map->b * point.x + map->a * point.y + map->ty};
    return moved;
}

struct ov_similarity ov_similarity_inverse(const struct ov_similarity *map)
{
    float square = map->a * map->a + map->b * map->b;
    struct ov_similarity inverse = {map->a / square, -map->b / square, 0.0f, 0.0f};
    inverse.tx = -(inverse.a * map->tx - inverse.b * map->ty);
    inverse.ty = -(inverse.b * map->tx + inverse.a * map->ty);
    return inverse;
}

float ov_similarity_scale(const struct ov_similarity *map)
{
    return sqrtf(map->a * map->a + map->b * map->b);
}

/* Linear interpolation between four pixels; those outside are black. */
static void sample(const struct ov_image *image, struct ov_point at, uint8_t out[3])
{
    float x0 = floorf(at.x), y0 = floorf(at.y);
    float fx = at.x - x0, fy = at.y - y0;
    float sum[3] = {0.5f, 0.5f, 0.5f};
    for (int k = 0; k < 4; k++) {
        float x = x0 + (float)(k & 1), y = y0 + (float)(k >> 1);
        if (!(x >= 0.0f && y >= 0.0f && x < (float)image->width && y < (float)image->height))
            continue;
        float weight = ((k & 1) ? fx : 1.0f - fx) * ((k >> 1) ? fy : 1.0f - fy);
        const uint8_t *pixel =
            image->pixels.data + ((size_t)y * (size_t)image->width + (size_t)x) * 3;
        for (int c = 0; c < 3; c++)
            sum[c] += weight * (float)pixel[c];
    }
    for (int c = 0; c < 3; c++)
        out[c] = sum[c] >= 255.0f ? 255 : (uint8_t)sum[c];
}

/* back maps from the result to the picture. */
static void warp(const struct ov_image *image, const struct ov_similarity *back, int side,
                 uint8_t *out)
{
    for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
            struct ov_point point = {(float)x, (float)y};
            sample(image, ov_similarity_apply(back, point), out);
            out += 3;
        }
    }
}

/* The part of the picture that the result shows, widened to whole blocks of step px. */
static struct ov_box shown_region(const struct ov_image *image, const struct ov_similarity *back,
                                  int side, int step)
{
    float left = INFINITY, top = INFINITY, right = -INFINITY, bottom = -INFINITY;
    for (int k = 0; k < 4; k++) {
        struct ov_point corner = {(k & 1) ? (float)side : -1.0f, (k >> 1) ? (float)side : -1.0f};
        struct ov_point at = ov_similarity_apply(back, corner);
        left = fminf(left, at.x);
        right = fmaxf(right, at.x);
        top = fminf(top, at.y);
        bottom = fmaxf(bottom, at.y);
    }
    left = fmaxf(floorf(left), 0.0f);
    top = fmaxf(floorf(top), 0.0f);
    right = fminf(ceilf(right), (float)image->width);
    bottom = fminf(ceilf(bottom), (float)image->height);
    float block = (float)step;
    struct ov_box region = {left, top, floorf((right - left) / block) * block,
                            floorf((bottom - top) / block) * block};
    return region;
}

/* Averages blocks of step x step px first, so that fine texture does not alias. */
static enum ov_status warp_averaged(const struct ov_image *image, const struct ov_similarity *back,
                                    int step, int side, uint8_t *out)
{
    struct ov_box region = shown_region(image, back, side, step);
    if (!(region.width > 0.0f && region.height > 0.0f)) { /* wholly outside the picture */
        memset(out, 0, (size_t)side * (size_t)side * 3);
        return OV_OK;
    }
    struct ov_image reduced = OV_IMAGE_INIT;
    enum ov_status status =
        ov_image_new(&reduced, (int)region.width / step, (int)region.height / step);
    if (status != OV_OK)
        return status;
    status = ov_resample(image, &region, reduced.width, reduced.height, reduced.pixels.data);
    if (status == OV_OK) {
        /* Pixel i of the reduced picture has its centre at left + (i + 0.5) step - 0.5. */
        float inverse = 1.0f / (float)step;
        struct ov_similarity to_reduced = {back->a * inverse, back->b * inverse,
                                           (back->tx - region.left + 0.5f) * inverse - 0.5f,
                                           (back->ty - region.top + 0.5f) * inverse - 0.5f};
        warp(&reduced, &to_reduced, side, out);
    }
    ov_image_free(&reduced);
    return status;
}

enum ov_status ov_align_face(const struct ov_image *image, const struct ov_point five[5], int side,
                             uint8_t *out)
{
    struct ov_point target[5];
    float zoom = (float)side / (float)OV_ALIGNED_SIDE_PX;
    for (int i = 0; i < 5; i++) {
        target[i].x = ov_align_template()[i].x * zoom;
        target[i].y = ov_align_template()[i].y * zoom;
    }
    struct ov_similarity map;
    enum ov_status status = ov_similarity_fit(&map, five, target, 5);
    if (status != OV_OK)
        return status;
    float scale = ov_similarity_scale(&map);
    if (!(scale > 1.0f / SCALE_LIMIT && scale < SCALE_LIMIT))
        return OV_ERR_INVALID;
    struct ov_similarity back = ov_similarity_inverse(&map);
    int step = (int)(1.0f / scale);
    if ((float)step >= AVERAGE_FROM)
        return warp_averaged(image, &back, step, side, out);
    warp(image, &back, side, out);
    return OV_OK;
}

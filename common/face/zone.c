/*
 * Polygons in integers. Points are doubled inside, so that the middle of two is a point too;
 * products stay far below 2^63.
 */
#include "common/face/zone.h"

#include <string.h>

#define DOUBLED_MAX (INT64_C(2) * OV_ZONE_SCALE)

struct point {
    int64_t x, y; /* doubled */
};

struct polygon {
    size_t count;
    struct point points[OV_ZONE_POINTS_MAX];
};

static struct polygon polygon_of(const struct ov_zone *zone)
{
    static const struct polygon whole = {
        4, {{0, 0}, {DOUBLED_MAX, 0}, {DOUBLED_MAX, DOUBLED_MAX}, {0, DOUBLED_MAX}}};
    struct polygon polygon = {.count = zone->count};
    if (zone->count == 0)
        return whole;
    for (size_t i = 0; i < zone->count; i++)
        polygon.points[i] =
            (struct point){2 * (int64_t)zone->points[i].x, 2 * (int64_t)zone->points[i].y};
    return polygon;
}

static const struct point *next_of(const struct polygon *polygon, size_t i)
{
    return &polygon->points[i + 1 < polygon->count ? i + 1 : 0];
}

/* Positive, negative or 0: c is on one side of the line from a to b, on the other, or on it. */
static int side_of(const struct point *a, const struct point *b, const struct point *c)
{
    int64_t cross = (b->x - a->x) * (c->y - a->y) - (b->y - a->y) * (c->x - a->x);
    return (cross > 0) - (cross < 0);
}

static bool is_between(int64_t value, int64_t a, int64_t b)
{
    return a < b ? a <= value && value <= b : b <= value && value <= a;
}

static bool is_on_edge(const struct point *a, const struct point *b, const struct point *c)
{
    return side_of(a, b, c) == 0 && is_between(c->x, a->x, b->x) && is_between(c->y, a->y, b->y);
}

static bool cross_properly(const struct point *a, const struct point *b, const struct point *c,
                           const struct point *d)
{
    return side_of(a, b, c) * side_of(a, b, d) < 0 && side_of(c, d, a) * side_of(c, d, b) < 0;
}

static bool meet(const struct point *a, const struct point *b, const struct point *c,
                 const struct point *d)
{
    return cross_properly(a, b, c, d) || is_on_edge(a, b, c) || is_on_edge(a, b, d) ||
           is_on_edge(c, d, a) || is_on_edge(c, d, b);
}

/* Inside or on the edge. Counts the edges that a ray to the right passes. */
static bool holds(const struct polygon *polygon, const struct point *at)
{
    bool inside = false;
    for (size_t i = 0; i < polygon->count; i++) {
        const struct point *a = &polygon->points[i];
        const struct point *b = next_of(polygon, i);
        if (is_on_edge(a, b, at))
            return true;
        if ((a->y > at->y) == (b->y > at->y))
            continue;
        int side = side_of(a, b, at);
        if (b->y > a->y ? side > 0 : side < 0)
            inside = !inside;
    }
    return inside;
}

/* --- a zone by itself --- */

static bool edges_are_apart(const struct polygon *polygon)
{
    for (size_t i = 0; i < polygon->count; i++) {
        const struct point *a = &polygon->points[i];
        const struct point *b = next_of(polygon, i);
        for (size_t j = i + 1; j < polygon->count; j++) {
            const struct point *c = &polygon->points[j];
            const struct point *d = next_of(polygon, j);
            bool follows = j == i + 1;
            bool precedes = i == 0 && j + 1 == polygon->count;
            /* Neighbours share one point and no more. */
            if ((follows && is_on_edge(a, b, d)) || (precedes && is_on_edge(a, b, c)))
                return false;
            if ((follows && is_on_edge(c, d, a)) || (precedes && is_on_edge(c, d, b)))
                return false;
            if (!follows && !precedes && meet(a, b, c, d))
                return false;
        }
        if (a->x == b->x && a->y == b->y)
            return false;
    }
    return true;
}

enum ov_status ov_zone_check(const struct ov_zone *zone, struct ov_error *err)
{
    if (zone->count == 0)
        return OV_OK;
    if (zone->count < 3 || zone->count > OV_ZONE_POINTS_MAX)
        return ov_fail(err, OV_ERR_INVALID, "zone.points", "a zone has 3 to %d corners",
                       OV_ZONE_POINTS_MAX);
    for (size_t i = 0; i < zone->count; i++)
        if (zone->points[i].x > OV_ZONE_SCALE || zone->points[i].y > OV_ZONE_SCALE)
            return ov_fail(err, OV_ERR_INVALID, "zone.points",
                           "a zone's corners are in the picture: 0 to %d each way", OV_ZONE_SCALE);
    struct polygon polygon = polygon_of(zone);
    if (!edges_are_apart(&polygon))
        return ov_fail(err, OV_ERR_INVALID, "zone.shape",
                       "a zone's edges may not touch or cross each other");
    return OV_OK;
}

static int64_t scaled(uint64_t start, uint64_t length, uint64_t frame)
{
    return (int64_t)((2 * start + length) * OV_ZONE_SCALE / frame);
}

bool ov_zone_has_face(const struct ov_zone *zone, const struct ov_zone_face *face)
{
    if (zone->count == 0)
        return true;
    if (face->frame_width == 0 || face->frame_height == 0)
        return false;
    struct polygon polygon = polygon_of(zone);
    const struct point centre = {scaled(face->left, face->width, face->frame_width),
                                 scaled(face->top, face->height, face->frame_height)};
    return holds(&polygon, &centre);
}

/* --- one zone in another --- */

static struct point middle_of(const struct point *a, const struct point *b)
{
    return (struct point){(a->x + b->x) / 2, (a->y + b->y) / 2};
}

static int64_t distance_along(const struct point *a, const struct point *b, const struct point *c)
{
    return (b->x - a->x) * (c->x - a->x) + (b->y - a->y) * (c->y - a->y);
}

/*
 * The edge from a to b has both ends in outer and crosses none of its edges. It can still leave
 * outer between two corners of outer that it touches: each piece between such corners is tried by
 * its middle. All points are multiples of 2, so that a middle is exact.
 */
static bool pieces_are_inside(const struct point *a, const struct point *b,
                              const struct polygon *outer)
{
    struct point cuts[OV_ZONE_POINTS_MAX + 2];
    size_t count = 0;
    cuts[count++] = *a;
    cuts[count++] = *b;
    for (size_t i = 0; i < outer->count; i++) {
        if (!is_on_edge(a, b, &outer->points[i]))
            continue;
        size_t at = count++; /* in order along the edge */
        int64_t along = distance_along(a, b, &outer->points[i]);
        for (; at > 0 && distance_along(a, b, &cuts[at - 1]) > along; at--)
            cuts[at] = cuts[at - 1];
        cuts[at] = outer->points[i];
    }
    for (size_t i = 0; i + 1 < count; i++) {
        struct point middle = middle_of(&cuts[i], &cuts[i + 1]);
        if (!holds(outer, &middle))
            return false;
    }
    return true;
}

static bool edge_is_inside(const struct point *a, const struct point *b,
                           const struct polygon *outer)
{
    if (!holds(outer, a) || !holds(outer, b))
        return false;
    for (size_t i = 0; i < outer->count; i++)
        if (cross_properly(a, b, &outer->points[i], next_of(outer, i)))
            return false;
    return pieces_are_inside(a, b, outer);
}

/* A polygon without holes holds another when it holds its edge. */
bool ov_zone_is_within(const struct ov_zone *inner, const struct ov_zone *outer)
{
    struct polygon in = polygon_of(inner);
    struct polygon out = polygon_of(outer);
    for (size_t i = 0; i < in.count; i++)
        if (!edge_is_inside(&in.points[i], next_of(&in, i), &out))
            return false;
    return true;
}

bool ov_zone_equal(const struct ov_zone *a, const struct ov_zone *b)
{
    return a->count == b->count &&
           memcmp(a->points, b->points, a->count * sizeof(a->points[0])) == 0;
}

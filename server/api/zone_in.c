/* Zones in requests; see zone_in.h. */
#include "server/api/zone_in.h"

static bool read_part(const json_t *value, uint16_t *ret)
{
    json_int_t part = json_integer_value(value);
    if (!json_is_integer(value) || part < 0 || part > OV_ZONE_SCALE)
        return false;
    *ret = (uint16_t)part;
    return true;
}

bool zone_in_read(const json_t *points, struct ov_zone *ret)
{
    ret->count = json_array_size(points);
    if ((points != NULL && !json_is_array(points)) || ret->count > OV_ZONE_POINTS_MAX)
        return false;
    for (size_t i = 0; i < ret->count; i++) {
        const json_t *point = json_array_get(points, i);
        if (json_array_size(point) != 2 ||
            !read_part(json_array_get(point, 0), &ret->points[i].x) ||
            !read_part(json_array_get(point, 1), &ret->points[i].y))
            return false;
    }
    return true;
}

/* Faces and the zone of recognition; see zoned.h. */
#include "client/track/zoned.h"

#include <math.h>

#include "common/base/secret.h"

#define SIDE_MAX_PX 65535u

static uint32_t to_px(float value, uint32_t min)
{
    if (!(value > (float)min))
        return min;
    return value < (float)SIDE_MAX_PX ? (uint32_t)lroundf(value) : SIDE_MAX_PX;
}

static uint32_t side(int px)
{
    return px > 0 && (unsigned)px <= SIDE_MAX_PX ? (uint32_t)px : 0;
}

struct ov_zone_face zoned_face(const struct ov_box *box, int frame_width, int frame_height)
{
    return (struct ov_zone_face){to_px(box->left, 0),   to_px(box->top, 0), to_px(box->width, 1),
                                 to_px(box->height, 1), side(frame_width),  side(frame_height)};
}

size_t zoned_drop_outside(struct ov_face_list *list, const struct ov_zone *zone, int frame_width,
                          int frame_height)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct ov_zone_face face = zoned_face(&list->faces[i].box, frame_width, frame_height);
        if (ov_zone_has_face(zone, &face))
            list->faces[kept++] = list->faces[i];
    }
    size_t dropped = list->count - kept;
    if (dropped > 0)
        ov_wipe(&list->faces[kept], dropped * sizeof(list->faces[0]));
    list->count = kept;
    return dropped;
}

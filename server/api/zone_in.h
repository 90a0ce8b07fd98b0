/* Reading a zone of recognition: [[x, y], ...] in ten-thousandths of the picture. Any thread. */
#ifndef OVERT_SERVER_API_ZONE_IN_H
#define OVERT_SERVER_API_ZONE_IN_H

#include <jansson.h>

#include "common/face/zone.h"

/* points: NULL for the whole picture. False when they are not points, or too many; whether they are
 * a zone is for the rules to say. */
bool zone_in_read(const json_t *points, struct ov_zone *ret);

#endif

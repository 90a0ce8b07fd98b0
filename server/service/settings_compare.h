/*
 * What a change of the operating settings does: tighten, loosen, or both, which counts as
 * loosening. Pure functions; any thread.
 *
 * Tighter is whatever lets fewer faces be compared or fewer alerts be raised: a higher threshold, a
 * longer cool-down, a larger smallest face, a stricter gate, fewer cameras, a zone inside the old
 * one.
 */
#ifndef OVERT_SERVER_SERVICE_SETTINGS_COMPARE_H
#define OVERT_SERVER_SERVICE_SETTINGS_COMPARE_H

#include "server/store/settings.h"

enum settings_direction { SETTINGS_SAME, SETTINGS_TIGHTER, SETTINGS_LOOSER };
const char *settings_direction_name(enum settings_direction direction);

enum settings_field {
    SETTINGS_MODEL, /* another one is looser: its scores mean something else */
    SETTINGS_THRESHOLD,
    SETTINGS_COOL_DOWN,
    SETTINGS_MIN_FACE,
    SETTINGS_EYE_DISTANCE,
    SETTINGS_SHARPNESS,
    SETTINGS_YAW,
    SETTINGS_PITCH,
    SETTINGS_ROLL,
    SETTINGS_BRIGHTNESS_MIN,
    SETTINGS_BRIGHTNESS_MAX,
    SETTINGS_CAMERAS, /* which ones */
    SETTINGS_ZONES    /* of cameras that both have */
};
#define SETTINGS_FIELD_COUNT 13
/* "threshold", "gate_yaw_deg" ... as the API and the events call it. */
const char *settings_field_name(enum settings_field field);

struct settings_difference {
    enum settings_direction overall;
    enum settings_direction fields[SETTINGS_FIELD_COUNT];
};

struct settings_difference settings_compare(const struct operating_settings *from,
                                            const struct operating_settings *to);

#endif

/* Tighter or looser, field by field; see settings_compare.h. */
#include "server/service/settings_compare.h"

#include <string.h>

const char *settings_direction_name(enum settings_direction direction)
{
    switch (direction) {
    case SETTINGS_SAME:
        return "same";
    case SETTINGS_TIGHTER:
        return "tighter";
    case SETTINGS_LOOSER:
        return "looser";
    }
    return "unknown";
}

const char *settings_field_name(enum settings_field field)
{
    static const char *const names[SETTINGS_FIELD_COUNT] = {
        [SETTINGS_MODEL] = "model_digest",
        [SETTINGS_THRESHOLD] = "threshold",
        [SETTINGS_COOL_DOWN] = "cool_down_s",
        [SETTINGS_MIN_FACE] = "min_face_px",
        [SETTINGS_EYE_DISTANCE] = "gate_eye_distance_px",
        [SETTINGS_SHARPNESS] = "gate_sharpness",
        [SETTINGS_YAW] = "gate_yaw_deg",
        [SETTINGS_PITCH] = "gate_pitch_deg",
        [SETTINGS_ROLL] = "gate_roll_deg",
        [SETTINGS_BRIGHTNESS_MIN] = "gate_brightness_min",
        [SETTINGS_BRIGHTNESS_MAX] = "gate_brightness_max",
        [SETTINGS_CAMERAS] = "cameras",
        [SETTINGS_ZONES] = "zones",
    };
    return (unsigned)field < SETTINGS_FIELD_COUNT ? names[field] : "unknown";
}

/* A lower bound: more is tighter. What is no number is never tighter. */
static enum settings_direction at_least(float from, float to)
{
    if (from == to)
        return SETTINGS_SAME;
    return to > from ? SETTINGS_TIGHTER : SETTINGS_LOOSER;
}

static enum settings_direction at_most(float from, float to)
{
    if (from == to)
        return SETTINGS_SAME;
    return to < from ? SETTINGS_TIGHTER : SETTINGS_LOOSER;
}

static enum settings_direction at_least_int(int from, int to)
{
    if (from == to)
        return SETTINGS_SAME;
    return to > from ? SETTINGS_TIGHTER : SETTINGS_LOOSER;
}

static const struct deployment_camera *find_camera(const struct operating_settings *settings,
                                                   const struct deployment_camera *wanted)
{
    for (size_t i = 0; i < settings->camera_count; i++)
        if (ov_id_equal(&settings->cameras[i].site_id, &wanted->site_id) &&
            strcmp(settings->cameras[i].camera, wanted->camera) == 0)
            return &settings->cameras[i];
    return NULL;
}

static bool names_all_of(const struct operating_settings *settings,
                         const struct operating_settings *others)
{
    for (size_t i = 0; i < others->camera_count; i++)
        if (find_camera(settings, &others->cameras[i]) == NULL)
            return false;
    return true;
}

/* None named is any. */
static enum settings_direction compare_cameras(const struct operating_settings *from,
                                               const struct operating_settings *to)
{
    if (from->camera_count == 0 && to->camera_count == 0)
        return SETTINGS_SAME;
    if (from->camera_count == 0)
        return SETTINGS_TIGHTER;
    if (to->camera_count == 0 || !names_all_of(from, to))
        return SETTINGS_LOOSER;
    return names_all_of(to, from) ? SETTINGS_SAME : SETTINGS_TIGHTER;
}

static enum settings_direction compare_zones(const struct operating_settings *from,
                                             const struct operating_settings *to)
{
    enum settings_direction direction = SETTINGS_SAME;
    for (size_t i = 0; i < to->camera_count; i++) {
        const struct deployment_camera *now = &to->cameras[i];
        const struct deployment_camera *was = find_camera(from, now);
        if (was == NULL || ov_zone_equal(&was->zone, &now->zone))
            continue;
        if (!ov_zone_is_within(&now->zone, &was->zone))
            return SETTINGS_LOOSER;
        direction = SETTINGS_TIGHTER;
    }
    return direction;
}

static void compare_gates(const struct ov_quality_gate *from, const struct ov_quality_gate *to,
                          enum settings_direction *fields)
{
    fields[SETTINGS_EYE_DISTANCE] = at_least(from->min_eye_distance_px, to->min_eye_distance_px);
    fields[SETTINGS_SHARPNESS] = at_least(from->min_sharpness, to->min_sharpness);
    fields[SETTINGS_YAW] = at_most(from->max_yaw_deg, to->max_yaw_deg);
    fields[SETTINGS_PITCH] = at_most(from->max_pitch_deg, to->max_pitch_deg);
    fields[SETTINGS_ROLL] = at_most(from->max_roll_deg, to->max_roll_deg);
    fields[SETTINGS_BRIGHTNESS_MIN] = at_least(from->min_brightness, to->min_brightness);
    fields[SETTINGS_BRIGHTNESS_MAX] = at_most(from->max_brightness, to->max_brightness);
}

struct settings_difference settings_compare(const struct operating_settings *from,
                                            const struct operating_settings *to)
{
    struct settings_difference difference = {.overall = SETTINGS_SAME};
    enum settings_direction *fields = difference.fields;
    bool same_model = memcmp(from->model_digest, to->model_digest, OV_DIGEST_BYTES) == 0;
    fields[SETTINGS_MODEL] = same_model ? SETTINGS_SAME : SETTINGS_LOOSER;
    fields[SETTINGS_THRESHOLD] = at_least(from->threshold, to->threshold);
    fields[SETTINGS_COOL_DOWN] = at_least_int(from->cool_down_s, to->cool_down_s);
    fields[SETTINGS_MIN_FACE] = at_least_int(from->min_face_px, to->min_face_px);
    compare_gates(&from->gate, &to->gate, fields);
    fields[SETTINGS_CAMERAS] = compare_cameras(from, to);
    fields[SETTINGS_ZONES] = compare_zones(from, to);
    for (int i = 0; i < SETTINGS_FIELD_COUNT; i++)
        if (fields[i] > difference.overall)
            difference.overall = fields[i];
    return difference;
}

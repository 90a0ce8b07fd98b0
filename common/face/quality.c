/* The gates. Their figures were tuned on measured faces: common/face/README.md. Pure functions. */
#include "common/face/quality.h"

#include <math.h>
#include <stddef.h>

const char *ov_quality_reason_name(enum ov_quality_reason reason)
{
    switch (reason) {
    case OV_QUALITY_OK:
        return "ok";
    case OV_QUALITY_TOO_SMALL:
        return "too_small";
    case OV_QUALITY_CUT_OFF:
        return "cut_off";
    case OV_QUALITY_TURNED:
        return "turned";
    case OV_QUALITY_TOO_DARK:
        return "too_dark";
    case OV_QUALITY_TOO_BRIGHT:
        return "too_bright";
    case OV_QUALITY_BLURRED:
        return "blurred";
    }
    return "unknown";
}

const char *ov_quality_reason_text(enum ov_quality_reason reason)
{
    switch (reason) {
    case OV_QUALITY_OK:
        return "the face is good enough to compare";
    case OV_QUALITY_TOO_SMALL:
        return "the face is too small: use a picture with more pixels between the eyes, or move "
               "the "
               "camera closer";
    case OV_QUALITY_CUT_OFF:
        return "part of the face is outside the picture: use one that shows the whole head";
    case OV_QUALITY_TURNED:
        return "the head is turned, tilted, raised or lowered too far: use a picture that looks at "
               "the camera";
    case OV_QUALITY_TOO_DARK:
        return "the face is too dark: use a picture with more light on the face";
    case OV_QUALITY_TOO_BRIGHT:
        return "the face is too bright: use a picture with less light on the face";
    case OV_QUALITY_BLURRED:
        return "the face is blurred: use a sharper picture, or shorten the camera's exposure";
    }
    return "";
}

const struct ov_quality_gate *ov_quality_gate_probe(void)
{
    static const struct ov_quality_gate gate = {
        .min_eye_distance_px = 16.0f,
        .min_sharpness = 0.06f,
        .max_yaw_deg = 55.0f,
        .max_pitch_deg = 40.0f,
        .max_roll_deg = 60.0f, /* alignment turns the face upright; the detector ends about here */
        .min_brightness = 0.10f,
        .max_brightness = 0.92f,
    };
    return &gate;
}

const struct ov_quality_gate *ov_quality_gate_reference(void)
{
    static const struct ov_quality_gate gate = {
        .min_eye_distance_px = 24.0f,
        .min_sharpness = 0.12f,
        .max_yaw_deg = 35.0f,
        .max_pitch_deg = 30.0f,
        .max_roll_deg = 30.0f,
        .min_brightness = 0.15f,
        .max_brightness = 0.88f,
    };
    return &gate;
}

/* Written as "not within", so that a value that is not a number never passes. */
enum ov_quality_reason ov_quality_check(const struct ov_quality *quality,
                                        const struct ov_quality_gate *gate)
{
    if (!(quality->eye_distance_px >= gate->min_eye_distance_px))
        return OV_QUALITY_TOO_SMALL;
    if (quality->cut_off)
        return OV_QUALITY_CUT_OFF;
    if (!(fabsf(quality->yaw_deg) <= gate->max_yaw_deg &&
          fabsf(quality->pitch_deg) <= gate->max_pitch_deg &&
          fabsf(quality->roll_deg) <= gate->max_roll_deg))
        return OV_QUALITY_TURNED;
    if (!(quality->brightness >= gate->min_brightness))
        return OV_QUALITY_TOO_DARK;
    if (!(quality->brightness <= gate->max_brightness))
        return OV_QUALITY_TOO_BRIGHT;
    if (!(quality->sharpness >= gate->min_sharpness))
        return OV_QUALITY_BLURRED;
    return OV_QUALITY_OK;
}

/*
 * What makes a face image fit or unfit for comparison, and the gates that use it.
 */
#ifndef OVERT_COMMON_FACE_QUALITY_H
#define OVERT_COMMON_FACE_QUALITY_H

#include <stdbool.h>

#include "common/base/status.h"

struct ov_quality {
    float eye_distance_px; /* between the eye centres, in the image as captured */
    float sharpness;       /* 0..1; see quality.c for the measure and its source */
    float yaw_deg;         /* face towards the image's left(-)/right(+), from the landmarks */
    float pitch_deg;       /* down(-)/up(+), from the landmarks: coarse */
    float roll_deg;        /* tilt, from the eye line */
    float brightness;      /* mean luminance of the aligned face, 0..1 */
    float contrast;        /* standard deviation of that luminance, 0..1 */
    bool cut_off;          /* part of the face is outside the image */
};

/* Why a face is not used. The order is the order of checks; names are stable and go into counts. */
enum ov_quality_reason {
    OV_QUALITY_OK = 0,
    OV_QUALITY_TOO_SMALL,
    OV_QUALITY_CUT_OFF, /* part of the face is outside the image */
    OV_QUALITY_TURNED,
    OV_QUALITY_TOO_DARK,
    OV_QUALITY_TOO_BRIGHT,
    OV_QUALITY_BLURRED
};
#define OV_QUALITY_REASON_COUNT 7

const char *ov_quality_reason_name(enum ov_quality_reason reason);
/* What to tell a person, in plain words: "the face is too small: 18 px between the eyes ...". */
const char *ov_quality_reason_text(enum ov_quality_reason reason);

struct ov_quality_gate {
    float min_eye_distance_px;
    float min_sharpness;
    float max_yaw_deg;
    float max_pitch_deg;
    float max_roll_deg;
    float min_brightness;
    float max_brightness;
};

/* Gates for live probes and, stricter, for reference images. */
const struct ov_quality_gate *ov_quality_gate_probe(void);
const struct ov_quality_gate *ov_quality_gate_reference(void);

/* The first reason that applies, or OV_QUALITY_OK. */
enum ov_quality_reason ov_quality_check(const struct ov_quality *quality,
                                        const struct ov_quality_gate *gate);

#endif

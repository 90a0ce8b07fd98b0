/* Every field of the settings, each way: what tightens, what loosens, and that mixed is looser. */
#include "server/service/settings_compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/service/service_tests.h"

static const struct ov_zone half = {4, {{0, 0}, {5000, 0}, {5000, 10000}, {0, 10000}}};
static const struct ov_zone quarter = {4, {{0, 0}, {2500, 0}, {2500, 10000}, {0, 10000}}};
static const struct ov_zone crossing = {4, {{2000, 0}, {6000, 0}, {6000, 10000}, {2000, 10000}}};

static struct operating_settings base(void)
{
    struct operating_settings settings = {.threshold = 0.6f,
                                          .cool_down_s = 60,
                                          .min_face_px = 40,
                                          .gate = {16.0f, 0.2f, 40.0f, 30.0f, 20.0f, 0.1f, 0.9f},
                                          .camera_count = 2};
    memset(settings.model_digest, 0xab, OV_DIGEST_BYTES);
    for (size_t i = 0; i < 2; i++) {
        settings.cameras[i].site_id.bytes[0] = 7;
        (void)snprintf(settings.cameras[i].camera, OV_CAMERA_NAME_SIZE, "cam-%zu", i);
        settings.cameras[i].zone = half;
    }
    return settings;
}

/* Exactly this field has gone this way, and the whole with it. */
static void expect(const struct operating_settings *from, const struct operating_settings *to,
                   enum settings_field field, enum settings_direction direction)
{
    struct settings_difference difference = settings_compare(from, to);
    for (int i = 0; i < SETTINGS_FIELD_COUNT; i++) {
        enum settings_direction wanted = i == (int)field ? direction : SETTINGS_SAME;
        if (difference.fields[i] != wanted)
            fail_msg("%s is %s", settings_field_name((enum settings_field)i),
                     settings_direction_name(difference.fields[i]));
    }
    assert_int_equal(difference.overall, direction);
}

/* The change tightens, and taking it back loosens. */
#define TIGHTENS(field, change)                                                                    \
    do {                                                                                           \
        struct operating_settings from = base();                                                   \
        struct operating_settings to = base();                                                     \
        change;                                                                                    \
        expect(&from, &to, (field), SETTINGS_TIGHTER);                                             \
        expect(&to, &from, (field), SETTINGS_LOOSER);                                              \
    } while (0)

static void the_same_is_no_change(void **state)
{
    (void)state;
    struct operating_settings from = base();
    struct operating_settings to = base();
    expect(&from, &to, SETTINGS_MODEL, SETTINGS_SAME);
    to.cameras[0] = from.cameras[1]; /* the order of cameras means nothing */
    to.cameras[1] = from.cameras[0];
    expect(&from, &to, SETTINGS_MODEL, SETTINGS_SAME);
}

static void each_number_has_its_direction(void **state)
{
    (void)state;
    TIGHTENS(SETTINGS_THRESHOLD, to.threshold = 0.6001f);
    TIGHTENS(SETTINGS_COOL_DOWN, to.cool_down_s = 61);
    TIGHTENS(SETTINGS_MIN_FACE, to.min_face_px = 41);
    TIGHTENS(SETTINGS_EYE_DISTANCE, to.gate.min_eye_distance_px = 16.5f);
    TIGHTENS(SETTINGS_SHARPNESS, to.gate.min_sharpness = 0.21f);
    TIGHTENS(SETTINGS_YAW, to.gate.max_yaw_deg = 39.9f);
    TIGHTENS(SETTINGS_PITCH, to.gate.max_pitch_deg = 29.9f);
    TIGHTENS(SETTINGS_ROLL, to.gate.max_roll_deg = 19.9f);
    TIGHTENS(SETTINGS_BRIGHTNESS_MIN, to.gate.min_brightness = 0.11f);
    TIGHTENS(SETTINGS_BRIGHTNESS_MAX, to.gate.max_brightness = 0.89f);
}

static void another_model_is_looser_whichever_way(void **state)
{
    (void)state;
    struct operating_settings from = base();
    struct operating_settings to = base();
    to.model_digest[31] ^= 1;
    expect(&from, &to, SETTINGS_MODEL, SETTINGS_LOOSER);
    expect(&to, &from, SETTINGS_MODEL, SETTINGS_LOOSER);
}

static void fewer_cameras_are_tighter_and_none_named_is_any(void **state)
{
    (void)state;
    TIGHTENS(SETTINGS_CAMERAS, to.camera_count = 1);
    TIGHTENS(SETTINGS_CAMERAS, from.camera_count = 0);
    struct operating_settings from = base();
    struct operating_settings to = base();
    (void)snprintf(to.cameras[1].camera, OV_CAMERA_NAME_SIZE, "cam-9"); /* one for another */
    expect(&from, &to, SETTINGS_CAMERAS, SETTINGS_LOOSER);
    to = base();
    to.cameras[1].site_id.bytes[0] = 8; /* the same name at another site */
    expect(&from, &to, SETTINGS_CAMERAS, SETTINGS_LOOSER);
}

static void a_zone_inside_the_old_one_is_tighter(void **state)
{
    (void)state;
    TIGHTENS(SETTINGS_ZONES, to.cameras[1].zone = quarter);
    TIGHTENS(SETTINGS_ZONES, from.cameras[1].zone.count = 0); /* from the whole picture */
    struct operating_settings from = base();
    struct operating_settings to = base();
    to.cameras[0].zone = crossing; /* partly outside, both ways */
    expect(&from, &to, SETTINGS_ZONES, SETTINGS_LOOSER);
    expect(&to, &from, SETTINGS_ZONES, SETTINGS_LOOSER);
    to = base();
    to.cameras[0].zone = quarter;
    to.cameras[1].zone = crossing; /* one tighter, one looser */
    expect(&from, &to, SETTINGS_ZONES, SETTINGS_LOOSER);
}

static void mixed_counts_as_loosening(void **state)
{
    (void)state;
    struct operating_settings from = base();
    struct operating_settings to = base();
    to.threshold = 0.9f;
    to.min_face_px = 39;
    struct settings_difference difference = settings_compare(&from, &to);
    assert_int_equal(difference.fields[SETTINGS_THRESHOLD], SETTINGS_TIGHTER);
    assert_int_equal(difference.fields[SETTINGS_MIN_FACE], SETTINGS_LOOSER);
    assert_int_equal(difference.overall, SETTINGS_LOOSER);
}

int run_settings_compare_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_is_no_change),
        cmocka_unit_test(each_number_has_its_direction),
        cmocka_unit_test(another_model_is_looser_whichever_way),
        cmocka_unit_test(fewer_cameras_are_tighter_and_none_named_is_any),
        cmocka_unit_test(a_zone_inside_the_old_one_is_tighter),
        cmocka_unit_test(mixed_counts_as_loosening),
    };
    return cmocka_run_group_tests_name("settings_compare", tests, NULL, NULL);
}

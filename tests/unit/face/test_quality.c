/* The quality gates and the measures behind them. */
#include "tests/unit/face/face_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/face/measure.h"

static struct ov_quality good(void)
{
    struct ov_quality quality = {
        .eye_distance_px = 80.0f, .sharpness = 0.6f, .brightness = 0.5f, .contrast = 0.15f};
    return quality;
}

static void expect(const struct ov_quality *quality, enum ov_quality_reason reason)
{
    assert_int_equal(ov_quality_check(quality, ov_quality_gate_probe()), reason);
    assert_int_equal(ov_quality_check(quality, ov_quality_gate_reference()), reason);
}

static void test_each_fault_has_its_reason(void **state)
{
    struct ov_quality quality = good();
    expect(&quality, OV_QUALITY_OK);
    quality.eye_distance_px = 5.0f;
    expect(&quality, OV_QUALITY_TOO_SMALL);
    quality = good();
    quality.cut_off = true;
    expect(&quality, OV_QUALITY_CUT_OFF);
    float *angles[] = {&quality.yaw_deg, &quality.pitch_deg, &quality.roll_deg};
    for (size_t i = 0; i < 3; i++) {
        quality = good();
        *angles[i] = -80.0f;
        expect(&quality, OV_QUALITY_TURNED);
        *angles[i] = 80.0f;
        expect(&quality, OV_QUALITY_TURNED);
    }
    quality = good();
    quality.brightness = 0.02f;
    expect(&quality, OV_QUALITY_TOO_DARK);
    quality.brightness = 0.99f;
    expect(&quality, OV_QUALITY_TOO_BRIGHT);
    quality = good();
    quality.sharpness = 0.01f;
    expect(&quality, OV_QUALITY_BLURRED);
}

static void test_what_is_not_a_number_never_passes(void **state)
{
    struct ov_quality quality = good();
    float *fields[] = {&quality.eye_distance_px, &quality.sharpness, &quality.yaw_deg,
                       &quality.pitch_deg,       &quality.roll_deg,  &quality.brightness};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        quality = good();
        *fields[i] = NAN;
        assert_int_not_equal(ov_quality_check(&quality, ov_quality_gate_probe()), OV_QUALITY_OK);
    }
}

static void test_the_reference_gate_is_nowhere_looser(void **state)
{
    const struct ov_quality_gate *probe = ov_quality_gate_probe();
    const struct ov_quality_gate *reference = ov_quality_gate_reference();
    assert_true(reference->min_eye_distance_px >= probe->min_eye_distance_px);
    assert_true(reference->min_sharpness >= probe->min_sharpness);
    assert_true(reference->max_yaw_deg <= probe->max_yaw_deg);
    assert_true(reference->max_pitch_deg <= probe->max_pitch_deg);
    assert_true(reference->max_roll_deg <= probe->max_roll_deg);
    assert_true(reference->min_brightness >= probe->min_brightness);
    assert_true(reference->max_brightness <= probe->max_brightness);
}

static void test_reasons_have_distinct_names_and_texts(void **state)
{
    for (int i = 0; i < OV_QUALITY_REASON_COUNT; i++) {
        enum ov_quality_reason reason = (enum ov_quality_reason)i;
        assert_true(strlen(ov_quality_reason_text(reason)) > 10);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(ov_quality_reason_name(reason),
                                    ov_quality_reason_name((enum ov_quality_reason)k));
    }
}

/* Noise, blurred by a running mean of width px across and height px down. */
static void blurred_noise(float *out, int side, int width, int height)
{
    float *noise = calloc((size_t)side * (size_t)side, sizeof *noise);
    unsigned seed = 5;
    assert_non_null(noise);
    for (int i = 0; i < side * side; i++) {
        seed = seed * 1664525u + 1013904223u;
        noise[i] = (float)(seed >> 24);
    }
    for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
            float sum = 0.0f;
            for (int dy = 0; dy < height; dy++) {
                for (int dx = 0; dx < width; dx++)
                    sum += noise[(y + dy) % side * side + (x + dx) % side];
            }
            out[y * side + x] = sum / (float)(width * height);
        }
    }
    free(noise);
}

static void test_sharpness_falls_with_blur_in_any_direction(void **state)
{
    float picture[64 * 64];
    float last_even = 2.0f, last_across = 2.0f, last_down = 2.0f;
    for (int blur = 3; blur <= 24; blur *= 2) { /* from detail of 3 px: finer is noise */
        blurred_noise(picture, 64, blur, blur);
        float even = ov_sharpness(picture, 64, 64);
        blurred_noise(picture, 64, blur, 3);
        float across = ov_sharpness(picture, 64, 64);
        blurred_noise(picture, 64, 3, blur);
        float down = ov_sharpness(picture, 64, 64);
        assert_true(even < last_even && across < last_across && down < last_down);
        assert_true(even > 0.0f && across <= 1.0f && down <= 1.0f);
        last_even = even;
        last_across = across;
        last_down = down;
    }
}

static void test_sharpness_does_not_depend_on_contrast(void **state)
{
    float picture[64 * 64];
    blurred_noise(picture, 64, 3, 3);
    float strong = ov_sharpness(picture, 64, 64);
    for (int i = 0; i < 64 * 64; i++)
        picture[i] = 100.0f + 0.3f * picture[i];
    assert_true(fabsf(strong - ov_sharpness(picture, 64, 64)) < 0.01f);
    for (int i = 0; i < 64 * 64; i++)
        picture[i] = 100.0f;
    assert_true(ov_sharpness(picture, 64, 64) == 0.0f);
    assert_true(ov_sharpness(picture, 4, 4) == 0.0f);
}

/* The six points of the generic head, seen by a far camera after turning it (degrees). */
static void project_head(float yaw, float pitch, struct ov_point landmarks[68])
{
    static const int index[6] = {30, 8, 36, 45, 48, 54};
    static const float head[6][3] = {{0, 0, 0},        {0, -330, -65},     {-225, 170, -135},
                                     {225, 170, -135}, {-150, -150, -125}, {150, -150, -125}};
    float sin_yaw = sinf(yaw / 57.29578f), cos_yaw = cosf(yaw / 57.29578f);
    float sin_pitch = sinf(pitch / 57.29578f), cos_pitch = cosf(pitch / 57.29578f);
    memset(landmarks, 0, 68 * sizeof *landmarks);
    for (int i = 0; i < 6; i++) {
        /* Up first (about the head's own x axis), then to the side. */
        float y = head[i][1] * cos_pitch + head[i][2] * sin_pitch;
        float z = -head[i][1] * sin_pitch + head[i][2] * cos_pitch;
        landmarks[index[i]].x = 300.0f + 0.2f * (head[i][0] * cos_yaw + z * sin_yaw);
        landmarks[index[i]].y = 300.0f - 0.2f * y;
    }
}

static void test_the_pose_of_a_turned_head_is_found(void **state)
{
    for (int yaw = -60; yaw <= 60; yaw += 20) {
        for (int pitch = -40; pitch <= 40; pitch += 20) {
            struct ov_point landmarks[68];
            float found_yaw = 0.0f, found_pitch = 0.0f;
            project_head((float)yaw, (float)pitch, landmarks);
            ov_pose_from_landmarks(landmarks, &found_yaw, &found_pitch);
            assert_true(fabsf(found_yaw - (float)yaw) < 0.5f);
            assert_true(fabsf(found_pitch - (float)pitch) < 0.5f);
        }
    }
}

static void test_points_in_one_place_count_as_turned_away(void **state)
{
    struct ov_point landmarks[68];
    float yaw = 0.0f, pitch = 0.0f;
    memset(landmarks, 0, sizeof landmarks);
    ov_pose_from_landmarks(landmarks, &yaw, &pitch);
    assert_true(yaw >= 90.0f && pitch >= 90.0f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_fault_has_its_reason),
        cmocka_unit_test(test_what_is_not_a_number_never_passes),
        cmocka_unit_test(test_the_reference_gate_is_nowhere_looser),
        cmocka_unit_test(test_reasons_have_distinct_names_and_texts),
        cmocka_unit_test(test_sharpness_falls_with_blur_in_any_direction),
        cmocka_unit_test(test_sharpness_does_not_depend_on_contrast),
        cmocka_unit_test(test_the_pose_of_a_turned_head_is_found),
        cmocka_unit_test(test_points_in_one_place_count_as_turned_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

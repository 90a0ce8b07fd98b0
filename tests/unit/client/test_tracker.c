/* Tracks: who belongs together, when they end, how often they are compared. */
#include "client/track/recogniser.h"
#include "client/track/tracker.h"
#include "tests/unit/client/test_client.h"

static const int64_t step_us = 200 * OV_US_PER_MS;

static struct ov_box box_at(float left, float top)
{
    return (struct ov_box){left, top, 40, 50};
}

static void count_track(void *ctx, const struct track *track)
{
    assert_true(track->active);
    ++*(size_t *)ctx;
}

static void test_a_walker_keeps_the_track_and_a_second_face_gets_its_own(void **state)
{
    (void)state;
    struct tracker *tracker = tracker_new();
    struct track *tracks[2];
    for (int i = 0; i < 20; i++) {
        const struct ov_box boxes[2] = {box_at(10.0f * (float)i, 100), box_at(500, 90)};
        tracker_update(tracker, boxes, 2, i * step_us, tracks);
        assert_int_equal(tracks[0]->id, 1);
        assert_int_equal(tracks[1]->id, 2);
    }
    tracker_free(tracker);
}

static void test_a_fast_walker_is_followed_by_the_centre(void **state)
{
    (void)state;
    struct tracker *tracker = tracker_new();
    struct track *track = NULL;
    struct ov_box box = box_at(0, 0);
    tracker_update(tracker, &box, 1, 0, &track);
    box = box_at(29, 0); /* little overlap, less than three quarters of a face away */
    tracker_update(tracker, &box, 1, step_us, &track);
    assert_int_equal(track->id, 1);
    box = box_at(29 + 60, 0); /* one and a half faces away */
    tracker_update(tracker, &box, 1, 2 * step_us, &track);
    assert_int_equal(track->id, 2);
    tracker_free(tracker);
}

static void test_a_face_of_quite_another_size_is_another_track(void **state)
{
    (void)state;
    struct tracker *tracker = tracker_new();
    struct track *track = NULL;
    struct ov_box box = {100, 100, 40, 40};
    tracker_update(tracker, &box, 1, 0, &track);
    box = (struct ov_box){80, 80, 80, 80};
    tracker_update(tracker, &box, 1, step_us, &track);
    assert_int_equal(track->id, 2);
    tracker_free(tracker);
}

static void test_two_that_cross_do_not_share_a_track(void **state)
{
    (void)state;
    struct tracker *tracker = tracker_new();
    struct track *tracks[2];
    for (int i = 0; i < 10; i++) {
        const struct ov_box boxes[2] = {box_at(12.0f * (float)i, 0),
                                        box_at(108 - 12.0f * (float)i, 0)};
        tracker_update(tracker, boxes, 2, i * step_us, tracks);
        assert_ptr_not_equal(tracks[0], tracks[1]);
        assert_true(tracks[0]->id <= 2 && tracks[1]->id <= 2);
    }
    tracker_free(tracker);
}

static void test_a_track_survives_a_short_gap_and_ends_after_a_second(void **state)
{
    (void)state;
    struct tracker *tracker = tracker_new();
    struct track *track = NULL;
    struct ov_box box = box_at(0, 0);
    size_t finished = 0;
    tracker_update(tracker, &box, 1, 0, &track);
    tracker_sweep(tracker, TRACK_LOST_US, count_track, &finished);
    assert_int_equal(finished, 0);
    tracker_update(tracker, &box, 1, TRACK_LOST_US, &track);
    assert_int_equal(track->id, 1);
    tracker_sweep(tracker, 2 * TRACK_LOST_US + 1, count_track, &finished);
    assert_int_equal(finished, 1);
    tracker_update(tracker, &box, 1, 2 * TRACK_LOST_US + 2, &track);
    assert_int_equal(track->id, 2);
    tracker_flush(tracker, count_track, &finished);
    assert_int_equal(finished, 2);
    tracker_free(tracker);
}

static void test_more_faces_than_tracks_are_left_without_one(void **state)
{
    (void)state;
    struct tracker *tracker = tracker_new();
    static struct ov_box boxes[OV_FACES_MAX];
    static struct track *tracks[OV_FACES_MAX];
    for (int i = 0; i < OV_FACES_MAX; i++)
        boxes[i] = box_at(1000.0f * (float)i, 0);
    tracker_update(tracker, boxes, OV_FACES_MAX, 0, tracks);
    assert_non_null(tracks[OV_FACES_MAX - 1]);
    for (int i = 0; i < OV_FACES_MAX; i++)
        boxes[i] = box_at(1000.0f * (float)i, 5000);
    tracker_update(tracker, boxes, OV_FACES_MAX, 1, tracks);
    assert_null(tracks[0]);
    tracker_free(tracker);
}

static void test_boxes_without_size_are_no_trouble(void **state)
{
    (void)state;
    struct tracker *tracker = tracker_new();
    const struct ov_box boxes[2] = {{0, 0, 0, 0}, {5, 5, -3, 2}};
    struct track *tracks[2];
    tracker_update(tracker, boxes, 2, 0, tracks);
    tracker_update(tracker, boxes, 2, 1, tracks);
    assert_int_equal(tracks[0]->id, 3);
    tracker_free(tracker);
}

static void test_a_track_is_compared_every_half_second_or_when_clearly_better(void **state)
{
    (void)state;
    struct track track = {.id = 1, .active = true};
    assert_true(track_wants_probe(&track, 1.0f, 0));
    track_probed(&track, 1.0f, 0);
    assert_false(track_wants_probe(&track, 1.2f, step_us));
    assert_true(track_wants_probe(&track, 1.3f, step_us));
    track_probed(&track, 1.3f, step_us);
    assert_false(track_wants_probe(&track, 1.3f, step_us + TRACK_PROBE_EVERY_US - 1));
    assert_true(track_wants_probe(&track, 0.1f, step_us + TRACK_PROBE_EVERY_US));
}

static void test_merit_prefers_sharp_frontal_large_faces(void **state)
{
    (void)state;
    const struct ov_quality good = {.eye_distance_px = 40, .sharpness = 0.8f};
    struct ov_quality worse = good;
    worse.yaw_deg = -40;
    assert_true(track_merit(&good) > track_merit(&worse));
    worse = good;
    worse.sharpness = 0.3f;
    assert_true(track_merit(&good) > track_merit(&worse));
    worse = good;
    worse.eye_distance_px = 15;
    assert_true(track_merit(&good) > track_merit(&worse));
}

static void test_a_cut_off_face_is_rejected_unless_it_is_too_small_anyway(void **state)
{
    (void)state;
    const struct ov_quality_gate gate = {.min_eye_distance_px = 20,
                                         .max_yaw_deg = 45,
                                         .max_pitch_deg = 45,
                                         .max_roll_deg = 45,
                                         .max_brightness = 1};
    struct ov_face face;
    memset(&face, 0, sizeof(face));
    face.quality = (struct ov_quality){.eye_distance_px = 30, .sharpness = 1, .brightness = 0.5f};
    assert_int_equal(recogniser_judge(&face, &gate), OV_QUALITY_OK);
    face.cut_off = true;
    assert_int_equal(recogniser_judge(&face, &gate), OV_QUALITY_CUT_OFF);
    face.quality.yaw_deg = 80;
    assert_int_equal(recogniser_judge(&face, &gate), OV_QUALITY_CUT_OFF);
    face.quality.eye_distance_px = 10;
    assert_int_equal(recogniser_judge(&face, &gate), OV_QUALITY_TOO_SMALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_walker_keeps_the_track_and_a_second_face_gets_its_own),
        cmocka_unit_test(test_a_fast_walker_is_followed_by_the_centre),
        cmocka_unit_test(test_a_face_of_quite_another_size_is_another_track),
        cmocka_unit_test(test_two_that_cross_do_not_share_a_track),
        cmocka_unit_test(test_a_track_survives_a_short_gap_and_ends_after_a_second),
        cmocka_unit_test(test_more_faces_than_tracks_are_left_without_one),
        cmocka_unit_test(test_boxes_without_size_are_no_trouble),
        cmocka_unit_test(test_a_track_is_compared_every_half_second_or_when_clearly_better),
        cmocka_unit_test(test_merit_prefers_sharp_frontal_large_faces),
        cmocka_unit_test(test_a_cut_off_face_is_rejected_unless_it_is_too_small_anyway),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

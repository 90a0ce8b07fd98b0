/* Faces outside the zone of recognition are gone before anything else is done with them. */
#include "client/track/zoned.h"
#include "tests/unit/client/test_client.h"

static const struct ov_zone left_half = {4, {{0, 0}, {5000, 0}, {5000, 10000}, {0, 10000}}};

static struct ov_face face_at(float x, float y)
{
    struct ov_face face = {.box = {x - 20, y - 30, 40, 60}, .detection_score = 0.9f};
    return face;
}

static void test_only_faces_inside_stay_and_in_their_order(void **state)
{
    (void)state;
    struct ov_face faces[] = {face_at(100, 50), face_at(700, 50), face_at(300, 90),
                              face_at(500, 90)};
    struct ov_face_list list = {faces, 4};
    assert_int_equal(zoned_drop_outside(&list, &left_half, 800, 400), 2);
    assert_int_equal(list.count, 2);
    assert_true(faces[0].box.left == 80.0f && faces[1].box.left == 280.0f);
}

static void test_what_is_dropped_is_wiped(void **state)
{
    (void)state;
    struct ov_face faces[] = {face_at(700, 50), face_at(100, 50)};
    static const struct ov_face wiped;
    struct ov_face_list list = {faces, 2};
    assert_int_equal(zoned_drop_outside(&list, &left_half, 800, 400), 1);
    assert_memory_equal(&faces[1], &wiped, sizeof(wiped));
}

static void test_the_whole_picture_drops_nothing(void **state)
{
    (void)state;
    struct ov_face faces[] = {face_at(0, 0), face_at(800, 400)};
    const struct ov_zone whole = {.count = 0};
    struct ov_face_list list = {faces, 2};
    assert_int_equal(zoned_drop_outside(&list, &whole, 800, 400), 0);
    assert_int_equal(list.count, 2);
}

static void test_a_box_is_reported_in_whole_px_and_never_empty(void **state)
{
    (void)state;
    const struct ov_box box = {-3.0f, 10.5f, 0.2f, 70000.0f};
    struct ov_zone_face face = zoned_face(&box, 800, 70000);
    assert_int_equal(face.left, 0);
    assert_int_equal(face.top, 11);
    assert_int_equal(face.width, 1);
    assert_int_equal(face.height, 65535);
    assert_int_equal(face.frame_width, 800);
    assert_int_equal(face.frame_height, 0); /* not known: larger than can be said */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_faces_inside_stay_and_in_their_order),
        cmocka_unit_test(test_what_is_dropped_is_wiped),
        cmocka_unit_test(test_the_whole_picture_drops_nothing),
        cmocka_unit_test(test_a_box_is_reported_in_whole_px_and_never_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

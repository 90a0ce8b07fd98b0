/* Zones: what a face has to do with one, and one with another. */
#include "tests/unit/face/face_test.h"

#include <stdlib.h>
#include <string.h>

#include "common/face/zone.h"

#define CELLS 8
#define CELL (OV_ZONE_SCALE / CELLS)

static struct ov_zone zone_of(size_t count, const int (*cells)[2])
{
    struct ov_zone zone = {.count = count};
    for (size_t i = 0; i < count; i++) {
        zone.points[i].x = (uint16_t)(cells[i][0] * CELL);
        zone.points[i].y = (uint16_t)(cells[i][1] * CELL);
    }
    return zone;
}

static struct ov_zone rectangle(int left, int top, int right, int bottom)
{
    const int cells[4][2] = {{left, top}, {right, top}, {right, bottom}, {left, bottom}};
    return zone_of(4, cells);
}

/* A U: open above between columns 3 and 5, down to row 5. */
static const int u_shape[8][2] = {{1, 1}, {3, 1}, {3, 5}, {5, 5}, {5, 1}, {7, 1}, {7, 7}, {1, 7}};

static bool u_covers(int column, int row)
{
    bool outline = column >= 1 && column < 7 && row >= 1 && row < 7;
    return outline && !(column >= 3 && column < 5 && row < 5);
}

static void test_a_zone_is_a_simple_polygon(void **state)
{
    (void)state;
    struct ov_zone whole = {.count = 0};
    assert_int_equal(ov_zone_check(&whole, NULL), OV_OK);
    struct ov_zone u = zone_of(8, u_shape);
    assert_int_equal(ov_zone_check(&u, NULL), OV_OK);
    struct ov_zone full = rectangle(0, 0, CELLS, CELLS);
    assert_int_equal(ov_zone_check(&full, NULL), OV_OK);
}

static void refused(const struct ov_zone *zone, const char *code)
{
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(ov_zone_check(zone, &err), OV_ERR_INVALID);
    assert_string_equal(err.code, code);
}

static void test_what_is_no_polygon_is_refused(void **state)
{
    (void)state;
    struct ov_zone zone = rectangle(1, 1, 3, 3);
    zone.count = 2;
    refused(&zone, "zone.points");
    zone.count = OV_ZONE_POINTS_MAX + 1;
    refused(&zone, "zone.points");
    zone = rectangle(1, 1, 3, 3);
    zone.points[2].x = OV_ZONE_SCALE + 1;
    refused(&zone, "zone.points");
    const int bow[4][2] = {{1, 1}, {3, 3}, {3, 1}, {1, 3}};
    zone = zone_of(4, bow);
    refused(&zone, "zone.shape");
    const int line[3][2] = {{1, 1}, {2, 2}, {3, 3}};
    zone = zone_of(3, line);
    refused(&zone, "zone.shape");
    const int twice[4][2] = {{1, 1}, {1, 1}, {3, 1}, {1, 3}};
    zone = zone_of(4, twice);
    refused(&zone, "zone.shape");
    const int spike[4][2] = {{1, 1}, {5, 1}, {3, 1}, {3, 4}};
    zone = zone_of(4, spike);
    refused(&zone, "zone.shape");
    const int pinched[6][2] = {{1, 1}, {4, 3}, {7, 1}, {7, 5}, {4, 3}, {1, 5}};
    zone = zone_of(6, pinched);
    refused(&zone, "zone.shape");
}

/* On a grid the answer can be counted: a rectangle lies in the U when all its cells do. */
static void test_containment_is_what_counting_cells_says(void **state)
{
    (void)state;
    struct ov_zone u = zone_of(8, u_shape);
    size_t inside = 0;
    for (int n = 0; n < CELLS * CELLS * CELLS * CELLS; n++) {
        int left = n % CELLS;
        int top = n / CELLS % CELLS;
        int right = n / (CELLS * CELLS) % CELLS + 1;
        int bottom = n / (CELLS * CELLS * CELLS) + 1;
        if (left >= right || top >= bottom)
            continue;
        bool expected = true;
        for (int x = left; x < right; x++)
            for (int y = top; y < bottom; y++)
                expected = expected && u_covers(x, y);
        struct ov_zone tried = rectangle(left, top, right, bottom);
        if (ov_zone_is_within(&tried, &u) != expected)
            fail_msg("%d,%d to %d,%d", left, top, right, bottom);
        inside += expected;
    }
    assert_true(inside > 20);
}

static void test_containment_does_not_depend_on_where_a_polygon_begins_or_turns(void **state)
{
    (void)state;
    struct ov_zone u = zone_of(8, u_shape);
    for (size_t start = 0; start < u.count; start++) {
        struct ov_zone turned = {.count = u.count};
        struct ov_zone back = {.count = u.count};
        for (size_t i = 0; i < u.count; i++) {
            turned.points[i] = u.points[(start + i) % u.count];
            back.points[i] = u.points[(start + u.count - i) % u.count];
        }
        assert_true(ov_zone_is_within(&turned, &u));
        assert_true(ov_zone_is_within(&back, &u));
        assert_true(ov_zone_is_within(&u, &back));
    }
}

/* The gap is as narrow as it can be: a triangle over it is outside by one ten-thousandth. */
static void test_a_gap_of_one_unit_is_seen(void **state)
{
    (void)state;
    struct ov_zone notched = {
        .count = 7,
        .points = {
            {0, 0}, {5000, 0}, {5000, 9000}, {5001, 0}, {10000, 0}, {10000, 10000}, {0, 10000}}};
    struct ov_zone across = {.count = 3, .points = {{4000, 0}, {6000, 0}, {5000, 100}}};
    struct ov_zone below = {.count = 3, .points = {{4000, 9000}, {6000, 9000}, {5000, 9500}}};
    assert_int_equal(ov_zone_check(&notched, NULL), OV_OK);
    assert_false(ov_zone_is_within(&across, &notched));
    assert_true(ov_zone_is_within(&below, &notched));
}

static void test_every_zone_is_within_the_whole_picture(void **state)
{
    (void)state;
    struct ov_zone whole = {.count = 0};
    struct ov_zone u = zone_of(8, u_shape);
    struct ov_zone full = rectangle(0, 0, CELLS, CELLS);
    assert_true(ov_zone_is_within(&u, &whole));
    assert_false(ov_zone_is_within(&whole, &u));
    assert_true(ov_zone_is_within(&whole, &full));
    assert_true(ov_zone_is_within(&whole, &whole));
    assert_false(ov_zone_equal(&whole, &full));
    assert_true(ov_zone_equal(&u, &u));
}

static bool face_at(const struct ov_zone *zone, uint32_t x, uint32_t y)
{
    const struct ov_zone_face face = {x - 10, y - 10, 20, 20, 800, 400};
    return ov_zone_has_face(zone, &face);
}

static void test_the_centre_of_the_face_decides(void **state)
{
    (void)state;
    struct ov_zone u = zone_of(8, u_shape); /* cells of 100 x 50 px */
    assert_true(face_at(&u, 200, 200));
    assert_true(face_at(&u, 100, 50)); /* its edge belongs to it */
    assert_true(face_at(&u, 700, 350));
    assert_false(face_at(&u, 99, 200));
    assert_false(face_at(&u, 400, 200)); /* in the gap */
    assert_true(face_at(&u, 400, 300));
    assert_false(face_at(&u, 400, 375));
}

static void test_without_the_size_of_the_picture_only_the_whole_one_holds_a_face(void **state)
{
    (void)state;
    struct ov_zone whole = {.count = 0};
    struct ov_zone full = rectangle(0, 0, CELLS, CELLS);
    struct ov_zone_face face = {10, 10, 20, 20, 0, 0};
    assert_true(ov_zone_has_face(&whole, &face));
    assert_false(ov_zone_has_face(&full, &face));
    face = (struct ov_zone_face){65535, 65535, 65535, 65535, 1, 1}; /* far outside: no overflow */
    assert_false(ov_zone_has_face(&full, &face));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_zone_is_a_simple_polygon),
        cmocka_unit_test(test_what_is_no_polygon_is_refused),
        cmocka_unit_test(test_containment_is_what_counting_cells_says),
        cmocka_unit_test(test_containment_does_not_depend_on_where_a_polygon_begins_or_turns),
        cmocka_unit_test(test_a_gap_of_one_unit_is_seen),
        cmocka_unit_test(test_every_zone_is_within_the_whole_picture),
        cmocka_unit_test(test_the_centre_of_the_face_decides),
        cmocka_unit_test(test_without_the_size_of_the_picture_only_the_whole_one_holds_a_face),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

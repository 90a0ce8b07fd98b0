/* Images, alignment, tiles and scores: arithmetic with known answers. */
#include "tests/unit/face/face_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/face/align.h"
#include "common/face/tiles.h"

static bool near_to(float a, float b, float tolerance)
{
    return fabsf(a - b) <= tolerance;
}

/* ---- images ---- */

static void test_sizes_are_checked_before_memory_is_taken(void **state)
{
    struct ov_image image = OV_IMAGE_INIT;
    assert_int_equal(ov_image_new(&image, 0, 5), OV_ERR_INVALID);
    assert_int_equal(ov_image_new(&image, 5, -1), OV_ERR_INVALID);
    assert_int_equal(ov_image_new(&image, 2000000000, 2000000000), OV_ERR_LIMIT);
    assert_null(image.pixels.data);
}

static void test_a_crop_that_reaches_outside_is_black_there(void **state)
{
    struct ov_image image = OV_IMAGE_INIT, crop = OV_IMAGE_INIT;
    assert_int_equal(ov_image_new(&image, 4, 4), OV_OK);
    memset(image.pixels.data, 200, image.pixels.size);
    assert_int_equal(ov_image_crop(&crop, &image, -2, -2, 4, 4), OV_OK);
    assert_int_equal(crop.pixels.data[0], 0);
    assert_int_equal(crop.pixels.data[3 * (2 * 4 + 2)], 200);
    assert_int_equal(crop.pixels.data[3 * (1 * 4 + 2)], 0);
    ov_image_free(&crop);
    assert_int_equal(ov_image_crop(&crop, &image, 100, 100, 2, 2), OV_OK);
    assert_int_equal(crop.pixels.data[0], 0);
    ov_image_free(&crop);
    assert_int_equal(ov_image_crop(&crop, &image, 2147483000, -2147483000, 2, 2), OV_OK);
    ov_image_free(&crop);
    ov_image_free(&image);
}

static void test_shrinking_averages_and_growing_interpolates(void **state)
{
    struct ov_image image = OV_IMAGE_INIT, small = OV_IMAGE_INIT, large = OV_IMAGE_INIT;
    assert_int_equal(ov_image_new(&image, 4, 1), OV_OK);
    for (int x = 0; x < 4; x++)
        memset(image.pixels.data + 3 * x, 40 * x, 3);
    assert_int_equal(ov_image_resize(&small, &image, 2, 1), OV_OK);
    assert_int_equal(small.pixels.data[0], 20);
    assert_int_equal(small.pixels.data[3], 100);
    assert_int_equal(ov_image_resize(&large, &image, 8, 1), OV_OK);
    assert_int_equal(large.pixels.data[0], 0);
    assert_int_equal(large.pixels.data[3], 10);
    assert_int_equal(large.pixels.data[6], 30);
    assert_int_equal(large.pixels.data[21], 120);
    ov_image_free(&image);
    ov_image_free(&small);
    ov_image_free(&large);
}

static void test_a_flat_picture_stays_flat_at_every_size(void **state)
{
    struct ov_image image = OV_IMAGE_INIT;
    assert_int_equal(ov_image_new(&image, 37, 23), OV_OK);
    memset(image.pixels.data, 77, image.pixels.size);
    for (int width = 1; width < 90; width += 7) {
        struct ov_image resized = OV_IMAGE_INIT;
        assert_int_equal(ov_image_resize(&resized, &image, width, 91 - width), OV_OK);
        for (size_t i = 0; i < resized.pixels.size; i++)
            assert_int_equal(resized.pixels.data[i], 77);
        ov_image_free(&resized);
    }
    ov_image_free(&image);
}

/* ---- alignment ---- */

static void test_a_known_similarity_is_found_again(void **state)
{
    const struct ov_point *from = ov_align_template();
    for (int degrees = -170; degrees <= 180; degrees += 35) {
        float angle = (float)degrees / 57.29578f, scale = 0.3f + (float)(degrees + 170) / 100.0f;
        struct ov_similarity known = {scale * cosf(angle), scale * sinf(angle), 12.5f, -40.0f};
        struct ov_point to[5];
        struct ov_similarity found;
        for (int i = 0; i < 5; i++)
            to[i] = ov_similarity_apply(&known, from[i]);
        assert_int_equal(ov_similarity_fit(&found, from, to, 5), OV_OK);
        assert_true(near_to(found.a, known.a, 1e-4f) && near_to(found.b, known.b, 1e-4f));
        assert_true(near_to(found.tx, known.tx, 1e-2f) && near_to(found.ty, known.ty, 1e-2f));
        struct ov_similarity back = ov_similarity_inverse(&found);
        struct ov_point again = ov_similarity_apply(&back, to[3]);
        assert_true(near_to(again.x, from[3].x, 1e-2f) && near_to(again.y, from[3].y, 1e-2f));
    }
}

static void test_the_fit_is_the_least_squares_one(void **state)
{
    struct ov_point from[3] = {{0, 0}, {10, 0}, {0, 10}};
    struct ov_point to[3] = {{1, 0}, {10, 1}, {-1, 9}};
    struct ov_similarity best;
    assert_int_equal(ov_similarity_fit(&best, from, to, 3), OV_OK);
    float least = INFINITY;
    for (int k = 0; k <= 8; k++) { /* k = 8: the fit itself; else one parameter moved a little */
        struct ov_similarity map = best;
        float *parameter[4] = {&map.a, &map.b, &map.tx, &map.ty};
        if (k < 8)
            *parameter[k / 2] += k % 2 == 0 ? 0.01f : -0.01f;
        float error = 0.0f;
        for (int i = 0; i < 3; i++) {
            struct ov_point at = ov_similarity_apply(&map, from[i]);
            error += (at.x - to[i].x) * (at.x - to[i].x) + (at.y - to[i].y) * (at.y - to[i].y);
        }
        if (k == 8)
            assert_true(error < least);
        else if (error < least)
            least = error;
    }
}

static void test_points_that_coincide_are_no_face(void **state)
{
    struct ov_point same[5] = {{3, 3}, {3, 3}, {3, 3}, {3, 3}, {3, 3}};
    struct ov_point wild[5] = {{NAN, 3}, {3, 3}, {3, 3}, {3, INFINITY}, {3, 3}};
    struct ov_similarity map;
    unsigned char out[112 * 112 * 3];
    struct ov_image image = OV_IMAGE_INIT;
    make_gradient(32, 32, &image);
    assert_int_equal(ov_similarity_fit(&map, same, ov_align_template(), 5), OV_ERR_INVALID);
    assert_int_equal(ov_align_face(&image, same, 112, out), OV_ERR_INVALID);
    assert_int_equal(ov_align_face(&image, wild, 112, out), OV_ERR_INVALID);
    ov_image_free(&image);
}

static void test_alignment_puts_the_points_on_the_template(void **state)
{
    for (int zoom = 1; zoom <= 5; zoom++) { /* from 3 on, pixels are averaged first */
        struct ov_image image = OV_IMAGE_INIT;
        struct ov_point five[5];
        assert_int_equal(ov_image_new(&image, 140 * zoom, 140 * zoom), OV_OK);
        for (int i = 0; i < 5; i++) {
            five[i].x = (ov_align_template()[i].x + 10.0f) * (float)zoom;
            five[i].y = (ov_align_template()[i].y + 15.0f) * (float)zoom;
            for (int y = -3 * zoom; y <= 3 * zoom; y++) { /* a bright square on each point */
                for (int x = -3 * zoom; x <= 3 * zoom; x++)
                    image.pixels
                        .data[3 * (((int)five[i].y + y) * image.width + (int)five[i].x + x)] = 250;
            }
        }
        unsigned char out[112 * 112 * 3];
        assert_int_equal(ov_align_face(&image, five, 112, out), OV_OK);
        for (int i = 0; i < 5; i++) {
            int x = (int)lroundf(ov_align_template()[i].x);
            int y = (int)lroundf(ov_align_template()[i].y);
            assert_in_range(out[3 * (y * 112 + x)], 240, 250);
            assert_int_equal(out[3 * ((y + 6) * 112 + x)], 0);
        }
        ov_image_free(&image);
    }
}

static void test_a_face_outside_its_picture_is_black(void **state)
{
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_point five[5];
    unsigned char out[112 * 112 * 3];
    make_gradient(64, 64, &image);
    for (int zoom = 1; zoom <= 4; zoom += 3) {
        for (int i = 0; i < 5; i++) {
            five[i].x = ov_align_template()[i].x * (float)zoom + 5000.0f;
            five[i].y = ov_align_template()[i].y * (float)zoom - 9000.0f;
        }
        memset(out, 1, sizeof out);
        assert_int_equal(ov_align_face(&image, five, 112, out), OV_OK);
        for (size_t i = 0; i < sizeof out; i++)
            assert_int_equal(out[i], 0);
    }
    ov_image_free(&image);
}

/* ---- tiles ---- */

static bool holds(const struct ov_tile *tile, float left, float top, float width, float height)
{
    struct ov_box box = {left, top, width, height};
    const struct ov_box *region = &tile->region;
    return left >= region->left && top >= region->top &&
           left + width <= region->left + region->width &&
           top + height <= region->top + region->height && !ov_tile_cuts(tile, &box, 320);
}

/* Some tile shows the face whole, uncut and at a size that the detector finds. */
static bool is_found_somewhere(const struct ov_tile_plan *plan, float left, float top, float width)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct ov_box *region = &plan->tiles[i].region;
        float height = 1.3f * width;
        bool large = width * 320.0f / region->width >= 0.97f * OV_DETECTABLE_PX &&
                     height * 240.0f / region->height >= 0.97f * OV_DETECTABLE_PX;
        if (large && holds(&plan->tiles[i], left, top, width, height))
            return true;
    }
    return false;
}

static void test_every_face_is_whole_in_a_tile_that_shows_it_large_enough(void **state)
{
    static const int pictures[][3] = {{1920, 1080, 40}, {1280, 720, 40},   {640, 480, 40},
                                      {1080, 1920, 40}, {3840, 2160, 40},  {6000, 4000, 50},
                                      {1920, 1080, 24}, {320, 240, 12},    {4000, 300, 40},
                                      {200, 5000, 30},  {1921, 1081, 100}, {7680, 4320, 40}};
    for (size_t p = 0; p < sizeof pictures / sizeof pictures[0]; p++) {
        int width = pictures[p][0], height = pictures[p][1], face = pictures[p][2];
        struct ov_tile_plan plan;
        assert_int_equal(ov_tiles_plan(&plan, width, height, face, 320, 240), OV_OK);
        unsigned seed = 7;
        for (int i = 0; i < 3000; i++) {
            seed = seed * 1664525u + 1013904223u;
            float size = (float)face * (1.0f + (float)(seed >> 20) / 400.0f);
            if (size * 1.3f > (float)height || size > (float)width)
                continue;
            seed = seed * 1664525u + 1013904223u;
            float left = ((float)width - size) * (float)(seed >> 8) / 16777216.0f;
            seed = seed * 1664525u + 1013904223u;
            float top = ((float)height - 1.3f * size) * (float)(seed >> 8) / 16777216.0f;
            if (!is_found_somewhere(&plan, left, top, size))
                fail_msg("%dx%d: a face of %.0f px at %.0f %.0f is lost", width, height,
                         (double)size, (double)left, (double)top);
        }
        ov_tile_plan_free(&plan);
    }
}

static void test_tiles_stay_inside_and_few(void **state)
{
    static const struct {
        int width, height, face;
        size_t most;
    } cases[] = {{1920, 1080, 0, 1},   {640, 480, 40, 1},     {1280, 720, 80, 1},
                 {1920, 1080, 40, 10}, {1280, 720, 40, 7},    {3840, 2160, 40, 70},
                 {1920, 1080, 120, 1}, {8000, 8000, 1, 12000}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ov_tile_plan plan;
        assert_int_equal(
            ov_tiles_plan(&plan, cases[i].width, cases[i].height, cases[i].face, 320, 240), OV_OK);
        assert_in_range(plan.count, 1, cases[i].most);
        for (size_t t = 0; t < plan.count; t++) {
            const struct ov_box *region = &plan.tiles[t].region;
            assert_true(region->left >= 0 && region->top >= 0 && region->width > 0);
            assert_true(region->left + region->width <= (float)cases[i].width);
            assert_true(region->top + region->height <= (float)cases[i].height);
            assert_int_equal(plan.tiles[t].inner_left, region->left > 0);
            assert_int_equal(plan.tiles[t].inner_bottom,
                             region->top + region->height < (float)cases[i].height);
        }
        ov_tile_plan_free(&plan);
    }
}

static void test_a_box_cut_by_a_tile_gives_way_to_the_whole_one(void **state)
{
    struct ov_candidate found[] = {
        {{100, 100, 20, 50}, 0.99f, true}, /* the left half, surer than the whole */
        {{100, 100, 40, 50}, 0.80f, false},
        {{300, 100, 40, 50}, 0.70f, true}, /* cut, but nobody saw it whole */
    };
    assert_int_equal(ov_candidates_merge(found, 3, 0.4f), 2);
    assert_true(found[0].box.width == 40.0f && !found[0].cut);
    assert_true(found[1].box.left == 300.0f);
}

static void test_suppression_keeps_the_best_of_one_face_and_both_of_two(void **state)
{
    struct ov_candidate found[] = {
        {{10, 10, 40, 50}, 0.7f, false},  {{12, 11, 40, 50}, 0.9f, false},
        {{200, 10, 40, 50}, 0.8f, false}, {{8, 9, 42, 52}, 0.9f, false},
        {{35, 10, 40, 50}, 0.75f, false}, /* a neighbour: overlaps by a fifth */
    };
    assert_int_equal(ov_candidates_merge(found, 5, 0.4f), 3);
    assert_true(found[0].box.width == 42.0f); /* equal scores: the larger */
    assert_true(found[1].box.left == 200.0f);
    assert_true(found[2].box.left == 35.0f);
    assert_int_equal(ov_candidates_merge(found, 0, 0.4f), 0);
}

static void test_the_order_of_boxes_does_not_change_what_is_kept(void **state)
{
    struct ov_candidate first[12], second[12];
    unsigned seed = 3;
    for (int i = 0; i < 12; i++) {
        seed = seed * 1664525u + 1013904223u;
        first[i] = (struct ov_candidate){
            {(float)(seed >> 28) * 12.0f, 10, 40, 50}, i % 3 == 0 ? 0.9f : 0.8f, i % 4 == 0};
        second[11 - i] = first[i];
    }
    size_t count = ov_candidates_merge(first, 12, 0.4f);
    assert_int_equal(ov_candidates_merge(second, 12, 0.4f), count);
    for (size_t i = 0; i < count; i++)
        assert_true(first[i].box.left == second[i].box.left && first[i].score == second[i].score);
}

/* ---- scores ---- */

/* The documented order, written down naively. */
static float reference_score(const float *a, const float *b, int dimension)
{
    volatile float lane[16] = {0};
    for (int i = 0; i < dimension; i++) {
        volatile float product = a[i] * b[i]; /* rounded before it is added */
        lane[i % 16] = lane[i % 16] + product;
    }
    for (int width = 8; width > 0; width /= 2) {
        for (int k = 0; k < width; k++)
            lane[k] = lane[k] + lane[k + width];
    }
    return lane[0];
}

static void test_the_score_is_the_documented_sum_to_the_last_bit(void **state)
{
    static const int dimensions[] = {1, 15, 16, 17, 128, 500, 512, 1024};
    float a[1024], b[1024];
    unsigned seed = 11;
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < 1024; i++) {
            seed = seed * 1664525u + 1013904223u;
            a[i] = (float)(int)(seed >> 8) / 8388608.0f - 1.0f;
            seed = seed * 1664525u + 1013904223u;
            b[i] = (float)(int)(seed >> 8) / 8388608.0f - 1.0f;
        }
        int dimension = dimensions[(size_t)round % (sizeof dimensions / sizeof dimensions[0])];
        float score = ov_descriptor_cosine(a, b, dimension);
        float expected = reference_score(a, b, dimension);
        assert_memory_equal(&score, &expected, sizeof score);
        expected = ov_descriptor_cosine(b, a, dimension);
        assert_memory_equal(&score, &expected, sizeof score);
    }
}

static void test_the_score_does_not_depend_on_where_the_floats_lie(void **state)
{
    float room[2][520];
    for (int i = 0; i < 520; i++)
        room[0][i] = room[1][i] = sinf((float)i);
    float expected = ov_descriptor_cosine(room[0], room[1], 512);
    for (int shift = 1; shift < 8; shift++) {
        memmove(room[0] + shift, room[1], 512 * sizeof(float));
        float score = ov_descriptor_cosine(room[0] + shift, room[1], 512);
        assert_memory_equal(&score, &expected, sizeof score);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_are_checked_before_memory_is_taken),
        cmocka_unit_test(test_a_crop_that_reaches_outside_is_black_there),
        cmocka_unit_test(test_shrinking_averages_and_growing_interpolates),
        cmocka_unit_test(test_a_flat_picture_stays_flat_at_every_size),
        cmocka_unit_test(test_a_known_similarity_is_found_again),
        cmocka_unit_test(test_the_fit_is_the_least_squares_one),
        cmocka_unit_test(test_points_that_coincide_are_no_face),
        cmocka_unit_test(test_alignment_puts_the_points_on_the_template),
        cmocka_unit_test(test_a_face_outside_its_picture_is_black),
        cmocka_unit_test(test_every_face_is_whole_in_a_tile_that_shows_it_large_enough),
        cmocka_unit_test(test_tiles_stay_inside_and_few),
        cmocka_unit_test(test_a_box_cut_by_a_tile_gives_way_to_the_whole_one),
        cmocka_unit_test(test_suppression_keeps_the_best_of_one_face_and_both_of_two),
        cmocka_unit_test(test_the_order_of_boxes_does_not_change_what_is_kept),
        cmocka_unit_test(test_the_score_is_the_documented_sum_to_the_last_bit),
        cmocka_unit_test(test_the_score_does_not_depend_on_where_the_floats_lie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

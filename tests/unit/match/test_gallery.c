/* What a gallery promises: exact, the best template per entry, the same score in any company. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/face/face.h"
#include "server/match/faiss_index.h"
#include "server/match/gallery.h"
#include "tests/unit/match/rows.h"

#define ENTRIES 700u
#define PER_ENTRY 3u
#define TEMPLATES (ENTRIES * PER_ENTRY)
#define QUERIES 90u

struct fixture {
    float templates[TEMPLATES][ROWS_DIMENSION];
    float queries[QUERIES][ROWS_DIMENSION];
    struct gallery *gallery;
};

/* Template t belongs to entry t % ENTRIES, so that an entry's templates are far apart. */
static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    uint64_t seed = 88172645463325252u;
    faiss_thread_init();
    struct gallery_builder *builder = gallery_builder_new(ROWS_DIMENSION, NULL);
    assert_non_null(fixture);
    assert_non_null(builder);
    for (uint32_t t = 0; t < TEMPLATES; t++) {
        if (t < ENTRIES)
            rows_fill(fixture->templates[t], &seed);
        else
            rows_near(fixture->templates[t], fixture->templates[t % ENTRIES], 0.06f, &seed);
        struct ov_id entry = rows_id(t % ENTRIES);
        struct ov_id image = rows_id(100000 + t);
        assert_int_equal(gallery_builder_add(builder, &entry, &image, fixture->templates[t], NULL),
                         OV_OK);
    }
    for (uint32_t q = 0; q < QUERIES; q++)
        rows_near(fixture->queries[q], fixture->templates[q * 7], 0.08f, &seed);
    assert_int_equal(gallery_build(builder, &fixture->gallery, NULL), OV_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    gallery_unref(fixture->gallery);
    free(fixture);
    return 0;
}

/* The best score of an entry, and the image it comes from, by going through everything. */
static float brute_force(const struct fixture *fixture, uint32_t query, uint32_t entry,
                         uint32_t *ret_template)
{
    float best = -2.0f;
    for (uint32_t t = entry; t < TEMPLATES; t += ENTRIES) {
        float score =
            ov_descriptor_cosine(fixture->queries[query], fixture->templates[t], ROWS_DIMENSION);
        if (score > best) {
            best = score;
            *ret_template = t;
        }
    }
    return best;
}

static void finds_exactly_what_brute_force_finds(void **state)
{
    struct fixture *fixture = *state;
    const float thresholds[] = {-0.02f, 0.05f, 0.3f, 0.55f, 0.7f};
    for (size_t i = 0; i < sizeof(thresholds) / sizeof(thresholds[0]); i++) {
        struct candidate_list list;
        size_t at = 0;
        assert_int_equal(gallery_search(fixture->gallery, fixture->queries[0], QUERIES,
                                        thresholds[i], &list, NULL),
                         OV_OK);
        for (uint32_t q = 0; q < QUERIES; q++) {
            size_t expected = 0;
            for (uint32_t e = 0; e < ENTRIES; e++) {
                uint32_t best_template = 0;
                expected += brute_force(fixture, q, e, &best_template) >= thresholds[i];
            }
            for (; at < list.count && list.items[at].query == q; at++, expected--) {
                const struct candidate *found = &list.items[at];
                uint32_t entry = 0;
                uint32_t best_template = 0;
                memcpy(&entry, found->entry_id.bytes, 4);
                float score = brute_force(fixture, q, entry, &best_template);
                struct ov_id image = rows_id(100000 + best_template);
                assert_memory_equal(&score, &found->score, sizeof(score));
                assert_true(ov_id_equal(&image, &found->image_id));
                if (at > 0 && list.items[at - 1].query == q)
                    assert_true(list.items[at - 1].score >= found->score);
            }
            assert_int_equal(expected, 0);
        }
        assert_int_equal(at, list.count);
        candidate_list_free(&list);
    }
}

static void a_score_is_the_same_bit_for_bit_in_any_batch(void **state)
{
    struct fixture *fixture = *state;
    const size_t sizes[] = {1, 2, 3, 4, 5, 19, 20, 21, 64, QUERIES};
    struct candidate_list whole;
    assert_int_equal(
        gallery_search(fixture->gallery, fixture->queries[0], QUERIES, 0.4f, &whole, NULL), OV_OK);
    assert_true(whole.count >= QUERIES);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        size_t at = 0;
        for (size_t from = 0; from < QUERIES; from += sizes[i]) {
            size_t count = from + sizes[i] > QUERIES ? QUERIES - from : sizes[i];
            struct candidate_list part;
            assert_int_equal(
                gallery_search(fixture->gallery, fixture->queries[from], count, 0.4f, &part, NULL),
                OV_OK);
            for (size_t p = 0; p < part.count; p++, at++) {
                part.items[p].query += from;
                assert_memory_equal(&part.items[p].score, &whole.items[at].score, sizeof(float));
                assert_int_equal(part.items[p].query, whole.items[at].query);
                assert_true(ov_id_equal(&part.items[p].entry_id, &whole.items[at].entry_id));
                assert_true(ov_id_equal(&part.items[p].image_id, &whole.items[at].image_id));
            }
            candidate_list_free(&part);
        }
        assert_int_equal(at, whole.count);
    }
    candidate_list_free(&whole);
}

static void a_score_equal_to_the_threshold_counts(void **state)
{
    struct fixture *fixture = *state;
    uint32_t best_template = 0;
    float exact = brute_force(fixture, 5, 35, &best_template);
    struct candidate_list list;
    assert_int_equal(gallery_search(fixture->gallery, fixture->queries[5], 1, exact, &list, NULL),
                     OV_OK);
    assert_int_equal(list.count, 1);
    candidate_list_free(&list);
    assert_int_equal(gallery_search(fixture->gallery, fixture->queries[5], 1,
                                    nextafterf(exact, 2.0f), &list, NULL),
                     OV_OK);
    assert_int_equal(list.count, 0);
    candidate_list_free(&list);
}

static void of_equal_templates_the_first_added_is_named(void **state)
{
    uint64_t seed = 7;
    float row[ROWS_DIMENSION];
    struct gallery *gallery = NULL;
    struct candidate_list list;
    rows_fill(row, &seed);
    struct gallery_builder *builder = gallery_builder_new(ROWS_DIMENSION, NULL);
    for (uint32_t t = 0; t < 6; t++) { /* entries 1, 0, 1, 0, ... all with the same template */
        struct ov_id entry = rows_id(1 - t % 2);
        struct ov_id image = rows_id(10 + t);
        assert_int_equal(gallery_builder_add(builder, &entry, &image, row, NULL), OV_OK);
    }
    assert_int_equal(gallery_build(builder, &gallery, NULL), OV_OK);
    assert_int_equal(gallery_entries(gallery), 2);
    assert_int_equal(gallery_search(gallery, row, 1, 0.9f, &list, NULL), OV_OK);
    assert_int_equal(list.count, 2);
    struct ov_id first_entry = rows_id(1);
    struct ov_id first_image = rows_id(10);
    struct ov_id second_image = rows_id(11);
    assert_true(ov_id_equal(&list.items[0].entry_id, &first_entry));
    assert_true(ov_id_equal(&list.items[0].image_id, &first_image));
    assert_true(ov_id_equal(&list.items[1].image_id, &second_image));
    candidate_list_free(&list);
    gallery_unref(gallery);
}

static void an_empty_gallery_finds_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct gallery *gallery = NULL;
    struct candidate_list list;
    assert_int_equal(gallery_build(gallery_builder_new(ROWS_DIMENSION, NULL), &gallery, NULL),
                     OV_OK);
    assert_int_equal(gallery_templates(gallery), 0);
    assert_int_equal(gallery_search(gallery, fixture->queries[0], QUERIES, -1.0f, &list, NULL),
                     OV_OK);
    assert_int_equal(list.count, 0);
    candidate_list_free(&list);
    gallery_unref(gallery);
}

static void a_template_that_is_not_normalised_is_refused(void **state)
{
    struct fixture *fixture = *state;
    float row[ROWS_DIMENSION];
    struct ov_id id = rows_id(1);
    const float factors[] = {0.0f, 0.99f, 1.01f, NAN, INFINITY};
    for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++) {
        struct ov_error err = OV_ERROR_INIT;
        struct gallery_builder *builder = gallery_builder_new(ROWS_DIMENSION, NULL);
        for (int d = 0; d < ROWS_DIMENSION; d++)
            row[d] = fixture->templates[0][d] * factors[i];
        assert_int_equal(gallery_builder_add(builder, &id, &id, row, &err), OV_ERR_INVALID);
        assert_string_equal(err.code, "template.not_normalised");
        gallery_builder_free(builder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_exactly_what_brute_force_finds),
        cmocka_unit_test(a_score_is_the_same_bit_for_bit_in_any_batch),
        cmocka_unit_test(a_score_equal_to_the_threshold_counts),
        cmocka_unit_test(of_equal_templates_the_first_added_is_named),
        cmocka_unit_test(an_empty_gallery_finds_nothing),
        cmocka_unit_test(a_template_that_is_not_normalised_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* Who was listed before, with which files: the marks alone, without keys and lists. */
#include "tests/unit/service/service_tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/service/relisting.h"

/* 32 bytes that say their number. */
static const uint8_t *digest(uint8_t number)
{
    static uint8_t bytes[4][LEDGER_IMAGE_BYTES];
    static int next;
    next = (next + 1) % 4;
    memset(bytes[next], number, LEDGER_IMAGE_BYTES);
    return bytes[next];
}

static struct ov_id id(uint8_t number)
{
    struct ov_id id;
    memset(id.bytes, number, sizeof(id.bytes));
    return id;
}

/* Entries 0 to count - 1, with pseudonyms 100, 101, ... and a picture 200, 201, ... each. */
static struct relisting *list_of(uint8_t count)
{
    struct relisting *relisting = NULL;
    assert_int_equal(relisting_new(&relisting, NULL), OV_OK);
    for (uint8_t i = 0; i < count; i++) {
        struct ov_id entry = id((uint8_t)(count - i)); /* in another order than the numbers */
        assert_int_equal(relisting_add_entry(relisting, &entry, digest((uint8_t)(100 + i)), NULL),
                         OV_OK);
    }
    relisting_entries_done(relisting);
    for (uint8_t i = 0; i < count; i++) {
        struct ov_id entry = id((uint8_t)(count - i));
        assert_int_equal(relisting_add_image(relisting, &entry, digest((uint8_t)(200 + i)), NULL),
                         OV_OK);
    }
    relisting_images_done(relisting);
    return relisting;
}

static void assert_outcome(const struct relisting *relisting, size_t number,
                           enum review_images images, bool other_reference)
{
    struct relisted outcome = relisting_outcome(relisting, number);
    assert_int_equal(outcome.images, images);
    assert_int_equal(outcome.other_reference, other_reference);
}

static void a_file_that_came_back_with_its_subject_is_the_same(void **state)
{
    (void)state;
    struct relisting *relisting = list_of(4);
    relisting_begin_list(relisting, true);
    relisting_subject(relisting, digest(100));
    relisting_subject(relisting, digest(101));
    relisting_subject(relisting, digest(199));
    relisting_image(relisting, digest(200), NULL);
    relisting_image(relisting, digest(202), NULL); /* of 199, or of whom? not of 102 */
    assert_outcome(relisting, 0, REVIEW_IMAGES_SAME, false);
    assert_outcome(relisting, 1, REVIEW_IMAGES_NEW, false);
    assert_outcome(relisting, 2, REVIEW_NOT_LISTED, true);
    assert_outcome(relisting, 3, REVIEW_NOT_LISTED, false);
    relisting_free(relisting);
}

static void a_file_is_held_against_the_subjects_of_its_own_list(void **state)
{
    (void)state;
    struct relisting *relisting = list_of(2);
    relisting_begin_list(relisting, true);
    relisting_subject(relisting, digest(100));
    relisting_begin_list(relisting, true);
    relisting_image(relisting, digest(200), NULL); /* 100 was on the other one */
    assert_outcome(relisting, 0, REVIEW_IMAGES_NEW, true);
    relisting_free(relisting);
}

/* Where the list is there, two subjects with each other's pictures are told apart. */
static void where_it_is_known_whose_a_file_was_it_counts(void **state)
{
    (void)state;
    struct relisting *relisting = list_of(2);
    relisting_begin_list(relisting, true);
    relisting_subject(relisting, digest(100));
    relisting_image(relisting, digest(201), digest(100));
    relisting_subject(relisting, digest(101));
    relisting_image(relisting, digest(200), digest(101));
    assert_outcome(relisting, 0, REVIEW_IMAGES_NEW, true);
    assert_outcome(relisting, 1, REVIEW_IMAGES_NEW, true);
    relisting_free(relisting);
}

static void without_digests_nothing_is_said_of_files(void **state)
{
    (void)state;
    struct relisting *relisting = list_of(1);
    relisting_begin_list(relisting, false);
    relisting_subject(relisting, digest(100));
    assert_outcome(relisting, 0, REVIEW_IMAGES_UNKNOWN, false);
    relisting_begin_list(relisting, true);
    relisting_subject(relisting, digest(100));
    relisting_image(relisting, digest(200), NULL);
    assert_outcome(relisting, 0, REVIEW_IMAGES_SAME, false);
    relisting_free(relisting);
}

static void all_files_have_to_be_known_and_one_may_be_of_two(void **state)
{
    (void)state;
    struct relisting *relisting = NULL;
    struct ov_id first = id(9);
    struct ov_id second = id(3);
    struct ov_id nobody = id(5);
    assert_int_equal(relisting_new(&relisting, NULL), OV_OK);
    assert_int_equal(relisting_add_entry(relisting, &first, digest(100), NULL), OV_OK);
    assert_int_equal(relisting_add_entry(relisting, &second, digest(101), NULL), OV_OK);
    relisting_entries_done(relisting);
    assert_false(relisting_has_entry(relisting, &nobody));
    assert_int_equal(relisting_add_image(relisting, &nobody, digest(1), NULL), OV_ERR_INTERNAL);
    assert_int_equal(relisting_add_image(relisting, &first, digest(200), NULL), OV_OK);
    assert_int_equal(relisting_add_image(relisting, &first, digest(201), NULL), OV_OK);
    assert_int_equal(relisting_add_image(relisting, &second, digest(200), NULL), OV_OK);
    relisting_images_done(relisting);
    relisting_begin_list(relisting, true);
    relisting_subject(relisting, digest(100));
    relisting_image(relisting, digest(200), NULL);
    relisting_image(relisting, digest(200), NULL); /* seen twice is seen once */
    assert_outcome(relisting, 0, REVIEW_IMAGES_NEW, false);
    assert_outcome(relisting, 1, REVIEW_NOT_LISTED, true);
    relisting_begin_list(relisting, true);
    relisting_subject(relisting, digest(100));
    relisting_image(relisting, digest(201), NULL);
    assert_outcome(relisting, 0, REVIEW_IMAGES_SAME, false);
    relisting_free(relisting);
}

int run_relisting_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_came_back_with_its_subject_is_the_same),
        cmocka_unit_test(a_file_is_held_against_the_subjects_of_its_own_list),
        cmocka_unit_test(where_it_is_known_whose_a_file_was_it_counts),
        cmocka_unit_test(without_digests_nothing_is_said_of_files),
        cmocka_unit_test(all_files_have_to_be_known_and_one_may_be_of_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

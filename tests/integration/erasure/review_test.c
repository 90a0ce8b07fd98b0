/* Reviewing a list: what other lists say of who is new on it, erased ones and those still there. */
#include "tests/integration/erasure/bed.h"

#include <stdlib.h>
#include <unistd.h>

#include "server/service/approval.h"
#include "server/service/ledger.h"

struct who {
    const char *reference;
    const char *file; /* the bytes of the picture */
};

/* A list applied for; of every second one the digest is not kept, as it was not at first. */
static struct deployment list_of(struct bed *bed, const char *name, const struct who *who,
                                 size_t count)
{
    struct deployment list = bed_empty(bed, name);
    for (size_t i = 0; i < count; i++)
        (void)bed_add_entry(bed, &list, who[i].reference, who[i].file, i % 2 == 0);
    return list;
}

static struct deployment closed_list_of(struct bed *bed, const char *name, const struct who *who,
                                        size_t count)
{
    struct deployment list = list_of(bed, name, who, count);
    pg_seed_live(bed->store, &list, &bed->officer.principal.id);
    bed_close(bed, &list.id);
    return list;
}

static void erase(struct bed *bed, const struct deployment *list)
{
    struct ov_error err = OV_ERROR_INIT;
    bed_close_before(bed, &list->id, 25);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    assert_true(bed_is_erased(bed, &list->id));
}

static struct review look(struct bed *bed, const struct deployment *list)
{
    struct ov_error err = OV_ERROR_INIT;
    struct review *review = calloc(1, sizeof(*review));
    assert_non_null(review);
    bed_must(service_review_show(&bed->service, &bed->officer, &list->id, review, &err), &err);
    struct review copy = *review;
    free(review);
    return copy;
}

static void confirm(struct bed *bed, const struct deployment *list)
{
    struct ov_error err = OV_ERROR_INIT;
    struct review review = look(bed, list);
    bed_must(service_review_confirm(&bed->service, &bed->officer, &list->id,
                                    review.figures.list_version, &review, &err),
             &err);
}

static const struct who yesterday[] = {{"Y-1", "face 1"}, {"Y-2", "face 2"}, {"Y-3", "face 3"}};
/* The same again; with another picture; somebody new under a picture of Y-1; somebody new. */
static const struct who today[] = {
    {"Y-1", "face 1"}, {"Y-2", "face 2b"}, {"T-3", "face 1"}, {"T-4", "face 4"}};

static void assert_as_yesterday(const struct review *review)
{
    assert_int_equal(review->figures.added, 4);
    assert_int_equal(review->relisted.all, 2);
    assert_int_equal(review->relisted.same_images, 1);
    assert_int_equal(review->relisted.new_images, 1);
    assert_int_equal(review->relisted.images_unknown, 0);
    assert_int_equal(review->relisted.other_reference, 1);
    assert_int_equal(review->relisted.lists_not_compared, 0);
    assert_int_equal(review->row_count, 4);
    assert_int_equal(review->not_shown, 0);
    assert_true(review->rows[0].other_reference);
    assert_int_equal(review->rows[0].images, REVIEW_NOT_LISTED);
    assert_int_equal(review->rows[1].images, REVIEW_IMAGES_SAME);
    assert_int_equal(review->rows[2].images, REVIEW_IMAGES_NEW);
    assert_int_equal(review->rows[3].images, REVIEW_NOT_LISTED);
}

/* The most common case: it closed at four yesterday and lives until four today. */
static void a_list_that_is_still_there_is_compared_like_one_that_is_erased(void **state)
{
    struct bed *bed = *state;
    struct deployment before = closed_list_of(bed, "yesterday", yesterday, 3);
    struct deployment now = list_of(bed, "today", today, 4);
    struct review review = look(bed, &now);
    assert_as_yesterday(&review);
    assert_int_equal(review.relisted.lists_compared, 1);
    erase(bed, &before);
    review = look(bed, &now);
    assert_as_yesterday(&review);
    assert_int_equal(review.relisted.lists_compared, 1);
}

static void who_was_withdrawn_was_listed_and_who_was_never_approved_was_not(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    static const struct who both[] = {{"W-1", "withdrawn"}, {"W-2", "proposed"}};
    struct deployment before = bed_empty(bed, "withdrawn");
    struct ov_id entry = bed_add_entry(bed, &before, both[0].reference, both[0].file, true);
    bed_must(store_begin(bed->store, &err), &err);
    bed_must(store_entry_withdraw(bed->store, &before.id, &entry,
                                  ov_clock_utc_us(ov_clock_system()), &err),
             &err);
    pg_seed_event(bed->store);
    bed_must(store_commit(bed->store, &err), &err);
    (void)bed_propose(bed, &before, both[1].reference, both[1].file, true);
    struct deployment now = list_of(bed, "after withdrawal", both, 2);
    struct review review = look(bed, &now);
    assert_int_equal(review.relisted.all, 1);
    assert_int_equal(review.relisted.same_images, 1);
    assert_int_equal(review.relisted.other_reference, 0);
}

static void exercises_are_compared_with_exercises(void **state)
{
    struct bed *bed = *state;
    static const struct who one[] = {{"K-1", "kind"}};
    struct deployment before = list_of(bed, "exercise", one, 1);
    struct deployment now = list_of(bed, "for real", one, 1);
    struct review review = look(bed, &now);
    assert_int_equal(review.relisted.all, 1);
    int64_t lists = review.relisted.lists_compared;
    bed_as_admin(bed,
                 "SET session_replication_role = replica; UPDATE overt.deployment SET kind = "
                 "'operational' WHERE id = '{id}'",
                 &before.id);
    review = look(bed, &now);
    assert_int_equal(review.relisted.all, 0);
    assert_int_equal(review.relisted.lists_compared, lists - 1);
}

static void a_list_that_cannot_be_opened_is_counted(void **state)
{
    struct bed *bed = *state;
    static const struct who two[] = {{"L-1", "lost 1"}, {"L-2", "lost 2"}};
    struct deployment before = list_of(bed, "lost", two, 2);
    struct deployment now = list_of(bed, "after loss", two, 2);
    char aside[PATH_MAX + 8];
    (void)snprintf(aside, sizeof(aside), "%s.aside",
                   bed_key_path(bed, VAULT_WATCHLIST, &before.id));
    assert_int_equal(rename(bed_key_path(bed, VAULT_WATCHLIST, &before.id), aside), 0);
    struct review review = look(bed, &now);
    assert_int_equal(review.relisted.all, 0);
    assert_int_equal(review.relisted.lists_not_compared, 1);
    assert_int_equal(rename(aside, bed_key_path(bed, VAULT_WATCHLIST, &before.id)), 0);
    review = look(bed, &now);
    assert_int_equal(review.relisted.all, 2);
    assert_int_equal(review.relisted.lists_not_compared, 0);
    /* Altered in the database: the rest is compared, and it is said that not all was. */
    bed_as_admin(bed,
                 "SET session_replication_role = replica; UPDATE watchlist.entry SET "
                 "sealed_reference = set_byte(sealed_reference, 20, get_byte(sealed_reference, 20) "
                 "# 1) WHERE id = (SELECT id FROM watchlist.entry WHERE deployment_id = '{id}' "
                 "LIMIT 1)",
                 &before.id);
    review = look(bed, &now);
    assert_int_equal(review.relisted.all, 1);
    assert_int_equal(review.relisted.lists_not_compared, 1);
}

/* It is not said to be a new picture when nobody knows. */
static void a_list_erased_before_there_were_digests_leaves_the_pictures_unknown(void **state)
{
    struct bed *bed = *state;
    static const struct who one[] = {{"O-1", "old"}};
    struct deployment before = closed_list_of(bed, "old", one, 1);
    struct deployment now = list_of(bed, "after old", one, 1);
    erase(bed, &before);
    bed_as_admin(bed,
                 "SET session_replication_role = replica; ALTER TABLE audit.membership_image "
                 "DISABLE TRIGGER ALL; DELETE FROM audit.membership_image WHERE deployment_id = "
                 "'{id}'",
                 &before.id);
    struct review review = look(bed, &now);
    assert_int_equal(review.relisted.all, 1);
    assert_int_equal(review.relisted.images_unknown, 1);
    assert_int_equal(review.rows[0].images, REVIEW_IMAGES_UNKNOWN);
}

static void a_review_is_of_what_came_since_the_last_and_its_counts_are_kept(void **state)
{
    struct bed *bed = *state;
    static const struct who three[] = {{"S-1", "since 1"}, {"S-2", "since 2"}, {"S-3", "since 3"}};
    (void)list_of(bed, "since before", three, 3);
    struct deployment now = list_of(bed, "since", three, 2);
    confirm(bed, &now);
    assert_int_equal(bed_value(bed,
                               "SELECT relisted_same FROM overt.watchlist_review WHERE "
                               "deployment_id = '{id}' AND relisted = 2 AND relisted_new = 0 AND "
                               "relisted_unknown = 0 AND other_reference = 0 AND "
                               "lists_not_compared >= 0 AND lists_compared > 0",
                               &now.id),
                     2);
    assert_int_equal(
        bed_value(bed,
                  "SELECT (convert_from(body, 'UTF8')::jsonb -> 'details' ->> "
                  "'relisted_same_images')::integer FROM audit.event WHERE "
                  "convert_from(body, 'UTF8')::jsonb ->> 'name' = "
                  "'watchlist.reviewed' AND convert_from(body, 'UTF8')::jsonb ->> 'deployment' "
                  "= '{id}'",
                  &now.id),
        2);
    struct review review = look(bed, &now);
    assert_int_equal(review.figures.added, 0);
    assert_int_equal(review.row_count, 0);
    assert_int_equal(review.relisted.all, 0);
    (void)bed_add_entry(bed, &now, three[2].reference, three[2].file, true);
    review = look(bed, &now);
    assert_int_equal(review.figures.added, 1);
    assert_int_equal(review.relisted.all, 1);
    assert_int_equal(review.row_count, 1);
}

/* A first review is of everybody: counted all, shown those first whom somebody should look at. */
static void a_long_list_shows_first_who_was_listed_before(void **state)
{
    struct bed *bed = *state;
    static const struct who known = {"Z-1", "long"};
    (void)list_of(bed, "long before", &known, 1);
    struct deployment now = bed_empty(bed, "long");
    for (int i = 0; i < REVIEW_ROWS_MAX + 4; i++) {
        char reference[32];
        (void)snprintf(reference, sizeof(reference), "new %d", i);
        (void)bed_add_entry(bed, &now, reference, reference, true);
    }
    struct ov_id last = bed_add_entry(bed, &now, known.reference, known.file, true);
    struct review review = look(bed, &now);
    assert_int_equal(review.figures.added, REVIEW_ROWS_MAX + 5);
    assert_int_equal(review.relisted.all, 1);
    assert_int_equal(review.row_count, REVIEW_ROWS_MAX);
    assert_int_equal(review.not_shown, 5);
    assert_true(ov_id_equal(&review.rows[0].id, &last));
    assert_int_equal(review.rows[0].images, REVIEW_IMAGES_SAME);
}

int run_review_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_that_is_still_there_is_compared_like_one_that_is_erased),
        cmocka_unit_test(who_was_withdrawn_was_listed_and_who_was_never_approved_was_not),
        cmocka_unit_test(exercises_are_compared_with_exercises),
        cmocka_unit_test(a_list_erased_before_there_were_digests_leaves_the_pictures_unknown),
        cmocka_unit_test(a_review_is_of_what_came_since_the_last_and_its_counts_are_kept),
        cmocka_unit_test(a_long_list_shows_first_who_was_listed_before),
        cmocka_unit_test(a_list_that_cannot_be_opened_is_counted),
    };
    return cmocka_run_group_tests_name("review", tests, bed_start, bed_stop);
}

/* Erasing a list, as the database sees it: steps in order, and what the ledger then answers. */
#include "tests/integration/store/fixture.h"

#include "server/store/erasures.h"
#include "server/store/ledger.h"

#define PSEUDONYM MEMBERSHIP_PSEUDONYM_BYTES

/* Pseudonyms that say their number in the first byte. */
static struct store_bytes pseudonyms(const uint8_t *firsts, size_t count)
{
    static uint8_t bytes[16 * PSEUDONYM];
    memset(bytes, 0x77, sizeof(bytes));
    for (size_t i = 0; i < count; i++)
        bytes[i * PSEUDONYM] = firsts[i];
    return (struct store_bytes){bytes, count * PSEUDONYM};
}

/* Of three approved entries (one of them withdrawn) and one that never was. */
static struct ov_id closed_list(struct fixture *f, const char *name)
{
    struct deployment d = pg_seed_deployment(f->store, name, &f->applicant, &f->site);
    for (int i = 0; i < 3; i++) {
        struct ov_id entry = pg_seed_entry(f->store, &d, &f->manager, NULL);
        pg_seed_approve(f->store, &d, &entry, &f->reviewer);
        if (i == 0)
            act(f->store, store_entry_withdraw(f->store, &d.id, &entry, now_us(), &act_err));
    }
    (void)pg_seed_entry(f->store, &d, &f->manager, NULL);
    pg_seed_live(f->store, &d, &f->officer);
    act(f->store,
        store_deployment_set_state(f->store, &d.id, DEPLOYMENT_CLOSED, now_us(), &act_err));
    return d.id;
}

static struct ov_id closed_a_day_ago(struct fixture *f, const char *name)
{
    struct ov_id id = closed_list(f, name);
    char sql[512];
    char text[OV_ID_TEXT_SIZE];
    (void)snprintf(
        sql, sizeof(sql),
        "SET session_replication_role = replica; UPDATE overt.deployment SET closed_at = "
        "now() - interval '25 hours' WHERE id = '%s'",
        ov_id_format(&id, text));
    pg_sql(f->pg, "admin", sql);
    return id;
}

static enum ov_status count_reference(void *ctx, const struct entry_reference *row)
{
    int *count = ctx;
    assert_true(row->sealed_reference.size > 0);
    (*count)++;
    return OV_OK;
}

static void every_subject_ever_approved_is_for_the_ledger(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct ov_id id = closed_list(f, "ever");
    int count = 0;
    assert_fine(store_entry_each_reference(f->store, &id, count_reference, &count, &err), &err);
    assert_int_equal(count, 3);
}

struct images {
    int rows, digests, whole;
};

static enum ov_status count_listed_image(void *ctx, const struct listed_image *row)
{
    struct images *images = ctx;
    assert_true(row->sealed_reference.size > 0 && !ov_id_is_zero(&row->image_id));
    images->rows++;
    images->digests += row->sealed_digest.data != NULL;
    images->whole += row->sealed_jpeg.data != NULL;
    return OV_OK;
}

static struct watchlist_image another_image(const struct deployment *d, const struct ov_id *entry)
{
    struct watchlist_image image = {.id = ov_id_new(),
                                    .entry_id = *entry,
                                    .deployment_id = d->id,
                                    .sealed_jpeg = pg_fake_sealed(),
                                    .sealed_thumbnail = pg_fake_sealed(),
                                    .sealed_template = pg_fake_sealed(),
                                    .sealed_ledger_digest = pg_fake_sealed()};
    memcpy(image.model_digest, d->model_digest, sizeof(image.model_digest));
    return image;
}

/* Neither what was rejected as somebody else's nor what was never approved. An image is read whole
 * only where its digest was not kept. */
static void the_images_ever_approved_are_for_the_ledger(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct images images = {0, 0, 0};
    struct deployment d = pg_seed_deployment(f->store, "of images", &f->applicant, &f->site);
    struct ov_id entry = pg_seed_entry(f->store, &d, &f->manager, NULL);
    struct watchlist_image image = another_image(&d, &entry);
    act(f->store, store_image_add(f->store, &image, &act_err));
    image = another_image(&d, &entry);
    image.state = IMAGE_PENDING;
    (void)snprintf(image.override_code, sizeof(image.override_code), "years_between");
    act(f->store, store_image_add(f->store, &image, &act_err));
    act(f->store,
        store_image_decide(f->store, &image, IMAGE_REJECTED, &f->reviewer, now_us(), &act_err));
    (void)pg_seed_entry(f->store, &d, &f->manager, NULL);
    pg_seed_approve(f->store, &d, &entry, &f->reviewer);
    assert_fine(store_listed_image_each(f->store, &d.id, count_listed_image, &images, &err), &err);
    assert_int_equal(images.rows, 2);
    assert_int_equal(images.digests, 1);
    assert_int_equal(images.whole, 1);
}

static void a_list_is_not_erased_before_its_time(void **state)
{
    struct fixture *f = *state;
    struct ov_id id = closed_list(f, "early");
    struct deployment open = pg_seed_deployment(f->store, "open", &f->applicant, &f->site);
    refused_act(f->store, store_erasure_begin(f->store, &id, NULL, &act_err), OV_ERR_STATE,
                "erasure.not_due");
    refused_act(f->store, store_erasure_begin(f->store, &open.id, NULL, &act_err), OV_ERR_STATE,
                "erasure.state");
    refused_act(f->store, store_erasure_begin(f->store, &open.id, &f->officer, &act_err),
                OV_ERR_STATE, "erasure.state");
    /* A site, or nobody, does not decide it; a person does. */
    refused_act(f->store, store_erasure_begin(f->store, &id, &f->site.principal_id, &act_err),
                OV_ERR_DENIED, "principal.not_a_person");
    refused_act(f->store, store_erasure_begin(f->store, &id, &f->manager, &act_err), OV_ERR_DENIED,
                "permission.role");
    act(f->store, store_erasure_begin(f->store, &id, &f->officer, &act_err));
    refused_act(f->store, store_erasure_begin(f->store, &id, &f->officer, &act_err), OV_ERR_EXISTS,
                "erasure.begun");
}

static void the_steps_of_an_erasure_come_in_order(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct list_erasure erasure;
    struct ov_id id = closed_a_day_ago(f, "steps");
    int64_t subjects = 0;
    struct store_bytes three = pseudonyms((const uint8_t[]){3, 1, 2}, 3);
    assert_refused(store_erasure_get(f->store, &id, &erasure, &err), OV_ERR_NOT_FOUND,
                   "erasure.not_begun", &err);
    refused_act(f->store, store_erasure_write_ledger(f->store, &id, three, 0, &subjects, &act_err),
                OV_ERR_STATE, "erasure.order");
    refused_act(f->store, store_erasure_key_destroyed(f->store, &id, 1, &act_err), OV_ERR_STATE,
                "erasure.order");
    act(f->store, store_erasure_begin(f->store, &id, NULL, &act_err));
    refused_act(f->store, store_erasure_key_destroyed(f->store, &id, 1, &act_err), OV_ERR_STATE,
                "erasure.order");
    /* Nobody leaves the ledger out alone: see waivers_test.c. */
    struct ov_id none = ov_id_new();
    refused_act(f->store, store_erasure_without_ledger(f->store, &id, &none, &act_err),
                OV_ERR_DENIED, "erasure.not_waived");
    refused_act(f->store, store_erasure_write_images(f->store, &id, three, 0, &act_err),
                OV_ERR_STATE, "erasure.order");
    act(f->store, store_erasure_write_ledger(f->store, &id, three, 0, &subjects, &act_err));
    assert_int_equal(subjects, 3);
    refused_act(f->store, store_erasure_write_ledger(f->store, &id, three, 0, &subjects, &act_err),
                OV_ERR_STATE, "erasure.order");
    /* Subjects without their images are half a ledger. */
    refused_act(f->store, store_erasure_key_destroyed(f->store, &id, 1, &act_err), OV_ERR_STATE,
                "erasure.order");
    act(f->store, store_erasure_write_images(f->store, &id, three, 0, &act_err));
    refused_act(f->store, store_erasure_write_images(f->store, &id, three, 0, &act_err),
                OV_ERR_STATE, "erasure.order");
    act(f->store, store_erasure_key_destroyed(f->store, &id, 1, &act_err));
    assert_fine(store_erasure_get(f->store, &id, &erasure, &err), &err);
    assert_int_equal(erasure.entries, 4);
    assert_int_equal(erasure.images, 4);
    assert_int_equal(erasure.ledger, ERASURE_LEDGER_WRITTEN);
    assert_int_equal(erasure.subjects, 3);
    assert_int_equal(erasure.image_digests, 3);
    assert_true(erasure.ledger_at_us >= erasure.begun_at_us && erasure.begun_at_us > 0);
    assert_true(erasure.key_destroyed_at_us >= erasure.ledger_at_us);
    assert_int_equal(erasure.keys, 1);
    assert_int_equal(erasure.key_missing_at_us, 0);
    /* Whether the key was there is not said afterwards. */
    refused_act(f->store, store_erasure_key_missing(f->store, &id, &act_err), OV_ERR_STATE,
                "erasure.order");
}

static void a_step_without_its_event_does_not_commit(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct ov_id id = closed_a_day_ago(f, "silent");
    assert_fine(store_begin(f->store, &err), &err);
    assert_fine(store_erasure_begin(f->store, &id, NULL, &err), &err);
    assert_refused(store_commit(f->store, &err), OV_ERR_INTERNAL, "audit.missing", &err);
}

static void the_ledger_holds_as_many_as_were_approved(void **state)
{
    struct fixture *f = *state;
    int64_t subjects = 0;
    struct ov_id id = closed_a_day_ago(f, "counted");
    act(f->store, store_erasure_begin(f->store, &id, NULL, &act_err));
    struct store_bytes four = pseudonyms((const uint8_t[]){1, 2, 3, 4}, 4);
    refused_act(f->store, store_erasure_write_ledger(f->store, &id, four, 0, &subjects, &act_err),
                OV_ERR_INTERNAL, "ledger.count");
    /* One left out, with the others there or said to be unreadable. */
    four.size = 2 * PSEUDONYM;
    refused_act(f->store, store_erasure_write_ledger(f->store, &id, four, 0, &subjects, &act_err),
                OV_ERR_INTERNAL, "ledger.count");
    four.size = PSEUDONYM;
    refused_act(f->store, store_erasure_write_ledger(f->store, &id, four, 1, &subjects, &act_err),
                OV_ERR_INTERNAL, "ledger.count");
    four.size = 0;
    refused_act(f->store, store_erasure_write_ledger(f->store, &id, four, 0, &subjects, &act_err),
                OV_ERR_INTERNAL, "ledger.count");
    four.size = PSEUDONYM + 1;
    refused_act(f->store, store_erasure_write_ledger(f->store, &id, four, 0, &subjects, &act_err),
                OV_ERR_INTERNAL, "ledger.count");
    /* Withdrawn and added again: one subject, two entries. */
    struct store_bytes twice = pseudonyms((const uint8_t[]){9, 8, 9}, 3);
    act(f->store, store_erasure_write_ledger(f->store, &id, twice, 0, &subjects, &act_err));
    assert_int_equal(subjects, 2);
}

static void the_ledger_holds_the_image_of_each_that_was_approved(void **state)
{
    struct fixture *f = *state;
    struct list_erasure erasure;
    struct ov_error err = OV_ERROR_INIT;
    int64_t subjects = 0;
    struct ov_id id = closed_a_day_ago(f, "images");
    act(f->store, store_erasure_begin(f->store, &id, NULL, &act_err));
    struct store_bytes given = pseudonyms((const uint8_t[]){1, 2, 3, 4}, 4);
    given.size = 3 * PSEUDONYM;
    act(f->store, store_erasure_write_ledger(f->store, &id, given, 0, &subjects, &act_err));
    static const size_t wrong[] = {4 * PSEUDONYM, 2 * PSEUDONYM, 0, 3 * PSEUDONYM + 1};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        given.size = wrong[i];
        refused_act(f->store, store_erasure_write_images(f->store, &id, given, 0, &act_err),
                    OV_ERR_INTERNAL, "ledger.count");
    }
    given.size = 4 * PSEUDONYM;
    refused_act(f->store, store_erasure_write_images(f->store, &id, given, -1, &act_err),
                OV_ERR_INTERNAL, "ledger.count");
    /* One file under two references, and one that does not open. */
    given = pseudonyms((const uint8_t[]){7, 7}, 2);
    act(f->store, store_erasure_write_images(f->store, &id, given, 1, &act_err));
    assert_fine(store_erasure_get(f->store, &id, &erasure, &err), &err);
    assert_int_equal(erasure.image_digests, 1);
    assert_int_equal(erasure.unreadable_images, 1);
}

static void the_ledger_s_rows_tell_no_order(void **state)
{
    struct fixture *f = *state;
    int64_t subjects = 0;
    struct ov_id id = closed_a_day_ago(f, "sorted");
    char text[OV_ID_TEXT_SIZE];
    char sql[512];
    act(f->store, store_erasure_begin(f->store, &id, NULL, &act_err));
    struct store_bytes three = pseudonyms((const uint8_t[]){200, 5, 90}, 3);
    act(f->store, store_erasure_write_ledger(f->store, &id, three, 0, &subjects, &act_err));
    act(f->store, store_erasure_write_images(f->store, &id, three, 0, &act_err));
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(DISTINCT (xmin::text, cmin::text)) + count(*) FROM "
                   "audit.membership_image WHERE deployment_id = '%s'",
                   ov_id_format(&id, text));
    assert_int_equal(pg_value(f->pg, "admin", sql), 1 + 3);
    (void)snprintf(sql, sizeof(sql),
                   "SELECT (array_agg(digest ORDER BY ctid) = array_agg(digest ORDER BY "
                   "digest))::integer FROM audit.membership_image WHERE deployment_id = '%s'",
                   text);
    assert_int_equal(pg_value(f->pg, "oversight", sql), 1);
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(DISTINCT (xmin::text, cmin::text, first_day, last_day)) FROM "
                   "audit.membership WHERE deployment_id = '%s'",
                   ov_id_format(&id, text));
    assert_int_equal(pg_value(f->pg, "admin", sql), 1);
    (void)snprintf(sql, sizeof(sql),
                   "SELECT (array_agg(pseudonym ORDER BY ctid) = array_agg(pseudonym ORDER BY "
                   "pseudonym))::integer FROM audit.membership WHERE deployment_id = '%s'",
                   text);
    assert_int_equal(pg_value(f->pg, "oversight", sql), 1);
}

struct seen {
    int count;
    struct membership membership;
};

static enum ov_status see_membership(void *ctx, const struct membership *membership)
{
    struct seen *seen = ctx;
    if (seen->count++ == 0)
        seen->membership = *membership;
    return OV_OK;
}

struct others {
    struct ov_id looked_for;
    int found;
    bool in_ledger;
};

static enum ov_status see_other(void *ctx, const struct other_list *list)
{
    struct others *others = ctx;
    if (ov_id_equal(&list->deployment_id, &others->looked_for)) {
        others->found++;
        others->in_ledger = list->in_ledger;
    }
    return OV_OK;
}

static struct others find_other(struct fixture *f, const struct ov_id *from, const struct ov_id *id)
{
    struct ov_error err = OV_ERROR_INIT;
    struct others others = {.looked_for = *id};
    assert_fine(store_other_list_each(f->store, from, see_other, &others, &err), &err);
    return others;
}

static enum ov_status see_ledger_list(void *ctx, struct store_bytes subjects,
                                      struct store_bytes images)
{
    struct seen *seen = ctx;
    assert_int_equal(subjects.size, 2 * PSEUDONYM);
    assert_int_equal(((const uint8_t *)subjects.data)[0], 61);
    assert_int_equal(images.size, 1 * PSEUDONYM);
    assert_int_equal(((const uint8_t *)images.data)[0], 62);
    seen->count++;
    return OV_OK;
}

/* By itself as long as it is there, then by what the ledger holds of it; among its own kind, once
 * there was anybody on it. */
static void a_list_is_there_to_be_compared_or_in_the_ledger(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    int64_t subjects = 0;
    struct ov_id id = closed_a_day_ago(f, "to compare");
    struct deployment from = pg_seed_deployment(f->store, "from", &f->applicant, &f->site);
    struct deployment empty = pg_seed_deployment(f->store, "nobody", &f->applicant, &f->site);
    (void)pg_seed_entry(f->store, &empty, &f->manager, NULL); /* proposed only */
    struct others others = find_other(f, &from.id, &id);
    assert_int_equal(others.found, 1);
    assert_false(others.in_ledger);
    assert_int_equal(find_other(f, &from.id, &empty.id).found, 0);
    assert_int_equal(find_other(f, &id, &id).found, 0);

    act(f->store, store_erasure_begin(f->store, &id, NULL, &act_err));
    struct store_bytes given = pseudonyms((const uint8_t[]){61, 62, 62}, 3);
    act(f->store, store_erasure_write_ledger(f->store, &id, given, 0, &subjects, &act_err));
    given = pseudonyms((const uint8_t[]){62, 62}, 2);
    act(f->store, store_erasure_write_images(f->store, &id, given, 1, &act_err));
    assert_true(find_other(f, &from.id, &id).in_ledger);
    struct seen seen = {.count = 0};
    assert_fine(store_ledger_list_get(f->store, &id, see_ledger_list, &seen, &err), &err);
    assert_int_equal(seen.count, 1);

    char sql[256];
    char text[OV_ID_TEXT_SIZE];
    (void)snprintf(sql, sizeof(sql),
                   "SET session_replication_role = replica; UPDATE overt.deployment SET kind = "
                   "'operational' WHERE id = '%s'",
                   ov_id_format(&id, text));
    pg_sql(f->pg, "admin", sql);
    assert_int_equal(find_other(f, &from.id, &id).found, 0);
}

static void the_ledger_answers_who_was_listed_when(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    int64_t subjects = 0;
    struct ov_id first = closed_a_day_ago(f, "first");
    struct ov_id second = closed_a_day_ago(f, "second");
    act(f->store, store_erasure_begin(f->store, &first, NULL, &act_err));
    act(f->store, store_erasure_begin(f->store, &second, NULL, &act_err));
    struct store_bytes some = pseudonyms((const uint8_t[]){41, 42, 43}, 3);
    act(f->store, store_erasure_write_ledger(f->store, &first, some, 0, &subjects, &act_err));
    some = pseudonyms((const uint8_t[]){42, 44}, 2);
    act(f->store, store_erasure_write_ledger(f->store, &second, some, 1, &subjects, &act_err));

    struct seen seen = {.count = 0};
    const uint8_t *one = pseudonyms((const uint8_t[]){42}, 1).data;
    assert_fine(
        store_membership_each(f->store, one, MEMBERSHIP_ANY_DAY, NULL, see_membership, &seen, &err),
        &err);
    assert_int_equal(seen.count, 2);
    seen.count = 0;
    assert_fine(store_membership_each(f->store, one, MEMBERSHIP_ANY_DAY, &second, see_membership,
                                      &seen, &err),
                &err);
    assert_int_equal(seen.count, 1);
    int32_t last = seen.membership.last_day;
    assert_int_equal(last, (now_us() - 25 * 3600 * OV_US_PER_S) / (86400 * OV_US_PER_S));
    seen.count = 0;
    assert_fine(store_membership_each(f->store, one, last, &second, see_membership, &seen, &err),
                &err);
    assert_int_equal(seen.count, 1);
    assert_fine(store_membership_each(f->store, one, last + 1, NULL, see_membership, &seen, &err),
                &err);
    assert_int_equal(seen.count, 1); /* not on the day after */
}

static void a_deployment_is_erased_with_a_certificate_only(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    uint8_t digest[OV_DIGEST_BYTES] = {1};
    int64_t left = 0;
    struct ov_id id = closed_a_day_ago(f, "certified");
    refused_act(f->store, store_watchlist_erase(f->store, &id, &act_err), OV_ERR_STATE,
                "erasure.order");
    assert_fine(store_list_left(f->store, &id, &left, &err), &err);
    assert_true(left >= 2 + 8); /* two tables, and their rows */
    act(f->store, fixture_destroy_list_key(f, &id, &act_err));
    refused_act(f->store, store_erasure_certified(f->store, &id, digest, &act_err), OV_ERR_STATE,
                "erasure.order");
    act(f->store, store_watchlist_erase(f->store, &id, &act_err));
    assert_fine(store_list_left(f->store, &id, &left, &err), &err);
    assert_int_equal(left, 0);
    refused_act(f->store,
                store_deployment_set_state(f->store, &id, DEPLOYMENT_ERASED, now_us(), &act_err),
                OV_ERR_STATE, "deployment.not_erased");
    /* A digest of no document certifies nothing. */
    refused_act(f->store, store_erasure_certified(f->store, &id, digest, &act_err), OV_ERR_STATE,
                "erasure.order");
}

struct due {
    struct ov_id deployment_id;
    int count;
    int64_t overdue_s;
};

static enum ov_status remember_due(void *ctx, const struct erasure_due *row)
{
    struct due *due = ctx;
    if (ov_id_equal(&row->deployment_id, &due->deployment_id)) {
        due->count++;
        due->overdue_s = row->overdue_s;
    }
    return OV_OK;
}

static int times_due(struct fixture *f, const struct ov_id *id, int64_t *ret_overdue_s)
{
    struct ov_error err = OV_ERROR_INIT;
    struct due due = {.deployment_id = *id};
    assert_fine(store_erasure_each_due(f->store, remember_due, &due, &err), &err);
    if (ret_overdue_s != NULL)
        *ret_overdue_s = due.overdue_s;
    return due.count;
}

static void what_is_due_is_listed_until_it_is_erased(void **state)
{
    struct fixture *f = *state;
    int64_t overdue_s = 0;
    struct ov_id fresh = closed_list(f, "fresh");
    struct ov_id old = closed_a_day_ago(f, "old");
    assert_int_equal(times_due(f, &fresh, NULL), 0);
    assert_int_equal(times_due(f, &old, &overdue_s), 1);
    assert_true(overdue_s >= 3600 && overdue_s < 3700);
    act(f->store, store_erasure_begin(f->store, &fresh, &f->officer, &act_err));
    assert_int_equal(times_due(f, &fresh, &overdue_s), 1);
    assert_true(overdue_s < 0);
    struct ov_error err = OV_ERROR_INIT;
    assert_fine(store_begin(f->store, &err), &err);
    fixture_erase_list(f, &old);
    assert_fine(store_deployment_set_state(f->store, &old, DEPLOYMENT_ERASED, now_us(), &err),
                &err);
    pg_seed_event(f->store);
    assert_fine(store_commit(f->store, &err), &err);
    assert_int_equal(times_due(f, &old, NULL), 0);
}

/* --- alerts --- */

static struct ov_id raise_alert(struct fixture *f, const char *name, int64_t raised_at_us)
{
    struct deployment d = pg_seed_deployment(f->store, name, &f->applicant, &f->site);
    struct ov_id entry = pg_seed_entry(f->store, &d, &f->manager, NULL);
    pg_seed_approve(f->store, &d, &entry, &f->reviewer);
    pg_seed_live(f->store, &d, &f->officer);
    struct alert_row alert = {.id = ov_id_new(),
                              .deployment_id = d.id,
                              .entry_id = entry,
                              .site_id = f->site.id,
                              .run_id = ov_id_new(),
                              .sequence = 1,
                              .camera = "cam",
                              .track = 1,
                              .captured_at_us = now_us(),
                              .received_at_us = now_us(),
                              .raised_at_us = raised_at_us,
                              .score = 0.7f,
                              .threshold = 0.5f,
                              .category = "wanted",
                              .response = "speak_to",
                              .crop_state = CROP_AWAITED,
                              .sealed_name = pg_fake_sealed(),
                              .sealed_probe = pg_fake_sealed()};
    act(f->store, store_alert_insert(f->store, &alert, &act_err));
    return alert.id;
}

static int64_t alert_value(struct fixture *f, const struct ov_id *id, const char *expression)
{
    char sql[512];
    char text[OV_ID_TEXT_SIZE];
    (void)snprintf(sql, sizeof(sql), "SELECT (%s)::bigint FROM overt.alert WHERE id = '%s'",
                   expression, ov_id_format(id, text));
    return pg_value(f->pg, "admin", sql);
}

static void make_due(struct fixture *f, const struct ov_id *id)
{
    char sql[512];
    char text[OV_ID_TEXT_SIZE];
    (void)snprintf(sql, sizeof(sql),
                   "SET session_replication_role = replica; UPDATE overt.alert SET erase_at = "
                   "now() - interval '1 second' WHERE id = '%s'",
                   ov_id_format(id, text));
    pg_sql(f->pg, "admin", sql);
}

static void the_database_sets_an_alerts_clock(void **state)
{
    struct fixture *f = *state;
    struct ov_id id = raise_alert(f, "clock", now_us());
    assert_int_equal(alert_value(f, &id, "extract(epoch FROM erase_at - raised_at)"), 24 * 3600);
    /* A server that is a week ahead keeps nothing for longer. */
    struct ov_id ahead = raise_alert(f, "ahead", now_us() + 7 * 86400 * OV_US_PER_S);
    int64_t left_s = alert_value(f, &ahead, "extract(epoch FROM erase_at - now())");
    assert_true(left_s > 23 * 3600 && left_s <= 24 * 3600);
    pg_refuses(f->pg, "server", PG_DENIED,
               "UPDATE overt.alert SET erase_at = now() + interval '1y'");
}

static void an_alert_is_deleted_when_its_time_is_over_only(void **state)
{
    struct fixture *f = *state;
    bool erased = true;
    struct ov_id id = raise_alert(f, "time", now_us());
    refused_act(f->store, store_alert_erase(f->store, &id, &erased, &act_err), OV_ERR_STATE,
                "alert.not_due");
    pg_refuses(f->pg, "server", PG_DENIED, "DELETE FROM overt.alert");
    make_due(f, &id);
    /* Not without an event. */
    struct ov_error err = OV_ERROR_INIT;
    assert_fine(store_begin(f->store, &err), &err);
    assert_fine(store_alert_erase(f->store, &id, &erased, &err), &err);
    assert_refused(store_commit(f->store, &err), OV_ERR_INTERNAL, "audit.missing", &err);
    act(f->store, store_alert_erase(f->store, &id, &erased, &act_err));
    assert_true(erased);
    act(f->store, store_alert_erase(f->store, &id, &erased, &act_err));
    assert_false(erased);
    char sql[256];
    char text[OV_ID_TEXT_SIZE];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM overt.alert_delivery WHERE alert_id = "
                   "'%s'",
                   ov_id_format(&id, text));
    assert_int_equal(pg_value(f->pg, "admin", sql), 0);
}

static enum ov_status count_due_alert(void *ctx, const struct due_alert *due)
{
    int *count = ctx;
    assert_true(due->erase_at_us > 0);
    (*count)++;
    return OV_OK;
}

static void a_due_alert_that_somebody_has_locked_is_left_for_later(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct ov_id id = raise_alert(f, "locked", now_us());
    struct deployment found;
    make_due(f, &id);
    assert_fine(store_deployment_by_name(f->store, "locked", &found, &err), &err);
    struct ov_id deployment = found.id;

    struct store *other = NULL;
    int count = 0;
    assert_fine(store_open(pg_conninfo(f->pg, "server"), &other, &err), &err);
    assert_fine(store_begin(other, &err), &err);
    assert_fine(store_alert_lock_due(other, &deployment, 10, count_due_alert, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_fine(store_begin(f->store, &err), &err);
    assert_fine(store_alert_lock_due(f->store, &deployment, 10, count_due_alert, &count, &err),
                &err);
    assert_int_equal(count, 1);
    store_rollback(f->store);
    store_close(other);
}

static void the_ledger_is_added_to_by_an_erasure_only(void **state)
{
    struct fixture *f = *state;
    static const char *const attempts[] = {
        "INSERT INTO audit.membership VALUES (gen_random_uuid(), sha256('x'), now(), now())",
        "UPDATE audit.membership SET last_day = now()",
        "DELETE FROM audit.membership",
        "TRUNCATE audit.membership",
        "INSERT INTO audit.membership_image VALUES (gen_random_uuid(), sha256('x'))",
        "UPDATE audit.membership_image SET digest = sha256('x')",
        "DELETE FROM audit.membership_image",
        "TRUNCATE audit.membership_image",
        "UPDATE overt.list_erasure SET dropped_at = now()",
        "INSERT INTO overt.list_erasure SELECT * FROM overt.list_erasure",
        "DELETE FROM overt.list_erasure",
        "UPDATE overt.ledger_key SET fingerprint = sha256('x')",
        "DELETE FROM overt.ledger_key",
        "SELECT overt.erasure_at(gen_random_uuid())",
    };
    static const char *const roles[] = {"server", "oversight", "sealer"};
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        for (size_t j = 0; j < sizeof(roles) / sizeof(roles[0]); j++)
            pg_refuses(f->pg, roles[j], PG_DENIED, attempts[i]);
    }
    pg_refuses(f->pg, "owner", PG_DENIED, "DELETE FROM audit.membership");
    pg_refuses(f->pg, "owner", PG_DENIED, "DELETE FROM audit.membership_image");
    pg_sql(f->pg, "oversight", "SELECT count(*) FROM audit.membership");
    pg_sql(f->pg, "oversight", "SELECT count(*) FROM audit.membership_image");
}

static void the_ledger_has_one_key(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    uint8_t fingerprint[PSEUDONYM] = {1, 2, 3};
    uint8_t read[PSEUDONYM];
    assert_refused(store_ledger_key_get(f->store, read, &err), OV_ERR_NOT_FOUND,
                   "ledger.not_set_up", &err);
    act(f->store, store_ledger_key_add(f->store, fingerprint, &act_err));
    refused_act(f->store, store_ledger_key_add(f->store, fingerprint, &act_err), OV_ERR_EXISTS,
                "ledger.exists");
    assert_fine(store_ledger_key_get(f->store, read, &err), &err);
    assert_memory_equal(read, fingerprint, PSEUDONYM);
}

int run_erasure_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_subject_ever_approved_is_for_the_ledger),
        cmocka_unit_test(the_images_ever_approved_are_for_the_ledger),
        cmocka_unit_test(a_list_is_not_erased_before_its_time),
        cmocka_unit_test(the_steps_of_an_erasure_come_in_order),
        cmocka_unit_test(a_step_without_its_event_does_not_commit),
        cmocka_unit_test(the_ledger_holds_as_many_as_were_approved),
        cmocka_unit_test(the_ledger_holds_the_image_of_each_that_was_approved),
        cmocka_unit_test(the_ledger_s_rows_tell_no_order),
        cmocka_unit_test(a_list_is_there_to_be_compared_or_in_the_ledger),
        cmocka_unit_test(the_ledger_answers_who_was_listed_when),
        cmocka_unit_test(a_deployment_is_erased_with_a_certificate_only),
        cmocka_unit_test(what_is_due_is_listed_until_it_is_erased),
        cmocka_unit_test(the_database_sets_an_alerts_clock),
        cmocka_unit_test(an_alert_is_deleted_when_its_time_is_over_only),
        cmocka_unit_test(a_due_alert_that_somebody_has_locked_is_left_for_later),
        cmocka_unit_test(the_ledger_is_added_to_by_an_erasure_only),
        cmocka_unit_test(the_ledger_has_one_key),
    };
    return cmocka_run_group_tests_name("erasures", tests, fixture_start, fixture_stop);
}

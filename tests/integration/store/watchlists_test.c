/* Watchlists: two people, sealed bytes, one partition per deployment. */
#include <stdlib.h>

#include "tests/integration/store/fixture.h"

struct seen_entry {
    struct watchlist_entry entry;
    size_t name_size;
    size_t reference_size;
    int count;
};

static enum ov_status see_entry(void *ctx, const struct watchlist_entry *entry)
{
    struct seen_entry *seen = ctx;
    seen->entry = *entry;
    seen->name_size = entry->sealed_name.size;
    seen->reference_size = entry->sealed_reference.size;
    seen->count++;
    return OV_OK;
}

static struct seen_entry get(struct fixture *f, const struct ov_id *deployment_id,
                             const struct ov_id *entry_id)
{
    struct ov_error err = OV_ERROR_INIT;
    struct seen_entry seen = {.count = 0};
    assert_fine(store_entry_get(f->store, deployment_id, entry_id, false, see_entry, &seen, &err),
                &err);
    assert_int_equal(seen.count, 1);
    return seen;
}

static struct watchlist_entry new_entry(struct fixture *f, const struct ov_id *deployment_id)
{
    return (struct watchlist_entry){.id = ov_id_new(),
                                    .deployment_id = *deployment_id,
                                    .category = "wanted",
                                    .response = "speak_to",
                                    .added_by = f->manager,
                                    .added_at_us = now_us(),
                                    .sealed_name = pg_fake_sealed(),
                                    .sealed_reference = pg_fake_sealed()};
}

static struct watchlist_image new_image(const struct deployment *deployment,
                                        const struct ov_id *entry_id)
{
    struct watchlist_image image = {.id = ov_id_new(),
                                    .entry_id = *entry_id,
                                    .deployment_id = deployment->id,
                                    .sealed_jpeg = pg_fake_sealed(),
                                    .sealed_thumbnail = pg_fake_sealed(),
                                    .sealed_template = pg_fake_sealed(),
                                    .eye_distance_px = 60,
                                    .sharpness_milli = 500};
    memcpy(image.model_digest, deployment->model_digest, sizeof(image.model_digest));
    return image;
}

static void an_entry_reads_back_as_it_was_written(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment d = pg_seed_deployment(f->store, "entries", &f->applicant, &f->site);
    struct ov_id id = pg_seed_entry(f->store, &d, &f->manager, NULL);
    struct seen_entry seen = get(f, &d.id, &id);
    assert_true(ov_id_equal(&seen.entry.id, &id));
    assert_true(ov_id_equal(&seen.entry.deployment_id, &d.id));
    assert_string_equal(seen.entry.category, "wanted");
    assert_string_equal(seen.entry.response, "speak_to");
    assert_int_equal(seen.entry.state, ENTRY_PROPOSED);
    assert_true(ov_id_equal(&seen.entry.added_by, &f->manager));
    assert_true(ov_id_is_zero(&seen.entry.approved_by));
    assert_int_equal(seen.name_size, pg_fake_sealed().size);
    assert_int_equal(seen.reference_size, pg_fake_sealed().size);
    assert_int_equal(seen.entry.image_count, 1);

    struct ov_id unknown = ov_id_new();
    assert_refused(store_entry_get(f->store, &d.id, &unknown, false, see_entry, &seen, &err),
                   OV_ERR_NOT_FOUND, "entry.unknown", &err);
    assert_refused(store_entry_get(f->store, &unknown, &id, false, see_entry, &seen, &err),
                   OV_ERR_NOT_FOUND, "entry.unknown", &err);
    assert_refused(store_entry_get(f->store, &d.id, &id, true, see_entry, &seen, &err),
                   OV_ERR_STATE, "store.no_transaction", &err);
}

static void an_entry_without_name_and_reference_is_fine(void **state)
{
    struct fixture *f = *state;
    struct deployment d = pg_seed_deployment(f->store, "nameless", &f->applicant, &f->site);
    struct watchlist_entry entry = new_entry(f, &d.id);
    entry.sealed_name = (struct store_bytes){NULL, 0};
    entry.sealed_reference = (struct store_bytes){NULL, 0};
    act(f->store, store_entry_add(f->store, &entry, &act_err));
    struct seen_entry seen = get(f, &d.id, &entry.id);
    assert_null(seen.entry.sealed_name.data);
    assert_int_equal(seen.name_size, 0);
}

static void who_added_an_entry_never_approves_it(void **state)
{
    struct fixture *f = *state;
    struct deployment d = pg_seed_deployment(f->store, "approve", &f->applicant, &f->site);
    struct ov_id id = pg_seed_entry(f->store, &d, &f->manager, NULL);
    refused_act(f->store,
                store_entry_approve(f->store, &d.id, &id, &f->manager, now_us(), &act_err),
                OV_ERR_DENIED, "entry.same_person");
    refused_act(
        f->store,
        store_entry_approve(f->store, &d.id, &id, &f->site.principal_id, now_us(), &act_err),
        OV_ERR_DENIED, "principal.not_a_person");
    pg_seed_approve(f->store, &d, &id, &f->reviewer);
    struct seen_entry seen = get(f, &d.id, &id);
    assert_int_equal(seen.entry.state, ENTRY_APPROVED);
    assert_true(ov_id_equal(&seen.entry.approved_by, &f->reviewer));
    refused_act(f->store,
                store_entry_approve(f->store, &d.id, &id, &f->officer, now_us(), &act_err),
                OV_ERR_STATE, "entry.wrong_state");
}

/* An act in a transaction of its own that is not put on the record. */
#define unrecorded_act(store, call)                                                                \
    do {                                                                                           \
        struct ov_error act_err = OV_ERROR_INIT;                                                   \
        assert_fine(store_begin((store), &act_err), &act_err);                                     \
        assert_fine((call), &act_err);                                                             \
        assert_refused(store_commit((store), &act_err), OV_ERR_INTERNAL, "audit.missing",          \
                       &act_err);                                                                  \
    } while (0)

static void a_list_does_not_change_without_an_audit_event(void **state)
{
    struct fixture *f = *state;
    struct deployment d = pg_seed_deployment(f->store, "unrecorded", &f->applicant, &f->site);
    struct ov_id id = pg_seed_entry(f->store, &d, &f->manager, NULL);
    struct watchlist_entry entry = new_entry(f, &d.id);
    struct watchlist_image image = new_image(&d, &id);
    unrecorded_act(f->store, store_entry_add(f->store, &entry, &act_err));
    unrecorded_act(f->store, store_image_add(f->store, &image, &act_err));
    pg_seed_open(f->store, &d, &id, &f->reviewer);
    unrecorded_act(f->store,
                   store_entry_approve(f->store, &d.id, &id, &f->reviewer, now_us(), &act_err));
    unrecorded_act(f->store, store_entry_withdraw(f->store, &d.id, &id, now_us(), &act_err));
    struct seen_entry seen = get(f, &d.id, &id);
    assert_int_equal(seen.entry.state, ENTRY_PROPOSED);
    assert_int_equal(seen.entry.image_count, 1);
}

static void withdrawn_is_for_good(void **state)
{
    struct fixture *f = *state;
    struct deployment d = pg_seed_deployment(f->store, "withdraw", &f->applicant, &f->site);
    struct ov_id id = pg_seed_entry(f->store, &d, &f->manager, NULL);
    act(f->store, store_entry_withdraw(f->store, &d.id, &id, now_us(), &act_err));
    refused_act(f->store, store_entry_withdraw(f->store, &d.id, &id, now_us(), &act_err),
                OV_ERR_STATE, "entry.wrong_state");
    refused_act(f->store,
                store_entry_approve(f->store, &d.id, &id, &f->reviewer, now_us(), &act_err),
                OV_ERR_STATE, "entry.wrong_state");
    struct ov_id unknown = ov_id_new();
    refused_act(f->store, store_entry_withdraw(f->store, &d.id, &unknown, now_us(), &act_err),
                OV_ERR_NOT_FOUND, "entry.unknown");
    refused_act(f->store,
                store_entry_approve(f->store, &d.id, &unknown, &f->reviewer, now_us(), &act_err),
                OV_ERR_NOT_FOUND, "entry.unknown");
}

static void images_are_added_before_approval_only(void **state)
{
    struct fixture *f = *state;
    struct deployment d = pg_seed_deployment(f->store, "images", &f->applicant, &f->site);
    struct ov_id id = pg_seed_entry(f->store, &d, &f->manager, NULL);
    for (int i = 1; i < WATCHLIST_IMAGES_PER_ENTRY_MAX; i++) {
        struct watchlist_image image = new_image(&d, &id);
        act(f->store, store_image_add(f->store, &image, &act_err));
    }
    struct watchlist_image sixth = new_image(&d, &id);
    refused_act(f->store, store_image_add(f->store, &sixth, &act_err), OV_ERR_LIMIT,
                "image.too_many");
    assert_int_equal(get(f, &d.id, &id).entry.image_count, WATCHLIST_IMAGES_PER_ENTRY_MAX);

    struct ov_id second = pg_seed_entry(f->store, &d, &f->manager, NULL);
    pg_seed_approve(f->store, &d, &second, &f->reviewer);
    struct watchlist_image late = new_image(&d, &second);
    refused_act(f->store, store_image_add(f->store, &late, &act_err), OV_ERR_STATE,
                "entry.wrong_state");
}

static void a_photograph_is_added_to_an_entry_once(void **state)
{
    static const uint8_t tag[32] = {1};
    struct fixture *f = *state;
    struct deployment d = pg_seed_deployment(f->store, "once", &f->applicant, &f->site);
    struct ov_id id = pg_seed_entry(f->store, &d, &f->manager, NULL);
    struct ov_id other = pg_seed_entry(f->store, &d, &f->manager, NULL);
    struct store_bytes content_tag = {tag, sizeof(tag)};
    bool has = true;
    struct watchlist_image image = new_image(&d, &id);
    image.content_tag = content_tag;
    assert_int_equal(store_image_has_tag(f->store, &d.id, &id, content_tag, &has, NULL), OV_OK);
    assert_false(has);
    act(f->store, store_image_add(f->store, &image, &act_err));
    assert_int_equal(store_image_has_tag(f->store, &d.id, &id, content_tag, &has, NULL), OV_OK);
    assert_true(has);
    image.id = ov_id_new();
    refused_act(f->store, store_image_add(f->store, &image, &act_err), OV_ERR_EXISTS,
                "image.exists");
    image.entry_id = other; /* the tag is no key by itself */
    act(f->store, store_image_add(f->store, &image, &act_err));
    image = new_image(&d, &id);
    image.content_tag = (struct store_bytes){tag, 31};
    refused_act(f->store, store_image_add(f->store, &image, &act_err), OV_ERR_INVALID,
                "image.content_tag");
}

static void a_template_of_another_model_is_refused(void **state)
{
    struct fixture *f = *state;
    struct deployment d = pg_seed_deployment(f->store, "model", &f->applicant, &f->site);
    struct watchlist_entry entry = new_entry(f, &d.id);
    act(f->store, store_entry_add(f->store, &entry, &act_err));
    struct watchlist_image image = new_image(&d, &entry.id);
    image.model_digest[31] ^= 1;
    refused_act(f->store, store_image_add(f->store, &image, &act_err), OV_ERR_INVALID,
                "image.other_model");
    struct ov_id nobody = ov_id_new();
    image = new_image(&d, &nobody);
    refused_act(f->store, store_image_add(f->store, &image, &act_err), OV_ERR_NOT_FOUND,
                "entry.unknown");
}

static void plain_bytes_are_refused_where_sealed_ones_belong(void **state)
{
    struct fixture *f = *state;
    struct deployment d = pg_seed_deployment(f->store, "plain", &f->applicant, &f->site);
    struct ov_id id = pg_seed_entry(f->store, &d, &f->manager, NULL);
    static const char jpeg[64] = "\xff\xd8\xff\xe0 JFIF";
    struct watchlist_image image = new_image(&d, &id);
    image.sealed_jpeg = (struct store_bytes){jpeg, sizeof(jpeg)};
    refused_act(f->store, store_image_add(f->store, &image, &act_err), OV_ERR_INTERNAL,
                "store.not_sealed");
    struct watchlist_entry entry = new_entry(f, &d.id);
    entry.sealed_name = (struct store_bytes){"Ada Lovelace", 12};
    refused_act(f->store, store_entry_add(f->store, &entry, &act_err), OV_ERR_INTERNAL,
                "store.not_sealed");
}

static void malformed_entries_are_refused(void **state)
{
    struct fixture *f = *state;
    struct deployment d = pg_seed_deployment(f->store, "malformed", &f->applicant, &f->site);
    struct watchlist_entry good = new_entry(f, &d.id);
    act(f->store, store_entry_add(f->store, &good, &act_err));
    refused_act(f->store, store_entry_add(f->store, &good, &act_err), OV_ERR_EXISTS,
                "entry.exists");
    struct watchlist_entry bad = new_entry(f, &d.id);
    (void)snprintf(bad.category, sizeof(bad.category), "Free text");
    refused_act(f->store, store_entry_add(f->store, &bad, &act_err), OV_ERR_INVALID,
                "entry.invalid");
    bad = new_entry(f, &d.id);
    bad.added_by = f->site.principal_id;
    refused_act(f->store, store_entry_add(f->store, &bad, &act_err), OV_ERR_DENIED,
                "principal.not_a_person");
    bad = new_entry(f, &d.id);
    bad.deployment_id = ov_id_new();
    refused_act(f->store, store_entry_add(f->store, &bad, &act_err), OV_ERR_STATE,
                "watchlist.none");
    bad = new_entry(f, &d.id);
    unsigned char *large = calloc(1, 5000);
    assert_non_null(large);
    large[0] = 1;
    bad.sealed_name = (struct store_bytes){large, 5000};
    refused_act(f->store, store_entry_add(f->store, &bad, &act_err), OV_ERR_LIMIT,
                "entry.too_large");
    free(large);
}

static void a_closed_deployments_list_does_not_change(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment d = pg_seed_deployment(f->store, "closing", &f->applicant, &f->site);
    struct ov_id proposed = pg_seed_entry(f->store, &d, &f->manager, NULL);
    pg_seed_live(f->store, &d, &f->officer);
    act(f->store,
        store_deployment_set_state(f->store, &d.id, DEPLOYMENT_CLOSED, now_us(), &act_err));
    struct watchlist_entry entry = new_entry(f, &d.id);
    refused_act(f->store, store_entry_add(f->store, &entry, &act_err), OV_ERR_STATE,
                "deployment.wrong_state");
    refused_act(f->store,
                store_entry_approve(f->store, &d.id, &proposed, &f->reviewer, now_us(), &act_err),
                OV_ERR_STATE, "deployment.wrong_state");
    struct watchlist_image image = new_image(&d, &proposed);
    refused_act(f->store, store_image_add(f->store, &image, &act_err), OV_ERR_INVALID,
                "image.other_model");
    assert_fine(store_begin(f->store, &err), &err);
    fixture_erase_list(f, &d.id);
    pg_seed_event(f->store);
    assert_fine(store_commit(f->store, &err), &err);
    refused_act(f->store, store_entry_add(f->store, &entry, &act_err), OV_ERR_STATE,
                "watchlist.none");
}

static enum ov_status remember(void *ctx, const struct watchlist_entry *entry)
{
    struct ov_id **at = ctx;
    *(*at)++ = entry->id;
    return OV_OK;
}

static void entries_are_listed_in_order_page_by_page(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment d = pg_seed_deployment(f->store, "pages", &f->applicant, &f->site);
    struct ov_id added[7];
    for (size_t i = 0; i < 7; i++)
        added[i] = pg_seed_entry(f->store, &d, &f->manager, NULL);
    struct ov_id listed[10];
    struct ov_id *at = listed;
    const struct ov_id *after = NULL;
    for (int page = 0; page < 4; page++) {
        assert_fine(store_entry_each(f->store, &d.id, after, 2, remember, &at, &err), &err);
        after = at - 1;
    }
    assert_int_equal(at - listed, 7);
    for (size_t i = 0; i < 7; i++)
        assert_true(ov_id_equal(&listed[i], &added[i]));
}

static void counts_are_by_state(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment d = pg_seed_deployment(f->store, "counted", &f->applicant, &f->site);
    struct ov_id ids[4];
    for (size_t i = 0; i < 4; i++)
        ids[i] = pg_seed_entry(f->store, &d, &f->manager, NULL);
    pg_seed_approve(f->store, &d, &ids[0], &f->reviewer);
    act(f->store, store_entry_withdraw(f->store, &d.id, &ids[1], now_us(), &act_err));
    struct watchlist_counts counts;
    assert_fine(store_watchlist_counts(f->store, &d.id, &counts, &err), &err);
    assert_int_equal(counts.proposed, 2);
    assert_int_equal(counts.approved, 1);
    assert_int_equal(counts.withdrawn, 1);
}

struct gallery {
    struct fixture *f;
    struct ov_id deployment_id;
    int rows;
    int stop_after;
};

static enum ov_status on_gallery(void *ctx, const struct gallery_row *row)
{
    struct gallery *gallery = ctx;
    struct ov_error err = OV_ERROR_INIT;
    int64_t now = 0;
    gallery->rows++;
    assert_int_equal(row->sealed_template.size, pg_fake_sealed().size);
    assert_int_equal(row->model_digest[0], 0x11);
    /* Nothing else runs on a connection that is streaming. */
    assert_refused(store_now(gallery->f->store, &now, &err), OV_ERR_STATE, "store.streaming", &err);
    assert_refused(store_ensure(gallery->f->store, &err), OV_ERR_STATE, "store.streaming", &err);
    return gallery->rows == gallery->stop_after ? OV_ERR_LIMIT : OV_OK;
}

static void a_gallery_holds_the_approved_entries_only(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment d = pg_seed_deployment(f->store, "gallery", &f->applicant, &f->site);
    struct deployment other = pg_seed_deployment(f->store, "other", &f->applicant, &f->site);
    struct ov_id ids[5];
    for (size_t i = 0; i < 5; i++)
        ids[i] = pg_seed_entry(f->store, &d, &f->manager, NULL);
    for (size_t i = 0; i < 4; i++)
        pg_seed_approve(f->store, &d, &ids[i], &f->reviewer);
    act(f->store, store_entry_withdraw(f->store, &d.id, &ids[3], now_us(), &act_err));
    struct ov_id elsewhere = pg_seed_entry(f->store, &other, &f->manager, NULL);
    pg_seed_approve(f->store, &other, &elsewhere, &f->reviewer);

    struct gallery gallery = {f, d.id, 0, 0};
    assert_fine(store_gallery_each(f->store, &d.id, on_gallery, &gallery, &err), &err);
    assert_int_equal(gallery.rows, 3);
    /* Stopping in the middle gives the callback's status, and the connection goes on. */
    gallery = (struct gallery){f, d.id, 0, 2};
    assert_int_equal(store_gallery_each(f->store, &d.id, on_gallery, &gallery, &err), OV_ERR_LIMIT);
    assert_int_equal(gallery.rows, 2);
    gallery = (struct gallery){f, other.id, 0, 0};
    assert_fine(store_gallery_each(f->store, &other.id, on_gallery, &gallery, &err), &err);
    assert_int_equal(gallery.rows, 1);
}

static enum ov_status see_source(void *ctx, const struct alert_source *source)
{
    struct ov_id *image = ctx;
    *image = source->image_id;
    assert_string_equal(source->entry.category, "wanted");
    assert_int_equal(source->sealed_thumbnail.size, pg_fake_sealed().size);
    return OV_OK;
}

static void an_alert_copies_from_approved_entries_only(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment d = pg_seed_deployment(f->store, "source", &f->applicant, &f->site);
    struct ov_id image;
    struct ov_id found;
    struct ov_id id = pg_seed_entry(f->store, &d, &f->manager, &image);
    assert_refused(store_alert_source_get(f->store, &d.id, &id, &image, see_source, &found, &err),
                   OV_ERR_NOT_FOUND, "entry.not_approved", &err);
    pg_seed_approve(f->store, &d, &id, &f->reviewer);
    assert_fine(store_alert_source_get(f->store, &d.id, &id, &image, see_source, &found, &err),
                &err);
    assert_true(ov_id_equal(&found, &image));
    act(f->store, store_entry_withdraw(f->store, &d.id, &id, now_us(), &act_err));
    assert_refused(store_alert_source_get(f->store, &d.id, &id, &image, see_source, &found, &err),
                   OV_ERR_NOT_FOUND, "entry.not_approved", &err);
}

static void erasing_leaves_no_table_and_other_lists_alone(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment gone = pg_seed_deployment(f->store, "gone", &f->applicant, &f->site);
    struct deployment stays = pg_seed_deployment(f->store, "stays", &f->applicant, &f->site);
    (void)pg_seed_entry(f->store, &gone, &f->manager, NULL);
    struct ov_id kept = pg_seed_entry(f->store, &stays, &f->manager, NULL);
    act(f->store,
        store_deployment_set_state(f->store, &gone.id, DEPLOYMENT_CANCELLED, now_us(), &act_err));
    act(f->store, fixture_destroy_list_key(f, &gone.id, &act_err));
    int64_t before = pg_value(f->pg, "admin",
                              "SELECT count(*) FROM pg_class WHERE relnamespace = "
                              "'watchlist'::regnamespace AND relkind = 'r'");

    /* Somebody reads lists just now: the lock does not come, nothing happens, a retry works. */
    struct store *reader = NULL;
    assert_fine(store_open(pg_conninfo(f->pg, "server"), &reader, &err), &err);
    assert_fine(store_begin(reader, &err), &err);
    struct watchlist_counts counts;
    assert_fine(store_watchlist_counts(reader, &stays.id, &counts, &err), &err);
    assert_refused(store_watchlist_erase(f->store, &gone.id, &err), OV_ERR_UNAVAILABLE,
                   "store.busy", &err);
    store_close(reader);

    act(f->store, store_watchlist_erase(f->store, &gone.id, &act_err));
    assert_int_equal(pg_value(f->pg, "admin",
                              "SELECT count(*) FROM pg_class WHERE relnamespace = "
                              "'watchlist'::regnamespace AND relkind = 'r'"),
                     before - pg_value(f->pg, "admin", "SELECT cardinality(watchlist.parents())"));
    assert_int_equal(get(f, &stays.id, &kept).entry.image_count, 1);
}

int run_watchlist_tests(void)
{
    const struct CMUnitTest watchlists[] = {
        cmocka_unit_test(an_entry_reads_back_as_it_was_written),
        cmocka_unit_test(an_entry_without_name_and_reference_is_fine),
        cmocka_unit_test(who_added_an_entry_never_approves_it),
        cmocka_unit_test(a_list_does_not_change_without_an_audit_event),
        cmocka_unit_test(withdrawn_is_for_good),
        cmocka_unit_test(images_are_added_before_approval_only),
        cmocka_unit_test(a_photograph_is_added_to_an_entry_once),
        cmocka_unit_test(a_template_of_another_model_is_refused),
        cmocka_unit_test(plain_bytes_are_refused_where_sealed_ones_belong),
        cmocka_unit_test(malformed_entries_are_refused),
        cmocka_unit_test(a_closed_deployments_list_does_not_change),
        cmocka_unit_test(entries_are_listed_in_order_page_by_page),
        cmocka_unit_test(counts_are_by_state),
        cmocka_unit_test(a_gallery_holds_the_approved_entries_only),
        cmocka_unit_test(an_alert_copies_from_approved_entries_only),
        cmocka_unit_test(erasing_leaves_no_table_and_other_lists_alone),
    };
    return cmocka_run_group_tests(watchlists, fixture_start, fixture_stop);
}

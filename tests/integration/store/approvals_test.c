/* Approval that means something, caps and the blue list: what the database holds against a server
 * that forgets, or is told to forget. */
#include "server/store/approvals.h"
#include "tests/integration/store/fixture.h"

static struct watchlist_entry new_entry(struct fixture *f, const struct ov_id *deployment_id)
{
    return (struct watchlist_entry){.id = ov_id_new(),
                                    .deployment_id = *deployment_id,
                                    .category = "wanted",
                                    .response = "arrest",
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

static struct ov_id add(struct fixture *f, const struct deployment *d,
                        const struct watchlist_entry *entry)
{
    struct watchlist_image image = new_image(d, &entry->id);
    act(f->store, store_entry_add(f->store, entry, &act_err));
    act(f->store, store_image_add(f->store, &image, &act_err));
    return entry->id;
}

static void refuse_approval(struct fixture *f, const struct deployment *d, const struct ov_id *id,
                            const struct ov_id *by, enum ov_status wanted, const char *code)
{
    refused_act(f->store, store_entry_approve(f->store, &d->id, id, by, now_us(), &act_err), wanted,
                code);
}

static void what_nobody_opened_is_not_approved(void **state)
{
    struct fixture *f = *state;
    struct deployment d = pg_seed_deployment(f->store, "unopened", &f->applicant, &f->site);
    struct watchlist_entry entry = new_entry(f, &d.id);
    struct ov_id id = add(f, &d, &entry);
    refuse_approval(f, &d, &id, &f->reviewer, OV_ERR_STATE, "entry.images_open");
    pg_seed_open(f->store, &d, &id, &f->officer); /* compared by now, but opened by another */
    refuse_approval(f, &d, &id, &f->reviewer, OV_ERR_STATE, "entry.not_opened");
    pg_seed_open(f->store, &d, &id, &f->reviewer);
    struct watchlist_image later = new_image(&d, &id);
    act(f->store, store_image_add(f->store, &later, &act_err));
    act(f->store, store_compared_add(f->store, &d.id, &later.id, 1, &act_err));
    /* What was opened had one image. */
    refuse_approval(f, &d, &id, &f->reviewer, OV_ERR_STATE, "entry.not_opened");
    refused_act(f->store, store_opening_add(f->store, &d.id, &id, &f->reviewer, 1, &act_err),
                OV_ERR_CONFLICT, "entry.changed");
    pg_seed_approve(f->store, &d, &id, &f->reviewer);
}

static void an_image_that_waits_is_decided_by_another_person(void **state)
{
    struct fixture *f = *state;
    struct deployment d = pg_seed_deployment(f->store, "waiting", &f->applicant, &f->site);
    struct watchlist_entry entry = new_entry(f, &d.id);
    struct ov_id id = add(f, &d, &entry);
    struct watchlist_image image = new_image(&d, &id);
    image.state = IMAGE_PENDING;
    refused_act(f->store, store_image_add(f->store, &image, &act_err), OV_ERR_STATE,
                "image.wrong_state"); /* without a reason */
    (void)snprintf(image.override_code, sizeof(image.override_code), "years_between");
    act(f->store, store_image_add(f->store, &image, &act_err));
    pg_seed_open(f->store, &d, &id, &f->reviewer);
    refuse_approval(f, &d, &id, &f->reviewer, OV_ERR_STATE, "entry.images_open");
    refused_act(
        f->store,
        store_image_decide(f->store, &image, IMAGE_ACCEPTED, &f->manager, now_us(), &act_err),
        OV_ERR_DENIED, "image.same_person");
    act(f->store,
        store_image_decide(f->store, &image, IMAGE_REJECTED, &f->reviewer, now_us(), &act_err));
    refused_act(
        f->store,
        store_image_decide(f->store, &image, IMAGE_ACCEPTED, &f->officer, now_us(), &act_err),
        OV_ERR_STATE, "image.wrong_state");
    pg_seed_approve(f->store, &d, &id, &f->reviewer);
    assert_int_equal(
        pg_value(f->pg, "server", "SELECT count(*) FROM watchlist.image WHERE state = 'rejected'"),
        1);
}

static void those_under_18_take_a_higher_authority(void **state)
{
    struct fixture *f = *state;
    struct deployment d = pg_seed_deployment(f->store, "young", &f->applicant, &f->site);
    struct ov_id higher = pg_seed_person(f->store, "higher", ROLE_HIGHER_AUTHORITY);
    struct watchlist_entry entry = new_entry(f, &d.id);
    entry.under_18 = true;
    struct ov_id id = add(f, &d, &entry);
    pg_seed_open(f->store, &d, &id, &f->reviewer);
    refuse_approval(f, &d, &id, &f->reviewer, OV_ERR_DENIED, "entry.under_18");
    pg_seed_approve(f->store, &d, &id, &higher);
}

static void an_entry_expires_at_its_time_and_not_before(void **state)
{
    struct fixture *f = *state;
    struct deployment d = pg_seed_deployment(f->store, "expiring", &f->applicant, &f->site);
    struct watchlist_entry entry = new_entry(f, &d.id);
    entry.expires_at_us = now_us() + INT64_C(3600) * OV_US_PER_S;
    struct ov_id id = add(f, &d, &entry);
    refused_act(f->store, store_entry_expire(f->store, &d.id, &id, now_us(), &act_err),
                OV_ERR_STATE, "entry.wrong_state");
    struct watchlist_entry over = new_entry(f, &d.id);
    over.expires_at_us = now_us() - OV_US_PER_S;
    struct ov_id gone = add(f, &d, &over);
    pg_seed_open(f->store, &d, &gone, &f->reviewer);
    refuse_approval(f, &d, &gone, &f->reviewer, OV_ERR_STATE, "entry.expired");
    act(f->store, store_entry_expire(f->store, &d.id, &gone, now_us(), &act_err));
    refused_act(f->store, store_entry_withdraw(f->store, &d.id, &gone, now_us(), &act_err),
                OV_ERR_STATE, "entry.wrong_state");
}

static void withdrawing_what_was_approved_makes_no_room(void **state)
{
    struct fixture *f = *state;
    char sql[200];
    char text[OV_ID_TEXT_SIZE];
    struct deployment d = pg_seed_deployment(f->store, "room", &f->applicant, &f->site);
    (void)snprintf(sql, sizeof(sql),
                   "UPDATE watchlist.tally SET listed = 19998 WHERE deployment_id = '%s'",
                   ov_id_format(&d.id, text));
    pg_refuses(f->pg, "server", PG_DENIED, sql);
    pg_sql(f->pg, "owner", sql);
    struct watchlist_entry one = new_entry(f, &d.id);
    struct watchlist_entry two = new_entry(f, &d.id);
    struct watchlist_entry three = new_entry(f, &d.id);
    (void)add(f, &d, &one);
    (void)add(f, &d, &two);
    refused_act(f->store, store_entry_add(f->store, &three, &act_err), OV_ERR_LIMIT,
                "watchlist.full");
    /* Approved and withdrawn: it was searched for, and counts. */
    pg_seed_approve(f->store, &d, &one.id, &f->reviewer);
    act(f->store, store_entry_withdraw(f->store, &d.id, &one.id, now_us(), &act_err));
    refused_act(f->store, store_entry_add(f->store, &three, &act_err), OV_ERR_LIMIT,
                "watchlist.full");
    /* Never approved: a mistake that was taken back. */
    act(f->store, store_entry_withdraw(f->store, &d.id, &two.id, now_us(), &act_err));
    act(f->store, store_entry_add(f->store, &three, &act_err));
}

static struct watchlist_entry volunteer(struct fixture *f, const struct ov_id *deployment_id)
{
    struct watchlist_entry entry = new_entry(f, deployment_id);
    (void)snprintf(entry.category, sizeof(entry.category), WATCHLIST_BLUE_LIST);
    (void)snprintf(entry.response, sizeof(entry.response), "none");
    entry.has_consent = true;
    memset(entry.consent_digest, 0xc0, sizeof(entry.consent_digest));
    return entry;
}

static void volunteers_have_consent_no_response_and_a_cap_of_their_own(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment d = pg_seed_deployment(f->store, "blue", &f->applicant, &f->site);
    struct watchlist_entry bad = volunteer(f, &d.id);
    bad.has_consent = false;
    refused_act(f->store, store_entry_add(f->store, &bad, &act_err), OV_ERR_INVALID,
                "watchlist.blue_list");
    bad = volunteer(f, &d.id);
    (void)snprintf(bad.response, sizeof(bad.response), "arrest");
    refused_act(f->store, store_entry_add(f->store, &bad, &act_err), OV_ERR_INVALID,
                "watchlist.blue_list");
    bad = new_entry(f, &d.id);
    (void)snprintf(bad.response, sizeof(bad.response), "none");
    refused_act(f->store, store_entry_add(f->store, &bad, &act_err), OV_ERR_INVALID,
                "watchlist.blue_list");
    for (int i = 0; i < 50; i++) {
        struct watchlist_entry entry = volunteer(f, &d.id);
        act(f->store, store_entry_add(f->store, &entry, &act_err));
    }
    struct watchlist_entry last = volunteer(f, &d.id);
    refused_act(f->store, store_entry_add(f->store, &last, &act_err), OV_ERR_LIMIT,
                "watchlist.blue_list_full");
    struct watchlist_counts counts;
    assert_fine(store_watchlist_counts(f->store, &d.id, &counts, &err), &err);
    assert_int_equal(counts.blue_list, 50);
    assert_int_equal(counts.proposed, 0);
    assert_int_equal(counts.listed, 0);
    pg_refuses(f->pg, "server", PG_DENIED,
               "UPDATE watchlist.entry SET category = 'wanted', response = 'arrest'");
    pg_refuses(f->pg, "server", PG_DENIED,
               "UPDATE watchlist.entry SET category = 'blue_list', response = 'none'");
    pg_refuses(f->pg, "server", PG_DENIED, "UPDATE watchlist.entry SET consent_digest = NULL");
}

static enum ov_status count_id(void *ctx, const struct ov_id *id)
{
    (void)id;
    (*(int *)ctx)++;
    return OV_OK;
}

static void a_round_is_approved_when_it_was_opened_as_drawn(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment d = pg_seed_deployment(f->store, "round", &f->applicant, &f->site);
    struct ov_id ids[25];
    for (int i = 0; i < 25; i++) {
        struct watchlist_entry entry = new_entry(f, &d.id);
        entry.birth_unknown = i < 2;
        ids[i] = add(f, &d, &entry);
        pg_seed_open(f->store, &d, &ids[i], &f->officer); /* compared */
    }
    /* One looks like another. */
    act(f->store, store_lookalike_add(f->store, &d.id, &ids[7], &ids[4], 612, &act_err));
    struct round_draw draw = {.deployment_id = d.id,
                              .id = ov_id_new(),
                              .by = f->reviewer,
                              .at_us = now_us(),
                              .permille = 10,
                              .least = 20};
    int64_t entries = 0;
    act(f->store, store_round_draw(f->store, &draw, &entries, &act_err));
    assert_int_equal(entries, 25);
    struct round round;
    assert_fine(store_round_get(f->store, &d.id, &draw.id, &round, &err), &err);
    assert_int_equal(round.flagged, 4);
    assert_int_equal(round.sampled, 20);
    assert_int_equal(round.opened, 0);
    for (int i = 0; i < 25; i++) {
        if (i % 5 != 0)
            pg_seed_open(f->store, &d, &ids[i], &f->reviewer);
    }
    refused_act(f->store, store_round_approve(f->store, &d.id, &draw.id, now_us(), &act_err),
                OV_ERR_STATE, "round.not_opened");
    int left = 0;
    assert_fine(store_round_to_open(f->store, &d.id, &draw.id, count_id, &left, &err), &err);
    assert_in_range(left, 1, 5);
    /* The server's right ends here: nothing of a draw can be changed. */
    pg_refuses(f->pg, "server", PG_DENIED, "UPDATE watchlist.round_entry SET flagged = false");
    pg_refuses(f->pg, "server", PG_DENIED, "DELETE FROM watchlist.round_entry");
    pg_refuses(f->pg, "server", PG_DENIED, "DELETE FROM watchlist.lookalike");
    pg_refuses(f->pg, "server", PG_DENIED, "UPDATE watchlist.opening SET opened_by = opened_by");
    refuse_approval(f, &d, &ids[5], &f->reviewer, OV_ERR_STATE, "entry.not_opened");
    for (int i = 0; i < 25; i++)
        pg_seed_open(f->store, &d, &ids[i], &f->reviewer);
    act(f->store, store_round_approve(f->store, &d.id, &draw.id, now_us(), &act_err));
    refused_act(f->store, store_round_approve(f->store, &d.id, &draw.id, now_us(), &act_err),
                OV_ERR_STATE, "round.wrong_state");
    act(f->store, store_entry_approve(f->store, &d.id, &ids[5], &f->reviewer, now_us(), &act_err));
}

static void a_round_speaks_for_its_own_person_and_images_only(void **state)
{
    struct fixture *f = *state;
    struct deployment d = pg_seed_deployment(f->store, "rounds", &f->applicant, &f->site);
    struct ov_id ids[22];
    for (int i = 0; i < 22; i++) {
        struct watchlist_entry entry = new_entry(f, &d.id);
        ids[i] = add(f, &d, &entry);
        pg_seed_open(f->store, &d, &ids[i], &f->officer);
    }
    struct round_draw draw = {.deployment_id = d.id,
                              .id = ov_id_new(),
                              .by = f->officer,
                              .at_us = now_us(),
                              .permille = 10,
                              .least = 20};
    int64_t entries = 0;
    act(f->store, store_round_draw(f->store, &draw, &entries, &act_err));
    assert_int_equal(entries, 22);
    act(f->store, store_round_approve(f->store, &d.id, &draw.id, now_us(), &act_err));
    refuse_approval(f, &d, &ids[0], &f->reviewer, OV_ERR_STATE, "entry.not_opened");
    struct watchlist_image later = new_image(&d, &ids[1]);
    act(f->store, store_image_add(f->store, &later, &act_err));
    act(f->store, store_compared_add(f->store, &d.id, &later.id, 1, &act_err));
    refuse_approval(f, &d, &ids[1], &f->officer, OV_ERR_STATE, "entry.not_opened");
}

static enum ov_status count_row(void *ctx, const struct gallery_row *row)
{
    (void)row;
    (*(int *)ctx)++;
    return OV_OK;
}

#define WHERE_ATTACKED                                                                             \
    "WHERE deployment_id = (SELECT id FROM overt.deployment WHERE name = 'attack')"

static void the_servers_role_puts_nobody_unapproved_into_a_gallery(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    int rows = 0;
    struct deployment d = pg_seed_deployment(f->store, "attack", &f->applicant, &f->site);
    struct watchlist_entry entry = new_entry(f, &d.id);
    (void)add(f, &d, &entry);
    static const struct {
        const char *wanted;
        const char *sql;
    } attacks[] = {
        {"entry_two_people",
         "UPDATE watchlist.entry SET state = 'approved', approved_by = added_by, approved_at = "
         "now() " WHERE_ATTACKED},
        {"entry_images_open", "UPDATE watchlist.entry SET state = 'approved', approved_at = now(), "
                              "approved_by = (SELECT "
                              "id FROM overt.principal WHERE name = 'reviewer') " WHERE_ATTACKED},
        {"person_required", "UPDATE watchlist.entry SET state = 'approved' " WHERE_ATTACKED},
        {PG_DENIED,
         "UPDATE watchlist.entry SET added_by = (SELECT id FROM overt.principal WHERE name = "
         "'officer') " WHERE_ATTACKED},
        {PG_DENIED, "UPDATE watchlist.entry SET under_18 = false " WHERE_ATTACKED},
        {"entry_step",
         "INSERT INTO watchlist.entry (deployment_id, id, category, response, state, added_by, "
         "added_at, approved_by, approved_at) SELECT deployment_id, gen_random_uuid(), category, "
         "response, 'approved', added_by, now(), NULL, NULL FROM watchlist.entry " WHERE_ATTACKED},
        {PG_DENIED, "UPDATE watchlist.image SET entry_id = gen_random_uuid() " WHERE_ATTACKED},
        {"round_step",
         "INSERT INTO watchlist.round (deployment_id, id, drawn_by, drawn_at, state, approved_at) "
         "SELECT deployment_id, gen_random_uuid(), added_by, now(), 'approved', now() FROM "
         "watchlist.entry " WHERE_ATTACKED},
    };
    for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
        pg_refuses(f->pg, "server", attacks[i].wanted, attacks[i].sql);
    /* Compared and opened, but by another than who is said to approve. */
    pg_seed_open(f->store, &d, &entry.id, &f->officer);
    pg_refuses(f->pg, "server", "entry_not_opened", attacks[1].sql);
    assert_fine(store_gallery_each(f->store, &d.id, count_row, &rows, &err), &err);
    assert_int_equal(rows, 0);
}

int run_approval_tests(void)
{
    const struct CMUnitTest approvals[] = {
        cmocka_unit_test(what_nobody_opened_is_not_approved),
        cmocka_unit_test(an_image_that_waits_is_decided_by_another_person),
        cmocka_unit_test(those_under_18_take_a_higher_authority),
        cmocka_unit_test(an_entry_expires_at_its_time_and_not_before),
        cmocka_unit_test(withdrawing_what_was_approved_makes_no_room),
        cmocka_unit_test(volunteers_have_consent_no_response_and_a_cap_of_their_own),
        cmocka_unit_test(a_round_is_approved_when_it_was_opened_as_drawn),
        cmocka_unit_test(a_round_speaks_for_its_own_person_and_images_only),
        cmocka_unit_test(the_servers_role_puts_nobody_unapproved_into_a_gallery),
    };
    return cmocka_run_group_tests(approvals, fixture_start, fixture_stop);
}

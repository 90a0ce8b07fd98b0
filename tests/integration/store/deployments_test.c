/* Deployments: their states, their two people, their windows. */
#include "tests/integration/store/fixture.h"

#include "server/service/steps.h"

static void an_application_reads_back_as_it_was_written(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment row = pg_seed_deployment(f->store, "read-back", &f->applicant, &f->site);
    struct deployment found;
    assert_fine(store_deployment_get(f->store, &row.id, false, &found, &err), &err);
    assert_string_equal(found.name, "read-back");
    assert_string_equal(found.purpose, row.purpose);
    assert_int_equal(found.kind, DEPLOYMENT_EXERCISE);
    assert_int_equal(found.state, DEPLOYMENT_APPLIED);
    assert_int_equal(found.starts_at_us, row.starts_at_us);
    assert_int_equal(found.ends_at_us, row.ends_at_us);
    assert_true(found.threshold == 0.5f);
    assert_int_equal(found.cool_down_s, 60);
    assert_int_equal(found.min_face_px, 40);
    assert_memory_equal(found.model_digest, row.model_digest, OV_DIGEST_BYTES);
    assert_true(ov_id_equal(&found.applied_by, &f->applicant));
    assert_true(ov_id_is_zero(&found.authorised_by));
    assert_int_equal(found.applied_at_us, row.applied_at_us);
    assert_int_equal(found.authorised_at_us, 0);
    assert_int_equal(found.went_live_at_us, 0);
    assert_int_equal(found.closed_at_us, 0);
    assert_int_equal(found.gallery_version, 0);
    assert_int_equal(found.site_count, 1);
    assert_true(ov_id_equal(&found.sites[0], &f->site.id));

    assert_fine(store_deployment_by_name(f->store, "read-back", &found, &err), &err);
    assert_true(ov_id_equal(&found.id, &row.id));
    struct ov_id unknown = ov_id_new();
    assert_refused(store_deployment_get(f->store, &unknown, false, &found, &err), OV_ERR_NOT_FOUND,
                   "deployment.unknown", &err);
    assert_refused(store_deployment_by_name(f->store, "nowhere", &found, &err), OV_ERR_NOT_FOUND,
                   "deployment.unknown", &err);
}

static void the_database_has_the_same_steps_as_the_rules(void **state)
{
    struct fixture *f = *state;
    for (int from = DEPLOYMENT_DRAFT; from <= DEPLOYMENT_CANCELLED; from++) {
        for (int to = DEPLOYMENT_DRAFT; to <= DEPLOYMENT_CANCELLED; to++) {
            char sql[200];
            (void)snprintf(sql, sizeof(sql),
                           "SELECT count(*) FROM overt.deployment_step "
                           "WHERE from_state = '%s' AND to_state = '%s'",
                           deployment_state_name((enum deployment_state)from),
                           deployment_state_name((enum deployment_state)to));
            if (pg_value(f->pg, "admin", sql) !=
                step_is_legal((enum deployment_state)from, (enum deployment_state)to))
                fail_msg("%s", sql);
        }
    }
}

static void who_applied_never_authorises(void **state)
{
    struct fixture *f = *state;
    struct deployment row = pg_seed_deployment(f->store, "two-people", &f->applicant, &f->site);
    refused_act(f->store, pg_authorise(f->store, &row.id, &f->applicant, now_us(), &act_err),
                OV_ERR_DENIED, "deployment.same_person");
    refused_act(f->store,
                pg_authorise(f->store, &row.id, &f->site.principal_id, now_us(), &act_err),
                OV_ERR_DENIED, "principal.not_a_person");
    act(f->store, pg_authorise(f->store, &row.id, &f->officer, now_us(), &act_err));
    struct deployment found;
    struct ov_error err = OV_ERROR_INIT;
    assert_fine(store_deployment_get(f->store, &row.id, false, &found, &err), &err);
    assert_int_equal(found.state, DEPLOYMENT_AUTHORISED);
    assert_true(ov_id_equal(&found.authorised_by, &f->officer));
    assert_true(found.authorised_at_us > 0);
    /* Nor does a second officer replace the first. */
    refused_act(f->store, pg_authorise(f->store, &row.id, &f->reviewer, now_us(), &act_err),
                OV_ERR_STATE, "deployment.wrong_state");
}

/* Brings a new deployment into a state; erased is not among them. */
static struct ov_id deployment_in(struct fixture *f, enum deployment_state wanted)
{
    static int number;
    char name[40];
    (void)snprintf(name, sizeof(name), "state-%d", number++);
    struct deployment row = pg_seed_deployment(f->store, name, &f->applicant, &f->site);
    if (wanted == DEPLOYMENT_APPLIED)
        return row.id;
    if (wanted == DEPLOYMENT_REFUSED || wanted == DEPLOYMENT_CANCELLED) {
        act(f->store, store_deployment_set_state(f->store, &row.id, wanted, now_us(), &act_err));
        return row.id;
    }
    act(f->store, pg_authorise(f->store, &row.id, &f->officer, now_us(), &act_err));
    if (wanted == DEPLOYMENT_AUTHORISED)
        return row.id;
    act(f->store, pg_go_live(f->store, &row.id, &f->reviewer, now_us(), &act_err));
    if (wanted != DEPLOYMENT_LIVE)
        act(f->store, store_deployment_set_state(f->store, &row.id, wanted, now_us(), &act_err));
    return row.id;
}

/* Written out here a second time on purpose: the schema's table is checked against it. */
static bool legal(enum deployment_state from, enum deployment_state to)
{
    switch (from) {
    case DEPLOYMENT_DRAFT:
        return to == DEPLOYMENT_APPLIED || to == DEPLOYMENT_CANCELLED;
    case DEPLOYMENT_APPLIED:
        return to == DEPLOYMENT_REFUSED || to == DEPLOYMENT_CANCELLED;
    case DEPLOYMENT_AUTHORISED:
        return to == DEPLOYMENT_LIVE || to == DEPLOYMENT_CLOSED || to == DEPLOYMENT_CANCELLED;
    case DEPLOYMENT_LIVE:
        return to == DEPLOYMENT_PAUSED || to == DEPLOYMENT_CLOSED;
    case DEPLOYMENT_PAUSED:
        return to == DEPLOYMENT_LIVE || to == DEPLOYMENT_CLOSED;
    case DEPLOYMENT_CLOSED:
    case DEPLOYMENT_REFUSED:
    case DEPLOYMENT_CANCELLED:
        return to == DEPLOYMENT_ERASED;
    case DEPLOYMENT_ERASED:
        return false;
    }
    return false;
}

static void only_the_legal_steps_are_taken(void **state)
{
    struct fixture *f = *state;
    for (enum deployment_state from = DEPLOYMENT_APPLIED; from <= DEPLOYMENT_CANCELLED; from++) {
        if (from == DEPLOYMENT_ERASED)
            continue;
        for (enum deployment_state to = DEPLOYMENT_DRAFT; to <= DEPLOYMENT_CANCELLED; to++) {
            struct ov_error err = OV_ERROR_INIT;
            struct ov_id id = deployment_in(f, from);
            assert_fine(store_begin(f->store, &err), &err);
            if (to == DEPLOYMENT_ERASED && legal(from, to))
                fixture_erase_list(f, &id);
            enum ov_status status =
                from == DEPLOYMENT_AUTHORISED && to == DEPLOYMENT_LIVE
                    ? pg_go_live(f->store, &id, &f->reviewer, now_us(), &err)
                    : store_deployment_set_state(f->store, &id, to, now_us(), &err);
            if (legal(from, to))
                assert_fine(status, &err);
            else if (from == DEPLOYMENT_APPLIED && to == DEPLOYMENT_AUTHORISED)
                assert_refused(status, OV_ERR_DENIED, "principal.not_a_person", &err);
            else
                assert_refused(status, OV_ERR_STATE, "deployment.wrong_state", &err);
            store_rollback(f->store);
        }
    }
}

static void erased_means_that_the_watchlist_is_gone(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct ov_id id = deployment_in(f, DEPLOYMENT_CLOSED);
    refused_act(f->store,
                store_deployment_set_state(f->store, &id, DEPLOYMENT_ERASED, now_us(), &act_err),
                OV_ERR_STATE, "deployment.not_erased");
    assert_fine(store_begin(f->store, &err), &err);
    fixture_erase_list(f, &id);
    assert_fine(store_watchlist_erase(f->store, &id, &err), &err);
    pg_seed_event(f->store);
    assert_fine(store_commit(f->store, &err), &err);
    act(f->store, store_deployment_set_state(f->store, &id, DEPLOYMENT_ERASED, now_us(), &act_err));
}

static void a_watchlist_in_use_is_not_erased(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    static const enum deployment_state in_use[] = {DEPLOYMENT_APPLIED, DEPLOYMENT_AUTHORISED,
                                                   DEPLOYMENT_LIVE, DEPLOYMENT_PAUSED};
    for (size_t i = 0; i < sizeof(in_use) / sizeof(in_use[0]); i++) {
        struct ov_id id = deployment_in(f, in_use[i]);
        assert_refused(store_watchlist_erase(f->store, &id, &err), OV_ERR_STATE,
                       "deployment.wrong_state", &err);
    }
}

static void times_are_written_by_their_own_steps_and_once(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment row = pg_seed_deployment(f->store, "times", &f->applicant, &f->site);
    int64_t at = now_us();
    act(f->store, pg_authorise(f->store, &row.id, &f->officer, at + 1, &act_err));
    act(f->store, pg_go_live(f->store, &row.id, &f->reviewer, at + 2, &act_err));
    act(f->store,
        store_deployment_set_state(f->store, &row.id, DEPLOYMENT_PAUSED, at + 3, &act_err));
    act(f->store, store_deployment_set_state(f->store, &row.id, DEPLOYMENT_LIVE, at + 4, &act_err));
    act(f->store,
        store_deployment_set_state(f->store, &row.id, DEPLOYMENT_CLOSED, at + 5, &act_err));
    assert_fine(store_deployment_get(f->store, &row.id, false, &row, &err), &err);
    assert_int_equal(row.authorised_at_us, at + 1);
    assert_int_equal(row.went_live_at_us, at + 2);
    assert_true(row.closed_at_us > at + 5 && row.closed_at_us <= now_us()); /* by the database */
}

static void nothing_goes_live_outside_its_window(void **state)
{
    struct fixture *f = *state;
    int64_t now = now_us();
    for (int later = 0; later <= 1; later++) {
        struct deployment row = pg_seed_deployment(f->store, "x", &f->applicant, &f->site);
        act(f->store,
            store_deployment_set_state(f->store, &row.id, DEPLOYMENT_CANCELLED, now, &act_err));
        row.id = ov_id_new();
        (void)snprintf(row.name, sizeof(row.name), "window-%d", later);
        row.starts_at_us = later ? now + 60 * OV_US_PER_S : now - 3600 * OV_US_PER_S;
        row.ends_at_us = later ? now + 3600 * OV_US_PER_S : now - 1;
        act(f->store, pg_add_application(f->store, &row, &act_err));
        act(f->store, pg_authorise(f->store, &row.id, &f->officer, now, &act_err));
        /* A server with a wrong clock says that it is time: the database's clock decides. */
        refused_act(f->store,
                    store_deployment_set_state(f->store, &row.id, DEPLOYMENT_LIVE,
                                               row.starts_at_us + 1, &act_err),
                    OV_ERR_STATE, "deployment.outside_window");
    }
}

static struct deployment like(const struct deployment *row)
{
    struct deployment copy = *row;
    copy.id = ov_id_new();
    (void)snprintf(copy.name, sizeof(copy.name), "bad");
    return copy;
}

static void refuse_application(struct fixture *f, struct deployment row, enum ov_status wanted,
                               const char *code)
{
    refused_act(f->store, pg_add_application(f->store, &row, &act_err), wanted, code);
}

static void settings_outside_their_bounds_are_refused(void **state)
{
    struct fixture *f = *state;
    struct deployment good = pg_seed_deployment(f->store, "bounds", &f->applicant, &f->site);
    static const float thresholds[] = {0.0f, 1.0f, -0.5f, __builtin_nanf("")};
    for (size_t i = 0; i < sizeof(thresholds) / sizeof(thresholds[0]); i++) {
        struct deployment bad = like(&good);
        bad.threshold = thresholds[i];
        refuse_application(f, bad, OV_ERR_INVALID, "deployment.invalid");
    }
    struct deployment bad = like(&good);
    bad.cool_down_s = -1;
    refuse_application(f, bad, OV_ERR_INVALID, "deployment.invalid");
    bad = like(&good);
    bad.min_face_px = 0;
    refuse_application(f, bad, OV_ERR_INVALID, "deployment.invalid");
    bad = like(&good);
    bad.ends_at_us = bad.starts_at_us;
    refuse_application(f, bad, OV_ERR_INVALID, "deployment.window");
    bad.ends_at_us = bad.starts_at_us + 86400 * OV_US_PER_S + 1;
    refuse_application(f, bad, OV_ERR_INVALID, "deployment.window");
    bad.starts_at_us = INT64_MIN;
    refuse_application(f, bad, OV_ERR_INVALID, "store.time");
}

static void names_and_sites_outside_their_bounds_are_refused(void **state)
{
    struct fixture *f = *state;
    struct deployment good = pg_seed_deployment(f->store, "texts", &f->applicant, &f->site);
    struct deployment bad = like(&good);
    bad.name[0] = '\0';
    refuse_application(f, bad, OV_ERR_INVALID, "deployment.invalid");
    bad = like(&good);
    bad.purpose[0] = '\0';
    refuse_application(f, bad, OV_ERR_INVALID, "deployment.invalid");
    bad.purpose[0] = '\xff';
    refuse_application(f, bad, OV_ERR_INVALID, "store.text");
    bad = like(&good);
    bad.site_count = 0;
    refuse_application(f, bad, OV_ERR_INVALID, "deployment.invalid");
    bad.site_count = DEPLOYMENT_SITES_MAX + 1;
    refuse_application(f, bad, OV_ERR_INVALID, "deployment.invalid");
    bad.site_count = 2;
    bad.sites[1] = bad.sites[0];
    refuse_application(f, bad, OV_ERR_INVALID, "deployment.invalid");
    bad.sites[1] = ov_id_new();
    refuse_application(f, bad, OV_ERR_NOT_FOUND, "site.unknown");
}

static void an_applicant_is_a_person_and_an_application_is_new(void **state)
{
    struct fixture *f = *state;
    struct deployment good = pg_seed_deployment(f->store, "new", &f->applicant, &f->site);
    struct deployment bad = like(&good);
    bad.applied_by = ov_id_new();
    refuse_application(f, bad, OV_ERR_DENIED, "principal.not_a_person");
    bad.applied_by = f->site.principal_id;
    refuse_application(f, bad, OV_ERR_DENIED, "principal.not_a_person");
    bad = like(&good);
    bad.id = good.id;
    refuse_application(f, bad, OV_ERR_EXISTS, "deployment.exists");
    bad = like(&good);
    (void)snprintf(bad.name, sizeof(bad.name), "new");
    refuse_application(f, bad, OV_ERR_EXISTS, "deployment.exists");
}

static void a_full_window_of_sites_and_text_fits(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment row = pg_seed_deployment(f->store, "to-copy", &f->applicant, &f->site);
    row.id = ov_id_new();
    memset(row.name, 'n', sizeof(row.name) - 1);
    memset(row.purpose, 'p', sizeof(row.purpose) - 1);
    row.ends_at_us = row.starts_at_us + 86400 * OV_US_PER_S;
    row.site_count = DEPLOYMENT_SITES_MAX;
    for (size_t i = 1; i < DEPLOYMENT_SITES_MAX; i++) {
        char name[20];
        (void)snprintf(name, sizeof(name), "site-%zu", i);
        row.sites[i] = pg_seed_site(f->store, name).id;
    }
    act(f->store, pg_add_application(f->store, &row, &act_err));
    struct deployment found;
    assert_fine(store_deployment_get(f->store, &row.id, false, &found, &err), &err);
    assert_int_equal(found.site_count, DEPLOYMENT_SITES_MAX);
    assert_int_equal(strlen(found.name), sizeof(row.name) - 1);
    assert_int_equal(strlen(found.purpose), sizeof(row.purpose) - 1);
}

static void adding_is_one_act_even_without_an_open_transaction(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment row = pg_seed_deployment(f->store, "atomic", &f->applicant, &f->site);
    row.id = ov_id_new();
    (void)snprintf(row.name, sizeof(row.name), "unaudited");
    assert_fine(store_begin(f->store, &err), &err);
    pg_seed_document(f->store, "application", &row.id, row.application_digest);
    pg_seed_document(f->store, "settings", &row.id, row.settings_digest);
    pg_seed_event(f->store);
    assert_fine(store_commit(f->store, &err), &err);
    assert_refused(store_deployment_add(f->store, &row, NULL, 0, &err), OV_ERR_INTERNAL,
                   "audit.missing", &err);
    assert_refused(store_deployment_by_name(f->store, "unaudited", &row, &err), OV_ERR_NOT_FOUND,
                   "deployment.unknown", &err);
}

static void a_step_without_an_audit_event_is_not_taken(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment row = pg_seed_deployment(f->store, "silent-step", &f->applicant, &f->site);
    assert_fine(store_begin(f->store, &err), &err);
    assert_fine(store_deployment_set_state(f->store, &row.id, DEPLOYMENT_CANCELLED, now_us(), &err),
                &err);
    assert_refused(store_commit(f->store, &err), OV_ERR_INTERNAL, "audit.missing", &err);
    assert_fine(store_deployment_get(f->store, &row.id, false, &row, &err), &err);
    assert_int_equal(row.state, DEPLOYMENT_APPLIED);
}

static enum ov_status collect(void *ctx, const struct deployment *row)
{
    struct {
        int count;
        int64_t last_us;
        int running;
    } *seen = ctx;
    assert_true(row->applied_at_us <= seen->last_us);
    seen->last_us = row->applied_at_us;
    seen->count++;
    return OV_OK;
}

static enum ov_status only_running(void *ctx, const struct deployment *row)
{
    int *count = ctx;
    (*count)++;
    assert_true(row->state == DEPLOYMENT_LIVE || row->state == DEPLOYMENT_PAUSED);
    return OV_OK;
}

static void deployments_are_listed_newest_first_and_running_ones_alone(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    (void)deployment_in(f, DEPLOYMENT_LIVE);
    (void)deployment_in(f, DEPLOYMENT_PAUSED);
    struct {
        int count;
        int64_t last_us;
        int running;
    } seen = {0, INT64_MAX, 0};
    assert_fine(store_deployment_each(f->store, collect, &seen, &err), &err);
    assert_int_equal(seen.count, pg_value(f->pg, "admin", "SELECT count(*) FROM overt.deployment"));
    int running = 0;
    assert_fine(store_deployment_each_running(f->store, only_running, &running, &err), &err);
    assert_int_equal(running, pg_value(f->pg, "admin",
                                       "SELECT count(*) FROM overt.deployment WHERE state IN "
                                       "('live', 'paused')"));
    assert_true(running >= 2);
}

static void a_name_may_be_used_again_once_the_first_has_ended(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment first = pg_seed_deployment(f->store, "again", &f->applicant, &f->site);
    act(f->store,
        store_deployment_set_state(f->store, &first.id, DEPLOYMENT_REFUSED, now_us(), &act_err));
    struct deployment found;
    assert_fine(store_deployment_by_name(f->store, "again", &found, &err), &err);
    assert_true(ov_id_equal(&found.id, &first.id));
    struct deployment second = pg_seed_deployment(f->store, "again", &f->applicant, &f->site);
    assert_fine(store_deployment_by_name(f->store, "again", &found, &err), &err);
    assert_true(ov_id_equal(&found.id, &second.id));
}

static void a_gallery_version_counts_up_and_wakes_listeners(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment row = pg_seed_deployment(f->store, "gallery", &f->applicant, &f->site);
    struct store *listener = NULL;
    bool notified = true;
    assert_fine(store_open(pg_conninfo(f->pg, "server"), &listener, &err), &err);
    assert_fine(store_listen(listener, &err), &err);
    assert_fine(store_wait(listener, 0, &notified, &err), &err);
    assert_false(notified);
    assert_fine(store_deployment_bump_gallery(f->store, &row.id, &err), &err);
    assert_fine(store_wait(listener, 5000, &notified, &err), &err);
    assert_true(notified);
    assert_fine(store_deployment_get(f->store, &row.id, false, &row, &err), &err);
    assert_int_equal(row.gallery_version, 1);
    act(f->store, pg_authorise(f->store, &row.id, &f->officer, now_us(), &act_err));
    assert_fine(store_wait(listener, 5000, &notified, &err), &err);
    assert_true(notified);
    assert_fine(store_wait(listener, 50, &notified, &err), &err);
    assert_false(notified);
    store_close(listener);
    struct ov_id unknown = ov_id_new();
    assert_refused(store_deployment_bump_gallery(f->store, &unknown, &err), OV_ERR_NOT_FOUND,
                   "deployment.unknown", &err);
    refused_act(f->store,
                store_deployment_set_state(f->store, &unknown, DEPLOYMENT_LIVE, 1, &act_err),
                OV_ERR_NOT_FOUND, "deployment.unknown");
}

static void locking_a_row_takes_a_transaction(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment row = pg_seed_deployment(f->store, "locked", &f->applicant, &f->site);
    assert_refused(store_deployment_get(f->store, &row.id, true, &row, &err), OV_ERR_STATE,
                   "store.no_transaction", &err);
    assert_fine(store_begin(f->store, &err), &err);
    assert_fine(store_deployment_get(f->store, &row.id, true, &row, &err), &err);
    char sqlstate[6];
    assert_false(pg_try(f->pg, "server",
                        "SET lock_timeout = '50ms'; UPDATE overt.deployment SET gallery_version = "
                        "gallery_version + 1 WHERE name = 'locked'",
                        sqlstate));
    assert_string_equal(sqlstate, "55P03");
    store_rollback(f->store);
}

int run_deployment_tests(void)
{
    const struct CMUnitTest deployments[] = {
        cmocka_unit_test(the_database_has_the_same_steps_as_the_rules),
        cmocka_unit_test(an_application_reads_back_as_it_was_written),
        cmocka_unit_test(who_applied_never_authorises),
        cmocka_unit_test(only_the_legal_steps_are_taken),
        cmocka_unit_test(erased_means_that_the_watchlist_is_gone),
        cmocka_unit_test(a_watchlist_in_use_is_not_erased),
        cmocka_unit_test(times_are_written_by_their_own_steps_and_once),
        cmocka_unit_test(nothing_goes_live_outside_its_window),
        cmocka_unit_test(settings_outside_their_bounds_are_refused),
        cmocka_unit_test(names_and_sites_outside_their_bounds_are_refused),
        cmocka_unit_test(an_applicant_is_a_person_and_an_application_is_new),
        cmocka_unit_test(a_full_window_of_sites_and_text_fits),
        cmocka_unit_test(adding_is_one_act_even_without_an_open_transaction),
        cmocka_unit_test(a_step_without_an_audit_event_is_not_taken),
        cmocka_unit_test(deployments_are_listed_newest_first_and_running_ones_alone),
        cmocka_unit_test(a_name_may_be_used_again_once_the_first_has_ended),
        cmocka_unit_test(a_gallery_version_counts_up_and_wakes_listeners),
        cmocka_unit_test(locking_a_row_takes_a_transaction),
    };
    return cmocka_run_group_tests(deployments, fixture_start, fixture_stop);
}

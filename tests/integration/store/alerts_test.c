/* Alerts: authority, numbering, delivery, crops; and the counts. */
#include <pthread.h>

#include "tests/integration/store/fixture.h"

/* A live deployment with one approved entry. */
struct scene {
    struct deployment deployment;
    struct ov_id entry_id;
};

static struct scene live_scene(struct fixture *f, const char *name)
{
    struct scene scene;
    scene.deployment = pg_seed_deployment(f->store, name, &f->applicant, &f->site);
    scene.entry_id = pg_seed_entry(f->store, &scene.deployment, &f->manager, NULL);
    pg_seed_approve(f->store, &scene.deployment, &scene.entry_id, &f->reviewer);
    pg_seed_live(f->store, &scene.deployment, &f->officer);
    return scene;
}

static struct alert_row new_alert(struct fixture *f, const struct scene *scene)
{
    int64_t now = now_us();
    return (struct alert_row){.id = ov_id_new(),
                              .deployment_id = scene->deployment.id,
                              .entry_id = scene->entry_id,
                              .site_id = f->site.id,
                              .run_id = ov_id_new(),
                              .sequence = 1,
                              .camera = "cam-1",
                              .track = 7,
                              .captured_at_us = now - 1000,
                              .received_at_us = now,
                              .raised_at_us = now,
                              .score = 0.625f,
                              .threshold = 0.5f,
                              .category = "wanted",
                              .response = "speak_to",
                              .sealed_name = pg_fake_sealed(),
                              .sealed_reference = pg_fake_sealed(),
                              .sealed_thumbnail = pg_fake_sealed(),
                              .sealed_probe = pg_fake_sealed()};
}

struct seen {
    struct alert_row row;
    int count;
    int64_t last_feed;
    size_t crop_size;
    size_t probe_size;
};

static enum ov_status see(void *ctx, const struct alert_row *row)
{
    struct seen *seen = ctx;
    seen->row = *row;
    seen->count++;
    assert_true(row->feed_number > seen->last_feed);
    seen->last_feed = row->feed_number;
    seen->crop_size = row->sealed_crop.size;
    seen->probe_size = row->sealed_probe.size;
    return OV_OK;
}

static void an_alert_reads_back_as_it_was_written(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct scene scene = live_scene(f, "read-back");
    struct alert_row alert = new_alert(f, &scene);
    alert.sequence = INT64_MAX;
    act(f->store, store_alert_insert(f->store, &alert, &act_err));
    assert_int_equal(alert.feed_number, 1);
    struct seen seen = {.count = 0};
    assert_fine(store_alert_get(f->store, &alert.id, see, &seen, &err), &err);
    assert_int_equal(seen.count, 1);
    assert_true(ov_id_equal(&seen.row.id, &alert.id));
    assert_true(ov_id_equal(&seen.row.deployment_id, &alert.deployment_id));
    assert_true(ov_id_equal(&seen.row.entry_id, &alert.entry_id));
    assert_true(ov_id_equal(&seen.row.site_id, &alert.site_id));
    assert_true(ov_id_equal(&seen.row.run_id, &alert.run_id));
    assert_true(seen.row.sequence == INT64_MAX);
    assert_string_equal(seen.row.camera, "cam-1");
    assert_int_equal(seen.row.track, 7);
    assert_int_equal(seen.row.captured_at_us, alert.captured_at_us);
    assert_int_equal(seen.row.received_at_us, alert.received_at_us);
    assert_int_equal(seen.row.raised_at_us, alert.raised_at_us);
    assert_true(seen.row.score == 0.625f && seen.row.threshold == 0.5f);
    assert_int_equal(seen.row.crop_state, CROP_AWAITED);
    assert_int_equal(seen.probe_size, pg_fake_sealed().size);
    assert_int_equal(seen.crop_size, 0);
    struct ov_id unknown = ov_id_new();
    assert_refused(store_alert_get(f->store, &unknown, see, &seen, &err), OV_ERR_NOT_FOUND,
                   "alert.unknown", &err);
}

static void refuse_alert(struct fixture *f, struct alert_row alert, enum ov_status wanted,
                         const char *code)
{
    refused_act(f->store, store_alert_insert(f->store, &alert, &act_err), wanted, code);
}

static struct alert_row received_at(struct fixture *f, const struct scene *scene, int64_t at_us)
{
    struct alert_row alert = new_alert(f, scene);
    alert.received_at_us = at_us;
    return alert;
}

static void no_authority_no_alert(void **state)
{
    struct fixture *f = *state;
    struct scene scene = live_scene(f, "authority");
    struct alert_row alert = new_alert(f, &scene);
    alert.deployment_id = ov_id_new();
    refuse_alert(f, alert, OV_ERR_STATE, "alert.no_authority");
    refuse_alert(f, received_at(f, &scene, scene.deployment.starts_at_us), OV_ERR_STATE,
                 "alert.no_authority");
    refuse_alert(f, received_at(f, &scene, scene.deployment.ends_at_us), OV_ERR_STATE,
                 "alert.no_authority");
    alert = new_alert(f, &scene);
    alert.site_id = pg_seed_site(f->store, "elsewhere").id;
    refuse_alert(f, alert, OV_ERR_STATE, "alert.no_authority");
    alert = new_alert(f, &scene);
    alert.entry_id = ov_id_new();
    refuse_alert(f, alert, OV_ERR_NOT_FOUND, "entry.not_approved");
}

static void authority_ends_with_a_pause_and_for_good_with_the_close(void **state)
{
    struct fixture *f = *state;
    struct scene scene = live_scene(f, "pausing");
    int64_t paused_at = now_us();
    act(f->store, store_deployment_set_state(f->store, &scene.deployment.id, DEPLOYMENT_PAUSED,
                                             paused_at, &act_err));
    /* Received while it was still live: compared a moment later, it counts. */
    struct alert_row alert = received_at(f, &scene, paused_at - 1);
    act(f->store, store_alert_insert(f->store, &alert, &act_err));
    refuse_alert(f, received_at(f, &scene, paused_at + 1), OV_ERR_STATE, "alert.no_authority");
    act(f->store, store_deployment_set_state(f->store, &scene.deployment.id, DEPLOYMENT_CLOSED,
                                             now_us(), &act_err));
    refuse_alert(f, received_at(f, &scene, paused_at - 1), OV_ERR_STATE, "alert.no_authority");
}

static void an_alert_outside_the_bounds_is_refused(void **state)
{
    struct fixture *f = *state;
    struct scene scene = live_scene(f, "bounds");
    struct alert_row alert = new_alert(f, &scene);
    alert.threshold = 0.4f;
    refuse_alert(f, alert, OV_ERR_INVALID, "alert.below_threshold");
    alert = new_alert(f, &scene);
    alert.score = 0.49f;
    refuse_alert(f, alert, OV_ERR_INVALID, "alert.below_threshold");
    alert = new_alert(f, &scene);
    alert.sequence = 0;
    refuse_alert(f, alert, OV_ERR_LIMIT, "alert.sequence");
    alert.sequence = (uint64_t)INT64_MAX + 1;
    refuse_alert(f, alert, OV_ERR_LIMIT, "alert.sequence");
    alert = new_alert(f, &scene);
    alert.track = UINT64_MAX;
    refuse_alert(f, alert, OV_ERR_LIMIT, "alert.sequence");
    alert = new_alert(f, &scene);
    alert.sealed_probe = (struct store_bytes){"plain descriptor", 16};
    refuse_alert(f, alert, OV_ERR_INTERNAL, "store.not_sealed");
}

static void a_withdrawn_entry_raises_nothing(void **state)
{
    struct fixture *f = *state;
    struct scene scene = live_scene(f, "withdrawn");
    act(f->store,
        store_entry_withdraw(f->store, &scene.deployment.id, &scene.entry_id, now_us(), &act_err));
    struct alert_row alert = new_alert(f, &scene);
    refused_act(f->store, store_alert_insert(f->store, &alert, &act_err), OV_ERR_NOT_FOUND,
                "entry.not_approved");
}

static void a_probe_alerts_once_on_an_entry(void **state)
{
    struct fixture *f = *state;
    struct scene scene = live_scene(f, "once");
    struct alert_row alert = new_alert(f, &scene);
    act(f->store, store_alert_insert(f->store, &alert, &act_err));
    struct alert_row again = alert;
    again.id = ov_id_new();
    refused_act(f->store, store_alert_insert(f->store, &again, &act_err), OV_ERR_EXISTS,
                "alert.exists");
    again = new_alert(f, &scene);
    again.id = alert.id;
    refused_act(f->store, store_alert_insert(f->store, &again, &act_err), OV_ERR_EXISTS,
                "alert.exists");
    /* What was refused took no number. */
    again = new_alert(f, &scene);
    act(f->store, store_alert_insert(f->store, &again, &act_err));
    assert_int_equal(again.feed_number, 2);
}

static void an_alert_without_an_audit_event_does_not_commit(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct scene scene = live_scene(f, "unaudited");
    struct alert_row alert = new_alert(f, &scene);
    assert_fine(store_begin(f->store, &err), &err);
    assert_fine(store_alert_insert(f->store, &alert, &err), &err);
    assert_refused(store_commit(f->store, &err), OV_ERR_INTERNAL, "audit.missing", &err);
}

static void a_precedent_is_the_same_probe_the_same_track_or_a_recent_one(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct scene scene = live_scene(f, "precedent");
    struct alert_row first = new_alert(f, &scene);
    enum alert_precedent kind = PRECEDENT_RECENT;
    struct ov_id id;
    int64_t never = now_us() + 3600 * OV_US_PER_S;
    assert_fine(store_alert_precedent(f->store, &first, 0, &kind, &id, &err), &err);
    assert_int_equal(kind, PRECEDENT_NONE);
    act(f->store, store_alert_insert(f->store, &first, &act_err));

    assert_fine(store_alert_precedent(f->store, &first, never, &kind, &id, &err), &err);
    assert_int_equal(kind, PRECEDENT_SAME_PROBE);
    assert_true(ov_id_equal(&id, &first.id));

    struct alert_row same_track = first;
    same_track.sequence = 2;
    assert_fine(store_alert_precedent(f->store, &same_track, never, &kind, &id, &err), &err);
    assert_int_equal(kind, PRECEDENT_RECENT);
    assert_true(ov_id_equal(&id, &first.id));

    struct alert_row other_camera = same_track;
    (void)snprintf(other_camera.camera, sizeof(other_camera.camera), "cam-2");
    assert_fine(store_alert_precedent(f->store, &other_camera, never, &kind, &id, &err), &err);
    assert_int_equal(kind, PRECEDENT_NONE);
    assert_true(ov_id_is_zero(&id));
    assert_fine(
        store_alert_precedent(f->store, &other_camera, first.raised_at_us, &kind, &id, &err), &err);
    assert_int_equal(kind, PRECEDENT_RECENT);

    struct alert_row other_entry = first;
    other_entry.entry_id = ov_id_new();
    assert_fine(store_alert_precedent(f->store, &other_entry, 1, &kind, &id, &err), &err);
    assert_int_equal(kind, PRECEDENT_NONE);
    assert_refused(store_alert_lock_subject(f->store, &scene.deployment.id, &scene.entry_id, &err),
                   OV_ERR_STATE, "store.no_transaction", &err);
}

struct writer {
    struct fixture *f;
    struct scene scene;
    int rounds;
    int64_t look_back_us;
    int raised;
};

/* What a matcher does: lock, look, insert or leave, each in a transaction; deadlocks are retried.
 */
static void *raise_alerts(void *ctx)
{
    struct writer *writer = ctx;
    struct store *store = NULL;
    struct ov_error err = OV_ERROR_INIT;
    if (store_open(pg_conninfo(writer->f->pg, "server"), &store, &err) != OV_OK)
        return NULL;
    for (int i = 0; i < writer->rounds; i++) {
        struct alert_row alert = new_alert(writer->f, &writer->scene);
        enum alert_precedent kind = PRECEDENT_NONE;
        struct ov_id id;
        ov_error_clear(&err);
        if (store_begin(store, &err) == OV_OK &&
            store_alert_lock_subject(store, &alert.deployment_id, &alert.entry_id, &err) == OV_OK &&
            store_alert_precedent(store, &alert, alert.raised_at_us - writer->look_back_us, &kind,
                                  &id, &err) == OV_OK &&
            kind == PRECEDENT_NONE && store_alert_insert(store, &alert, &err) == OV_OK) {
            pg_seed_event(store);
            if (store_commit(store, &err) == OV_OK)
                writer->raised++;
        }
        store_rollback(store);
    }
    store_close(store);
    return NULL;
}

static void feed_numbers_are_gapless_and_readers_never_miss_one(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    enum { WRITERS = 4, ROUNDS = 40 };
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    struct scene scene = live_scene(f, "feed");
    (void)pg_conninfo(f->pg, "server"); /* before the threads ask for it */
    for (size_t i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){f, scene, ROUNDS, 1000, 0};
        /* Two subjects: writers of different ones do not wait for each other before the feed. */
        if (i % 2 == 1) {
            writers[i].scene.entry_id =
                pg_seed_entry(f->store, &scene.deployment, &f->manager, NULL);
            pg_seed_approve(f->store, &scene.deployment, &writers[i].scene.entry_id, &f->reviewer);
        }
    }
    for (size_t i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, raise_alerts, &writers[i]), 0);
    /* A reader that resumes after the highest number it has seen, while they are writing. */
    struct seen seen = {.count = 0};
    for (int i = 0; i < 200; i++)
        assert_fine(
            store_alert_each(f->store, &scene.deployment.id, seen.last_feed, 5, see, &seen, &err),
            &err);
    int raised = 0;
    for (size_t i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        raised += writers[i].raised;
    }
    while (seen.count < raised) {
        int before = seen.count;
        assert_fine(
            store_alert_each(f->store, &scene.deployment.id, seen.last_feed, 5, see, &seen, &err),
            &err);
        assert_true(seen.count > before);
    }
    assert_true(raised > WRITERS);
    assert_int_equal(seen.count, raised);
    assert_int_equal(seen.last_feed, raised);
}

static void only_one_of_two_that_decide_at_once_raises_within_the_cool_down(void **state)
{
    struct fixture *f = *state;
    enum { WRITERS = 4 };
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    struct scene scene = live_scene(f, "cool-down");
    int raised = 0;
    (void)pg_conninfo(f->pg, "server");
    for (size_t i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){f, scene, 5, 60 * OV_US_PER_S, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, raise_alerts, &writers[i]), 0);
    }
    for (size_t i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        raised += writers[i].raised;
    }
    assert_int_equal(raised, 1);
    assert_int_equal(
        pg_value(f->pg, "admin",
                 "SELECT last_number FROM overt.alert_feed JOIN overt.deployment ON id "
                 "= deployment_id WHERE name = 'cool-down'"),
        1);
}

static void an_alert_waits_for_its_site_until_acknowledged(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct scene scene = live_scene(f, "delivery");
    struct alert_row alerts[3];
    for (size_t i = 0; i < 3; i++) {
        alerts[i] = new_alert(f, &scene);
        act(f->store, store_alert_insert(f->store, &alerts[i], &act_err));
    }
    struct seen seen = {.count = 0};
    const struct delivery_page all = {f->site.id, scene.deployment.id, 0, 10};
    assert_fine(store_delivery_pending(f->store, &all, see, &seen, &err), &err);
    assert_int_equal(seen.count, 3);
    struct delivery_ack ack = {.first = false};
    struct ov_id unknown = ov_id_new();
    act(f->store,
        store_delivery_ack(f->store, &alerts[0].id, &f->site.id, now_us(), &ack, &act_err));
    assert_true(ack.first);
    assert_true(ov_id_equal(&ack.deployment_id, &scene.deployment.id));
    ack.deployment_id = unknown;
    assert_fine(store_delivery_ack(f->store, &alerts[0].id, &f->site.id, now_us(), &ack, &err),
                &err);
    assert_false(ack.first);
    assert_true(ov_id_equal(&ack.deployment_id, &scene.deployment.id));
    seen = (struct seen){.count = 0};
    const struct delivery_page one = {f->site.id, scene.deployment.id, 0, 1};
    assert_fine(store_delivery_pending(f->store, &one, see, &seen, &err), &err);
    assert_int_equal(seen.count, 1);
    assert_true(ov_id_equal(&seen.row.id, &alerts[1].id));
    assert_refused(store_delivery_ack(f->store, &unknown, &f->site.id, now_us(), &ack, &err),
                   OV_ERR_NOT_FOUND, "alert.unknown", &err);
    assert_refused(store_delivery_ack(f->store, &alerts[1].id, &unknown, now_us(), &ack, &err),
                   OV_ERR_NOT_FOUND, "alert.unknown", &err);
}

static void a_delivery_is_acknowledged_once_and_on_record(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct delivery_ack ack;
    static const char *const attempts[] = {
        "UPDATE overt.alert_delivery SET acked_at = NULL WHERE acked_at IS NOT NULL",
        "UPDATE overt.alert_delivery SET acked_at = now() WHERE acked_at IS NOT NULL",
    };
    struct scene scene = live_scene(f, "on-record");
    struct alert_row alerts[2];
    for (size_t i = 0; i < 2; i++) {
        alerts[i] = new_alert(f, &scene);
        act(f->store, store_alert_insert(f->store, &alerts[i], &act_err));
    }
    assert_refused(store_delivery_ack(f->store, &alerts[0].id, &f->site.id, now_us(), &ack, &err),
                   OV_ERR_INTERNAL, "audit.missing", &err);
    act(f->store,
        store_delivery_ack(f->store, &alerts[0].id, &f->site.id, now_us(), &ack, &act_err));
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
        pg_refuses(f->pg, "server", "alert_fixed", attempts[i]);
    pg_wants_event(f->pg, "server",
                   "UPDATE overt.alert_delivery SET acked_at = now() WHERE acked_at IS NULL");
}

static void unacknowledged_alerts_are_read_page_by_page_to_the_newest(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct scene scene = live_scene(f, "pages");
    struct alert_row alerts[5];
    for (size_t i = 0; i < 5; i++) {
        alerts[i] = new_alert(f, &scene);
        act(f->store, store_alert_insert(f->store, &alerts[i], &act_err));
    }
    static const int expected[] = {2, 2, 1, 0}; /* nobody acknowledges anything */
    struct delivery_page page = {f->site.id, scene.deployment.id, 0, 2};
    int read = 0;
    for (size_t i = 0; i < 4; i++) {
        struct seen seen = {.count = 0};
        assert_fine(store_delivery_pending(f->store, &page, see, &seen, &err), &err);
        assert_int_equal(seen.count, expected[i]);
        read += expected[i];
        assert_true(seen.count == 0 || ov_id_equal(&seen.row.id, &alerts[read - 1].id));
        if (seen.count > 0)
            page.after_feed = seen.row.feed_number;
    }
}

static void a_committed_alert_wakes_listeners_and_a_rolled_back_one_does_not(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct scene scene = live_scene(f, "wake");
    struct store *listener = NULL;
    bool notified = false;
    assert_fine(store_open(pg_conninfo(f->pg, "server"), &listener, &err), &err);
    assert_fine(store_listen(listener, &err), &err);
    struct alert_row alert = new_alert(f, &scene);
    assert_fine(store_begin(f->store, &err), &err);
    assert_fine(store_alert_insert(f->store, &alert, &err), &err);
    store_rollback(f->store);
    assert_fine(store_wait(listener, 100, &notified, &err), &err);
    assert_false(notified);
    act(f->store, store_alert_insert(f->store, &alert, &act_err));
    assert_fine(store_wait(listener, 5000, &notified, &err), &err);
    assert_true(notified);
    store_close(listener);
}

struct awaited {
    int count;
    struct awaited_crop last;
};

static enum ov_status see_awaited(void *ctx, const struct awaited_crop *crop)
{
    struct awaited *awaited = ctx;
    awaited->count++;
    assert_true(crop->feed_number > awaited->last.feed_number);
    awaited->last = *crop;
    return OV_OK;
}

/* Page by page past those that stay; settled ones take no room in a page. */
static void awaited_crops_are_read_past_those_that_stay(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct store_bytes none = {NULL, 0};
    struct scene scene = live_scene(f, "awaited");
    struct alert_row alerts[5];
    struct awaited awaited = {.count = 0};
    for (size_t i = 0; i < 5; i++) {
        alerts[i] = new_alert(f, &scene);
        act(f->store, store_alert_insert(f->store, &alerts[i], &act_err));
    }
    for (size_t i = 1; i < 3; i++)
        act(f->store,
            store_alert_set_crop(f->store, &alerts[i].id, CROP_MISSING, 0, none, &act_err));
    static const size_t last[] = {3, 4, 4};
    static const int count[] = {2, 3, 3};
    for (size_t i = 0; i < 3; i++) {
        assert_fine(store_alert_each_awaited(f->store, &scene.deployment.id,
                                             awaited.last.feed_number, 2, see_awaited, &awaited,
                                             &err),
                    &err);
        assert_int_equal(awaited.count, count[i]);
        assert_true(ov_id_equal(&awaited.last.alert_id, &alerts[last[i]].id));
        assert_true(awaited.last.raised_at_us == alerts[last[i]].raised_at_us);
    }
}

static void a_crop_comes_once_and_takes_the_probe_with_it(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct store_bytes none = {NULL, 0};
    struct scene scene = live_scene(f, "crop");
    struct alert_row alert = new_alert(f, &scene);
    act(f->store, store_alert_insert(f->store, &alert, &act_err));
    refused_act(f->store,
                store_alert_set_crop(f->store, &alert.id, CROP_MATCHES, 0.9f, none, &act_err),
                OV_ERR_INVALID, "alert.invalid");
    refused_act(f->store,
                store_alert_set_crop(f->store, &alert.id, CROP_AWAITED, 0, none, &act_err),
                OV_ERR_STATE, "alert.wrong_state");
    act(f->store, store_alert_set_crop(f->store, &alert.id, CROP_MATCHES, 0.875f, pg_fake_sealed(),
                                       &act_err));
    struct seen seen = {.count = 0};
    assert_fine(store_alert_get(f->store, &alert.id, see, &seen, &err), &err);
    assert_int_equal(seen.row.crop_state, CROP_MATCHES);
    assert_true(seen.row.crop_score == 0.875f);
    assert_int_equal(seen.crop_size, pg_fake_sealed().size);
    assert_int_equal(seen.probe_size, 0);
    /* The list of a deployment's alerts goes without crops. */
    seen = (struct seen){.count = 0};
    assert_fine(store_alert_each(f->store, &scene.deployment.id, 0, 10, see, &seen, &err), &err);
    assert_int_equal(seen.crop_size, 0);
    refused_act(f->store,
                store_alert_set_crop(f->store, &alert.id, CROP_MISSING, 0, none, &act_err),
                OV_ERR_STATE, "alert.wrong_state");
    struct ov_id unknown = ov_id_new();
    refused_act(f->store, store_alert_set_crop(f->store, &unknown, CROP_MISSING, 0, none, &act_err),
                OV_ERR_NOT_FOUND, "alert.unknown");

    struct alert_row lost = new_alert(f, &scene);
    act(f->store, store_alert_insert(f->store, &lost, &act_err));
    act(f->store, store_alert_set_crop(f->store, &lost.id, CROP_MISSING, 0, none, &act_err));
}

static void a_minute_is_counted_once(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct scene scene = live_scene(f, "counts");
    struct ov_counts counts = {.run_id = ov_id_new(),
                               .camera = "cam-1",
                               .minute_us = now_us() / 60000000 * 60000000,
                               .faces_seen = UINT32_MAX,
                               .probes_sent = 8,
                               .rejected = {0, 1, 2, 3, 4, 5, 6, 7}};
    assert_fine(store_counts_add(f->store, &scene.deployment.id, &f->site.id, &counts, &err), &err);
    counts.faces_seen = 1;
    assert_fine(store_counts_add(f->store, &scene.deployment.id, &f->site.id, &counts, &err), &err);
    assert_int_equal(pg_value(f->pg, "oversight",
                              "SELECT count(*) FROM audit.minute_count WHERE faces_seen = "
                              "4294967295 AND probes_sent = 8 AND rejected_too_small = 1 AND "
                              "rejected_cut_off = 2 AND rejected_turned = 3 AND rejected_too_dark "
                              "= 4 AND rejected_too_bright = 5 AND rejected_blurred = 6 AND "
                              "rejected_capacity = 7"),
                     1);
    counts.minute_us += 1;
    assert_refused(store_counts_add(f->store, &scene.deployment.id, &f->site.id, &counts, &err),
                   OV_ERR_INVALID, "counts.invalid", &err);
    counts.minute_us -= 1;
    struct ov_id unknown = ov_id_new();
    assert_refused(store_counts_add(f->store, &scene.deployment.id, &unknown, &counts, &err),
                   OV_ERR_NOT_FOUND, "counts.unknown_site", &err);

    struct server_counts mine = {.server_run = ov_id_new(),
                                 .deployment_id = scene.deployment.id,
                                 .site_id = f->site.id,
                                 .minute_us = counts.minute_us,
                                 .probes_compared = 8,
                                 .alerts = 1,
                                 .suppressed = 2};
    assert_fine(store_server_counts_add(f->store, &mine, &err), &err);
    assert_fine(store_server_counts_add(f->store, &mine, &err), &err);
    assert_int_equal(pg_value(f->pg, "oversight",
                              "SELECT sum(probes_compared + 10 * alerts + 100 * suppressed) FROM "
                              "audit.server_minute_count"),
                     218);
    mine.site_id = unknown;
    assert_refused(store_server_counts_add(f->store, &mine, &err), OV_ERR_NOT_FOUND,
                   "counts.unknown_site", &err);
    mine.site_id = f->site.id;
    mine.minute_us++;
    assert_refused(store_server_counts_add(f->store, &mine, &err), OV_ERR_INVALID, "counts.invalid",
                   &err);
}

int run_alert_tests(void)
{
    const struct CMUnitTest alerts[] = {
        cmocka_unit_test(an_alert_reads_back_as_it_was_written),
        cmocka_unit_test(no_authority_no_alert),
        cmocka_unit_test(authority_ends_with_a_pause_and_for_good_with_the_close),
        cmocka_unit_test(an_alert_outside_the_bounds_is_refused),
        cmocka_unit_test(a_withdrawn_entry_raises_nothing),
        cmocka_unit_test(a_probe_alerts_once_on_an_entry),
        cmocka_unit_test(an_alert_without_an_audit_event_does_not_commit),
        cmocka_unit_test(a_precedent_is_the_same_probe_the_same_track_or_a_recent_one),
        cmocka_unit_test(feed_numbers_are_gapless_and_readers_never_miss_one),
        cmocka_unit_test(only_one_of_two_that_decide_at_once_raises_within_the_cool_down),
        cmocka_unit_test(an_alert_waits_for_its_site_until_acknowledged),
        cmocka_unit_test(a_delivery_is_acknowledged_once_and_on_record),
        cmocka_unit_test(unacknowledged_alerts_are_read_page_by_page_to_the_newest),
        cmocka_unit_test(a_committed_alert_wakes_listeners_and_a_rolled_back_one_does_not),
        cmocka_unit_test(awaited_crops_are_read_past_those_that_stay),
        cmocka_unit_test(a_crop_comes_once_and_takes_the_probe_with_it),
        cmocka_unit_test(a_minute_is_counted_once),
    };
    return cmocka_run_group_tests(alerts, fixture_start, fixture_stop);
}

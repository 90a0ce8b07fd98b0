/* Attacks past the store, with SQL as the server's role, that were once let through. */
#include "tests/integration/store/fixture.h"

#define PERSON(name) "(SELECT id FROM overt.principal WHERE name = '" name "')"
#define DEPLOYMENT(name) "(SELECT id FROM overt.deployment WHERE name = '" name "')"
#define DOCUMENT(kind, name)                                                                       \
    "(SELECT digest FROM audit.document WHERE kind = '" kind                                       \
    "' AND deployment_id = " DEPLOYMENT(name) " AND digest <> ALL (SELECT settings_digest FROM "   \
                                              "overt.deployment) LIMIT 1)"

/* --- what is signed is what comes into force --- */

#define AUTHORISE(more)                                                                            \
    "UPDATE overt.deployment SET state = 'authorised', state_at = now(), authority = 'written', "  \
    "authorised_by = " PERSON(                                                                     \
        "officer") ", authorised_at = now(), authorisation_digest = " DOCUMENT("authorisation",    \
                                                                               "signed") more      \
        " WHERE name = 'signed'"
#define OTHER_SETTINGS ", settings_digest = " DOCUMENT("settings", "signed")

static void settings_do_not_change_with_the_step_that_authorises(void **state)
{
    struct fixture *f = *state;
    uint8_t ignored[OV_DIGEST_BYTES];
    struct ov_error err = OV_ERROR_INIT;
    struct deployment row = pg_seed_deployment(f->store, "signed", &f->applicant, &f->site);
    static const char *const attacks[] = {
        AUTHORISE(", threshold = 0.2"),
        AUTHORISE(", gate_yaw_deg = 180"),
        AUTHORISE(OTHER_SETTINGS),
        AUTHORISE(", threshold = 0.2, cool_down_s = 0, min_face_px = 1" OTHER_SETTINGS),
        AUTHORISE(", gate_sharpness = 0" OTHER_SETTINGS),
    };
    assert_fine(store_begin(f->store, &err), &err);
    pg_seed_document(f->store, "authorisation", &row.id, ignored);
    pg_seed_document(f->store, "settings", &row.id, ignored);
    pg_seed_event(f->store);
    assert_fine(store_commit(f->store, &err), &err);
    pg_allows(f->pg, "server", AUTHORISE(""));
    for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
        pg_refuses(f->pg, "server", "deployment_fixed", attacks[i]);
}

/* --- rounds --- */

#define ROUND "'50000000-0000-4000-8000-000000000001'"
#define UNBORN "'60000000-0000-4000-8000-000000000001'"
#define DRAW                                                                                       \
    "INSERT INTO watchlist.round (deployment_id, id, drawn_by, drawn_at) VALUES (" DEPLOYMENT(     \
        "round") ", " ROUND ", " PERSON("officer") ", now());"
#define APPROVE_ROUND                                                                              \
    "UPDATE watchlist.round SET state = 'approved', approved_at = now() WHERE id = " ROUND ";"
#define TAKE_IN(entry, images)                                                                     \
    "INSERT INTO watchlist.round_entry (deployment_id, round_id, entry_id, images, flagged, "      \
    "sampled) VALUES (" DEPLOYMENT("round") ", " ROUND ", " entry ", " images ", false, false);"
#define LISTED "(SELECT id FROM watchlist.entry WHERE deployment_id = " DEPLOYMENT("round") ")"

static void a_round_takes_nothing_in_after_its_approval(void **state)
{
    struct fixture *f = *state;
    struct deployment d = pg_seed_deployment(f->store, "round", &f->applicant, &f->site);
    (void)pg_seed_entry(f->store, &d, &f->manager, NULL);
    pg_allows(f->pg, "server", DRAW TAKE_IN(LISTED, "1"));
    pg_refuses(f->pg, "server", "round_not_opened", DRAW TAKE_IN(LISTED, "1") APPROVE_ROUND);
    pg_allows(f->pg, "server", DRAW APPROVE_ROUND);
    pg_refuses(f->pg, "server", "round_step", DRAW APPROVE_ROUND TAKE_IN(LISTED, "1"));
}

/* Nobody has looked at what is added to the list, or to an entry, after the approval. */
static void a_round_takes_in_what_is_there_only(void **state)
{
    struct fixture *f = *state;
    pg_refuses(f->pg, "server", "round_entry_there", DRAW TAKE_IN(UNBORN, "1"));
    pg_refuses(f->pg, "server", "round_entry_there", DRAW TAKE_IN(LISTED, "2"));
}

/* --- settings: two people --- */

#define DECIDE(name, by)                                                                           \
    "UPDATE overt.settings_change SET state = 'in_force', decided_at = now(), decided_by "         \
    "= " PERSON(by) " WHERE state = 'proposed' AND deployment_id = " DEPLOYMENT(name) ";"
#define PUT_IN_FORCE(name)                                                                         \
    "UPDATE overt.deployment AS d SET settings_digest = c.settings_digest, threshold = "           \
    "c.threshold, cool_down_s = c.cool_down_s, min_face_px = c.min_face_px, "                      \
    "gate_eye_distance_px = c.gate_eye_distance_px, gate_sharpness = c.gate_sharpness, "           \
    "gate_yaw_deg = c.gate_yaw_deg, gate_pitch_deg = c.gate_pitch_deg, gate_roll_deg = "           \
    "c.gate_roll_deg, gate_brightness_min = c.gate_brightness_min, gate_brightness_max = "         \
    "c.gate_brightness_max FROM overt.settings_change AS c WHERE c.deployment_id = d.id AND "      \
    "c.base_digest = d.settings_digest AND c.state = 'in_force' AND d.name = '" name "';"
#define LOOSEN(name, by) DECIDE(name, by) PUT_IN_FORCE(name)

/* As the database has them now, and the row with them. */
static struct operating_settings settings_now(struct fixture *f, struct deployment *row)
{
    struct ov_error err = OV_ERROR_INIT;
    assert_fine(store_deployment_get(f->store, &row->id, false, row, &err), &err);
    return fixture_settings(row);
}

static void propose(struct fixture *f, const struct deployment *row,
                    const struct operating_settings *settings)
{
    struct settings_change change = fixture_change(f, row, &f->officer);
    act(f->store,
        store_settings_change_add(f->store, &row->id, &change, false, settings, &act_err));
}

static void who_applied_approves_no_loosening(void **state)
{
    struct fixture *f = *state;
    struct ov_id both = pg_seed_person(f->store, "both", ROLE_APPLICANT | ROLE_AUTHORISING_OFFICER);
    (void)pg_seed_person(f->store, "second-officer", ROLE_AUTHORISING_OFFICER);
    struct deployment row = pg_seed_deployment(f->store, "own", &both, &f->site);
    act(f->store, pg_authorise(f->store, &row.id, &f->officer, now_us(), &act_err));
    struct operating_settings settings = settings_now(f, &row);
    settings.threshold -= 0.1f;
    propose(f, &row, &settings);
    pg_refuses(f->pg, "server", "deployment_two_people", LOOSEN("own", "both"));
    pg_refuses(f->pg, "server", "settings_change_two_people", LOOSEN("own", "officer"));
    pg_refuses(f->pg, "server", "role_required", LOOSEN("own", "manager"));
    pg_allows(f->pg, "server", LOOSEN("own", "second-officer"));
}

static void what_is_flagged_is_loosened_by_the_higher_authority(void **state)
{
    struct fixture *f = *state;
    struct deployment row = pg_seed_deployment(f->store, "flagged", &f->applicant, &f->site);
    (void)pg_seed_person(f->store, "higher", ROLE_HIGHER_AUTHORITY);
    act(f->store, pg_authorise(f->store, &row.id, &f->officer, now_us(), &act_err));
    struct operating_settings settings = settings_now(f, &row);
    settings.cool_down_s--;
    propose(f, &row, &settings);
    pg_allows(f->pg, "server", LOOSEN("flagged", "second-officer"));
    pg_sql(f->pg, "admin",
           "SET session_replication_role = replica; UPDATE overt.deployment SET flags = "
           "'{worship}' WHERE name = 'flagged'");
    pg_refuses(f->pg, "server", "deployment_higher_authority", LOOSEN("flagged", "second-officer"));
    pg_allows(f->pg, "server", LOOSEN("flagged", "higher"));
}

#define ADD_CAMERA(name)                                                                           \
    "INSERT INTO overt.settings_camera (change_id, site_id, camera, zone) SELECT c.id, s.id, "     \
    "'late', '{}' FROM overt.settings_change AS c, overt.site AS s WHERE c.deployment_id "         \
    "= " DEPLOYMENT(name) " AND s.name = 'north-gate';"

/* The approval itself makes the row look new. */
static void cameras_come_with_the_change_and_not_with_its_approval(void **state)
{
    struct fixture *f = *state;
    struct deployment row = fixture_with_camera(f, "late", "gate-1", DEPLOYMENT_EXERCISE);
    struct operating_settings settings = settings_now(f, &row);
    settings.cool_down_s--;
    settings.camera_count = 1;
    settings.cameras[0].site_id = f->site.id;
    (void)snprintf(settings.cameras[0].camera, OV_CAMERA_NAME_SIZE, "gate-1");
    propose(f, &row, &settings);
    pg_allows(f->pg, "server", LOOSEN("late with camera", "second-officer"));
    pg_refuses(f->pg, "server", "settings_fixed", ADD_CAMERA("late with camera"));
    pg_refuses(f->pg, "server", "settings_fixed",
               DECIDE("late with camera", "second-officer") ADD_CAMERA("late with camera")
                   PUT_IN_FORCE("late with camera"));
    pg_refuses(f->pg, "server", PG_DENIED,
               "UPDATE overt.settings_change SET written_by_xid = pg_current_xact_id()");
    pg_refuses(f->pg, "owner", "settings_fixed",
               "UPDATE overt.settings_change SET written_by_xid = pg_current_xact_id()");
}

/* --- settings of what runs --- */

/* Live by somebody's hand in the database: what it takes to come there is not the matter here. */
static void make_live(struct fixture *f, const struct deployment *row, const char *wanted_state)
{
    char sql[512];
    (void)snprintf(sql, sizeof(sql),
                   "SET session_replication_role = replica; UPDATE overt.deployment SET state = "
                   "'%s', state_at = now(), went_live_at = now() WHERE name = '%s'",
                   wanted_state, row->name);
    pg_sql(f->pg, "admin", sql);
}

static void name_cameras(struct fixture *f, struct operating_settings *settings, size_t count,
                         const char *const *names)
{
    settings->camera_count = count;
    for (size_t i = 0; i < count; i++) {
        settings->cameras[i].site_id = f->site.id;
        (void)snprintf(settings->cameras[i].camera, OV_CAMERA_NAME_SIZE, "%s", names[i]);
    }
}

static const char *const running[] = {"live", "paused"};

static void a_camera_that_a_change_adds_feeds_no_other_deployment(void **state)
{
    struct fixture *f = *state;
    static const char *const both[] = {"feed-1", "feed-2"};
    struct deployment first = fixture_with_camera(f, "first", "feed-1", DEPLOYMENT_EXERCISE);
    struct deployment second = fixture_with_camera(f, "second", "feed-2", DEPLOYMENT_EXERCISE);
    struct operating_settings settings = settings_now(f, &second);
    name_cameras(f, &settings, 2, both);
    propose(f, &second, &settings);
    for (size_t i = 0; i < 2; i++) {
        make_live(f, &second, running[i]);
        make_live(f, &first, "authorised");
        pg_allows(f->pg, "server", LOOSEN("second with camera", "second-officer"));
        for (size_t j = 0; j < 2; j++) {
            make_live(f, &first, running[j]);
            pg_refuses(f->pg, "server", "deployment_camera_taken",
                       LOOSEN("second with camera", "second-officer"));
        }
    }
}

/* By a decision of two; the highest floor counts. */
static void accept_model(struct fixture *f, const char *floor)
{
    char sql[1024];
    (void)snprintf(
        sql, sizeof(sql),
        "SET session_replication_role = replica; INSERT INTO overt.model_acceptance "
        "VALUES (gen_random_uuid(), decode(repeat('11', 32), 'hex'), "
        "sha256('report'), %s, sha256('document'), " PERSON(
            "officer") ", now()); INSERT INTO overt.model_decision SELECT id, 'approved', "
                       "proposed_by, " PERSON(
                           "higher") ", now() FROM overt.model_acceptance ORDER BY "
                                     "proposed_at DESC LIMIT 1",
        floor);
    pg_sql(f->pg, "admin", sql);
}

static void what_runs_is_loosened_with_an_accepted_model_only(void **state)
{
    struct fixture *f = *state;
    static const char *const named[] = {"model-1"};
    struct deployment row = fixture_with_camera(f, "model", "model-1", DEPLOYMENT_OPERATIONAL);
    struct ov_error err = OV_ERROR_INIT;
    bool is_new = false;
    struct ov_id crew = pg_seed_person(f->store, "crew", ROLE_ENGAGEMENT_OFFICER);
    act(f->store, store_sign_add(f->store, &row.id, &f->site.id, "model-1", &crew, now_us(),
                                 &is_new, &act_err));
    struct operating_settings settings = settings_now(f, &row);
    name_cameras(f, &settings, 1, named);
    settings.threshold = 0.4f;
    propose(f, &row, &settings);
    pg_allows(f->pg, "server", LOOSEN("model with camera", "second-officer"));
    for (size_t i = 0; i < 2; i++) {
        make_live(f, &row, running[i]);
        pg_refuses(f->pg, "server", "deployment_model_accepted",
                   LOOSEN("model with camera", "second-officer"));
    }
    /* What tightens does so whatever has become of the model. */
    settings.threshold = 0.6f;
    struct settings_change tighter = fixture_change(f, &row, &f->officer);
    assert_fine(store_begin(f->store, &err), &err);
    assert_fine(store_settings_change_add(f->store, &row.id, &tighter, true, &settings, &err),
                &err);
    assert_fine(store_settings_apply(f->store, &tighter.id, &err), &err);
    store_rollback(f->store);
    accept_model(f, "0.4");
    pg_allows(f->pg, "server", LOOSEN("model with camera", "second-officer"));
    accept_model(f, "0.45");
    pg_refuses(f->pg, "server", "deployment_model_accepted",
               LOOSEN("model with camera", "second-officer"));
}

static void a_camera_that_a_change_adds_has_its_signs_first(void **state)
{
    struct fixture *f = *state;
    static const char *const both[] = {"signed-1", "signed-2"};
    struct deployment row = fixture_with_camera(f, "signs", "signed-1", DEPLOYMENT_OPERATIONAL);
    struct ov_id crew = pg_seed_person(f->store, "sign-crew", ROLE_ENGAGEMENT_OFFICER);
    bool is_new = false;
    act(f->store, store_sign_add(f->store, &row.id, &f->site.id, "signed-1", &crew, now_us(),
                                 &is_new, &act_err));
    struct operating_settings settings = settings_now(f, &row);
    name_cameras(f, &settings, 2, both);
    refused_act(f->store,
                store_sign_add(f->store, &row.id, &f->site.id, "signed-2", &crew, now_us(), &is_new,
                               &act_err),
                OV_ERR_NOT_FOUND, "deployment.camera_unknown");
    propose(f, &row, &settings);
    pg_allows(f->pg, "server", LOOSEN("signs with camera", "second-officer"));
    for (size_t i = 0; i < 2; i++) {
        make_live(f, &row, running[i]);
        pg_refuses(f->pg, "server", "signs_missing", LOOSEN("signs with camera", "second-officer"));
    }
    act(f->store, store_sign_add(f->store, &row.id, &f->site.id, "signed-2", &crew, now_us(),
                                 &is_new, &act_err));
    pg_allows(f->pg, "server", LOOSEN("signs with camera", "second-officer"));
}

/* --- people --- */

#define SITE "(SELECT id FROM overt.principal WHERE kind = 'site' AND name = 'north-gate')"
#define TOUCH "UPDATE overt.principal SET active = active WHERE kind = 'site';"
#define NEW_SITE "'70000000-0000-4000-8000-000000000001'"
#define SITE_IDENTITY(site, name)                                                                  \
    "INSERT INTO overt.principal_identity (uri, principal_id) VALUES ('overt://site/" name         \
    "', " site ");"

static void a_site_gets_no_second_identity_without_two_administrators(void **state)
{
    struct fixture *f = *state;
    pg_allows(f->pg, "server", TOUCH);
    pg_allows(f->pg, "server",
              "INSERT INTO overt.principal (id, kind, name) VALUES (" NEW_SITE
              ", 'site', 'new');" SITE_IDENTITY(NEW_SITE, "new"));
    pg_refuses(f->pg, "server", "people_not_decided", SITE_IDENTITY(SITE, "second"));
    pg_refuses(f->pg, "server", "people_not_decided", TOUCH SITE_IDENTITY(SITE, "second"));
    pg_refuses(f->pg, "server", PG_DENIED,
               "UPDATE overt.principal SET written_by_xid = pg_current_xact_id()");
    pg_refuses(f->pg, "owner", "principal_written",
               "UPDATE overt.principal SET written_by_xid = pg_current_xact_id()");
    /* Nor is it given in advance. */
    pg_sql(f->pg, "server",
           "INSERT INTO overt.principal (id, kind, name, written_by_xid) VALUES (" NEW_SITE
           ", 'site', 'ahead', '9223372036854775807'); " PG_WRITE_EVENT);
    assert_int_equal(pg_value(f->pg, "admin",
                              "SELECT count(*) FROM overt.principal WHERE name = 'ahead' AND "
                              "written_by_xid < pg_current_xact_id()"),
                     1);
}

/* --- clocks --- */

#define END(name, to_state, reason)                                                                \
    "UPDATE overt.deployment SET state = '" to_state "', state_at = now(), closed_at = now() + "   \
    "interval '10 years', end_reason = '" reason "' WHERE name = '" name "'; " PG_WRITE_EVENT

/* The erasure of the list and its deadline hang on it. */
static void an_end_is_not_dated_ahead(void **state)
{
    struct fixture *f = *state;
    struct deployment row = pg_seed_deployment(f->store, "ends", &f->applicant, &f->site);
    (void)pg_seed_deployment(f->store, "refused", &f->applicant, &f->site);
    (void)pg_seed_deployment(f->store, "cancelled", &f->applicant, &f->site);
    act(f->store, pg_authorise(f->store, &row.id, &f->officer, now_us(), &act_err));
    pg_sql(f->pg, "server", END("ends", "closed", "stopped"));
    pg_sql(f->pg, "server", END("refused", "refused", "refused"));
    pg_sql(f->pg, "server", END("cancelled", "cancelled", "cancelled"));
    assert_int_equal(pg_value(f->pg, "admin",
                              "SELECT count(*) FROM overt.deployment WHERE name IN ('ends', "
                              "'refused', 'cancelled') AND closed_at <= clock_timestamp() AND "
                              "overt.list_due_at(id) <= clock_timestamp() + interval '24 hours'"),
                     3);
    pg_refuses(f->pg, "server", "deployment_fixed",
               "UPDATE overt.deployment SET closed_at = closed_at + interval '1 day' WHERE name = "
               "'ends'");
}

int run_guard_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_do_not_change_with_the_step_that_authorises),
        cmocka_unit_test(a_round_takes_nothing_in_after_its_approval),
        cmocka_unit_test(a_round_takes_in_what_is_there_only),
        cmocka_unit_test(who_applied_approves_no_loosening),
        cmocka_unit_test(what_is_flagged_is_loosened_by_the_higher_authority),
        cmocka_unit_test(cameras_come_with_the_change_and_not_with_its_approval),
        cmocka_unit_test(a_camera_that_a_change_adds_feeds_no_other_deployment),
        cmocka_unit_test(what_runs_is_loosened_with_an_accepted_model_only),
        cmocka_unit_test(a_camera_that_a_change_adds_has_its_signs_first),
        cmocka_unit_test(a_site_gets_no_second_identity_without_two_administrators),
        cmocka_unit_test(an_end_is_not_dated_ahead),
    };
    return cmocka_run_group_tests_name("guards", tests, fixture_start, fixture_stop);
}

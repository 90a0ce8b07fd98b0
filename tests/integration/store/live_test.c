/* What happens while a deployment runs: duty. By the store's calls and past them with plain SQL. */
#include "server/store/duty.h"

#include "tests/integration/store/fixture.h"

static struct ov_id adjudicator;

static struct duty_key duty_at(const struct deployment *deployment)
{
    return (struct duty_key){deployment->id, adjudicator, ROLE_ADJUDICATOR};
}

static struct duty_presence presence_at(struct fixture *f, const struct ov_id *deployment_id,
                                        int64_t since_us)
{
    struct ov_error err = OV_ERROR_INIT;
    struct duty_presence presence = {-1, -1};
    assert_fine(store_duty_presence(f->store, deployment_id, since_us, &presence, &err), &err);
    return presence;
}

static void duty_takes_a_role_and_a_deployment_that_has_not_ended(void **state)
{
    struct fixture *f = *state;
    struct deployment row = pg_seed_deployment(f->store, "duty-1", &f->applicant, &f->site);
    adjudicator = pg_seed_person(f->store, "adjudicator", ROLE_ADJUDICATOR);
    struct duty_key key = duty_at(&row);
    struct duty_key other = {row.id, f->officer, ROLE_ADJUDICATOR};
    act(f->store, pg_authorise(f->store, &row.id, &f->officer, now_us(), &act_err));
    refused_act(f->store, store_duty_take(f->store, &other, now_us(), &act_err), OV_ERR_DENIED,
                "duty.without_role");
    other.person_id = f->site.principal_id;
    refused_act(f->store, store_duty_take(f->store, &other, now_us(), &act_err), OV_ERR_DENIED,
                "principal.not_a_person");
    refused_act(f->store, store_duty_seen(f->store, &key, now_us(), &act_err), OV_ERR_NOT_FOUND,
                "duty.none");
    act(f->store, store_duty_take(f->store, &key, now_us(), &act_err));
    refused_act(f->store, store_duty_take(f->store, &key, now_us() + 1, &act_err), OV_ERR_EXISTS,
                "duty.taken");
    act(f->store,
        store_deployment_set_state(f->store, &row.id, DEPLOYMENT_CANCELLED, now_us(), &act_err));
    act(f->store, store_duty_end(f->store, &key, now_us(), &act_err));
    refused_act(f->store, store_duty_take(f->store, &key, now_us(), &act_err), OV_ERR_STATE,
                "duty.state");
}

static void presence_is_being_heard_of_with_the_role(void **state)
{
    struct fixture *f = *state;
    struct deployment row = pg_seed_deployment(f->store, "duty-2", &f->applicant, &f->site);
    struct ov_error err = OV_ERROR_INIT;
    struct duty_key key = duty_at(&row);
    int64_t now = now_us();
    act(f->store, pg_authorise(f->store, &row.id, &f->officer, now_us(), &act_err));
    act(f->store, store_duty_take(f->store, &key, now, &act_err));
    assert_int_equal(presence_at(f, &row.id, now).adjudicators, 1);
    assert_int_equal(presence_at(f, &row.id, now + 1).adjudicators, 0);
    /* Being heard of needs no event, and time does not go back. */
    assert_fine(store_duty_seen(f->store, &key, now + 10, &err), &err);
    assert_fine(store_duty_seen(f->store, &key, now + 5, &err), &err);
    assert_int_equal(presence_at(f, &row.id, now + 10).adjudicators, 1);
    assert_int_equal(presence_at(f, &row.id, now + 10).engagement_officers, 0);
    /* Whoever loses the role does not count, although nobody has ended the duty. */
    pg_sql(f->pg, "admin",
           "SET session_replication_role = replica; UPDATE overt.principal SET active = false "
           "WHERE name = 'adjudicator'");
    assert_int_equal(presence_at(f, &row.id, now).adjudicators, 0);
    pg_sql(f->pg, "admin",
           "SET session_replication_role = replica; UPDATE overt.principal SET active = true "
           "WHERE name = 'adjudicator'");
    act(f->store, store_duty_end(f->store, &key, now + 20, &act_err));
    assert_int_equal(presence_at(f, &row.id, now).adjudicators, 0);
    refused_act(f->store, store_duty_seen(f->store, &key, now + 30, &act_err), OV_ERR_NOT_FOUND,
                "duty.none");
}

static void the_server_cannot_write_duty_past_its_rules(void **state)
{
    struct fixture *f = *state;
    struct deployment row = pg_seed_deployment(f->store, "duty-3", &f->applicant, &f->site);
    struct duty_key key = duty_at(&row);
    act(f->store, pg_authorise(f->store, &row.id, &f->officer, now_us(), &act_err));
    act(f->store, store_duty_take(f->store, &key, now_us(), &act_err));
    act(f->store, store_duty_end(f->store, &key, now_us(), &act_err));
    pg_refuses(f->pg, "server", PG_DENIED, "DELETE FROM overt.duty");
    pg_refuses(f->pg, "server", PG_DENIED, "UPDATE overt.duty SET since = now()");
    pg_refuses(f->pg, "server", PG_DENIED, "UPDATE overt.duty SET person_id = person_id");
    pg_refuses(f->pg, "server", PG_DENIED, "TRUNCATE overt.duty");
    pg_refuses(f->pg, "server", "duty_fixed", "UPDATE overt.duty SET until = NULL");
    pg_refuses(f->pg, "server", "duty_fixed",
               "UPDATE overt.duty SET last_seen = now()"); /* it has ended */
    pg_wants_event(f->pg, "server",
                   "INSERT INTO overt.duty (deployment_id, person_id, role, since, last_seen) "
                   "SELECT duty.deployment_id, person_id, role, now(), now() FROM overt.duty JOIN "
                   "overt.deployment ON deployment.id = deployment_id WHERE name = 'duty-3'");
}

/* --- settings --- */

static struct deployment authorised(struct fixture *f, const char *name)
{
    struct deployment row = pg_seed_deployment(f->store, name, &f->applicant, &f->site);
    struct ov_error err = OV_ERROR_INIT;
    act(f->store, pg_authorise(f->store, &row.id, &f->officer, now_us(), &act_err));
    assert_fine(store_deployment_get(f->store, &row.id, false, &row, &err), &err);
    return row;
}

/* As one call, for act(). */
static enum ov_status add_and_apply(struct fixture *f, const struct deployment *row,
                                    const struct settings_change *change, bool tightens,
                                    const struct operating_settings *settings, struct ov_error *err)
{
    enum ov_status status =
        store_settings_change_add(f->store, &row->id, change, tightens, settings, err);
    return status == OV_OK ? store_settings_apply(f->store, &change->id, err) : status;
}

static void what_is_called_tighter_loosens_nothing(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment row = authorised(f, "tighter");
    struct deployment now;
    struct settings_change change = fixture_change(f, &row, &f->applicant);
    float *numbers[10];
    for (int i = 0; i < 9; i++) {
        struct operating_settings settings = fixture_settings(&row);
        float *const fields[] = {&settings.threshold,          &settings.gate.min_eye_distance_px,
                                 &settings.gate.min_sharpness, &settings.gate.min_brightness,
                                 &settings.gate.max_yaw_deg,   &settings.gate.max_pitch_deg,
                                 &settings.gate.max_roll_deg,  &settings.gate.max_brightness};
        numbers[i] = i < 8 ? fields[i] : NULL;
        if (i < 4)
            *numbers[i] *= 0.99f;
        else if (i < 8)
            *numbers[i] *= 1.01f;
        else
            settings.min_face_px--;
        refused_act(f->store, add_and_apply(f, &row, &change, true, &settings, &act_err),
                    OV_ERR_DENIED, "settings.looser");
    }
    struct operating_settings settings = fixture_settings(&row);
    settings.threshold += 0.1f;
    act(f->store, add_and_apply(f, &row, &change, true, &settings, &act_err));
    assert_fine(store_deployment_get(f->store, &row.id, false, &now, &err), &err);
    assert_true(now.threshold == settings.threshold);
    assert_memory_equal(now.settings_digest, change.settings_digest, OV_DIGEST_BYTES);
    /* From what is no longer in force nothing changes. */
    struct settings_change late = fixture_change(f, &row, &f->applicant);
    refused_act(f->store, add_and_apply(f, &row, &late, true, &settings, &act_err), OV_ERR_CONFLICT,
                "settings.stale");
}

static void what_loosens_is_approved_by_another_person(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment row = authorised(f, "looser");
    struct deployment now;
    struct settings_change change = fixture_change(f, &row, &f->officer);
    struct ov_id other = pg_seed_person(f->store, "other-officer", ROLE_AUTHORISING_OFFICER);
    struct operating_settings settings = fixture_settings(&row);
    settings.threshold -= 0.1f;
    act(f->store,
        store_settings_change_add(f->store, &row.id, &change, false, &settings, &act_err));
    refused_act(f->store, store_settings_apply(f->store, &change.id, &act_err), OV_ERR_INTERNAL,
                "settings.unrecorded"); /* proposed only */
    refused_act(
        f->store,
        store_settings_change_decide(f->store, &change.id, true, &f->officer, now_us(), &act_err),
        OV_ERR_DENIED, "settings.same_person");
    act(f->store,
        store_settings_change_decide(f->store, &change.id, true, &other, now_us(), &act_err));
    refused_act(
        f->store,
        store_settings_change_decide(f->store, &change.id, false, &other, now_us(), &act_err),
        OV_ERR_STATE, "settings.decided");
    act(f->store, store_settings_apply(f->store, &change.id, &act_err));
    assert_fine(store_deployment_get(f->store, &row.id, false, &now, &err), &err);
    assert_true(now.threshold == settings.threshold);
}

static void settings_do_not_change_past_their_records(void **state)
{
    struct fixture *f = *state;
    (void)authorised(f, "past");
    pg_refuses(f->pg, "server", "deployment_fixed",
               "UPDATE overt.deployment SET threshold = 0.1 WHERE name = 'past'");
    pg_refuses(f->pg, "server", "deployment_fixed",
               "UPDATE overt.deployment SET gate_yaw_deg = 180 WHERE name = 'past'");
    pg_refuses(f->pg, "server", "deployment_document",
               "UPDATE overt.deployment SET threshold = 0.1, settings_digest = (SELECT digest "
               "FROM audit.document WHERE kind = 'settings' AND digest <> settings_digest "
               "LIMIT 1) WHERE name = 'past'");
    pg_refuses(f->pg, "server", PG_DENIED, "UPDATE overt.settings_change SET threshold = 0.1");
    pg_refuses(f->pg, "server", PG_DENIED, "DELETE FROM overt.settings_change");
    pg_refuses(f->pg, "server", PG_DENIED, "UPDATE overt.settings_camera SET zone = '{}'");
    pg_refuses(f->pg, "server", PG_DENIED, "DELETE FROM overt.deployment_sign");
}

/* --- cameras and signs --- */

static void one_camera_feeds_one_deployment(void **state)
{
    struct fixture *f = *state;
    struct deployment first = fixture_with_camera(f, "feeds", "gate-1", DEPLOYMENT_EXERCISE);
    struct deployment same = fixture_with_camera(f, "feeds too", "gate-1", DEPLOYMENT_EXERCISE);
    struct deployment other =
        fixture_with_camera(f, "another camera", "gate-2", DEPLOYMENT_EXERCISE);
    act(f->store, pg_go_live(f->store, &first.id, &f->reviewer, now_us(), &act_err));
    refused_act(f->store,
                store_deployment_set_state(f->store, &same.id, DEPLOYMENT_LIVE, now_us(), &act_err),
                OV_ERR_STATE, "deployment.camera_taken");
    act(f->store, pg_go_live(f->store, &other.id, &f->reviewer, now_us(), &act_err));
    /* A pause gives no camera away. */
    act(f->store,
        store_deployment_set_state(f->store, &first.id, DEPLOYMENT_PAUSED, now_us(), &act_err));
    refused_act(f->store,
                store_deployment_set_state(f->store, &same.id, DEPLOYMENT_LIVE, now_us(), &act_err),
                OV_ERR_STATE, "deployment.camera_taken");
}

/* That nothing operational is live without them: integration_capture_operational. */
static void signs_are_confirmed_by_the_crew_at_cameras_that_there_are(void **state)
{
    struct fixture *f = *state;
    struct deployment row = fixture_with_camera(f, "signs", "gate-7", DEPLOYMENT_OPERATIONAL);
    struct ov_id crew = pg_seed_person(f->store, "crew", ROLE_ENGAGEMENT_OFFICER);
    struct ov_error err = OV_ERROR_INIT;
    char camera[OV_CAMERA_NAME_SIZE];
    size_t missing = 0;
    bool is_new = false;
    refused_act(f->store,
                store_sign_add(f->store, &row.id, &f->site.id, "gate-8", &crew, now_us(), &is_new,
                               &act_err),
                OV_ERR_NOT_FOUND, "deployment.camera_unknown");
    refused_act(f->store,
                store_sign_add(f->store, &row.id, &f->site.id, "gate-7", &f->applicant, now_us(),
                               &is_new, &act_err),
                OV_ERR_DENIED, "permission.role");
    assert_fine(store_sign_missing(f->store, &row.id, &missing, camera, &err), &err);
    assert_int_equal(missing, 1);
    assert_string_equal(camera, "gate-7");
    act(f->store, store_sign_add(f->store, &row.id, &f->site.id, "gate-7", &crew, now_us(), &is_new,
                                 &act_err));
    assert_true(is_new);
    act(f->store, store_sign_add(f->store, &row.id, &f->site.id, "gate-7", &crew, now_us(), &is_new,
                                 &act_err));
    assert_false(is_new);
    assert_fine(store_sign_missing(f->store, &row.id, &missing, camera, &err), &err);
    assert_int_equal(missing, 0);
}

int run_live_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(duty_takes_a_role_and_a_deployment_that_has_not_ended),
        cmocka_unit_test(presence_is_being_heard_of_with_the_role),
        cmocka_unit_test(the_server_cannot_write_duty_past_its_rules),
        cmocka_unit_test(what_is_called_tighter_loosens_nothing),
        cmocka_unit_test(what_loosens_is_approved_by_another_person),
        cmocka_unit_test(settings_do_not_change_past_their_records),
        cmocka_unit_test(one_camera_feeds_one_deployment),
        cmocka_unit_test(signs_are_confirmed_by_the_crew_at_cameras_that_there_are),
    };
    return cmocka_run_group_tests_name("live", tests, fixture_start, fixture_stop);
}

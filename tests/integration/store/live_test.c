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

static void expect_sqlstate(struct fixture *f, const char *sql, const char *wanted)
{
    char sqlstate[6] = "";
    if (pg_try(f->pg, "server", sql, sqlstate))
        fail_msg("was allowed: %s", sql);
    if (strcmp(sqlstate, wanted) != 0)
        fail_msg("%s, not %s: %s", sqlstate, wanted, sql);
}

static void the_server_cannot_write_duty_past_its_rules(void **state)
{
    struct fixture *f = *state;
    struct deployment row = pg_seed_deployment(f->store, "duty-3", &f->applicant, &f->site);
    struct duty_key key = duty_at(&row);
    act(f->store, pg_authorise(f->store, &row.id, &f->officer, now_us(), &act_err));
    act(f->store, store_duty_take(f->store, &key, now_us(), &act_err));
    act(f->store, store_duty_end(f->store, &key, now_us(), &act_err));
    expect_sqlstate(f, "DELETE FROM overt.duty", "42501");
    expect_sqlstate(f, "UPDATE overt.duty SET since = now()", "42501");
    expect_sqlstate(f, "UPDATE overt.duty SET person_id = person_id", "42501");
    expect_sqlstate(f, "TRUNCATE overt.duty", "42501");
    expect_sqlstate(f, "UPDATE overt.duty SET until = NULL", "23514");
    expect_sqlstate(f, "UPDATE overt.duty SET last_seen = now()", "23514"); /* it has ended */
    /* Beginning one without an event. */
    expect_sqlstate(f,
                    "INSERT INTO overt.duty (deployment_id, person_id, role, since, last_seen) "
                    "SELECT deployment_id, person_id, role, now(), now() FROM overt.duty LIMIT 1",
                    "23514");
}

int run_live_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(duty_takes_a_role_and_a_deployment_that_has_not_ended),
        cmocka_unit_test(presence_is_being_heard_of_with_the_role),
        cmocka_unit_test(the_server_cannot_write_duty_past_its_rules),
    };
    return cmocka_run_group_tests_name("live", tests, fixture_start, fixture_stop);
}

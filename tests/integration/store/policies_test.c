/* Policies: two people, one proposal at a time, nothing changed afterwards; the server's role tries
 * its way around. */
#include "tests/integration/store/fixture.h"

#include "server/service/policy_fields.h"

static struct policy proposal(struct fixture *f, int base_version)
{
    struct policy policy;
    policy_defaults(&policy);
    policy.base_version = base_version;
    policy.proposed_by = f->applicant;
    policy.proposed_at_us = now_us();
    return policy;
}

/* A version that is in force, after everything before it. */
static int in_force(struct fixture *f, const struct policy *change)
{
    struct ov_error err = OV_ERROR_INIT;
    struct policy current = {.version = 0};
    struct policy policy = *change;
    int version = 0;
    if (store_policy_get(f->store, 0, &current, &err) != OV_OK)
        ov_error_clear(&err);
    policy.base_version = current.version;
    act(f->store, store_policy_propose(f->store, &policy, &version, &act_err));
    act(f->store,
        store_policy_decide(f->store, version, POLICY_APPROVED, &f->officer, now_us(), &act_err));
    return version;
}

static void without_a_policy_none_is_in_force(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct policy policy;
    assert_refused(store_policy_get(f->store, 0, &policy, &err), OV_ERR_NOT_FOUND, "policy.none",
                   &err);
    assert_refused(store_policy_get(f->store, 1, &policy, &err), OV_ERR_NOT_FOUND, "policy.unknown",
                   &err);
    assert_refused(store_policy_decide(f->store, 7, POLICY_APPROVED, &f->officer, now_us(), &err),
                   OV_ERR_NOT_FOUND, "policy.unknown", &err);
}

static void every_field_survives_the_database(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct policy policy = proposal(f, 0);
    struct policy found;
    for (size_t i = 0; i < POLICY_FIELD_COUNT; i++)
        policy_field_set(&policy, &policy_fields()[i], policy_fields()[i].min);
    policy.threshold_floor = 0.625f;
    policy.floor_count = 2;
    memset(policy.floors[0].model_digest, 0x11, OV_DIGEST_BYTES);
    policy.floors[0].threshold_floor = 0.7f;
    memset(policy.floors[1].model_digest, 0x22, OV_DIGEST_BYTES);
    policy.floors[1].threshold_floor = 0.8f;
    int version = in_force(f, &policy);

    assert_fine(store_policy_get(f->store, 0, &found, &err), &err);
    assert_int_equal(found.version, version);
    assert_int_equal(found.state, POLICY_APPROVED);
    assert_true(ov_id_equal(&found.proposed_by, &f->applicant));
    assert_true(ov_id_equal(&found.decided_by, &f->officer));
    assert_true(found.decided_at_us >= found.proposed_at_us && found.proposed_at_us > 0);
    for (size_t i = 0; i < POLICY_FIELD_COUNT; i++)
        assert_int_equal(policy_field_get(&found, &policy_fields()[i]), policy_fields()[i].min);
    assert_memory_equal(&found.categories, &policy.categories, sizeof(found.categories));
    assert_memory_equal(&found.operational_locations, &policy.operational_locations,
                        sizeof(found.operational_locations));
    assert_memory_equal(&found.exercise_locations, &policy.exercise_locations,
                        sizeof(found.exercise_locations));
    assert_true(found.threshold_floor == 0.625f);
    assert_int_equal(found.floor_count, 2);
    assert_memory_equal(found.floors, policy.floors, 2 * sizeof(found.floors[0]));
}

/* The table of fields and the schema say the same: a value at the edge is taken, one past it is
 * not. */
static void the_limits_of_the_fields_are_the_databases(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct policy current;
    int version = 0;
    assert_fine(store_policy_get(f->store, 0, &current, &err), &err);
    for (size_t i = 0; i < POLICY_FIELD_COUNT; i++) {
        const struct policy_field *field = &policy_fields()[i];
        for (int edge = 0; edge < 2 && !field->yes_no; edge++) {
            struct policy policy = proposal(f, current.version);
            policy_field_set(&policy, field, edge == 0 ? field->min : field->max);
            assert_fine(store_begin(f->store, &err), &err);
            assert_fine(store_policy_propose(f->store, &policy, &version, &err), &err);
            store_rollback(f->store);
            policy_field_set(&policy, field, edge == 0 ? field->min - 1 : field->max + 1);
            refused_act(f->store, store_policy_propose(f->store, &policy, &version, &act_err),
                        OV_ERR_INVALID, "store.invalid");
        }
    }
}

static void one_person_neither_approves_their_own_nor_decides_twice(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct policy current;
    struct policy other;
    int version = 0;
    assert_fine(store_policy_get(f->store, 0, &current, &err), &err);
    struct policy policy = proposal(f, current.version);
    act(f->store, store_policy_propose(f->store, &policy, &version, &act_err));
    refused_act(
        f->store,
        store_policy_decide(f->store, version, POLICY_APPROVED, &f->applicant, now_us(), &act_err),
        OV_ERR_DENIED, "policy.same_person");
    other = proposal(f, current.version);
    refused_act(f->store, store_policy_propose(f->store, &other, &version, &act_err), OV_ERR_STATE,
                "policy.proposal_open");
    assert_fine(store_policy_get(f->store, 0, &other, &err), &err);
    assert_int_equal(other.version, current.version);
    act(f->store,
        store_policy_decide(f->store, version, POLICY_REFUSED, &f->applicant, now_us(), &act_err));
    refused_act(
        f->store,
        store_policy_decide(f->store, version, POLICY_APPROVED, &f->officer, now_us(), &act_err),
        OV_ERR_STATE, "policy.decided");
    assert_fine(store_policy_get(f->store, 0, &other, &err), &err);
    assert_int_equal(other.version, current.version);
}

static void a_proposal_is_made_from_the_policy_in_force(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct policy current;
    int version = 0;
    assert_fine(store_policy_get(f->store, 0, &current, &err), &err);
    struct policy policy = proposal(f, current.version - 1);
    refused_act(f->store, store_policy_propose(f->store, &policy, &version, &act_err),
                OV_ERR_CONFLICT, "policy.stale");
}

static void codes_are_codes(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct policy current;
    int version = 0;
    static const char *const bad[] = {
        "", "Wanted", "a,b", "a}b", "a b", "\"", "persons of interest"};
    assert_fine(store_policy_get(f->store, 0, &current, &err), &err);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct policy policy = proposal(f, current.version);
        (void)snprintf(policy.categories.codes[0], POLICY_CODE_SIZE, "%s", bad[i]);
        refused_act(f->store, store_policy_propose(f->store, &policy, &version, &act_err),
                    OV_ERR_INVALID, "policy.code");
        assert_false(policy_codes_add(&policy.operational_locations, bad[i]));
    }
}

static void refuse_sql(struct fixture *f, const char *wanted, const char *sql)
{
    char sqlstate[6];
    if (pg_try(f->pg, "server", sql, sqlstate))
        fail_msg("the server was allowed: %s", sql);
    if (strcmp(sqlstate, wanted) != 0)
        fail_msg("got %s, not %s: %s", sqlstate, wanted, sql);
}

static void the_servers_role_changes_no_policy(void **state)
{
    struct fixture *f = *state;
    static const char *const denied[] = {
        "UPDATE overt.policy SET subjects_max = 1",
        "DELETE FROM overt.policy",
        "TRUNCATE overt.policy CASCADE",
        "UPDATE overt.policy_floor SET threshold_floor = 0.2",
        "DELETE FROM overt.policy_floor",
        "UPDATE overt.policy_decision SET decision = 'approved'",
        "DELETE FROM overt.policy_decision",
    };
    for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++) {
        char sqlstate[6];
        refuse_sql(f, "42501", denied[i]);
        assert_false(pg_try(f->pg, "owner", denied[i], sqlstate));
        assert_string_equal(sqlstate, "42501");
    }
    /* A floor added to a version that is there, a decision by its proposer or by a site. */
    refuse_sql(f, "23514",
               "INSERT INTO overt.policy_floor SELECT max(version), decode(repeat('ab', 32), "
               "'hex'), 0.2 FROM overt.policy");
    struct policy current;
    struct ov_error err = OV_ERROR_INIT;
    int version = 0;
    assert_fine(store_policy_get(f->store, 0, &current, &err), &err);
    struct policy policy = proposal(f, current.version);
    act(f->store, store_policy_propose(f->store, &policy, &version, &act_err));
    refuse_sql(f, "23514",
               "INSERT INTO overt.policy_decision SELECT version, 'approved', proposed_by, "
               "proposed_by, now() FROM overt.policy ORDER BY version DESC LIMIT 1");
    refuse_sql(f, "23514",
               "INSERT INTO overt.policy_decision SELECT version, 'approved', proposed_by, "
               "(SELECT id FROM overt.principal WHERE kind = 'site' LIMIT 1), now() FROM "
               "overt.policy ORDER BY version DESC LIMIT 1");
    /* Somebody else named as the proposer, so that the real one could approve. */
    refuse_sql(
        f, "23503",
        "INSERT INTO overt.policy_decision SELECT version, 'approved', (SELECT id FROM "
        "overt.principal WHERE name = 'manager'), proposed_by, now() FROM overt.policy ORDER "
        "BY version DESC LIMIT 1");
    act(f->store,
        store_policy_decide(f->store, version, POLICY_REFUSED, &f->officer, now_us(), &act_err));
}

static void a_policy_without_an_audit_event_does_not_commit(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct policy current;
    int version = 0;
    assert_fine(store_policy_get(f->store, 0, &current, &err), &err);
    struct policy policy = proposal(f, current.version);
    assert_refused(store_policy_propose(f->store, &policy, &version, &err), OV_ERR_INTERNAL,
                   "audit.missing", &err);
    act(f->store, store_policy_propose(f->store, &policy, &version, &act_err));
    assert_refused(
        store_policy_decide(f->store, version, POLICY_APPROVED, &f->officer, now_us(), &err),
        OV_ERR_INTERNAL, "audit.missing", &err);
}

int run_policy_tests(void)
{
    const struct CMUnitTest policies[] = {
        cmocka_unit_test(without_a_policy_none_is_in_force),
        cmocka_unit_test(every_field_survives_the_database),
        cmocka_unit_test(the_limits_of_the_fields_are_the_databases),
        cmocka_unit_test(one_person_neither_approves_their_own_nor_decides_twice),
        cmocka_unit_test(a_proposal_is_made_from_the_policy_in_force),
        cmocka_unit_test(codes_are_codes),
        cmocka_unit_test(the_servers_role_changes_no_policy),
        cmocka_unit_test(a_policy_without_an_audit_event_does_not_commit),
    };
    return cmocka_run_group_tests(policies, fixture_start, fixture_stop);
}

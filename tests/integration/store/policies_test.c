/* Policies: two people, one proposal at a time, nothing changed afterwards; the server's role tries
 * its way around. */
#include "tests/integration/store/fixture.h"

#include "server/service/policy_document.h"
#include "server/service/policy_fields.h"

static struct ov_id proposer;
static struct ov_id approver;

static struct policy proposal(struct fixture *f, int base_version)
{
    struct policy policy;
    policy_defaults(&policy);
    policy.base_version = base_version;
    policy.proposed_by = proposer;
    policy.proposed_at_us = now_us();
    act(f->store,
        audit_document_write(f->store, policy_document(&policy), policy.document_digest, &act_err));
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
        store_policy_decide(f->store, version, POLICY_APPROVED, &approver, now_us(), &act_err));
    return version;
}

static void without_a_policy_none_is_in_force(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct policy policy;
    proposer = pg_seed_person(f->store, "proposer", ROLE_ADMINISTRATOR | ROLE_HIGHER_AUTHORITY);
    approver = pg_seed_person(f->store, "approver", ROLE_HIGHER_AUTHORITY);
    assert_refused(store_policy_get(f->store, 0, &policy, &err), OV_ERR_NOT_FOUND, "policy.none",
                   &err);
    assert_refused(store_policy_get(f->store, 1, &policy, &err), OV_ERR_NOT_FOUND, "policy.unknown",
                   &err);
    assert_refused(store_policy_decide(f->store, 7, POLICY_APPROVED, &approver, now_us(), &err),
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
    assert_true(ov_id_equal(&found.proposed_by, &proposer));
    assert_true(ov_id_equal(&found.decided_by, &approver));
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
        store_policy_decide(f->store, version, POLICY_APPROVED, &proposer, now_us(), &act_err),
        OV_ERR_DENIED, "policy.same_person");
    refused_act(
        f->store,
        store_policy_decide(f->store, version, POLICY_APPROVED, &f->manager, now_us(), &act_err),
        OV_ERR_DENIED, "permission.role");
    other = proposal(f, current.version);
    refused_act(f->store, store_policy_propose(f->store, &other, &version, &act_err), OV_ERR_STATE,
                "policy.proposal_open");
    assert_fine(store_policy_get(f->store, 0, &other, &err), &err);
    assert_int_equal(other.version, current.version);
    act(f->store,
        store_policy_decide(f->store, version, POLICY_REFUSED, &proposer, now_us(), &act_err));
    refused_act(
        f->store,
        store_policy_decide(f->store, version, POLICY_APPROVED, &approver, now_us(), &act_err),
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
        pg_refuses(f->pg, "server", PG_DENIED, denied[i]);
        pg_refuses(f->pg, "owner", PG_DENIED, denied[i]);
    }
    /* A floor added to a version that is there, a decision by its proposer or by a site. */
    pg_refuses(f->pg, "server", "policy_fixed",
               "INSERT INTO overt.policy_floor SELECT max(version), decode(repeat('ab', 32), "
               "'hex'), 0.2 FROM overt.policy");
    struct policy current;
    struct ov_error err = OV_ERROR_INIT;
    int version = 0;
    assert_fine(store_policy_get(f->store, 0, &current, &err), &err);
    struct policy policy = proposal(f, current.version);
    act(f->store, store_policy_propose(f->store, &policy, &version, &act_err));
    pg_refuses(f->pg, "server", "policy_two_people",
               "INSERT INTO overt.policy_decision SELECT version, 'approved', proposed_by, "
               "proposed_by, now() FROM overt.policy ORDER BY version DESC LIMIT 1");
    pg_refuses(f->pg, "server", "person_required",
               "INSERT INTO overt.policy_decision SELECT version, 'approved', proposed_by, "
               "(SELECT id FROM overt.principal WHERE kind = 'site' LIMIT 1), now() FROM "
               "overt.policy ORDER BY version DESC LIMIT 1");
    /* Somebody else named as the proposer, so that the real one could approve. */
    pg_refuses(
        f->pg, "server", "policy_decision_version",
        "INSERT INTO overt.policy_decision SELECT version, 'approved', (SELECT id FROM "
        "overt.principal WHERE name = 'manager'), proposed_by, now() FROM overt.policy ORDER "
        "BY version DESC LIMIT 1");
    act(f->store,
        store_policy_decide(f->store, version, POLICY_REFUSED, &approver, now_us(), &act_err));
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
        store_policy_decide(f->store, version, POLICY_APPROVED, &approver, now_us(), &err),
        OV_ERR_INTERNAL, "audit.missing", &err);
}

/* --- models -------------------------------------------------------------------------------- */

static struct model_acceptance acceptance(struct fixture *f, uint8_t model)
{
    struct model_acceptance row = {.id = ov_id_new(),
                                   .threshold_floor = 0.55f,
                                   .proposed_by = proposer,
                                   .proposed_at_us = now_us()};
    memset(row.model_digest, model, sizeof(row.model_digest));
    memset(row.report_digest, 0x77, sizeof(row.report_digest));
    act(f->store,
        audit_document_write(f->store, model_document(&row), row.document_digest, &act_err));
    return row;
}

static bool is_accepted(struct fixture *f, const struct model_acceptance *row, float floor)
{
    struct ov_error err = OV_ERROR_INIT;
    bool accepted = false;
    float found = 0;
    assert_fine(store_model_accepted(f->store, row->model_digest, &accepted, &found, &err), &err);
    assert_true(!accepted || found == floor);
    return accepted;
}

static void a_model_is_accepted_by_two_and_withdrawn_by_one(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct model_acceptance row = acceptance(f, 0x31);
    struct model_acceptance found;
    act(f->store, store_model_propose(f->store, &row, &act_err));
    assert_false(is_accepted(f, &row, 0));
    refused_act(
        f->store,
        store_model_decide(f->store, &row.id, MODEL_APPROVED, &proposer, now_us(), &act_err),
        OV_ERR_DENIED, "model.same_person");
    refused_act(
        f->store,
        store_model_decide(f->store, &row.id, MODEL_WITHDRAWN, &approver, now_us(), &act_err),
        OV_ERR_STATE, "model.not_approved");
    act(f->store,
        store_model_decide(f->store, &row.id, MODEL_APPROVED, &approver, now_us(), &act_err));
    assert_true(is_accepted(f, &row, 0.55f));
    refused_act(f->store,
                store_model_decide(f->store, &row.id, MODEL_REFUSED, &approver, now_us(), &act_err),
                OV_ERR_STATE, "model.decided");
    assert_fine(store_model_get(f->store, &row.id, &found, &err), &err);
    assert_int_equal(found.state, MODEL_APPROVED);
    assert_memory_equal(found.report_digest, row.report_digest, sizeof(row.report_digest));
    act(f->store,
        store_model_decide(f->store, &row.id, MODEL_WITHDRAWN, &proposer, now_us(), &act_err));
    assert_false(is_accepted(f, &row, 0));
    assert_fine(store_model_get(f->store, &row.id, &found, &err), &err);
    assert_int_equal(found.state, MODEL_WITHDRAWN);
    assert_true(ov_id_equal(&found.decided_by, &proposer));

    /* Accepted anew by another decision, with a stricter floor. */
    struct model_acceptance again = acceptance(f, 0x31);
    again.threshold_floor = 0.65f;
    act(f->store, store_model_propose(f->store, &again, &act_err));
    act(f->store,
        store_model_decide(f->store, &again.id, MODEL_APPROVED, &approver, now_us(), &act_err));
    assert_true(is_accepted(f, &again, 0.65f));
    struct ov_id nobody = ov_id_new();
    assert_refused(store_model_decide(f->store, &nobody, MODEL_APPROVED, &approver, now_us(), &err),
                   OV_ERR_NOT_FOUND, "model.unknown", &err);
    assert_refused(store_model_get(f->store, &nobody, &found, &err), OV_ERR_NOT_FOUND,
                   "model.unknown", &err);
}

static void the_servers_role_accepts_no_model_and_goes_around_none(void **state)
{
    struct fixture *f = *state;
    static const char *const denied[] = {
        "UPDATE overt.model_decision SET decision = 'approved'",
        "DELETE FROM overt.model_decision WHERE decision = 'withdrawn'",
        "UPDATE overt.model_acceptance SET threshold_floor = 0.2",
        "DELETE FROM overt.model_acceptance",
        "DELETE FROM overt.notice_publication",
        "ALTER TABLE overt.deployment DISABLE TRIGGER deployment_3_model",
        ("CREATE OR REPLACE FUNCTION overt.model_accepted(bytea) RETURNS real LANGUAGE sql AS "
         "'SELECT 0.2'"),
    };
    struct model_acceptance row = acceptance(f, 0x32);
    act(f->store, store_model_propose(f->store, &row, &act_err));
    for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
        pg_refuses(f->pg, "server", PG_DENIED, denied[i]);
    pg_refuses(f->pg, "server", "model_two_people",
               "INSERT INTO overt.model_decision SELECT id, 'approved', proposed_by, proposed_by, "
               "now() FROM overt.model_acceptance ORDER BY proposed_at DESC LIMIT 1");
    pg_refuses(f->pg, "server", "model_decision_acceptance",
               "INSERT INTO overt.model_decision SELECT id, 'approved', (SELECT id FROM "
               "overt.principal WHERE name = 'manager'), proposed_by, now() FROM "
               "overt.model_acceptance ORDER BY proposed_at DESC LIMIT 1");
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
        cmocka_unit_test(a_model_is_accepted_by_two_and_withdrawn_by_one),
        cmocka_unit_test(the_servers_role_accepts_no_model_and_goes_around_none),
    };
    return cmocka_run_group_tests(policies, fixture_start, fixture_stop);
}

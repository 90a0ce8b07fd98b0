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
    refused_act(f->store, store_erasure_key_destroyed(f->store, &id, &act_err), OV_ERR_STATE,
                "erasure.order");
    act(f->store, store_erasure_begin(f->store, &id, NULL, &act_err));
    refused_act(f->store, store_erasure_key_destroyed(f->store, &id, &act_err), OV_ERR_STATE,
                "erasure.order");
    /* The keeper cannot leave the ledger out. */
    refused_act(f->store,
                store_erasure_without_ledger(f->store, &id, ERASURE_LEDGER_WAIVED, &act_err),
                OV_ERR_STATE, "erasure.order");
    act(f->store, store_erasure_write_ledger(f->store, &id, three, 0, &subjects, &act_err));
    assert_int_equal(subjects, 3);
    refused_act(f->store, store_erasure_write_ledger(f->store, &id, three, 0, &subjects, &act_err),
                OV_ERR_STATE, "erasure.order");
    act(f->store, store_erasure_key_destroyed(f->store, &id, &act_err));
    assert_fine(store_erasure_get(f->store, &id, &erasure, &err), &err);
    assert_int_equal(erasure.entries, 4);
    assert_int_equal(erasure.images, 4);
    assert_int_equal(erasure.ledger, ERASURE_LEDGER_WRITTEN);
    assert_int_equal(erasure.subjects, 3);
    assert_true(erasure.ledger_at_us >= erasure.begun_at_us && erasure.begun_at_us > 0);
    assert_true(erasure.key_destroyed_at_us >= erasure.ledger_at_us);
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
    struct membership_known known;
    struct membership membership;
};

static enum ov_status see_known(void *ctx, const struct membership_known *known)
{
    struct seen *seen = ctx;
    seen->known = *known;
    seen->count++;
    return OV_OK;
}

static enum ov_status see_membership(void *ctx, const struct membership *membership)
{
    struct seen *seen = ctx;
    if (seen->count++ == 0)
        seen->membership = *membership;
    return OV_OK;
}

static void the_ledger_answers_who_was_listed_before_and_when(void **state)
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

    some = pseudonyms((const uint8_t[]){42, 50, 42}, 3);
    struct seen seen = {.count = 0};
    assert_fine(store_membership_known(f->store, some, NULL, see_known, &seen, &err), &err);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.known.pseudonym[0], 42);
    assert_int_equal(seen.known.lists, 2);
    seen.count = 0;
    assert_fine(store_membership_known(f->store, some, &second, see_known, &seen, &err), &err);
    assert_int_equal(seen.known.lists, 1);
    assert_true(ov_id_equal(&seen.known.latest, &first));
    seen.count = 0;
    some.size = 0;
    assert_fine(store_membership_known(f->store, some, NULL, see_known, &seen, &err), &err);
    assert_int_equal(seen.count, 0);

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

static void the_ledger_is_added_to_by_an_erasure_only(void **state)
{
    struct fixture *f = *state;
    char sqlstate[6];
    static const char *const attempts[] = {
        "INSERT INTO audit.membership VALUES (gen_random_uuid(), sha256('x'), now(), now())",
        "UPDATE audit.membership SET last_day = now()",
        "DELETE FROM audit.membership",
        "TRUNCATE audit.membership",
        "UPDATE overt.list_erasure SET dropped_at = now()",
        "INSERT INTO overt.list_erasure SELECT * FROM overt.list_erasure",
        "DELETE FROM overt.list_erasure",
        "UPDATE overt.ledger_key SET fingerprint = sha256('x')",
        "DELETE FROM overt.ledger_key",
        "SELECT overt.erasure_at(gen_random_uuid())",
    };
    static const char *const roles[] = {"server", "oversight", "sealer"};
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        for (size_t j = 0; j < sizeof(roles) / sizeof(roles[0]); j++) {
            if (pg_try(f->pg, roles[j], attempts[i], sqlstate) || strcmp(sqlstate, "42501") != 0)
                fail_msg("%s as %s: %s", attempts[i], roles[j], sqlstate);
        }
    }
    assert_false(pg_try(f->pg, "owner", "DELETE FROM audit.membership", sqlstate));
    assert_string_equal(sqlstate, "42501");
    pg_sql(f->pg, "oversight", "SELECT count(*) FROM audit.membership");
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
        cmocka_unit_test(a_list_is_not_erased_before_its_time),
        cmocka_unit_test(the_steps_of_an_erasure_come_in_order),
        cmocka_unit_test(a_step_without_its_event_does_not_commit),
        cmocka_unit_test(the_ledger_holds_as_many_as_were_approved),
        cmocka_unit_test(the_ledger_s_rows_tell_no_order),
        cmocka_unit_test(the_ledger_answers_who_was_listed_before_and_when),
        cmocka_unit_test(the_ledger_is_added_to_by_an_erasure_only),
        cmocka_unit_test(the_ledger_has_one_key),
    };
    return cmocka_run_group_tests_name("erasures", tests, fixture_start, fixture_stop);
}

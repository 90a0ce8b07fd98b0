/* Erasing without the ledger: what two people decided, and nothing wider. */
#include "tests/integration/erasure/bed.h"

#include <unistd.h>

#include "server/service/waiver.h"

/* Out of the way, or back. */
static void move(const char *from, const char *to)
{
    assert_int_equal(rename(from, to), 0);
}

struct taken {
    char path[PATH_MAX];
    char aside[160];
};

static struct taken take_key(struct bed *bed, const struct ov_id *id)
{
    struct taken taken;
    (void)snprintf(taken.path, sizeof(taken.path), "%s", bed_key_path(bed, VAULT_WATCHLIST, id));
    (void)snprintf(taken.aside, sizeof(taken.aside), "%s/taken.key", bed->dir);
    move(taken.path, taken.aside);
    return taken;
}

static struct ledger_waiver asked(struct bed *bed, const struct ov_id *id,
                                  enum waiver_reason reason)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ledger_waiver waiver;
    bed_must(service_waiver_ask(&bed->service, &bed->protector, id, reason, &waiver, &err), &err);
    return waiver;
}

static void confirmed(struct bed *bed, const struct ov_id *id, enum waiver_reason reason)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ledger_waiver waiver = asked(bed, id, reason);
    bed_must(service_waiver_confirm(&bed->service, &bed->officer, &waiver.id, &waiver, &err), &err);
    assert_int_equal(waiver.state, WAIVER_CONFIRMED);
}

static int64_t waived_alarms(struct bed *bed, const struct ov_id *id)
{
    return bed_value(bed,
                     "SELECT count(*) FROM overt.alarm WHERE cleared_at IS NULL AND code = "
                     "'erasure.ledger_waived' AND deployment_id = '{id}'",
                     id);
}

/* The certificate's words: outcome, keys, whether it names the waiver. */
static void assert_certified(struct bed *bed, const struct ov_id *id, const char *ledger, int keys,
                             bool waiver)
{
    char sql[768];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM (SELECT convert_from(body, 'UTF8')::jsonb AS body FROM "
                   "audit.document WHERE kind = 'deletion_certificate' AND deployment_id = "
                   "'{id}') AS d WHERE body -> 'ledger' ->> 'outcome' = '%s' AND body -> 'counts' "
                   "->> 'keys' = '%d' AND (body -> 'ledger' ? 'waiver') = %s",
                   ledger, keys, waiver ? "true" : "false");
    assert_int_equal(bed_value(bed, sql, id), 1);
}

static void one_person_does_not_leave_the_ledger_out(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct ledger_waiver waiver;
    struct deployment due = bed_due(bed, "alone", 2);
    struct taken taken = take_key(bed, &due.id);
    struct actor both = bed->protector;
    bed_refused(service_waiver_ask(&bed->service, &bed->officer, &due.id, WAIVER_LIST_KEY_LOST,
                                   &waiver, &err),
                OV_ERR_DENIED, "permission.denied", &err);
    waiver = asked(bed, &due.id, WAIVER_LIST_KEY_LOST);
    bed_refused(service_waiver_confirm(&bed->service, &bed->protector, &waiver.id, &waiver, &err),
                OV_ERR_DENIED, "permission.denied", &err);
    /* Nor does the same person in another role. */
    both.principal.roles |= ROLE_AUTHORISING_OFFICER;
    bed_refused(service_waiver_confirm(&bed->service, &both, &waiver.id, &waiver, &err),
                OV_ERR_DENIED, "waiver.same_person", &err);
    bed_refused(service_erase_due_lists(&bed->service, &err), OV_ERR_STATE, "erasure.key_gone",
                &err);
    assert_int_equal(bed_events(bed, "erasure.begun", &due.id), 0);
    assert_int_equal(waived_alarms(bed, &due.id), 0);
    /* Taken back, it is not confirmed; put back, the list goes as any other. */
    bed_must(service_waiver_withdraw(&bed->service, &bed->protector, &waiver.id, &err), &err);
    bed_refused(service_waiver_confirm(&bed->service, &bed->officer, &waiver.id, &waiver, &err),
                OV_ERR_STATE, "waiver.decided", &err);
    move(taken.aside, taken.path);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    assert_certified(bed, &due.id, "written", 1, false);
}

static void two_let_a_list_go_whose_key_is_lost_and_it_is_an_alarm(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct list_erasure erasure;
    struct deployment due = bed_due(bed, "lost", 2);
    (void)take_key(bed, &due.id);
    bed_refused(service_erase_due_lists(&bed->service, &err), OV_ERR_STATE, "erasure.key_gone",
                &err);
    confirmed(bed, &due.id, WAIVER_LIST_KEY_LOST);
    assert_int_equal(waived_alarms(bed, &due.id), 1);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    assert_true(bed_is_erased(bed, &due.id));
    assert_certified(bed, &due.id, "waived", 0, true);
    bed_must(service_erasure_get(&bed->service, &bed->officer, &due.id, &erasure, &err), &err);
    assert_int_equal(erasure.ledger, ERASURE_LEDGER_WAIVED);
    assert_int_equal(erasure.keys, 0);
    assert_true(erasure.key_missing_at_us != 0);
    assert_false(ov_id_is_zero(&erasure.waiver_id));
    assert_int_equal(bed_open_alarms(bed, "erasure.key_gone"), 0);
    assert_int_equal(waived_alarms(bed, &due.id), 1);
    assert_int_equal(bed_events(bed, "erasure.waiver_asked", &due.id), 1);
    assert_int_equal(bed_events(bed, "erasure.waiver_confirmed", &due.id), 1);
}

static void what_can_be_written_is_written_whatever_was_waived(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct ledger_waiver waiver;
    struct deployment due = bed_due(bed, "found", 2);
    bed_refused(service_waiver_ask(&bed->service, &bed->protector, &due.id, WAIVER_LIST_KEY_LOST,
                                   &waiver, &err),
                OV_ERR_STATE, "waiver.not_lost", &err);
    bed_refused(service_waiver_ask(&bed->service, &bed->protector, &due.id, WAIVER_LEDGER_KEY_LOST,
                                   &waiver, &err),
                OV_ERR_STATE, "waiver.not_lost", &err);
    struct taken taken = take_key(bed, &due.id);
    confirmed(bed, &due.id, WAIVER_LIST_KEY_LOST);
    move(taken.aside, taken.path);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    assert_certified(bed, &due.id, "written", 1, false);
    assert_int_equal(bed_value(bed,
                               "SELECT count(*) FROM audit.membership WHERE deployment_id = '{id}'",
                               &due.id),
                     2);
}

static void a_lost_ledger_key_does_not_keep_faces_forever(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment due = bed_due(bed, "no-ledger-key", 2);
    char aside[160];
    (void)snprintf(aside, sizeof(aside), "%s.aside", bed->ledger_key);
    move(bed->ledger_key, aside);
    confirmed(bed, &due.id, WAIVER_LEDGER_KEY_LOST);
    /* It says nothing about the list's own key. */
    struct taken taken = take_key(bed, &due.id);
    bed_refused(service_erase_due_lists(&bed->service, &err), OV_ERR_STATE, "erasure.key_gone",
                &err);
    move(taken.aside, taken.path);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    move(aside, bed->ledger_key);
    assert_true(bed_is_erased(bed, &due.id));
    assert_certified(bed, &due.id, "waived", 1, true);
}

static void a_damaged_key_is_no_key_that_was_destroyed(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment due = bed_due(bed, "damaged", 1);
    const char *path = bed_key_path(bed, VAULT_WATCHLIST, &due.id);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fwrite("another", 1, 7, file), 7);
    assert_int_equal(fclose(file), 0);
    bed_refused(service_erase_due_lists(&bed->service, &err), OV_ERR_CRYPTO, "vault.bad_key", &err);
    confirmed(bed, &due.id, WAIVER_LIST_KEY_LOST);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    assert_true(bed_is_erased(bed, &due.id));
    assert_certified(bed, &due.id, "waived", 0, true);
}

static void a_waiver_comes_before_the_erasure_has_begun(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct ledger_waiver waiver;
    struct deployment live = bed_live(bed, "still-live", 1);
    struct taken taken = take_key(bed, &live.id);
    bed_refused(service_waiver_ask(&bed->service, &bed->protector, &live.id, WAIVER_LIST_KEY_LOST,
                                   &waiver, &err),
                OV_ERR_STATE, "erasure.state", &err);
    move(taken.aside, taken.path);
    struct deployment due = bed_due(bed, "begun", 1);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    bed_refused(service_waiver_ask(&bed->service, &bed->protector, &due.id, WAIVER_LIST_KEY_LOST,
                                   &waiver, &err),
                OV_ERR_STATE, "erasure.state", &err);
}

int run_waiver_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_person_does_not_leave_the_ledger_out),
        cmocka_unit_test(two_let_a_list_go_whose_key_is_lost_and_it_is_an_alarm),
        cmocka_unit_test(what_can_be_written_is_written_whatever_was_waived),
        cmocka_unit_test(a_lost_ledger_key_does_not_keep_faces_forever),
        cmocka_unit_test(a_damaged_key_is_no_key_that_was_destroyed),
        cmocka_unit_test(a_waiver_comes_before_the_erasure_has_begun),
    };
    return cmocka_run_group_tests_name("waivers", tests, bed_start, bed_stop);
}

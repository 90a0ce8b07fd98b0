/* Alerts, and key files that nothing owns. */
#include "tests/integration/erasure/bed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANY 450

static void a_due_alert_goes_key_first_with_a_certificate(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment live = bed_live(bed, "alerts", 1);
    struct deployment other = bed_live(bed, "other-alerts", 1);
    struct ov_id first = bed_alert(bed, &live, 1);
    struct ov_id second = bed_alert(bed, &live, 2);
    struct ov_id fresh = bed_alert(bed, &other, 3);
    bed_make_alerts_due(bed, &live.id);
    bed_must(service_erase_due_alerts(&bed->service, &err), &err);
    assert_false(bed_key_is_there(bed, VAULT_ALERT, &first));
    assert_false(bed_key_is_there(bed, VAULT_ALERT, &second));
    assert_true(bed_key_is_there(bed, VAULT_ALERT, &fresh));
    assert_int_equal(
        bed_value(bed, "SELECT count(*) FROM overt.alert WHERE deployment_id = '{id}'", &live.id),
        0);
    assert_int_equal(bed_value(bed, "SELECT count(*) FROM overt.alert WHERE id = '{id}'", &fresh),
                     1);
    assert_int_equal(bed_events(bed, "erasure.certified", &live.id), 1);
    assert_int_equal(bed_value(bed,
                               "SELECT count(*) FROM audit.document WHERE convert_from(body, "
                               "'UTF8')::jsonb -> 'counts' ->> 'alerts' = '2' AND deployment_id = "
                               "'{id}'",
                               &live.id),
                     1);
    bed_must(service_erase_due_alerts(&bed->service, &err), &err);
    assert_int_equal(bed_events(bed, "erasure.certified", &live.id), 1);
}

static void an_alert_whose_key_went_in_a_crash_goes_too(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment live = bed_live(bed, "crashed", 1);
    struct ov_id alert = bed_alert(bed, &live, 1);
    bed_make_alerts_due(bed, &live.id);
    bed_must(vault_key_destroy(bed->vault, VAULT_ALERT, &alert, &err), &err);
    bed_must(service_erase_due_alerts(&bed->service, &err), &err);
    assert_int_equal(bed_value(bed, "SELECT count(*) FROM overt.alert WHERE id = '{id}'", &alert),
                     0);
}

static void many_alerts_go_in_batches(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment live = bed_live(bed, "many", 1);
    for (int64_t i = 1; i <= MANY; i++)
        (void)bed_alert(bed, &live, i);
    bed_make_alerts_due(bed, &live.id);
    bed_must(service_erase_due_alerts(&bed->service, &err), &err);
    assert_int_equal(
        bed_value(bed, "SELECT count(*) FROM overt.alert WHERE deployment_id = '{id}'", &live.id),
        0);
    assert_int_equal(bed_events(bed, "erasure.certified", &live.id), 3);
    assert_int_equal(
        bed_value(bed,
                  "SELECT sum((convert_from(body, 'UTF8')::jsonb -> 'counts' ->> "
                  "'alerts')::integer) FROM audit.document WHERE deployment_id = '{id}'",
                  &live.id),
        MANY);
}

static void an_alert_whose_key_stays_keeps_its_row_and_is_an_alarm(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment live = bed_live(bed, "stuck-alert", 1);
    struct ov_id alert = bed_alert(bed, &live, 1);
    char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s", bed_key_path(bed, VAULT_ALERT, &alert));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    bed_make_alerts_due(bed, &live.id);
    bed_refused(service_erase_due_alerts(&bed->service, &err), OV_ERR_IO, "vault.destroy", &err);
    assert_int_equal(bed_value(bed, "SELECT count(*) FROM overt.alert WHERE id = '{id}'", &alert),
                     1);
    assert_int_equal(bed_open_alarms(bed, "erasure.alerts_overdue"), 1);
    assert_int_equal(rmdir(path), 0);
    bed_must(service_erase_due_alerts(&bed->service, &err), &err);
    assert_int_equal(bed_open_alarms(bed, "erasure.alerts_overdue"), 0);
}

/* In force from a decision of two persons, as service/evidence makes it; for an hour. */
static void hold(struct bed *bed, const struct ov_id *alert)
{
    bed_as_admin(
        bed,
        "SET session_replication_role = replica; WITH held AS (INSERT INTO "
        "overt.evidence_hold (id, alert_id, deployment_id, kind, brought_by, sealed_number) "
        "SELECT gen_random_uuid(), id, deployment_id, 'complaint', 'subject', sealed_name "
        "FROM overt.alert WHERE id = '{id}' RETURNING id) INSERT INTO overt.evidence_term "
        "(id, hold_id, review_at, proposed_by, proposed_at, confirmed_by, confirmed_at) "
        "SELECT gen_random_uuid(), held.id, now() + interval '1 hour', p.id, now(), q.id, "
        "now() FROM held, overt.principal AS p, overt.principal AS q WHERE p.name = "
        "'officer' AND q.name = 'reviewer'",
        alert);
}

static void an_alert_held_as_evidence_stays_and_no_longer_than_it_is_held(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment live = bed_live(bed, "held", 1);
    struct ov_id held = bed_alert(bed, &live, 1);
    struct ov_id other = bed_alert(bed, &live, 2);
    bool erased = false;
    bed_make_alerts_due(bed, &live.id);
    hold(bed, &held);
    bed_must(service_erase_due_alerts(&bed->service, &err), &err);
    assert_true(bed_key_is_there(bed, VAULT_ALERT, &held));
    assert_false(bed_key_is_there(bed, VAULT_ALERT, &other));
    bed_must(store_begin(bed->store, &err), &err);
    bed_refused(store_alert_erase(bed->store, &held, &erased, &err), OV_ERR_STATE, "alert.not_due",
                &err);
    store_rollback(bed->store);
    /* Its review date passes without a renewal. */
    bed_as_admin(
        bed,
        "SET session_replication_role = replica; UPDATE overt.evidence_term SET proposed_at "
        "= now() - interval '2 hours', review_at = now() - interval '1 hour' WHERE hold_id "
        "= (SELECT id FROM overt.evidence_hold WHERE alert_id = '{id}')",
        &held);
    bed_must(service_erase_due_alerts(&bed->service, &err), &err);
    assert_false(bed_key_is_there(bed, VAULT_ALERT, &held));
    assert_int_equal(bed_value(bed, "SELECT count(*) FROM overt.alert WHERE id = '{id}'", &held),
                     0);
}

static void make_old(const char *path, int hours)
{
    struct timespec times[2];
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &times[0]), 0);
    times[0].tv_sec -= (time_t)hours * 3600;
    times[1] = times[0];
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void keys_that_nothing_owns_are_swept_after_a_safe_time(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct vault_key *key = NULL;
    struct ov_id young = ov_id_new();
    struct ov_id old = ov_id_new();
    struct deployment live = bed_live(bed, "owned", 1);
    struct ov_id alert = bed_alert(bed, &live, 1);
    bed_must(vault_key_create(bed->vault, VAULT_ALERT, &young, &key, &err), &err);
    vault_key_free(key);
    bed_must(vault_key_create(bed->vault, VAULT_ALERT, &old, &key, &err), &err);
    vault_key_free(key);
    make_old(bed_key_path(bed, VAULT_ALERT, &old), 25);
    make_old(bed_key_path(bed, VAULT_ALERT, &alert), 1000);
    make_old(bed_key_path(bed, VAULT_WATCHLIST, &live.id), 1000);
    bed_must(service_sweep_keys(&bed->service, &err), &err);
    assert_true(bed_key_is_there(bed, VAULT_ALERT, &young));
    assert_false(bed_key_is_there(bed, VAULT_ALERT, &old));
    assert_true(bed_key_is_there(bed, VAULT_ALERT, &alert));
    assert_true(bed_key_is_there(bed, VAULT_WATCHLIST, &live.id));
}

/* A second server's copy of the vault, or one that was put back from a backup. */
static void the_key_of_an_erased_list_goes_again_when_it_comes_back(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct vault_key *key = NULL;
    struct deployment due = bed_due(bed, "comes-back", 1);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    bed_must(vault_key_create(bed->vault, VAULT_WATCHLIST, &due.id, &key, &err), &err);
    vault_key_free(key);
    bed_must(service_sweep_keys(&bed->service, &err), &err);
    assert_false(bed_key_is_there(bed, VAULT_WATCHLIST, &due.id));
}

/* Between writing a key's file under another name and giving it its own, a crash leaves both. */
static void what_an_interrupted_write_left_is_swept_and_spares_the_key(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct vault_key *key = NULL;
    struct deployment live = bed_live(bed, "interrupted", 1);
    char path[PATH_MAX];
    char second[PATH_MAX + 8];
    char alone[PATH_MAX + 8];
    (void)snprintf(path, sizeof(path), "%s", bed_key_path(bed, VAULT_WATCHLIST, &live.id));
    (void)snprintf(second, sizeof(second), "%s.new-1", path);
    (void)snprintf(alone, sizeof(alone), "%s.new-2", path);
    assert_int_equal(link(path, second), 0);
    int fd = open(alone, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0 && write(fd, "key", 3) == 3 && close(fd) == 0);
    bed_must(service_sweep_keys(&bed->service, &err), &err);
    assert_int_equal(access(alone, F_OK), 0); /* young */
    make_old(alone, 25);
    make_old(second, 25);
    bed_must(service_sweep_keys(&bed->service, &err), &err);
    assert_int_not_equal(access(alone, F_OK), 0);
    assert_int_not_equal(access(second, F_OK), 0);
    bed_must(vault_key_load(bed->vault, VAULT_WATCHLIST, &live.id, &key, &err), &err);
    vault_key_free(key);
}

int run_alert_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_due_alert_goes_key_first_with_a_certificate),
        cmocka_unit_test(an_alert_whose_key_went_in_a_crash_goes_too),
        cmocka_unit_test(many_alerts_go_in_batches),
        cmocka_unit_test(an_alert_whose_key_stays_keeps_its_row_and_is_an_alarm),
        cmocka_unit_test(an_alert_held_as_evidence_stays_and_no_longer_than_it_is_held),
        cmocka_unit_test(keys_that_nothing_owns_are_swept_after_a_safe_time),
        cmocka_unit_test(the_key_of_an_erased_list_goes_again_when_it_comes_back),
        cmocka_unit_test(what_an_interrupted_write_left_is_swept_and_spares_the_key),
    };
    return cmocka_run_group_tests_name("alerts", tests, bed_start, bed_stop);
}

/* Bad days: whoever erases is killed at any moment, the database is down when something is due, a
 * backup is restored. */
#include "tests/integration/erasure/bed.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "server/service/erasure_check.h"

#define LISTS 6
#define ALERTS 8
#define KILLS 25

static long scaled(long count)
{
    const char *scale = getenv("OVERT_TEST_SCALE");
    long percent = scale != NULL ? strtol(scale, NULL, 10) : 100;
    return count * percent / 100 > 0 ? count * percent / 100 : 1;
}

/* What the keeper does, in a process of its own with its own connection and vault. */
static int erase_all(struct bed *bed)
{
    struct ov_error err = OV_ERROR_INIT;
    struct service service = bed->service;
    if (store_open(pg_conninfo(bed->pg, "server"), &service.store, &err) != OV_OK ||
        vault_open(bed->vault_dir, bed->installation_key, &service.vault, &err) != OV_OK)
        return 1;
    enum ov_status lists = service_erase_due_lists(&service, &err);
    enum ov_status alerts = service_erase_due_alerts(&service, &err);
    enum ov_status keys = service_sweep_keys(&service, &err);
    return lists == OV_OK && alerts == OV_OK && keys == OV_OK ? 0 : 1;
}

static void kill_after(struct bed *bed, long after_us)
{
    struct timespec wait = {after_us / 1000000, after_us % 1000000 * 1000};
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(erase_all(bed));
    (void)nanosleep(&wait, NULL);
    (void)kill(child, SIGKILL);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
}

/* Each step is there or is not; what comes later in the order is never there before. */
static void assert_never_half_and_called_done(struct bed *bed, const struct ov_id *id)
{
    bool key = bed_key_is_there(bed, VAULT_WATCHLIST, id);
    int64_t ledger =
        bed_value(bed, "SELECT count(*) FROM audit.membership WHERE deployment_id = '{id}'", id);
    int64_t images = bed_value(
        bed, "SELECT count(*) FROM audit.membership_image WHERE deployment_id = '{id}'", id);
    (void)bed_is_erased(bed, id);     /* fails by itself */
    assert_int_equal(images, ledger); /* of one transaction */
    assert_true(ledger == 0 || ledger == 2);
    if (!key)
        assert_int_equal(ledger, 2);
    assert_true(bed_value(bed,
                          "SELECT count(*) FROM audit.document WHERE convert_from(body, "
                          "'UTF8')::jsonb ->> 'class' = 'watchlist' AND kind = "
                          "'deletion_certificate' AND deployment_id = '{id}'",
                          id) <= 1);
}

static void assert_nothing_left(struct bed *bed)
{
    struct ov_error err = OV_ERROR_INIT;
    for (int part = 0; part < ERASURE_PARTS; part++) {
        struct erasure_looked looked = {0, 0};
        bed_must(service_erasure_check(&bed->service, &bed->officer, (enum erasure_part)part, NULL,
                                       NULL, &looked, &err),
                 &err);
        assert_int_equal(looked.leftovers, 0);
    }
}

static void killed_at_any_step_an_erasure_goes_on_and_is_never_called_done_before(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    long rounds = scaled(KILLS) / LISTS + 1;
    unsigned seed = 20261125;
    for (long round = 0; round < rounds; round++) {
        struct deployment lists[LISTS];
        for (int i = 0; i < LISTS; i++) {
            char name[32];
            (void)snprintf(name, sizeof(name), "kill-%ld-%d", round, i);
            lists[i] = bed_live(bed, name, 2);
            for (int64_t n = 1; n <= ALERTS; n++)
                (void)bed_alert(bed, &lists[i], n);
            bed_close(bed, &lists[i].id);
            bed_close_before(bed, &lists[i].id, 25);
            bed_make_alerts_due(bed, &lists[i].id);
        }
        for (int i = 0; i < LISTS; i++) {
            kill_after(bed, 15000 + rand_r(&seed) % 250000);
            for (int j = 0; j < LISTS; j++)
                assert_never_half_and_called_done(bed, &lists[j].id);
        }
        bed_must(service_erase_due_lists(&bed->service, &err), &err);
        bed_must(service_erase_due_alerts(&bed->service, &err), &err);
        for (int i = 0; i < LISTS; i++) {
            assert_true(bed_is_erased(bed, &lists[i].id));
            assert_int_equal(bed_events(bed, "erasure.begun", &lists[i].id), 1);
            assert_int_equal(
                bed_value(bed, "SELECT count(*) FROM overt.alert WHERE deployment_id = '{id}'",
                          &lists[i].id),
                0);
        }
        assert_nothing_left(bed);
    }
}

static void what_was_due_while_the_database_was_down_goes_when_it_is_back(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment due = bed_due(bed, "down", 2);
    pg_stop(bed->pg);
    assert_int_equal(service_erase_due_lists(&bed->service, &err), OV_ERR_UNAVAILABLE);
    ov_error_clear(&err);
    assert_true(bed_key_is_there(bed, VAULT_WATCHLIST, &due.id));
    pg_restart(bed->pg);
    bed_must(store_ensure(bed->store, &err), &err);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    assert_true(bed_is_erased(bed, &due.id));
}

int run_kill_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_at_any_step_an_erasure_goes_on_and_is_never_called_done_before),
        cmocka_unit_test(what_was_due_while_the_database_was_down_goes_when_it_is_back),
    };
    return cmocka_run_group_tests_name("kill", tests, bed_start, bed_stop);
}

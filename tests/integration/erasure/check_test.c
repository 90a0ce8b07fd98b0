/* The erasure check: each kind of leftover is planted, and seen. */
#include "tests/integration/erasure/bed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "server/service/erasure_check.h"

#define FOUND_MAX 16

struct found {
    struct {
        char code[32];
        struct ov_id id;
    } rows[FOUND_MAX];
    size_t count;
};

static enum ov_status on_leftover(void *ctx, const struct erasure_leftover *leftover)
{
    struct found *found = ctx;
    assert_true(found->count < FOUND_MAX);
    (void)snprintf(found->rows[found->count].code, sizeof(found->rows[0].code), "%s",
                   leftover->code);
    found->rows[found->count++].id = leftover->id;
    return OV_OK;
}

/* All parts one after the other; returns how many things were looked at. */
static int64_t look(struct bed *bed, struct found *found)
{
    struct ov_error err = OV_ERROR_INIT;
    int64_t things = 0;
    found->count = 0;
    for (int part = 0; part < ERASURE_PARTS; part++) {
        struct erasure_looked looked = {0, 0};
        size_t before = found->count;
        bed_must(service_erasure_check(&bed->service, &bed->officer, (enum erasure_part)part,
                                       on_leftover, found, &looked, &err),
                 &err);
        assert_int_equal(looked.leftovers, found->count - before);
        things += looked.things;
    }
    return things;
}

static void assert_only(struct bed *bed, const char *code, const struct ov_id *id)
{
    struct found found;
    (void)look(bed, &found);
    for (size_t i = 0; i < found.count; i++) {
        if (strcmp(found.rows[i].code, code) != 0)
            fail_msg("found %s besides %s", found.rows[i].code, code);
        if (id != NULL)
            assert_true(ov_id_equal(&found.rows[i].id, id));
    }
    if (found.count == 0)
        fail_msg("%s is not seen", code);
}

static void assert_clean(struct bed *bed)
{
    struct found found;
    (void)look(bed, &found);
    if (found.count > 0)
        fail_msg("found %s", found.rows[0].code);
}

static void make_old(const char *path, int hours)
{
    struct timespec times[2];
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &times[0]), 0);
    times[0].tv_sec -= (time_t)hours * 3600;
    times[1] = times[0];
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void what_is_in_use_or_erased_is_no_leftover(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct found found;
    struct deployment live = bed_live(bed, "in-use", 2);
    (void)bed_alert(bed, &live, 1);
    struct deployment due = bed_due(bed, "gone", 2);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    assert_true(bed_is_erased(bed, &due.id));
    int64_t tables = pg_value(bed->pg, "admin",
                              "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname <> "
                              "'tally' AND relnamespace = "
                              "'watchlist'::regnamespace");
    assert_true(tables >= 2);
    /* 2 deployments, the tables of the live one, 1 alert, 2 keys, the vault's folder and the 3
     * things in it, 1 ledger */
    assert_int_equal(look(bed, &found), tables + 10);
    assert_int_equal(found.count, 0);
}

static void only_who_may_is_told(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct found found = {.count = 0};
    struct erasure_looked looked;
    bed_refused(service_erasure_check(&bed->service, &bed->stranger, ERASURE_PART_KEYS, on_leftover,
                                      &found, &looked, &err),
                OV_ERR_DENIED, "permission.denied", &err);
}

static void a_list_past_its_time_is_seen(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment due = bed_due(bed, "late", 1);
    assert_only(bed, "list.overdue", &due.id);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    assert_clean(bed);
}

static void a_table_of_an_erased_list_is_seen(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment due = bed_due(bed, "table", 1);
    char sql[256];
    char text[OV_ID_TEXT_SIZE];
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    (void)snprintf(sql, sizeof(sql), "SELECT 'entry_' || replace('%s', '-', '')",
                   ov_id_format(&due.id, text));
    char table[64];
    pg_text(bed->pg, "admin", sql, table, sizeof(table));
    (void)snprintf(sql, sizeof(sql), "CREATE TABLE watchlist.%s (x bytea)", table);
    pg_sql(bed->pg, "admin", sql);
    assert_only(bed, "list.tables_left", &due.id);
    (void)snprintf(sql, sizeof(sql), "DROP TABLE watchlist.%s", table);
    pg_sql(bed->pg, "admin", sql);
    /* A copy that somebody made. */
    pg_sql(bed->pg, "admin", "CREATE TABLE watchlist.copy AS SELECT * FROM watchlist.entry");
    assert_only(bed, "list.tables_left", NULL);
    pg_sql(bed->pg, "admin", "DROP TABLE watchlist.copy");
    assert_clean(bed);
}

static void an_erased_deployment_without_its_certificate_is_seen(void **state)
{
    struct bed *bed = *state;
    struct deployment due = bed_due(bed, "no-certificate", 1);
    struct ov_error err = OV_ERROR_INIT;
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    bed_as_admin(
        bed,
        "SET session_replication_role = replica; UPDATE overt.list_erasure SET certified_at "
        "= NULL, certificate = NULL WHERE deployment_id = '{id}'",
        &due.id);
    assert_only(bed, "list.not_certified", &due.id);
    bed_as_admin(
        bed,
        "SET session_replication_role = replica; UPDATE overt.list_erasure SET certified_at "
        "= now(), certificate = sha256('x') WHERE deployment_id = '{id}'",
        &due.id);
    assert_clean(bed);
}

static void rows_that_nothing_can_open_are_seen(void **state)
{
    struct bed *bed = *state;
    struct deployment live = bed_live(bed, "no-key", 1);
    struct ov_id alert = bed_alert(bed, &live, 1);
    char path[PATH_MAX];
    char aside[128];
    (void)snprintf(aside, sizeof(aside), "%s/aside", bed->dir);
    (void)snprintf(path, sizeof(path), "%s", bed_key_path(bed, VAULT_WATCHLIST, &live.id));
    assert_int_equal(rename(path, aside), 0);
    assert_only(bed, "list.key_gone", &live.id);
    assert_int_equal(rename(aside, path), 0);
    (void)snprintf(path, sizeof(path), "%s", bed_key_path(bed, VAULT_ALERT, &alert));
    assert_int_equal(rename(path, aside), 0);
    assert_only(bed, "alert.key_gone", &alert);
    assert_int_equal(rename(aside, path), 0);
    assert_clean(bed);
}

static void an_alert_past_its_time_is_seen(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment live = bed_live(bed, "late-alert", 1);
    struct ov_id alert = bed_alert(bed, &live, 1);
    bed_make_alerts_due(bed, &live.id);
    assert_only(bed, "alert.overdue", &alert);
    bed_must(service_erase_due_alerts(&bed->service, &err), &err);
    assert_clean(bed);
}

static void keys_that_should_be_gone_are_seen(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct vault_key *key = NULL;
    struct deployment due = bed_due(bed, "key-back", 1);
    struct ov_id nobody = ov_id_new();
    char path[PATH_MAX];
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    bed_must(vault_key_create(bed->vault, VAULT_WATCHLIST, &due.id, &key, &err), &err);
    vault_key_free(key);
    assert_only(bed, "key.past", &due.id);
    bed_must(vault_key_destroy(bed->vault, VAULT_WATCHLIST, &due.id, &err), &err);

    bed_must(vault_key_create(bed->vault, VAULT_ALERT, &nobody, &key, &err), &err);
    vault_key_free(key);
    assert_clean(bed); /* it may be about to be owned */
    make_old(bed_key_path(bed, VAULT_ALERT, &nobody), 30);
    assert_only(bed, "key.without_owner", &nobody);
    bed_must(vault_key_destroy(bed->vault, VAULT_ALERT, &nobody, &err), &err);

    (void)snprintf(path, sizeof(path), "%s.bak", bed_key_path(bed, VAULT_ALERT, &nobody));
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0 && write(fd, "key", 3) == 3 && close(fd) == 0);
    make_old(path, 30);
    assert_only(bed, "key.strange", NULL);
    bed_must(service_sweep_keys(&bed->service, &err), &err);
    assert_clean(bed);
}

static void put_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0 && write(fd, "key", 3) == 3 && close(fd) == 0);
}

static void whatever_else_lies_in_the_vault_is_seen(void **state)
{
    struct bed *bed = *state;
    static const char *const at_once[] = {"copy.key", "watchlist.tar", "check.new", "alert/notes",
                                          "watchlist/copy.key"};
    char path[PATH_MAX];
    char unique[OV_ID_TEXT_SIZE];
    struct ov_id id = ov_id_new();
    for (size_t i = 0; i < sizeof(at_once) / sizeof(at_once[0]); i++) {
        bool is_inside = strchr(at_once[i], '/') != NULL;
        (void)snprintf(path, sizeof(path), "%s/%s", bed->vault_dir, at_once[i]);
        put_file(path);
        assert_only(bed, is_inside ? "key.strange" : "vault.strange", NULL);
        assert_int_equal(unlink(path), 0);
    }
    (void)snprintf(path, sizeof(path), "%s/older", bed->vault_dir);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_only(bed, "vault.strange", NULL);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(symlink("check", path), 0);
    assert_only(bed, "vault.strange", NULL);
    assert_int_equal(unlink(path), 0);
    /* What may be a write of ours is given its time. */
    (void)snprintf(path, sizeof(path), "%s/check.new-%s", bed->vault_dir,
                   ov_id_format(&id, unique));
    put_file(path);
    assert_clean(bed);
    make_old(path, 1);
    assert_only(bed, "vault.strange", NULL);
    assert_int_equal(unlink(path), 0);
    (void)snprintf(path, sizeof(path), "%s/alert/%s.key.new-%s", bed->vault_dir, unique, unique);
    put_file(path);
    assert_clean(bed);
    make_old(path, 30);
    assert_only(bed, "key.strange", NULL);
    assert_int_equal(unlink(path), 0);
    assert_clean(bed);
}

static void what_others_may_read_in_the_vault_is_seen(void **state)
{
    struct bed *bed = *state;
    static const char *const places[] = {".", "check", "watchlist", "alert"};
    struct deployment live = bed_live(bed, "open-to-others", 1);
    char path[PATH_MAX];
    struct stat info;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", bed->vault_dir, places[i]);
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(chmod(path, info.st_mode | S_IRGRP), 0);
        assert_only(bed, "vault.mode", NULL);
        assert_int_equal(chmod(path, info.st_mode & 07777), 0);
    }
    assert_int_equal(chmod(bed_key_path(bed, VAULT_WATCHLIST, &live.id), 0604), 0);
    assert_only(bed, "vault.mode", &live.id);
    assert_int_equal(chmod(bed_key_path(bed, VAULT_WATCHLIST, &live.id), 0600), 0);
    assert_clean(bed);
}

static void a_ledger_that_misses_subjects_is_seen(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment due = bed_due(bed, "ledger", 2);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    assert_clean(bed);
    pg_sql(bed->pg, "admin", "ALTER TABLE audit.membership DISABLE TRIGGER ALL");
    bed_as_admin(
        bed,
        "DELETE FROM audit.membership WHERE ctid = (SELECT min(ctid) FROM audit.membership "
        "WHERE deployment_id = '{id}')",
        &due.id);
    assert_only(bed, "ledger.missing", &due.id);
}

static void a_ledger_with_other_images_than_were_written_is_seen(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct deployment due = bed_due(bed, "pictures", 2);
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    assert_clean(bed);
    pg_sql(bed->pg, "admin", "ALTER TABLE audit.membership_image DISABLE TRIGGER ALL");
    bed_as_admin(bed, "INSERT INTO audit.membership_image VALUES ('{id}', sha256('x'))", &due.id);
    assert_only(bed, "ledger.missing", &due.id);
    bed_as_admin(bed, "DELETE FROM audit.membership_image WHERE digest = sha256('x')", &due.id);
    assert_clean(bed);
}

int run_check_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_in_use_or_erased_is_no_leftover),
        cmocka_unit_test(only_who_may_is_told),
        cmocka_unit_test(a_list_past_its_time_is_seen),
        cmocka_unit_test(a_table_of_an_erased_list_is_seen),
        cmocka_unit_test(an_erased_deployment_without_its_certificate_is_seen),
        cmocka_unit_test(rows_that_nothing_can_open_are_seen),
        cmocka_unit_test(an_alert_past_its_time_is_seen),
        cmocka_unit_test(keys_that_should_be_gone_are_seen),
        cmocka_unit_test(a_ledger_with_other_images_than_were_written_is_seen),
        cmocka_unit_test(whatever_else_lies_in_the_vault_is_seen),
        cmocka_unit_test(what_others_may_read_in_the_vault_is_seen),
        cmocka_unit_test(a_ledger_that_misses_subjects_is_seen),
    };
    return cmocka_run_group_tests_name("check", tests, bed_start, bed_stop);
}

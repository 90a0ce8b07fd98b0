/* A base backup with its WAL from before the erasure brings the rows back, and nothing opens them.
 */
#include "tests/integration/erasure/bed.h"

#include <stdlib.h>

#include "server/store/ledger.h"

struct opening {
    struct bed *bed;
    struct store *store; /* of the restored cluster */
    struct vault_key *key;
    int rows;
    int opened;
};

static enum ov_status try_row(void *ctx, const struct entry_reference *row)
{
    struct opening *opening = ctx;
    struct ov_error err = OV_ERROR_INIT;
    struct ov_secret reference = OV_SECRET_INIT;
    opening->rows++;
    if (vault_unseal(opening->key, "entry.reference", &row->entry_id, row->sealed_reference.data,
                     row->sealed_reference.size, &reference, &err) == OV_OK)
        opening->opened++;
    ov_secret_free(&reference);
    return OV_OK;
}

struct all_keys {
    struct opening *opening;
    enum vault_class class_id;
    const struct ov_id *deployment_id;
    int keys;
};

static enum ov_status try_key(void *ctx, const struct vault_file *file)
{
    struct all_keys *all = ctx;
    struct opening *opening = all->opening;
    struct ov_error err = OV_ERROR_INIT;
    if (!file->is_key)
        return OV_OK;
    bed_must(vault_key_load(opening->bed->vault, all->class_id, &file->owner, &opening->key, &err),
             &err);
    bed_must(store_entry_each_reference(opening->store, all->deployment_id, try_row, opening, &err),
             &err);
    vault_key_free(opening->key);
    all->keys++;
    return OV_OK;
}

/* The list's rows in the restored database, with every key that today's vault has. */
static struct opening open_with_all(struct bed *bed, struct store *restored,
                                    const struct ov_id *deployment_id)
{
    struct ov_error err = OV_ERROR_INIT;
    struct opening opening = {.bed = bed, .store = restored};
    struct all_keys all = {.opening = &opening, .deployment_id = deployment_id};
    static const enum vault_class classes[] = {VAULT_WATCHLIST, VAULT_ALERT};
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        all.class_id = classes[i];
        bed_must(vault_each_file(bed->vault, classes[i], try_key, &all, &err), &err);
    }
    assert_true(all.keys >= 2 && opening.rows > 0);
    return opening;
}

static void make_due(struct bed *bed, const struct ov_id *id)
{
    bed_close(bed, id);
    bed_close_before(bed, id, 25);
    bed_make_alerts_due(bed, id);
}

static void a_backup_from_before_the_erasure_opens_nothing(void **state)
{
    struct bed *bed = *state;
    struct ov_error err = OV_ERROR_INIT;
    struct vault_key *key = NULL;
    struct store *restored = NULL;
    pg_archive(bed->pg);
    bed_must(store_ensure(bed->store, &err), &err);
    struct deployment kept = bed_live(bed, "kept", 2);
    struct ov_id kept_alert = bed_alert(bed, &kept, 1);
    struct deployment early = bed_live(bed, "in-backup", 3);
    struct ov_id alert = bed_alert(bed, &early, 1);
    struct pg *copy = pg_backup(bed->pg);
    struct deployment late = bed_live(bed, "in-wal-only", 3);
    make_due(bed, &early.id);
    make_due(bed, &late.id);
    pg_mark(bed->pg, "before");
    bed_must(service_erase_due_lists(&bed->service, &err), &err);
    bed_must(service_erase_due_alerts(&bed->service, &err), &err);
    assert_true(bed_is_erased(bed, &early.id));
    assert_true(bed_is_erased(bed, &late.id));

    pg_restore(copy, bed->pg, "before");
    bed_must(store_open(pg_conninfo(copy, "server"), &restored, &err), &err);
    /* What was not erased opens: the restore and this test do work. */
    assert_int_equal(open_with_all(bed, restored, &kept.id).opened, 2);
    assert_true(bed_key_is_there(bed, VAULT_ALERT, &kept_alert));
    /* The rows of the erased are back, from the backup as from the log. Nothing opens them. */
    assert_int_equal(open_with_all(bed, restored, &early.id).opened, 0);
    assert_int_equal(open_with_all(bed, restored, &late.id).opened, 0);
    assert_int_equal(pg_value(copy, "admin", "SELECT count(*) FROM overt.alert"), 2);
    bed_refused(vault_key_load(bed->vault, VAULT_WATCHLIST, &early.id, &key, &err),
                OV_ERR_NOT_FOUND, "vault.key_gone", &err);
    bed_refused(vault_key_load(bed->vault, VAULT_ALERT, &alert, &key, &err), OV_ERR_NOT_FOUND,
                "vault.key_gone", &err);
    store_close(restored);
    /* The ledger and the audit answer. */
    assert_int_equal(pg_value(bed->pg, "oversight", "SELECT count(*) FROM audit.membership"), 6);
    assert_int_equal(bed_events(bed, "erasure.certified", &early.id), 2);
    assert_int_equal(bed_events(bed, "erasure.certified", &late.id), 1);
    pg_free(copy);
}

int run_restore_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_backup_from_before_the_erasure_opens_nothing),
    };
    return cmocka_run_group_tests_name("restore", tests, bed_start, bed_stop);
}

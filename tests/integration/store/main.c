/* The store against a real PostgreSQL. */
#include "tests/integration/store/fixture.h"

#include "server/audit/document.h"
#include "server/store/erasures.h"

int64_t now_us(void)
{
    return ov_clock_utc_us(ov_clock_system());
}

void assert_fine(enum ov_status status, struct ov_error *err)
{
    if (status != OV_OK)
        fail_msg("%s: %s (%s), from %s:%d", ov_status_name(status), err->code, err->text, err->file,
                 err->line);
    ov_error_clear(err);
}

void assert_refused(enum ov_status status, enum ov_status wanted, const char *code,
                    struct ov_error *err)
{
    if (status != wanted || strcmp(err->code, code) != 0)
        fail_msg("got %s \"%s\" (%s), not %s \"%s\"", ov_status_name(status), err->code, err->text,
                 ov_status_name(wanted), code);
    assert_int_equal(err->status, wanted);
    assert_true(strlen(err->text) > 10);
    ov_error_clear(err);
}

enum ov_status fixture_destroy_list_key(struct fixture *f, const struct ov_id *deployment_id,
                                        struct ov_error *err)
{
    enum ov_status status = store_erasure_begin(f->store, deployment_id, &f->officer, err);
    if (status == OV_OK)
        status = store_erasure_without_ledger(f->store, deployment_id, ERASURE_LEDGER_WAIVED, err);
    if (status == OV_OK)
        status = store_erasure_key_destroyed(f->store, deployment_id, 1, err);
    return status;
}

void fixture_erase_list(struct fixture *f, const struct ov_id *deployment_id)
{
    struct ov_error err = OV_ERROR_INIT;
    uint8_t digest[OV_DIGEST_BYTES];
    assert_fine(fixture_destroy_list_key(f, deployment_id, &err), &err);
    assert_fine(store_watchlist_erase(f->store, deployment_id, &err), &err);
    struct audit_document *document = audit_document_new("deletion_certificate", deployment_id);
    assert_fine(audit_document_write(f->store, document, digest, &err), &err);
    assert_fine(store_erasure_certified(f->store, deployment_id, digest, &err), &err);
}

int fixture_start(void **state)
{
    static struct fixture fixture;
    struct ov_error err = OV_ERROR_INIT;
    memset(&fixture, 0, sizeof(fixture));
    fixture.pg = pg_new(NULL);
    assert_fine(store_open(pg_conninfo(fixture.pg, "server"), &fixture.store, &err), &err);
    fixture.applicant = pg_seed_person(fixture.store, "applicant", ROLE_APPLICANT);
    fixture.officer = pg_seed_person(fixture.store, "officer", ROLE_AUTHORISING_OFFICER);
    fixture.manager = pg_seed_person(fixture.store, "manager", ROLE_WATCHLIST_MANAGER);
    fixture.reviewer = pg_seed_person(fixture.store, "reviewer", ROLE_WATCHLIST_MANAGER);
    fixture.site = pg_seed_site(fixture.store, "north-gate");
    *state = &fixture;
    return 0;
}

int fixture_stop(void **state)
{
    struct fixture *fixture = *state;
    store_close(fixture->store);
    pg_free(fixture->pg);
    return 0;
}

int main(void)
{
    int failed = 0;
    failed += run_people_tests();
    failed += run_people_decision_tests();
    failed += run_membership_tests();
    failed += run_alarm_tests();
    failed += run_deployment_tests();
    failed += run_watchlist_tests();
    failed += run_approval_tests();
    failed += run_alert_tests();
    failed += run_rights_tests();
    failed += run_policy_tests();
    failed += run_live_tests();
    failed += run_connection_tests();
    failed += run_document_tests();
    failed += run_erasure_tests();
    return failed;
}

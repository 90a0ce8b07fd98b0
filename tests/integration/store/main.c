/* The store against a real PostgreSQL. */
#include "tests/integration/store/fixture.h"

#include "server/audit/document.h"
#include "server/store/erasures.h"
#include "server/store/ledger.h"

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

/* What a ledger could hold: the id twice, which nobody else has. */
struct made {
    uint8_t bytes[64 * MEMBERSHIP_PSEUDONYM_BYTES];
    size_t count;
};

static void make(struct made *made, const struct ov_id *id)
{
    uint8_t *at = made->bytes + made->count++ * MEMBERSHIP_PSEUDONYM_BYTES;
    assert_true(made->count <= 64);
    memcpy(at, id->bytes, OV_ID_BYTES);
    memcpy(at + OV_ID_BYTES, id->bytes, OV_ID_BYTES);
}

static enum ov_status on_subject(void *ctx, const struct entry_reference *row)
{
    make(ctx, &row->entry_id);
    return OV_OK;
}

static enum ov_status on_image(void *ctx, const struct listed_image *row)
{
    if (!ov_id_is_zero(&row->image_id))
        make(ctx, &row->image_id);
    return OV_OK;
}

static struct store_bytes bytes_of(const struct made *made)
{
    return (struct store_bytes){made->bytes, made->count * MEMBERSHIP_PSEUDONYM_BYTES};
}

static enum ov_status write_ledger(struct fixture *f, const struct ov_id *deployment_id,
                                   struct ov_error *err)
{
    struct made subjects = {.count = 0};
    struct made images = {.count = 0};
    int64_t written = 0;
    enum ov_status status =
        store_entry_each_reference(f->store, deployment_id, on_subject, &subjects, err);
    if (status == OV_OK)
        status = store_listed_image_each(f->store, deployment_id, on_image, &images, err);
    if (status == OV_OK)
        status = store_erasure_write_ledger(f->store, deployment_id, bytes_of(&subjects), 0,
                                            &written, err);
    if (status == OV_OK)
        status = store_erasure_write_images(f->store, deployment_id, bytes_of(&images), 0, err);
    return status;
}

enum ov_status fixture_destroy_list_key(struct fixture *f, const struct ov_id *deployment_id,
                                        struct ov_error *err)
{
    enum ov_status status = store_erasure_begin(f->store, deployment_id, &f->officer, err);
    if (status == OV_OK)
        status = write_ledger(f, deployment_id, err);
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

struct settings_change fixture_change(struct fixture *f, const struct deployment *row,
                                      const struct ov_id *by)
{
    struct ov_error err = OV_ERROR_INIT;
    struct settings_change change = {
        .id = ov_id_new(), .proposed_by = *by, .proposed_at_us = now_us()};
    memcpy(change.base_digest, row->settings_digest, OV_DIGEST_BYTES);
    assert_fine(store_begin(f->store, &err), &err);
    pg_seed_document(f->store, "settings", &row->id, change.settings_digest);
    pg_seed_document(f->store, "settings_reason", &row->id, change.reason_digest);
    pg_seed_event(f->store);
    assert_fine(store_commit(f->store, &err), &err);
    return change;
}

struct operating_settings fixture_settings(const struct deployment *row)
{
    struct operating_settings settings = {.threshold = row->threshold,
                                          .cool_down_s = row->cool_down_s,
                                          .min_face_px = row->min_face_px,
                                          .gate = row->gate};
    return settings;
}

struct deployment fixture_with_camera(struct fixture *f, const char *name, const char *camera,
                                      enum deployment_kind kind)
{
    struct ov_error err = OV_ERROR_INIT;
    struct deployment row = pg_seed_deployment(f->store, name, &f->applicant, &f->site);
    struct deployment_camera named = {.site_id = f->site.id};
    (void)snprintf(named.camera, sizeof(named.camera), "%s", camera);
    row.id = ov_id_new();
    row.kind = kind;
    (void)snprintf(row.name, sizeof(row.name), "%.100s with camera", name);
    assert_fine(store_begin(f->store, &err), &err);
    pg_seed_document(f->store, "application", &row.id, row.application_digest);
    pg_seed_document(f->store, "settings", &row.id, row.settings_digest);
    assert_fine(store_deployment_add(f->store, &row, &named, 1, &err), &err);
    assert_fine(store_deployment_apply(f->store, &row.id, &row.applied_by, row.policy_version,
                                       now_us(), &err),
                &err);
    pg_seed_event(f->store);
    assert_fine(store_commit(f->store, &err), &err);
    act(f->store, pg_authorise(f->store, &row.id, &f->officer, now_us(), &act_err));
    return row;
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
    failed += run_guard_tests();
    failed += run_authority_tests();
    failed += run_zone_tests();
    failed += run_approver_tests();
    failed += run_connection_tests();
    failed += run_document_tests();
    failed += run_erasure_tests();
    failed += run_waiver_tests();
    return failed;
}

/* Who authorises, until when, and what going live takes: held by the database whatever its server
 * does. Each attack is the server's role's, and each has a twin that is in order. */
#include "tests/integration/store/fixture.h"

static struct ov_id higher;

static int start(void **state)
{
    int failed = fixture_start(state);
    struct fixture *f = *state;
    higher = pg_seed_person(f->store, "higher", ROLE_HIGHER_AUTHORITY);
    return failed;
}

#define WRITTEN                                                                                    \
    "UPDATE overt.deployment SET authority = 'written', authorised_by = '%s', authorised_at = "    \
    "now(), authorisation_digest = '\\x%s'%s WHERE id = '%s'"

static struct deployment_oral oral_by(struct fixture *f, const struct deployment *row,
                                      const struct ov_id *by, const struct ov_id *recorder)
{
    struct ov_error err = OV_ERROR_INIT;
    int64_t now = now_us();
    struct deployment_oral oral = {.by = *by,
                                   .recorded_by = *recorder,
                                   .at_us = now,
                                   .written_due_at_us = now + 3600 * OV_US_PER_S};
    assert_fine(store_begin(f->store, &err), &err);
    pg_seed_document(f->store, "oral_authorisation", &row->id, oral.digest);
    pg_seed_event(f->store);
    assert_fine(store_commit(f->store, &err), &err);
    return oral;
}

static void who_recorded_an_oral_authorisation_does_not_write_it(void **state)
{
    struct fixture *f = *state;
    struct deployment row = pg_seed_deployment(f->store, "recorder", &f->applicant, &f->site);
    struct ov_id both =
        pg_seed_person(f->store, "both", ROLE_DEPLOYMENT_LEAD | ROLE_AUTHORISING_OFFICER);
    struct deployment_oral oral = oral_by(f, &row, &f->officer, &both);
    act(f->store, store_deployment_oral(f->store, &row.id, &oral, &act_err));
    struct digest_text reasons = fixture_document(f, "authorisation", &row.id);
    server_refused(f, "deployment_recorder", WRITTEN, id_text(&both).text, reasons.text, "",
                   id_text(&row.id).text);
    /* Nor with another recorder in the same breath. */
    server_refused(f, "deployment_fixed", WRITTEN, id_text(&both).text, reasons.text,
                   ", recorded_by = oral_by", id_text(&row.id).text);
    server_allowed(f, WRITTEN, id_text(&f->officer).text, reasons.text, "", id_text(&row.id).text);
    server_allowed(f, WRITTEN, id_text(&higher).text, reasons.text, "", id_text(&row.id).text);
}

/* Applied for, with this flag. */
static struct deployment flagged(struct fixture *f, const char *name, const char *flag)
{
    struct deployment row = pg_seed_deployment(f->store, name, &f->applicant, &f->site);
    row.id = ov_id_new();
    (void)snprintf(row.name, sizeof(row.name), "%.80s, flagged", name);
    row.flag_count = 1;
    (void)snprintf(row.flags[0], sizeof(row.flags[0]), "%s", flag);
    act(f->store, pg_add_application(f->store, &row, &act_err));
    return row;
}

static void what_is_flagged_takes_the_higher_authority(void **state)
{
    static const char *const flags[] = {"protest_or_assembly", "worship", "health", "school",
                                        "journalism"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        struct deployment row = flagged(f, flags[i], flags[i]);
        struct digest_text reasons = fixture_document(f, "authorisation", &row.id);
        server_refused(f, "deployment_higher_authority", WRITTEN, id_text(&f->officer).text,
                       reasons.text, ", state = 'authorised', state_at = now()",
                       id_text(&row.id).text);
        server_refused(f, "deployment_fixed", WRITTEN, id_text(&f->officer).text, reasons.text,
                       ", flags = '{}', state = 'authorised', state_at = now()",
                       id_text(&row.id).text);
        server_allowed(f, WRITTEN, id_text(&higher).text, reasons.text,
                       ", state = 'authorised', state_at = now()", id_text(&row.id).text);
    }
}

static void the_word_of_an_officer_is_not_enough_for_what_is_flagged(void **state)
{
    struct fixture *f = *state;
    struct deployment row = flagged(f, "word", "worship");
    struct ov_id lead = pg_seed_person(f->store, "lead", ROLE_DEPLOYMENT_LEAD);
    struct deployment_oral oral = oral_by(f, &row, &f->officer, &lead);
    refused_act(f->store, store_deployment_oral(f->store, &row.id, &oral, &act_err), OV_ERR_DENIED,
                "policy.higher_authority");
    oral.by = higher;
    act(f->store, store_deployment_oral(f->store, &row.id, &oral, &act_err));
    /* What the higher authority said, an officer does not write. */
    struct digest_text reasons = fixture_document(f, "authorisation", &row.id);
    server_refused(f, "deployment_higher_authority", WRITTEN, id_text(&f->officer).text,
                   reasons.text, "", id_text(&row.id).text);
    server_allowed(f, WRITTEN, id_text(&higher).text, reasons.text, "", id_text(&row.id).text);
}

/* --- the written authorisation is due -----------------------------------------------------------
 */

#define ALERT                                                                                      \
    "INSERT INTO overt.alert (id, deployment_id, entry_id, site_id, run_id, sequence, camera, "    \
    "track, captured_at, received_at, raised_at, score, threshold, category, response) VALUES "    \
    "(gen_random_uuid(), '%s', '%s', '%s', gen_random_uuid(), 1, 'cam-1', 1, now(), %s, now(), "   \
    "0.7, 0.5, 'wanted', 'speak_to')"

static void alert_refused(struct fixture *f, const struct deployment *row,
                          const struct ov_id *entry, const char *received)
{
    server_refused(f, "alert_urgent_lapsed", ALERT, id_text(&row->id).text, id_text(entry).text,
                   id_text(&f->site.id).text, received);
}

static void alert_allowed(struct fixture *f, const struct deployment *row,
                          const struct ov_id *entry, const char *received)
{
    server_allowed(f, ALERT, id_text(&row->id).text, id_text(entry).text, id_text(&f->site.id).text,
                   received);
}

static void without_its_writing_an_oral_authorisation_raises_no_alert(void **state)
{
    struct fixture *f = *state;
    struct deployment row = pg_seed_deployment(f->store, "due", &f->applicant, &f->site);
    struct ov_id entry = pg_seed_entry(f->store, &row, &f->manager, NULL);
    struct ov_id lead = pg_seed_person(f->store, "second-lead", ROLE_DEPLOYMENT_LEAD);
    struct deployment_oral oral = oral_by(f, &row, &f->officer, &lead);
    uint8_t reasons[OV_DIGEST_BYTES];
    pg_seed_approve(f->store, &row, &entry, &f->reviewer);
    act(f->store, store_deployment_oral(f->store, &row.id, &oral, &act_err));
    act(f->store, pg_go_live(f->store, &row.id, &f->reviewer, now_us(), &act_err));
    alert_allowed(f, &row, &entry, "now()");
    alert_refused(f, &row, &entry, "now() + interval '61 minutes'");
    past_triggers(f, "UPDATE overt.deployment SET written_due_at = now() - interval '1 s' "
                     "WHERE name = 'due'");
    alert_refused(f, &row, &entry, "now()");
    /* A server that dates its probes back gains nothing. */
    past_triggers(f, "UPDATE overt.deployment SET went_live_at = now() - interval '5 minutes' "
                     "WHERE name = 'due'");
    alert_refused(f, &row, &entry, "now() - interval '1 minute'");
    past_triggers(f, "UPDATE overt.deployment SET written_due_at = now() + interval '1 hour' "
                     "WHERE name = 'due'");
    struct ov_error err = OV_ERROR_INIT;
    assert_fine(store_begin(f->store, &err), &err);
    pg_seed_document(f->store, "authorisation", &row.id, reasons);
    assert_fine(store_deployment_confirm(f->store, &row.id, &f->officer, reasons, now_us(), &err),
                &err);
    pg_seed_event(f->store);
    assert_fine(store_commit(f->store, &err), &err);
    past_triggers(f, "UPDATE overt.deployment SET written_due_at = now() - interval '1 s' "
                     "WHERE name = 'due'");
    alert_allowed(f, &row, &entry, "now()");
}

/* --- going live ---------------------------------------------------------------------------------
 */

#define GO_LIVE                                                                                    \
    "UPDATE overt.deployment SET state = 'live', state_at = now(), went_live_at = now() WHERE id " \
    "= '%s'"
#define REVIEW                                                                                     \
    "INSERT INTO overt.watchlist_review (id, deployment_id, reviewed_by, reviewed_at, "            \
    "gallery_version, approved, added, removed, expired, relisted) VALUES (gen_random_uuid(), "    \
    "'%s', '%s', %s, 0, 0, 0, 0, 0, 0); "
#define APPROVE                                                                                    \
    "UPDATE watchlist.entry SET state = 'approved', approved_by = '%s', approved_at = %s WHERE "   \
    "deployment_id = '%s' AND id = '%s'; "

/* Authorised, with an adjudicator and an engagement officer on duty. */
static struct deployment attended(struct fixture *f, const char *name, const struct site *site)
{
    struct deployment row = pg_seed_deployment(f->store, name, &f->applicant, site);
    act(f->store, pg_authorise(f->store, &row.id, &f->officer, now_us(), &act_err));
    act(f->store, pg_attend(f->store, &row.id, now_us(), &act_err));
    return row;
}

static void a_list_nobody_reviewed_does_not_go_live(void **state)
{
    struct fixture *f = *state;
    struct deployment row = attended(f, "unreviewed", &f->site);
    struct id_text id = id_text(&row.id);
    struct id_text reviewer = id_text(&f->reviewer);
    server_refused(f, "watchlist_not_reviewed", GO_LIVE, id.text);
    server_refused(f, "role_required", REVIEW, id.text, id_text(&f->applicant).text, "now()");
    server_allowed(f, REVIEW GO_LIVE, id.text, reviewer.text, "now()", id.text);
    act(f->store, pg_review(f->store, &row.id, &f->reviewer, &act_err));
    past_triggers(f,
                  "UPDATE overt.watchlist_review SET reviewed_at = now() - interval '25 hours' "
                  "WHERE deployment_id = '%s'",
                  id.text);
    server_refused(f, "watchlist_not_reviewed", GO_LIVE, id.text);
    server_allowed(f, REVIEW GO_LIVE, id.text, reviewer.text, "now()", id.text);
}

static void what_is_approved_after_the_review_does_not_go_live(void **state)
{
    struct fixture *f = *state;
    struct deployment row = attended(f, "reviewed", &f->site);
    struct id_text id = id_text(&row.id);
    struct id_text reviewer = id_text(&f->reviewer);
    struct ov_id entry_id = pg_seed_entry(f->store, &row, &f->manager, NULL);
    struct id_text entry = id_text(&entry_id);
    pg_seed_open(f->store, &row, &entry_id, &f->reviewer);
    server_allowed(f, APPROVE REVIEW GO_LIVE, reviewer.text, "now()", id.text, entry.text, id.text,
                   reviewer.text, "now()", id.text);
    server_refused(f, "watchlist_not_reviewed", REVIEW APPROVE GO_LIVE, id.text, reviewer.text,
                   "now()", reviewer.text, "now()", id.text, entry.text, id.text);
    /* Neither time is the server's to choose. */
    server_refused(f, "watchlist_not_reviewed", REVIEW APPROVE GO_LIVE, id.text, reviewer.text,
                   "now() + interval '1 day'", reviewer.text, "now() - interval '1 day'", id.text,
                   entry.text, id.text);
}

static void nothing_is_live_with_nobody_on_duty(void **state)
{
    struct fixture *f = *state;
    struct deployment row = pg_seed_deployment(f->store, "attended", &f->applicant, &f->site);
    struct id_text id = id_text(&row.id);
    static const char *const there[] = {"adjudicator", "engagement_officer"};
    act(f->store, pg_authorise(f->store, &row.id, &f->officer, now_us(), &act_err));
    act(f->store, pg_review(f->store, &row.id, &f->reviewer, &act_err));
    server_refused(f, "duty_missing", GO_LIVE, id.text);
    act(f->store, pg_attend(f->store, &row.id, now_us(), &act_err));
    server_allowed(f, GO_LIVE, id.text);
    for (size_t i = 0; i < 2; i++)
        server_refused(f, "duty_missing",
                       "UPDATE overt.duty SET until = last_seen WHERE role = '%s'; " GO_LIVE,
                       there[i], id.text);
    /* On duty, but the role is gone. */
    server_refused(f, "duty_missing",
                   "DELETE FROM overt.principal_role WHERE role = 'adjudicator'; " GO_LIVE,
                   id.text);
    act(f->store,
        store_deployment_set_state(f->store, &row.id, DEPLOYMENT_LIVE, now_us(), &act_err));
    act(f->store,
        store_deployment_set_state(f->store, &row.id, DEPLOYMENT_PAUSED, now_us(), &act_err));
    server_refused(f, "duty_missing",
                   "UPDATE overt.duty SET until = last_seen; UPDATE overt.deployment SET state = "
                   "'live', state_at = now() WHERE id = '%s'",
                   id.text);
    server_allowed(
        f, "UPDATE overt.deployment SET state = 'live', state_at = now() WHERE id = '%s'", id.text);
}

#define PUBLISH                                                                                    \
    "INSERT INTO overt.notice_publication (deployment_id, notice_digest, document_digest, "        \
    "published_by, published_at) VALUES ('%s', sha256('%s'), '\\x%s', '%s', now()); "
#define NOTICE                                                                                     \
    "INSERT INTO overt.deployment_notice (deployment_id, revision, page_digest, document_digest) " \
    "VALUES ('%s', 1, sha256('%s'), '\\x%s'); "
#define WAIVE                                                                                      \
    "INSERT INTO overt.notice_waiver (deployment_id, document_digest, waived_by, waived_at) "      \
    "VALUES ('%s', '\\x%s', '%s', now()); "

/* An operational deployment, attended and reviewed. Its model, its camera and its signs are other
 * tests' matter; its application names the page "page". */
static struct deployment operational(struct fixture *f)
{
    struct site site = pg_seed_site(f->store, "square");
    struct deployment row = attended(f, "announced", &site);
    struct id_text id = id_text(&row.id);
    act(f->store, pg_review(f->store, &row.id, &f->reviewer, &act_err));
    past_triggers(f,
                  "INSERT INTO overt.model_acceptance SELECT gen_random_uuid(), model_digest, "
                  "sha256('report'), 0.4, application_digest, applied_by, now() FROM "
                  "overt.deployment WHERE id = '%s'; INSERT INTO overt.model_decision SELECT id, "
                  "'approved', proposed_by, '%s', now() FROM overt.model_acceptance",
                  id.text, id_text(&f->officer).text);
    past_triggers(f,
                  "UPDATE overt.deployment SET kind = 'operational' WHERE id = '%s'; INSERT INTO "
                  "overt.deployment_camera VALUES ('%s', '%s', 'gate', '{}'); INSERT INTO "
                  "overt.deployment_sign VALUES ('%s', '%s', 'gate', '%s', now())",
                  id.text, id.text, id_text(&site.id).text, id.text, id_text(&site.id).text,
                  id_text(&f->officer).text);
    past_triggers(
        f,
        "INSERT INTO audit.document (digest, kind, deployment_id, body) SELECT "
        "sha256(body), 'application', '%s', body FROM (SELECT convert_to("
        "jsonb_build_object('notice_page', encode(sha256('page'), 'hex'))::text, 'UTF8')) "
        "AS made (body); UPDATE overt.deployment SET application_digest = (SELECT digest "
        "FROM audit.document WHERE convert_from(body, 'UTF8') LIKE '{\"notice_page%%') "
        "WHERE id = '%s'",
        id.text, id.text);
    return row;
}

static void nothing_operational_is_live_unannounced(void **state)
{
    struct fixture *f = *state;
    struct deployment row = operational(f);
    struct id_text id = id_text(&row.id);
    struct id_text officer = id_text(&f->officer);
    struct digest_text document = fixture_document(f, "test", &row.id);
    server_refused(f, "notice_missing", GO_LIVE, id.text);
    server_refused(f, "notice_missing", NOTICE GO_LIVE, id.text, "page", document.text, id.text);
    server_allowed(f, NOTICE PUBLISH GO_LIVE, id.text, "page", document.text, id.text, "page",
                   document.text, officer.text, id.text);
    server_allowed(f, NOTICE WAIVE GO_LIVE, id.text, "page", document.text, id.text, document.text,
                   officer.text, id.text);
    /* Another page than the notice's; another notice than the application's. */
    server_refused(f, "notice_missing", NOTICE PUBLISH GO_LIVE, id.text, "page", document.text,
                   id.text, "other", document.text, officer.text, id.text);
    server_refused(f, "notice_missing", NOTICE PUBLISH GO_LIVE, id.text, "other", document.text,
                   id.text, "other", document.text, officer.text, id.text);
    server_refused(f, "notice_missing", NOTICE WAIVE GO_LIVE, id.text, "other", document.text,
                   id.text, document.text, officer.text, id.text);
}

/* --- who watches --------------------------------------------------------------------------------
 */

#define SUSPEND "UPDATE overt.principal SET active = false WHERE id = '%s'; "
#define REVOKE "DELETE FROM overt.principal_role WHERE principal_id = '%s' AND role = 'oversight'; "
#define RAISE                                                                                      \
    "INSERT INTO overt.alarm (id, code, raised_at, raised_by, object_id) VALUES "                  \
    "(gen_random_uuid(), '%s', now(), %s, '%s'); "

static void oversight_is_not_taken_away_without_an_alarm(void **state)
{
    struct fixture *f = *state;
    struct ov_id watcher_id = pg_seed_person(f->store, "watcher", ROLE_OVERSIGHT);
    struct id_text watcher = id_text(&watcher_id);
    struct id_text other = id_text(&f->manager);
    char by[48];
    (void)snprintf(by, sizeof(by), "'%s'", id_text(&f->officer).text);
    server_refused(f, "oversight_alarm", SUSPEND, watcher.text);
    server_refused(f, "oversight_alarm", REVOKE, watcher.text);
    server_allowed(f, SUSPEND RAISE, watcher.text, "oversight.suspended", by, watcher.text);
    server_allowed(f, REVOKE RAISE, watcher.text, "oversight.revoked", by, watcher.text);
    server_allowed(f, SUSPEND, other.text);
    /* About another person, of another code, that anybody may clear, or cleared by then. */
    server_refused(f, "oversight_alarm", SUSPEND RAISE, watcher.text, "oversight.suspended", by,
                   other.text);
    server_refused(f, "oversight_alarm", SUSPEND RAISE, watcher.text, "test.suspended", by,
                   watcher.text);
    server_refused(f, "oversight_alarm", SUSPEND RAISE, watcher.text, "oversight.suspended", "NULL",
                   watcher.text);
    server_refused(f, "oversight_alarm",
                   SUSPEND RAISE "UPDATE overt.alarm SET cleared_at = now(), cleared_by = '%s'",
                   watcher.text, "oversight.suspended", by, watcher.text, other.text);
    /* The role goes with the person: it is asked for as well. */
    server_refused(f, "oversight_alarm", REVOKE SUSPEND, watcher.text, watcher.text);
}

int run_authority_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_recorded_an_oral_authorisation_does_not_write_it),
        cmocka_unit_test(what_is_flagged_takes_the_higher_authority),
        cmocka_unit_test(the_word_of_an_officer_is_not_enough_for_what_is_flagged),
        cmocka_unit_test(without_its_writing_an_oral_authorisation_raises_no_alert),
        cmocka_unit_test(a_list_nobody_reviewed_does_not_go_live),
        cmocka_unit_test(what_is_approved_after_the_review_does_not_go_live),
        cmocka_unit_test(nothing_is_live_with_nobody_on_duty),
        cmocka_unit_test(nothing_operational_is_live_unannounced),
        cmocka_unit_test(oversight_is_not_taken_away_without_an_alarm),
    };
    return cmocka_run_group_tests_name("authority", tests, start, fixture_stop);
}

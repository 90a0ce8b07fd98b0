/* Who may be listed, and who approves it; who keeps an alert as evidence: held by the database
 * whatever its server does. */
#include "tests/integration/store/fixture.h"

static struct ov_id higher;
static struct ov_id outsider; /* a person whose roles have nothing to do with lists */

static int start(void **state)
{
    int failed = fixture_start(state);
    struct fixture *f = *state;
    higher = pg_seed_person(f->store, "higher", ROLE_HIGHER_AUTHORITY);
    outsider = pg_seed_person(f->store, "outsider", ROLE_ADJUDICATOR | ROLE_APPLICANT);
    return failed;
}

#define ADD                                                                                        \
    "INSERT INTO watchlist.entry (deployment_id, id, category, response, added_by, added_at, "     \
    "consent_digest, sealed_justification, legal_basis, expires_at, birth_unknown) VALUES ('%s', " \
    "gen_random_uuid(), '%s', '%s', '%s', now(), %s, '\\x%s', 'warrant', now() + interval "        \
    "'1 day', true)"

static const char *sealed_hex(void)
{
    static char hex[129];
    struct store_bytes bytes = pg_fake_sealed();
    for (size_t i = 0; i < bytes.size && i < 64; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", ((const uint8_t *)bytes.data)[i]);
    return hex;
}

static void nobody_is_listed_in_a_category_that_was_not_applied_for(void **state)
{
    struct fixture *f = *state;
    struct deployment any = pg_seed_deployment(f->store, "any", &f->applicant, &f->site);
    struct deployment row = any;
    struct id_text manager = id_text(&f->manager);
    row.id = ov_id_new();
    (void)snprintf(row.name, sizeof(row.name), "some");
    row.category_count = 2;
    (void)snprintf(row.categories[0], sizeof(row.categories[0]), "wanted");
    (void)snprintf(row.categories[1], sizeof(row.categories[1]), "missing_person");
    act(f->store, pg_add_application(f->store, &row, &act_err));
    struct id_text id = id_text(&row.id);
    server_refused(f, "entry_category_applied", ADD, id.text, "suspect", "arrest", manager.text,
                   "NULL", sealed_hex());
    server_allowed(f, ADD, id.text, "wanted", "arrest", manager.text, "NULL", sealed_hex());
    server_allowed(f, ADD, id.text, "missing_person", "safeguarding", manager.text, "NULL",
                   sealed_hex());
    server_allowed(f, ADD, id.text, "blue_list", "none", manager.text, "sha256('consent')",
                   sealed_hex());
    /* An exercise that names none takes any; nothing operational does. */
    struct id_text other = id_text(&any.id);
    server_allowed(f, ADD, other.text, "suspect", "arrest", manager.text, "NULL", sealed_hex());
    past_triggers(f, "UPDATE overt.deployment SET kind = 'operational' WHERE name = 'any'");
    server_refused(f, "entry_category_applied", ADD, other.text, "suspect", "arrest", manager.text,
                   "NULL", sealed_hex());
}

#define APPROVE                                                                                    \
    "UPDATE watchlist.entry SET state = 'approved', approved_by = '%s', approved_at = now() "      \
    "WHERE "                                                                                       \
    "deployment_id = '%s' AND id = '%s'"

static void an_entry_is_approved_by_who_keeps_lists(void **state)
{
    struct fixture *f = *state;
    struct deployment row = pg_seed_deployment(f->store, "approvers", &f->applicant, &f->site);
    struct ov_id entry_id = pg_seed_entry(f->store, &row, &f->manager, NULL);
    struct id_text id = id_text(&row.id);
    struct id_text entry = id_text(&entry_id);
    const struct ov_id *refused[] = {&outsider, &higher, &f->applicant};
    const struct ov_id *allowed[] = {&f->reviewer, &f->officer};
    for (size_t i = 0; i < 3; i++) {
        pg_seed_open(f->store, &row, &entry_id, refused[i]);
        server_refused(f, "role_required", APPROVE, id_text(refused[i]).text, id.text, entry.text);
    }
    for (size_t i = 0; i < 2; i++) {
        pg_seed_open(f->store, &row, &entry_id, allowed[i]);
        server_allowed(f, APPROVE, id_text(allowed[i]).text, id.text, entry.text);
    }
    past_triggers(f, "UPDATE watchlist.entry SET under_18 = true WHERE id = '%s'", entry.text);
    for (size_t i = 0; i < 2; i++)
        server_refused(f, "entry_under_18", APPROVE, id_text(allowed[i]).text, id.text, entry.text);
    server_allowed(f, APPROVE, id_text(&higher).text, id.text, entry.text);
}

static void a_round_is_drawn_by_who_keeps_lists(void **state)
{
    static const char round[] = "INSERT INTO watchlist.round (deployment_id, id, drawn_by, "
                                "drawn_at) VALUES ('%s', gen_random_uuid(), '%s', now())";
    struct fixture *f = *state;
    struct deployment row = pg_seed_deployment(f->store, "rounds", &f->applicant, &f->site);
    struct id_text id = id_text(&row.id);
    server_refused(f, "role_required", round, id.text, id_text(&outsider).text);
    server_refused(f, "role_required", round, id.text, id_text(&higher).text);
    server_allowed(f, round, id.text, id_text(&f->reviewer).text);
    server_allowed(f, round, id.text, id_text(&f->officer).text);
}

static void a_pending_image_is_decided_on_by_who_may_approve(void **state)
{
    static const char decide[] = "UPDATE watchlist.image SET state = 'accepted', decided_by = "
                                 "'%s', decided_at = now() WHERE id = '%s'";
    struct fixture *f = *state;
    struct deployment row = pg_seed_deployment(f->store, "images", &f->applicant, &f->site);
    struct ov_id image_id;
    (void)pg_seed_entry(f->store, &row, &f->manager, &image_id);
    struct id_text image = id_text(&image_id);
    past_triggers(f,
                  "UPDATE watchlist.image SET state = 'pending', override_code = 'test' WHERE id = "
                  "'%s'",
                  image.text);
    server_refused(f, "role_required", decide, id_text(&outsider).text, image.text);
    server_allowed(f, decide, id_text(&f->reviewer).text, image.text);
    server_allowed(f, decide, id_text(&higher).text, image.text);
}

/* --- evidence -----------------------------------------------------------------------------------
 */

#define HOLD                                                                                       \
    "INSERT INTO overt.evidence_hold (id, alert_id, deployment_id, kind, brought_by, "             \
    "sealed_number) VALUES ('%s', '%s', '%s', 'proceedings', 'other', '\\x%s'); "
#define TERM                                                                                       \
    "INSERT INTO overt.evidence_term (id, hold_id, review_at, proposed_by, proposed_at) VALUES "   \
    "(gen_random_uuid(), '%s', now() + interval '30 days', '%s', now()); "
#define CONFIRM                                                                                    \
    "UPDATE overt.evidence_term SET confirmed_by = '%s', confirmed_at = now() WHERE hold_id = "    \
    "'%s'; "

static void an_alert_is_kept_by_an_officer_and_another_who_may(void **state)
{
    struct fixture *f = *state;
    struct deployment row = pg_seed_deployment(f->store, "kept", &f->applicant, &f->site);
    struct ov_id ids[2] = {ov_id_new(), ov_id_new()};
    struct ov_id guardian = pg_seed_person(f->store, "guardian", ROLE_DATA_PROTECTION);
    struct id_text hold = id_text(&ids[0]);
    struct id_text alert = id_text(&ids[1]);
    struct id_text id = id_text(&row.id);
    struct id_text officer = id_text(&f->officer);
    const struct ov_id *refused[] = {&f->manager, &outsider};
    const struct ov_id *allowed[] = {&guardian, &higher};
    past_triggers(f,
                  "INSERT INTO overt.alert (id, deployment_id, feed_number, entry_id, site_id, "
                  "run_id, sequence, camera, track, captured_at, received_at, raised_at, score, "
                  "threshold, category, response, crop_state, erase_at) VALUES ('%s', '%s', 1, "
                  "gen_random_uuid(), '%s', gen_random_uuid(), 1, 'cam', 1, now(), now(), now(), "
                  "0.7, 0.5, 'wanted', 'arrest', 'missing', now() + interval '1 day')",
                  alert.text, id.text, id_text(&f->site.id).text);
    for (size_t i = 0; i < 2; i++) {
        server_refused(f, "role_required", HOLD TERM, hold.text, alert.text, id.text, sealed_hex(),
                       hold.text, id_text(refused[i]).text);
        server_refused(f, "role_required", HOLD TERM CONFIRM, hold.text, alert.text, id.text,
                       sealed_hex(), hold.text, officer.text, id_text(refused[i]).text, hold.text);
        /* Who confirms may be of more roles than who proposes. */
        server_refused(f, "role_required", HOLD TERM, hold.text, alert.text, id.text, sealed_hex(),
                       hold.text, id_text(allowed[i]).text);
        server_allowed(f, HOLD TERM CONFIRM, hold.text, alert.text, id.text, sealed_hex(),
                       hold.text, officer.text, id_text(allowed[i]).text, hold.text);
    }
    server_refused(f, "evidence_two_people", HOLD TERM CONFIRM, hold.text, alert.text, id.text,
                   sealed_hex(), hold.text, officer.text, officer.text, hold.text);
}

int run_approver_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_listed_in_a_category_that_was_not_applied_for),
        cmocka_unit_test(an_entry_is_approved_by_who_keeps_lists),
        cmocka_unit_test(a_round_is_drawn_by_who_keeps_lists),
        cmocka_unit_test(a_pending_image_is_decided_on_by_who_may_approve),
        cmocka_unit_test(an_alert_is_kept_by_an_officer_and_another_who_may),
    };
    return cmocka_run_group_tests_name("approvers", tests, start, fixture_stop);
}

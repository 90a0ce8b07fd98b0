/* What each database role may not do, tried past the store with plain SQL. */
#include "tests/integration/store/fixture.h"

#define DENIED PG_DENIED

static void the_server_cannot_change_the_schema(void **state)
{
    struct fixture *f = *state;
    static const char *const attempts[] = {
        "CREATE TABLE overt.mine (x int)",
        "CREATE TABLE watchlist.mine (x int)",
        "CREATE TABLE audit.mine (x int)",
        "CREATE TABLE public.mine (x int)",
        "CREATE TEMPORARY TABLE mine (x int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION overt.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE overt.deployment DROP CONSTRAINT deployment_two_people",
        "ALTER TABLE overt.deployment DISABLE TRIGGER ALL",
        "ALTER TABLE audit.event DISABLE TRIGGER ALL",
        "DROP TABLE overt.alert",
        "DROP FUNCTION audit.write_event(uuid, bytea)",
        "SET ROLE overt_owner",
        "SET session_replication_role = replica",
        "CREATE ROLE mine",
        "UPDATE public.schema_migrations SET version = '1'",
        "INSERT INTO overt.deployment_step VALUES ('applied', 'live')",
    };
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
        pg_refuses(f->pg, "server", DENIED, attempts[i]);
    /* This one is never tried in a transaction. */
    char sqlstate[6];
    assert_false(pg_try(f->pg, "server", "ALTER SYSTEM SET synchronous_commit = off", sqlstate));
    assert_string_equal(sqlstate, DENIED);
}

static void nobody_changes_an_event(void **state)
{
    struct fixture *f = *state;
    static const char *const attempts[] = {
        "UPDATE audit.event SET body = body",
        "DELETE FROM audit.event",
        "TRUNCATE audit.event",
        "UPDATE audit.minute_count SET faces_seen = 0",
        "DELETE FROM audit.server_minute_count",
        "TRUNCATE audit.minute_count",
    };
    static const char *const everyone[] = {"server", "sealer", "oversight", "owner", "admin"};
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
        for (size_t j = 0; j < sizeof(everyone) / sizeof(everyone[0]); j++)
            pg_refuses(f->pg, everyone[j], DENIED, attempts[i]);
    /* The way around ordinary triggers does not lead around these. */
    pg_refuses(f->pg, "admin", DENIED,
               "SET session_replication_role = replica; DELETE FROM audit.event");
    assert_true(pg_value(f->pg, "oversight", "SELECT count(*) FROM audit.event") > 0);
}

static void the_server_writes_events_through_one_function_only(void **state)
{
    struct fixture *f = *state;
    struct ov_error err = OV_ERROR_INIT;
    pg_refuses(f->pg, "server", DENIED, "SELECT * FROM audit.event");
    pg_refuses(f->pg, "server", DENIED,
               "INSERT INTO audit.event VALUES (gen_random_uuid(), pg_current_xact_id(), '{}')");
    struct ov_id id = ov_id_new();
    static const char of_another_id[] =
        "{\"v\":1,\"id\":\"00000000-0000-4000-8000-000000000000\",\"name\":\"x\",\"at_us\":1,"
        "\"actor\":{},\"details\":{}}";
    static const char *const bodies[] = {of_another_id, "{}", "[]", "null", "1"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_fine(store_begin(f->store, &err), &err);
        assert_refused(store_event_write(f->store, &id, bodies[i], strlen(bodies[i]), &err),
                       OV_ERR_INTERNAL, "audit.body", &err);
        store_rollback(f->store);
    }
    assert_fine(store_begin(f->store, &err), &err);
    assert_refused(store_event_write(f->store, &id, "{\"a\":", 5, &err), OV_ERR_INTERNAL,
                   "store.failed", &err);
    store_rollback(f->store);
    assert_refused(store_event_write(f->store, &id, bodies[0], strlen(bodies[0]), &err),
                   OV_ERR_STATE, "store.no_transaction", &err);
    static char large[EVENT_BODY_MAX + 1];
    assert_fine(store_begin(f->store, &err), &err);
    assert_refused(store_event_write(f->store, &id, large, sizeof(large), &err), OV_ERR_LIMIT,
                   "audit.body", &err);
    store_rollback(f->store);
}

static void an_events_xid_is_that_of_its_act(void **state)
{
    struct fixture *f = *state;
    (void)pg_seed_person(f->store, "dated", 0);
    assert_int_equal(pg_value(f->pg, "admin",
                              "SELECT count(*) FROM overt.principal AS p JOIN audit.event AS e ON "
                              "(e.xid::text)::bigint % 4294967296 = (p.xmin::text)::bigint WHERE "
                              "p.name = 'dated'"),
                     1);
    assert_int_equal(pg_value(f->pg, "admin",
                              "SELECT count(*) FROM pg_attribute WHERE attrelid = "
                              "'audit.event'::regclass AND attnum > 0 AND (attname, atttypid) IN "
                              "(('id', 'uuid'::regtype), ('xid', 'xid8'::regtype), ('body', "
                              "'bytea'::regtype))"),
                     3);
    assert_int_equal(pg_value(f->pg, "admin",
                              "SELECT count(*) FROM pg_attribute WHERE attrelid = "
                              "'audit.event'::regclass AND attnum > 0"),
                     3);
}

static void oversight_and_sealer_see_the_audit_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    pg_sql(f->pg, "oversight",
           "SELECT * FROM audit.event, audit.minute_count, "
           "audit.server_minute_count");
    pg_sql(f->pg, "sealer", "SELECT * FROM audit.event");
    static const char *const roles[] = {"oversight", "sealer"};
    static const char *const attempts[] = {
        "SELECT * FROM overt.alert",
        "SELECT * FROM overt.deployment",
        "SELECT * FROM overt.principal",
        "SELECT * FROM watchlist.entry",
        "SELECT * FROM watchlist.image",
        "SELECT audit.write_event(gen_random_uuid(), '{}')",
        "INSERT INTO audit.minute_count DEFAULT VALUES",
        "SELECT watchlist.drop_partitions(gen_random_uuid())",
        "CREATE TEMPORARY TABLE mine (x int)",
    };
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
        for (size_t j = 0; j < 2; j++)
            pg_refuses(f->pg, roles[j], DENIED, attempts[i]);
    pg_refuses(f->pg, "sealer", DENIED, "SELECT * FROM audit.minute_count");
}

static void states_are_not_skipped_by_sql_either(void **state)
{
    struct fixture *f = *state;
    (void)pg_seed_deployment(f->store, "sql-1", &f->applicant, &f->site);
    pg_refuses(
        f->pg, "server", "deployment_step",
        "UPDATE overt.deployment SET state = 'live', went_live_at = now() WHERE name = 'sql-1'");
    pg_refuses(f->pg, "server", "deployment_two_people",
               "UPDATE overt.deployment SET state = 'authorised', authorised_by = applied_by, "
               "authorised_at = now() WHERE name = 'sql-1'");
    pg_refuses(
        f->pg, "server", "deployment_fixed",
        "UPDATE overt.deployment SET authorised_by = (SELECT id FROM overt.principal WHERE name "
        "= 'officer'), authorised_at = now() WHERE name = 'sql-1'");
    pg_refuses(f->pg, "server", "deployment_fixed",
               "UPDATE overt.deployment SET gallery_version = -1 WHERE name = 'sql-1'");
    pg_refuses(f->pg, "server", "deployment_fixed",
               "UPDATE overt.deployment SET threshold = 0.1 WHERE name = 'sql-1'");
    pg_refuses(
        f->pg, "server", "deployment_fixed",
        "UPDATE overt.deployment SET ends_at = ends_at + interval '1h' WHERE name = 'sql-1'");
    pg_refuses(f->pg, "server", DENIED, "DELETE FROM overt.deployment");
    pg_refuses(f->pg, "owner", "deployment_fixed",
               "UPDATE overt.deployment SET threshold = 0.1 WHERE name = 'sql-1'");
    pg_refuses(
        f->pg, "owner", "deployment_fixed",
        "UPDATE overt.deployment SET ends_at = ends_at + interval '1h' WHERE name = 'sql-1'");
    /* Born in a later state, or with sites added after the authorisation. */
    pg_refuses(
        f->pg, "server", "deployment_step",
        "INSERT INTO overt.deployment SELECT (jsonb_populate_record(d, jsonb_build_object('id', "
        "gen_random_uuid(), 'name', 'born', 'state', 'authorised', 'authorised_by', (SELECT id "
        "FROM overt.principal WHERE name = 'officer'), 'authorised_at', now()))).* FROM "
        "overt.deployment AS d WHERE name = 'sql-1'");
    (void)pg_seed_site(f->store, "late-site");
    struct deployment d = pg_seed_deployment(f->store, "sql-2", &f->applicant, &f->site);
    pg_seed_live(f->store, &d, &f->officer);
    pg_refuses(
        f->pg, "server", "deployment_fixed",
        "INSERT INTO overt.deployment_site SELECT d.id, s.id FROM overt.deployment d, overt.site "
        "s WHERE d.name = 'sql-2' AND s.name = 'late-site'");
}

/* Legal in a draft, but part of what is applied for: never without a record. */
static void a_site_is_not_added_to_a_draft_without_an_event(void **state)
{
    struct fixture *f = *state;
    struct deployment draft = pg_seed_deployment(f->store, "model", &f->applicant, &f->site);
    draft.id = ov_id_new();
    (void)snprintf(draft.name, sizeof(draft.name), "quiet");
    act(f->store, pg_add_draft(f->store, &draft, &act_err));
    (void)pg_seed_site(f->store, "quiet-site");
    static const char add[] =
        "INSERT INTO overt.deployment_site SELECT d.id, s.id FROM overt.deployment d, overt.site s "
        "WHERE d.name = 'quiet' AND s.name = 'quiet-site'";
    pg_wants_event(f->pg, "server", add);
}

static void an_entry_is_not_born_approved(void **state)
{
    struct fixture *f = *state;
    struct deployment d = pg_seed_deployment(f->store, "born", &f->applicant, &f->site);
    (void)pg_seed_entry(f->store, &d, &f->manager, NULL);
    static const char born[] =
        "INSERT INTO watchlist.entry (deployment_id, id, category, response, state, added_by, "
        "added_at, approved_by, approved_at) SELECT deployment_id, gen_random_uuid(), category, "
        "response, 'approved', added_by, added_at, %s, now() FROM watchlist.entry";
    char sql[600];
    (void)snprintf(sql, sizeof(sql), born, "added_by");
    pg_refuses(f->pg, "server", "entry_step", sql);
    (void)snprintf(sql, sizeof(sql), born,
                   "(SELECT id FROM overt.principal WHERE name = 'reviewer')");
    pg_refuses(f->pg, "server", "entry_step", sql);
    pg_refuses(
        f->pg, "server", "entry_two_people",
        "UPDATE watchlist.entry SET state = 'approved', approved_by = added_by, approved_at = "
        "now()");
    pg_refuses(f->pg, "server", DENIED, "UPDATE watchlist.entry SET added_by = approved_by");
    pg_refuses(f->pg, "server", DENIED, "UPDATE watchlist.image SET sealed_template = sealed_jpeg");
    pg_refuses(f->pg, "server", DENIED, "DELETE FROM watchlist.entry");
    pg_refuses(f->pg, "server", DENIED, "TRUNCATE watchlist.image");
}

/* A partition by its own name: the parent's rights are the only ones. */
static void partitions_are_reached_through_their_parents_only(void **state)
{
    struct fixture *f = *state;
    char sql[200];
    char suffix[33];
    struct deployment d = pg_seed_deployment(f->store, "direct", &f->applicant, &f->site);
    size_t used = 0;
    char text[OV_ID_TEXT_SIZE];
    ov_id_format(&d.id, text);
    for (const char *at = text; *at != '\0'; at++)
        if (*at != '-')
            suffix[used++] = *at;
    suffix[used] = '\0';
    (void)snprintf(sql, sizeof(sql), "SELECT * FROM watchlist.entry_%s", suffix);
    pg_refuses(f->pg, "server", DENIED, sql);
    (void)snprintf(sql, sizeof(sql), "DROP TABLE watchlist.entry_%s", suffix);
    pg_refuses(f->pg, "server", DENIED, sql);
    (void)snprintf(sql, sizeof(sql),
                   "ALTER TABLE watchlist.entry DETACH PARTITION "
                   "watchlist.entry_%s",
                   suffix);
    pg_refuses(f->pg, "server", DENIED, sql);
}

static void partitions_come_and_go_with_the_deployments_state_only(void **state)
{
    struct fixture *f = *state;
    struct deployment d = pg_seed_deployment(f->store, "parts", &f->applicant, &f->site);
    pg_refuses(f->pg, "server", "watchlist_deployment_state",
               "SELECT watchlist.make_partitions(gen_random_uuid())");
    pg_refuses(f->pg, "server", "watchlist_deployment_state",
               "SELECT watchlist.drop_partitions(gen_random_uuid())");
    pg_refuses(f->pg, "server", "watchlist_deployment_state",
               "SELECT watchlist.drop_partitions(id) FROM overt.deployment WHERE name = 'parts'");
    pg_refuses(f->pg, "server", "42P07",
               "SELECT watchlist.make_partitions(id) FROM overt.deployment WHERE name = 'parts'");
    pg_seed_live(f->store, &d, &f->officer);
    act(f->store,
        store_deployment_set_state(f->store, &d.id, DEPLOYMENT_CLOSED, now_us(), &act_err));
    /* Ended, but its ledger is not written and its key not destroyed. */
    pg_refuses(f->pg, "server", "erasure_order",
               "SELECT watchlist.drop_partitions(id) FROM overt.deployment WHERE name = 'parts'");
    act(f->store, fixture_destroy_list_key(f, &d.id, &act_err));
    act(f->store, store_watchlist_erase(f->store, &d.id, &act_err));
    pg_refuses(f->pg, "server", "watchlist_deployment_state",
               "SELECT watchlist.make_partitions(id) FROM overt.deployment WHERE name = 'parts'");
}

/* Somebody who could make tables plants functions of the names used inside: they are not called. */
static void definer_functions_do_not_follow_the_callers_search_path(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(pg_value(f->pg, "admin",
                              "SELECT count(*) FROM pg_proc WHERE pronamespace IN "
                              "('overt'::regnamespace, 'watchlist'::regnamespace, "
                              "'audit'::regnamespace) AND (proconfig IS NULL OR NOT ('search_path="
                              "pg_catalog, pg_temp' = ANY (proconfig)))"),
                     0);
    assert_int_equal(pg_value(f->pg, "admin",
                              "SELECT count(*) FROM pg_proc WHERE pronamespace IN "
                              "('overt'::regnamespace, 'watchlist'::regnamespace, "
                              "'audit'::regnamespace) AND proowner <> 'overt_owner'::regrole"),
                     0);
}

static void every_table_and_column_says_what_it_is(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        pg_value(
            f->pg, "admin",
            "SELECT count(*) FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid "
            "WHERE c.relnamespace IN ('overt'::regnamespace, 'watchlist'::regnamespace, "
            "'audit'::regnamespace) AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND "
            "a.attnum > 0 AND NOT a.attisdropped AND (col_description(c.oid, a.attnum) IS NULL "
            "OR obj_description(c.oid, 'pg_class') IS NULL)"),
        0);
}

static void an_alert_cannot_be_rewritten(void **state)
{
    struct fixture *f = *state;
    pg_refuses(f->pg, "server", DENIED, "UPDATE overt.alert SET score = 0.9");
    pg_refuses(f->pg, "server", DENIED, "DELETE FROM overt.alert");
    pg_refuses(f->pg, "server", DENIED, "UPDATE overt.alert_feed SET last_number = 0");
    pg_refuses(f->pg, "server", DENIED, "DELETE FROM overt.alert_delivery");
    pg_refuses(f->pg, "server", DENIED, "UPDATE overt.principal_role SET role = 'administrator'");
    pg_refuses(f->pg, "server", DENIED, "UPDATE overt.principal SET name = 'other'");
}

int run_rights_tests(void)
{
    const struct CMUnitTest rights[] = {
        cmocka_unit_test(the_server_cannot_change_the_schema),
        cmocka_unit_test(nobody_changes_an_event),
        cmocka_unit_test(the_server_writes_events_through_one_function_only),
        cmocka_unit_test(an_events_xid_is_that_of_its_act),
        cmocka_unit_test(oversight_and_sealer_see_the_audit_and_nothing_else),
        cmocka_unit_test(states_are_not_skipped_by_sql_either),
        cmocka_unit_test(a_site_is_not_added_to_a_draft_without_an_event),
        cmocka_unit_test(an_entry_is_not_born_approved),
        cmocka_unit_test(partitions_are_reached_through_their_parents_only),
        cmocka_unit_test(partitions_come_and_go_with_the_deployments_state_only),
        cmocka_unit_test(definer_functions_do_not_follow_the_callers_search_path),
        cmocka_unit_test(every_table_and_column_says_what_it_is),
        cmocka_unit_test(an_alert_cannot_be_rewritten),
    };
    return cmocka_run_group_tests(rights, fixture_start, fixture_stop);
}

/* Membership queries past the store, with SQL as the server's role; and what no query may do. */
#include "tests/integration/store/fixture.h"

#include <glob.h>
#include <stdlib.h>

#include "common/base/bytes.h"
#include "common/base/file.h"

#define PERSON(name) "(SELECT id FROM overt.principal WHERE name = '" name "')"
#define EVENT "; " PG_WRITE_EVENT
#define ASK(by)                                                                                    \
    "INSERT INTO overt.membership_query (id, request_number, day, asked_by, commitment) SELECT "   \
    "gen_random_uuid(), 'R-1', '2026-05-01', " by                                                  \
    ", decode(repeat('ab', 32), 'hex') FROM generate_series(1, %d)"

static void twenty_a_day_two_people_and_nothing_kept_by_the_database_too(void **state)
{
    struct fixture *f = *state;
    char sql[1024];
    (void)pg_seed_person(f->store, "dpo", ROLE_DATA_PROTECTION);
    (void)pg_seed_person(f->store, "dpo-two", ROLE_DATA_PROTECTION);
    (void)snprintf(sql, sizeof(sql), ASK(PERSON("officer")), 1);
    pg_refuses(f->pg, "server", "membership_role", sql);
    (void)snprintf(sql, sizeof(sql), ASK(PERSON("dpo")), 21);
    pg_refuses(f->pg, "server", "membership_limit", sql);
    (void)snprintf(sql, sizeof(sql), ASK(PERSON("dpo")) EVENT, 20);
    pg_sql(f->pg, "server", sql);
    (void)snprintf(sql, sizeof(sql), ASK(PERSON("dpo")), 1);
    pg_refuses(f->pg, "server", "membership_limit", sql);

    static const struct {
        const char *wanted;
        const char *sql;
    } attempts[] = {
        /* By the same person, by the wrong one, keeping the commitment, without an end. */
        {"membership_two_people",
         "UPDATE overt.membership_query SET state = 'answered', commitment = NULL, "
         "decided_by = asked_by"},
        {"membership_role",
         "UPDATE overt.membership_query SET state = 'answered', commitment = NULL, "
         "decided_by = " PERSON("officer")},
        {"membership_query_gone",
         "UPDATE overt.membership_query SET state = 'answered', decided_by = " PERSON("dpo-two")},
        {"membership_query_step",
         "UPDATE overt.membership_query SET state = 'lapsed', commitment = NULL"},
        {"membership_query_gone", "UPDATE overt.membership_query SET commitment = NULL"},
        {"membership_query_fixed",
         "UPDATE overt.membership_query SET commitment = decode(repeat('cd', 32), 'hex')"},
        {PG_DENIED, "UPDATE overt.membership_query SET expires_at = 'infinity'"},
        {PG_DENIED, "UPDATE overt.membership_query SET asked_at = asked_at - interval '2 days'"},
        {PG_DENIED, "UPDATE overt.membership_query SET request_number = 'other'"},
        {PG_DENIED, "DELETE FROM overt.membership_query"},
    };
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
        pg_refuses(f->pg, "server", attempts[i].wanted, attempts[i].sql);
    pg_sql(f->pg, "server",
           "UPDATE overt.membership_query SET state = 'answered', commitment = NULL, decided_by "
           "= " PERSON("dpo-two") EVENT);
    pg_refuses(f->pg, "server", "membership_query_step",
               "UPDATE overt.membership_query SET state = 'lapsed'");
}

/*
 * Who was seen where is no question that can be asked: whatever the server may read of alerts, it
 * reads of one deployment or one alert. Each statement is a file here; none is made up elsewhere.
 */
static void no_statement_reads_alerts_of_two_deployments_by_subject(void **state)
{
    (void)state;
    const char *source = getenv("OVERT_SOURCE_DIR");
    char pattern[4096];
    glob_t files;
    size_t with_alerts = 0;
    (void)snprintf(pattern, sizeof(pattern), "%s/server/store/sql/*.sql",
                   source != NULL ? source : ".");
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct ov_buf text = OV_BUF_INIT;
        assert_int_equal(ov_file_read(files.gl_pathv[i], 1u << 16, &text, NULL), OV_OK);
        bool reads =
            strstr(text.data, "overt.alert\n") != NULL || strstr(text.data, "overt.alert ") != NULL;
        /* By subject: which entry an alert is about, as a condition. */
        bool by_entry = strstr(text.data, "entry_id = $") != NULL ||
                        strstr(text.data, "entry_id = any") != NULL ||
                        strstr(text.data, "entry_id = ANY") != NULL;
        if (reads && by_entry && strstr(text.data, "deployment_id = $") == NULL)
            fail_msg("%s reads alerts by subject without one deployment", files.gl_pathv[i]);
        /* The ledger's pseudonyms and alerts never meet. */
        if (reads && strstr(text.data, "audit.membership") != NULL)
            fail_msg("%s joins alerts and the membership ledger", files.gl_pathv[i]);
        with_alerts += reads ? 1 : 0;
        ov_buf_free(&text);
    }
    assert_true(with_alerts > 3);
    globfree(&files);
}

/* An alert's row has nothing by which a subject could be known in another deployment. */
static void an_alert_knows_its_subject_by_the_deployments_own_id_only(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(pg_value(f->pg, "admin",
                              "SELECT count(*) FROM information_schema.columns WHERE table_schema "
                              "= 'overt' AND table_name = 'alert' AND column_name ~ "
                              "'pseudonym|reference_digest|subject'"),
                     0);
    assert_int_equal(pg_value(f->pg, "admin",
                              "SELECT count(*) FROM pg_proc WHERE pronamespace IN "
                              "('overt'::regnamespace, 'audit'::regnamespace, "
                              "'watchlist'::regnamespace) AND prosrc ~ 'overt\\.alert\\M' AND "
                              "prosrc ~ 'audit\\.membership'"),
                     0);
    /* Oversight, who sees the pseudonyms, sees no alert; the ledger speaks of no entry. */
    pg_refuses(f->pg, "oversight", PG_DENIED, "SELECT entry_id FROM overt.alert");
    assert_int_equal(pg_value(f->pg, "admin",
                              "SELECT count(*) FROM information_schema.columns WHERE table_schema "
                              "= 'audit' AND table_name = 'membership' AND column_name ~ 'entry'"),
                     0);
}

int run_membership_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twenty_a_day_two_people_and_nothing_kept_by_the_database_too),
        cmocka_unit_test(no_statement_reads_alerts_of_two_deployments_by_subject),
        cmocka_unit_test(an_alert_knows_its_subject_by_the_deployments_own_id_only),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}

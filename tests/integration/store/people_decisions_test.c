/* Who may act takes two administrators: tried past the store, with SQL as the server's role. */
#include "tests/integration/store/fixture.h"

#include <stdlib.h>

#define DENIED PG_DENIED

/* Fixed ids, so that one string of SQL can speak of what it has just made. */
#define NEW_PERSON "'10000000-0000-4000-8000-000000000001'"
#define DECISION "'20000000-0000-4000-8000-000000000001'"
#define ONE "(SELECT id FROM overt.principal WHERE name = 'seed-one')"
#define TWO "(SELECT id FROM overt.principal WHERE name = 'seed-two')"
#define THIRD "(SELECT id FROM overt.principal WHERE name = 'third-admin')"
#define SUSPEND_THIRD "UPDATE overt.principal SET active = false WHERE name = 'third-admin';"
#define OFFICER "(SELECT id FROM overt.principal WHERE name = 'officer')"
#define EVENT "; " PG_WRITE_EVENT
#define PROPOSE(kind, person, name, roles, uri, by)                                                \
    "INSERT INTO overt.people_decision (id, kind, principal_id, name, roles, uri, proposed_by) "   \
    "VALUES (" DECISION ", '" kind "', " person ", " name ", " roles ", " uri ", " by ");"
#define PROPOSE_NEW(by)                                                                            \
    PROPOSE("add_person", NEW_PERSON, "'newcomer'", "'{applicant}'", "'overt://person/newcomer'",  \
            by)
#define CONFIRM(by)                                                                                \
    "UPDATE overt.people_decision SET state = 'confirmed', decided_by = " by                       \
    " WHERE id = " DECISION ";"
#define PERSON(name)                                                                               \
    "INSERT INTO overt.principal (id, kind, name) VALUES (" NEW_PERSON ", 'person', '" name "');"
#define ROLE(person, role)                                                                         \
    "INSERT INTO overt.principal_role (principal_id, role) VALUES (" person ", '" role "');"
#define IDENTITY(person, name)                                                                     \
    "INSERT INTO overt.principal_identity (uri, principal_id) VALUES ('overt://person/" name       \
    "', " person ");"

/* wanted: the constraint, or NULL when it is not refused. */
static void attempt(struct fixture *f, const char *sql, const char *wanted)
{
    if (wanted == NULL)
        pg_allows(f->pg, "server", sql);
    else
        pg_refuses(f->pg, "server", wanted, sql);
}

static void a_person_comes_with_a_confirmed_proposal_only(void **state)
{
    struct fixture *f = *state;
    static const char whole[] =
        PERSON("newcomer") ROLE(NEW_PERSON, "applicant") IDENTITY(NEW_PERSON, "newcomer");
    char sql[2048];
    attempt(f, PERSON("newcomer"), "people_not_decided");
    attempt(f, PROPOSE_NEW(ONE) PERSON("newcomer"), "people_not_decided");
    attempt(f, PROPOSE_NEW(ONE) CONFIRM(ONE) PERSON("newcomer"), "people_two_administrators");
    attempt(f, PROPOSE_NEW(OFFICER), "people_administrator");
    attempt(f, PROPOSE_NEW(ONE) CONFIRM(OFFICER), "people_administrator");
    attempt(f, PROPOSE_NEW(ONE) CONFIRM(TWO), "people_decision_undone");
    attempt(f, PROPOSE_NEW(ONE) CONFIRM(TWO) PERSON("another"), "people_not_decided");
    attempt(f, PROPOSE_NEW(ONE) CONFIRM(TWO) PERSON("newcomer") ROLE(NEW_PERSON, "oversight"),
            "people_not_decided");
    attempt(f, PROPOSE_NEW(ONE) CONFIRM(TWO) PERSON("newcomer") IDENTITY(NEW_PERSON, "somebody"),
            "people_not_decided");
    attempt(f, PROPOSE_NEW(ONE) CONFIRM(TWO) PERSON("newcomer") IDENTITY(NEW_PERSON, "newcomer"),
            "people_decision_undone");
    (void)snprintf(sql, sizeof(sql), "%s%s", PROPOSE_NEW(ONE) CONFIRM(TWO), whole);
    attempt(f, sql, NULL);
    /* Born confirmed, or confirmed twice. */
    attempt(f,
            "INSERT INTO overt.people_decision (id, kind, principal_id, name, roles, uri, "
            "proposed_by, state, decided_by) VALUES (" DECISION ", 'add_person', " NEW_PERSON
            ", 'newcomer', '{}', 'overt://person/newcomer', " ONE ", 'confirmed', " TWO ")",
            DENIED);
    (void)snprintf(sql, sizeof(sql), "%s%s%s", PROPOSE_NEW(ONE) CONFIRM(TWO), whole, CONFIRM(TWO));
    attempt(f, sql, "people_decision_step");
}

static void roles_identities_and_reactivation_take_two_as_well(void **state)
{
    struct fixture *f = *state;
    attempt(f, ROLE(OFFICER, "administrator"), "people_not_decided");
    attempt(f, ROLE(ONE, "oversight"), "people_not_decided");
    attempt(f, IDENTITY(OFFICER, "a-second-card"), "people_not_decided");
    attempt(f,
            "UPDATE overt.principal SET active = false WHERE name = 'officer'; UPDATE "
            "overt.principal SET active = true WHERE name = 'officer'",
            "people_not_decided");
    attempt(f,
            PROPOSE("grant_role", OFFICER, "NULL", "'{oversight}'", "NULL", ONE) CONFIRM(TWO)
                ROLE(OFFICER, "administrator"),
            "people_not_decided");
    attempt(f,
            PROPOSE("grant_role", OFFICER, "NULL", "'{oversight}'", "NULL", ONE) CONFIRM(TWO)
                ROLE(ONE, "oversight"),
            "people_not_decided");
    attempt(f,
            PROPOSE("grant_role", OFFICER, "NULL", "'{oversight}'", "NULL", ONE) CONFIRM(TWO)
                ROLE(OFFICER, "oversight"),
            NULL);
    attempt(f,
            PROPOSE("add_identity", OFFICER, "NULL", "'{}'", "'overt://person/card'", ONE)
                CONFIRM(TWO) IDENTITY(OFFICER, "card"),
            NULL);
    attempt(f,
            "UPDATE overt.principal SET active = false WHERE name = 'officer';" PROPOSE(
                "reactivate", OFFICER, "NULL", "'{}'", "NULL", ONE)
                CONFIRM(TWO) "UPDATE overt.principal SET active = true WHERE name = 'officer'",
            NULL);
    /* A decision says what it says. */
    attempt(f, PROPOSE("grant_role", OFFICER, "NULL", "'{}'", "NULL", ONE),
            "people_decision_content");
    attempt(f, PROPOSE("grant_role", OFFICER, "NULL", "'{site}'", "NULL", ONE),
            "principal_role_principal");
    attempt(f, PROPOSE("reactivate", NEW_PERSON, "NULL", "'{}'", "NULL", ONE),
            "people_decision_principal");
    attempt(f, PROPOSE("add_identity", OFFICER, "NULL", "'{}'", "'overt://site/card'", ONE),
            "principal_identity_principal");
    attempt(f, PROPOSE("add_identity", OFFICER, "NULL", "'{}'", "'overt://person/officer'", ONE),
            "principal_identity_key");
}

/* The transaction in which it was confirmed, and no later one. */
static void a_decision_is_good_for_one_transaction(void **state)
{
    struct fixture *f = *state;
    pg_sql(f->pg, "server",
           PROPOSE_NEW(ONE) CONFIRM(TWO) PERSON("newcomer") ROLE(NEW_PERSON, "applicant")
               IDENTITY(NEW_PERSON, "newcomer") "SELECT 1" EVENT);
    pg_sql(f->pg, "server",
           "DELETE FROM overt.principal_role WHERE principal_id = " NEW_PERSON EVENT);
    attempt(f, ROLE(NEW_PERSON, "applicant"), "people_not_decided");
    attempt(f, "UPDATE overt.people_decision SET decided_xid = pg_current_xact_id()", DENIED);
    attempt(f, "UPDATE overt.people_decision SET roles = '{administrator}'", DENIED);
    attempt(f, "UPDATE overt.people_decision SET expires_at = 'infinity'", DENIED);
    attempt(f, "DELETE FROM overt.people_decision", DENIED);
    attempt(f, "UPDATE overt.people_decision SET state = 'withdrawn', decided_by = " ONE,
            "people_decision_step");
}

static void a_suspended_administrator_s_proposal_is_not_confirmed(void **state)
{
    struct fixture *f = *state;
    (void)pg_seed_person(f->store, "third-admin", ROLE_ADMINISTRATOR);
    attempt(f, PROPOSE_NEW(THIRD) SUSPEND_THIRD CONFIRM(TWO) PERSON("newcomer"),
            "people_administrator");
    attempt(f,
            PROPOSE_NEW(ONE) "DELETE FROM overt.principal_role WHERE principal_id = " TWO
                             " AND role = 'administrator';" CONFIRM(TWO) PERSON("newcomer"),
            "people_administrator");
}

static void one_administrator_stays(void **state)
{
    struct fixture *f = *state;
    attempt(f,
            "UPDATE overt.principal SET active = false WHERE id IN (SELECT principal_id FROM "
            "overt.principal_role WHERE role = 'administrator')",
            "people_last_administrator");
    attempt(f, "DELETE FROM overt.principal_role WHERE role = 'administrator'",
            "people_last_administrator");
    attempt(f, "DELETE FROM overt.principal_role WHERE role = 'site'", "principal_role_principal");
    attempt(f, "UPDATE overt.principal SET active = false WHERE name = 'seed-one'", NULL);
}

/* Bootstrap is for an installation without anybody: here there are people. */
static void the_way_in_of_the_first_two_is_closed_behind_them(void **state)
{
    struct fixture *f = *state;
    attempt(f, PERSON("third") ROLE(NEW_PERSON, "administrator") IDENTITY(NEW_PERSON, "third"),
            "people_not_decided");
    attempt(f, ROLE(ONE, "authorising_officer"), "people_not_decided");
}

static int start_empty(void **state)
{
    static struct fixture fixture;
    memset(&fixture, 0, sizeof(fixture));
    fixture.pg = pg_new(NULL);
    *state = &fixture;
    return 0;
}

static int stop_empty(void **state)
{
    struct fixture *f = *state;
    pg_free(f->pg);
    return 0;
}

#define FIRST(id, name, role)                                                                      \
    "INSERT INTO overt.principal (id, kind, name) VALUES ('" id "', 'person', '" name "');"        \
    "INSERT INTO overt.principal_role (principal_id, role) VALUES ('" id "', '" role "');"         \
    "INSERT INTO overt.principal_identity (uri, principal_id) VALUES ('overt://person/" name       \
    "', '" id "');"
#define ID_A "30000000-0000-4000-8000-000000000001"
#define ID_B "30000000-0000-4000-8000-000000000002"
#define ID_C "30000000-0000-4000-8000-000000000003"

#define TOUCH "UPDATE overt.principal SET active = active;"

static void the_first_two_are_administrators_and_no_more_than_two(void **state)
{
    struct fixture *f = *state;
    attempt(f, FIRST(ID_A, "a", "authorising_officer"), "people_not_decided");
    attempt(f,
            FIRST(ID_A, "a", "administrator") FIRST(ID_B, "b", "administrator")
                FIRST(ID_C, "c", "administrator"),
            "people_not_decided");
    pg_sql(f->pg, "server",
           FIRST(ID_A, "a", "administrator") FIRST(ID_B, "b", "administrator") "SELECT 1" EVENT);
    attempt(f, FIRST(ID_C, "c", "administrator"), "people_not_decided");
    attempt(f, ROLE("'" ID_A "'", "applicant"), "people_not_decided");
}

/* Not even when their rows look new: an UPDATE that changes nothing renews xmin. */
static void the_first_two_do_not_become_the_first_two_again(void **state)
{
    struct fixture *f = *state;
    pg_allows(f->pg, "server", TOUCH);
    attempt(f, TOUCH ROLE("'" ID_A "'", "applicant"), "people_not_decided");
    attempt(f, TOUCH IDENTITY("'" ID_A "'", "a-second-card"), "people_not_decided");
    attempt(f, TOUCH FIRST(ID_C, "c", "administrator"), "people_not_decided");
}

/* One person alone has begun; the second comes by nobody's hand but in that transaction. */
static void one_who_is_alone_does_not_begin_again(void **state)
{
    struct fixture *f = *state;
    pg_sql(f->pg, "server", FIRST(ID_A, "a", "administrator") "SELECT 1" EVENT);
    attempt(f, TOUCH FIRST(ID_B, "b", "administrator"), "people_not_decided");
}

int run_people_decision_tests(void)
{
    const struct CMUnitTest decided[] = {
        cmocka_unit_test(a_person_comes_with_a_confirmed_proposal_only),
        cmocka_unit_test(roles_identities_and_reactivation_take_two_as_well),
        cmocka_unit_test(a_suspended_administrator_s_proposal_is_not_confirmed),
        cmocka_unit_test(one_administrator_stays),
        cmocka_unit_test(the_way_in_of_the_first_two_is_closed_behind_them),
        cmocka_unit_test(a_decision_is_good_for_one_transaction),
    };
    const struct CMUnitTest first[] = {
        cmocka_unit_test(the_first_two_are_administrators_and_no_more_than_two),
        cmocka_unit_test(the_first_two_do_not_become_the_first_two_again),
    };
    const struct CMUnitTest alone[] = {
        cmocka_unit_test(one_who_is_alone_does_not_begin_again),
    };
    return cmocka_run_group_tests(decided, fixture_start, fixture_stop) +
           cmocka_run_group_tests(first, start_empty, stop_empty) +
           cmocka_run_group_tests(alone, start_empty, stop_empty);
}

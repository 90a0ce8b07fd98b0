/* Leaving the ledger out takes two people, of their roles, for this very list and reason: tried
 * past the store, with an event in the transaction, so that it is the rule itself that refuses. */
#include "tests/integration/store/fixture.h"

#include "server/store/erasures.h"
#include "server/store/waivers.h"

#define ID(n) "'00000000-0000-4000-8000-00000000000" n "'"
#define NAMED(person) "(SELECT id FROM overt.principal WHERE name = '" person "')"
#define LIST(deployment) "(SELECT id FROM overt.deployment WHERE name = '" deployment "')"
#define ASK_FOR(n, deployment, reason, person)                                                     \
    "INSERT INTO overt.ledger_waiver (id, deployment_id, reason, asked_by) VALUES (" ID(           \
        n) ", " LIST(deployment) ", '" reason "', " NAMED(person) ");"
#define ASK(person) ASK_FOR("1", "waived", "list_key_lost", person)
#define CONFIRM(person)                                                                            \
    "UPDATE overt.ledger_waiver SET state = 'confirmed', decided_by = " NAMED(person) " WHERE id " \
                                                                                      "= " ID(     \
                                                                                          "1") ";"
#define TELL(person)                                                                               \
    "INSERT INTO overt.alarm (id, code, raised_at, raised_by, deployment_id, object_id) VALUES "   \
    "(" ID("2") ", 'erasure.ledger_waived', now(), " NAMED(person) ", " LIST("waived") ", " ID(    \
        "1") ");"
#define BEGIN_AND_MISS                                                                             \
    "SELECT overt.erasure_begin(" LIST("waived") ", " NAMED(                                       \
        "officer") "); SELECT overt.erasure_key_missing(" LIST("waived") ");"
#define LEAVE_OUT "SELECT overt.erasure_without_ledger(" LIST("waived") ", " ID("1") ");"

/* One approved entry, and over. */
static void closed(struct fixture *f, const char *name)
{
    struct deployment d = pg_seed_deployment(f->store, name, &f->applicant, &f->site);
    struct ov_id entry = pg_seed_entry(f->store, &d, &f->manager, NULL);
    pg_seed_approve(f->store, &d, &entry, &f->reviewer);
    pg_seed_live(f->store, &d, &f->officer);
    act(f->store,
        store_deployment_set_state(f->store, &d.id, DEPLOYMENT_CLOSED, now_us(), &act_err));
}

static int set_up(void **state)
{
    int rc = fixture_start(state);
    struct fixture *f = *state;
    (void)pg_seed_person(f->store, "dora", ROLE_DATA_PROTECTION);
    (void)pg_seed_person(f->store, "dana", ROLE_DATA_PROTECTION);
    (void)pg_seed_person(f->store, "ina", ROLE_ADMINISTRATOR);
    (void)pg_seed_person(f->store, "both", ROLE_DATA_PROTECTION | ROLE_AUTHORISING_OFFICER);
    (void)pg_seed_deployment(f->store, "open", &f->applicant, &f->site);
    closed(f, "waived");
    closed(f, "another");
    return rc;
}

static void data_protection_asks_once_for_a_list_that_is_over(void **state)
{
    struct fixture *f = *state;
    pg_allows(f->pg, "server", ASK("dora"));
    pg_refuses(f->pg, "server", "role_required", ASK("officer"));
    pg_refuses(f->pg, "server", "role_required", ASK("ina"));
    pg_refuses(f->pg, "server", "person_required", ASK("north-gate"));
    pg_refuses(f->pg, "server", "erasure_state", ASK_FOR("1", "open", "list_key_lost", "dora"));
    pg_refuses(f->pg, "server", "ledger_waiver_reason", ASK_FOR("1", "waived", "haste", "dora"));
    pg_refuses(f->pg, "server", "ledger_waiver_once",
               ASK("dora") ASK_FOR("3", "waived", "list_key_lost", "dana"));
    pg_refuses(f->pg, "server", "ledger_waiver_late", BEGIN_AND_MISS ASK("dora"));
    pg_wants_event(f->pg, "server", ASK("dora"));
    /* What the server may not even say. */
    pg_refuses(f->pg, "server", "42501",
               "INSERT INTO overt.ledger_waiver (id, deployment_id, reason, asked_by, state) "
               "VALUES (" ID("1") ", " LIST("waived") ", 'list_key_lost', " NAMED(
                   "dora") ", 'confirmed')");
}

static void another_person_who_is_an_authorising_officer_confirms_once(void **state)
{
    struct fixture *f = *state;
    pg_allows(f->pg, "server", ASK("dora") CONFIRM("officer"));
    pg_refuses(f->pg, "server", "ledger_waiver_two_people", ASK("dora") CONFIRM("dora"));
    pg_refuses(f->pg, "server", "ledger_waiver_two_people", ASK("both") CONFIRM("both"));
    pg_refuses(f->pg, "server", "role_required", ASK("dora") CONFIRM("dana"));
    pg_refuses(f->pg, "server", "role_required", ASK("dora") CONFIRM("ina"));
    pg_refuses(f->pg, "server", "ledger_waiver_step",
               ASK("dora") CONFIRM("officer") CONFIRM("both"));
    pg_refuses(f->pg, "server", "42501",
               ASK("dora") "UPDATE overt.ledger_waiver SET asked_by = " NAMED("dana"));
    pg_refuses(f->pg, "admin", "ledger_waiver_step",
               ASK("dora") "UPDATE overt.ledger_waiver SET state = 'confirmed', reason = "
                           "'ledger_key_lost', decided_by = " NAMED("officer"));
}

static void without_the_two_the_ledger_is_not_left_out(void **state)
{
    struct fixture *f = *state;
    pg_refuses(f->pg, "server", "ledger_not_waived", BEGIN_AND_MISS LEAVE_OUT);
    pg_refuses(f->pg, "server", "ledger_not_waived", ASK("dora") BEGIN_AND_MISS LEAVE_OUT);
    pg_refuses(
        f->pg, "server", "ledger_not_waived",
        ASK("dora") "UPDATE overt.ledger_waiver SET state = 'withdrawn', decided_by = " NAMED(
            "dora") ";" BEGIN_AND_MISS LEAVE_OUT);
    /* For another list; or for a key that is there. */
    pg_refuses(f->pg, "server", "ledger_not_waived",
               ASK_FOR("1", "another", "list_key_lost", "dora") CONFIRM("officer") TELL("officer")
                   BEGIN_AND_MISS LEAVE_OUT);
    pg_refuses(f->pg, "server", "ledger_not_waived",
               ASK("dora") CONFIRM("officer") TELL("officer") "SELECT overt.erasure_begin(" LIST(
                   "waived") ", " NAMED("officer") ");" LEAVE_OUT);
    pg_refuses(f->pg, "server", "ledger_waiver_alarm",
               ASK("dora") CONFIRM("officer") BEGIN_AND_MISS LEAVE_OUT);
    pg_allows(f->pg, "server",
              ASK("dora") CONFIRM("officer") TELL("officer") BEGIN_AND_MISS LEAVE_OUT);
    pg_allows(f->pg, "server",
              ASK_FOR("1", "waived", "ledger_key_lost", "dora") CONFIRM("officer") TELL("officer")
                  BEGIN_AND_MISS LEAVE_OUT);
    pg_refuses(f->pg, "server", "erasure_order",
               ASK("dora") CONFIRM("officer") TELL("officer") BEGIN_AND_MISS LEAVE_OUT LEAVE_OUT);
}

static void neither_of_the_two_clears_the_alarm(void **state)
{
    struct fixture *f = *state;
#define CLEAR(person)                                                                              \
    "UPDATE overt.alarm SET cleared_at = now(), cleared_by = " NAMED(person) " WHERE id = " ID("2")
    pg_refuses(f->pg, "server", "alarm_two_people",
               ASK("dora") CONFIRM("officer") TELL("officer") CLEAR("officer"));
    pg_refuses(f->pg, "server", "alarm_two_people",
               ASK("dora") CONFIRM("officer") TELL("officer") CLEAR("dora"));
    pg_allows(f->pg, "server", ASK("dora") CONFIRM("officer") TELL("officer") CLEAR("dana"));
}

static void after_seven_days_it_is_not_confirmed_and_may_be_asked_for_again(void **state)
{
    struct fixture *f = *state;
    pg_sql(f->pg, "admin",
           "SET session_replication_role = replica; INSERT INTO overt.ledger_waiver (id, "
           "deployment_id, reason, asked_by, asked_at, expires_at) VALUES (" ID("1") ", " LIST(
               "waived") ", 'list_key_lost', " NAMED("dora") ", now() - interval "
                                                             "'8 days', now() - interval '1 day')");
    pg_refuses(f->pg, "server", "ledger_waiver_expired", CONFIRM("officer"));
    pg_allows(f->pg, "server", ASK_FOR("3", "waived", "list_key_lost", "dora"));
}

int run_waiver_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_protection_asks_once_for_a_list_that_is_over),
        cmocka_unit_test(another_person_who_is_an_authorising_officer_confirms_once),
        cmocka_unit_test(without_the_two_the_ledger_is_not_left_out),
        cmocka_unit_test(neither_of_the_two_clears_the_alarm),
        cmocka_unit_test(after_seven_days_it_is_not_confirmed_and_may_be_asked_for_again),
    };
    return cmocka_run_group_tests_name("waivers", tests, set_up, fixture_stop);
}

/* Attacks by SQL, and by what they were refused. */
#include "tests/integration/pg/pg.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <libpq-fe.h>

struct outcome {
    bool fine;
    char sqlstate[6];
    char constraint[64]; /* "" when none was named */
    char message[512];
};

static void run(PGconn *conn, const char *sql, struct outcome *ret)
{
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    ret->fine = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    (void)snprintf(ret->sqlstate, sizeof(ret->sqlstate), "%s", state != NULL ? state : "");
    (void)snprintf(ret->constraint, sizeof(ret->constraint), "%s",
                   constraint != NULL ? constraint : "");
    (void)snprintf(ret->message, sizeof(ret->message), "%s", PQresultErrorMessage(result));
    PQclear(result);
}

/* Only these may write events; what the others try is refused for want of a right anyhow. */
static bool writes_events(const char *role)
{
    return strcmp(role, "server") == 0 || strcmp(role, "owner") == 0 || strcmp(role, "admin") == 0;
}

/* Begins, writes the event, tries, and has what is deferred checked; then rolls back. */
static struct outcome attack(struct pg *pg, const char *role, const char *sql, bool with_event)
{
    struct outcome outcome;
    PGconn *conn = PQconnectdb(pg_conninfo(pg, role));
    if (PQstatus(conn) != CONNECTION_OK)
        fail_msg("cannot connect as %s: %s", role, PQerrorMessage(conn));
    run(conn, "BEGIN", &outcome);
    if (outcome.fine && with_event)
        run(conn, PG_WRITE_EVENT, &outcome);
    if (!outcome.fine)
        fail_msg("no event as %s: %s", role, outcome.message);
    run(conn, sql, &outcome);
    if (outcome.fine)
        run(conn, "SET CONSTRAINTS ALL IMMEDIATE", &outcome);
    PQfinish(conn);
    return outcome;
}

void pg_refuses(struct pg *pg, const char *role, const char *wanted, const char *sql)
{
    struct outcome outcome = attack(pg, role, sql, writes_events(role));
    bool by_state = wanted[0] >= '0' && wanted[0] <= '9';
    if (outcome.fine)
        fail_msg("%s was allowed: %s", role, sql);
    if (strcmp(by_state ? outcome.sqlstate : outcome.constraint, wanted) != 0)
        fail_msg("%s got %s \"%s\" (%s), not %s: %s", role, outcome.sqlstate, outcome.constraint,
                 outcome.message, wanted, sql);
}

void pg_allows(struct pg *pg, const char *role, const char *sql)
{
    struct outcome outcome = attack(pg, role, sql, writes_events(role));
    if (!outcome.fine)
        fail_msg("%s got %s \"%s\" (%s): %s", role, outcome.sqlstate, outcome.constraint,
                 outcome.message, sql);
}

void pg_wants_event(struct pg *pg, const char *role, const char *sql)
{
    struct outcome outcome = attack(pg, role, sql, false);
    if (outcome.fine || strcmp(outcome.constraint, "audit_required") != 0)
        fail_msg("%s without an event: %s \"%s\" (%s): %s", role, outcome.sqlstate,
                 outcome.constraint, outcome.message, sql);
    pg_allows(pg, role, sql);
}

/* The connection: opening it with all checks, transactions, durability. */
#include "server/store/store.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "server/store/session.h"
#include "server/store/statement.h"

const char *store_known_schema(void)
{
    return STORE_SCHEMA_VERSION;
}

enum ov_status session_check(const struct store *store, struct ov_error *err)
{
    if (store->conn == NULL || PQstatus(store->conn) != CONNECTION_OK)
        return ov_fail(err, OV_ERR_UNAVAILABLE, "store.down", "no connection to the database");
    if (store->streaming)
        return ov_fail(err, OV_ERR_STATE, "store.streaming",
                       "rows are still being read on this connection");
    if (PQtransactionStatus(store->conn) == PQTRANS_INERROR)
        return ov_fail(err, OV_ERR_STATE, "store.aborted",
                       "an earlier step of this transaction failed; roll it back");
    return OV_OK;
}

bool session_in_transaction(const struct store *store)
{
    PGTransactionStatusType state = PQtransactionStatus(store->conn);
    return state == PQTRANS_INTRANS || state == PQTRANS_INERROR;
}

bool store_in_transaction(const struct store *store)
{
    return session_in_transaction(store);
}

/*
 * PostgreSQL says in a warning that a commit is on its own disk but perhaps on no standby's: when
 * the wait was cancelled (01000) or the session was being ended (57P01). The text is translated on
 * some systems, the codes never are.
 */
static void on_notice(void *ctx, const PGresult *notice)
{
    struct store *store = ctx;
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *sqlstate = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
    if (severity == NULL || sqlstate == NULL || strcmp(severity, "WARNING") != 0)
        return;
    if (strcmp(sqlstate, "01000") == 0 || strcmp(sqlstate, "57P01") == 0)
        store->not_synced = true;
    char quoted[200];
    ov_log(OV_LOG_WARNING, "store", "notice", "sqlstate=%s message=%s", sqlstate,
           ov_log_quote(message != NULL ? message : "", quoted, sizeof(quoted)));
}

/* --- opening ------------------------------------------------------------------------------- */

struct role_answer {
    char name[64];
    bool fit;
};

static enum ov_status on_role(void *ctx, struct row *row, struct ov_error *err)
{
    struct role_answer *answer = ctx;
    row_text(row, answer->name, sizeof(answer->name));
    answer->fit = row_bool(row);
    return row_done(row, err);
}

static enum ov_status check_role(struct store *store, struct ov_error *err)
{
    struct role_answer answer = {"?", false};
    enum ov_status status =
        statement_each(store, STATEMENT_CHECK_ROLE, NULL, on_role, &answer, NULL, err);
    if (status == OV_OK && !answer.fit)
        status = ov_fail(err, OV_ERR_DENIED, "store.role",
                         "the database role \"%s\" owns something or can change the schema; "
                         "connect as overt_server",
                         answer.name);
    return status;
}

struct schema_answer {
    char newest[32];
    int64_t count;
};

static enum ov_status on_schema(void *ctx, struct row *row, struct ov_error *err)
{
    struct schema_answer *answer = ctx;
    row_text(row, answer->newest, sizeof(answer->newest));
    answer->count = row_i64(row);
    return row_done(row, err);
}

static enum ov_status refuse_schema(const struct schema_answer *found, struct ov_error *err)
{
    if (found->count == 0)
        return ov_fail(err, OV_ERR_STATE, "store.schema_version",
                       "the database has no schema of Overt; run: dbmate --migrations-dir "
                       "migrations up");
    if (strcmp(found->newest, STORE_SCHEMA_VERSION) > 0)
        return ov_fail(err, OV_ERR_STATE, "store.schema_version",
                       "the database's schema is %s and newer than this program, which knows %s; "
                       "install the version of Overt that belongs to it",
                       found->newest, STORE_SCHEMA_VERSION);
    return ov_fail(err, OV_ERR_STATE, "store.schema_version",
                   "the database's schema is %s (%lld migrations) and this program needs %s (%d); "
                   "run: dbmate --migrations-dir migrations up",
                   found->newest, (long long)found->count, STORE_SCHEMA_VERSION,
                   STORE_MIGRATION_COUNT);
}

static enum ov_status check_schema(struct store *store, struct ov_error *err)
{
    struct schema_answer found = {"", 0};
    struct ov_error why = OV_ERROR_INIT;
    enum ov_status status = statement_prepare(store, STATEMENT_CHECK_SCHEMA, &why);
    if (status == OV_OK)
        status = statement_each(store, STATEMENT_CHECK_SCHEMA, NULL, on_schema, &found, NULL, &why);
    if (status == OV_ERR_NOT_FOUND && strcmp(why.code, "store.no_table") == 0)
        return refuse_schema(&found, err);
    if (status == OV_ERR_DENIED)
        return ov_fail(err, OV_ERR_DENIED, "store.role",
                       "this database role may not see the schema's version; connect as "
                       "overt_server, after running: dbmate --migrations-dir migrations up");
    if (status != OV_OK)
        return ov_fail(err, status, why.code, "%s", why.text);
    if (strcmp(found.newest, STORE_SCHEMA_VERSION) != 0 || found.count != STORE_MIGRATION_COUNT)
        return refuse_schema(&found, err);
    return OV_OK;
}

static enum ov_status on_session(void *ctx, struct row *row, struct ov_error *err)
{
    (void)ctx;
    char fsync[8];
    row_text(row, fsync, sizeof(fsync));
    if (strcmp(fsync, "off") == 0)
        ov_log(OV_LOG_WARNING, "store", "fsync_off",
               "text=\"the database loses committed work when its machine stops\"");
    return row_done(row, err);
}

static enum ov_status greet(struct store *store, struct ov_error *err)
{
    enum ov_status status = statement_prepare(store, STATEMENT_SESSION, err);
    if (status == OV_OK)
        status = statement_each(store, STATEMENT_SESSION, NULL, on_session, NULL, NULL, err);
    if (status == OV_OK)
        status = statement_prepare(store, STATEMENT_CHECK_ROLE, err);
    if (status == OV_OK)
        status = check_role(store, err);
    if (status == OV_OK)
        status = check_schema(store, err);
    if (status == OV_OK)
        status = statement_prepare_all(store, err);
    return status;
}

/* The first line of libpq's own words, which name the host and the reason. */
static enum ov_status refuse_connection(const struct store *store, struct ov_error *err)
{
    char reason[256];
    const char *message = store->conn != NULL ? PQerrorMessage(store->conn) : "out of memory";
    size_t length = strcspn(message, "\n");
    if (length >= sizeof(reason))
        length = sizeof(reason) - 1;
    memcpy(reason, message, length);
    reason[length] = '\0';
    return ov_fail(err, OV_ERR_UNAVAILABLE, "store.down", "cannot reach the database: %s", reason);
}

static void disconnect(struct store *store)
{
    PQfinish(store->conn);
    store->conn = NULL;
    store->suspect = false;
    store->streaming = false;
    store->not_synced = false;
}

static enum ov_status connect_now(struct store *store, struct ov_error *err)
{
    /* Before dbname: defaults that the conninfo may override. After it: what it may not. */
    static const char *const keywords[] = {"connect_timeout",      "fallback_application_name",
                                           "tcp_user_timeout",     "keepalives_idle",
                                           "keepalives_interval", /* the system's is 75 s */
                                           "target_session_attrs", "dbname",
                                           "client_encoding",      NULL};
    const char *const values[] = {"5",          "overtd",        "10000", "10", "5",
                                  "read-write", store->conninfo, "UTF8",  NULL};
    disconnect(store);
    store->conn = PQconnectdbParams(keywords, values, 1);
    if (store->conn == NULL || PQstatus(store->conn) != CONNECTION_OK) {
        enum ov_status status = refuse_connection(store, err);
        disconnect(store);
        return status;
    }
    (void)PQsetNoticeReceiver(store->conn, on_notice, store);
    bool owes_wait = store->owes_wait; /* not to be paid by the greeting's own statements */
    store->owes_wait = false;
    enum ov_status status = greet(store, err);
    store->owes_wait = owes_wait;
    if (status != OV_OK)
        disconnect(store);
    return status;
}

/* Secrets are given as files only. */
static enum ov_status check_conninfo(const char *conninfo, struct ov_error *err)
{
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(conninfo, &message);
    PQfreemem(message); /* it may quote what it could not read */
    if (options == NULL)
        return ov_fail(err, OV_ERR_INVALID, "store.conninfo",
                       "the database's connection string cannot be read; see \"Connection "
                       "Strings\" in PostgreSQL's libpq manual");
    enum ov_status status = OV_OK;
    for (const PQconninfoOption *at = options; at->keyword != NULL; at++)
        if (strcmp(at->keyword, "password") == 0 && at->val != NULL)
            status = ov_fail(err, OV_ERR_INVALID, "store.conninfo",
                             "the database's connection string holds a password; use peer, a "
                             "certificate, or passfile=FILE");
    PQconninfoFree(options);
    return status;
}

enum ov_status store_open(const char *conninfo, struct store **ret_store, struct ov_error *err)
{
    enum ov_status status = check_conninfo(conninfo, err);
    if (status != OV_OK)
        return status;
    struct store *store = calloc(1, sizeof(*store));
    if (store == NULL || (store->conninfo = strdup(conninfo)) == NULL) {
        free(store);
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    }
    status = connect_now(store, err);
    if (status != OV_OK) {
        store_close(store);
        return status;
    }
    *ret_store = store;
    return OV_OK;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    disconnect(store);
    free(store->conninfo);
    free(store);
}

enum ov_status store_ensure(struct store *store, struct ov_error *err)
{
    if (store->streaming)
        return session_check(store, err);
    if (store->conn != NULL && PQstatus(store->conn) == CONNECTION_OK && !store->suspect) {
        int64_t now_us = 0;
        if (session_in_transaction(store) || store_now(store, &now_us, NULL) == OV_OK)
            return OV_OK;
    }
    return connect_now(store, err);
}

/* --- transactions -------------------------------------------------------------------------- */

enum ov_status store_begin(struct store *store, struct ov_error *err)
{
    enum ov_status status = session_check(store, err);
    if (status != OV_OK)
        return status;
    if (session_in_transaction(store))
        return ov_fail(err, OV_ERR_STATE, "store.in_transaction", "a transaction is open already");
    PGresult *result = PQexec(store->conn, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        status = failure_translate(store, result, "begin", err);
    PQclear(result);
    return status;
}

/* What a COMMIT that was sent came to. */
static enum ov_status judge_commit(struct store *store, PGresult *result, struct ov_error *err)
{
    if (PQstatus(store->conn) != CONNECTION_OK) {
        store->owes_wait = true;
        return ov_fail(err, OV_ERR_UNAVAILABLE, "store.not_durable",
                       "the connection broke during the commit; do the same again");
    }
    /* A refusal, not an outage: nothing was committed, and PostgreSQL has rolled back. */
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        return failure_translate(store, result, "commit", err);
    if (strcmp(PQcmdStatus(result), "COMMIT") != 0)
        return ov_fail(err, OV_ERR_INTERNAL, "store.rolled_back",
                       "the transaction had failed before and was rolled back");
    store->owes_wait = store->not_synced;
    if (store->not_synced)
        return ov_fail(err, OV_ERR_UNAVAILABLE, "store.not_durable",
                       "the database may not have replicated the commit; do the same again");
    return OV_OK;
}

enum ov_status store_commit(struct store *store, struct ov_error *err)
{
    enum ov_status status = statement_need_transaction(store, err);
    if (status == OV_OK)
        status = session_pay_wait(store, err);
    if (status != OV_OK) {
        store_rollback(store);
        return status;
    }
    store->not_synced = false;
    PGresult *result = PQexec(store->conn, "COMMIT");
    status = judge_commit(store, result, err);
    PQclear(result);
    return status;
}

void store_rollback(struct store *store)
{
    if (store->conn == NULL || PQstatus(store->conn) != CONNECTION_OK || store->streaming ||
        !session_in_transaction(store))
        return;
    PGresult *result = PQexec(store->conn, "ROLLBACK");
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        store->suspect = true; /* store_ensure makes a new connection, which rolls back */
    PQclear(result);
}

static enum ov_status on_now(void *ctx, struct row *row, struct ov_error *err)
{
    int64_t *ret = ctx;
    *ret = row_time(row);
    return row_done(row, err);
}

enum ov_status store_now(struct store *store, int64_t *ret_utc_us, struct ov_error *err)
{
    return statement_each(store, STATEMENT_NOW, NULL, on_now, ret_utc_us, NULL, err);
}

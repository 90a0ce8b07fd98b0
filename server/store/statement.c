/* Runs prepared statements and hands out their rows. Blocks; on the store's own thread. */
#include "server/store/statement.h"

#include <string.h>

#include "server/store/session.h"

enum ov_status statement_prepare(struct store *store, enum statement statement,
                                 struct ov_error *err)
{
    const struct statement_text *text = &statement_texts[statement];
    PGresult *result = PQprepare(store->conn, text->name, text->sql, 0, NULL);
    enum ov_status status = OV_OK;
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        status = failure_translate(store, result, text->name, err);
    PQclear(result);
    return status;
}

enum ov_status statement_prepare_all(struct store *store, struct ov_error *err)
{
    for (enum statement i = 0; i < STATEMENT_COUNT; i++) {
        /* These three ran already: they decide whether the rest may be prepared at all. */
        if (i == STATEMENT_SESSION || i == STATEMENT_CHECK_ROLE || i == STATEMENT_CHECK_SCHEMA)
            continue;
        enum ov_status status = statement_prepare(store, i, err);
        if (status != OV_OK)
            return status;
    }
    return OV_OK;
}

/* Before anything is sent: the connection, the parameters, the state of the transaction. */
static enum ov_status check_sendable(struct store *store, const struct params *params,
                                     struct ov_error *err)
{
    if (params != NULL && params->count > PARAMS_MAX)
        return ov_fail(err, OV_ERR_LIMIT, "store.parameters",
                       "more or larger values than one statement takes");
    enum ov_status status = session_check(store, err);
    store->not_synced = false;
    return status;
}

static PGresult *execute(struct store *store, enum statement statement, const struct params *params)
{
    static const struct params none;
    const struct params *given = params != NULL ? params : &none;
    return PQexecPrepared(store->conn, statement_texts[statement].name, given->count, given->values,
                          given->lengths, given->formats, 1);
}

enum ov_status session_pay_wait(struct store *store, struct ov_error *err)
{
    if (!store->owes_wait)
        return OV_OK;
    PGresult *result = execute(store, STATEMENT_FORCE_WAIT, NULL);
    enum ov_status status = OV_OK;
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        status = failure_translate(store, result, "force_wait", err);
    PQclear(result);
    return status;
}

/* A statement of its own commits by itself: its success has to be as durable as a commit's. */
static enum ov_status check_synced(struct store *store, struct ov_error *err)
{
    if (!store->not_synced || session_in_transaction(store))
        return OV_OK;
    store->owes_wait = true;
    return ov_fail(err, OV_ERR_UNAVAILABLE, "store.not_durable",
                   "the database may not have replicated the change; do it again");
}

/* After a change that commits by itself. Reading never waits for a standby. */
static enum ov_status pay_wait_now(struct store *store, PGresult *result, struct ov_error *err)
{
    if (!store->owes_wait || session_in_transaction(store) ||
        strcmp(PQcmdStatus(result), "LISTEN") == 0)
        return OV_OK;
    enum ov_status status = session_pay_wait(store, err);
    if (status == OV_OK)
        status = check_synced(store, err);
    store->owes_wait = status != OV_OK;
    return status;
}

/* PQcmdTuples is text; "" for commands that count nothing. */
static int64_t affected_rows(PGresult *result)
{
    int64_t count = 0;
    for (const char *at = PQcmdTuples(result); *at >= '0' && *at <= '9'; at++)
        count = count * 10 + (*at - '0');
    return count;
}

enum ov_status statement_run(struct store *store, enum statement statement,
                             const struct params *params, int64_t *ret_affected,
                             struct ov_error *err)
{
    enum ov_status status = check_sendable(store, params, err);
    if (status != OV_OK)
        return status;
    PGresult *result = execute(store, statement, params);
    ExecStatusType outcome = PQresultStatus(result);
    if (outcome != PGRES_COMMAND_OK && outcome != PGRES_TUPLES_OK)
        status = failure_translate(store, result, statement_texts[statement].name, err);
    else
        status = check_synced(store, err);
    if (status == OV_OK)
        status = pay_wait_now(store, result, err);
    if (status == OV_OK && ret_affected != NULL)
        *ret_affected = affected_rows(result);
    PQclear(result);
    return status;
}

static enum ov_status hand_out(const PGresult *result, statement_on_row on_row, void *ctx,
                               struct ov_error *err)
{
    for (int i = 0; i < PQntuples(result); i++) {
        struct row row = {.result = result, .number = i};
        enum ov_status status = on_row(ctx, &row, err);
        if (status != OV_OK)
            return status;
    }
    return OV_OK;
}

enum ov_status statement_each(struct store *store, enum statement statement,
                              const struct params *params, statement_on_row on_row, void *ctx,
                              int64_t *ret_count, struct ov_error *err)
{
    enum ov_status status = check_sendable(store, params, err);
    if (status != OV_OK)
        return status;
    PGresult *result = execute(store, statement, params);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        status = failure_translate(store, result, statement_texts[statement].name, err);
    else
        status = check_synced(store, err);
    if (status == OV_OK && ret_count != NULL)
        *ret_count = PQntuples(result);
    if (status == OV_OK)
        status = hand_out(result, on_row, ctx, err);
    PQclear(result);
    return status;
}

enum ov_status statement_stream(struct store *store, enum statement statement,
                                const struct params *params, statement_on_row on_row, void *ctx,
                                struct ov_error *err)
{
    enum ov_status status = check_sendable(store, params, err);
    if (status != OV_OK)
        return status;
    const char *name = statement_texts[statement].name;
    if (PQsendQueryPrepared(store->conn, name, params->count, params->values, params->lengths,
                            params->formats, 1) != 1 ||
        PQsetSingleRowMode(store->conn) != 1)
        return failure_translate(store, NULL, name, err);
    store->streaming = true;
    bool complete = false;
    /* All results are taken, also after a failure: the connection is free again only then. */
    for (PGresult *result = PQgetResult(store->conn); result != NULL;
         result = PQgetResult(store->conn)) {
        ExecStatusType outcome = PQresultStatus(result);
        if (outcome == PGRES_TUPLES_OK)
            complete = true;
        else if (outcome != PGRES_SINGLE_TUPLE && status == OV_OK)
            status = failure_translate(store, result, name, err);
        if (status == OV_OK)
            status = hand_out(result, on_row, ctx, err);
        PQclear(result);
    }
    store->streaming = false;
    if (status == OV_OK && !complete)
        status = failure_translate(store, NULL, name, err);
    return status;
}

enum ov_status statement_need_transaction(struct store *store, struct ov_error *err)
{
    enum ov_status status = session_check(store, err);
    if (status == OV_OK && !session_in_transaction(store))
        status = ov_fail(err, OV_ERR_STATE, "store.no_transaction",
                         "this is done inside a transaction only");
    return status;
}

enum ov_status statement_group_begin(struct store *store, bool *ret_own, struct ov_error *err)
{
    enum ov_status status = session_check(store, err);
    if (status != OV_OK)
        return status;
    *ret_own = !session_in_transaction(store);
    return *ret_own ? store_begin(store, err) : OV_OK;
}

enum ov_status statement_group_end(struct store *store, bool own, enum ov_status status,
                                   struct ov_error *err)
{
    if (!own)
        return status;
    if (status == OV_OK)
        return store_commit(store, err);
    store_rollback(store);
    return status;
}

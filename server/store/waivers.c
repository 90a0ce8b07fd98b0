/* Waivers of the ledger. */
#include "server/store/waivers.h"

#include "server/store/statement.h"

const char *waiver_reason_name(int reason)
{
    static const char *const names[] = {"list_key_lost", "ledger_key_lost"};
    return names[reason];
}

const char *waiver_state_name(int state)
{
    static const char *const names[] = {"asked", "confirmed", "withdrawn"};
    return names[state];
}

enum ov_status store_waiver_ask(struct store *store, const struct ledger_waiver *waiver,
                                struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, &waiver->id);
    params_id(&params, &waiver->deployment_id);
    params_text(&params, waiver_reason_name((int)waiver->reason));
    params_id(&params, &waiver->asked_by);
    return statement_run(store, STATEMENT_LEDGER_WAIVER_ADD, &params, NULL, err);
}

static void read_waiver(struct row *row, struct ledger_waiver *ret)
{
    *ret = (struct ledger_waiver){.asked_at_us = 0};
    row_id(row, &ret->id);
    row_id(row, &ret->deployment_id);
    ret->reason = (enum waiver_reason)row_choice(row, waiver_reason_name, WAIVER_REASONS);
    row_id(row, &ret->asked_by);
    ret->asked_at_us = row_time(row);
    ret->expires_at_us = row_time(row);
    ret->state = (enum waiver_state)row_choice(row, waiver_state_name, WAIVER_WITHDRAWN + 1);
    row_id(row, &ret->decided_by);
    ret->decided_at_us = row_time(row);
}

static enum ov_status on_one(void *ctx, struct row *row, struct ov_error *err)
{
    read_waiver(row, ctx);
    return row_done(row, err);
}

enum ov_status store_waiver_lock(struct store *store, const struct ov_id *id,
                                 struct ledger_waiver *ret, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    struct ledger_waiver found;
    int64_t count = 0;
    enum ov_status status = statement_need_transaction(store, err);
    if (status != OV_OK)
        return status;
    params_id(&params, id);
    status =
        statement_each(store, STATEMENT_LEDGER_WAIVER_LOCK, &params, on_one, &found, &count, err);
    if (status == OV_OK && count == 0)
        status = ov_fail(err, OV_ERR_NOT_FOUND, "waiver.unknown",
                         "there is no such waiver; 'overtctl erasure waivers' shows them");
    if (status == OV_OK)
        *ret = found;
    return status;
}

enum ov_status store_waiver_decide(struct store *store, const struct ov_id *id,
                                   enum waiver_state state, const struct ov_id *by,
                                   struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    params_text(&params, waiver_state_name((int)state));
    params_id(&params, by);
    return statement_run(store, STATEMENT_LEDGER_WAIVER_DECIDE, &params, NULL, err);
}

enum ov_status store_waiver_confirmed(struct store *store, const struct ov_id *deployment_id,
                                      enum waiver_reason reason, struct ledger_waiver *ret,
                                      struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    struct ledger_waiver found;
    int64_t count = 0;
    params_id(&params, deployment_id);
    params_text(&params, waiver_reason_name((int)reason));
    enum ov_status status = statement_each(store, STATEMENT_LEDGER_WAIVER_CONFIRMED, &params,
                                           on_one, &found, &count, err);
    if (status == OV_OK && count == 0)
        status =
            ov_fail(err, OV_ERR_NOT_FOUND, "waiver.none", "nobody has waived this list's ledger");
    if (status == OV_OK)
        *ret = found;
    return status;
}

struct waiver_sink {
    enum ov_status (*on_row)(void *ctx, const struct ledger_waiver *waiver);
    void *ctx;
};

static enum ov_status on_each(void *ctx, struct row *row, struct ov_error *err)
{
    const struct waiver_sink *sink = ctx;
    struct ledger_waiver waiver;
    read_waiver(row, &waiver);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &waiver) : status;
}

enum ov_status store_waiver_each(struct store *store, const struct store_page *page,
                                 enum ov_status (*on_row)(void *ctx, const struct ledger_waiver *),
                                 void *ctx, struct ov_error *err)
{
    struct waiver_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, page->after);
    params_i64(&params, page->limit);
    return statement_each(store, STATEMENT_LEDGER_WAIVER_EACH, &params, on_each, &sink, NULL, err);
}

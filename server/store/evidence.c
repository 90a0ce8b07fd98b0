/* Evidence holds. */
#include "server/store/evidence.h"

#include <string.h>

#include "server/store/statement.h"

struct sink {
    evidence_on_hold on_hold;
    void *ctx;
};

static enum ov_status on_row(void *ctx, struct row *row, struct ov_error *err)
{
    const struct sink *sink = ctx;
    struct evidence_hold hold;
    memset(&hold, 0, sizeof(hold));
    row_id(row, &hold.id);
    row_id(row, &hold.alert_id);
    row_id(row, &hold.deployment_id);
    row_text(row, hold.outcome, sizeof(hold.outcome));
    row_text(row, hold.kind, sizeof(hold.kind));
    row_text(row, hold.brought_by, sizeof(hold.brought_by));
    hold.sealed_number = row_bytes(row);
    hold.ended_at_us = row_time(row);
    row_text(row, hold.end_reason, sizeof(hold.end_reason));
    row_id(row, &hold.ended_by);
    hold.in_force = row_bool(row);
    hold.review_at_us = row_time(row);
    row_id(row, &hold.proposed_by);
    row_id(row, &hold.confirmed_by);
    hold.confirmed_at_us = row_time(row);
    row_id(row, &hold.open_id);
    hold.open_review_at_us = row_time(row);
    row_id(row, &hold.open_by);
    hold.open_at_us = row_time(row);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_hold(sink->ctx, &hold) : status;
}

static enum ov_status fail_unknown(struct ov_error *err)
{
    return ov_fail(err, OV_ERR_NOT_FOUND, "evidence.unknown",
                   "there is no such hold; see the list of holds");
}

enum ov_status store_evidence_get(struct store *store, const struct ov_id *id,
                                  evidence_on_hold on_hold, void *ctx, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    struct sink sink = {on_hold, ctx};
    int64_t count = 0;
    params_id(&params, id);
    enum ov_status status =
        statement_each(store, STATEMENT_EVIDENCE_GET, &params, on_row, &sink, &count, err);
    return status == OV_OK && count == 0 ? fail_unknown(err) : status;
}

enum ov_status store_evidence_each(struct store *store, const struct ov_id *after, int limit,
                                   evidence_on_hold on_hold, void *ctx, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    struct sink sink = {on_hold, ctx};
    params_id(&params, after);
    params_i64(&params, limit);
    return statement_each(store, STATEMENT_EVIDENCE_EACH, &params, on_row, &sink, NULL, err);
}

static enum ov_status on_locked(void *ctx, struct row *row, struct ov_error *err)
{
    row_id(row, ctx);
    return row_done(row, err);
}

enum ov_status store_evidence_lock(struct store *store, const struct ov_id *id,
                                   struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    struct ov_id found;
    int64_t count = 0;
    enum ov_status status = statement_need_transaction(store, err);
    if (status != OV_OK)
        return status;
    params_id(&params, id);
    status =
        statement_each(store, STATEMENT_EVIDENCE_LOCK, &params, on_locked, &found, &count, err);
    return status == OV_OK && count == 0 ? fail_unknown(err) : status;
}

enum ov_status store_evidence_add(struct store *store, const struct evidence_hold *row,
                                  struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, &row->id);
    params_id(&params, &row->alert_id);
    params_id(&params, &row->deployment_id);
    params_text(&params, row->kind);
    params_text(&params, row->brought_by);
    params_bytes(&params, row->sealed_number.data, row->sealed_number.size);
    return statement_run(store, STATEMENT_EVIDENCE_ADD, &params, NULL, err);
}

enum ov_status store_evidence_term_add(struct store *store, const struct ov_id *hold_id,
                                       int64_t review_at_us, const struct ov_id *by,
                                       struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    struct ov_id id = ov_id_new();
    params_id(&params, &id);
    params_id(&params, hold_id);
    params_time(&params, review_at_us);
    params_id(&params, by);
    return statement_run(store, STATEMENT_EVIDENCE_TERM_ADD, &params, NULL, err);
}

enum ov_status store_evidence_confirm(struct store *store, const struct ov_id *hold_id,
                                      const struct ov_id *by, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    int64_t affected = 0;
    params_id(&params, hold_id);
    params_id(&params, by);
    enum ov_status status =
        statement_run(store, STATEMENT_EVIDENCE_TERM_CONFIRM, &params, &affected, err);
    if (status == OV_OK && affected == 0)
        status = ov_fail(err, OV_ERR_STATE, "evidence.nothing_open",
                         "nothing about this hold waits for confirmation");
    return status;
}

enum ov_status store_evidence_end(struct store *store, const struct ov_id *hold_id,
                                  const struct ov_id *by, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    int64_t affected = 0;
    params_id(&params, hold_id);
    params_text(&params, by != NULL ? "released" : "lapsed");
    params_id(&params, by);
    enum ov_status status = statement_run(store, STATEMENT_EVIDENCE_END, &params, &affected, err);
    if (status == OV_OK && affected == 0)
        status = ov_fail(err, OV_ERR_STATE, "evidence.over", "this hold has ended already");
    return status;
}

static enum ov_status on_lapsed(void *ctx, struct row *row, struct ov_error *err)
{
    const struct sink *sink = ctx;
    struct evidence_hold hold;
    memset(&hold, 0, sizeof(hold));
    row_id(row, &hold.id);
    row_id(row, &hold.alert_id);
    row_id(row, &hold.deployment_id);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_hold(sink->ctx, &hold) : status;
}

enum ov_status store_evidence_each_lapsed(struct store *store, evidence_on_hold on_hold, void *ctx,
                                          struct ov_error *err)
{
    struct sink sink = {on_hold, ctx};
    return statement_each(store, STATEMENT_EVIDENCE_EACH_LAPSED, NULL, on_lapsed, &sink, NULL, err);
}

struct event_sink {
    enum ov_status (*on_event)(void *ctx, const struct ov_id *event_id);
    void *ctx;
};

static enum ov_status on_event(void *ctx, struct row *row, struct ov_error *err)
{
    const struct event_sink *sink = ctx;
    struct ov_id id;
    row_id(row, &id);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_event(sink->ctx, &id) : status;
}

enum ov_status store_evidence_events(struct store *store, const struct ov_id *alert_id,
                                     const struct ov_id *hold_id,
                                     enum ov_status (*on_event_id)(void *ctx,
                                                                   const struct ov_id *event_id),
                                     void *ctx, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    struct event_sink sink = {on_event_id, ctx};
    params_id(&params, alert_id);
    params_id(&params, hold_id);
    return statement_each(store, STATEMENT_EVIDENCE_EVENTS, &params, on_event, &sink, NULL, err);
}

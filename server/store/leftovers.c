/* Looking for leftovers. Everything is streamed: there may be many alerts. */
#include "server/store/leftovers.h"

#include "server/store/statement.h"

struct leftover_sink {
    store_on_leftover on_row;
    void *ctx;
};

static enum ov_status on_leftover(void *ctx, struct row *row, struct ov_error *err)
{
    const struct leftover_sink *sink = ctx;
    struct leftover_row leftover;
    row_text(row, leftover.code, sizeof(leftover.code));
    row_id(row, &leftover.id);
    leftover.since_us = row_time(row);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &leftover) : status;
}

enum ov_status store_leftovers_lists(struct store *store, int64_t grace_s, store_on_leftover on_row,
                                     void *ctx, struct ov_error *err)
{
    struct leftover_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_i64(&params, grace_s);
    return statement_stream(store, STATEMENT_LEFTOVER_LISTS, &params, on_leftover, &sink, err);
}

enum ov_status store_leftovers_alerts(struct store *store, int64_t grace_s,
                                      store_on_leftover on_row, void *ctx, struct ov_error *err)
{
    struct leftover_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_i64(&params, grace_s);
    return statement_stream(store, STATEMENT_LEFTOVER_ALERTS, &params, on_leftover, &sink, err);
}

enum ov_status store_leftovers_ledger(struct store *store, store_on_leftover on_row, void *ctx,
                                      struct ov_error *err)
{
    struct leftover_sink sink = {on_row, ctx};
    struct params none = PARAMS_INIT;
    return statement_stream(store, STATEMENT_LEFTOVER_LEDGER, &none, on_leftover, &sink, err);
}

struct sealed_sink {
    enum ov_status (*on_row)(void *ctx, const struct sealed_owner *);
    void *ctx;
};

static enum ov_status on_sealed(void *ctx, struct row *row, struct ov_error *err)
{
    const struct sealed_sink *sink = ctx;
    struct sealed_owner owner;
    row_id(row, &owner.id);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &owner) : status;
}

enum ov_status store_sealed_lists(struct store *store,
                                  enum ov_status (*on_row)(void *ctx, const struct sealed_owner *),
                                  void *ctx, struct ov_error *err)
{
    struct sealed_sink sink = {on_row, ctx};
    struct params none = PARAMS_INIT;
    return statement_stream(store, STATEMENT_SEALED_LISTS, &none, on_sealed, &sink, err);
}

enum ov_status store_sealed_alerts(struct store *store,
                                   enum ov_status (*on_row)(void *ctx, const struct sealed_owner *),
                                   void *ctx, struct ov_error *err)
{
    struct sealed_sink sink = {on_row, ctx};
    struct params none = PARAMS_INIT;
    return statement_stream(store, STATEMENT_SEALED_ALERTS, &none, on_sealed, &sink, err);
}

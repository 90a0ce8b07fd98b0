/* Membership queries. */
#include "server/store/membership.h"

#include <string.h>

#include "server/store/statement.h"

const char *membership_state_name(int state)
{
    static const char *const names[] = {"asked", "answered", "withdrawn", "lapsed"};
    return names[state];
}

static void params_day(struct params *params, int32_t day)
{
    params_bool(params, day == MEMBERSHIP_ANY_DAY);
    params_i32(params, day == MEMBERSHIP_ANY_DAY ? 0 : day);
}

enum ov_status store_membership_ask(struct store *store, const struct membership_query *query,
                                    struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, &query->id);
    params_text(&params, query->request_number);
    params_id(&params, ov_id_is_zero(&query->deployment_id) ? NULL : &query->deployment_id);
    params_day(&params, query->day);
    params_id(&params, &query->asked_by);
    params_bytes(&params, query->commitment, sizeof(query->commitment));
    return statement_run(store, STATEMENT_MEMBERSHIP_QUERY_ADD, &params, NULL, err);
}

static void read_query(struct row *row, struct membership_query *ret)
{
    memset(ret, 0, sizeof(*ret));
    row_id(row, &ret->id);
    row_text(row, ret->request_number, sizeof(ret->request_number));
    row_id(row, &ret->deployment_id);
    bool any = row_bool(row);
    int32_t day = row_i32(row);
    ret->day = any ? MEMBERSHIP_ANY_DAY : day;
    row_id(row, &ret->asked_by);
    ret->asked_at_us = row_time(row);
    ret->expires_at_us = row_time(row);
    struct store_bytes commitment = row_bytes(row);
    ret->has_commitment = commitment.size == sizeof(ret->commitment);
    if (ret->has_commitment)
        memcpy(ret->commitment, commitment.data, sizeof(ret->commitment));
    ret->mismatches = row_i32(row);
    ret->state = (enum membership_state)row_choice(row, membership_state_name, 4);
    row_id(row, &ret->decided_by);
    ret->decided_at_us = row_time(row);
}

static enum ov_status on_one(void *ctx, struct row *row, struct ov_error *err)
{
    read_query(row, ctx);
    return row_done(row, err);
}

enum ov_status store_membership_query_lock(struct store *store, const struct ov_id *id,
                                           struct membership_query *ret, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    struct membership_query found;
    int64_t count = 0;
    enum ov_status status = statement_need_transaction(store, err);
    if (status != OV_OK)
        return status;
    params_id(&params, id);
    status = statement_each(store, STATEMENT_MEMBERSHIP_QUERY_LOCK, &params, on_one, &found, &count,
                            err);
    if (status == OV_OK && count == 0)
        status = ov_fail(err, OV_ERR_NOT_FOUND, "membership.unknown",
                         "there is no such query; 'overtctl membership list' shows them");
    if (status == OV_OK)
        *ret = found;
    return status;
}

enum ov_status store_membership_query_end(struct store *store, const struct ov_id *id,
                                          enum membership_state state, const struct ov_id *by,
                                          struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    params_text(&params, membership_state_name((int)state));
    params_id(&params, by);
    return statement_run(store, STATEMENT_MEMBERSHIP_QUERY_END, &params, NULL, err);
}

enum ov_status store_membership_query_mismatch(struct store *store, const struct ov_id *id,
                                               struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    return statement_run(store, STATEMENT_MEMBERSHIP_QUERY_MISMATCH, &params, NULL, err);
}

struct query_sink {
    enum ov_status (*on_row)(void *ctx, const struct membership_query *query);
    void *ctx;
};

static enum ov_status on_query(void *ctx, struct row *row, struct ov_error *err)
{
    const struct query_sink *sink = ctx;
    struct membership_query query;
    read_query(row, &query);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &query) : status;
}

enum ov_status
store_membership_query_each(struct store *store, const struct store_page *page,
                            enum ov_status (*on_row)(void *ctx, const struct membership_query *),
                            void *ctx, struct ov_error *err)
{
    struct query_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, page->after);
    params_i64(&params, page->limit);
    return statement_each(store, STATEMENT_MEMBERSHIP_QUERY_EACH, &params, on_query, &sink, NULL,
                          err);
}

enum ov_status store_membership_query_each_expired(
    struct store *store, enum ov_status (*on_row)(void *ctx, const struct membership_query *),
    void *ctx, struct ov_error *err)
{
    struct query_sink sink = {on_row, ctx};
    return statement_each(store, STATEMENT_MEMBERSHIP_QUERY_EACH_EXPIRED, NULL, on_query, &sink,
                          NULL, err);
}

static enum ov_status on_count(void *ctx, struct row *row, struct ov_error *err)
{
    int64_t *ret = ctx;
    *ret = row_i64(row);
    return row_done(row, err);
}

enum ov_status store_membership_query_count_recent(struct store *store, int64_t *ret_count,
                                                   struct ov_error *err)
{
    return statement_each(store, STATEMENT_MEMBERSHIP_QUERY_COUNT_RECENT, NULL, on_count, ret_count,
                          NULL, err);
}

struct list_sink {
    enum ov_status (*on_row)(void *ctx, const struct membership *list);
    void *ctx;
};

static enum ov_status on_list(void *ctx, struct row *row, struct ov_error *err)
{
    const struct list_sink *sink = ctx;
    struct membership list;
    row_id(row, &list.deployment_id);
    list.first_day = row_i32(row);
    list.last_day = row_i32(row);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &list) : status;
}

enum ov_status
store_membership_each_open(struct store *store, int32_t day, const struct ov_id *deployment_id,
                           enum ov_status (*on_row)(void *ctx, const struct membership *),
                           void *ctx, struct ov_error *err)
{
    struct list_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_day(&params, day);
    params_id(&params, deployment_id);
    return statement_each(store, STATEMENT_MEMBERSHIP_EACH_OPEN, &params, on_list, &sink, NULL,
                          err);
}

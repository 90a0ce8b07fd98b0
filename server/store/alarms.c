/* Alarms. */
#include "server/store/alarms.h"

#include <string.h>

#include "server/store/statement.h"

static const struct ov_id *or_null(const struct ov_id *id)
{
    return ov_id_is_zero(id) ? NULL : id;
}

enum ov_status store_alarm_raise(struct store *store, const struct alarm_row *alarm, bool *ret_new,
                                 struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    int64_t affected = 0;
    params_id(&params, &alarm->id);
    params_text(&params, alarm->code);
    params_time(&params, alarm->raised_at_us);
    params_id(&params, or_null(&alarm->raised_by));
    params_id(&params, or_null(&alarm->deployment_id));
    params_id(&params, or_null(&alarm->object_id));
    enum ov_status status = statement_run(store, STATEMENT_ALARM_RAISE, &params, &affected, err);
    if (status == OV_OK)
        *ret_new = affected > 0;
    return status;
}

static void read_alarm(struct row *row, struct alarm_row *ret)
{
    memset(ret, 0, sizeof(*ret));
    row_id(row, &ret->id);
    row_text(row, ret->code, sizeof(ret->code));
    ret->raised_at_us = row_time(row);
    row_id(row, &ret->raised_by);
    row_id(row, &ret->deployment_id);
    row_id(row, &ret->object_id);
    ret->cleared_at_us = row_time(row);
    row_id(row, &ret->cleared_by);
}

static enum ov_status on_one(void *ctx, struct row *row, struct ov_error *err)
{
    read_alarm(row, ctx);
    return row_done(row, err);
}

static enum ov_status get(struct store *store, enum statement statement,
                          const struct params *params, struct alarm_row *ret, struct ov_error *err)
{
    struct alarm_row found;
    int64_t count = 0;
    enum ov_status status = statement_each(store, statement, params, on_one, &found, &count, err);
    if (status == OV_OK && count == 0)
        status = ov_fail(err, OV_ERR_NOT_FOUND, "alarm.unknown",
                         "there is no such alarm; see the list of alarms");
    if (status == OV_OK)
        *ret = found;
    return status;
}

enum ov_status store_alarm_get(struct store *store, const struct ov_id *id, struct alarm_row *ret,
                               struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    return get(store, STATEMENT_ALARM_GET, &params, ret, err);
}

enum ov_status store_alarm_find(struct store *store, const char *code,
                                const struct ov_id *deployment_id, const struct ov_id *object_id,
                                struct alarm_row *ret, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_text(&params, code);
    params_id(&params, or_null(deployment_id));
    params_id(&params, or_null(object_id));
    return get(store, STATEMENT_ALARM_FIND, &params, ret, err);
}

enum ov_status store_alarm_clear(struct store *store, const struct ov_id *id,
                                 const struct ov_id *by, int64_t at_us, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    int64_t affected = 0;
    params_id(&params, id);
    params_time(&params, at_us);
    params_id(&params, by != NULL ? or_null(by) : NULL);
    enum ov_status status = statement_run(store, STATEMENT_ALARM_CLEAR, &params, &affected, err);
    if (status == OV_OK && affected == 0)
        status = ov_fail(err, OV_ERR_NOT_FOUND, "alarm.unknown",
                         "there is no such alarm; see the list of alarms");
    return status;
}

struct alarm_sink {
    enum ov_status (*on_row)(void *ctx, const struct alarm_row *alarm);
    void *ctx;
};

static enum ov_status on_each(void *ctx, struct row *row, struct ov_error *err)
{
    const struct alarm_sink *sink = ctx;
    struct alarm_row alarm;
    read_alarm(row, &alarm);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &alarm) : status;
}

enum ov_status store_alarm_each(struct store *store, bool with_cleared,
                                const struct store_page *page,
                                enum ov_status (*on_row)(void *ctx, const struct alarm_row *),
                                void *ctx, struct ov_error *err)
{
    struct alarm_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_bool(&params, with_cleared);
    params_i64(&params, page->limit);
    params_id(&params, page->after);
    return statement_each(store, STATEMENT_ALARM_EACH, &params, on_each, &sink, NULL, err);
}

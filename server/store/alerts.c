/* Alerts and their delivery. */
#include "server/store/alerts.h"

#include <string.h>

#include "server/store/statement.h"

const char *crop_state_name(enum crop_state state)
{
    switch (state) {
    case CROP_AWAITED:
        return "awaited";
    case CROP_MATCHES:
        return "matches";
    case CROP_DIFFERS:
        return "differs";
    case CROP_MISSING:
        return "missing";
    }
    return "unknown";
}

static const char *crop_name(int state)
{
    return crop_state_name((enum crop_state)state);
}

/* The columns are bigint: the upper half of the protocol's range, which no client reaches by
 * counting, is refused. */
static enum ov_status check_numbers(const struct alert_row *row, struct ov_error *err)
{
    if (row->sequence < 1 || row->sequence > INT64_MAX || row->track > INT64_MAX)
        return ov_fail(err, OV_ERR_LIMIT, "alert.sequence",
                       "a probe's sequence is 1 to 2^63-1, its track 0 to 2^63-1");
    return OV_OK;
}

/* --- raising ------------------------------------------------------------------------------- */

enum ov_status store_alert_lock_subject(struct store *store, const struct ov_id *deployment_id,
                                        const struct ov_id *entry_id, struct ov_error *err)
{
    enum ov_status status = statement_need_transaction(store, err);
    if (status != OV_OK)
        return status;
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_id(&params, entry_id);
    return statement_run(store, STATEMENT_ALERT_LOCK_SUBJECT, &params, NULL, err);
}

struct precedent {
    enum alert_precedent kind;
    struct ov_id alert_id;
};

static enum ov_status on_precedent(void *ctx, struct row *row, struct ov_error *err)
{
    struct precedent *found = ctx;
    row_id(row, &found->alert_id);
    found->kind = row_bool(row) ? PRECEDENT_SAME_PROBE : PRECEDENT_RECENT;
    return row_done(row, err);
}

enum ov_status store_alert_precedent(struct store *store, const struct alert_row *row,
                                     int64_t since_us, enum alert_precedent *ret,
                                     struct ov_id *ret_alert_id, struct ov_error *err)
{
    enum ov_status status = check_numbers(row, err);
    if (status != OV_OK)
        return status;
    struct precedent found = {.kind = PRECEDENT_NONE};
    struct params params = PARAMS_INIT;
    params_id(&params, &row->deployment_id);
    params_id(&params, &row->entry_id);
    params_id(&params, &row->run_id);
    params_i64(&params, (int64_t)row->sequence);
    params_text(&params, row->camera);
    params_i64(&params, (int64_t)row->track);
    params_time(&params, since_us);
    status =
        statement_each(store, STATEMENT_ALERT_PRECEDENT, &params, on_precedent, &found, NULL, err);
    if (status == OV_OK) {
        *ret = found.kind;
        *ret_alert_id = found.alert_id;
    }
    return status;
}

static enum ov_status on_feed_number(void *ctx, struct row *row, struct ov_error *err)
{
    int64_t *ret = ctx;
    *ret = row_i64(row);
    return row_done(row, err);
}

enum ov_status store_alert_insert(struct store *store, struct alert_row *row, struct ov_error *err)
{
    enum ov_status status = check_numbers(row, err);
    if (status != OV_OK)
        return status;
    struct params params = PARAMS_INIT;
    params_id(&params, &row->id);
    params_id(&params, &row->deployment_id);
    params_id(&params, &row->entry_id);
    params_id(&params, &row->site_id);
    params_id(&params, &row->run_id);
    params_i64(&params, (int64_t)row->sequence);
    params_text(&params, row->camera);
    params_i64(&params, (int64_t)row->track);
    params_time(&params, row->captured_at_us);
    params_time(&params, row->received_at_us);
    params_time(&params, row->raised_at_us);
    params_f32(&params, row->score);
    params_f32(&params, row->threshold);
    params_text(&params, row->category);
    params_text(&params, row->response);
    params_bytes(&params, row->sealed_name.data, row->sealed_name.size);
    params_bytes(&params, row->sealed_reference.data, row->sealed_reference.size);
    params_bytes(&params, row->sealed_thumbnail.data, row->sealed_thumbnail.size);
    params_bytes(&params, row->sealed_probe.data, row->sealed_probe.size);
    return statement_each(store, STATEMENT_ALERT_INSERT, &params, on_feed_number, &row->feed_number,
                          NULL, err);
}

enum ov_status store_alert_set_crop(struct store *store, const struct ov_id *alert_id,
                                    enum crop_state state, float crop_score,
                                    struct store_bytes sealed_crop, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, alert_id);
    params_text(&params, crop_state_name(state));
    params_f32(&params, crop_score);
    params_bytes(&params, sealed_crop.data, sealed_crop.size);
    int64_t changed = 0;
    enum ov_status status = statement_run(store, STATEMENT_ALERT_SET_CROP, &params, &changed, err);
    if (status == OV_OK && changed == 0)
        status = ov_fail(err, OV_ERR_NOT_FOUND, "alert.unknown", "there is no such alert");
    return status;
}

/* --- reading ------------------------------------------------------------------------------- */

static enum ov_status read_alert(struct row *row, struct alert_row *ret, struct ov_error *err)
{
    memset(ret, 0, sizeof(*ret));
    row_id(row, &ret->id);
    row_id(row, &ret->deployment_id);
    ret->feed_number = row_i64(row);
    row_id(row, &ret->entry_id);
    row_id(row, &ret->site_id);
    row_id(row, &ret->run_id);
    ret->sequence = (uint64_t)row_i64(row);
    row_text(row, ret->camera, sizeof(ret->camera));
    ret->track = (uint64_t)row_i64(row);
    ret->captured_at_us = row_time(row);
    ret->received_at_us = row_time(row);
    ret->raised_at_us = row_time(row);
    ret->score = row_f32(row);
    ret->threshold = row_f32(row);
    row_text(row, ret->category, sizeof(ret->category));
    row_text(row, ret->response, sizeof(ret->response));
    ret->crop_state = (enum crop_state)row_choice(row, crop_name, CROP_MISSING + 1);
    ret->crop_score = row_f32(row);
    ret->sealed_name = row_bytes(row);
    ret->sealed_reference = row_bytes(row);
    ret->sealed_thumbnail = row_bytes(row);
    ret->sealed_probe = row_bytes(row);
    ret->sealed_crop = row_bytes(row);
    return row_done(row, err);
}

struct sink {
    enum ov_status (*on_row)(void *ctx, const struct alert_row *row);
    void *ctx;
};

static enum ov_status on_alert(void *ctx, struct row *row, struct ov_error *err)
{
    const struct sink *sink = ctx;
    struct alert_row alert;
    enum ov_status status = read_alert(row, &alert, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &alert) : status;
}

enum ov_status store_alert_get(struct store *store, const struct ov_id *alert_id,
                               enum ov_status (*on_row)(void *ctx, const struct alert_row *),
                               void *ctx, struct ov_error *err)
{
    struct sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, alert_id);
    int64_t count = 0;
    enum ov_status status =
        statement_each(store, STATEMENT_ALERT_GET, &params, on_alert, &sink, &count, err);
    if (status == OV_OK && count == 0)
        status = ov_fail(err, OV_ERR_NOT_FOUND, "alert.unknown", "there is no such alert");
    return status;
}

enum ov_status store_alert_each(struct store *store, const struct ov_id *deployment_id,
                                int64_t after_feed, int limit,
                                enum ov_status (*on_row)(void *ctx, const struct alert_row *),
                                void *ctx, struct ov_error *err)
{
    struct sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_i64(&params, after_feed);
    params_i64(&params, limit);
    return statement_each(store, STATEMENT_ALERT_EACH, &params, on_alert, &sink, NULL, err);
}

struct awaited_sink {
    enum ov_status (*on_row)(void *ctx, const struct awaited_crop *row);
    void *ctx;
};

static enum ov_status on_awaited(void *ctx, struct row *row, struct ov_error *err)
{
    const struct awaited_sink *sink = ctx;
    struct awaited_crop crop;
    row_id(row, &crop.alert_id);
    crop.feed_number = row_i64(row);
    crop.raised_at_us = row_time(row);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &crop) : status;
}

enum ov_status store_alert_each_awaited(struct store *store, const struct ov_id *deployment_id,
                                        int64_t after_feed, int limit,
                                        enum ov_status (*on_row)(void *ctx,
                                                                 const struct awaited_crop *),
                                        void *ctx, struct ov_error *err)
{
    struct awaited_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_i64(&params, after_feed);
    params_i64(&params, limit);
    return statement_each(store, STATEMENT_ALERT_EACH_AWAITED, &params, on_awaited, &sink, NULL,
                          err);
}

/* --- delivery ------------------------------------------------------------------------------ */

enum ov_status store_delivery_pending(struct store *store, const struct delivery_page *page,
                                      enum ov_status (*on_row)(void *ctx, const struct alert_row *),
                                      void *ctx, struct ov_error *err)
{
    struct sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, &page->site_id);
    params_id(&params, &page->deployment_id);
    params_i64(&params, page->after_feed);
    params_i64(&params, page->limit);
    return statement_each(store, STATEMENT_DELIVERY_PENDING, &params, on_alert, &sink, NULL, err);
}

struct ack {
    struct delivery_ack answer;
    bool known;
};

static enum ov_status on_ack(void *ctx, struct row *row, struct ov_error *err)
{
    struct ack *ack = ctx;
    ack->answer.first = row_bool(row);
    row_id(row, &ack->answer.deployment_id);
    ack->known = true;
    return row_done(row, err);
}

enum ov_status store_delivery_ack(struct store *store, const struct ov_id *alert_id,
                                  const struct ov_id *site_id, int64_t at_us,
                                  struct delivery_ack *ret, struct ov_error *err)
{
    struct ack ack = {.known = false};
    struct params params = PARAMS_INIT;
    params_id(&params, alert_id);
    params_id(&params, site_id);
    params_time(&params, at_us);
    enum ov_status status =
        statement_each(store, STATEMENT_DELIVERY_ACK, &params, on_ack, &ack, NULL, err);
    if (status == OV_OK && !ack.known)
        status =
            ov_fail(err, OV_ERR_NOT_FOUND, "alert.unknown", "there is no such alert for this site");
    if (status == OV_OK)
        *ret = ack.answer;
    return status;
}

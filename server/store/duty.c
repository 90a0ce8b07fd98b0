/* Duty. */
#include "server/store/duty.h"

#include <string.h>

#include "server/store/statement.h"

static const char *bit_name(int bit)
{
    return role_name((enum role)(1 << bit));
}

static void put_key(struct params *params, const struct duty_key *key, int64_t at_us)
{
    params_id(params, &key->deployment_id);
    params_id(params, &key->person_id);
    params_text(params, role_name(key->role));
    params_time(params, at_us);
}

enum ov_status store_duty_take(struct store *store, const struct duty_key *key, int64_t at_us,
                               struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    put_key(&params, key, at_us);
    return statement_run(store, STATEMENT_DUTY_TAKE, &params, NULL, err);
}

/* A change of the one duty that lasts. */
static enum ov_status change(struct store *store, enum statement statement,
                             const struct duty_key *key, int64_t at_us, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    int64_t affected = 0;
    put_key(&params, key, at_us);
    enum ov_status status = statement_run(store, statement, &params, &affected, err);
    if (status == OV_OK && affected == 0)
        status = ov_fail(err, OV_ERR_NOT_FOUND, "duty.none",
                         "this person is not on duty there as that; take the duty first");
    return status;
}

enum ov_status store_duty_seen(struct store *store, const struct duty_key *key, int64_t at_us,
                               struct ov_error *err)
{
    return change(store, STATEMENT_DUTY_SEEN, key, at_us, err);
}

enum ov_status store_duty_end(struct store *store, const struct duty_key *key, int64_t at_us,
                              struct ov_error *err)
{
    return change(store, STATEMENT_DUTY_END, key, at_us, err);
}

struct duty_sink {
    enum ov_status (*on_row)(void *ctx, const struct duty *duty);
    void *ctx;
};

static enum ov_status on_each(void *ctx, struct row *row, struct ov_error *err)
{
    const struct duty_sink *sink = ctx;
    struct duty duty;
    memset(&duty, 0, sizeof(duty));
    row_id(row, &duty.person_id);
    duty.role = (enum role)(1 << row_choice(row, bit_name, ROLE_COUNT));
    duty.since_us = row_time(row);
    duty.last_seen_us = row_time(row);
    duty.until_us = row_time(row);
    duty.may_act = row_bool(row);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &duty) : status;
}

enum ov_status store_duty_each(struct store *store, const struct ov_id *deployment_id,
                               enum ov_status (*on_row)(void *ctx, const struct duty *), void *ctx,
                               struct ov_error *err)
{
    struct duty_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    return statement_each(store, STATEMENT_DUTY_EACH, &params, on_each, &sink, NULL, err);
}

static enum ov_status on_presence(void *ctx, struct row *row, struct ov_error *err)
{
    struct duty_presence *ret = ctx;
    ret->adjudicators = row_i64(row);
    ret->engagement_officers = row_i64(row);
    return row_done(row, err);
}

enum ov_status store_duty_presence(struct store *store, const struct ov_id *deployment_id,
                                   int64_t heard_since_us, struct duty_presence *ret,
                                   struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_time(&params, heard_since_us);
    return statement_each(store, STATEMENT_DUTY_PRESENCE, &params, on_presence, ret, NULL, err);
}

enum ov_status store_duty_end_all(struct store *store, const struct ov_id *person_id,
                                  const char *role, int64_t at_us, int64_t *ret_ended,
                                  struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, person_id);
    params_text(&params, role);
    params_time(&params, at_us);
    return statement_run(store, STATEMENT_DUTY_END_ALL, &params, ret_ended, err);
}

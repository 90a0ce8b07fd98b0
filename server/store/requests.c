/* Requests that were done. */
#include "server/store/requests.h"

#include "server/store/statement.h"

static void add_key(struct params *params, const struct request_row *row)
{
    params_id(params, &row->principal_id);
    params_bytes(params, row->key_digest, sizeof(row->key_digest));
}

enum ov_status store_request_claim(struct store *store, const struct request_row *row,
                                   bool *ret_new, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    int64_t affected = 0;
    enum ov_status status = statement_need_transaction(store, err);
    if (status != OV_OK)
        return status;
    add_key(&params, row);
    params_text(&params, row->route);
    params_bytes(&params, row->digest, sizeof(row->digest));
    status = statement_run(store, STATEMENT_REQUEST_CLAIM, &params, &affected, err);
    if (status == OV_OK)
        *ret_new = affected > 0;
    return status;
}

struct finding {
    enum ov_status (*on_row)(void *ctx, const struct request_answer *);
    void *ctx;
};

static enum ov_status on_found(void *ctx, struct row *row, struct ov_error *err)
{
    const struct finding *finding = ctx;
    struct request_answer answer;
    row_text(row, answer.route, sizeof(answer.route));
    row_fixed_bytes(row, answer.digest, sizeof(answer.digest));
    answer.status = row_i32(row);
    answer.body = row_bytes(row);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? finding->on_row(finding->ctx, &answer) : status;
}

enum ov_status store_request_find(struct store *store, const struct request_row *row,
                                  enum ov_status (*on_row)(void *ctx,
                                                           const struct request_answer *),
                                  void *ctx, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    struct finding finding = {on_row, ctx};
    enum ov_status status = statement_need_transaction(store, err);
    if (status != OV_OK)
        return status;
    add_key(&params, row);
    return statement_each(store, STATEMENT_REQUEST_FIND, &params, on_found, &finding, NULL, err);
}

enum ov_status store_request_answer(struct store *store, const struct request_row *row, int status,
                                    struct store_bytes body, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    add_key(&params, row);
    params_i32(&params, status);
    params_bytes(&params, body.data, body.size);
    return statement_run(store, STATEMENT_REQUEST_ANSWER, &params, NULL, err);
}

static enum ov_status on_count(void *ctx, struct row *row, struct ov_error *err)
{
    int64_t *ret = ctx;
    *ret = row_i64(row);
    return row_done(row, err);
}

enum ov_status store_request_prune(struct store *store, int64_t *ret_count, struct ov_error *err)
{
    return statement_each(store, STATEMENT_REQUEST_PRUNE, NULL, on_count, ret_count, NULL, err);
}

/* Models accepted for operational use. The database judges who may decide, and in what order. */
#include "server/store/models.h"

#include <string.h>

#include "server/store/statement.h"

const char *model_state_name(enum model_state state)
{
    switch (state) {
    case MODEL_PROPOSED:
        return "proposed";
    case MODEL_APPROVED:
        return "approved";
    case MODEL_REFUSED:
        return "refused";
    case MODEL_WITHDRAWN:
        return "withdrawn";
    }
    return "unknown";
}

static const char *state_name(int state)
{
    return model_state_name((enum model_state)state);
}

static enum ov_status unknown(struct ov_error *err)
{
    return ov_fail(err, OV_ERR_NOT_FOUND, "model.unknown",
                   "there is no such proposal of a model; see the list of models");
}

static enum ov_status read_model(struct row *row, struct model_acceptance *ret,
                                 struct ov_error *err)
{
    memset(ret, 0, sizeof(*ret));
    row_id(row, &ret->id);
    row_fixed_bytes(row, ret->model_digest, sizeof(ret->model_digest));
    row_fixed_bytes(row, ret->report_digest, sizeof(ret->report_digest));
    ret->threshold_floor = row_f32(row);
    row_fixed_bytes(row, ret->document_digest, sizeof(ret->document_digest));
    row_id(row, &ret->proposed_by);
    ret->proposed_at_us = row_time(row);
    ret->state = (enum model_state)row_choice(row, state_name, MODEL_WITHDRAWN + 1);
    row_id(row, &ret->decided_by);
    ret->decided_at_us = row_time(row);
    return row_done(row, err);
}

static enum ov_status on_one(void *ctx, struct row *row, struct ov_error *err)
{
    return read_model(row, ctx, err);
}

struct sink {
    enum ov_status (*on_row)(void *ctx, const struct model_acceptance *row);
    void *ctx;
};

static enum ov_status on_each(void *ctx, struct row *row, struct ov_error *err)
{
    const struct sink *sink = ctx;
    struct model_acceptance acceptance;
    enum ov_status status = read_model(row, &acceptance, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &acceptance) : status;
}

enum ov_status store_model_get(struct store *store, const struct ov_id *id,
                               struct model_acceptance *ret, struct ov_error *err)
{
    struct model_acceptance found;
    int64_t count = 0;
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    enum ov_status status =
        statement_each(store, STATEMENT_MODEL_GET, &params, on_one, &found, &count, err);
    if (status == OV_OK && count == 0)
        return unknown(err);
    if (status == OV_OK)
        *ret = found;
    return status;
}

enum ov_status store_model_each(struct store *store,
                                enum ov_status (*on_row)(void *ctx,
                                                         const struct model_acceptance *),
                                void *ctx, struct ov_error *err)
{
    struct sink sink = {on_row, ctx};
    return statement_each(store, STATEMENT_MODEL_EACH, NULL, on_each, &sink, NULL, err);
}

enum ov_status store_model_propose(struct store *store, const struct model_acceptance *row,
                                   struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, &row->id);
    params_bytes(&params, row->model_digest, sizeof(row->model_digest));
    params_bytes(&params, row->report_digest, sizeof(row->report_digest));
    params_f32(&params, row->threshold_floor);
    params_bytes(&params, row->document_digest, sizeof(row->document_digest));
    params_id(&params, &row->proposed_by);
    params_time(&params, row->proposed_at_us);
    return statement_run(store, STATEMENT_MODEL_PROPOSE, &params, NULL, err);
}

enum ov_status store_model_decide(struct store *store, const struct ov_id *id,
                                  enum model_state state, const struct ov_id *by, int64_t at_us,
                                  struct ov_error *err)
{
    int64_t changed = 0;
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    params_text(&params, model_state_name(state));
    params_id(&params, by);
    params_time(&params, at_us);
    enum ov_status status = statement_run(store, STATEMENT_MODEL_DECIDE, &params, &changed, err);
    return status == OV_OK && changed == 0 ? unknown(err) : status;
}

struct accepted {
    bool accepted;
    float floor;
};

static enum ov_status on_accepted(void *ctx, struct row *row, struct ov_error *err)
{
    struct accepted *ret = ctx;
    ret->accepted = row_bool(row);
    ret->floor = row_f32(row);
    return row_done(row, err);
}

enum ov_status store_model_accepted(struct store *store,
                                    const uint8_t model_digest[OV_DIGEST_BYTES], bool *ret_accepted,
                                    float *ret_floor, struct ov_error *err)
{
    struct accepted found = {false, 0};
    struct params params = PARAMS_INIT;
    params_bytes(&params, model_digest, OV_DIGEST_BYTES);
    enum ov_status status =
        statement_each(store, STATEMENT_MODEL_ACCEPTED, &params, on_accepted, &found, NULL, err);
    if (status == OV_OK) {
        *ret_accepted = found.accepted;
        *ret_floor = found.floor;
    }
    return status;
}

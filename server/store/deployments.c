/* Deployments. The database judges each step; this only carries them. */
#include "server/store/deployments.h"

#include <string.h>

#include "server/store/statement.h"
#include "server/store/watchlists.h"

const char *deployment_kind_name(enum deployment_kind kind)
{
    switch (kind) {
    case DEPLOYMENT_EXERCISE:
        return "exercise";
    case DEPLOYMENT_OPERATIONAL:
        return "operational";
    }
    return "unknown";
}

const char *deployment_state_name(enum deployment_state state)
{
    switch (state) {
    case DEPLOYMENT_DRAFT:
        return "draft";
    case DEPLOYMENT_APPLIED:
        return "applied";
    case DEPLOYMENT_AUTHORISED:
        return "authorised";
    case DEPLOYMENT_LIVE:
        return "live";
    case DEPLOYMENT_PAUSED:
        return "paused";
    case DEPLOYMENT_CLOSED:
        return "closed";
    case DEPLOYMENT_ERASED:
        return "erased";
    case DEPLOYMENT_REFUSED:
        return "refused";
    case DEPLOYMENT_CANCELLED:
        return "cancelled";
    }
    return "unknown";
}

static const char *kind_name(int kind)
{
    return deployment_kind_name((enum deployment_kind)kind);
}

static const char *state_name(int state)
{
    return deployment_state_name((enum deployment_state)state);
}

/* --- reading ------------------------------------------------------------------------------- */

static void read_sites(struct row *row, struct deployment *ret)
{
    struct store_bytes sites = row_bytes(row);
    ret->site_count = sites.size / OV_ID_BYTES;
    if (ret->site_count > DEPLOYMENT_SITES_MAX || sites.size % OV_ID_BYTES != 0) {
        ret->site_count = 0;
        row->failed = true;
    }
    if (ret->site_count > 0)
        memcpy(ret->sites, sites.data, ret->site_count * OV_ID_BYTES);
}

static enum ov_status read_deployment(struct row *row, struct deployment *ret, struct ov_error *err)
{
    memset(ret, 0, sizeof(*ret));
    row_id(row, &ret->id);
    row_text(row, ret->name, sizeof(ret->name));
    row_text(row, ret->purpose, sizeof(ret->purpose));
    ret->kind = (enum deployment_kind)row_choice(row, kind_name, DEPLOYMENT_OPERATIONAL + 1);
    ret->state = (enum deployment_state)row_choice(row, state_name, DEPLOYMENT_CANCELLED + 1);
    ret->starts_at_us = row_time(row);
    ret->ends_at_us = row_time(row);
    ret->threshold = row_f32(row);
    ret->cool_down_s = row_i32(row);
    ret->min_face_px = row_i32(row);
    row_fixed_bytes(row, ret->model_digest, sizeof(ret->model_digest));
    row_id(row, &ret->applied_by);
    row_id(row, &ret->authorised_by);
    ret->applied_at_us = row_time(row);
    ret->authorised_at_us = row_time(row);
    ret->went_live_at_us = row_time(row);
    ret->closed_at_us = row_time(row);
    ret->gallery_version = row_i64(row);
    read_sites(row, ret);
    return row_done(row, err);
}

static enum ov_status on_one(void *ctx, struct row *row, struct ov_error *err)
{
    return read_deployment(row, ctx, err);
}

static enum ov_status unknown(struct ov_error *err)
{
    return ov_fail(err, OV_ERR_NOT_FOUND, "deployment.unknown", "there is no such deployment");
}

static enum ov_status get_one(struct store *store, enum statement statement,
                              const struct params *params, struct deployment *ret,
                              struct ov_error *err)
{
    struct deployment found;
    int64_t count = 0;
    enum ov_status status = statement_each(store, statement, params, on_one, &found, &count, err);
    if (status == OV_OK && count == 0)
        status = unknown(err);
    if (status == OV_OK)
        *ret = found;
    return status;
}

enum ov_status store_deployment_get(struct store *store, const struct ov_id *id, bool for_update,
                                    struct deployment *ret, struct ov_error *err)
{
    enum ov_status status = for_update ? statement_need_transaction(store, err) : OV_OK;
    if (status != OV_OK)
        return status;
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    return get_one(store,
                   for_update ? STATEMENT_DEPLOYMENT_GET_FOR_UPDATE : STATEMENT_DEPLOYMENT_GET,
                   &params, ret, err);
}

enum ov_status store_deployment_by_name(struct store *store, const char *name,
                                        struct deployment *ret, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_text(&params, name);
    return get_one(store, STATEMENT_DEPLOYMENT_BY_NAME, &params, ret, err);
}

struct sink {
    enum ov_status (*on_row)(void *ctx, const struct deployment *row);
    void *ctx;
};

static enum ov_status on_each(void *ctx, struct row *row, struct ov_error *err)
{
    const struct sink *sink = ctx;
    struct deployment deployment;
    enum ov_status status = read_deployment(row, &deployment, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &deployment) : status;
}

enum ov_status store_deployment_each(struct store *store,
                                     enum ov_status (*on_row)(void *ctx, const struct deployment *),
                                     void *ctx, struct ov_error *err)
{
    struct sink sink = {on_row, ctx};
    return statement_each(store, STATEMENT_DEPLOYMENT_EACH, NULL, on_each, &sink, NULL, err);
}

enum ov_status store_deployment_each_running(struct store *store,
                                             enum ov_status (*on_row)(void *ctx,
                                                                      const struct deployment *),
                                             void *ctx, struct ov_error *err)
{
    struct sink sink = {on_row, ctx};
    return statement_each(store, STATEMENT_DEPLOYMENT_EACH_RUNNING, NULL, on_each, &sink, NULL,
                          err);
}

/* --- writing ------------------------------------------------------------------------------- */

#define SITES_TEXT_SIZE (DEPLOYMENT_SITES_MAX * OV_ID_TEXT_SIZE + 3)

static void format_sites(const struct deployment *row, char out[SITES_TEXT_SIZE])
{
    char text[OV_ID_TEXT_SIZE];
    char *at = stpcpy(out, "{");
    for (size_t i = 0; i < row->site_count; i++) {
        if (i > 0)
            at = stpcpy(at, ",");
        at = stpcpy(at, ov_id_format(&row->sites[i], text));
    }
    stpcpy(at, "}");
}

static enum ov_status insert(struct store *store, const struct deployment *row,
                             struct ov_error *err)
{
    char sites[SITES_TEXT_SIZE];
    format_sites(row, sites);
    struct params params = PARAMS_INIT;
    params_id(&params, &row->id);
    params_text(&params, row->name);
    params_text(&params, row->purpose);
    params_text(&params, deployment_kind_name(row->kind));
    params_time(&params, row->starts_at_us);
    params_time(&params, row->ends_at_us);
    params_f32(&params, row->threshold);
    params_i32(&params, row->cool_down_s);
    params_i32(&params, row->min_face_px);
    params_bytes(&params, row->model_digest, sizeof(row->model_digest));
    params_id(&params, &row->applied_by);
    params_time(&params, row->applied_at_us);
    params_array(&params, sites);
    return statement_run(store, STATEMENT_DEPLOYMENT_ADD, &params, NULL, err);
}

enum ov_status store_deployment_add(struct store *store, const struct deployment *row,
                                    struct ov_error *err)
{
    if (row->site_count < 1 || row->site_count > DEPLOYMENT_SITES_MAX)
        return ov_fail(err, OV_ERR_INVALID, "deployment.invalid",
                       "a deployment names 1 to %d sites", DEPLOYMENT_SITES_MAX);
    bool own = false;
    enum ov_status status = statement_group_begin(store, &own, err);
    if (status != OV_OK)
        return status;
    status = insert(store, row, err);
    if (status == OV_OK) {
        struct params params = PARAMS_INIT;
        params_id(&params, &row->id);
        status = statement_run(store, STATEMENT_WATCHLIST_MAKE, &params, NULL, err);
    }
    return statement_group_end(store, own, status, err);
}

/* A change of one row by its id: none changed means that there is none. */
static enum ov_status change(struct store *store, enum statement statement,
                             const struct params *params, struct ov_error *err)
{
    int64_t changed = 0;
    enum ov_status status = statement_run(store, statement, params, &changed, err);
    return status == OV_OK && changed == 0 ? unknown(err) : status;
}

enum ov_status store_deployment_authorise(struct store *store, const struct ov_id *id,
                                          const struct ov_id *by, int64_t at_us,
                                          struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    params_id(&params, by);
    params_time(&params, at_us);
    return change(store, STATEMENT_DEPLOYMENT_AUTHORISE, &params, err);
}

enum ov_status store_deployment_set_state(struct store *store, const struct ov_id *id,
                                          enum deployment_state state, int64_t at_us,
                                          struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    params_text(&params, deployment_state_name(state));
    params_time(&params, at_us);
    return change(store, STATEMENT_DEPLOYMENT_SET_STATE, &params, err);
}

enum ov_status store_deployment_bump_gallery(struct store *store, const struct ov_id *id,
                                             struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    return change(store, STATEMENT_DEPLOYMENT_BUMP_GALLERY, &params, err);
}

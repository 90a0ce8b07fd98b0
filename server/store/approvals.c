/* Look-alikes, openings, rounds and reviews of watchlists. */
#include "server/store/approvals.h"

#include "common/base/bytes.h"
#include "server/store/statement.h"

/* --- look-alikes --------------------------------------------------------------------------- */

struct list_sink {
    enum ov_status (*on_row)(void *ctx, const struct list_row *row);
    void *ctx;
};

static enum ov_status on_list(void *ctx, struct row *row, struct ov_error *err)
{
    const struct list_sink *sink = ctx;
    struct list_row found;
    row_id(row, &found.entry_id);
    row_id(row, &found.image_id);
    found.sealed_template = row_bytes(row);
    row_fixed_bytes(row, found.model_digest, sizeof(found.model_digest));
    found.compared = row_bool(row);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &found) : status;
}

enum ov_status store_list_each(struct store *store, const struct ov_id *deployment_id,
                               enum ov_status (*on_row)(void *ctx, const struct list_row *),
                               void *ctx, struct ov_error *err)
{
    struct list_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    return statement_stream(store, STATEMENT_LIST_EACH, &params, on_list, &sink, err);
}

enum ov_status store_compared_add(struct store *store, const struct ov_id *deployment_id,
                                  const struct ov_id *image_ids, size_t count, struct ov_error *err)
{
    struct ov_buf literal = OV_BUF_INIT;
    char text[OV_ID_TEXT_SIZE];
    ov_buf_puts(&literal, "{");
    for (size_t i = 0; i < count; i++)
        ov_buf_printf(&literal, "%s%s", i == 0 ? "" : ",", ov_id_format(&image_ids[i], text));
    ov_buf_puts(&literal, "}");
    if (literal.failed) {
        ov_buf_free(&literal);
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    }
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_array(&params, literal.data);
    enum ov_status status = statement_run(store, STATEMENT_COMPARED_ADD, &params, NULL, err);
    ov_buf_free(&literal);
    return status;
}

enum ov_status store_lookalike_add(struct store *store, const struct ov_id *deployment_id,
                                   const struct ov_id *one, const struct ov_id *other,
                                   int score_milli, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_id(&params, one);
    params_id(&params, other);
    params_i32(&params, score_milli);
    return statement_run(store, STATEMENT_LOOKALIKE_ADD, &params, NULL, err);
}

struct lookalike_sink {
    enum ov_status (*on_row)(void *ctx, const struct ov_id *other, int score_milli);
    void *ctx;
};

static enum ov_status on_lookalike(void *ctx, struct row *row, struct ov_error *err)
{
    const struct lookalike_sink *sink = ctx;
    struct ov_id other;
    row_id(row, &other);
    int score_milli = (int)row_i64(row);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &other, score_milli) : status;
}

enum ov_status store_lookalike_each(struct store *store, const struct ov_id *deployment_id,
                                    const struct ov_id *entry_id,
                                    enum ov_status (*on_row)(void *ctx, const struct ov_id *other,
                                                             int score_milli),
                                    void *ctx, struct ov_error *err)
{
    struct lookalike_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_id(&params, entry_id);
    return statement_each(store, STATEMENT_LOOKALIKE_EACH, &params, on_lookalike, &sink, NULL, err);
}

static enum ov_status on_left(void *ctx, struct row *row, struct ov_error *err)
{
    *(int64_t *)ctx = row_i64(row);
    return row_done(row, err);
}

enum ov_status store_compared_left(struct store *store, const struct ov_id *deployment_id,
                                   int64_t *ret, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    return statement_each(store, STATEMENT_COMPARED_LEFT, &params, on_left, ret, NULL, err);
}

/* --- openings and rounds ------------------------------------------------------------------- */

enum ov_status store_opening_add(struct store *store, const struct ov_id *deployment_id,
                                 const struct ov_id *entry_id, const struct ov_id *by, int images,
                                 struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_id(&params, entry_id);
    params_id(&params, by);
    params_i64(&params, images);
    return statement_run(store, STATEMENT_OPENING_ADD, &params, NULL, err);
}

enum ov_status store_round_draw(struct store *store, const struct round_draw *draw,
                                int64_t *ret_entries, struct ov_error *err)
{
    enum ov_status status = statement_need_transaction(store, err);
    if (status != OV_OK)
        return status;
    struct params params = PARAMS_INIT;
    params_id(&params, &draw->deployment_id);
    params_id(&params, &draw->id);
    params_id(&params, &draw->by);
    params_time(&params, draw->at_us);
    status = statement_run(store, STATEMENT_ROUND_ADD, &params, NULL, err);
    if (status != OV_OK)
        return status;
    params = (struct params)PARAMS_INIT;
    params_id(&params, &draw->deployment_id);
    params_id(&params, &draw->id);
    params_id(&params, &draw->by);
    params_bool(&params, draw->may_under_18);
    params_i64(&params, draw->permille);
    params_i64(&params, draw->least);
    return statement_run(store, STATEMENT_ROUND_DRAW, &params, ret_entries, err);
}

static enum ov_status on_round(void *ctx, struct row *row, struct ov_error *err)
{
    struct round *ret = ctx;
    char state[WATCHLIST_CODE_SIZE];
    row_id(row, &ret->id);
    row_id(row, &ret->drawn_by);
    row_text(row, state, sizeof(state));
    ret->approved = state[0] == 'a';
    ret->entries = row_i64(row);
    ret->flagged = row_i64(row);
    ret->sampled = row_i64(row);
    ret->opened = row_i64(row);
    return row_done(row, err);
}

enum ov_status store_round_get(struct store *store, const struct ov_id *deployment_id,
                               const struct ov_id *round_id, struct round *ret,
                               struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_id(&params, round_id);
    int64_t count = 0;
    enum ov_status status =
        statement_each(store, STATEMENT_ROUND_GET, &params, on_round, ret, &count, err);
    if (status == OV_OK && count == 0)
        status = ov_fail(err, OV_ERR_NOT_FOUND, "round.unknown",
                         "there is no such round of approval; begin one");
    return status;
}

enum ov_status store_round_approve(struct store *store, const struct ov_id *deployment_id,
                                   const struct ov_id *round_id, int64_t at_us,
                                   struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_id(&params, round_id);
    params_time(&params, at_us);
    return statement_run(store, STATEMENT_ROUND_APPROVE, &params, NULL, err);
}

struct id_sink {
    store_on_entry_id on_row;
    void *ctx;
};

static enum ov_status on_id(void *ctx, struct row *row, struct ov_error *err)
{
    const struct id_sink *sink = ctx;
    struct ov_id id;
    row_id(row, &id);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &id) : status;
}

enum ov_status store_round_to_open(struct store *store, const struct ov_id *deployment_id,
                                   const struct ov_id *round_id, store_on_entry_id on_row,
                                   void *ctx, struct ov_error *err)
{
    struct id_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_id(&params, round_id);
    return statement_each(store, STATEMENT_ROUND_TO_OPEN, &params, on_id, &sink, NULL, err);
}

enum ov_status store_round_left(struct store *store, const struct ov_id *deployment_id,
                                const struct ov_id *round_id, int limit, store_on_entry_id on_row,
                                void *ctx, struct ov_error *err)
{
    struct id_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_id(&params, round_id);
    params_i64(&params, limit);
    return statement_each(store, STATEMENT_ROUND_LEFT, &params, on_id, &sink, NULL, err);
}

/* --- reviews ------------------------------------------------------------------------------- */

static enum ov_status on_figures(void *ctx, struct row *row, struct ov_error *err)
{
    struct review_figures *ret = ctx;
    ret->list_version = row_i64(row);
    ret->approved = row_i64(row);
    ret->blue_list = row_i64(row);
    ret->added = row_i64(row);
    ret->removed = row_i64(row);
    ret->expired = row_i64(row);
    ret->last_at_us = row_time(row);
    ret->added_since = row_i64(row);
    return row_done(row, err);
}

enum ov_status store_review_figures(struct store *store, const struct ov_id *deployment_id,
                                    struct review_figures *ret, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    return statement_each(store, STATEMENT_REVIEW_FIGURES, &params, on_figures, ret, NULL, err);
}

static const char *state_name(int state)
{
    return entry_state_name((enum entry_state)state);
}

struct review_sink {
    enum ov_status (*on_row)(void *ctx, const struct review_entry *row);
    void *ctx;
};

static enum ov_status on_review_entry(void *ctx, struct row *row, struct ov_error *err)
{
    const struct review_sink *sink = ctx;
    struct review_entry entry;
    row_id(row, &entry.id);
    row_text(row, entry.category, sizeof(entry.category));
    entry.state = (enum entry_state)row_choice(row, state_name, ENTRY_EXPIRED + 1);
    entry.sealed_reference = row_bytes(row);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &entry) : status;
}

enum ov_status store_review_each(struct store *store, const struct ov_id *deployment_id,
                                 enum ov_status (*on_row)(void *ctx, const struct review_entry *),
                                 void *ctx, struct ov_error *err)
{
    struct review_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    return statement_each(store, STATEMENT_REVIEW_ENTRIES, &params, on_review_entry, &sink, NULL,
                          err);
}

enum ov_status store_review_add(struct store *store, const struct ov_id *deployment_id,
                                const struct ov_id *by, int64_t at_us,
                                const struct review_figures *figures,
                                const struct review_relisted *relisted, struct ov_error *err)
{
    struct ov_id id = ov_id_new();
    struct params params = PARAMS_INIT;
    params_id(&params, &id);
    params_id(&params, deployment_id);
    params_id(&params, by);
    params_time(&params, at_us);
    params_i64(&params, figures->list_version);
    params_i64(&params, figures->approved);
    params_i64(&params, figures->added);
    params_i64(&params, figures->removed);
    params_i64(&params, figures->expired);
    params_i64(&params, relisted->all);
    params_i64(&params, relisted->same_images);
    params_i64(&params, relisted->new_images);
    params_i64(&params, relisted->images_unknown);
    params_i64(&params, relisted->other_reference);
    params_i64(&params, relisted->lists_compared);
    params_i64(&params, relisted->lists_not_compared);
    return statement_run(store, STATEMENT_REVIEW_ADD, &params, NULL, err);
}

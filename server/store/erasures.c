/* How far the erasures of lists have come. */
#include "server/store/erasures.h"

#include <string.h>

#include "server/store/statement.h"

const char *erasure_ledger_name(enum erasure_ledger ledger)
{
    switch (ledger) {
    case ERASURE_LEDGER_OPEN:
        return "";
    case ERASURE_LEDGER_WRITTEN:
        return "written";
    case ERASURE_LEDGER_KEY_GONE:
        return "key_gone";
    case ERASURE_LEDGER_WAIVED:
        return "waived";
    }
    return "unknown";
}

static const char *ledger_name(int ledger)
{
    return erasure_ledger_name((enum erasure_ledger)ledger);
}

static enum ov_status on_erasure(void *ctx, struct row *row, struct ov_error *err)
{
    struct list_erasure *ret = ctx;
    *ret = (struct list_erasure){.due_at_us = 0};
    row_id(row, &ret->deployment_id);
    ret->due_at_us = row_time(row);
    ret->begun_at_us = row_time(row);
    row_id(row, &ret->asked_by);
    ret->entries = row_i64(row);
    ret->images = row_i64(row);
    ret->ledger = (enum erasure_ledger)row_choice(row, ledger_name, ERASURE_LEDGER_WAIVED + 1);
    ret->ledger_at_us = row_time(row);
    row_id(row, &ret->waiver_id);
    ret->subjects = row_i64(row);
    ret->unreadable = row_i64(row);
    ret->image_digests = row_i64(row);
    ret->unreadable_images = row_i64(row);
    ret->key_missing_at_us = row_time(row);
    ret->key_destroyed_at_us = row_time(row);
    ret->keys = row_i64(row);
    ret->dropped_at_us = row_time(row);
    ret->certified_at_us = row_time(row);
    row_fixed_bytes(row, ret->certificate, sizeof(ret->certificate));
    return row_done(row, err);
}

enum ov_status store_erasure_get(struct store *store, const struct ov_id *deployment_id,
                                 struct list_erasure *ret, struct ov_error *err)
{
    struct list_erasure found;
    int64_t count = 0;
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    enum ov_status status =
        statement_each(store, STATEMENT_ERASURE_GET, &params, on_erasure, &found, &count, err);
    if (status == OV_OK && count == 0)
        status = ov_fail(err, OV_ERR_NOT_FOUND, "erasure.not_begun",
                         "the erasure of this deployment's list has not begun");
    if (status == OV_OK)
        *ret = found;
    return status;
}

enum ov_status store_erasure_begin(struct store *store, const struct ov_id *deployment_id,
                                   const struct ov_id *asked_by, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_id(&params, asked_by);
    return statement_run(store, STATEMENT_ERASURE_BEGIN, &params, NULL, err);
}

static enum ov_status on_count(void *ctx, struct row *row, struct ov_error *err)
{
    int64_t *ret = ctx;
    *ret = row_i32(row);
    return row_done(row, err);
}

enum ov_status store_erasure_write_ledger(struct store *store, const struct ov_id *deployment_id,
                                          struct store_bytes pseudonyms, int64_t unreadable,
                                          int64_t *ret_subjects, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_bytes(&params, pseudonyms.data != NULL ? pseudonyms.data : "", pseudonyms.size);
    params_i64(&params, unreadable);
    return statement_each(store, STATEMENT_MEMBERSHIP_WRITE, &params, on_count, ret_subjects, NULL,
                          err);
}

enum ov_status store_erasure_write_images(struct store *store, const struct ov_id *deployment_id,
                                          struct store_bytes digests, int64_t unreadable,
                                          struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_bytes(&params, digests.data != NULL ? digests.data : "", digests.size);
    params_i64(&params, unreadable);
    return statement_run(store, STATEMENT_MEMBERSHIP_IMAGE_WRITE, &params, NULL, err);
}

enum ov_status store_erasure_without_ledger(struct store *store, const struct ov_id *deployment_id,
                                            const struct ov_id *waiver_id, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_id(&params, waiver_id);
    return statement_run(store, STATEMENT_ERASURE_WITHOUT_LEDGER, &params, NULL, err);
}

enum ov_status store_erasure_key_missing(struct store *store, const struct ov_id *deployment_id,
                                         struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    return statement_run(store, STATEMENT_ERASURE_KEY_MISSING, &params, NULL, err);
}

enum ov_status store_erasure_key_destroyed(struct store *store, const struct ov_id *deployment_id,
                                           int64_t keys, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_i64(&params, keys);
    return statement_run(store, STATEMENT_ERASURE_KEY_DESTROYED, &params, NULL, err);
}

static enum ov_status on_left(void *ctx, struct row *row, struct ov_error *err)
{
    int64_t *ret = ctx;
    *ret = row_i64(row);
    return row_done(row, err);
}

enum ov_status store_list_left(struct store *store, const struct ov_id *deployment_id,
                               int64_t *ret_left, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    return statement_each(store, STATEMENT_ERASURE_LEFT, &params, on_left, ret_left, NULL, err);
}

enum ov_status store_erasure_certified(struct store *store, const struct ov_id *deployment_id,
                                       const uint8_t digest[OV_DIGEST_BYTES], struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_bytes(&params, digest, OV_DIGEST_BYTES);
    return statement_run(store, STATEMENT_ERASURE_CERTIFIED, &params, NULL, err);
}

/* --- what is due --------------------------------------------------------------------------- */

struct due_sink {
    enum ov_status (*on_row)(void *ctx, const struct erasure_due *);
    void *ctx;
};

static enum ov_status on_due(void *ctx, struct row *row, struct ov_error *err)
{
    const struct due_sink *sink = ctx;
    struct erasure_due due;
    row_id(row, &due.deployment_id);
    due.due_at_us = row_time(row);
    due.overdue_s = row_i64(row);
    due.count = row_i64(row);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &due) : status;
}

enum ov_status store_erasure_each_due(struct store *store,
                                      enum ov_status (*on_row)(void *ctx,
                                                               const struct erasure_due *),
                                      void *ctx, struct ov_error *err)
{
    struct due_sink sink = {on_row, ctx};
    return statement_each(store, STATEMENT_ERASURE_DUE, NULL, on_due, &sink, NULL, err);
}

enum ov_status store_alert_each_due(struct store *store,
                                    enum ov_status (*on_row)(void *ctx, const struct erasure_due *),
                                    void *ctx, struct ov_error *err)
{
    struct due_sink sink = {on_row, ctx};
    return statement_each(store, STATEMENT_ALERT_DUE, NULL, on_due, &sink, NULL, err);
}

struct due_alert_sink {
    enum ov_status (*on_row)(void *ctx, const struct due_alert *);
    void *ctx;
};

static enum ov_status on_due_alert(void *ctx, struct row *row, struct ov_error *err)
{
    const struct due_alert_sink *sink = ctx;
    struct due_alert due;
    row_id(row, &due.alert_id);
    due.erase_at_us = row_time(row);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &due) : status;
}

enum ov_status store_alert_lock_due(struct store *store, const struct ov_id *deployment_id,
                                    int limit,
                                    enum ov_status (*on_row)(void *ctx, const struct due_alert *),
                                    void *ctx, struct ov_error *err)
{
    struct due_alert_sink sink = {on_row, ctx};
    enum ov_status status = statement_need_transaction(store, err);
    if (status != OV_OK)
        return status;
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_i64(&params, limit);
    return statement_each(store, STATEMENT_ALERT_LOCK_DUE, &params, on_due_alert, &sink, NULL, err);
}

static enum ov_status on_bool(void *ctx, struct row *row, struct ov_error *err)
{
    bool *ret = ctx;
    *ret = row_bool(row);
    return row_done(row, err);
}

enum ov_status store_alert_is_due(struct store *store, const struct ov_id *alert_id, bool *ret_due,
                                  struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, alert_id);
    return statement_each(store, STATEMENT_ALERT_IS_DUE, &params, on_bool, ret_due, NULL, err);
}

enum ov_status store_alert_erase(struct store *store, const struct ov_id *alert_id,
                                 bool *ret_erased, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, alert_id);
    return statement_each(store, STATEMENT_ALERT_ERASE, &params, on_bool, ret_erased, NULL, err);
}

/* --- owners of keys ------------------------------------------------------------------------ */

struct owner_sink {
    enum ov_status (*on_row)(void *ctx, const struct key_owner *);
    void *ctx;
};

static enum ov_status on_owner(void *ctx, struct row *row, struct ov_error *err)
{
    const struct owner_sink *sink = ctx;
    struct key_owner owner;
    row_id(row, &owner.id);
    owner.may_have_key = row_bool(row);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &owner) : status;
}

enum ov_status store_key_owners(struct store *store, enum key_owner_kind kind,
                                const struct ov_id *ids, size_t count,
                                enum ov_status (*on_row)(void *ctx, const struct key_owner *),
                                void *ctx, struct ov_error *err)
{
    char literal[KEY_OWNERS_MAX * OV_ID_TEXT_SIZE + 3];
    char text[OV_ID_TEXT_SIZE];
    if (count > KEY_OWNERS_MAX)
        return ov_fail(err, OV_ERR_INTERNAL, "store.too_many", "at most %d owners at a time",
                       KEY_OWNERS_MAX);
    char *at = stpcpy(literal, "{");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            at = stpcpy(at, ",");
        at = stpcpy(at, ov_id_format(&ids[i], text));
    }
    stpcpy(at, "}");
    struct owner_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_array(&params, literal);
    return statement_each(store,
                          kind == KEY_OWNER_DEPLOYMENT ? STATEMENT_KEY_OWNER_DEPLOYMENTS
                                                       : STATEMENT_KEY_OWNER_ALERTS,
                          &params, on_owner, &sink, NULL, err);
}

/* How far the erasures of lists have come. */
#include "server/store/erasures.h"

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
    row_id(row, &ret->early_by);
    ret->entries = row_i64(row);
    ret->images = row_i64(row);
    ret->ledger = (enum erasure_ledger)row_choice(row, ledger_name, ERASURE_LEDGER_WAIVED + 1);
    ret->ledger_at_us = row_time(row);
    ret->subjects = row_i64(row);
    ret->unreadable = row_i64(row);
    ret->key_destroyed_at_us = row_time(row);
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
                                   const struct ov_id *early_by, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_id(&params, early_by);
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

enum ov_status store_erasure_without_ledger(struct store *store, const struct ov_id *deployment_id,
                                            enum erasure_ledger why, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_text(&params, erasure_ledger_name(why));
    return statement_run(store, STATEMENT_ERASURE_WITHOUT_LEDGER, &params, NULL, err);
}

enum ov_status store_erasure_key_destroyed(struct store *store, const struct ov_id *deployment_id,
                                           struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    return statement_run(store, STATEMENT_ERASURE_KEY_DESTROYED, &params, NULL, err);
}

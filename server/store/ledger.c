/* The membership ledger's rows. */
#include "server/store/ledger.h"

#include "server/store/statement.h"

static enum ov_status on_fingerprint(void *ctx, struct row *row, struct ov_error *err)
{
    row_fixed_bytes(row, ctx, MEMBERSHIP_PSEUDONYM_BYTES);
    return row_done(row, err);
}

enum ov_status store_ledger_key_get(struct store *store, uint8_t ret[MEMBERSHIP_PSEUDONYM_BYTES],
                                    struct ov_error *err)
{
    int64_t count = 0;
    enum ov_status status =
        statement_each(store, STATEMENT_LEDGER_KEY_GET, NULL, on_fingerprint, ret, &count, err);
    if (status == OV_OK && count == 0)
        status = ov_fail(err, OV_ERR_NOT_FOUND, "ledger.not_set_up",
                         "the membership ledger has no key yet: make it with 'overtd ledger-key'");
    return status;
}

enum ov_status store_ledger_key_add(struct store *store,
                                    const uint8_t fingerprint[MEMBERSHIP_PSEUDONYM_BYTES],
                                    struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_bytes(&params, fingerprint, MEMBERSHIP_PSEUDONYM_BYTES);
    return statement_run(store, STATEMENT_LEDGER_KEY_ADD, &params, NULL, err);
}

struct reference_sink {
    enum ov_status (*on_row)(void *ctx, const struct entry_reference *);
    void *ctx;
};

static enum ov_status on_reference(void *ctx, struct row *row, struct ov_error *err)
{
    const struct reference_sink *sink = ctx;
    struct entry_reference reference;
    row_id(row, &reference.entry_id);
    reference.sealed_reference = row_bytes(row);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &reference) : status;
}

enum ov_status store_entry_each_reference(struct store *store, const struct ov_id *deployment_id,
                                          enum ov_status (*on_row)(void *ctx,
                                                                   const struct entry_reference *),
                                          void *ctx, struct ov_error *err)
{
    struct reference_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    return statement_stream(store, STATEMENT_ENTRY_EACH_REFERENCE, &params, on_reference, &sink,
                            err);
}

struct image_sink {
    enum ov_status (*on_row)(void *ctx, const struct listed_image *);
    void *ctx;
};

static enum ov_status on_image(void *ctx, struct row *row, struct ov_error *err)
{
    const struct image_sink *sink = ctx;
    struct listed_image image;
    row_id(row, &image.entry_id);
    image.sealed_reference = row_bytes(row);
    row_id(row, &image.image_id);
    image.sealed_digest = row_bytes(row);
    image.sealed_jpeg = row_bytes(row);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &image) : status;
}

enum ov_status store_listed_image_each(struct store *store, const struct ov_id *deployment_id,
                                       enum ov_status (*on_row)(void *ctx,
                                                                const struct listed_image *),
                                       void *ctx, struct ov_error *err)
{
    struct image_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    return statement_stream(store, STATEMENT_LISTED_IMAGE_EACH, &params, on_image, &sink, err);
}

struct other_sink {
    enum ov_status (*on_row)(void *ctx, const struct other_list *);
    void *ctx;
};

static enum ov_status on_other(void *ctx, struct row *row, struct ov_error *err)
{
    const struct other_sink *sink = ctx;
    struct other_list list;
    row_id(row, &list.deployment_id);
    list.in_ledger = row_bool(row);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &list) : status;
}

enum ov_status store_other_list_each(struct store *store, const struct ov_id *deployment_id,
                                     enum ov_status (*on_row)(void *ctx, const struct other_list *),
                                     void *ctx, struct ov_error *err)
{
    struct other_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    return statement_each(store, STATEMENT_OTHER_LIST_EACH, &params, on_other, &sink, NULL, err);
}

struct list_sink {
    enum ov_status (*on_row)(void *ctx, struct store_bytes pseudonyms, struct store_bytes digests);
    void *ctx;
};

static enum ov_status on_list(void *ctx, struct row *row, struct ov_error *err)
{
    const struct list_sink *sink = ctx;
    struct store_bytes pseudonyms = row_bytes(row);
    struct store_bytes digests = row_bytes(row);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, pseudonyms, digests) : status;
}

enum ov_status store_ledger_list_get(struct store *store, const struct ov_id *deployment_id,
                                     enum ov_status (*on_row)(void *ctx,
                                                              struct store_bytes pseudonyms,
                                                              struct store_bytes digests),
                                     void *ctx, struct ov_error *err)
{
    struct list_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    return statement_each(store, STATEMENT_LEDGER_LIST_GET, &params, on_list, &sink, NULL, err);
}

struct membership_sink {
    enum ov_status (*on_row)(void *ctx, const struct membership *);
    void *ctx;
};

static enum ov_status on_membership(void *ctx, struct row *row, struct ov_error *err)
{
    const struct membership_sink *sink = ctx;
    struct membership membership;
    row_id(row, &membership.deployment_id);
    membership.first_day = row_i32(row);
    membership.last_day = row_i32(row);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &membership) : status;
}

enum ov_status store_membership_each(struct store *store,
                                     const uint8_t pseudonym[MEMBERSHIP_PSEUDONYM_BYTES],
                                     int32_t day, const struct ov_id *deployment_id,
                                     enum ov_status (*on_row)(void *ctx, const struct membership *),
                                     void *ctx, struct ov_error *err)
{
    struct membership_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_bytes(&params, pseudonym, MEMBERSHIP_PSEUDONYM_BYTES);
    params_bool(&params, day == MEMBERSHIP_ANY_DAY);
    params_i32(&params, day == MEMBERSHIP_ANY_DAY ? 0 : day);
    params_id(&params, deployment_id);
    return statement_each(store, STATEMENT_MEMBERSHIP_EACH, &params, on_membership, &sink, NULL,
                          err);
}

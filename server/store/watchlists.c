/* Watchlist entries and images. All bytes of a person that pass through here are sealed. */
#include "server/store/watchlists.h"

#include <string.h>

#include "server/store/statement.h"

const char *entry_state_name(enum entry_state state)
{
    switch (state) {
    case ENTRY_PROPOSED:
        return "proposed";
    case ENTRY_APPROVED:
        return "approved";
    case ENTRY_WITHDRAWN:
        return "withdrawn";
    case ENTRY_EXPIRED:
        return "expired";
    }
    return "unknown";
}

const char *image_state_name(enum image_state state)
{
    switch (state) {
    case IMAGE_ACCEPTED:
        return "accepted";
    case IMAGE_PENDING:
        return "pending";
    case IMAGE_REJECTED:
        return "rejected";
    }
    return "unknown";
}

static const char *state_name(int state)
{
    return entry_state_name((enum entry_state)state);
}

static const char *image_name(int state)
{
    return image_state_name((enum image_state)state);
}

static void read_entry(struct row *row, struct watchlist_entry *ret)
{
    memset(ret, 0, sizeof(*ret));
    row_id(row, &ret->id);
    row_id(row, &ret->deployment_id);
    row_text(row, ret->category, sizeof(ret->category));
    row_text(row, ret->response, sizeof(ret->response));
    ret->state = (enum entry_state)row_choice(row, state_name, ENTRY_EXPIRED + 1);
    row_id(row, &ret->added_by);
    row_id(row, &ret->approved_by);
    ret->added_at_us = row_time(row);
    ret->sealed_name = row_bytes(row);
    ret->sealed_reference = row_bytes(row);
    ret->priority = row_i32(row);
    row_text(row, ret->legal_basis, sizeof(ret->legal_basis));
    ret->sealed_justification = row_bytes(row);
    ret->sealed_birth_date = row_bytes(row);
    ret->under_18 = row_bool(row);
    ret->birth_unknown = row_bool(row);
    ret->expires_at_us = row_time(row);
    row_fixed_bytes(row, ret->consent_digest, sizeof(ret->consent_digest));
    ret->has_consent = strcmp(ret->category, WATCHLIST_BLUE_LIST) == 0;
    ret->image_count = (int)row_i64(row);
    ret->image_rows = (int)row_i64(row);
    ret->images_pending = (int)row_i64(row);
    ret->old_image = row_bool(row);
    ret->overridden = row_bool(row);
}

static enum ov_status unknown(struct ov_error *err)
{
    return ov_fail(err, OV_ERR_NOT_FOUND, "entry.unknown",
                   "there is no such entry on this deployment's watchlist");
}

/* --- entries ------------------------------------------------------------------------------- */

enum ov_status store_entry_add(struct store *store, const struct watchlist_entry *entry,
                               struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, &entry->deployment_id);
    params_id(&params, &entry->id);
    params_text(&params, entry->category);
    params_text(&params, entry->response);
    params_id(&params, &entry->added_by);
    params_time(&params, entry->added_at_us);
    params_bytes(&params, entry->sealed_name.data, entry->sealed_name.size);
    params_bytes(&params, entry->sealed_reference.data, entry->sealed_reference.size);
    params_i32(&params, entry->priority == 0 ? 2 : entry->priority);
    params_text(&params, entry->legal_basis[0] == '\0' ? "not_stated" : entry->legal_basis);
    params_bytes(&params, entry->sealed_justification.data, entry->sealed_justification.size);
    params_bytes(&params, entry->sealed_birth_date.data, entry->sealed_birth_date.size);
    params_bool(&params, entry->under_18);
    params_bool(&params, entry->birth_unknown);
    params_time(&params, entry->expires_at_us);
    params_bytes(&params, entry->has_consent ? entry->consent_digest : NULL,
                 entry->has_consent ? sizeof(entry->consent_digest) : 0);
    return statement_run(store, STATEMENT_ENTRY_ADD, &params, NULL, err);
}

enum ov_status store_image_add(struct store *store, const struct watchlist_image *image,
                               struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, &image->deployment_id);
    params_id(&params, &image->id);
    params_id(&params, &image->entry_id);
    params_bytes(&params, image->sealed_jpeg.data, image->sealed_jpeg.size);
    params_bytes(&params, image->sealed_thumbnail.data, image->sealed_thumbnail.size);
    params_bytes(&params, image->sealed_template.data, image->sealed_template.size);
    params_bytes(&params, image->model_digest, sizeof(image->model_digest));
    params_i32(&params, image->eye_distance_px);
    params_i32(&params, image->sharpness_milli);
    params_bytes(&params, image->content_tag.data, image->content_tag.size); /* NULL: null */
    params_text(&params, image_state_name(image->state));
    params_text(&params, image->source[0] == '\0' ? "not_stated" : image->source);
    params_time(&params, image->taken_at_us);
    params_bool(&params, image->old_image);
    params_text(&params, image->override_code[0] == '\0' ? NULL : image->override_code);
    params_bytes(&params, image->sealed_ledger_digest.data, image->sealed_ledger_digest.size);
    return statement_run(store, STATEMENT_IMAGE_ADD, &params, NULL, err);
}

static enum ov_status on_tag(void *ctx, struct row *row, struct ov_error *err)
{
    *(bool *)ctx = row_bool(row);
    return row_done(row, err);
}

enum ov_status store_image_has_tag(struct store *store, const struct ov_id *deployment_id,
                                   const struct ov_id *entry_id, struct store_bytes tag,
                                   bool *ret_has, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_id(&params, entry_id);
    params_bytes(&params, tag.data, tag.size);
    return statement_each(store, STATEMENT_IMAGE_HAS_TAG, &params, on_tag, ret_has, NULL, err);
}

struct entry_sink {
    enum ov_status (*on_row)(void *ctx, const struct watchlist_entry *row);
    void *ctx;
};

static enum ov_status on_entry(void *ctx, struct row *row, struct ov_error *err)
{
    const struct entry_sink *sink = ctx;
    struct watchlist_entry entry;
    read_entry(row, &entry);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &entry) : status;
}

enum ov_status store_entry_get(struct store *store, const struct ov_id *deployment_id,
                               const struct ov_id *entry_id, bool for_update,
                               enum ov_status (*on_row)(void *ctx, const struct watchlist_entry *),
                               void *ctx, struct ov_error *err)
{
    enum ov_status status = for_update ? statement_need_transaction(store, err) : OV_OK;
    if (status != OV_OK)
        return status;
    struct entry_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_id(&params, entry_id);
    int64_t count = 0;
    status =
        statement_each(store, for_update ? STATEMENT_ENTRY_GET_FOR_UPDATE : STATEMENT_ENTRY_GET,
                       &params, on_entry, &sink, &count, err);
    return status == OV_OK && count == 0 ? unknown(err) : status;
}

enum ov_status store_entry_each(struct store *store, const struct ov_id *deployment_id,
                                const struct ov_id *after, int limit,
                                enum ov_status (*on_row)(void *ctx, const struct watchlist_entry *),
                                void *ctx, struct ov_error *err)
{
    struct entry_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_id(&params, after);
    params_i64(&params, limit);
    return statement_each(store, STATEMENT_ENTRY_EACH, &params, on_entry, &sink, NULL, err);
}

static enum ov_status change(struct store *store, enum statement statement,
                             const struct params *params, struct ov_error *err)
{
    int64_t changed = 0;
    enum ov_status status = statement_run(store, statement, params, &changed, err);
    return status == OV_OK && changed == 0 ? unknown(err) : status;
}

enum ov_status store_entry_approve(struct store *store, const struct ov_id *deployment_id,
                                   const struct ov_id *entry_id, const struct ov_id *by,
                                   int64_t at_us, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_id(&params, entry_id);
    params_id(&params, by);
    params_time(&params, at_us);
    return change(store, STATEMENT_ENTRY_APPROVE, &params, err);
}

enum ov_status store_entry_withdraw(struct store *store, const struct ov_id *deployment_id,
                                    const struct ov_id *entry_id, int64_t at_us,
                                    struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_id(&params, entry_id);
    params_time(&params, at_us);
    return change(store, STATEMENT_ENTRY_WITHDRAW, &params, err);
}

enum ov_status store_entry_expire(struct store *store, const struct ov_id *deployment_id,
                                  const struct ov_id *entry_id, int64_t at_us, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_id(&params, entry_id);
    params_time(&params, at_us);
    return change(store, STATEMENT_ENTRY_EXPIRE, &params, err);
}

struct expired_sink {
    enum ov_status (*on_row)(void *ctx, const struct ov_id *deployment_id, const struct ov_id *id);
    void *ctx;
};

static enum ov_status on_expired(void *ctx, struct row *row, struct ov_error *err)
{
    const struct expired_sink *sink = ctx;
    struct ov_id deployment_id;
    struct ov_id id;
    row_id(row, &deployment_id);
    row_id(row, &id);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &deployment_id, &id) : status;
}

enum ov_status store_entry_expired_each(struct store *store, int limit,
                                        enum ov_status (*on_row)(void *ctx,
                                                                 const struct ov_id *deployment_id,
                                                                 const struct ov_id *id),
                                        void *ctx, struct ov_error *err)
{
    struct expired_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_i64(&params, limit);
    return statement_each(store, STATEMENT_ENTRY_EXPIRED, &params, on_expired, &sink, NULL, err);
}

/* --- images -------------------------------------------------------------------------------- */

struct image_sink {
    enum ov_status (*on_row)(void *ctx, const struct watchlist_image *row);
    void *ctx;
};

static enum ov_status on_image(void *ctx, struct row *row, struct ov_error *err)
{
    const struct image_sink *sink = ctx;
    struct watchlist_image image = {.sealed_jpeg = {NULL, 0}};
    row_id(row, &image.id);
    row_id(row, &image.entry_id);
    row_id(row, &image.deployment_id);
    image.sealed_thumbnail = row_bytes(row);
    image.sealed_template = row_bytes(row);
    row_fixed_bytes(row, image.model_digest, sizeof(image.model_digest));
    image.eye_distance_px = (int)row_i64(row);
    image.sharpness_milli = (int)row_i64(row);
    image.state = (enum image_state)row_choice(row, image_name, IMAGE_REJECTED + 1);
    row_text(row, image.source, sizeof(image.source));
    image.taken_at_us = row_time(row);
    image.old_image = row_bool(row);
    row_text(row, image.override_code, sizeof(image.override_code));
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &image) : status;
}

enum ov_status store_image_each(struct store *store, const struct ov_id *deployment_id,
                                const struct ov_id *entry_id,
                                enum ov_status (*on_row)(void *ctx, const struct watchlist_image *),
                                void *ctx, struct ov_error *err)
{
    struct image_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_id(&params, entry_id);
    return statement_each(store, STATEMENT_IMAGE_EACH, &params, on_image, &sink, NULL, err);
}

enum ov_status store_image_decide(struct store *store, const struct watchlist_image *image,
                                  enum image_state state, const struct ov_id *by, int64_t at_us,
                                  struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, &image->deployment_id);
    params_id(&params, &image->entry_id);
    params_id(&params, &image->id);
    params_text(&params, image_state_name(state));
    params_id(&params, by);
    params_time(&params, at_us);
    return change(store, STATEMENT_IMAGE_DECIDE, &params, err);
}

/* --- counts and erasing -------------------------------------------------------------------- */

static enum ov_status on_counts(void *ctx, struct row *row, struct ov_error *err)
{
    struct watchlist_counts *ret = ctx;
    ret->proposed = row_i64(row);
    ret->approved = row_i64(row);
    ret->withdrawn = row_i64(row);
    ret->expired = row_i64(row);
    ret->blue_list = row_i64(row);
    ret->listed = row_i64(row);
    ret->blue_listed = row_i64(row);
    return row_done(row, err);
}

enum ov_status store_watchlist_counts(struct store *store, const struct ov_id *deployment_id,
                                      struct watchlist_counts *ret, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    return statement_each(store, STATEMENT_ENTRY_COUNTS, &params, on_counts, ret, NULL, err);
}

static enum ov_status on_used(void *ctx, struct row *row, struct ov_error *err)
{
    struct watchlist_counts *ret = ctx;
    ret->listed = row_i64(row);
    ret->blue_listed = row_i64(row);
    return row_done(row, err);
}

enum ov_status store_watchlist_used(struct store *store, const struct ov_id *deployment_id,
                                    struct watchlist_counts *ret, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    memset(ret, 0, sizeof(*ret));
    return statement_each(store, STATEMENT_WATCHLIST_USED, &params, on_used, ret, NULL, err);
}

enum ov_status store_watchlist_erase(struct store *store, const struct ov_id *deployment_id,
                                     struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    return statement_run(store, STATEMENT_WATCHLIST_DROP, &params, NULL, err);
}

/* --- galleries and alerts ------------------------------------------------------------------ */

struct gallery_sink {
    enum ov_status (*on_row)(void *ctx, const struct gallery_row *row);
    void *ctx;
};

static enum ov_status on_gallery(void *ctx, struct row *row, struct ov_error *err)
{
    const struct gallery_sink *sink = ctx;
    struct gallery_row found;
    row_id(row, &found.entry_id);
    row_id(row, &found.image_id);
    found.sealed_template = row_bytes(row);
    row_fixed_bytes(row, found.model_digest, sizeof(found.model_digest));
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &found) : status;
}

enum ov_status store_gallery_each(struct store *store, const struct ov_id *deployment_id,
                                  enum ov_status (*on_row)(void *ctx, const struct gallery_row *),
                                  void *ctx, struct ov_error *err)
{
    struct gallery_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    return statement_stream(store, STATEMENT_GALLERY_EACH, &params, on_gallery, &sink, err);
}

struct source_sink {
    enum ov_status (*on_row)(void *ctx, const struct alert_source *row);
    void *ctx;
};

static enum ov_status on_source(void *ctx, struct row *row, struct ov_error *err)
{
    const struct source_sink *sink = ctx;
    struct alert_source source;
    read_entry(row, &source.entry);
    row_id(row, &source.image_id);
    source.sealed_thumbnail = row_bytes(row);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &source) : status;
}

enum ov_status store_alert_source_get(struct store *store, const struct ov_id *deployment_id,
                                      const struct ov_id *entry_id, const struct ov_id *image_id,
                                      enum ov_status (*on_row)(void *ctx,
                                                               const struct alert_source *),
                                      void *ctx, struct ov_error *err)
{
    struct source_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    params_id(&params, entry_id);
    params_id(&params, image_id);
    int64_t count = 0;
    enum ov_status status =
        statement_each(store, STATEMENT_ALERT_SOURCE_GET, &params, on_source, &sink, &count, err);
    if (status == OV_OK && count == 0)
        status = ov_fail(err, OV_ERR_NOT_FOUND, "entry.not_approved",
                         "the entry is not, or no longer, approved");
    return status;
}

struct group_sink {
    enum ov_status (*on_row)(void *ctx, const struct watchlist_group *group);
    void *ctx;
};

static enum ov_status on_summary(void *ctx, struct row *row, struct ov_error *err)
{
    const struct group_sink *sink = ctx;
    struct watchlist_group group;
    row_text(row, group.category, sizeof(group.category));
    row_text(row, group.response, sizeof(group.response));
    row_text(row, group.state, sizeof(group.state));
    group.entries = row_i64(row);
    row_fixed_bytes(row, group.members, sizeof(group.members));
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &group) : status;
}

enum ov_status store_watchlist_summary(struct store *store, const struct ov_id *deployment_id,
                                       enum ov_status (*on_row)(void *ctx,
                                                                const struct watchlist_group *),
                                       void *ctx, struct ov_error *err)
{
    struct group_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, deployment_id);
    return statement_each(store, STATEMENT_WATCHLIST_SUMMARY, &params, on_summary, &sink, NULL,
                          err);
}

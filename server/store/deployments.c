/* Deployments. The database judges each step; this only carries them. */
#include "server/store/deployments.h"

#include <string.h>

#include "common/base/bytes.h"
#include "server/store/statement.h"

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

const char *deployment_authority_name(enum deployment_authority authority)
{
    switch (authority) {
    case AUTHORITY_NONE:
        return "none";
    case AUTHORITY_ORAL:
        return "oral";
    case AUTHORITY_WRITTEN:
        return "written";
    }
    return "unknown";
}

const char *deployment_end_name(enum deployment_end end)
{
    switch (end) {
    case END_NONE:
        return "none";
    case END_STOPPED:
        return "stopped";
    case END_WINDOW_CLOSED:
        return "window_closed";
    case END_URGENT_REFUSED:
        return "urgent_refused";
    case END_URGENT_LAPSED:
        return "urgent_lapsed";
    case END_REFUSED:
        return "refused";
    case END_CANCELLED:
        return "cancelled";
    case END_LAPSED:
        return "lapsed";
    }
    return "unknown";
}

bool deployment_is_overdue(const struct deployment *row, int64_t at_us)
{
    return row->authority == AUTHORITY_ORAL && at_us >= row->written_due_at_us;
}

static const char *authority_name(int authority)
{
    return deployment_authority_name((enum deployment_authority)authority);
}

static const char *end_name(int end)
{
    return deployment_end_name((enum deployment_end)end);
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

/* Codes separated by blanks. */
static size_t read_codes(struct row *row, char (*out)[DEPLOYMENT_CODE_SIZE], size_t max)
{
    struct store_bytes text = row_bytes(row);
    const char *at = text.data;
    size_t left = text.size;
    size_t count = 0;
    while (left > 0) {
        const char *blank = memchr(at, ' ', left);
        size_t length = blank != NULL ? (size_t)(blank - at) : left;
        if (count == max || length >= DEPLOYMENT_CODE_SIZE) {
            row->failed = true;
            return 0;
        }
        memcpy(out[count], at, length);
        out[count++][length] = '\0';
        length += blank != NULL ? 1 : 0;
        at += length;
        left -= length;
    }
    return count;
}

/* null: zeros. */
static void read_digest(struct row *row, uint8_t out[OV_DIGEST_BYTES])
{
    struct store_bytes digest = row_bytes(row);
    memset(out, 0, OV_DIGEST_BYTES);
    if (digest.size == OV_DIGEST_BYTES)
        memcpy(out, digest.data, OV_DIGEST_BYTES);
    else if (digest.data != NULL)
        row->failed = true;
}

static void read_authority(struct row *row, struct deployment *ret)
{
    ret->revision = row_i32(row);
    row_id(row, &ret->edited_by);
    ret->edited_at_us = row_time(row);
    ret->policy_version = row_i32(row);
    read_digest(row, ret->application_digest);
    read_digest(row, ret->settings_digest);
    ret->authority =
        (enum deployment_authority)row_choice(row, authority_name, AUTHORITY_WRITTEN + 1);
    read_digest(row, ret->authorisation_digest);
    ret->urgent = row_bool(row);
    row_id(row, &ret->oral_by);
    row_id(row, &ret->recorded_by);
    ret->oral_at_us = row_time(row);
    ret->written_due_at_us = row_time(row);
    ret->end_reason = (enum deployment_end)row_choice(row, end_name, END_LAPSED + 1);
}

static void read_gate(struct row *row, struct ov_quality_gate *ret)
{
    ret->min_eye_distance_px = row_f32(row);
    ret->min_sharpness = row_f32(row);
    ret->max_yaw_deg = row_f32(row);
    ret->max_pitch_deg = row_f32(row);
    ret->max_roll_deg = row_f32(row);
    ret->min_brightness = row_f32(row);
    ret->max_brightness = row_f32(row);
}

static void read_application(struct row *row, struct deployment *ret)
{
    row_text(row, ret->location_type, sizeof(ret->location_type));
    ret->has_place = row_bool(row);
    ret->latitude_e6 = row_i32(row);
    ret->longitude_e6 = row_i32(row);
    ret->expected_footfall = row_i32(row);
    ret->expected_entries = row_i32(row);
    ret->retention_watchlist_h = row_i32(row);
    ret->retention_alert_h = row_i32(row);
    ret->retention_true_alert_h = row_i32(row);
    read_gate(row, &ret->gate);
    ret->flag_count = read_codes(row, ret->flags, DEPLOYMENT_FLAGS_MAX);
    ret->category_count = read_codes(row, ret->categories, DEPLOYMENT_CATEGORIES_MAX);
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
    read_authority(row, ret);
    read_application(row, ret);
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

enum ov_status store_deployment_page(struct store *store, const struct store_page *page,
                                     enum ov_status (*on_row)(void *ctx, const struct deployment *),
                                     void *ctx, struct ov_error *err)
{
    struct sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, page->after);
    params_i64(&params, page->limit);
    return statement_each(store, STATEMENT_DEPLOYMENT_PAGE, &params, on_each, &sink, NULL, err);
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

struct camera_sink {
    enum ov_status (*on_row)(void *ctx, const struct deployment_camera *camera);
    void *ctx;
};

/* int4 x, y, x, y ..., big-endian. */
static void read_zone(struct row *row, struct ov_zone *ret)
{
    struct store_bytes points = row_bytes(row);
    const uint8_t *at = points.data;
    memset(ret, 0, sizeof(*ret));
    if (points.size % 8 != 0 || points.size / 8 > OV_ZONE_POINTS_MAX) {
        row->failed = true;
        return;
    }
    ret->count = points.size / 8;
    for (size_t i = 0; i < ret->count; i++) {
        ret->points[i].x = (uint16_t)ov_read_be32(at + 8 * i);
        ret->points[i].y = (uint16_t)ov_read_be32(at + 8 * i + 4);
    }
}

static enum ov_status on_camera(void *ctx, struct row *row, struct ov_error *err)
{
    const struct camera_sink *sink = ctx;
    struct deployment_camera camera;
    row_id(row, &camera.site_id);
    row_text(row, camera.camera, sizeof(camera.camera));
    read_zone(row, &camera.zone);
    enum ov_status status = row_done(row, err);
    return status == OV_OK ? sink->on_row(sink->ctx, &camera) : status;
}

enum ov_status store_deployment_cameras(struct store *store, const struct ov_id *id,
                                        enum ov_status (*on_row)(void *ctx,
                                                                 const struct deployment_camera *),
                                        void *ctx, struct ov_error *err)
{
    struct camera_sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    return statement_each(store, STATEMENT_DEPLOYMENT_CAMERAS, &params, on_camera, &sink, NULL,
                          err);
}

enum ov_status store_deployment_each_overdue(struct store *store, int64_t now_us,
                                             enum ov_status (*on_row)(void *ctx,
                                                                      const struct deployment *),
                                             void *ctx, struct ov_error *err)
{
    struct sink sink = {on_row, ctx};
    struct params params = PARAMS_INIT;
    params_time(&params, now_us);
    return statement_each(store, STATEMENT_DEPLOYMENT_EACH_OVERDUE, &params, on_each, &sink, NULL,
                          err);
}

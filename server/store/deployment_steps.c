/* Deployments: drafts and their steps. The database judges each; this only carries them. */
#include <stdio.h>
#include <string.h>

#include "common/base/bytes.h"
#include "server/store/deployments.h"
#include "server/store/statement.h"

#define SITES_TEXT_SIZE (DEPLOYMENT_SITES_MAX * OV_ID_TEXT_SIZE + 3)
#define CODES_TEXT_SIZE (16 * DEPLOYMENT_CODE_SIZE + 3)
#define ZONE_TEXT_SIZE (2 * OV_ZONE_POINTS_MAX * 6 + 3)

_Static_assert(DEPLOYMENT_FLAGS_MAX <= 16 && DEPLOYMENT_CATEGORIES_MAX <= 16, "codes fit");

/* --- drafts -------------------------------------------------------------------------------- */

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

/* An array literal; the codes need no quotes, and the database refuses what is no code. */
static bool format_codes(const char (*codes)[DEPLOYMENT_CODE_SIZE], size_t count,
                         char out[CODES_TEXT_SIZE])
{
    char *at = stpcpy(out, "{");
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(codes[i]);
        if (length < 1 || strspn(codes[i], "abcdefghijklmnopqrstuvwxyz_") != length)
            return false;
        if (i > 0)
            at = stpcpy(at, ",");
        at = stpcpy(at, codes[i]);
    }
    stpcpy(at, "}");
    return true;
}

struct arrays {
    char sites[SITES_TEXT_SIZE];
    char flags[CODES_TEXT_SIZE];
    char categories[CODES_TEXT_SIZE];
};

static enum ov_status format_arrays(const struct deployment *row, struct arrays *arrays,
                                    struct ov_error *err)
{
    if (row->site_count < 1 || row->site_count > DEPLOYMENT_SITES_MAX)
        return ov_fail(err, OV_ERR_INVALID, "deployment.invalid",
                       "a deployment names 1 to %d sites", DEPLOYMENT_SITES_MAX);
    if (row->flag_count > DEPLOYMENT_FLAGS_MAX || row->category_count > DEPLOYMENT_CATEGORIES_MAX ||
        !format_codes(row->flags, row->flag_count, arrays->flags) ||
        !format_codes(row->categories, row->category_count, arrays->categories))
        return ov_fail(err, OV_ERR_INVALID, "deployment.invalid",
                       "flags and categories are codes of a-z and _");
    format_sites(row, arrays->sites);
    return OV_OK;
}

/* What a draft says, in the order of both statements; arrays stay until they have run. */
static void add_application(struct params *params, const struct deployment *row,
                            const struct arrays *arrays)
{
    params_id(params, &row->id);
    params_text(params, row->name);
    params_text(params, row->purpose);
    params_text(params, deployment_kind_name(row->kind));
    params_time(params, row->starts_at_us);
    params_time(params, row->ends_at_us);
    params_f32(params, row->threshold);
    params_i32(params, row->cool_down_s);
    params_i32(params, row->min_face_px);
    params_bytes(params, row->model_digest, sizeof(row->model_digest));
    params_bytes(params, row->application_digest, sizeof(row->application_digest));
    params_bytes(params, row->settings_digest, sizeof(row->settings_digest));
    params_text(params, row->location_type[0] != '\0' ? row->location_type : NULL);
    params_bool(params, row->has_place);
    params_i32(params, row->latitude_e6);
    params_i32(params, row->longitude_e6);
    params_i32(params, row->expected_footfall);
    params_i32(params, row->expected_entries);
    params_i32(params, row->retention_watchlist_h);
    params_i32(params, row->retention_alert_h);
    params_i32(params, row->retention_true_alert_h);
    params_array(params, arrays->flags);
    params_id(params, &row->edited_by);
    params_time(params, row->edited_at_us);
}

static void format_zone(const struct ov_zone *zone, char out[ZONE_TEXT_SIZE])
{
    size_t used = 1;
    (void)snprintf(out, ZONE_TEXT_SIZE, "{");
    for (size_t i = 0; i < zone->count && i < OV_ZONE_POINTS_MAX; i++) {
        int wrote = snprintf(out + used, ZONE_TEXT_SIZE - used, "%s%u,%u", i > 0 ? "," : "",
                             (unsigned)zone->points[i].x, (unsigned)zone->points[i].y);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
    (void)snprintf(out + used, ZONE_TEXT_SIZE - used, "}");
}

static enum ov_status add_cameras(struct store *store, const struct ov_id *id,
                                  const struct deployment_camera *cameras, size_t count,
                                  struct ov_error *err)
{
    enum ov_status status = OV_OK;
    for (size_t i = 0; i < count && status == OV_OK; i++) {
        char zone[ZONE_TEXT_SIZE];
        struct params params = PARAMS_INIT;
        format_zone(&cameras[i].zone, zone);
        params_id(&params, id);
        params_id(&params, &cameras[i].site_id);
        params_text(&params, cameras[i].camera);
        params_array(&params, zone);
        status = statement_run(store, STATEMENT_DEPLOYMENT_CAMERA_ADD, &params, NULL, err);
    }
    return status;
}

static enum ov_status name_parts(struct store *store, const struct deployment *row,
                                 const struct arrays *arrays,
                                 const struct deployment_camera *cameras, size_t camera_count,
                                 struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, &row->id);
    params_array(&params, arrays->sites);
    params_array(&params, arrays->categories);
    enum ov_status status =
        statement_run(store, STATEMENT_DEPLOYMENT_NAME_PARTS, &params, NULL, err);
    return status == OV_OK ? add_cameras(store, &row->id, cameras, camera_count, err) : status;
}

static enum ov_status unknown(struct ov_error *err)
{
    return ov_fail(err, OV_ERR_NOT_FOUND, "deployment.unknown", "there is no such deployment");
}

/* A change of one row by its id: none changed means that there is none. */
static enum ov_status change(struct store *store, enum statement statement,
                             const struct params *params, struct ov_error *err)
{
    int64_t changed = 0;
    enum ov_status status = statement_run(store, statement, params, &changed, err);
    return status == OV_OK && changed == 0 ? unknown(err) : status;
}

enum ov_status store_deployment_add(struct store *store, const struct deployment *row,
                                    const struct deployment_camera *cameras, size_t camera_count,
                                    struct ov_error *err)
{
    struct arrays arrays;
    bool own = false;
    enum ov_status status = format_arrays(row, &arrays, err);
    if (status == OV_OK)
        status = statement_group_begin(store, &own, err);
    if (status != OV_OK)
        return status;
    struct params params = PARAMS_INIT;
    add_application(&params, row, &arrays);
    status = statement_run(store, STATEMENT_DEPLOYMENT_ADD, &params, NULL, err);
    if (status == OV_OK)
        status = name_parts(store, row, &arrays, cameras, camera_count, err);
    return statement_group_end(store, own, status, err);
}

enum ov_status store_deployment_edit(struct store *store, const struct deployment *row,
                                     const struct deployment_camera *cameras, size_t camera_count,
                                     struct ov_error *err)
{
    struct arrays arrays;
    bool own = false;
    enum ov_status status = format_arrays(row, &arrays, err);
    if (status == OV_OK)
        status = statement_group_begin(store, &own, err);
    if (status != OV_OK)
        return status;
    struct params params = PARAMS_INIT;
    add_application(&params, row, &arrays);
    params_i32(&params, row->revision);
    status = change(store, STATEMENT_DEPLOYMENT_EDIT, &params, err);
    if (status == OV_OK)
        status = name_parts(store, row, &arrays, cameras, camera_count, err);
    return statement_group_end(store, own, status, err);
}

/* --- steps --------------------------------------------------------------------------------- */

enum ov_status store_deployment_apply(struct store *store, const struct ov_id *id,
                                      const struct ov_id *by, int policy_version, int64_t at_us,
                                      struct ov_error *err)
{
    bool own = false;
    enum ov_status status = statement_group_begin(store, &own, err);
    if (status != OV_OK)
        return status;
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    params_id(&params, by);
    params_time(&params, at_us);
    params_i32(&params, policy_version);
    status = change(store, STATEMENT_DEPLOYMENT_APPLY, &params, err);
    if (status == OV_OK) {
        struct params made = PARAMS_INIT;
        params_id(&made, id);
        status = statement_run(store, STATEMENT_WATCHLIST_MAKE, &made, NULL, err);
    }
    return statement_group_end(store, own, status, err);
}

static enum ov_status authorise(struct store *store, enum statement statement,
                                const struct ov_id *id, const struct ov_id *by,
                                const uint8_t digest[OV_DIGEST_BYTES], int64_t at_us,
                                struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    params_id(&params, by);
    params_time(&params, at_us);
    params_bytes(&params, digest, OV_DIGEST_BYTES);
    return change(store, statement, &params, err);
}

enum ov_status store_deployment_authorise(struct store *store, const struct ov_id *id,
                                          const struct ov_id *by,
                                          const uint8_t digest[OV_DIGEST_BYTES], int64_t at_us,
                                          struct ov_error *err)
{
    return authorise(store, STATEMENT_DEPLOYMENT_AUTHORISE, id, by, digest, at_us, err);
}

enum ov_status store_deployment_confirm(struct store *store, const struct ov_id *id,
                                        const struct ov_id *by,
                                        const uint8_t digest[OV_DIGEST_BYTES], int64_t at_us,
                                        struct ov_error *err)
{
    return authorise(store, STATEMENT_DEPLOYMENT_CONFIRM, id, by, digest, at_us, err);
}

enum ov_status store_deployment_oral(struct store *store, const struct ov_id *id,
                                     const struct deployment_oral *oral, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    params_id(&params, &oral->by);
    params_id(&params, &oral->recorded_by);
    params_time(&params, oral->at_us);
    params_bytes(&params, oral->digest, OV_DIGEST_BYTES);
    params_time(&params, oral->written_due_at_us);
    return change(store, STATEMENT_DEPLOYMENT_ORAL, &params, err);
}

static enum deployment_end ordinary_end(enum deployment_state state)
{
    switch (state) {
    case DEPLOYMENT_CLOSED:
        return END_STOPPED;
    case DEPLOYMENT_REFUSED:
        return END_REFUSED;
    case DEPLOYMENT_CANCELLED:
        return END_CANCELLED;
    case DEPLOYMENT_DRAFT:
    case DEPLOYMENT_APPLIED:
    case DEPLOYMENT_AUTHORISED:
    case DEPLOYMENT_LIVE:
    case DEPLOYMENT_PAUSED:
    case DEPLOYMENT_ERASED:
        break;
    }
    return END_NONE;
}

enum ov_status store_deployment_set_state(struct store *store, const struct ov_id *id,
                                          enum deployment_state state, int64_t at_us,
                                          struct ov_error *err)
{
    return store_deployment_end(store, id, state, ordinary_end(state), at_us, err);
}

enum ov_status store_deployment_end(struct store *store, const struct ov_id *id,
                                    enum deployment_state state, enum deployment_end reason,
                                    int64_t at_us, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    params_text(&params, deployment_state_name(state));
    params_time(&params, at_us);
    params_text(&params, reason != END_NONE ? deployment_end_name(reason) : NULL);
    return change(store, STATEMENT_DEPLOYMENT_SET_STATE, &params, err);
}

enum ov_status store_deployment_end_urgent(struct store *store, const struct ov_id *id,
                                           enum deployment_end reason, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    params_text(&params, deployment_end_name(reason));
    return change(store, STATEMENT_DEPLOYMENT_END_URGENT, &params, err);
}

enum ov_status store_deployment_bump_gallery(struct store *store, const struct ov_id *id,
                                             struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    return change(store, STATEMENT_DEPLOYMENT_BUMP_GALLERY, &params, err);
}

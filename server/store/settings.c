/* Changes of the operating settings, and signs. */
#include "server/store/settings.h"

#include <stdio.h>
#include <string.h>

#include "server/store/statement.h"

static void put_settings(struct params *params, const struct operating_settings *settings)
{
    params_f32(params, settings->threshold);
    params_i32(params, settings->cool_down_s);
    params_i32(params, settings->min_face_px);
    params_f32(params, settings->gate.min_eye_distance_px);
    params_f32(params, settings->gate.min_sharpness);
    params_f32(params, settings->gate.max_yaw_deg);
    params_f32(params, settings->gate.max_pitch_deg);
    params_f32(params, settings->gate.max_roll_deg);
    params_f32(params, settings->gate.min_brightness);
    params_f32(params, settings->gate.max_brightness);
}

#define ZONE_TEXT_SIZE (OV_ZONE_POINTS_MAX * 12 + 3)

static enum ov_status add_camera(struct store *store, const struct ov_id *change_id,
                                 const struct deployment_camera *camera, struct ov_error *err)
{
    char zone[ZONE_TEXT_SIZE];
    size_t used = (size_t)snprintf(zone, sizeof(zone), "{");
    for (size_t i = 0; i < camera->zone.count; i++)
        used += (size_t)snprintf(zone + used, sizeof(zone) - used, "%s%u,%u", i > 0 ? "," : "",
                                 camera->zone.points[i].x, camera->zone.points[i].y);
    (void)snprintf(zone + used, sizeof(zone) - used, "}");
    struct params params = PARAMS_INIT;
    params_id(&params, change_id);
    params_id(&params, &camera->site_id);
    params_text(&params, camera->camera);
    params_array(&params, zone);
    return statement_run(store, STATEMENT_SETTINGS_CAMERA_ADD, &params, NULL, err);
}

enum ov_status store_settings_change_add(struct store *store, const struct ov_id *deployment_id,
                                         const struct settings_change *change, bool tightens,
                                         const struct operating_settings *settings,
                                         struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    enum ov_status status = statement_need_transaction(store, err);
    if (status != OV_OK)
        return status;
    params_id(&params, &change->id);
    params_id(&params, deployment_id);
    params_text(&params, tightens ? "tighter" : "looser");
    params_bytes(&params, change->base_digest, OV_DIGEST_BYTES);
    params_bytes(&params, change->settings_digest, OV_DIGEST_BYTES);
    params_bytes(&params, change->reason_digest, OV_DIGEST_BYTES);
    put_settings(&params, settings);
    params_id(&params, &change->proposed_by);
    params_time(&params, change->proposed_at_us);
    params_text(&params, tightens ? "in_force" : "proposed");
    status = statement_run(store, STATEMENT_SETTINGS_CHANGE_ADD, &params, NULL, err);
    for (size_t i = 0; i < settings->camera_count && status == OV_OK; i++)
        status = add_camera(store, &change->id, &settings->cameras[i], err);
    return status;
}

static enum ov_status on_change(void *ctx, struct row *row, struct ov_error *err)
{
    struct settings_change *ret = ctx;
    row_id(row, &ret->id);
    row_fixed_bytes(row, ret->base_digest, OV_DIGEST_BYTES);
    row_fixed_bytes(row, ret->settings_digest, OV_DIGEST_BYTES);
    row_fixed_bytes(row, ret->reason_digest, OV_DIGEST_BYTES);
    row_id(row, &ret->proposed_by);
    ret->proposed_at_us = row_time(row);
    return row_done(row, err);
}

enum ov_status store_settings_change_open(struct store *store, const struct ov_id *deployment_id,
                                          struct settings_change *ret, struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    int64_t count = 0;
    params_id(&params, deployment_id);
    enum ov_status status =
        statement_each(store, STATEMENT_SETTINGS_CHANGE_OPEN, &params, on_change, ret, &count, err);
    if (status == OV_OK && count == 0)
        status = ov_fail(err, OV_ERR_NOT_FOUND, "settings.no_proposal",
                         "no change of the settings waits for a decision");
    return status;
}

enum ov_status store_settings_change_decide(struct store *store, const struct ov_id *id,
                                            bool approved, const struct ov_id *by, int64_t at_us,
                                            struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    params_text(&params, approved ? "in_force" : "refused");
    params_id(&params, by);
    params_time(&params, at_us);
    return statement_run(store, STATEMENT_SETTINGS_CHANGE_DECIDE, &params, NULL, err);
}

enum ov_status store_settings_apply(struct store *store, const struct ov_id *id,
                                    struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    params_id(&params, id);
    return statement_run(store, STATEMENT_SETTINGS_CHANGE_APPLY, &params, NULL, err);
}

/* --- signs --- */

enum ov_status store_sign_add(struct store *store, const struct ov_id *deployment_id,
                              const struct ov_id *site_id, const char *camera,
                              const struct ov_id *by, int64_t at_us, bool *ret_new,
                              struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    int64_t affected = 0;
    params_id(&params, deployment_id);
    params_id(&params, site_id);
    params_text(&params, camera);
    params_id(&params, by);
    params_time(&params, at_us);
    enum ov_status status = statement_run(store, STATEMENT_SIGN_ADD, &params, &affected, err);
    *ret_new = affected > 0;
    return status;
}

static enum ov_status on_missing(void *ctx, struct row *row, struct ov_error *err)
{
    char *camera = ctx;
    struct ov_id site_id;
    char name[OV_CAMERA_NAME_SIZE];
    row_id(row, &site_id);
    row_text(row, name, sizeof(name));
    enum ov_status status = row_done(row, err);
    if (status == OV_OK && camera[0] == '\0')
        memcpy(camera, name, sizeof(name));
    return status;
}

enum ov_status store_sign_missing(struct store *store, const struct ov_id *deployment_id,
                                  size_t *ret_count, char ret_camera[OV_CAMERA_NAME_SIZE],
                                  struct ov_error *err)
{
    struct params params = PARAMS_INIT;
    int64_t count = 0;
    ret_camera[0] = '\0';
    params_id(&params, deployment_id);
    enum ov_status status =
        statement_each(store, STATEMENT_SIGN_MISSING, &params, on_missing, ret_camera, &count, err);
    *ret_count = (size_t)count;
    return status;
}

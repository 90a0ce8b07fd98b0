/* Ranges of operating settings; see settings_check.h. */
#include "server/service/settings_check.h"

#include <math.h>

#include "server/service/check.h"

static bool is_between(float value, float min, float max)
{
    return isfinite(value) && value >= min && value <= max;
}

static enum ov_status check_gate(const struct ov_quality_gate *gate, struct ov_error *err)
{
    if (is_between(gate->min_eye_distance_px, 0, 4096) && is_between(gate->min_sharpness, 0, 1) &&
        is_between(gate->max_yaw_deg, 0, 180) && is_between(gate->max_pitch_deg, 0, 180) &&
        is_between(gate->max_roll_deg, 0, 180) && is_between(gate->min_brightness, 0, 1) &&
        is_between(gate->max_brightness, 0, 1) && gate->min_brightness < gate->max_brightness)
        return OV_OK;
    return ov_fail(err, OV_ERR_INVALID, "settings.gate",
                   "a value of the quality gate is outside its range");
}

static bool is_a_site(const struct deployment *deployment, const struct ov_id *site_id)
{
    for (size_t i = 0; i < deployment->site_count; i++)
        if (ov_id_equal(&deployment->sites[i], site_id))
            return true;
    return false;
}

static enum ov_status check_cameras(const struct deployment *deployment,
                                    const struct operating_settings *wanted, struct ov_error *err)
{
    if (wanted->camera_count == 0 && deployment->kind == DEPLOYMENT_OPERATIONAL)
        return ov_fail(err, OV_ERR_INVALID, "settings.cameras",
                       "an operational deployment names its cameras");
    for (size_t i = 0; i < wanted->camera_count; i++) {
        const struct deployment_camera *camera = &wanted->cameras[i];
        if (!is_a_site(deployment, &camera->site_id))
            return ov_fail(err, OV_ERR_INVALID, "settings.cameras",
                           "camera %s is of a site that the authorisation does not name",
                           camera->camera);
        enum ov_status status = ov_zone_check(&camera->zone, err);
        if (status != OV_OK)
            return ov_fail(
                err, OV_ERR_INVALID, "settings.zone",
                "the zone of camera %s is no polygon of 3 to %d corners without crossing",
                camera->camera, OV_ZONE_POINTS_MAX);
    }
    return OV_OK;
}

enum ov_status settings_check(const struct deployment *deployment,
                              const struct operating_settings *wanted, struct ov_error *err)
{
    if (!is_between(wanted->threshold, DEPLOYMENT_THRESHOLD_MIN, DEPLOYMENT_THRESHOLD_MAX))
        return ov_fail(err, OV_ERR_INVALID, "settings.threshold",
                       "the threshold has to be from %.2f to %.2f",
                       (double)DEPLOYMENT_THRESHOLD_MIN, (double)DEPLOYMENT_THRESHOLD_MAX);
    if (wanted->cool_down_s < 0 || wanted->cool_down_s > DEPLOYMENT_COOL_DOWN_MAX_S)
        return ov_fail(err, OV_ERR_INVALID, "settings.cool_down",
                       "the cool-down has to be from 0 to %d seconds", DEPLOYMENT_COOL_DOWN_MAX_S);
    if (wanted->min_face_px < DEPLOYMENT_MIN_FACE_LOWEST_PX ||
        wanted->min_face_px > DEPLOYMENT_MIN_FACE_HIGHEST_PX)
        return ov_fail(err, OV_ERR_INVALID, "settings.min_face",
                       "the smallest face has to be from %d to %d px",
                       DEPLOYMENT_MIN_FACE_LOWEST_PX, DEPLOYMENT_MIN_FACE_HIGHEST_PX);
    enum ov_status status = check_gate(&wanted->gate, err);
    return status == OV_OK ? check_cameras(deployment, wanted, err) : status;
}

/* /v1/deployments/{deployment}/settings and /signs. On a worker's thread. */
#include <stdio.h>
#include <string.h>

#include "server/api/handle_deployments.h"
#include "server/api/json_in.h"
#include "server/api/reply.h"
#include "server/api/signature_in.h"
#include "server/api/zone_in.h"
#include "server/service/people.h"
#include "server/service/settings_change.h"

/* --- out --- */

static json_t *gate_json(const struct ov_quality_gate *gate)
{
    return json_pack(
        "{so so so so so so so}", "eye_distance_px", reply_score(gate->min_eye_distance_px),
        "sharpness", reply_score(gate->min_sharpness), "yaw_deg", reply_score(gate->max_yaw_deg),
        "pitch_deg", reply_score(gate->max_pitch_deg), "roll_deg", reply_score(gate->max_roll_deg),
        "brightness_min", reply_score(gate->min_brightness), "brightness_max",
        reply_score(gate->max_brightness));
}

static json_t *zone_json(const struct ov_zone *zone)
{
    json_t *points = json_array();
    for (size_t i = 0; i < zone->count; i++)
        (void)json_array_append_new(points,
                                    json_pack("[ii]", zone->points[i].x, zone->points[i].y));
    return points;
}

static json_t *cameras_json(struct names *names, const struct operating_settings *settings,
                            struct ov_error *err)
{
    json_t *cameras = json_array();
    for (size_t i = 0; i < settings->camera_count; i++) {
        const struct deployment_camera *camera = &settings->cameras[i];
        json_t *one = json_pack("{so ss so}", "site", names_site(names, &camera->site_id, err),
                                "camera", camera->camera, "zone", zone_json(&camera->zone));
        if (json_array_append_new(cameras, one) != 0) {
            json_decref(cameras);
            return NULL;
        }
    }
    return cameras;
}

static enum ov_status reply_settings(struct call *call, const struct deployment *deployment,
                                     const char *done, struct ov_error *err)
{
    struct operating_settings settings;
    struct names names;
    enum ov_status status =
        service_settings_get(call->service, call->actor, deployment, &settings, err);
    if (status != OV_OK)
        return status;
    names_init(&names, call);
    json_t *cameras = cameras_json(&names, &settings, err);
    names_done(&names);
    if (cameras == NULL && err->status != OV_OK)
        return err->status;
    json_t *body = json_pack("{so so so si si so so}", "settings_digest",
                             reply_digest(deployment->settings_digest, OV_DIGEST_BYTES),
                             "model_digest", reply_digest(settings.model_digest, OV_DIGEST_BYTES),
                             "threshold", reply_score(settings.threshold), "cool_down_s",
                             settings.cool_down_s, "min_face_px", settings.min_face_px, "gate",
                             gate_json(&settings.gate), "cameras", cameras);
    if (done != NULL && body != NULL)
        (void)json_object_set_new(body, "done", json_string(done));
    return reply_json(call->request, 200, body, err);
}

enum ov_status handle_settings_get(struct call *call, struct ov_error *err)
{
    struct deployment deployment;
    enum ov_status status = deployment_of_path(call, &deployment, err);
    return status == OV_OK ? reply_settings(call, &deployment, NULL, err) : status;
}

/* --- in --- */

enum {
    IN_REASON,
    IN_THRESHOLD,
    IN_COOL_DOWN,
    IN_MIN_FACE,
    IN_GATE,
    IN_CAMERAS,
    IN_SIGNATURE,
    IN_COUNT
};

static enum ov_status malformed(struct request *request, const char *field, struct ov_error *err)
{
    (void)snprintf(request->field, sizeof(request->field), "%s", field);
    return ov_fail(err, OV_ERR_INVALID, "settings.malformed",
                   "%s is not as the API's description has it", field);
}

static bool take_number(const json_t *object, const char *key, float *out, size_t *count)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL)
        return true;
    (*count)++;
    *out = (float)json_number_value(value);
    return json_is_number(value);
}

static enum ov_status read_gate(struct request *request, const json_t *object,
                                struct ov_quality_gate *gate, struct ov_error *err)
{
    size_t count = 0;
    bool good = take_number(object, "eye_distance_px", &gate->min_eye_distance_px, &count) &&
                take_number(object, "sharpness", &gate->min_sharpness, &count) &&
                take_number(object, "yaw_deg", &gate->max_yaw_deg, &count) &&
                take_number(object, "pitch_deg", &gate->max_pitch_deg, &count) &&
                take_number(object, "roll_deg", &gate->max_roll_deg, &count) &&
                take_number(object, "brightness_min", &gate->min_brightness, &count) &&
                take_number(object, "brightness_max", &gate->max_brightness, &count);
    return good && count == json_object_size(object) ? OV_OK : malformed(request, "gate", err);
}

static bool is_camera_name(const char *name)
{
    size_t length = name != NULL ? strlen(name) : 0;
    return length > 0 && length < OV_CAMERA_NAME_SIZE &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
               length;
}

static enum ov_status read_camera(struct call *call, const json_t *object,
                                  struct deployment_camera *camera, struct ov_error *err)
{
    const char *site_name = json_string_value(json_object_get(object, "site"));
    const char *name = json_string_value(json_object_get(object, "camera"));
    const json_t *zone = json_object_get(object, "zone");
    memset(camera, 0, sizeof(*camera));
    if (site_name == NULL || !is_camera_name(name) ||
        json_object_size(object) != (zone != NULL ? 3 : 2) || !zone_in_read(zone, &camera->zone))
        return malformed(call->request, "cameras", err);
    memcpy(camera->camera, name, strlen(name) + 1);
    return service_settings_site(call->service, call->actor, site_name, &camera->site_id, err);
}

static enum ov_status read_cameras(struct call *call, const json_t *array,
                                   struct operating_settings *settings, struct ov_error *err)
{
    size_t count = json_array_size(array);
    if (count > DEPLOYMENT_CAMERAS_MAX)
        return malformed(call->request, "cameras", err);
    settings->camera_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct deployment_camera *camera = &settings->cameras[i];
        enum ov_status status = read_camera(call, json_array_get(array, i), camera, err);
        if (status != OV_OK)
            return status;
        for (size_t j = 0; j < i; j++)
            if (ov_id_equal(&settings->cameras[j].site_id, &camera->site_id) &&
                strcmp(settings->cameras[j].camera, camera->camera) == 0)
                return malformed(call->request, "cameras", err);
        settings->camera_count++;
    }
    return OV_OK;
}

/* What is asked for: the settings in force but for what the request names. root keeps it alive. */
struct settings_input {
    struct deployment deployment;
    struct operating_settings wanted;
    struct settings_request request; /* borrows from the rest */
    struct signature_in signature_in;
    json_t *root;
};

static enum ov_status apply_members(struct call *call, const struct json_in_member *members,
                                    struct operating_settings *wanted, struct ov_error *err)
{
    const json_t *cool_down = members[IN_COOL_DOWN].value;
    const json_t *min_face = members[IN_MIN_FACE].value;
    if (members[IN_THRESHOLD].value != NULL)
        wanted->threshold = (float)json_number_value(members[IN_THRESHOLD].value);
    if (cool_down != NULL)
        wanted->cool_down_s = json_in_int(cool_down);
    if (min_face != NULL)
        wanted->min_face_px = json_in_int(min_face);
    enum ov_status status = OV_OK;
    if (members[IN_GATE].value != NULL)
        status = read_gate(call->request, members[IN_GATE].value, &wanted->gate, err);
    if (status == OV_OK && members[IN_CAMERAS].value != NULL)
        status = read_cameras(call, members[IN_CAMERAS].value, wanted, err);
    return status;
}

static enum ov_status read_input(struct call *call, struct settings_input *input,
                                 struct ov_error *err)
{
    struct request *request = call->request;
    struct json_in_member members[IN_COUNT] = {
        [IN_REASON] = {"reason", JSON_IN_STRING, true, NULL},
        [IN_THRESHOLD] = {"threshold", JSON_IN_NUMBER, false, NULL},
        [IN_COOL_DOWN] = {"cool_down_s", JSON_IN_INTEGER, false, NULL},
        [IN_MIN_FACE] = {"min_face_px", JSON_IN_INTEGER, false, NULL},
        [IN_GATE] = {"gate", JSON_IN_OBJECT, false, NULL},
        [IN_CAMERAS] = {"cameras", JSON_IN_ARRAY, false, NULL},
        [IN_SIGNATURE] = {"signature", JSON_IN_OBJECT, false, NULL}};
    input->root = NULL;
    input->request = (struct settings_request){.wanted = &input->wanted};
    enum ov_status status = json_in_read(request, request->body.data, request->body.size, members,
                                         IN_COUNT, &input->root, err);
    if (status == OV_OK)
        status = signature_in_read(request, members[IN_SIGNATURE].value, &input->signature_in,
                                   &input->request.signature, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &input->deployment, err);
    if (status == OV_OK)
        status = service_settings_get(call->service, call->actor, &input->deployment,
                                      &input->wanted, err);
    if (status != OV_OK)
        return status;
    input->request.reason = json_string_value(members[IN_REASON].value);
    return apply_members(call, members, &input->wanted, err);
}

/* --- drafting and changing --- */

/* Takes the draft's documents. */
static enum ov_status reply_draft(struct call *call, struct settings_draft *draft, bool compared,
                                  struct ov_error *err)
{
    json_t *fields = json_object();
    for (int i = 0; compared && i < SETTINGS_FIELD_COUNT; i++)
        if (draft->difference.fields[i] != SETTINGS_SAME)
            (void)json_object_set_new(
                fields, settings_field_name((enum settings_field)i),
                json_string(settings_direction_name(draft->difference.fields[i])));
    const char *direction =
        compared ? settings_direction_name(draft->difference.overall) : "looser";
    json_t *body =
        json_pack("{ss so ss s[{ss so so} {ss so so}]}", "direction", direction, "fields", fields,
                  "statement", draft->statement.text, "documents", "kind", "settings", "digest",
                  reply_digest(draft->settings_digest, OV_DIGEST_BYTES), "body",
                  json_stringn(draft->settings.data, draft->settings.length), "kind",
                  "settings_reason", "digest", reply_digest(draft->reason_digest, OV_DIGEST_BYTES),
                  "body", json_stringn(draft->reason.data, draft->reason.length));
    settings_draft_done(draft);
    return reply_json(call->request, 200, body, err);
}

enum ov_status handle_settings_draft(struct call *call, struct ov_error *err)
{
    struct settings_input input;
    struct settings_draft draft = {.settings = OV_BUF_INIT, .reason = OV_BUF_INIT};
    enum ov_status status = read_input(call, &input, err);
    if (status == OV_OK)
        status = service_settings_draft(call->service, call->actor, &input.deployment.id,
                                        &input.request, &draft, err);
    json_decref(input.root);
    if (status == OV_OK)
        return reply_draft(call, &draft, true, err);
    settings_draft_done(&draft);
    return status;
}

static enum ov_status reply_again(struct call *call, const char *done, struct ov_error *err)
{
    struct deployment deployment;
    enum ov_status status = deployment_of_path(call, &deployment, err);
    return status == OV_OK ? reply_settings(call, &deployment, done, err) : status;
}

enum ov_status handle_settings_change(struct call *call, struct ov_error *err)
{
    struct settings_input input;
    enum settings_direction direction = SETTINGS_SAME;
    enum ov_status status = read_input(call, &input, err);
    if (status == OV_OK)
        status = service_settings_change(call->service, call->actor, &input.deployment.id,
                                         &input.request, &direction, err);
    json_decref(input.root);
    return status == OV_OK
               ? reply_again(call, direction == SETTINGS_TIGHTER ? "tightened" : "proposed", err)
               : status;
}

/* --- deciding --- */

enum ov_status handle_settings_statement(struct call *call, struct ov_error *err)
{
    struct deployment deployment;
    struct settings_draft draft = {.settings = OV_BUF_INIT, .reason = OV_BUF_INIT};
    enum ov_status status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = service_settings_approval(call->service, call->actor, &deployment.id, &draft, err);
    if (status == OV_OK)
        return reply_draft(call, &draft, false, err);
    settings_draft_done(&draft);
    return status;
}

enum ov_status handle_settings_approve(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct signature_in in;
    const struct signature *signature = NULL;
    struct deployment deployment;
    json_t *root = NULL;
    enum ov_status status = signature_in_body(request, &in, &signature, &root, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status =
            service_settings_approve(call->service, call->actor, &deployment.id, signature, err);
    json_decref(root);
    return status == OV_OK ? reply_again(call, "approved", err) : status;
}

enum ov_status handle_settings_refuse(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct deployment deployment;
    enum ov_status status = json_in_nothing(request, err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = service_settings_refuse(call->service, call->actor, &deployment.id, err);
    return status == OV_OK ? reply_again(call, "refused", err) : status;
}

/* --- signs --- */

enum ov_status handle_signs_confirm(struct call *call, struct ov_error *err)
{
    struct request *request = call->request;
    struct json_in_member members[] = {{"site", JSON_IN_STRING, true, NULL},
                                       {"camera", JSON_IN_STRING, true, NULL}};
    struct deployment deployment;
    json_t *root = NULL;
    enum ov_status status =
        json_in_read(request, request->body.data, request->body.size, members, 2, &root, err);
    if (status != OV_OK)
        return status;
    const char *camera = json_string_value(members[1].value);
    if (!is_camera_name(camera))
        status = malformed(request, "camera", err);
    if (status == OV_OK)
        status = deployment_of_path(call, &deployment, err);
    if (status == OV_OK)
        status = service_signs_confirm(call->service, call->actor, &deployment.id,
                                       json_string_value(members[0].value), camera, err);
    json_decref(root);
    return status == OV_OK ? deployment_reply(call, 200, &deployment, err) : status;
}

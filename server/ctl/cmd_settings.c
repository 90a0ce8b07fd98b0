/* overtctl deployment settings, change, approve-change, refuse-change, signs. */
#include <stdio.h>
#include <string.h>

#include "common/base/bytes.h"
#include "server/ctl/api.h"
#include "server/ctl/commands.h"
#include "server/ctl/options.h"
#include "server/ctl/sign.h"
#include "server/ctl/sign_act.h"
#include "server/ctl/text.h"

#define NAME_SIZE 160

/* Once, also when the answer is lost on the way and asked for again. */
static enum ctl_exit change_once(struct ctl *ctl, const char *deployment, json_t *take_body,
                                 json_t **ret_json, struct ov_error *err)
{
    struct ov_buf path = OV_BUF_INIT;
    ov_buf_puts(&path, "/v1/deployments/");
    text_percent_encode(&path, deployment);
    ov_buf_puts(&path, "/settings");
    if (path.failed) {
        json_decref(take_body);
        ov_buf_free(&path);
        return ctl_out_of_memory(err);
    }
    enum ctl_exit result = api_create(ctl->http, path.data, take_body, ret_json, err);
    ov_buf_free(&path);
    return result;
}

static enum ctl_exit get(struct ctl *ctl, const char *deployment, const char *what,
                         json_t **ret_json, struct ov_error *err)
{
    const struct api_place place = {"deployments", deployment, what};
    return api_get_at(ctl->http, &place, ret_json, err);
}

static enum ctl_exit post(struct ctl *ctl, const char *deployment, const char *what,
                          json_t *take_body, json_t **ret_json, struct ov_error *err)
{
    const struct api_place place = {"deployments", deployment, what};
    return api_post_at(ctl->http, &place, take_body, ret_json, err);
}

/* --- showing --- */

static void show_camera(const json_t *camera, struct ov_buf *out)
{
    const json_t *zone = json_object_get(camera, "zone");
    ov_buf_printf(out, "  camera     %s/%s: ", api_text(camera, "site"),
                  api_text(camera, "camera"));
    for (size_t i = 0; i < json_array_size(zone); i++) {
        const json_t *point = json_array_get(zone, i);
        ov_buf_printf(out, "%s%.1f,%.1f", i > 0 ? " " : "",
                      (double)json_integer_value(json_array_get(point, 0)) / 100,
                      (double)json_integer_value(json_array_get(point, 1)) / 100);
    }
    ov_buf_puts(out, json_array_size(zone) > 0 ? " (% of width, height)\n" : "the whole picture\n");
}

static void show_words(const json_t *settings, struct ov_buf *out)
{
    const json_t *gate = json_object_get(settings, "gate");
    const json_t *cameras = json_object_get(settings, "cameras");
    if (api_text(settings, "done")[0] != '\0')
        ov_buf_printf(out, "%s\n", api_text(settings, "done"));
    ov_buf_printf(out, "settings     %s\n", api_text(settings, "settings_digest"));
    ov_buf_printf(out, "  model      %s\n", api_text(settings, "model_digest"));
    ov_buf_printf(out, "  threshold  %.4f\n", api_number(settings, "threshold"));
    ov_buf_printf(out, "  cool-down  %lld s\n", api_int(settings, "cool_down_s"));
    ov_buf_printf(out, "  min. face  %lld px\n", api_int(settings, "min_face_px"));
    ov_buf_printf(out,
                  "  gate       eyes %.1f px apart, sharpness %.2f, turned %.0f, up or down %.0f, "
                  "tilted %.0f degrees, brightness %.2f to %.2f\n",
                  api_number(gate, "eye_distance_px"), api_number(gate, "sharpness"),
                  api_number(gate, "yaw_deg"), api_number(gate, "pitch_deg"),
                  api_number(gate, "roll_deg"), api_number(gate, "brightness_min"),
                  api_number(gate, "brightness_max"));
    for (size_t i = 0; i < json_array_size(cameras); i++)
        show_camera(json_array_get(cameras, i), out);
    if (json_array_size(cameras) == 0)
        ov_buf_puts(out, "  cameras    any of its sites\n");
}

static enum ctl_exit show(struct ctl *ctl, json_t *take_settings, struct ov_error *err)
{
    struct ov_buf out = OV_BUF_INIT;
    if (ctl->json)
        api_dump(take_settings, ctl->terminal.out_is_terminal, &out);
    else
        show_words(take_settings, &out);
    json_decref(take_settings);
    return ctl_print(&out, err);
}

static enum ctl_exit cmd_settings(struct ctl *ctl, const struct invocation *given,
                                  struct ov_error *err)
{
    json_t *settings = NULL;
    enum ctl_exit result = get(ctl, given->args[0], "settings", &settings, err);
    return result == CTL_OK ? show(ctl, settings, err) : result;
}

/* --- what is to change --- */

static enum ov_status misuse(struct ov_error *err, const char *option, const char *form)
{
    return ov_fail(err, OV_ERR_INVALID, "usage.option", "%s takes %s", option, form);
}

/* "site/camera", and what follows '=' (NULL without). */
struct camera_name {
    char site[NAME_SIZE];
    char camera[NAME_SIZE];
    const char *rest;
};

static bool split_camera(const char *text, struct camera_name *ret)
{
    const char *slash = strchr(text, '/');
    const char *equals = slash != NULL ? strchr(slash, '=') : NULL;
    size_t camera = slash == NULL    ? 0
                    : equals != NULL ? (size_t)(equals - slash) - 1
                                     : strlen(slash + 1);
    if (slash == NULL || slash == text || camera == 0 || camera >= NAME_SIZE ||
        (size_t)(slash - text) >= NAME_SIZE)
        return false;
    (void)snprintf(ret->site, NAME_SIZE, "%.*s", (int)(slash - text), text);
    (void)snprintf(ret->camera, NAME_SIZE, "%.*s", (int)camera, slash + 1);
    ret->rest = equals != NULL ? equals + 1 : NULL;
    return true;
}

static size_t find_camera(const json_t *cameras, const struct camera_name *name)
{
    size_t i = 0;
    for (; i < json_array_size(cameras); i++) {
        const json_t *camera = json_array_get(cameras, i);
        if (strcmp(api_text(camera, "site"), name->site) == 0 &&
            strcmp(api_text(camera, "camera"), name->camera) == 0)
            break;
    }
    return i;
}

/* "x,y" in percent. */
static json_t *parse_corner(const char *text, size_t length)
{
    char piece[64];
    double x = 0;
    double y = 0;
    if (length >= sizeof(piece))
        return NULL;
    (void)snprintf(piece, sizeof(piece), "%.*s", (int)length, text);
    char *comma = strchr(piece, ',');
    if (comma == NULL)
        return NULL;
    *comma = '\0';
    if (ov_parse_double(piece, 0, 100, &x) != OV_OK ||
        ov_parse_double(comma + 1, 0, 100, &y) != OV_OK)
        return NULL;
    return json_pack("[ii]", (int)(x * 100 + 0.5), (int)(y * 100 + 0.5));
}

/* "x,y x,y ..."; "all": the whole picture. NULL when it is neither. */
static json_t *parse_zone(const char *text)
{
    json_t *zone = json_array();
    if (strcmp(text, "all") == 0)
        return zone;
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (json_array_append_new(zone, parse_corner(text, length)) != 0) {
            json_decref(zone);
            return NULL;
        }
        text += length;
        text += strspn(text, " ");
    }
    return zone;
}

static enum ov_status set_zones(const struct invocation *given, json_t *cameras,
                                struct ov_error *err)
{
    size_t cursor = 0;
    const char *text = NULL;
    struct camera_name name;
    while ((text = invocation_next(given, "--zone", &cursor)) != NULL) {
        json_t *zone =
            split_camera(text, &name) && name.rest != NULL ? parse_zone(name.rest) : NULL;
        size_t at = zone != NULL ? find_camera(cameras, &name) : 0;
        if (zone == NULL)
            return misuse(err, "--zone", "SITE/CAMERA='X,Y X,Y X,Y ...' in percent, or =all");
        if (at == json_array_size(cameras))
            (void)json_array_append_new(cameras, json_pack("{ss ss so}", "site", name.site,
                                                           "camera", name.camera, "zone", zone));
        else
            (void)json_object_set_new(json_array_get(cameras, at), "zone", zone);
    }
    return OV_OK;
}

static enum ov_status drop_cameras(const struct invocation *given, json_t *cameras,
                                   struct ov_error *err)
{
    size_t cursor = 0;
    const char *text = NULL;
    struct camera_name name;
    while ((text = invocation_next(given, "--drop-camera", &cursor)) != NULL) {
        if (!split_camera(text, &name) || name.rest != NULL ||
            json_array_remove(cameras, find_camera(cameras, &name)) != 0)
            return misuse(err, "--drop-camera", "SITE/CAMERA of one that the settings name");
    }
    return OV_OK;
}

static enum ov_status set_gate(const struct invocation *given, json_t *body, struct ov_error *err)
{
    size_t cursor = 0;
    const char *text = NULL;
    json_t *gate = json_object();
    while ((text = invocation_next(given, "--gate", &cursor)) != NULL) {
        char name[NAME_SIZE];
        double value = 0;
        const char *equals = strchr(text, '=');
        if (equals == NULL || (size_t)(equals - text) >= NAME_SIZE ||
            ov_parse_double(equals + 1, 0, 4096, &value) != OV_OK) {
            json_decref(gate);
            return misuse(err, "--gate", "NAME=VALUE, for example yaw_deg=30");
        }
        (void)snprintf(name, sizeof(name), "%.*s", (int)(equals - text), text);
        (void)json_object_set_new(gate, name, json_real(value));
    }
    (void)json_object_set_new(body, "gate", gate);
    return OV_OK;
}

static enum ov_status set_numbers(const struct invocation *given, json_t *body,
                                  struct ov_error *err)
{
    double threshold = -1;
    int64_t cool_down_s = -1;
    int64_t min_face_px = -1;
    enum ov_status status = invocation_double(given, "--threshold", 0, 1, &threshold, err);
    if (status == OV_OK)
        status = invocation_i64(given, "--cool-down", 0, 86400, &cool_down_s, err);
    if (status == OV_OK)
        status = invocation_i64(given, "--min-face", 1, 10000, &min_face_px, err);
    if (status == OV_OK && threshold >= 0)
        (void)json_object_set_new(body, "threshold", json_real(threshold));
    if (status == OV_OK && cool_down_s >= 0)
        (void)json_object_set_new(body, "cool_down_s", json_integer(cool_down_s));
    if (status == OV_OK && min_face_px >= 0)
        (void)json_object_set_new(body, "min_face_px", json_integer(min_face_px));
    return status;
}

/* The request: what differs, with all cameras where any of them does. */
static enum ov_status build(const struct invocation *given, const json_t *current, json_t *body,
                            struct ov_error *err)
{
    json_t *cameras = json_deep_copy(json_object_get(current, "cameras"));
    enum ov_status status = set_numbers(given, body, err);
    if (status == OV_OK && invocation_option(given, "--gate") != NULL)
        status = set_gate(given, body, err);
    if (status == OV_OK)
        status = set_zones(given, cameras, err);
    if (status == OV_OK)
        status = drop_cameras(given, cameras, err);
    if (status == OV_OK && json_equal(cameras, json_object_get(current, "cameras")) == 0)
        (void)json_object_set(body, "cameras", cameras);
    json_decref(cameras);
    return status;
}

/* --- changing --- */

static enum ctl_exit sign_change(struct ctl *ctl, json_t *draft, const char *question, json_t *body,
                                 struct ov_error *err)
{
    json_t *signature = NULL;
    if (sign_check_documents(draft, err) != OV_OK)
        return CTL_REFUSED;
    enum ctl_exit result = sign_act(ctl, draft, question, &signature, err);
    if (result == CTL_OK)
        (void)json_object_set_new(body, "signature", signature);
    return result;
}

static enum ctl_exit cmd_change(struct ctl *ctl, const struct invocation *given,
                                struct ov_error *err)
{
    const char *deployment = given->args[0];
    json_t *current = NULL;
    json_t *draft = NULL;
    json_t *settings = NULL;
    json_t *body = json_pack("{ss}", "reason", invocation_option(given, "--reason"));
    enum ctl_exit result = get(ctl, deployment, "settings", &current, err);
    if (result == CTL_OK && build(given, current, body, err) != OV_OK)
        result = CTL_USAGE;
    if (result == CTL_OK)
        result = post(ctl, deployment, "settings/draft", json_deep_copy(body), &draft, err);
    if (result == CTL_OK && strcmp(api_text(draft, "direction"), "looser") == 0)
        result = sign_change(ctl, draft, "This loosens the settings. Propose it?", body, err);
    if (result == CTL_OK)
        result = change_once(ctl, deployment, json_incref(body), &settings, err);
    json_decref(body);
    json_decref(current);
    json_decref(draft);
    return result == CTL_OK ? show(ctl, settings, err) : result;
}

static enum ctl_exit cmd_approve_change(struct ctl *ctl, const struct invocation *given,
                                        struct ov_error *err)
{
    json_t *to_sign = NULL;
    json_t *settings = NULL;
    json_t *body = json_object();
    enum ctl_exit result = get(ctl, given->args[0], "settings/change", &to_sign, err);
    if (result == CTL_OK)
        result = sign_change(ctl, to_sign, "Approve this change of the settings?", body, err);
    if (result == CTL_OK)
        result =
            post(ctl, given->args[0], "settings/change/approve", json_incref(body), &settings, err);
    json_decref(body);
    json_decref(to_sign);
    return result == CTL_OK ? show(ctl, settings, err) : result;
}

static enum ctl_exit cmd_refuse_change(struct ctl *ctl, const struct invocation *given,
                                       struct ov_error *err)
{
    json_t *settings = NULL;
    enum ctl_exit result =
        post(ctl, given->args[0], "settings/change/refuse", json_object(), &settings, err);
    return result == CTL_OK ? show(ctl, settings, err) : result;
}

/* --- signs --- */

static enum ctl_exit cmd_signs(struct ctl *ctl, const struct invocation *given,
                               struct ov_error *err)
{
    size_t cursor = 0;
    const char *text = NULL;
    struct camera_name name;
    enum ctl_exit result = CTL_OK;
    while (result == CTL_OK && (text = invocation_next(given, "--camera", &cursor)) != NULL) {
        json_t *answer = NULL;
        if (!split_camera(text, &name) || name.rest != NULL) {
            (void)!misuse(err, "--camera", "SITE/CAMERA");
            return CTL_USAGE;
        }
        result = post(ctl, given->args[0], "signs",
                      json_pack("{ss ss}", "site", name.site, "camera", name.camera), &answer, err);
        json_decref(answer);
    }
    return result;
}

/* --- the table --- */

const struct command settings_commands[] = {
    {.group = "deployment",
     .verb = "settings",
     .args = {"DEPLOYMENT"},
     .summary = "show the operating settings in force",
     .help =
         "Model, threshold, cool-down, smallest face, quality gate, cameras and their zones of\n"
         "recognition: what the authorisation covers with one digest.\n",
     .needs_server = true,
     .run = cmd_settings},
    {.group = "deployment",
     .verb = "change",
     .args = {"DEPLOYMENT"},
     .summary = "change the operating settings of an authorised deployment",
     .options = {{"--reason", "TEXT", "why; stays in the record", NULL, true, false},
                 {"--threshold", "X", "cosine from which there is an alert", NULL, false, false},
                 {"--cool-down", "S", "seconds between alerts for one entry", NULL, false, false},
                 {"--min-face", "PX", "smallest face looked for", NULL, false, false},
                 {"--gate", "NAME=VALUE", "part of the quality gate; repeat for more",
                  "eye_distance_px= sharpness= yaw_deg= pitch_deg= roll_deg= brightness_min= "
                  "brightness_max=",
                  false, true},
                 {"--zone", "SITE/CAMERA=ZONE",
                  "corners 'X,Y X,Y X,Y ...' in percent, or 'all'; a new camera is added", NULL,
                  false, true},
                 {"--drop-camera", "SITE/CAMERA", "no longer used; repeat for more", NULL, false,
                  true}},
     .help = "What only tightens takes effect at once: a higher threshold, a longer cool-down, a "
             "larger\n"
             "smallest face, a stricter gate, a zone inside the old one, fewer cameras. Whatever "
             "loosens\n"
             "anything is signed and proposed, and another person approves it with 'overtctl "
             "deployment\n"
             "approve-change'. Clients come back to the new settings within a second.\n"
             "\n"
             "  overtctl deployment change 'North gate, 1 May' --threshold 0.6 --reason 'false "
             "alerts'\n"
             "  overtctl deployment change 'North gate, 1 May' --reason 'not the shop window' \\\n"
             "      --zone 'north-gate/cam1=0,20 80,20 80,100 0,100'\n",
     .needs_server = true,
     .run = cmd_change},
    {.group = "deployment",
     .verb = "approve-change",
     .args = {"DEPLOYMENT"},
     .summary = "approve a loosening that another person proposed (signed)",
     .help =
         "Shows what is to be signed: the settings and the reason. Neither who proposed it nor\n"
         "who applied for the deployment approves it; where authorising takes the higher\n"
         "authority, so does this.\n",
     .needs_server = true,
     .run = cmd_approve_change},
    {.group = "deployment",
     .verb = "refuse-change",
     .args = {"DEPLOYMENT"},
     .summary = "refuse a loosening that was proposed",
     .help = "",
     .needs_server = true,
     .run = cmd_refuse_change},
    {.group = "deployment",
     .verb = "signs",
     .args = {"DEPLOYMENT"},
     .summary = "confirm that the signs stand at a camera",
     .options = {{"--camera", "SITE/CAMERA", "repeat for more", NULL, true, true}},
     .help = "By the crew, camera by camera. Without it nothing operational goes live. A camera\n"
             "that a change adds has its signs first: they are confirmed while it waits.\n"
             "\n"
             "  overtctl deployment signs 'North gate, 1 May' --camera north-gate/cam1\n",
     .needs_server = true,
     .run = cmd_signs},
    {.group = NULL},
};

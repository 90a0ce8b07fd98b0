/* Reading applications; what a value may be is for the rules to say. */
#include "server/api/application_in.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/bytes.h"
#include "server/api/json_in.h"
#include "server/api/zone_in.h"

enum {
    IN_NAME,
    IN_PURPOSE,
    IN_KIND,
    IN_SITES,
    IN_STARTS,
    IN_ENDS,
    IN_THRESHOLD,
    IN_COOL,
    IN_FACE,
    IN_CAMERAS,
    IN_CATEGORIES,
    IN_FLAGS,
    IN_LOCATION,
    IN_LATITUDE,
    IN_LONGITUDE,
    IN_FOOTFALL,
    IN_ENTRIES,
    IN_RETENTION_LIST,
    IN_RETENTION_ALERT,
    IN_RETENTION_TRUE,
    IN_REVISION,
    IN_TEXTS,
    IN_DIGESTS = IN_TEXTS + APPLICATION_TEXT_COUNT,
    IN_COUNT = IN_DIGESTS + APPLICATION_DIGEST_COUNT
};

static void fill_members(struct json_in_member members[IN_COUNT])
{
    static const struct json_in_member fixed[IN_TEXTS] = {
        [IN_NAME] = {"name", JSON_IN_STRING, true, NULL},
        [IN_PURPOSE] = {"purpose", JSON_IN_STRING, true, NULL},
        [IN_KIND] = {"kind", JSON_IN_STRING, true, NULL},
        [IN_SITES] = {"sites", JSON_IN_STRINGS, true, NULL},
        [IN_STARTS] = {"starts_at", JSON_IN_STRING, false, NULL},
        [IN_ENDS] = {"ends_at", JSON_IN_STRING, false, NULL},
        [IN_THRESHOLD] = {"threshold", JSON_IN_NUMBER, false, NULL},
        [IN_COOL] = {"cool_down_s", JSON_IN_INTEGER, false, NULL},
        [IN_FACE] = {"min_face_px", JSON_IN_INTEGER, false, NULL},
        [IN_CAMERAS] = {"cameras", JSON_IN_ARRAY, false, NULL},
        [IN_CATEGORIES] = {"categories", JSON_IN_STRINGS, false, NULL},
        [IN_FLAGS] = {"flags", JSON_IN_STRINGS, false, NULL},
        [IN_LOCATION] = {"location_type", JSON_IN_STRING, false, NULL},
        [IN_LATITUDE] = {"latitude", JSON_IN_NUMBER, false, NULL},
        [IN_LONGITUDE] = {"longitude", JSON_IN_NUMBER, false, NULL},
        [IN_FOOTFALL] = {"expected_footfall", JSON_IN_INTEGER, false, NULL},
        [IN_ENTRIES] = {"expected_entries", JSON_IN_INTEGER, false, NULL},
        [IN_RETENTION_LIST] = {"retention_watchlist_h", JSON_IN_INTEGER, false, NULL},
        [IN_RETENTION_ALERT] = {"retention_alert_h", JSON_IN_INTEGER, false, NULL},
        [IN_RETENTION_TRUE] = {"retention_true_alert_h", JSON_IN_INTEGER, false, NULL},
        [IN_REVISION] = {"revision", JSON_IN_INTEGER, false, NULL},
    };
    memcpy(members, fixed, sizeof(fixed));
    for (int i = 0; i < APPLICATION_TEXT_COUNT; i++)
        members[IN_TEXTS + i] = (struct json_in_member){
            application_text_name((enum application_text)i), JSON_IN_STRING, false, NULL};
    for (int i = 0; i < APPLICATION_DIGEST_COUNT; i++)
        members[IN_DIGESTS + i] = (struct json_in_member){
            application_digest_name((enum application_digest)i), JSON_IN_STRING, false, NULL};
}

/* --- single values --- */

static void set_field(struct request *request, const char *name)
{
    (void)snprintf(request->field, sizeof(request->field), "%s", name);
}

/* A value given as 0 (or below) must not be taken for "not given", which is the rules' default. */
static int given_int(const json_t *value, int not_given, int refused)
{
    if (value == NULL)
        return not_given;
    json_int_t number = json_integer_value(value);
    return number < 0 || number > INT_MAX || (number == 0 && not_given == 0) ? refused
                                                                             : (int)number;
}

static enum ov_status read_kind(struct request *request, const json_t *value,
                                enum deployment_kind *ret, struct ov_error *err)
{
    const char *kind = json_string_value(value);
    *ret = DEPLOYMENT_OPERATIONAL;
    if (strcmp(kind, deployment_kind_name(DEPLOYMENT_OPERATIONAL)) == 0)
        return OV_OK;
    *ret = DEPLOYMENT_EXERCISE;
    if (strcmp(kind, deployment_kind_name(DEPLOYMENT_EXERCISE)) == 0)
        return OV_OK;
    set_field(request, "kind");
    return ov_fail(err, OV_ERR_INVALID, "deployment.kind",
                   "the kind has to be exercise or operational");
}

static int degrees_e6(const json_t *value)
{
    double degrees = json_number_value(value);
    return isfinite(degrees) && fabs(degrees) <= 360 ? (int)lround(degrees * 1e6) : INT_MAX;
}

static enum ov_status read_place(struct request *request, const struct json_in_member *members,
                                 struct deployment_application *application, struct ov_error *err)
{
    const json_t *latitude = members[IN_LATITUDE].value;
    const json_t *longitude = members[IN_LONGITUDE].value;
    if ((latitude == NULL) != (longitude == NULL)) {
        set_field(request, latitude == NULL ? "latitude" : "longitude");
        return ov_fail(err, OV_ERR_INVALID, "deployment.place",
                       "give latitude and longitude, or neither");
    }
    if (latitude == NULL)
        return OV_OK;
    application->has_place = true;
    application->latitude_e6 = degrees_e6(latitude);
    application->longitude_e6 = degrees_e6(longitude);
    return OV_OK;
}

/* --- lists --- */

/* One too many is enough for the rules to refuse it. */
static size_t read_strings(const json_t *value, const char **out, size_t max)
{
    size_t count = json_array_size(value);
    for (size_t i = 0; i < count && i < max; i++)
        out[i] = json_string_value(json_array_get(value, i));
    return count;
}

static enum ov_status refuse_cameras(struct request *request, struct ov_error *err)
{
    set_field(request, "cameras");
    return ov_fail(err, OV_ERR_INVALID, "deployment.cameras",
                   "cameras are a list of at most %d objects: site, camera and zone, a list of at "
                   "most %d points [x, y] in ten-thousandths of the picture",
                   DEPLOYMENT_CAMERAS_MAX, OV_ZONE_POINTS_MAX);
}

static enum ov_status read_cameras(struct request *request, const json_t *list,
                                   struct application_in *in, struct ov_error *err)
{
    size_t count = json_array_size(list);
    if (count > DEPLOYMENT_CAMERAS_MAX)
        return refuse_cameras(request, err);
    for (size_t i = 0; i < count; i++) {
        struct json_in_member members[] = {{"site", JSON_IN_STRING, true, NULL},
                                           {"camera", JSON_IN_STRING, true, NULL},
                                           {"zone", JSON_IN_ARRAY, false, NULL}};
        json_t *camera = json_array_get(list, i);
        if (!json_is_object(camera))
            return refuse_cameras(request, err);
        enum ov_status status = json_in_members(request, camera, members, 3, err);
        if (status != OV_OK)
            return status;
        in->cameras[i].site = json_string_value(members[0].value);
        in->cameras[i].camera = json_string_value(members[1].value);
        if (!zone_in_read(members[2].value, &in->cameras[i].zone))
            return refuse_cameras(request, err);
    }
    in->application.camera_count = count;
    in->application.cameras = in->cameras;
    return OV_OK;
}

static enum ov_status read_texts(struct request *request, const struct json_in_member *members,
                                 struct deployment_application *application, struct ov_error *err)
{
    for (int i = 0; i < APPLICATION_TEXT_COUNT; i++)
        application->texts[i] = json_string_value(members[IN_TEXTS + i].value);
    for (int i = 0; i < APPLICATION_DIGEST_COUNT; i++) {
        const char *hex = json_string_value(members[IN_DIGESTS + i].value);
        application->has_digest[i] = hex != NULL;
        if (hex != NULL && ov_hex_decode(hex, application->digests[i], OV_DIGEST_BYTES) != OV_OK) {
            set_field(request, members[IN_DIGESTS + i].name);
            return ov_fail(err, OV_ERR_INVALID, "application.digest",
                           "%s has to be the document's SHA-256: 64 hex digits",
                           members[IN_DIGESTS + i].name);
        }
    }
    return OV_OK;
}

/* --- all of it --- */

static void read_numbers(const struct json_in_member *members,
                         struct deployment_application *application)
{
    const json_t *threshold = members[IN_THRESHOLD].value;
    application->threshold = threshold != NULL ? (float)json_number_value(threshold) : 0.0f;
    if (threshold != NULL && application->threshold == 0.0f)
        application->threshold = -1.0f;
    application->cool_down_s = given_int(members[IN_COOL].value, -1, INT_MAX);
    application->min_face_px = given_int(members[IN_FACE].value, 0, INT_MAX);
    application->expected_footfall = given_int(members[IN_FOOTFALL].value, 0, INT_MAX);
    application->expected_entries = given_int(members[IN_ENTRIES].value, 0, INT_MAX);
    application->retention_watchlist_h = given_int(members[IN_RETENTION_LIST].value, -1, INT_MAX);
    application->retention_alert_h = given_int(members[IN_RETENTION_ALERT].value, 0, INT_MAX);
    application->retention_true_alert_h = given_int(members[IN_RETENTION_TRUE].value, 0, INT_MAX);
}

static enum ov_status read_application(struct request *request,
                                       const struct json_in_member *members,
                                       struct application_in *in, struct ov_error *err)
{
    struct deployment_application *application = &in->application;
    application->name = json_string_value(members[IN_NAME].value);
    application->purpose = json_string_value(members[IN_PURPOSE].value);
    application->location_type = json_string_value(members[IN_LOCATION].value);
    application->site_count =
        read_strings(members[IN_SITES].value, in->sites, DEPLOYMENT_SITES_MAX);
    application->site_names = in->sites;
    application->category_count =
        read_strings(members[IN_CATEGORIES].value, in->categories, DEPLOYMENT_CATEGORIES_MAX);
    application->categories = in->categories;
    application->flag_count =
        read_strings(members[IN_FLAGS].value, in->flags, DEPLOYMENT_FLAGS_MAX);
    application->flags = in->flags;
    in->revision = given_int(members[IN_REVISION].value, 0, INT_MAX);
    read_numbers(members, application);
    enum ov_status status = read_kind(request, members[IN_KIND].value, &application->kind, err);
    if (status == OV_OK)
        status = json_in_time(request, &members[IN_STARTS], &application->starts_at_us, err);
    if (status == OV_OK)
        status = json_in_time(request, &members[IN_ENDS], &application->ends_at_us, err);
    if (status == OV_OK)
        status = read_place(request, members, application, err);
    if (status == OV_OK)
        status = read_cameras(request, members[IN_CAMERAS].value, in, err);
    return status == OV_OK ? read_texts(request, members, application, err) : status;
}

enum ov_status application_in_read(struct request *request, bool with_revision,
                                   struct application_in *in, struct ov_error *err)
{
    struct json_in_member members[IN_COUNT];
    memset(in, 0, sizeof(*in));
    fill_members(members);
    members[IN_REVISION].required = with_revision;
    enum ov_status status = json_in_read(request, request->body.data, request->body.size, members,
                                         IN_COUNT, &in->root, err);
    if (status == OV_OK && !with_revision && members[IN_REVISION].value != NULL) {
        set_field(request, "revision");
        status = ov_fail(err, OV_ERR_INVALID, "request.unknown_member",
                         "a new draft has no revision yet; leave it out");
    }
    return status == OV_OK ? read_application(request, members, in, err) : status;
}

void application_in_explain(struct request *request, const struct application_in *in,
                            const struct ov_error *err)
{
    const char *missing = strcmp(err->code, "application.incomplete") == 0
                              ? application_missing(&in->application)
                              : NULL;
    if (missing != NULL)
        set_field(request, missing);
}

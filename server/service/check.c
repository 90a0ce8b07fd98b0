/* Pure checks of inputs. Texts never quote a name or a reference. Any thread. */
#include "server/service/check.h"

#include <string.h>

#include "common/base/bytes.h"

#define RESPONSE_NONE "none" /* of the blue list */

static const char *const categories[] = {
    "wanted_by_court",   /* a court has issued a warrant */
    "suspected_offence", /* suspected of an offence, or about to commit one */
    "court_conditions",  /* under conditions of a court or of release that they may be breaking */
    "missing_at_risk",   /* missing and at risk of harm */
    "risk_of_harm",      /* presents a risk of harm to themselves or others */
    WATCHLIST_BLUE_LIST, /* a volunteer who consented, to measure recognition */
    NULL,
};

static const char *const responses[] = {"immediate",    "arrest",      "identify",
                                        "safeguarding", RESPONSE_NONE, NULL};

const char *const *service_categories(void)
{
    return categories;
}

const char *const *service_responses(void)
{
    return responses;
}

static bool is_listed(const char *const *list, const char *text)
{
    for (; *list != NULL; list++) {
        if (strcmp(*list, text) == 0)
            return true;
    }
    return false;
}

static bool consists_of(const char *text, const char *allowed, size_t max)
{
    size_t length = text != NULL ? strnlen(text, max + 1) : 0;
    return length >= 1 && length <= max && strspn(text, allowed) == length;
}

static bool is_clean(const char *text, size_t max)
{
    size_t length = text != NULL ? strnlen(text, max + 1) : 0;
    return length >= 1 && length <= max && ov_text_is_clean_utf8(text, length);
}

enum ov_status check_identity_name(const char *name, const char *code, struct ov_error *err)
{
    if (consists_of(name, "abcdefghijklmnopqrstuvwxyz0123456789-", PRINCIPAL_NAME_SIZE - 1))
        return OV_OK;
    return ov_fail(err, OV_ERR_INVALID, code,
                   "the name has to be 1 to %d characters of a-z, 0-9 and '-', as in certificates",
                   PRINCIPAL_NAME_SIZE - 1);
}

enum ov_status check_reason(const char *code, struct ov_error *err)
{
    if (consists_of(code, "abcdefghijklmnopqrstuvwxyz_", 40))
        return OV_OK;
    return ov_fail(err, OV_ERR_INVALID, "deployment.reason",
                   "the reason has to be a code of 1 to 40 characters of a-z and '_'");
}

static enum ov_status check_texts(const struct deployment_application *application,
                                  struct ov_error *err)
{
    struct ov_id id;
    if (!is_clean(application->name, DEPLOYMENT_NAME_SIZE - 1))
        return ov_fail(err, OV_ERR_INVALID, "deployment.name",
                       "the name has to be 1 to %d bytes of text without control characters",
                       DEPLOYMENT_NAME_SIZE - 1);
    if (ov_id_parse(application->name, &id) == OV_OK)
        return ov_fail(err, OV_ERR_INVALID, "deployment.name",
                       "the name looks like an id; choose one that people can tell from an id");
    if (!is_clean(application->purpose, DEPLOYMENT_PURPOSE_SIZE - 1))
        return ov_fail(err, OV_ERR_INVALID, "deployment.purpose",
                       "say what the deployment is for, in 1 to %d bytes of text without control "
                       "characters",
                       DEPLOYMENT_PURPOSE_SIZE - 1);
    return OV_OK;
}

static enum ov_status check_window(int64_t starts_at_us, int64_t ends_at_us, int64_t now_us,
                                   struct ov_error *err)
{
    if (ends_at_us <= starts_at_us)
        return ov_fail(err, OV_ERR_INVALID, "deployment.window",
                       "the deployment would end before it starts; give a later end");
    if (ends_at_us <= now_us)
        return ov_fail(err, OV_ERR_INVALID, "deployment.window",
                       "the end of the deployment has passed already; give a later one");
    if (ends_at_us - starts_at_us > DEPLOYMENT_WINDOW_MAX_US)
        return ov_fail(err, OV_ERR_INVALID, "deployment.window",
                       "a deployment lasts 12 hours at most; apply for several instead");
    if (starts_at_us > now_us + DEPLOYMENT_AHEAD_MAX_US)
        return ov_fail(err, OV_ERR_INVALID, "deployment.window",
                       "a deployment may be applied for at most 92 days ahead");
    return OV_OK;
}

static enum ov_status check_settings(const struct deployment_application *filled,
                                     struct ov_error *err)
{
    if (!(filled->threshold >= DEPLOYMENT_THRESHOLD_MIN &&
          filled->threshold <= DEPLOYMENT_THRESHOLD_MAX)) /* so that NaN is refused too */
        return ov_fail(err, OV_ERR_INVALID, "deployment.threshold",
                       "the threshold has to be between %.2f and %.2f",
                       (double)DEPLOYMENT_THRESHOLD_MIN, (double)DEPLOYMENT_THRESHOLD_MAX);
    if (filled->cool_down_s < 0 || filled->cool_down_s > DEPLOYMENT_COOL_DOWN_MAX_S)
        return ov_fail(err, OV_ERR_INVALID, "deployment.cool_down",
                       "the cool-down has to be between 0 and %d seconds",
                       DEPLOYMENT_COOL_DOWN_MAX_S);
    if (filled->min_face_px < DEPLOYMENT_MIN_FACE_LOWEST_PX ||
        filled->min_face_px > DEPLOYMENT_MIN_FACE_HIGHEST_PX)
        return ov_fail(err, OV_ERR_INVALID, "deployment.min_face",
                       "the smallest face has to be between %d and %d px wide",
                       DEPLOYMENT_MIN_FACE_LOWEST_PX, DEPLOYMENT_MIN_FACE_HIGHEST_PX);
    return OV_OK;
}

static enum ov_status check_sites(const struct deployment_application *application,
                                  struct ov_error *err)
{
    if (application->site_count < 1 || application->site_count > DEPLOYMENT_SITES_MAX)
        return ov_fail(err, OV_ERR_INVALID, "deployment.sites", "name 1 to %d sites",
                       DEPLOYMENT_SITES_MAX);
    for (size_t i = 0; i < application->site_count; i++) {
        enum ov_status status =
            check_identity_name(application->site_names[i], "deployment.sites", err);
        if (status != OV_OK)
            return status;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(application->site_names[i], application->site_names[j]) == 0)
                return ov_fail(err, OV_ERR_INVALID, "deployment.sites", "name each site only once");
        }
    }
    return OV_OK;
}

static bool is_clean_lines(const char *text)
{
    size_t length = strnlen(text, APPLICATION_TEXT_MAX + 1);
    if (length > APPLICATION_TEXT_MAX)
        return false;
    while (*text != '\0') {
        size_t line = strcspn(text, "\n\t");
        size_t kept = line > 0 && text[line] == '\n' && text[line - 1] == '\r' ? line - 1 : line;
        if (!ov_text_is_clean_utf8(text, kept))
            return false;
        text += line + (text[line] != '\0' ? 1 : 0);
    }
    return true;
}

enum ov_status check_lines(const char *text, const char *code, struct ov_error *err)
{
    if (text == NULL || is_clean_lines(text))
        return OV_OK;
    return ov_fail(err, OV_ERR_INVALID, code,
                   "the text has to be UTF-8 of at most %zu bytes, without control characters but "
                   "line ends",
                   APPLICATION_TEXT_MAX);
}

enum ov_status check_why(const char *text, const char *code, const char *what, struct ov_error *err)
{
    if (text == NULL || text[strspn(text, " \t\r\n")] == '\0' ||
        strnlen(text, APPLICATION_TEXT_MAX + 1) > APPLICATION_TEXT_MAX)
        return ov_fail(err, OV_ERR_INVALID, code, "say %s, in 1 to %zu bytes", what,
                       APPLICATION_TEXT_MAX);
    return check_lines(text, code, err);
}

static enum ov_status check_cameras(const struct deployment_application *application,
                                    struct ov_error *err)
{
    const char *const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    if (application->camera_count > DEPLOYMENT_CAMERAS_MAX)
        return ov_fail(err, OV_ERR_INVALID, "deployment.cameras", "name at most %d cameras",
                       DEPLOYMENT_CAMERAS_MAX);
    for (size_t i = 0; i < application->camera_count; i++) {
        const struct application_camera *camera = &application->cameras[i];
        if (camera->site == NULL || !consists_of(camera->camera, allowed, OV_CAMERA_NAME_SIZE - 1))
            return ov_fail(err, OV_ERR_INVALID, "deployment.cameras",
                           "a camera is a site and a name of 1 to %d letters, digits, '.', '_' and "
                           "'-'",
                           OV_CAMERA_NAME_SIZE - 1);
        for (size_t j = 0; j < i; j++)
            if (strcmp(application->cameras[j].site, camera->site) == 0 &&
                strcmp(application->cameras[j].camera, camera->camera) == 0)
                return ov_fail(err, OV_ERR_INVALID, "deployment.cameras",
                               "name each camera only once");
        struct ov_error inner = OV_ERROR_INIT;
        if (ov_zone_check(&camera->zone, &inner) != OV_OK)
            return ov_fail(err, OV_ERR_INVALID, "deployment.cameras", "%s", inner.text);
    }
    return OV_OK;
}

static enum ov_status check_codes(const char *const *codes, size_t count, size_t max,
                                  const char *code, struct ov_error *err)
{
    bool fine = count <= max;
    for (size_t i = 0; i < count && fine; i++) {
        fine = consists_of(codes[i], "abcdefghijklmnopqrstuvwxyz_", DEPLOYMENT_CODE_SIZE - 1);
        for (size_t j = 0; j < i && fine; j++)
            fine = strcmp(codes[i], codes[j]) != 0;
    }
    return fine ? OV_OK
                : ov_fail(err, OV_ERR_INVALID, code,
                          "give at most %zu codes of a-z and '_', each once", max);
}

static enum ov_status check_numbers(const struct deployment_application *filled,
                                    struct ov_error *err)
{
    if (filled->has_place &&
        (filled->latitude_e6 < -90000000 || filled->latitude_e6 > 90000000 ||
         filled->longitude_e6 < -180000000 || filled->longitude_e6 > 180000000))
        return ov_fail(err, OV_ERR_INVALID, "deployment.place",
                       "latitude and longitude are degrees, -90 to 90 and -180 to 180");
    if (filled->location_type != NULL &&
        !consists_of(filled->location_type, "abcdefghijklmnopqrstuvwxyz_",
                     DEPLOYMENT_CODE_SIZE - 1))
        return ov_fail(err, OV_ERR_INVALID, "deployment.location_type",
                       "the type of location is a code of a-z and '_'");
    if (filled->expected_footfall < 0 || filled->expected_footfall > 10000000)
        return ov_fail(err, OV_ERR_INVALID, "deployment.expected_footfall",
                       "the expected footfall is between 1 and 10,000,000 people");
    if (filled->expected_entries < 0 || filled->expected_entries > WATCHLIST_ENTRIES_MAX)
        return ov_fail(err, OV_ERR_INVALID, "deployment.expected_entries",
                       "the expected size of the list is between 1 and %d subjects",
                       WATCHLIST_ENTRIES_MAX);
    if (filled->retention_watchlist_h < 0 || filled->retention_watchlist_h > 24 ||
        filled->retention_alert_h < 1 || filled->retention_alert_h > 24 ||
        filled->retention_true_alert_h < 1 || filled->retention_true_alert_h > 744)
        return ov_fail(err, OV_ERR_INVALID, "deployment.retention",
                       "hours are kept: of a list 0 to 24, of an alert 1 to 24, of a true alert 1 "
                       "to 744");
    return OV_OK;
}

static enum ov_status check_more(const struct deployment_application *filled, struct ov_error *err)
{
    enum ov_status status = check_cameras(filled, err);
    if (status == OV_OK)
        status = check_codes(filled->categories, filled->category_count, DEPLOYMENT_CATEGORIES_MAX,
                             "deployment.categories", err);
    if (status == OV_OK)
        status = check_codes(filled->flags, filled->flag_count, DEPLOYMENT_FLAGS_MAX,
                             "deployment.flags", err);
    if (status == OV_OK)
        status = check_numbers(filled, err);
    for (int i = 0; i < APPLICATION_TEXT_COUNT && status == OV_OK; i++)
        status = check_lines(filled->texts[i], "application.text", err);
    return status;
}

enum ov_status check_application(const struct deployment_application *application, int64_t now_us,
                                 struct deployment_application *ret, struct ov_error *err)
{
    /* Bounds what the additions below may overflow. */
    const int64_t limit_us = INT64_MAX / 4;
    if (application->starts_at_us < 0 || application->starts_at_us > limit_us ||
        application->ends_at_us < 0 || application->ends_at_us > limit_us)
        return ov_fail(err, OV_ERR_INVALID, "deployment.window",
                       "the start or the end is not a time that can be meant");
    struct deployment_application filled = *application;
    if (filled.starts_at_us == 0)
        filled.starts_at_us = now_us;
    if (filled.ends_at_us == 0)
        filled.ends_at_us = filled.starts_at_us + DEPLOYMENT_WINDOW_DEFAULT_US;
    if (filled.threshold == 0)
        filled.threshold = DEPLOYMENT_THRESHOLD_DEFAULT;
    if (filled.cool_down_s == -1)
        filled.cool_down_s = DEPLOYMENT_COOL_DOWN_DEFAULT_S;
    if (filled.min_face_px == 0)
        filled.min_face_px = DEPLOYMENT_MIN_FACE_DEFAULT_PX;
    if (filled.retention_watchlist_h == -1)
        filled.retention_watchlist_h = DEPLOYMENT_RETENTION_WATCHLIST_DEFAULT_H;
    if (filled.retention_alert_h == 0)
        filled.retention_alert_h = DEPLOYMENT_RETENTION_ALERT_DEFAULT_H;
    if (filled.retention_true_alert_h == 0)
        filled.retention_true_alert_h = DEPLOYMENT_RETENTION_TRUE_ALERT_DEFAULT_H;

    enum ov_status status = check_texts(&filled, err);
    if (status == OV_OK)
        status = check_window(filled.starts_at_us, filled.ends_at_us, now_us, err);
    if (status == OV_OK)
        status = check_settings(&filled, err);
    if (status == OV_OK)
        status = check_sites(&filled, err);
    if (status == OV_OK)
        status = check_more(&filled, err);
    if (status == OV_OK)
        *ret = filled;
    return status;
}

enum ov_status check_proposal(const struct watchlist_proposal *proposal, struct ov_error *err)
{
    if (proposal->category == NULL || !is_listed(categories, proposal->category))
        return ov_fail(err, OV_ERR_INVALID, "watchlist.category",
                       "the category has to be one of: wanted_by_court, suspected_offence, "
                       "court_conditions, missing_at_risk, risk_of_harm, blue_list");
    if (proposal->response == NULL || !is_listed(responses, proposal->response))
        return ov_fail(err, OV_ERR_INVALID, "watchlist.response",
                       "the response has to be one of: immediate, arrest, identify, safeguarding; "
                       "of the blue list it is none");
    if ((strcmp(proposal->category, WATCHLIST_BLUE_LIST) == 0) !=
        (strcmp(proposal->response, RESPONSE_NONE) == 0))
        return ov_fail(
            err, OV_ERR_INVALID, "watchlist.response",
            "the response of the blue list is none, and of no other category: volunteers "
            "are never engaged");
    if (!is_clean(proposal->name, WATCHLIST_TEXT_MAX_BYTES))
        return ov_fail(err, OV_ERR_INVALID, "watchlist.name",
                       "the name has to be 1 to %d bytes of text without control characters",
                       WATCHLIST_TEXT_MAX_BYTES);
    if (!is_clean(proposal->reference, WATCHLIST_TEXT_MAX_BYTES))
        return ov_fail(err, OV_ERR_INVALID, "watchlist.reference",
                       "the reference has to be 1 to %d bytes of text without control characters",
                       WATCHLIST_TEXT_MAX_BYTES);
    if (proposal->jpeg == NULL || proposal->jpeg_bytes == 0)
        return ov_fail(err, OV_ERR_INVALID, "watchlist.image",
                       "an entry needs a photograph (JPEG)");
    if (proposal->jpeg_bytes > WATCHLIST_JPEG_MAX_BYTES)
        return ov_fail(err, OV_ERR_LIMIT, "watchlist.image",
                       "the photograph has more than 16 MiB; save it smaller");
    return OV_OK;
}

size_t check_face_count(const struct ov_face_list *faces)
{
    size_t count = 0;
    for (size_t i = 0; i < faces->count; i++) {
        if (faces->faces[i].box.width * 3 >= faces->faces[0].box.width)
            count++;
    }
    return count;
}

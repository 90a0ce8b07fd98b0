/* What a policy demands. Pure; any thread. */
#include "server/service/policy_check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "server/service/policy_fields.h"

#define HOUR_US (INT64_C(3600) * OV_US_PER_S)
#define DAY_US (24 * HOUR_US)

/* --- the policy itself --------------------------------------------------------------------- */

static enum ov_status check_codes(const struct policy_codes *codes, const char *what,
                                  struct ov_error *err)
{
    for (size_t i = 0; i < codes->count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(codes->codes[i], codes->codes[j]) == 0)
                return ov_fail(err, OV_ERR_INVALID, "policy.code", "%s: name each only once", what);
    if (codes->count >= 1)
        return OV_OK;
    return ov_fail(err, OV_ERR_INVALID, "policy.code", "%s: name 1 to %d", what, POLICY_CODES_MAX);
}

static bool floor_fits(float floor)
{
    return floor >= POLICY_THRESHOLD_FLOOR_MIN && floor <= POLICY_THRESHOLD_FLOOR_MAX;
}

static enum ov_status check_floors(const struct policy *policy, struct ov_error *err)
{
    bool fits = floor_fits(policy->threshold_floor);
    for (size_t i = 0; i < policy->floor_count && fits; i++) {
        fits = floor_fits(policy->floors[i].threshold_floor);
        for (size_t j = 0; j < i; j++)
            if (memcmp(policy->floors[i].model_digest, policy->floors[j].model_digest,
                       OV_DIGEST_BYTES) == 0)
                return ov_fail(err, OV_ERR_INVALID, "policy.threshold_floor",
                               "name each model only once");
    }
    if (fits)
        return OV_OK;
    return ov_fail(err, OV_ERR_INVALID, "policy.threshold_floor",
                   "a lowest threshold has to be between %.2f and %.2f",
                   (double)POLICY_THRESHOLD_FLOOR_MIN, (double)POLICY_THRESHOLD_FLOOR_MAX);
}

enum ov_status check_policy(const struct policy *policy, struct ov_error *err)
{
    for (size_t i = 0; i < POLICY_FIELD_COUNT; i++) {
        const struct policy_field *field = &policy_fields()[i];
        int value = policy_field_get(policy, field);
        char code[64];
        (void)snprintf(code, sizeof(code), "policy.%s", field->name);
        if (value < field->min || value > field->max)
            return ov_fail(err, OV_ERR_INVALID, code, "%s has to be between %d and %d (%s)",
                           field->name, field->min, field->max, field->help);
    }
    enum ov_status status = check_codes(&policy->categories, "categories", err);
    if (status == OV_OK)
        status = check_codes(&policy->operational_locations, "operational_locations", err);
    if (status == OV_OK)
        status = check_codes(&policy->exercise_locations, "exercise_locations", err);
    return status == OV_OK ? check_floors(policy, err) : status;
}

/* --- an application ------------------------------------------------------------------------ */

static enum ov_status check_window(const struct policy *policy,
                                   const struct policy_application *application,
                                   struct ov_error *err)
{
    if (application->ends_at_us > application->starts_at_us &&
        application->ends_at_us - application->starts_at_us <= policy->window_max_h * HOUR_US)
        return OV_OK;
    return ov_fail(err, OV_ERR_DENIED, "policy.window",
                   "the policy allows a window of %d hours at most; shorten it, or apply for "
                   "several deployments",
                   policy->window_max_h);
}

static void list_codes(const struct policy_codes *codes, char *out, size_t out_size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < codes->count && used < out_size; i++) {
        int wrote =
            snprintf(out + used, out_size - used, "%s%s", i > 0 ? ", " : "", codes->codes[i]);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
}

static enum ov_status check_location(const struct policy *policy,
                                     const struct policy_application *application,
                                     struct ov_error *err)
{
    bool exercise = application->kind == DEPLOYMENT_EXERCISE;
    const struct policy_codes *permitted =
        exercise ? &policy->exercise_locations : &policy->operational_locations;
    bool given = application->location_type != NULL && application->location_type[0] != '\0';
    if (given ? policy_codes_have(permitted, application->location_type) : exercise)
        return OV_OK;
    char listed[256];
    list_codes(permitted, listed, sizeof(listed));
    return ov_fail(err, OV_ERR_DENIED, "policy.location_type",
                   "the policy does not permit this type of location; it permits: %s", listed);
}

static enum ov_status check_categories(const struct policy *policy,
                                       const struct policy_application *application,
                                       struct ov_error *err)
{
    if (application->category_count == 0 && application->kind != DEPLOYMENT_EXERCISE)
        return ov_fail(err, OV_ERR_DENIED, "policy.category",
                       "name the categories of people that may be listed, and by which criteria");
    enum ov_status status = OV_OK;
    for (size_t i = 0; i < application->category_count && status == OV_OK; i++)
        status = check_policy_category(policy, 0, NULL, application->categories[i], err);
    return status;
}

static enum ov_status check_flags(const struct policy_application *application,
                                  struct ov_error *err)
{
    for (size_t i = 0; i < application->flag_count; i++) {
        const char *const *known = policy_deployment_flags();
        while (*known != NULL && strcmp(*known, application->flags[i]) != 0)
            known++;
        if (*known == NULL)
            return ov_fail(err, OV_ERR_DENIED, "policy.flag",
                           "there is no such flag; flags are: protest_or_assembly, worship, "
                           "health, school, journalism");
    }
    return OV_OK;
}

static enum ov_status check_rest(const struct policy *policy,
                                 const struct policy_application *application, struct ov_error *err)
{
    if (application->expected_entries > policy->subjects_max)
        return ov_fail(err, OV_ERR_DENIED, "policy.subjects",
                       "the policy allows %d subjects at most in one deployment",
                       policy->subjects_max);
    if (application->urgent && !application->urgent_reasons)
        return ov_fail(err, OV_ERR_DENIED, "policy.urgent_reasons",
                       "say why this cannot wait for a written authorisation");
    return OV_OK;
}

enum ov_status check_policy_application(const struct policy *policy,
                                        const struct policy_application *application,
                                        struct ov_error *err)
{
    enum ov_status status = check_window(policy, application, err);
    if (status == OV_OK)
        status = check_location(policy, application, err);
    if (status == OV_OK)
        status = check_categories(policy, application, err);
    if (status == OV_OK)
        status = check_flags(application, err);
    if (status == OV_OK)
        status = check_rest(policy, application, err);
    if (status == OV_OK)
        status = check_policy_retention(policy, application->retention_watchlist_h,
                                        application->retention_alert_h,
                                        application->retention_true_alert_h, err);
    if (status == OV_OK)
        status =
            check_policy_settings(policy, application->threshold, application->model_digest, err);
    return status;
}

static enum ov_status check_hours(int hours, int most, const char *code, const char *what,
                                  struct ov_error *err)
{
    if (hours >= 0 && hours <= most)
        return OV_OK;
    return ov_fail(err, OV_ERR_DENIED, code, "the policy keeps %s for %d hours at most", what,
                   most);
}

enum ov_status check_policy_retention(const struct policy *policy, int watchlist_h, int alert_h,
                                      int true_alert_h, struct ov_error *err)
{
    enum ov_status status =
        check_hours(watchlist_h, policy->retention_watchlist_max_h, "policy.retention_watchlist",
                    "a watchlist after its deployment has closed", err);
    if (status == OV_OK)
        status = check_hours(alert_h, policy->retention_alert_max_h, "policy.retention_alert",
                             "alerts that are not, or not yet, judged true", err);
    if (status == OV_OK)
        status = check_hours(true_alert_h, policy->retention_true_alert_max_h,
                             "policy.retention_true_alert", "true alerts", err);
    return status;
}

float policy_threshold_floor(const struct policy *policy,
                             const uint8_t model_digest[OV_DIGEST_BYTES])
{
    float floor = policy->threshold_floor;
    for (size_t i = 0; i < policy->floor_count; i++) {
        const struct policy_floor *of_model = &policy->floors[i];
        if (memcmp(of_model->model_digest, model_digest, OV_DIGEST_BYTES) == 0 &&
            of_model->threshold_floor > floor)
            floor = of_model->threshold_floor;
    }
    return floor;
}

enum ov_status check_policy_settings(const struct policy *policy, float threshold,
                                     const uint8_t model_digest[OV_DIGEST_BYTES],
                                     struct ov_error *err)
{
    float floor = policy_threshold_floor(policy, model_digest);
    if (threshold >= floor) /* so that NaN is refused too */
        return OV_OK;
    return ov_fail(err, OV_ERR_DENIED, "policy.threshold",
                   "the policy allows no threshold below %.3f with this model", (double)floor);
}

/* --- entries ------------------------------------------------------------------------------- */

enum ov_status check_policy_category(const struct policy *policy, size_t category_count,
                                     const char *const *categories, const char *category,
                                     struct ov_error *err)
{
    if (strcmp(category, POLICY_BLUE_LIST) == 0)
        return OV_OK; /* volunteers, under a cap of their own */
    if (!policy_codes_have(&policy->categories, category)) {
        char listed[256];
        list_codes(&policy->categories, listed, sizeof(listed));
        return ov_fail(err, OV_ERR_DENIED, "policy.category",
                       "the policy does not permit this category; it permits: %s", listed);
    }
    bool named = category_count == 0;
    for (size_t i = 0; i < category_count && !named; i++)
        named = strcmp(categories[i], category) == 0;
    if (!named)
        return ov_fail(err, OV_ERR_DENIED, "policy.category",
                       "the deployment's application does not name this category");
    return OV_OK;
}

enum ov_status check_policy_one_more(const struct policy *policy, const char *category,
                                     int64_t approved_ever, struct ov_error *err)
{
    if (strcmp(category, POLICY_BLUE_LIST) == 0) {
        if (approved_ever < policy->blue_list_max)
            return OV_OK;
        return ov_fail(err, OV_ERR_DENIED, "policy.blue_list",
                       "the policy allows %d volunteers at most in one deployment, withdrawn ones "
                       "included",
                       policy->blue_list_max);
    }
    if (approved_ever < policy->subjects_max)
        return OV_OK;
    return ov_fail(err, OV_ERR_DENIED, "policy.subjects",
                   "the policy allows %d subjects at most in one deployment, withdrawn ones "
                   "included",
                   policy->subjects_max);
}

/* --- the higher authority ------------------------------------------------------------------ */

static int by_start(const void *left, const void *right)
{
    const struct policy_span *a = left;
    const struct policy_span *b = right;
    return (a->from_us > b->from_us) - (a->from_us < b->from_us);
}

/* Time covered between two moments; spans are sorted by their start. */
static int64_t covered_us(const struct policy_span *spans, size_t count, int64_t from_us,
                          int64_t to_us)
{
    int64_t covered = 0;
    int64_t reached_us = from_us;
    for (size_t i = 0; i < count; i++) {
        int64_t begin = spans[i].from_us > reached_us ? spans[i].from_us : reached_us;
        int64_t end = spans[i].to_us < to_us ? spans[i].to_us : to_us;
        if (end > begin) {
            covered += end - begin;
            reached_us = end;
        }
    }
    return covered;
}

/* A day that covers the most can be moved until it begins where a span begins, or ends where one
 * ends, without losing any: only these need to be looked at. */
int64_t policy_most_live_us(struct policy_span *spans, size_t count)
{
    int64_t most = 0;
    if (count > 0)
        qsort(spans, count, sizeof(*spans), by_start);
    for (size_t i = 0; i < count; i++) {
        int64_t after = covered_us(spans, count, spans[i].from_us, spans[i].from_us + DAY_US);
        int64_t before = covered_us(spans, count, spans[i].to_us - DAY_US, spans[i].to_us);
        most = after > most ? after : most;
        most = before > most ? before : most;
    }
    return most;
}

bool policy_same_place(const struct policy *policy, int latitude_e6, int longitude_e6,
                       int other_latitude_e6, int other_longitude_e6)
{
    /* Haversine on a sphere of 6,371,008.8 m (IUGG mean radius): within 0.5 % of the ellipsoid. */
    const double radians = 3.14159265358979323846 / 180e6;
    double a_latitude = latitude_e6 * radians;
    double b_latitude = other_latitude_e6 * radians;
    double up = sin((b_latitude - a_latitude) / 2);
    double across = sin(((double)other_longitude_e6 - longitude_e6) * radians / 2);
    double root = up * up + cos(a_latitude) * cos(b_latitude) * across * across;
    double metres = 2 * 6371008.8 * asin(sqrt(root > 1 ? 1 : root));
    return metres <= policy->same_place_m * 1.005;
}

static void add_reason(struct policy_reasons *reasons, const char *code)
{
    for (size_t i = 0; i < reasons->count; i++)
        if (strcmp(reasons->codes[i], code) == 0)
            return;
    if (reasons->count < POLICY_REASONS_MAX)
        reasons->codes[reasons->count++] = code;
}

void policy_higher_reasons(const struct policy *policy,
                           const struct policy_circumstances *circumstances,
                           struct policy_reasons *ret)
{
    *ret = (struct policy_reasons){.count = 0};
    for (const char *const *flag = policy_deployment_flags(); *flag != NULL; flag++)
        for (size_t i = 0; i < circumstances->flag_count; i++)
            if (strcmp(*flag, circumstances->flags[i]) == 0)
                add_reason(ret, *flag);
    if (circumstances->urgent_repeat)
        add_reason(ret, "urgent_repeat");
    if (circumstances->most_live_us > policy->live_per_day_max_h * HOUR_US)
        add_reason(ret, "hours_in_a_day");
}

enum ov_status check_policy_authority(const struct policy_reasons *reasons, unsigned roles,
                                      struct ov_error *err)
{
    if (reasons->count == 0 || (roles & ROLE_HIGHER_AUTHORITY) != 0)
        return OV_OK;
    char listed[256];
    size_t used = 0;
    listed[0] = '\0';
    for (size_t i = 0; i < reasons->count && used < sizeof(listed); i++) {
        int wrote = snprintf(listed + used, sizeof(listed) - used, "%s%s", i > 0 ? ", " : "",
                             reasons->codes[i]);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
    return ov_fail(err, OV_ERR_DENIED, "policy.higher_authority",
                   "this takes the higher authority, because of: %s", listed);
}

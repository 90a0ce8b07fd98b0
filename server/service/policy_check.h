/*
 * What a policy demands of an application, of operating settings and of entries, and when it takes
 * the higher authority to authorise. Pure functions; any thread.
 *
 * A rule that is broken is OV_ERR_DENIED with the code "policy.<rule>".
 */
#ifndef OVERT_SERVER_SERVICE_POLICY_CHECK_H
#define OVERT_SERVER_SERVICE_POLICY_CHECK_H

#include "server/store/deployments.h"
#include "server/store/people.h"
#include "server/store/policies.h"

/* A proposed policy itself: "policy.<field>" when a number is outside its range, "policy.code",
 * "policy.threshold_floor". */
OV_CHECKED enum ov_status check_policy(const struct policy *policy, struct ov_error *err);

/* --- an application ------------------------------------------------------------------------ */

struct policy_application {
    enum deployment_kind kind;
    int64_t starts_at_us;
    int64_t ends_at_us;
    const char *location_type; /* NULL or "": not given, which only an exercise may leave open */
    size_t category_count;     /* 0: any that the policy permits; exercises only */
    const char *const *categories;
    size_t flag_count;
    const char *const *flags; /* policy_deployment_flags() */
    int expected_entries;     /* 0: not given */
    float threshold;
    const uint8_t *model_digest;
    int retention_watchlist_h;
    int retention_alert_h;
    int retention_true_alert_h;
    bool urgent;
    bool urgent_reasons; /* whether it gives reasons for the urgency */
};

/* In this order: policy.window, .location_type, .category, .flag, .subjects, .urgent_reasons, then
 * the retention and the threshold. */
OV_CHECKED enum ov_status check_policy_application(const struct policy *policy,
                                                   const struct policy_application *application,
                                                   struct ov_error *err);
/* policy.retention_watchlist, .retention_alert, .retention_true_alert. */
OV_CHECKED enum ov_status check_policy_retention(const struct policy *policy, int watchlist_h,
                                                 int alert_h, int true_alert_h,
                                                 struct ov_error *err);
/* policy.threshold: below the floor of any, or of this, model. */
OV_CHECKED enum ov_status check_policy_settings(const struct policy *policy, float threshold,
                                                const uint8_t model_digest[OV_DIGEST_BYTES],
                                                struct ov_error *err);
/* The lowest threshold with this model. */
float policy_threshold_floor(const struct policy *policy,
                             const uint8_t model_digest[OV_DIGEST_BYTES]);

/* --- entries ------------------------------------------------------------------------------- */

/* The category under which volunteers are listed: no policy need permit it, none can convert it. */
#define POLICY_BLUE_LIST "blue_list"

/* policy.category: not one of the policy's, or not one the application named (count 0: any). */
OV_CHECKED enum ov_status check_policy_category(const struct policy *policy, size_t category_count,
                                                const char *const *categories, const char *category,
                                                struct ov_error *err);
/* One more, when so many were approved already, withdrawn ones included: policy.subjects,
 * policy.blue_list. */
OV_CHECKED enum ov_status check_policy_one_more(const struct policy *policy, const char *category,
                                                int64_t approved_ever, struct ov_error *err);

/* --- the higher authority ------------------------------------------------------------------ */

/* Other time live at the same place, past or authorised. */
struct policy_span {
    int64_t from_us;
    int64_t to_us;
};
/* The most time covered within any 24 hours: what overlaps counts once. Sorts spans. */
int64_t policy_most_live_us(struct policy_span *spans, size_t count);

/* Whether two points (degrees x 1,000,000) are no further apart than the policy's same place. */
bool policy_same_place(const struct policy *policy, int latitude_e6, int longitude_e6,
                       int other_latitude_e6, int other_longitude_e6);

#define POLICY_REASONS_MAX 8

struct policy_reasons {
    size_t count;
    /* Static, and of letters and '_' only, as they become keys of an event: a flag's name,
     * "urgent_repeat", "hours_in_a_day". */
    const char *codes[POLICY_REASONS_MAX];
};

struct policy_circumstances {
    size_t flag_count;
    const char *const *flags;
    bool urgent_repeat;   /* urgent, and another urgent use at the same place was within the days */
    int64_t most_live_us; /* within 24 h at the same place, this deployment's window included */
};

/* Why it takes the higher authority; none when it does not. */
void policy_higher_reasons(const struct policy *policy,
                           const struct policy_circumstances *circumstances,
                           struct policy_reasons *ret);
/* policy.higher_authority, naming the reasons, unless there are none or roles has it. */
OV_CHECKED enum ov_status check_policy_authority(const struct policy_reasons *reasons,
                                                 unsigned roles, struct ov_error *err);

#endif

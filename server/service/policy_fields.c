/* The numbers of a policy, and what an installation starts with. Pure; any thread. */
#include "server/service/policy_fields.h"

#include <string.h>

#define NUMBER(name, min, max, help)                                                               \
    {                                                                                              \
#name, offsetof(struct policy, name), false, min, max, help                                \
    }
#define YES_NO(name, help)                                                                         \
    {                                                                                              \
#name, offsetof(struct policy, name), true, 0, 1, help                                     \
    }

const struct policy_field *policy_fields(void)
{
    static const struct policy_field table[POLICY_FIELD_COUNT] = {
        NUMBER(subjects_max, 1, 20000, "subjects ever approved in one deployment"),
        NUMBER(blue_list_max, 0, 50, "volunteers in one deployment's blue list"),
        NUMBER(window_max_h, 1, 12, "longest window of a deployment, hours"),
        NUMBER(old_image_years, 1, 5, "a reference image older than this is flagged, years"),
        NUMBER(minor_below_years, 18, 21, "a younger subject needs the higher authority, years"),
        NUMBER(retention_watchlist_max_h, 0, 24, "watchlist kept after the close, hours"),
        NUMBER(retention_alert_max_h, 1, 24, "alert kept that is not, or not yet, true, hours"),
        NUMBER(retention_true_alert_max_h, 1, 744, "true alert kept, hours"),
        YES_NO(blind_first, "adjudicators judge before they see the score"),
        YES_NO(second_verifier, "a second person judges each alert separately"),
        NUMBER(urgent_written_max_h, 1, 24, "from oral to written authorisation, hours"),
        NUMBER(urgent_repeat_days, 7, 366,
               "a second urgent use at the same place within needs the higher authority, days"),
        NUMBER(live_per_day_max_h, 1, 12,
               "more live time at the same place in 24 h needs the higher authority, hours"),
        NUMBER(same_place_m, 500, 10000, "no further apart than this is the same place, metres"),
        NUMBER(far_target_ppm, 1, 1000, "false alerts per million faces seen, at most"),
        NUMBER(console_lock_s, 60, 600, "an unattended console locks after, seconds"),
        NUMBER(heartbeat_s, 10, 60, "an adjudicator is present when heard of within, seconds"),
        NUMBER(sample_permille, 10, 1000, "opened at random at a bulk approval, per thousand"),
        NUMBER(sample_min, 20, 20000, "opened at random at a bulk approval, at least"),
        NUMBER(review_max_h, 1, 24, "between the watchlist's review and going live, hours"),
        NUMBER(membership_per_day, 1, 20, "membership queries a day"),
        NUMBER(evidence_review_days, 1, 90, "an evidence hold lapses unless renewed within, days"),
    };
    return table;
}

int policy_field_get(const struct policy *policy, const struct policy_field *field)
{
    const char *at = (const char *)policy + field->offset;
    bool flag = false;
    int value = 0;
    if (field->yes_no) {
        memcpy(&flag, at, sizeof(flag));
        return flag;
    }
    memcpy(&value, at, sizeof(value));
    return value;
}

void policy_field_set(struct policy *policy, const struct policy_field *field, int value)
{
    char *at = (char *)policy + field->offset;
    bool flag = value != 0;
    if (field->yes_no)
        memcpy(at, &flag, sizeof(flag));
    else
        memcpy(at, &value, sizeof(value));
}

const char *const *policy_deployment_flags(void)
{
    static const char *const flags[] = {"protest_or_assembly", "worship", "health", "school",
                                        "journalism",          NULL};
    return flags;
}

bool policy_codes_have(const struct policy_codes *codes, const char *code)
{
    for (size_t i = 0; i < codes->count; i++)
        if (strcmp(codes->codes[i], code) == 0)
            return true;
    return false;
}

bool policy_codes_add(struct policy_codes *codes, const char *code)
{
    size_t length = strnlen(code, POLICY_CODE_SIZE);
    if (codes->count == POLICY_CODES_MAX || length == 0 || length == POLICY_CODE_SIZE ||
        strspn(code, "abcdefghijklmnopqrstuvwxyz_") != length)
        return false;
    memcpy(codes->codes[codes->count++], code, length + 1);
    return true;
}

static void add_all(struct policy_codes *codes, const char *const *list)
{
    for (; *list != NULL; list++)
        (void)policy_codes_add(codes, *list);
}

/*
 * Who and where: the categories of the College of Policing's guidance without associates, victims
 * and witnesses; the three types of location that were found to be tied down enough (Thompson &
 * Carlo, 2026). The numbers are the strictest that a force's own documents were seen to state.
 */
void policy_defaults(struct policy *ret)
{
    static const char *const categories[] = {"wanted_by_court",  "suspected_offence",
                                             "court_conditions", "missing_at_risk",
                                             "risk_of_harm",     NULL};
    static const char *const operational[] = {"hotspot", "protective_security", "intelligence_led",
                                              NULL};
    static const char *const exercise[] = {"exercise_venue", "hotspot", "protective_security",
                                           "intelligence_led", NULL};
    *ret = (struct policy){.subjects_max = 20000,
                           .blue_list_max = 50,
                           .window_max_h = 12,
                           .threshold_floor = 0.5f,
                           .old_image_years = 5,
                           .minor_below_years = 18,
                           .retention_watchlist_max_h = 24,
                           .retention_alert_max_h = 24,
                           .retention_true_alert_max_h = 744,
                           .blind_first = true,
                           .second_verifier = true,
                           .urgent_written_max_h = 24,
                           .urgent_repeat_days = 7,
                           .live_per_day_max_h = 12,
                           .same_place_m = 500,
                           .far_target_ppm = 1000,
                           .console_lock_s = 600,
                           .heartbeat_s = 60,
                           .sample_permille = 10,
                           .sample_min = 20,
                           .review_max_h = 24,
                           .membership_per_day = 20,
                           .evidence_review_days = 90};
    add_all(&ret->categories, categories);
    add_all(&ret->operational_locations, operational);
    add_all(&ret->exercise_locations, exercise);
}

/* Every rule of the policy, broken one at a time: each is refused by its own name. */
#include "tests/unit/service/service_tests.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "server/audit/canonical.h"
#include "server/service/policy_check.h"
#include "server/service/policy_fields.h"

#define HOUR_US (INT64_C(3600) * OV_US_PER_S)

static const uint8_t model[OV_DIGEST_BYTES] = {0x11};
static const uint8_t other_model[OV_DIGEST_BYTES] = {0x22};
static const char *const wanted[] = {"wanted_by_court", "missing_at_risk"};
static const char *const too_wide[] = {"wanted_by_court", "of_possible_interest"};
static const char *const flags[] = {"worship", "school"};
static const char *const no_flag[] = {"football"};

static struct policy policy(void)
{
    struct policy policy;
    policy_defaults(&policy);
    policy.floor_count = 1;
    memcpy(policy.floors[0].model_digest, model, sizeof(model));
    policy.floors[0].threshold_floor = 0.6f;
    return policy;
}

static struct policy_application good(void)
{
    return (struct policy_application){.kind = DEPLOYMENT_OPERATIONAL,
                                       .starts_at_us = 1000 * HOUR_US,
                                       .ends_at_us = 1012 * HOUR_US,
                                       .location_type = "hotspot",
                                       .category_count = 2,
                                       .categories = wanted,
                                       .flag_count = 2,
                                       .flags = flags,
                                       .expected_entries = 20000,
                                       .threshold = 0.6f,
                                       .model_digest = model,
                                       .retention_watchlist_h = 24,
                                       .retention_alert_h = 24,
                                       .retention_true_alert_h = 744,
                                       .urgent = true,
                                       .urgent_reasons = true};
}

static void refused(const struct policy_application *application, const char *code)
{
    struct policy in_force = policy();
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(check_policy_application(&in_force, application, &err), OV_ERR_DENIED);
    assert_string_equal(err.code, code);
    assert_true(strlen(err.text) > 20);
    ov_error_clear(&err);
}

static void test_what_keeps_to_the_policy_to_its_edges_is_taken(void **state)
{
    (void)state;
    struct policy in_force = policy();
    struct policy_application application = good();
    assert_int_equal(check_policy_application(&in_force, &application, NULL), OV_OK);
    application = (struct policy_application){.kind = DEPLOYMENT_EXERCISE,
                                              .starts_at_us = 1,
                                              .ends_at_us = HOUR_US,
                                              .threshold = 0.5f,
                                              .model_digest = other_model};
    assert_int_equal(check_policy_application(&in_force, &application, NULL), OV_OK);
}

static void test_each_rule_broken_is_refused_by_its_name(void **state)
{
    (void)state;
#define BREAK(member, value, code)                                                                 \
    do {                                                                                           \
        struct policy_application broken = good();                                                 \
        broken.member = (value);                                                                   \
        refused(&broken, (code));                                                                  \
    } while (0)
    BREAK(ends_at_us, 1012 * HOUR_US + 1, "policy.window");
    BREAK(ends_at_us, 1000 * HOUR_US, "policy.window");
    BREAK(location_type, "exercise_venue", "policy.location_type");
    BREAK(location_type, "anywhere", "policy.location_type");
    BREAK(location_type, NULL, "policy.location_type");
    BREAK(location_type, "", "policy.location_type");
    BREAK(categories, too_wide, "policy.category");
    BREAK(category_count, 0, "policy.category");
    struct policy_application flagged = good();
    flagged.flags = no_flag;
    flagged.flag_count = 1;
    refused(&flagged, "policy.flag");
    BREAK(expected_entries, 20001, "policy.subjects");
    BREAK(urgent_reasons, false, "policy.urgent_reasons");
    BREAK(retention_watchlist_h, 25, "policy.retention_watchlist");
    BREAK(retention_watchlist_h, -1, "policy.retention_watchlist");
    BREAK(retention_alert_h, 25, "policy.retention_alert");
    BREAK(retention_true_alert_h, 745, "policy.retention_true_alert");
    BREAK(threshold, 0.599f, "policy.threshold");
    BREAK(threshold, NAN, "policy.threshold");
#undef BREAK
}

static void test_a_stricter_policy_is_kept_to(void **state)
{
    (void)state;
    static const char *const names[] = {"window_max_h", "subjects_max", "retention_watchlist_max_h",
                                        "retention_alert_max_h", "retention_true_alert_max_h"};
    static const char *const codes[] = {"policy.window", "policy.subjects",
                                        "policy.retention_watchlist", "policy.retention_alert",
                                        "policy.retention_true_alert"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct policy strict = policy();
        struct policy_application application = good();
        struct ov_error err = OV_ERROR_INIT;
        size_t found = 0;
        for (size_t j = 0; j < POLICY_FIELD_COUNT; j++) {
            const struct policy_field *field = &policy_fields()[j];
            if (strcmp(field->name, names[i]) != 0)
                continue;
            policy_field_set(&strict, field, policy_field_get(&strict, field) - 1);
            found++;
        }
        assert_int_equal(found, 1);
        assert_int_equal(check_policy_application(&strict, &application, &err), OV_ERR_DENIED);
        assert_string_equal(err.code, codes[i]);
        ov_error_clear(&err);
    }
}

static void test_a_floor_is_of_its_model_and_never_below_that_of_all(void **state)
{
    (void)state;
    struct policy in_force = policy();
    assert_true(policy_threshold_floor(&in_force, model) == 0.6f);
    assert_true(policy_threshold_floor(&in_force, other_model) == 0.5f);
    in_force.floors[0].threshold_floor = 0.3f;
    assert_true(policy_threshold_floor(&in_force, model) == 0.5f);
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(check_policy_settings(&in_force, 0.4999f, model, &err), OV_ERR_DENIED);
    assert_string_equal(err.code, "policy.threshold");
    ov_error_clear(&err);
}

static void test_entries_are_of_a_category_that_both_name(void **state)
{
    (void)state;
    struct policy in_force = policy();
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(check_policy_category(&in_force, 0, NULL, "risk_of_harm", &err), OV_OK);
    assert_int_equal(check_policy_category(&in_force, 2, wanted, "missing_at_risk", &err), OV_OK);
    assert_int_equal(check_policy_category(&in_force, 2, wanted, "blue_list", &err), OV_OK);
    assert_int_equal(check_policy_category(&in_force, 2, wanted, "risk_of_harm", &err),
                     OV_ERR_DENIED);
    assert_string_equal(err.code, "policy.category");
    ov_error_clear(&err);
    assert_int_equal(check_policy_category(&in_force, 2, too_wide, "of_possible_interest", &err),
                     OV_ERR_DENIED);
    assert_string_equal(err.code, "policy.category");
    ov_error_clear(&err);
}

static void test_the_caps_count_everybody_ever_approved(void **state)
{
    (void)state;
    struct policy in_force = policy();
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(check_policy_one_more(&in_force, "risk_of_harm", 19999, &err), OV_OK);
    assert_int_equal(check_policy_one_more(&in_force, "risk_of_harm", 20000, &err), OV_ERR_DENIED);
    assert_string_equal(err.code, "policy.subjects");
    ov_error_clear(&err);
    assert_int_equal(check_policy_one_more(&in_force, "blue_list", 49, &err), OV_OK);
    assert_int_equal(check_policy_one_more(&in_force, "blue_list", 50, &err), OV_ERR_DENIED);
    assert_string_equal(err.code, "policy.blue_list");
    ov_error_clear(&err);
}

static void test_live_time_within_any_24_hours_is_found(void **state)
{
    (void)state;
    assert_int_equal(policy_most_live_us(NULL, 0), 0);
    /* Two of 8 h, 24 h apart from start to start: 8 at any time; 20 h apart: 12. */
    struct policy_span apart[] = {{24 * HOUR_US, 32 * HOUR_US}, {0, 8 * HOUR_US}};
    assert_int_equal(policy_most_live_us(apart, 2), 8 * HOUR_US);
    struct policy_span close[] = {{20 * HOUR_US, 28 * HOUR_US}, {0, 8 * HOUR_US}};
    assert_int_equal(policy_most_live_us(close, 2), 12 * HOUR_US);
    /* The day from 0 covers 4 and 10, the day to 27 only 1, 10 and 2. */
    struct policy_span three[] = {
        {0, 4 * HOUR_US}, {10 * HOUR_US, 20 * HOUR_US}, {25 * HOUR_US, 27 * HOUR_US}};
    assert_int_equal(policy_most_live_us(three, 3), 14 * HOUR_US);
    /* At the same time at two cameras of one place is live once. */
    struct policy_span twice[] = {{0, 12 * HOUR_US}, {2 * HOUR_US, 10 * HOUR_US}};
    assert_int_equal(policy_most_live_us(twice, 2), 12 * HOUR_US);
}

static void test_the_same_place_is_within_500_m(void **state)
{
    (void)state;
    struct policy in_force = policy();
    /* 0.0045 degrees of latitude are 500.4 m; at 60 degrees north one of longitude is half. */
    assert_true(policy_same_place(&in_force, 51500000, -100000, 51504490, -100000));
    assert_false(policy_same_place(&in_force, 51500000, -100000, 51504600, -100000));
    assert_true(policy_same_place(&in_force, 60000000, 0, 60000000, 8900));
    assert_false(policy_same_place(&in_force, 60000000, 0, 60000000, 9100));
    assert_true(policy_same_place(&in_force, 0, 179999000, 0, -179999000)); /* the date line */
    assert_false(policy_same_place(&in_force, -90000000, 0, 90000000, 0));
}

static void test_the_higher_authority_is_needed_for_each_reason(void **state)
{
    (void)state;
    struct policy in_force = policy();
    struct ov_error err = OV_ERROR_INIT;
    struct policy_reasons reasons;
    struct policy_circumstances none = {.most_live_us = 12 * HOUR_US};
    policy_higher_reasons(&in_force, &none, &reasons);
    assert_int_equal(reasons.count, 0);
    assert_int_equal(check_policy_authority(&reasons, ROLE_AUTHORISING_OFFICER, &err), OV_OK);

    const char *const *all = policy_deployment_flags();
    size_t flag_count = 0;
    while (all[flag_count] != NULL) {
        struct policy_circumstances one = {.flag_count = 1, .flags = &all[flag_count++]};
        policy_higher_reasons(&in_force, &one, &reasons);
        assert_int_equal(reasons.count, 1);
        assert_string_equal(reasons.codes[0], one.flags[0]);
    }
    struct policy_circumstances every = {.flag_count = flag_count,
                                         .flags = all,
                                         .urgent_repeat = true,
                                         .most_live_us = 12 * HOUR_US + 1};
    policy_higher_reasons(&in_force, &every, &reasons);
    assert_int_equal(reasons.count, flag_count + 2);
    assert_string_equal(reasons.codes[flag_count], "urgent_repeat");
    assert_string_equal(reasons.codes[flag_count + 1], "hours_in_a_day");
    for (size_t i = 0; i < reasons.count; i++)
        assert_true(canonical_key_valid(reasons.codes[i]));
    assert_int_equal(
        check_policy_authority(&reasons, ROLE_AUTHORISING_OFFICER | ROLE_APPLICANT, &err),
        OV_ERR_DENIED);
    assert_string_equal(err.code, "policy.higher_authority");
    assert_non_null(strstr(err.text, "urgent_repeat"));
    ov_error_clear(&err);
    assert_int_equal(check_policy_authority(&reasons, ROLE_HIGHER_AUTHORITY, &err), OV_OK);
}

int run_policy_check_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_keeps_to_the_policy_to_its_edges_is_taken),
        cmocka_unit_test(test_each_rule_broken_is_refused_by_its_name),
        cmocka_unit_test(test_a_stricter_policy_is_kept_to),
        cmocka_unit_test(test_a_floor_is_of_its_model_and_never_below_that_of_all),
        cmocka_unit_test(test_entries_are_of_a_category_that_both_name),
        cmocka_unit_test(test_the_caps_count_everybody_ever_approved),
        cmocka_unit_test(test_live_time_within_any_24_hours_is_found),
        cmocka_unit_test(test_the_same_place_is_within_500_m),
        cmocka_unit_test(test_the_higher_authority_is_needed_for_each_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

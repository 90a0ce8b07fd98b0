/* Every role against every action, written out once more: a change of the table shows here. */
#include "tests/unit/service/service_tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/service/permissions.h"

#define ACTION_COUNT (ACTION_STATUS_SEE + 1)

/* Columns in the order of the roles: administrator, applicant, watchlist manager, authorising
 * officer, higher authority, deployment lead, adjudicator, engagement officer, site, data
 * protection, oversight. */
static const char *const expected[ACTION_COUNT] = {
    [ACTION_PEOPLE_SEE] = /*                  */ "y--------yy",
    [ACTION_PEOPLE_PROPOSE] = /*              */ "y----------",
    [ACTION_PEOPLE_CONFIRM] = /*              */ "y----------",
    [ACTION_PEOPLE_SUSPEND] = /*              */ "y----------",
    [ACTION_SITE_ADD] = /*                    */ "y----------",
    [ACTION_SITE_SEE] = /*                    */ "yyyyyyyy-yy",
    [ACTION_ALARM_SEE] = /*                   */ "yyyyyyyy-yy",
    [ACTION_ALARM_CLEAR] = /*                 */ "y---y----y-",
    [ACTION_POLICY_SEE] = /*                  */ "yyyyyyyy-yy",
    [ACTION_POLICY_PROPOSE] = /*              */ "y----------",
    [ACTION_POLICY_APPROVE] = /*              */ "----y------",
    [ACTION_POLICY_REFUSE] = /*             */ "y---y------",
    [ACTION_MODEL_PROPOSE] = /*               */ "y----------",
    [ACTION_MODEL_APPROVE] = /*               */ "----y------",
    [ACTION_MODEL_END] = /*                 */ "y---y------",
    [ACTION_DEPLOYMENT_SEE] = /*              */ "yyyyyyyy-yy",
    [ACTION_DEPLOYMENT_DRAFT] = /*            */ "-y---------",
    [ACTION_DEPLOYMENT_APPLY] = /*            */ "-y---------",
    [ACTION_DEPLOYMENT_AUTHORISE] = /*        */ "---yy------",
    [ACTION_DEPLOYMENT_REFUSE] = /*           */ "---yy------",
    [ACTION_DEPLOYMENT_CANCEL] = /*           */ "-y-yy------",
    [ACTION_DEPLOYMENT_RECORD_ORAL] = /*      */ "-----y-----",
    [ACTION_DEPLOYMENT_START] = /*            */ "---y-y-----",
    [ACTION_DEPLOYMENT_PAUSE] = /*            */ "---yyyyy--y",
    [ACTION_DEPLOYMENT_RESUME] = /*           */ "-----y-----",
    [ACTION_DEPLOYMENT_STOP] = /*             */ "yyyyyyyy-y-",
    [ACTION_DEPLOYMENT_CHANGE] = /*           */ "-y-y-y-----",
    [ACTION_DEPLOYMENT_APPROVE_CHANGE] = /*   */ "---yy------",
    [ACTION_DEPLOYMENT_DUTY] = /*             */ "-----yyy---",
    [ACTION_DEPLOYMENT_CONFIRM_SIGNS] = /*    */ "-----y-y---",
    [ACTION_NOTICE_SEE] = /*                  */ "yyyyyyyy-yy",
    [ACTION_NOTICE_PUBLISH] = /*              */ "-y---y-----",
    [ACTION_WATCHLIST_ADD] = /*               */ "-yy--------",
    [ACTION_WATCHLIST_APPROVE] = /*           */ "--yyy------",
    [ACTION_WATCHLIST_REMOVE] = /*            */ "-yyy-------",
    [ACTION_WATCHLIST_SEE] = /*               */ "-yyyy------",
    [ACTION_WATCHLIST_REVIEW] = /*            */ "--yy-------",
    [ACTION_ALERT_SEE] = /*                   */ "---y-yyy---",
    [ACTION_ERASURE_CHECK] = /*               */ "y--yy----yy",
    [ACTION_ERASURE_RUN] = /*                 */ "---y-----y-",
    [ACTION_ERASURE_WAIVE] = /*               */ "---------y-",
    [ACTION_ERASURE_CONFIRM_WAIVER] = /*      */ "---y-------",
    [ACTION_MEMBERSHIP_ASK] = /*              */ "---------y-",
    [ACTION_MEMBERSHIP_CONFIRM] = /*          */ "----y----y-",
    [ACTION_EVIDENCE_PROPOSE] = /*            */ "---y-------",
    [ACTION_EVIDENCE_CONFIRM] = /*            */ "---yy----y-",
    [ACTION_EVIDENCE_EXPORT] = /*             */ "---y-------",
    [ACTION_STATUS_SEE] = /*                  */ "yyyyyyyy-yy",
};

static struct actor person_with(unsigned roles)
{
    return (struct actor){
        .principal = {.kind = PRINCIPAL_PERSON, .active = true, .name = "p", .roles = roles}};
}

static void test_each_role_may_do_what_the_table_says_and_nothing_else(void **state)
{
    (void)state;
    for (int action = 0; action < ACTION_COUNT; action++) {
        assert_int_equal(strlen(expected[action]), ROLE_COUNT);
        for (unsigned role = 0; role < ROLE_COUNT; role++) {
            struct actor actor = person_with(1u << role);
            enum ov_status status = check_permission(&actor, (enum action)action, NULL);
            bool allowed = expected[action][role] == 'y';
            if ((status == OV_OK) != allowed)
                fail_msg("%s: %s", action_name((enum action)action),
                         role_name((enum role)(1u << role)));
            assert_int_equal(status, allowed ? OV_OK : OV_ERR_DENIED);
        }
    }
}

static void test_nobody_without_a_role_may_do_anything(void **state)
{
    (void)state;
    struct actor actor = person_with(0);
    for (int action = 0; action < ACTION_COUNT; action++)
        assert_int_equal(check_permission(&actor, (enum action)action, NULL), OV_ERR_DENIED);
}

static void test_sites_inactive_people_and_the_server_are_refused(void **state)
{
    (void)state;
    unsigned all = (1u << ROLE_COUNT) - 1;
    struct actor site = person_with(all);
    struct actor inactive = person_with(all);
    struct actor server = {.is_server = true};
    site.principal.kind = PRINCIPAL_SITE;
    inactive.principal.active = false;
    for (int action = 0; action < ACTION_COUNT; action++) {
        assert_int_equal(check_permission(&site, (enum action)action, NULL), OV_ERR_DENIED);
        assert_int_equal(check_permission(&inactive, (enum action)action, NULL), OV_ERR_DENIED);
        assert_int_equal(check_permission(&server, (enum action)action, NULL), OV_ERR_DENIED);
    }
}

static void test_a_refusal_names_the_roles_that_may(void **state)
{
    (void)state;
    struct actor actor = person_with(ROLE_OVERSIGHT);
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(check_permission(&actor, ACTION_DEPLOYMENT_AUTHORISE, &err), OV_ERR_DENIED);
    assert_string_equal(err.code, "permission.denied");
    assert_non_null(strstr(err.text, "authorising_officer, higher_authority"));
}

static void test_action_names_are_distinct(void **state)
{
    (void)state;
    for (int a = 0; a < ACTION_COUNT; a++) {
        for (int b = 0; b < a; b++)
            assert_string_not_equal(action_name((enum action)a), action_name((enum action)b));
    }
}

int run_permission_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_role_may_do_what_the_table_says_and_nothing_else),
        cmocka_unit_test(test_nobody_without_a_role_may_do_anything),
        cmocka_unit_test(test_sites_inactive_people_and_the_server_are_refused),
        cmocka_unit_test(test_a_refusal_names_the_roles_that_may),
        cmocka_unit_test(test_action_names_are_distinct),
    };
    return cmocka_run_group_tests_name("permissions", tests, NULL, NULL);
}

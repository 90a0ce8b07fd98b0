/* What an input must be before anything is looked up. */
#include "tests/unit/service/service_tests.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/service/check.h"
#include "server/service/deployments.h"
#include "server/service/watchlist.h"

#define NOW (INT64_C(1800000000) * OV_US_PER_S)
#define HOUR (INT64_C(3600) * OV_US_PER_S)

static const char *const one_site[] = {"north"};

static struct deployment_application good_application(void)
{
    return (struct deployment_application){.name = "Trial at the market",
                                           .purpose = "To try it with volunteers.",
                                           .kind = DEPLOYMENT_EXERCISE,
                                           .cool_down_s = -1,
                                           .site_count = 1,
                                           .site_names = one_site};
}

static void assert_refused(const struct deployment_application *application, const char *code)
{
    struct deployment_application filled;
    struct ov_error err = OV_ERROR_INIT;
    assert_int_not_equal(check_application(application, NOW, &filled, &err), OV_OK);
    assert_string_equal(err.code, code);
    assert_true(strlen(err.text) > 10);
}

static void assert_taken(const struct deployment_application *application)
{
    struct deployment_application filled;
    struct ov_error err = OV_ERROR_INIT;
    if (check_application(application, NOW, &filled, &err) != OV_OK)
        fail_msg("%s: %s", err.code, err.text);
}

static void test_defaults_are_filled_in(void **state)
{
    (void)state;
    struct deployment_application application = good_application();
    struct deployment_application filled;
    assert_int_equal(check_application(&application, NOW, &filled, NULL), OV_OK);
    assert_int_equal(filled.starts_at_us, NOW);
    assert_int_equal(filled.ends_at_us, NOW + 8 * HOUR);
    assert_true(filled.threshold == 0.53f);
    assert_int_equal(filled.cool_down_s, DEPLOYMENT_COOL_DOWN_DEFAULT_S);
    assert_int_equal(filled.min_face_px, DEPLOYMENT_MIN_FACE_DEFAULT_PX);
}

static void test_names_and_purposes_are_clean_and_bounded(void **state)
{
    (void)state;
    char text[DEPLOYMENT_PURPOSE_SIZE + 1];
    memset(text, 'x', sizeof(text));
    text[DEPLOYMENT_PURPOSE_SIZE] = '\0';
    struct deployment_application application = good_application();
    static const char *const bad[] = {NULL, "", "a\nb", "\xff\xfe", "del\x7f"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        application = good_application();
        application.name = bad[i];
        assert_refused(&application, "deployment.name");
        application = good_application();
        application.purpose = bad[i];
        assert_refused(&application, "deployment.purpose");
    }
    application = good_application();
    application.purpose = text; /* one byte too long */
    assert_refused(&application, "deployment.purpose");
    application.purpose = text + 1;
    assert_taken(&application);
    application.name = text + DEPLOYMENT_PURPOSE_SIZE - DEPLOYMENT_NAME_SIZE; /* one too long */
    assert_refused(&application, "deployment.name");
    application.name++;
    assert_taken(&application);
    application.name = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"; /* would be taken for an id */
    assert_refused(&application, "deployment.name");
    application.name = "Übung 東京";
    assert_taken(&application);
}

static void test_a_window_is_short_ahead_and_not_over(void **state)
{
    (void)state;
    struct deployment_application application = good_application();
    application.starts_at_us = NOW;
    application.ends_at_us = NOW + 12 * HOUR;
    assert_taken(&application);
    application.ends_at_us++;
    assert_refused(&application, "deployment.window"); /* longer than 12 hours */
    application.ends_at_us = NOW;
    assert_refused(&application, "deployment.window"); /* empty */
    application.starts_at_us = NOW - 2 * HOUR;
    assert_refused(&application, "deployment.window"); /* over this very moment */
    application.ends_at_us = NOW + 1;
    assert_taken(&application);
    application.starts_at_us = NOW + DEPLOYMENT_AHEAD_MAX_US;
    application.ends_at_us = 0;
    assert_taken(&application);
    application.starts_at_us++;
    assert_refused(&application, "deployment.window"); /* too far ahead */
    application.starts_at_us = INT64_MAX;
    assert_refused(&application, "deployment.window"); /* nothing overflows */
    application.starts_at_us = 0;
    application.ends_at_us = INT64_MIN;
    assert_refused(&application, "deployment.window");
}

static void test_settings_are_in_their_ranges(void **state)
{
    (void)state;
    struct deployment_application application = good_application();
    static const float good[] = {0.2f, 0.53f, 0.95f};
    static const float bad[] = {0.19f, 0.96f, -1.0f, 1e30f, (float)NAN, (float)INFINITY};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        application.threshold = good[i];
        assert_taken(&application);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        application.threshold = bad[i];
        assert_refused(&application, "deployment.threshold");
    }
    application = good_application();
    application.cool_down_s = 0;
    assert_taken(&application);
    application.cool_down_s = -2;
    assert_refused(&application, "deployment.cool_down");
    application.cool_down_s = 3601;
    assert_refused(&application, "deployment.cool_down");
    application = good_application();
    application.min_face_px = 15;
    assert_refused(&application, "deployment.min_face");
    application.min_face_px = 513;
    assert_refused(&application, "deployment.min_face");
}

static void test_sites_are_named_once_each(void **state)
{
    (void)state;
    static const char *const twice[] = {"north", "south", "north"};
    static const char *const odd[] = {"North"};
    static const char *const null[] = {NULL};
    struct deployment_application application = good_application();
    application.site_names = twice;
    application.site_count = 2;
    assert_taken(&application);
    application.site_count = 3;
    assert_refused(&application, "deployment.sites");
    application.site_count = 0;
    assert_refused(&application, "deployment.sites");
    application.site_count = DEPLOYMENT_SITES_MAX + 1;
    assert_refused(&application, "deployment.sites");
    application.site_count = 1;
    application.site_names = odd;
    assert_refused(&application, "deployment.sites");
    application.site_names = null;
    assert_refused(&application, "deployment.sites");
}

static void test_identity_names_are_those_of_certificates(void **state)
{
    (void)state;
    char longest[66];
    memset(longest, 'a', 65);
    longest[65] = '\0';
    static const char *const bad[] = {NULL, "", "Ada", "a b", "a/b", "a.b", "ä", "a\n"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(check_identity_name(bad[i], "site.name", NULL), OV_ERR_INVALID);
    assert_int_equal(check_identity_name(longest, "site.name", NULL), OV_ERR_INVALID);
    assert_int_equal(check_identity_name(longest + 1, "site.name", NULL), OV_OK);
    assert_int_equal(check_identity_name("north-2", "site.name", NULL), OV_OK);
}

static void test_reasons_are_codes(void **state)
{
    (void)state;
    char longest[42];
    memset(longest, 'a', 41);
    longest[41] = '\0';
    assert_int_equal(check_reason("manual", NULL), OV_OK);
    assert_int_equal(check_reason(longest + 1, NULL), OV_OK);
    assert_int_equal(check_reason(longest, NULL), OV_ERR_INVALID);
    assert_int_equal(check_reason("", NULL), OV_ERR_INVALID);
    assert_int_equal(check_reason("Because I say so", NULL), OV_ERR_INVALID);
}

static struct watchlist_proposal good_proposal(void)
{
    return (struct watchlist_proposal){.category = "missing_at_risk",
                                       .response = "safeguarding",
                                       .name = "Somebody",
                                       .reference = "REF 1",
                                       .jpeg = "x",
                                       .jpeg_bytes = 1};
}

static void assert_proposal(const struct watchlist_proposal *proposal, const char *code)
{
    struct ov_error err = OV_ERROR_INIT;
    enum ov_status status = check_proposal(proposal, &err);
    assert_string_equal(err.code, code);
    assert_int_equal(status == OV_OK, *code == '\0');
}

static void test_every_offered_category_and_response_is_taken_and_no_other(void **state)
{
    (void)state;
    struct watchlist_proposal proposal = good_proposal();
    for (const char *const *code = service_categories(); *code != NULL; code++) {
        bool blue = strcmp(*code, WATCHLIST_BLUE_LIST) == 0;
        proposal.category = *code;
        assert_proposal(&proposal, blue ? "watchlist.response" : "");
    }
    proposal.category = "protest";
    assert_proposal(&proposal, "watchlist.category");
    proposal.category = NULL;
    assert_proposal(&proposal, "watchlist.category");
    proposal = good_proposal();
    for (const char *const *code = service_responses(); *code != NULL; code++) {
        bool none = strcmp(*code, "none") == 0;
        proposal.response = *code;
        assert_proposal(&proposal, none ? "watchlist.response" : "");
    }
    proposal.category = WATCHLIST_BLUE_LIST;
    proposal.response = "none";
    assert_proposal(&proposal, "");
    proposal.response = "shoot";
    assert_proposal(&proposal, "watchlist.response");
    proposal.response = NULL;
    assert_proposal(&proposal, "watchlist.response");
}

static void test_names_and_references_are_clean_and_never_repeated_in_errors(void **state)
{
    (void)state;
    char longest[202];
    memset(longest, 'a', 201);
    longest[201] = '\0';
    struct watchlist_proposal proposal = good_proposal();
    proposal.name = longest;
    assert_proposal(&proposal, "watchlist.name");
    proposal.name = longest + 1;
    proposal.reference = longest;
    assert_proposal(&proposal, "watchlist.reference");
    proposal.reference = longest + 1;
    assert_proposal(&proposal, "");

    struct ov_error err = OV_ERROR_INIT;
    proposal.name = "Jane\tDoe";
    assert_int_equal(check_proposal(&proposal, &err), OV_ERR_INVALID);
    assert_string_equal(err.code, "watchlist.name");
    assert_null(strstr(err.text, "Jane"));
    proposal = good_proposal();
    proposal.reference = "";
    assert_proposal(&proposal, "watchlist.reference");
}

static void test_an_image_is_there_and_not_too_large(void **state)
{
    (void)state;
    struct watchlist_proposal proposal = good_proposal();
    proposal.jpeg_bytes = 0;
    assert_proposal(&proposal, "watchlist.image");
    proposal.jpeg_bytes = WATCHLIST_JPEG_MAX_BYTES + 1;
    assert_proposal(&proposal, "watchlist.image");
}

static void test_background_faces_do_not_count_and_companions_do(void **state)
{
    (void)state;
    struct ov_face faces[4] = {{.box = {0, 0, 90, 100}},
                               {.box = {0, 0, 30, 40}},
                               {.box = {0, 0, 29.9f, 40}},
                               {.box = {0, 0, 5, 5}}};
    struct ov_face_list list = {faces, 0};
    assert_int_equal(check_face_count(&list), 0);
    list.count = 1;
    assert_int_equal(check_face_count(&list), 1);
    list.count = 4;
    assert_int_equal(check_face_count(&list), 2); /* a third as wide counts, less does not */
}

int run_check_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_are_filled_in),
        cmocka_unit_test(test_names_and_purposes_are_clean_and_bounded),
        cmocka_unit_test(test_a_window_is_short_ahead_and_not_over),
        cmocka_unit_test(test_settings_are_in_their_ranges),
        cmocka_unit_test(test_sites_are_named_once_each),
        cmocka_unit_test(test_identity_names_are_those_of_certificates),
        cmocka_unit_test(test_reasons_are_codes),
        cmocka_unit_test(test_every_offered_category_and_response_is_taken_and_no_other),
        cmocka_unit_test(test_names_and_references_are_clean_and_never_repeated_in_errors),
        cmocka_unit_test(test_an_image_is_there_and_not_too_large),
        cmocka_unit_test(test_background_faces_do_not_count_and_companions_do),
    };
    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}

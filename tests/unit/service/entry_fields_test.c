/* What is said of an entry: what an operational deployment asks for, and what is flagged. */
#include "tests/unit/service/service_tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/service/entry_fields.h"
#include "server/service/watchlist.h"

/* 2026-05-01T12:00:00Z */
#define NOW (INT64_C(1777636800) * OV_US_PER_S)
#define CONSENT "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct entry_rules exercise = {
    .kind = DEPLOYMENT_EXERCISE, .now_us = NOW, .old_image_years = 5, .minor_below_years = 18};
static const struct entry_rules operational = {
    .kind = DEPLOYMENT_OPERATIONAL, .now_us = NOW, .old_image_years = 5, .minor_below_years = 18};

static struct watchlist_proposal all_fields(void)
{
    return (struct watchlist_proposal){.category = "wanted_by_court",
                                       .response = "arrest",
                                       .name = "Somebody",
                                       .reference = "REF 1",
                                       .priority = "high",
                                       .justification = "Wanted on warrant; seen here weekly.",
                                       .legal_basis = "court_warrant",
                                       .image_source = "custody",
                                       .image_date = "2024-02-29",
                                       .birth_date = "1990-05-01",
                                       .expiry = "2026-06-30"};
}

static struct entry_fields taken(const struct watchlist_proposal *proposal,
                                 const struct entry_rules *rules)
{
    struct entry_fields fields;
    struct ov_error err = OV_ERROR_INIT;
    if (entry_fields_read(proposal, rules, &fields, &err) != OV_OK)
        fail_msg("%s: %s", err.code, err.text);
    return fields;
}

static void refused(const struct watchlist_proposal *proposal, const struct entry_rules *rules,
                    const char *code)
{
    struct entry_fields fields;
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(entry_fields_read(proposal, rules, &fields, &err), OV_ERR_INVALID);
    assert_string_equal(err.code, code);
    assert_true(strlen(err.text) > 10);
}

static void test_an_exercise_asks_for_no_more_and_an_operation_for_everything(void **state)
{
    (void)state;
    static const char *const codes[] = {"watchlist.priority",    "watchlist.justification",
                                        "watchlist.legal_basis", "watchlist.image_source",
                                        "watchlist.image_date",  "watchlist.birth_date",
                                        "watchlist.expiry"};
    struct watchlist_proposal whole = all_fields();
    struct entry_fields fields = taken(&whole, &operational);
    assert_int_equal(fields.priority, 1);
    assert_string_equal(fields.legal_basis, "court_warrant");
    assert_true(fields.has_birth_date);
    assert_false(fields.old_image || fields.under_18 || fields.birth_unknown);
    assert_int_equal(fields.image_age_days, 792);
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        struct watchlist_proposal part = all_fields();
        const char **const members[] = {&part.priority,     &part.justification, &part.legal_basis,
                                        &part.image_source, &part.image_date,    &part.birth_date,
                                        &part.expiry};
        *members[i] = NULL;
        refused(&part, &operational, codes[i]);
        (void)taken(&part, &exercise);
    }
    struct watchlist_proposal bare = {.category = "missing_at_risk", .response = "identify"};
    fields = taken(&bare, &exercise);
    assert_int_equal(fields.priority, 2);
    assert_string_equal(fields.legal_basis, "not_stated");
    assert_int_equal(fields.expires_at_us, 0);
    assert_false(fields.old_image || fields.under_18 || fields.birth_unknown);
}

static void test_ages_are_judged_to_the_day(void **state)
{
    (void)state;
    static const struct {
        const char *born;
        bool under_18;
    } births[] = {{"2008-05-01", false}, {"2008-05-02", true}, {"1900-01-01", false}};
    static const struct {
        const char *taken;
        bool old;
    } images[] = {
        {"2021-05-02", false}, {"2021-05-01", true}, {"unknown", true}, {"2026-05-01", false}};
    struct watchlist_proposal proposal = all_fields();
    for (size_t i = 0; i < sizeof(births) / sizeof(births[0]); i++) {
        proposal.birth_date = births[i].born;
        assert_int_equal(taken(&proposal, &operational).under_18, births[i].under_18);
    }
    proposal.birth_date = "unknown";
    struct entry_fields fields = taken(&proposal, &operational);
    assert_true(fields.birth_unknown && !fields.under_18 && !fields.has_birth_date);
    for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
        proposal.image_date = images[i].taken;
        assert_int_equal(taken(&proposal, &operational).old_image, images[i].old);
    }
}

static void test_born_on_29_february_is_of_age_on_1_march(void **state)
{
    (void)state;
    struct watchlist_proposal proposal = all_fields();
    struct entry_rules rules = operational;
    proposal.birth_date = "2008-02-29";
    assert_int_equal(ov_time_parse("2026-02-28T23:59:59Z", &rules.now_us), OV_OK);
    assert_true(taken(&proposal, &rules).under_18);
    assert_int_equal(ov_time_parse("2026-03-01T00:00:00Z", &rules.now_us), OV_OK);
    assert_false(taken(&proposal, &rules).under_18);
}

static void test_values_that_mean_nothing_are_refused_by_their_field(void **state)
{
    (void)state;
    static const struct {
        size_t member;
        const char *value, *code;
    } bad[] = {
        {0, "urgent", "watchlist.priority"},
        {0, "4", "watchlist.priority"},
        {0, "", "watchlist.priority"},
        {1, "", "watchlist.justification"},
        {1, "a\nb", "watchlist.justification"},
        {2, "because", "watchlist.legal_basis"},
        {3, "social media", "watchlist.image_source"},
        {4, "2026-05-03", "watchlist.image_date"},
        {4, "2026-02-30", "watchlist.image_date"},
        {4, "1.5.2026", "watchlist.image_date"},
        {5, "2026-05-02", "watchlist.birth_date"},
        {5, "1899-12-31", "watchlist.birth_date"},
        {5, "", "watchlist.birth_date"},
        {6, "2026-04-30", "watchlist.expiry"},
        {6, "2026-05-01T11:59:00Z", "watchlist.expiry"},
        {6, "soon", "watchlist.expiry"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct watchlist_proposal part = all_fields();
        const char **const members[] = {&part.priority,     &part.justification, &part.legal_basis,
                                        &part.image_source, &part.image_date,    &part.birth_date,
                                        &part.expiry};
        *members[bad[i].member] = bad[i].value;
        refused(&part, &exercise, bad[i].code);
    }
    char longest[WATCHLIST_JUSTIFICATION_MAX_BYTES + 2];
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    struct watchlist_proposal proposal = all_fields();
    proposal.justification = longest;
    refused(&proposal, &exercise, "watchlist.justification");
    proposal.justification = longest + 1;
    (void)taken(&proposal, &exercise);
}

static void test_an_expiry_by_day_means_its_end(void **state)
{
    (void)state;
    struct watchlist_proposal proposal = all_fields();
    proposal.expiry = "2026-05-01";
    assert_int_equal(taken(&proposal, &operational).expires_at_us,
                     NOW + INT64_C(12) * 3600 * OV_US_PER_S);
    proposal.expiry = "2026-05-01T12:00:01Z";
    assert_int_equal(taken(&proposal, &operational).expires_at_us, NOW + OV_US_PER_S);
}

static void test_the_blue_list_and_nobody_else_has_a_consent(void **state)
{
    (void)state;
    struct watchlist_proposal proposal = all_fields();
    proposal.consent_digest = CONSENT;
    refused(&proposal, &exercise, "watchlist.consent_digest");
    proposal.category = WATCHLIST_BLUE_LIST;
    struct entry_fields fields = taken(&proposal, &exercise);
    assert_true(fields.is_blue_list);
    assert_int_equal(fields.consent_digest[0], 0x01);
    assert_int_equal(fields.consent_digest[31], 0xef);
    proposal.consent_digest = CONSENT "0";
    refused(&proposal, &exercise, "watchlist.consent_digest");
    proposal.consent_digest = "G123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    refused(&proposal, &exercise, "watchlist.consent_digest");
    proposal.consent_digest = NULL;
    refused(&proposal, &exercise, "watchlist.consent_digest");
}

int run_entry_fields_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_exercise_asks_for_no_more_and_an_operation_for_everything),
        cmocka_unit_test(test_ages_are_judged_to_the_day),
        cmocka_unit_test(test_born_on_29_february_is_of_age_on_1_march),
        cmocka_unit_test(test_values_that_mean_nothing_are_refused_by_their_field),
        cmocka_unit_test(test_an_expiry_by_day_means_its_end),
        cmocka_unit_test(test_the_blue_list_and_nobody_else_has_a_consent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Going live when by then the higher authority is needed: what others did at the same place after
 * the authorisation counts, and an authorisation by the higher authority opens the way.
 */
#include "tests/integration/api/tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"

#define HOUR_US (INT64_C(3600) * OV_US_PER_S)
#define ENTRY                                                                                      \
    "{\"category\":\"missing_at_risk\",\"response\":\"safeguarding\",\"name\":\"Higher Up\","      \
    "\"reference\":\"H-1\"}"

static struct client *ada;  /* applicant */
static struct client *ben;  /* authorising officer, deployment lead */
static struct client *pam;  /* authorising officer */
static struct client *hana; /* higher authority */

static int setup(void **state)
{
    (void)state;
    ada = client_new("person-ada");
    ben = client_new("person-ben");
    pam = client_new("person-pam");
    hana = client_new("person-hana");
    expect(client_post(ada, "/v1/sites", "{\"name\":\"long-hours\"}"), 201, NULL);
    expect(client_post(ada, "/v1/sites", "{\"name\":\"two-alarms\"}"), 201, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_free(ada);
    client_free(ben);
    client_free(pam);
    client_free(hana);
    return 0;
}

static struct answer post(struct client *client, const char *name, const char *verb,
                          const char *json)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/%s", name, verb);
    return client_post(client, path, json);
}

/* Applied for by ada: eight hours, from so many hours from now. */
static void apply(const char *name, const char *site, int from_h)
{
    char json[512];
    char start[OV_TIME_TEXT_SIZE];
    char end[OV_TIME_TEXT_SIZE];
    int64_t start_us = ov_clock_utc_us(ov_clock_system()) + from_h * HOUR_US;
    (void)snprintf(json, sizeof(json),
                   "{\"name\":\"%s\",\"purpose\":\"p\",\"kind\":\"exercise\",\"sites\":[\"%s\"],"
                   "\"starts_at\":\"%s\",\"ends_at\":\"%s\"}",
                   name, site, ov_time_format(start_us, start),
                   ov_time_format(start_us + 8 * HOUR_US, end));
    expect(client_post(ada, "/v1/deployments", json), 201, NULL);
    client_apply(ada, name);
}

/* All that going live asks for besides. */
static void prepare(const char *name)
{
    expect(client_add(ada, name, ENTRY, bed.portraits[0].data, bed.portraits[0].size), 201, NULL);
    assert_int_equal(client_approve_all(ben, name), 1);
    client_review(ben, name);
    bed_attend(name);
}

static int64_t all_events(void)
{
    return pg_value(bed.pg, "owner", "SELECT count(*) FROM audit.event");
}

static void start_needs_the_higher_authority(const char *name)
{
    char path[256];
    int64_t before = all_events();
    expect(post(ben, name, "start", "{}"), 403, "policy.higher_authority");
    assert_int_equal(all_events(), before);
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s", name);
    struct answer answer = expect_kept(client_get(ada, path), 200, NULL);
    assert_string_equal(answer_text(&answer, "state"), "authorised");
    answer_done(&answer);
}

static void test_hours_that_others_were_given_meanwhile_count_when_it_goes_live(void **state)
{
    (void)state;
    apply("hours-a", "long-hours", 0);
    client_authorise(ben, "hours-a");
    prepare("hours-a");
    /* Eight hours more at the same place, within 24: the higher authority's, for this one. */
    apply("hours-b", "long-hours", 9);
    expect(client_signed(ben, "hours-b", "authorise", CLIENT_REASONS), 403,
           "policy.higher_authority");
    client_authorise(hana, "hours-b");
    start_needs_the_higher_authority("hours-a");

    apply("hours-c", "long-hours", 0);
    expect(client_signed(ben, "hours-c", "authorise", CLIENT_REASONS), 403,
           "policy.higher_authority");
    client_authorise(hana, "hours-c");
    prepare("hours-c");
    expect(post(ben, "hours-c", "start", "{}"), 200, NULL);
    expect(post(ben, "hours-c", "stop", "{}"), 200, NULL);
}

static void test_hours_that_were_taken_back_do_not_count(void **state)
{
    (void)state;
    start_needs_the_higher_authority("hours-a");
    expect(post(hana, "hours-b", "cancel", "{\"reasons\":\"not needed any more\"}"), 200, NULL);
    bed_attend("hours-a");
    expect(post(ben, "hours-a", "start", "{}"), 200, NULL);
    expect(post(ben, "hours-a", "stop", "{}"), 200, NULL);
}

#define ORAL(officer) "{\"officer\":\"" officer "\",\"reasons\":\"a child is missing\"}"

/* Of two urgent uses within a week the second is the higher authority's, whichever goes live. */
static void test_a_second_urgent_use_counts_when_the_first_goes_live(void **state)
{
    (void)state;
    apply("alarm-a", "two-alarms", 0);
    expect(post(ben, "alarm-a", "oral", ORAL("pam")), 200, NULL);
    prepare("alarm-a");
    apply("alarm-b", "two-alarms", 0);
    expect(post(ben, "alarm-b", "oral", ORAL("pam")), 403, "policy.higher_authority");
    expect(post(ben, "alarm-b", "oral", ORAL("hana")), 200, NULL);
    start_needs_the_higher_authority("alarm-a");
    expect(client_signed(pam, "alarm-a", "authorise", CLIENT_REASONS), 403,
           "policy.higher_authority");
    client_authorise(hana, "alarm-a");
    bed_attend("alarm-a");
    expect(post(ben, "alarm-a", "start", "{}"), 200, NULL);
    expect(post(ben, "alarm-a", "stop", "{}"), 200, NULL);
    expect(post(ben, "alarm-b", "stop", "{}"), 200, NULL);
    char event[8192];
    bed_last_event("deployment.authorised", event, sizeof(event));
    assert_non_null(strstr(event, "\"higher_"));
    assert_non_null(strstr(event, "\"after_oral\":1"));
}

int run_higher_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hours_that_others_were_given_meanwhile_count_when_it_goes_live),
        cmocka_unit_test(test_hours_that_were_taken_back_do_not_count),
        cmocka_unit_test(test_a_second_urgent_use_counts_when_the_first_goes_live),
    };
    return cmocka_run_group_tests_name("higher", tests, setup, teardown);
}

/* Waiving prior notice over the API: the officer signs the reason, and it stays on the record. */
#include "tests/integration/api/tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"

#define DRAFT(name)                                                                                \
    "{\"name\":\"" name "\",\"purpose\":\"p\",\"kind\":\"exercise\",\"sites\":[\"north\"]}"
#define WAIVE "/notice/waive"
#define REASON "\"a threat to life\\nwithin the hour\""

static struct client *ada; /* applicant */
static struct client *ben; /* authorising officer */
static struct client *pam; /* both */

static int setup(void **state)
{
    (void)state;
    ada = client_new("person-ada");
    ben = client_new("person-ben");
    pam = client_new("person-pam");
    struct answer answer = client_post(ada, "/v1/sites", "{\"name\":\"north\"}");
    answer_done(&answer); /* 409 where another group has added it */
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_free(ada);
    client_free(ben);
    client_free(pam);
    return 0;
}

static struct answer post(struct client *client, const char *name, const char *rest,
                          const char *json)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s%s", name, rest);
    return client_post(client, path, json);
}

/* reason: as JSON. */
static struct answer statement(struct client *client, const char *name, const char *reason)
{
    char json[512];
    (void)snprintf(json, sizeof(json), "{\"act\":\"notice.waive\",\"reason\":%s}", reason);
    return post(client, name, "/statement", json);
}

static struct answer waive(struct client *client, const char *name, const char *reason,
                           const struct answer *to_sign)
{
    char json[4096];
    json_t *signature = client_signature(client, to_sign);
    char *text = json_dumps(signature, JSON_COMPACT);
    json_decref(signature);
    (void)snprintf(json, sizeof(json), "{\"reason\":%s,\"signature\":%s}", reason, text);
    ov_wiping_free(text); /* the API has given jansson its allocator */
    return post(client, name, WAIVE, json);
}

static void test_there_is_no_waiver_without_a_reason_and_its_signature(void **state)
{
    (void)state;
    expect(client_post(ada, "/v1/deployments", DRAFT("waive-a")), 201, NULL);
    expect(statement(ben, "waive-a", REASON), 409, "notice.draft");
    client_apply(ada, "waive-a");
    expect(statement(ada, "waive-a", REASON), 403, "permission.denied");
    expect(post(ben, "waive-a", "/statement", "{\"act\":\"notice.waive\"}"), 422, "notice.reason");
    expect(statement(ben, "waive-a", "\" \\t\\n\""), 422, "notice.reason");
    expect(statement(ben, "waive-a", "\"a \\u0007 bell\""), 422, "notice.reason");
    expect(post(ben, "waive-a", WAIVE, "{}"), 400, "request.missing_member");
    expect(post(ben, "waive-a", WAIVE, "{\"reason\":\"\\r\\n\"}"), 422, "notice.reason");
    expect(post(ben, "waive-a", WAIVE, "{\"reason\":" REASON "}"), 422, "signature.missing");
    struct answer to_sign = expect_kept(statement(ben, "waive-a", REASON), 200, NULL);
    expect(waive(ben, "waive-a", "\"a whim\"", &to_sign), 409, "signature.stale");
    assert_int_equal(bed_events("notice.waived"), 0);
    expect(waive(pam, "waive-a", REASON, &to_sign), 200, NULL); /* it names no officer */
    answer_done(&to_sign);
    expect(client_post(pam, "/v1/deployments", DRAFT("waive-b")), 201, NULL);
    client_apply(pam, "waive-b");
    expect(statement(pam, "waive-b", REASON), 403, "notice.same_person");
    expect(post(ben, "waive-b", "/stop", "{}"), 200, NULL);
}

static void test_the_reason_is_what_was_signed_and_stays_readable(void **state)
{
    (void)state;
    char event[8192];
    char path[256];
    struct answer notice =
        expect_kept(client_get(ada, "/v1/deployments/waive-a/notice"), 200, NULL);
    const char *digest = answer_text(&notice, "waiver_digest");
    assert_string_equal(answer_text(&notice, "waived_by"), "pam");
    assert_int_equal(strlen(digest), 64);
    bed_last_event("notice.waived", event, sizeof(event));
    json_t *root = json_loads(event, 0, NULL);
    const json_t *signature = json_array_get(json_object_get(root, "signatures"), 0);
    const char *signed_text = json_string_value(json_object_get(signature, "statement"));
    assert_non_null(signed_text);
    assert_non_null(strstr(signed_text, "act=notice.waive;"));
    assert_non_null(strstr(signed_text, digest));
    assert_non_null(strstr(signed_text, answer_text(&notice, "page_digest")));
    assert_null(strstr(event, "threat"));
    (void)snprintf(path, sizeof(path), "/v1/deployments/waive-a/documents/%s", digest);
    struct answer document = expect_kept(client_get(ada, path), 200, NULL);
    assert_string_equal(answer_text(&document, "document.reason.0"), "a threat to life");
    assert_string_equal(answer_text(&document, "document.reason.1"), "within the hour");
    answer_done(&document);
    json_decref(root);
    answer_done(&notice);
}

static void test_prior_notice_is_waived_once_and_before_the_end(void **state)
{
    (void)state;
    int64_t waived = bed_events("notice.waived");
    struct answer to_sign = expect_kept(statement(ben, "waive-a", REASON), 200, NULL);
    expect(waive(ben, "waive-a", REASON, &to_sign), 409, "notice.waived");
    expect(post(ben, "waive-a", "/stop", "{}"), 200, NULL);
    expect(waive(ben, "waive-a", REASON, &to_sign), 409, "watchlist.closed");
    answer_done(&to_sign);
    assert_int_equal(bed_events("notice.waived"), waived);
}

int run_notice_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_is_no_waiver_without_a_reason_and_its_signature),
        cmocka_unit_test(test_the_reason_is_what_was_signed_and_stays_readable),
        cmocka_unit_test(test_prior_notice_is_waived_once_and_before_the_end),
    };
    return cmocka_run_group_tests_name("notice", tests, setup, teardown);
}

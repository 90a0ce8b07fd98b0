/* Events: their exact bytes, and what they refuse to hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "server/audit/body.h"
#include "server/audit/canonical.h"
#include "server/audit/event.h"

static struct ov_id id_of(const char *text)
{
    struct ov_id id;
    assert_int_equal(ov_id_parse(text, &id), OV_OK);
    return id;
}

static struct actor person(void)
{
    struct actor actor = {.serial = "0a1b2c"};
    actor.principal.id = id_of("11111111-1111-4111-8111-111111111111");
    actor.principal.kind = PRINCIPAL_PERSON;
    actor.principal.active = true;
    actor.principal.roles = ROLE_WATCHLIST_MANAGER | ROLE_ADJUDICATOR | ROLE_APPLICANT;
    (void)snprintf(actor.principal.name, sizeof(actor.principal.name), "officer-17");
    actor.request_id = id_of("22222222-2222-4222-8222-222222222222");
    return actor;
}

/* The body of an event that is written nowhere. */
static void assert_body(struct audit_event *event, const char *wanted)
{
    struct ov_buf buf = OV_BUF_INIT;
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(audit_event_body(event, &buf, &err), OV_OK);
    assert_string_equal(buf.data, wanted);
    ov_buf_free(&buf);
}

static void assert_bad(struct audit_event *event)
{
    struct ov_buf buf = OV_BUF_INIT;
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(audit_event_body(event, &buf, &err), OV_ERR_INTERNAL);
    assert_string_equal(err.code, "audit.bad_event");
    ov_buf_free(&buf);
    free(event);
}

/* README.md has this vector. */
static const char vector[] =
    "{\"actor\":{\"id\":\"11111111-1111-4111-8111-111111111111\",\"kind\":\"person\","
    "\"name\":\"officer-17\",\"roles\":[\"adjudicator\",\"applicant\",\"watchlist_manager\"],"
    "\"serial\":\"0a1b2c\"},\"at_us\":1777636800000000,"
    "\"deployment\":\"33333333-3333-4333-8333-333333333333\","
    "\"details\":{\"category\":\"wanted\",\"image\":\"55555555-5555-4555-8555-555555555555\","
    "\"model\":\"00ff10\",\"score\":-625000},\"id\":\"44444444-4444-4444-8444-444444444444\","
    "\"name\":\"entry.added\",\"object\":{\"id\":\"66666666-6666-4666-8666-666666666666\","
    "\"type\":\"entry\"},\"request\":\"22222222-2222-4222-8222-222222222222\",\"v\":1}";
static const char vector_sha256[] =
    "d8d1df347fd1476d24232164340113317cec913638fd24ee8a3e7dbbcf8d5e20";

static void the_vector_of_the_readme_comes_out_byte_for_byte(void **state)
{
    (void)state;
    struct actor actor = person();
    struct ov_id deployment = id_of("33333333-3333-4333-8333-333333333333");
    struct ov_id image = id_of("55555555-5555-4555-8555-555555555555");
    struct ov_id entry = id_of("66666666-6666-4666-8666-666666666666");
    struct audit_event *event = audit_event_new("entry.added", &actor, 1777636800000000);
    assert_non_null(event);
    *audit_event_id_of(event) = id_of("44444444-4444-4444-8444-444444444444");
    /* In an order that is not the one they are written in. */
    audit_event_int(event, "score", audit_score(-0.625f));
    audit_event_digest(event, "model", "\x00\xff\x10", 3);
    audit_event_code(event, "category", "wanted");
    audit_event_id(event, "image", &image);
    audit_event_object(event, "entry", &entry);
    audit_event_deployment(event, &deployment);
    assert_body(event, vector);
    free(event);

    unsigned char digest[32];
    char hex[65];
    assert_int_equal(EVP_Digest(vector, strlen(vector), digest, NULL, EVP_sha256(), NULL), 1);
    assert_string_equal(ov_hex_encode(digest, sizeof(digest), hex), vector_sha256);
}

static void what_is_not_given_is_left_out(void **state)
{
    (void)state;
    struct actor server = {.is_server = true};
    /* What a server's actor may hold besides is not its own and stays out. */
    server.principal.id = ov_id_new();
    server.request_id = ov_id_new();
    struct audit_event *event = audit_event_new("server.started", &server, 0);
    assert_non_null(event);
    *audit_event_id_of(event) = id_of("44444444-4444-4444-8444-444444444444");
    assert_body(event, "{\"actor\":{\"kind\":\"server\"},\"at_us\":0,\"details\":{},"
                       "\"id\":\"44444444-4444-4444-8444-444444444444\","
                       "\"name\":\"server.started\",\"v\":1}");
    free(event);

    struct actor site = person();
    site.principal.kind = PRINCIPAL_SITE;
    site.principal.roles = 0;
    memset(&site.request_id, 0, sizeof(site.request_id));
    event = audit_event_new("site.connected", &site, INT64_MIN);
    assert_non_null(event);
    *audit_event_id_of(event) = id_of("44444444-4444-4444-8444-444444444444");
    audit_event_int(event, "big", INT64_MAX);
    assert_body(event, "{\"actor\":{\"id\":\"11111111-1111-4111-8111-111111111111\","
                       "\"kind\":\"site\",\"name\":\"officer-17\",\"roles\":[],"
                       "\"serial\":\"0a1b2c\"},\"at_us\":-9223372036854775808,"
                       "\"details\":{\"big\":9223372036854775807},"
                       "\"id\":\"44444444-4444-4444-8444-444444444444\","
                       "\"name\":\"site.connected\",\"v\":1}");
    free(event);
}

static void signatures_stand_beside_the_details_with_their_keys(void **state)
{
    (void)state;
    struct actor actor = person();
    struct ov_buf buf = OV_BUF_INIT;
    struct signature signature = {"overt statement v1; act=x", (const uint8_t *)"\x30\xff", 2};
    struct audit_event *event = audit_event_new("x", &actor, 1);
    memcpy(actor.key, "\x01\x02", 2);
    actor.key_bytes = 2;
    audit_event_signature(event, &actor, &signature);
    assert_int_equal(audit_event_body(event, &buf, NULL), OV_OK);
    assert_non_null(strstr(buf.data,
                           "\"request\":\"22222222-2222-4222-8222-222222222222\",\"signatures\":[{"
                           "\"key\":\"0102\",\"principal\":\"11111111-1111-4111-8111-"
                           "111111111111\",\"statement\":\"overt statement v1; act=x\","
                           "\"value\":\"30ff\"}],\"v\":1}"));
    ov_buf_free(&buf);
    for (int i = 0; i < 3; i++)
        audit_event_signature(event, &actor, &signature);
    assert_int_equal(audit_event_body(event, &buf, NULL), OV_OK);
    ov_buf_free(&buf);
    audit_event_signature(event, &actor, &signature); /* a fifth */
    assert_bad(event);
    struct actor keyless = person();
    event = audit_event_new("x", &actor, 1);
    audit_event_signature(event, &keyless, &signature);
    assert_bad(event);
    audit_event_signature(NULL, &actor, &signature);
}

static void details_are_sorted_by_bytes(void **state)
{
    (void)state;
    struct actor server = {.is_server = true};
    struct audit_event *event = audit_event_new("x", &server, 1);
    struct ov_buf buf = OV_BUF_INIT;
    struct ov_error err = OV_ERROR_INIT;
    static const char *const keys[] = {"b", "a", "ab", "a_", "aa", "_", "z", "c"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        audit_event_int(event, keys[i], (int64_t)i);
    assert_int_equal(audit_event_body(event, &buf, &err), OV_OK);
    /* '_' is 0x5f, before 'a'. */
    assert_non_null(strstr(buf.data, "\"details\":{\"_\":5,\"a\":1,\"a_\":3,\"aa\":4,\"ab\":2,"
                                     "\"b\":0,\"c\":7,\"z\":6}"));
    ov_buf_free(&buf);
    free(event);
}

static void strings_are_escaped_in_two_cases_only(void **state)
{
    (void)state;
    struct ov_buf buf = OV_BUF_INIT;
    canonical_string(&buf, "a\"b\\c/d \xc3\xa9\xe2\x82\xac");
    assert_false(buf.failed);
    assert_string_equal(buf.data, "\"a\\\"b\\\\c/d \xc3\xa9\xe2\x82\xac\"");
    ov_buf_free(&buf);
    static const char *const refused[] = {"a\nb", "\x01",     "\x7f",        "\xc2\x85",
                                          "\xff", "\xc0\xaf", "\xed\xa0\x80"};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        canonical_string(&buf, refused[i]);
        assert_true(buf.failed);
        ov_buf_free(&buf);
    }
}

static void free_text_does_not_get_in(void **state)
{
    (void)state;
    struct actor server = {.is_server = true};
    static const char *const refused[] = {"",     "two words", "Ren\xc3\xa9", "a\"b",
                                          "a\\b", "a\nb",      "a,b",         "(a)"};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct audit_event *event = audit_event_new("x", &server, 1);
        audit_event_code(event, "key", refused[i]);
        assert_bad(event);
    }
    char longest[CANONICAL_CODE_MAX + 2];
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    struct audit_event *event = audit_event_new("x", &server, 1);
    audit_event_code(event, "key", longest);
    assert_bad(event);
    longest[sizeof(longest) - 2] = '\0';
    assert_true(canonical_code_valid(longest));
    assert_true(canonical_code_valid("overt://site/north-gate"));
    assert_true(canonical_code_valid("2026-05-01T12:00:00Z"));
}

static void bad_keys_names_and_types_are_refused(void **state)
{
    (void)state;
    struct actor server = {.is_server = true};
    static const char *const keys[] = {
        "",    "Key", "key1",     "a-b",
        "a b", "a.b", "\xc3\xa9", "abcdefghijklmnopqrstuvwxyzabcdefghijklmnop"};
    struct ov_id id = ov_id_new();
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct audit_event *event = audit_event_new("x", &server, 1);
        audit_event_int(event, keys[i], 1);
        assert_bad(event);
        event = audit_event_new("x", &server, 1);
        audit_event_object(event, keys[i], &id);
        assert_bad(event);
    }
    assert_bad(audit_event_new("", &server, 1));
    assert_bad(audit_event_new("two words", &server, 1));
}

static void the_same_detail_twice_is_refused(void **state)
{
    (void)state;
    struct actor server = {.is_server = true};
    struct audit_event *event = audit_event_new("x", &server, 1);
    audit_event_int(event, "n", 1);
    audit_event_code(event, "n", "one");
    assert_bad(event);
}

static void too_many_details_and_odd_digests_are_refused(void **state)
{
    (void)state;
    struct actor server = {.is_server = true};
    struct audit_event *event = audit_event_new("x", &server, 1);
    char key[3] = "aa";
    for (int i = 0; i < 33; i++) {
        key[0] = (char)('a' + i / 26);
        key[1] = (char)('a' + i % 26);
        audit_event_int(event, key, i);
    }
    assert_bad(event);
    static const unsigned char data[65];
    event = audit_event_new("x", &server, 1);
    audit_event_digest(event, "d", data, 0);
    assert_bad(event);
    event = audit_event_new("x", &server, 1);
    audit_event_digest(event, "d", data, sizeof(data));
    assert_bad(event);
    event = audit_event_new("x", &server, 1);
    audit_event_digest(event, "d", data, 64);
    struct ov_buf buf = OV_BUF_INIT;
    assert_int_equal(audit_event_body(event, &buf, NULL), OV_OK);
    ov_buf_free(&buf);
    free(event);
}

static void an_actor_with_control_characters_is_refused(void **state)
{
    (void)state;
    struct actor actor = person();
    (void)snprintf(actor.principal.name, sizeof(actor.principal.name), "a\nb");
    assert_bad(audit_event_new("x", &actor, 1));
}

static void the_first_failure_is_kept_until_the_write(void **state)
{
    (void)state;
    struct actor server = {.is_server = true};
    struct ov_error err = OV_ERROR_INIT;
    struct audit_event *event = audit_event_new("x", &server, 1);
    audit_event_int(event, "BAD", 1);
    audit_event_int(event, "good", 1);
    /* It fails before it would touch the store; the event is freed (a leak would show). */
    assert_int_equal(audit_event_write(NULL, event, &err), OV_ERR_INTERNAL);
    assert_string_equal(err.code, "audit.bad_event");
    assert_non_null(strstr(err.text, "detail key"));
    ov_error_clear(&err);
    /* Builders take what audit_event_new gives when memory is out. */
    struct ov_id id = ov_id_new();
    audit_event_deployment(NULL, &id);
    audit_event_object(NULL, "x", &id);
    audit_event_code(NULL, "x", "x");
    audit_event_int(NULL, "x", 1);
    audit_event_digest(NULL, "x", "x", 1);
    audit_event_id(NULL, "x", &id);
    assert_int_equal(audit_event_write(NULL, NULL, &err), OV_ERR_NOMEM);
}

static void scores_are_millionths_rounded_to_nearest(void **state)
{
    (void)state;
    assert_int_equal(audit_score(0.0f), 0);
    assert_int_equal(audit_score(1.0f), 1000000);
    assert_int_equal(audit_score(-1.0f), -1000000);
    assert_int_equal(audit_score(0.43f), 430000);
    assert_int_equal(audit_score(0.0000005f), 0); /* the float is a little below a half */
    assert_int_equal(audit_score(0.00000051f), 1);
    assert_int_equal(audit_score(-0.0000016f), -2);
    assert_int_equal(audit_score(__builtin_nanf("")), 0);
    assert_int_equal(audit_score(__builtin_inff()), 0);
}

int main(void)
{
    const struct CMUnitTest events[] = {
        cmocka_unit_test(the_vector_of_the_readme_comes_out_byte_for_byte),
        cmocka_unit_test(what_is_not_given_is_left_out),
        cmocka_unit_test(signatures_stand_beside_the_details_with_their_keys),
        cmocka_unit_test(details_are_sorted_by_bytes),
        cmocka_unit_test(strings_are_escaped_in_two_cases_only),
        cmocka_unit_test(free_text_does_not_get_in),
        cmocka_unit_test(bad_keys_names_and_types_are_refused),
        cmocka_unit_test(the_same_detail_twice_is_refused),
        cmocka_unit_test(too_many_details_and_odd_digests_are_refused),
        cmocka_unit_test(an_actor_with_control_characters_is_refused),
        cmocka_unit_test(the_first_failure_is_kept_until_the_write),
        cmocka_unit_test(scores_are_millionths_rounded_to_nearest),
    };
    return cmocka_run_group_tests(events, NULL, NULL);
}

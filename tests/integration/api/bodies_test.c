/*
 * Bad bodies to every route there is, from somebody with every role: what the API's description
 * says of a body is what is sent wrongly, member by member. A new route or member is part of this
 * without anybody thinking of it; a route that the description leaves out fails.
 */
#include "tests/integration/api/tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/base/secret.h"
#include "server/api/route.h"
#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"
#include "tests/integration/api/paths.h"

static struct client *omni; /* has every role: what is refused is refused for its form */
static json_t *described;
static int64_t events;
static int64_t requests;

static int64_t count_of(const char *table)
{
    char sql[128];
    (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
    return pg_value(bed.pg, "owner", sql);
}

static int setup(void **state)
{
    (void)state;
    unsigned roles = 0;
    for (unsigned i = 0; i < ROLE_COUNT; i++)
        roles |= (1u << i) != ROLE_SITE ? 1u << i : 0;
    bed_pki("person", "omni", NULL);
    (void)pg_seed_person(bed.store, "omni", roles);
    omni = client_new("person-omni");
    struct answer answer = client_post(omni, "/v1/sites", "{\"name\":\"north\"}");
    answer_done(&answer); /* 409 where another group has added it */
    expect(client_post(omni, "/v1/deployments",
                       "{\"name\":\"bodies\",\"purpose\":\"p\",\"kind\":\"exercise\","
                       "\"sites\":[\"north\"]}"),
           201, NULL);
    client_apply(omni, "bodies");
    described = json_load_file(OVERT_REQUEST_BODIES, 0, NULL);
    assert_true(json_is_array(described));
    events = count_of("audit.event");
    requests = count_of("overt.request");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    json_decref(described);
    client_free(omni);
    return 0;
}

/* --- sending -------------------------------------------------------------------------------- */

static void wanted(const struct route *route, struct answer answer, long status, const char *code,
                   const char *field, const char *sent)
{
    if (answer.status != status || strcmp(answer_text(&answer, "error.code"), code) != 0 ||
        (field != NULL && strcmp(answer_text(&answer, "error.field"), field) != 0))
        fail_msg("%s %s with %.200s: %ld %s, field '%s'; wanted %ld %s '%s'",
                 request_method_name(route->method), route->pattern, sent, answer.status,
                 answer_text(&answer, "error.code"), answer_text(&answer, "error.field"), status,
                 code, field != NULL ? field : "any");
    assert_true(*answer_text(&answer, "error.text") != '\0');
    answer_done(&answer);
}

static struct answer send_as(const struct route *route, const char *type, const char *body,
                             size_t body_bytes)
{
    char path[512];
    const char *const headers[] = {type, NULL};
    path_of(route->pattern, strstr(route->pattern, "{deployment}") != NULL ? "bodies" : NULL, path,
            sizeof(path));
    return client_send(omni, request_method_name(route->method), path, headers, body, body_bytes);
}

static void refuse_text(const struct route *route, const char *body, long status, const char *code,
                        const char *field)
{
    wanted(route, send_as(route, "Content-Type: application/json", body, strlen(body)), status,
           code, field, body);
}

static void refuse_json(const struct route *route, json_t *take_body, long status, const char *code,
                        const char *field)
{
    char *text = json_dumps(take_body, JSON_COMPACT);
    json_decref(take_body);
    refuse_text(route, text, status, code, field);
    ov_wiping_free(text); /* the API has given jansson its allocator */
}

/* --- what is described ---------------------------------------------------------------------- */

static const json_t *members_of(const struct route *route)
{
    const json_t *body = NULL;
    size_t i = 0;
    json_array_foreach(described, i, body)
    {
        if (strcmp(json_string_value(json_object_get(body, "path")), route->pattern) == 0 &&
            strcmp(json_string_value(json_object_get(body, "method")),
                   request_method_name(route->method)) == 0)
            return json_object_get(body, "members");
    }
    fail_msg("the description says nothing of the body of %s %s",
             request_method_name(route->method), route->pattern);
    return NULL;
}

static const char *text_of(const json_t *member, const char *key)
{
    return json_string_value(json_object_get(member, key));
}

/* Everything that has to be there, of its kind. */
static json_t *sample_of(const json_t *members)
{
    json_t *sample = json_object();
    const json_t *member = NULL;
    size_t i = 0;
    json_array_foreach(members, i, member)
    {
        if (json_is_true(json_object_get(member, "required")))
            json_object_set(sample, text_of(member, "name"), json_object_get(member, "sample"));
    }
    return sample;
}

/* Of another kind than the member's. */
static json_t *wrong_for(const json_t *member)
{
    const char *kind = text_of(member, "kind");
    if (strcmp(kind, "string") == 0)
        return json_integer(7);
    if (strcmp(kind, "integer") == 0)
        return json_real(1.5);
    return strcmp(kind, "array") == 0 ? json_object() : json_string("x");
}

/* --- the tests ------------------------------------------------------------------------------ */

static void each_json_route(void (*one)(const struct route *route, const json_t *members))
{
    size_t count = 0;
    const struct route *table = route_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (table[i].body == BODY_JSON)
            one(&table[i], members_of(&table[i]));
    }
}

static void malformed(const struct route *route, const json_t *members)
{
    static const char *const bad[] = {"{",
                                      "[]",
                                      "null",
                                      "7",
                                      "\"text\"",
                                      "{\"a\":1,}",
                                      "{} {}",
                                      "{\"a\":\"\xff\"}",
                                      "{'a':'b'}",
                                      "{\"a\":NaN}",
                                      "{\"a\":1,\"a\":1}",
                                      "\xef\xbb\xbf{}",
                                      "{\"a\":\"\\u0000\"}"};
    (void)members;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        refuse_text(route, bad[i], 400, "request.malformed", NULL);
}

static void test_what_is_no_json_object_is_malformed(void **state)
{
    (void)state;
    each_json_route(malformed);
}

static void of_another_type(const struct route *route, const json_t *members)
{
    (void)members;
    wanted(route, send_as(route, "Content-Type: text/plain", "{}", 2), 415, "request.content_type",
           NULL, "text/plain");
    wanted(route, send_as(route, "Content-Type: image/jpeg", "{}", 2), 415, "request.content_type",
           NULL, "image/jpeg");
}

static void test_a_body_of_another_type_is_not_read(void **state)
{
    (void)state;
    each_json_route(of_another_type);
}

static void too_large(const struct route *route, const json_t *members)
{
    size_t size = BODY_JSON_MAX_BYTES + 1;
    char *body = malloc(size + 1);
    assert_non_null(body);
    (void)members;
    memset(body, ' ', size);
    memcpy(body, "{}", 2);
    body[size] = '\0';
    refuse_text(route, body, 413, "request.too_large", NULL);
    free(body);
}

static void test_a_body_beyond_its_limit_is_too_large(void **state)
{
    (void)state;
    each_json_route(too_large);
}

static void with_a_stranger(const struct route *route, const json_t *members)
{
    json_t *body = sample_of(members);
    json_object_set_new(body, "unheard_of", json_string("x"));
    refuse_json(route, body, 400, "request.unknown_member", NULL);
}

static void test_a_member_that_is_not_described_is_refused(void **state)
{
    (void)state;
    each_json_route(with_a_stranger);
}

static void without_one(const struct route *route, const json_t *members)
{
    const json_t *member = NULL;
    size_t i = 0;
    json_array_foreach(members, i, member)
    {
        const char *name = text_of(member, "name");
        if (!json_is_true(json_object_get(member, "required")))
            continue;
        json_t *body = sample_of(members);
        json_object_del(body, name);
        refuse_json(route, body, 400, "request.missing_member", name);
        body = sample_of(members);
        json_object_set_new(body, name, json_null());
        refuse_json(route, body, 400, "request.missing_member", name);
    }
}

static void test_a_required_member_that_is_missing_is_named(void **state)
{
    (void)state;
    each_json_route(without_one);
}

static void of_wrong_kinds(const struct route *route, const json_t *members)
{
    const json_t *member = NULL;
    size_t i = 0;
    json_array_foreach(members, i, member)
    {
        json_t *body = sample_of(members);
        json_object_set_new(body, text_of(member, "name"), wrong_for(member));
        refuse_json(route, body, 400, "request.wrong_type", text_of(member, "name"));
    }
}

static void test_a_member_of_another_kind_is_named(void **state)
{
    (void)state;
    each_json_route(of_wrong_kinds);
}

/* By the general words with the inner member's name, or as "....malformed" with the outer one's. */
static void refuse_within(const struct route *route, const json_t *members, const json_t *member,
                          json_t *take_object, const char *code, const char *field)
{
    const char *outer = text_of(member, "name");
    json_t *body = sample_of(members);
    json_object_set_new(body, outer, take_object);
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    struct answer answer = send_as(route, "Content-Type: application/json", text, strlen(text));
    const char *ending = strrchr(answer_text(&answer, "error.code"), '.');
    if (answer.status == 422 && ending != NULL && strcmp(ending, ".malformed") == 0)
        assert_string_equal(answer_text(&answer, "error.field"), outer);
    else
        wanted(route, answer, 400, code, field, text);
    if (answer.status == 422)
        answer_done(&answer);
    ov_wiping_free(text); /* the API has given jansson its allocator */
}

static void wrong_within(const struct route *route, const json_t *members)
{
    const json_t *member = NULL;
    const json_t *inner = NULL;
    size_t i = 0;
    size_t j = 0;
    json_array_foreach(members, i, member)
    {
        const json_t *inside = json_object_get(member, "members");
        if (json_array_size(inside) == 0)
            continue;
        json_array_foreach(inside, j, inner)
        {
            json_t *object = sample_of(inside);
            json_object_set_new(object, text_of(inner, "name"), wrong_for(inner));
            refuse_within(route, members, member, object, "request.wrong_type",
                          text_of(inner, "name"));
        }
        json_t *object = sample_of(inside);
        json_object_set_new(object, "unheard_of", json_true());
        refuse_within(route, members, member, object, "request.unknown_member", NULL);
    }
}

static void test_what_is_within_a_member_is_read_as_strictly(void **state)
{
    (void)state;
    each_json_route(wrong_within);
}

static void test_a_route_without_a_body_takes_none(void **state)
{
    (void)state;
    size_t count = 0;
    const struct route *table = route_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (table[i].body == BODY_NONE)
            wanted(&table[i], send_as(&table[i], "Content-Type: application/json", "{}", 2), 400,
                   "request.body", NULL, "{}");
    }
}

static void test_a_parameter_that_is_not_described_is_refused(void **state)
{
    (void)state;
    static const char *const json[] = {"Content-Type: application/json", NULL};
    static const char *const jpeg[] = {"Content-Type: image/jpeg", "Overt-Entry: e30", NULL};
    size_t count = 0;
    const struct route *table = route_table(&count);
    for (size_t i = 0; i < count; i++) {
        char path[512];
        const char *method = request_method_name(table[i].method);
        path_of_nothing(table[i].pattern, path, sizeof(path) - 16);
        (void)strncat(path, "?unheard_of=1", sizeof(path) - strlen(path) - 1);
        if (table[i].body == BODY_NONE)
            wanted(&table[i], client_send(omni, method, path, NULL, NULL, 0), 400,
                   "request.unknown_parameter", NULL, path);
        else if (table[i].body == BODY_JSON)
            wanted(&table[i], client_send(omni, method, path, json, "{}", 2), 400,
                   "request.unknown_parameter", NULL, path);
        else
            wanted(&table[i], client_send(omni, method, path, jpeg, "x", 1), 400,
                   "request.unknown_parameter", NULL, path);
    }
}

/* The last. */
static void test_nothing_of_all_that_was_refused_has_been_done(void **state)
{
    (void)state;
    assert_int_equal(count_of("audit.event"), events);
    assert_int_equal(count_of("overt.request"), requests);
}

int run_bodies_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_no_json_object_is_malformed),
        cmocka_unit_test(test_a_body_of_another_type_is_not_read),
        cmocka_unit_test(test_a_body_beyond_its_limit_is_too_large),
        cmocka_unit_test(test_a_member_that_is_not_described_is_refused),
        cmocka_unit_test(test_a_required_member_that_is_missing_is_named),
        cmocka_unit_test(test_a_member_of_another_kind_is_named),
        cmocka_unit_test(test_what_is_within_a_member_is_read_as_strictly),
        cmocka_unit_test(test_a_route_without_a_body_takes_none),
        cmocka_unit_test(test_a_parameter_that_is_not_described_is_refused),
        cmocka_unit_test(test_nothing_of_all_that_was_refused_has_been_done),
    };
    return cmocka_run_group_tests_name("bodies", tests, setup, teardown);
}

/*
 * A name typed into every text there is: each member of each body that the API's description knows,
 * each field of an entry, each part of a path, each parameter and header that people fill in. It is
 * in no line of the log and in no event afterwards, nor in what PostgreSQL logs; what was said of a
 * person on a list is in no file of PostgreSQL's either, not even while the list is there.
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
#include "tests/integration/harness/process.h"

#define MARKER "Quetzalcoatl-Obsidian"   /* typed anywhere */
#define SUBJECT "Xipetotec-Chalchihuitl" /* typed of somebody on a list */
#define GOOD                                                                                       \
    "\"category\":\"missing_at_risk\",\"response\":\"safeguarding\",\"name\":\"" SUBJECT           \
    "\",\"reference\":\"" SUBJECT "\""

static struct client *ada;
static struct client *ben;
static struct client *omni; /* has every role */
static json_t *described;

static void make_deployment(const char *name)
{
    char body[256];
    (void)snprintf(body, sizeof(body),
                   "{\"name\":\"%s\",\"purpose\":\"" MARKER "\",\"kind\":\"exercise\","
                   "\"sites\":[\"north\"],\"legal_basis\":\"" MARKER "\"}",
                   name);
    expect(client_post(ada, "/v1/deployments", body), 201, NULL);
    client_apply(ada, name);
}

static int setup(void **state)
{
    (void)state;
    unsigned roles = 0;
    for (unsigned i = 0; i < ROLE_COUNT; i++)
        roles |= (1u << i) != ROLE_SITE ? 1u << i : 0;
    bed_pki("person", "typist", NULL);
    (void)pg_seed_person(bed.store, "typist", roles);
    ada = client_new("person-ada");
    ben = client_new("person-ben");
    omni = client_new("person-typist");
    struct answer answer = client_post(ada, "/v1/sites", "{\"name\":\"north\"}");
    answer_done(&answer); /* 409 where another group has added it */
    make_deployment("marked");
    described = json_load_file(OVERT_REQUEST_BODIES, 0, NULL);
    assert_true(json_is_array(described));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    json_decref(described);
    client_free(ada);
    client_free(ben);
    client_free(omni);
    return 0;
}

/* --- looking for it ------------------------------------------------------------------------- */

/* Whether PostgreSQL's data folder, or this file of it, has the marker. */
static bool in_data(const char *file, const char *marker)
{
    char folder[PATH_MAX];
    char path[PATH_MAX + 64];
    pg_text(bed.pg, "admin", "SHOW data_directory", folder, sizeof(folder));
    (void)snprintf(path, sizeof(path), "%s/%s", folder, file);
    const char *const argv[] = {"grep", "--recursive", "--text", "--quiet", "--fixed-strings",
                                "--",   marker,        path,     NULL};
    int status = process_run(argv, NULL, NULL, NULL, 60);
    assert_true(status == 0 || status == 1); /* 2: something could not be read */
    return status == 0;
}

static void assert_left_nowhere(const char *marker)
{
    char sql[256];
    assert_false(bed_logged(marker));
    assert_false(in_data("server.log", marker));
    (void)snprintf(
        sql, sizeof(sql),
        "SELECT count(*) FROM audit.event WHERE convert_from(body, 'UTF8') ILIKE '%%%s%%'", marker);
    assert_int_equal(pg_value(bed.pg, "owner", sql), 0);
}

/* --- typing it ------------------------------------------------------------------------------ */

static void type_body(const char *method, const char *pattern, const json_t *body)
{
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    char path[512];
    char *text = json_dumps(body, JSON_COMPACT);
    path_of(pattern, strstr(pattern, "{deployment}") != NULL ? "marked" : NULL, path, sizeof(path));
    struct answer answer = client_send(omni, method, path, headers, text, strlen(text));
    assert_true(answer.status >= 200 && answer.status < 500);
    answer_done(&answer);
    ov_wiping_free(text); /* the API has given jansson its allocator */
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* The value of a member with the marker in it, as text, list and the members of an object. */
static json_t *marked(const json_t *member)
{
    const char *kind = text_of(member, "kind");
    if (strcmp(kind, "array") == 0)
        return json_pack("[s]", MARKER);
    if (strcmp(kind, "object") == 0) {
        json_t *object = json_object();
        const json_t *inner = NULL;
        size_t i = 0;
        json_array_foreach(json_object_get(member, "members"), i, inner)
            json_object_set_new(object, text_of(inner, "name"), marked(inner));
        return object;
    }
    return json_string(MARKER);
}

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

static void test_a_name_in_any_member_of_any_body_is_in_no_log_and_no_event(void **state)
{
    (void)state;
    const json_t *body = NULL;
    const json_t *member = NULL;
    size_t i = 0;
    size_t j = 0;
    json_array_foreach(described, i, body)
    {
        const json_t *members = json_object_get(body, "members");
        json_t *all = json_object();
        json_array_foreach(members, j, member)
        {
            json_t *one = sample_of(members); /* so that no other member is refused first */
            json_object_set_new(one, text_of(member, "name"), marked(member));
            type_body(text_of(body, "method"), text_of(body, "path"), one);
            json_decref(one);
            json_object_set_new(all, text_of(member, "name"), marked(member));
        }
        json_object_set_new(all, MARKER, json_string(MARKER));
        type_body(text_of(body, "method"), text_of(body, "path"), all);
        json_decref(all);
    }
    assert_left_nowhere(MARKER);
}

static void test_a_name_in_a_path_a_parameter_or_a_header_is_in_no_log_and_no_event(void **state)
{
    (void)state;
    static const char *const parameters[] = {"after", "limit", "state", "part", MARKER};
    static const char *const headers[] = {"Content-Type: application/json",
                                          "Idempotency-Key: " MARKER, "User-Agent: " MARKER,
                                          "Referer: " MARKER, NULL};
    size_t count = 0;
    const struct route *table = route_table(&count);
    for (size_t i = 0; i < count; i++) {
        char path[512];
        const char *method = request_method_name(table[i].method);
        path_of(table[i].pattern, MARKER, path, sizeof(path));
        bool has_body = table[i].body == BODY_JSON;
        struct answer answer = client_send(omni, method, path, has_body ? headers : NULL,
                                           has_body ? "{}" : NULL, has_body ? 2 : 0);
        assert_true(answer.status >= 200 && answer.status < 500);
        answer_done(&answer);
        for (size_t j = 0; table[i].method == METHOD_GET && j < 5; j++) {
            path_of(table[i].pattern, "marked", path, sizeof(path) - 64);
            (void)snprintf(path + strlen(path), 64, "?%s=" MARKER, parameters[j]);
            answer = client_get(omni, path);
            assert_true(answer.status >= 400 && answer.status < 500);
            answer_done(&answer);
        }
    }
    expect(client_get(omni, "/v1/" MARKER), 404, "request.unknown_path");
    expect(client_get(omni, "/" MARKER), 404, "request.unknown_path");
    assert_left_nowhere(MARKER);
}

/* Proposed with everything that may be said of somebody, right and wrong; approved; withdrawn. */
static void test_what_is_said_of_a_person_on_a_list_is_in_no_file_of_the_database(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "priority", "justification",  "legal_basis", "image_source", "image_date", "birth_date",
        "expiry",   "consent_digest", "override",    "category",     "response",   SUBJECT};
    make_deployment("listed");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char entry[512];
        (void)snprintf(entry, sizeof(entry), "{%s,\"%s\":\"" SUBJECT "\"}", GOOD, texts[i]);
        struct answer answer =
            client_add(ada, "listed", entry, bed.portraits[0].data, bed.portraits[0].size);
        assert_true(answer.status < 500);
        answer_done(&answer);
    }
    struct answer added = client_add(ada, "listed", "{" GOOD ",\"justification\":\"" SUBJECT "\"}",
                                     bed.portraits[1].data, bed.portraits[1].size);
    answer_done(&added); /* a further image of the one above, or another's: either is fine */
    assert_true(pg_value(bed.pg, "owner", "SELECT count(*) FROM watchlist.entry") >= 1);
    (void)client_approve_all(ben, "listed");
    expect(client_post(omni, "/v1/membership",
                       "{\"request\":\"SAR-7\",\"deployment\":\"listed\",\"reference\":\"" SUBJECT
                       "\"}"),
           201, NULL);
    pg_sql(bed.pg, "admin", "CHECKPOINT");
    assert_true(in_data("", MARKER)); /* the search finds what may be there: the purpose */
    assert_false(in_data("", SUBJECT));
    assert_left_nowhere(SUBJECT);
    expect(client_post(ben, "/v1/deployments/listed/stop", "{}"), 200, NULL);
    pg_sql(bed.pg, "admin", "CHECKPOINT");
    assert_false(in_data("", SUBJECT));
    assert_left_nowhere(SUBJECT);
}

int run_marker_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_name_in_any_member_of_any_body_is_in_no_log_and_no_event),
        cmocka_unit_test(test_a_name_in_a_path_a_parameter_or_a_header_is_in_no_log_and_no_event),
        cmocka_unit_test(test_what_is_said_of_a_person_on_a_list_is_in_no_file_of_the_database),
    };
    return cmocka_run_group_tests_name("marker", tests, setup, teardown);
}

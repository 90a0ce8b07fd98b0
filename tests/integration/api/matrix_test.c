/*
 * Every role tries every action, against the real API: each route of the table, each role's person.
 * What is to be allowed comes from the one table of permissions, which the unit tests spell out
 * once more; that the rules behind a route ask for the same action shows here too. A new route is
 * part of this without anybody thinking of it.
 */
#include "tests/integration/api/tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/api/route.h"
#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"
#include "tests/integration/api/paths.h"

static const char *const jpeg_headers[] = {"Content-Type: image/jpeg", "Overt-Entry: e30", NULL};
static const char *const json_headers[] = {"Content-Type: application/json", NULL};

static struct answer try_route(struct client *client, const struct route *route)
{
    char path[512];
    path_of_nothing(route->pattern, path, sizeof(path));
    const char *method = request_method_name(route->method);
    switch (route->body) {
    case BODY_NONE:
        return client_send(client, method, path, NULL, NULL, 0);
    case BODY_JSON:
        return client_send(client, method, path, json_headers, "{}", 2);
    case BODY_JPEG:
        break;
    }
    return client_send(client, method, path, jpeg_headers, "x", 1);
}

static bool is_refused(const struct answer *answer)
{
    return answer->status == 403 &&
           strcmp(answer_text(answer, "error.code"), "permission.denied") == 0;
}

/* Tries all routes; returns how many of them this role may use. */
static size_t try_all(struct client *client, unsigned roles, const char *who)
{
    size_t count = 0;
    size_t allowed = 0;
    const struct route *table = route_table(&count);
    const struct actor actor = {
        .principal = {
            .kind = PRINCIPAL_PERSON, .active = true, .name = "somebody", .roles = roles}};
    for (size_t i = 0; i < count; i++) {
        bool may = check_permission(&actor, table[i].action, NULL) == OV_OK;
        struct answer answer = try_route(client, &table[i]);
        if (answer.status == 0 || answer.status >= 500 || is_refused(&answer) == may)
            fail_msg("%s %s as %s: status %ld %s; %s", request_method_name(table[i].method),
                     table[i].pattern, who, answer.status, answer_text(&answer, "error.code"),
                     may ? "is allowed" : "is not allowed");
        answer_done(&answer);
        allowed += may ? 1 : 0;
    }
    return allowed;
}

static void test_each_role_may_use_the_routes_of_its_actions_and_no_others(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        unsigned role = 1u << i;
        char name[64];
        char identity[96];
        if (role == ROLE_SITE)
            continue;
        (void)snprintf(name, sizeof(name), "only-%s", role_name((enum role)role));
        for (char *at = strchr(name, '_'); at != NULL; at = strchr(at, '_'))
            *at = '-';
        bed_pki("person", name, NULL);
        (void)pg_seed_person(bed.store, name, role);
        (void)snprintf(identity, sizeof(identity), "person-%s", name);
        struct client *client = client_new(identity);
        size_t allowed = try_all(client, role, name);
        assert_true(allowed > 0);
        print_message("%s may use %zu routes\n", role_name((enum role)role), allowed);
        client_free(client);
    }
}

static void test_somebody_without_a_role_may_use_none(void **state)
{
    (void)state;
    bed_pki("person", "idle", NULL);
    (void)pg_seed_person(bed.store, "idle", 0);
    struct client *client = client_new("person-idle");
    assert_int_equal(try_all(client, 0, "idle"), 0);
    client_free(client);
}

/* Who is no active person is told so before it is asked what they want. */
static void test_sites_strangers_and_suspended_people_get_no_further(void **state)
{
    (void)state;
    static const struct {
        const char *identity;
        const char *code;
    } refused[] = {
        {"site-north", "identity.not_a_person"},
        {"person-ghost", "identity.unknown"},
        {"person-ina", "identity.unknown"},
    };
    size_t count = 0;
    const struct route *table = route_table(&count);
    for (size_t who = 0; who < sizeof(refused) / sizeof(refused[0]); who++) {
        struct client *client = client_new(refused[who].identity);
        for (size_t i = 0; i < count; i++)
            expect(try_route(client, &table[i]), 403, refused[who].code);
        client_free(client);
    }
}

static void test_every_action_has_a_route(void **state)
{
    (void)state;
    size_t count = 0;
    const struct route *table = route_table(&count);
    for (int action = 0; action <= ACTION_STATUS_SEE; action++) {
        bool routed = false;
        for (size_t i = 0; i < count && !routed; i++)
            routed = table[i].action == (enum action)action;
        if (!routed)
            fail_msg("no route: %s", action_name((enum action)action));
    }
}

int run_matrix_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_role_may_use_the_routes_of_its_actions_and_no_others),
        cmocka_unit_test(test_somebody_without_a_role_may_use_none),
        cmocka_unit_test(test_sites_strangers_and_suspended_people_get_no_further),
        cmocka_unit_test(test_every_action_has_a_route),
    };
    return cmocka_run_group_tests_name("matrix", tests, NULL, NULL);
}

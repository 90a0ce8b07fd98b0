/* Who may act, and whether somebody was listed: with overtctl alone. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "tests/integration/ctl/office.h"

/* The id in a command's answer. */
static void id_of(const struct said *said, char ret_id[OV_ID_TEXT_SIZE])
{
    json_t *json = json_loadb(said->out.data, said->out.length, 0, NULL);
    const char *id = json_string_value(json_object_get(json, "id"));
    if (id == NULL)
        fail_msg("exit %d: %s%s", said->status, said->out.data, said->err.data);
    (void)snprintf(ret_id, OV_ID_TEXT_SIZE, "%s", id);
    json_decref(json);
}

static void a_person_is_let_in_by_two_administrators(void **state)
{
    struct office *office = *state;
    char id[OV_ID_TEXT_SIZE];
    office_expect(office, "eve", 1, "identity.unknown", "status", NULL);
    office_expect(office, "cleo", 1, "permission.denied", "people", "list", NULL);
    office_expect(office, "ada", 2, "usage.option", "people", "add", "eve", NULL);
    struct said said = office_run(office, "ada", NULL, "--json", "people", "add", "eve", "--role",
                                  "adjudicator", "--role", "engagement_officer", NULL);
    assert_int_equal(said.status, 0);
    id_of(&said, id);
    said_free(&said);
    office_expect(office, "ada", 1, "people.same_person", "--yes", "people", "confirm", id, NULL);
    office_expect(office, "ben", 2, "usage.confirm", "people", "confirm", id, NULL);

    /* On a terminal it is shown what is confirmed; no is no. */
    said = office_on_terminal(office, "ben", "no\n", "people", "confirm", id, NULL);
    assert_int_equal(said.status, 2);
    assert_true(said_has(&said.out, "ada proposes to add the person eve"));
    assert_true(said_has(&said.out, "adjudicator, engagement_officer"));
    said_free(&said);
    office_expect(office, "eve", 1, "identity.unknown", "status", NULL);
    said = office_run(office, "ben", NULL, "people", "list", NULL);
    assert_true(said_has(&said.out, "waiting for another administrator"));
    assert_true(said_has(&said.out, id));
    said_free(&said);
    office_expect(office, "ben", 0, NULL, "--yes", "people", "confirm", id, NULL);
    office_expect(office, "eve", 0, NULL, "status", NULL);
}

static void one_administrator_locks_out_and_two_let_in_again(void **state)
{
    struct office *office = *state;
    char id[OV_ID_TEXT_SIZE];
    office_expect(office, "ben", 0, NULL, "people", "revoke", "eve", "--role", "adjudicator", NULL);
    office_expect(office, "ben", 1, "people.not_held", "people", "revoke", "eve", "--role",
                  "adjudicator", NULL);
    office_expect(office, "ben", 0, NULL, "people", "suspend", "eve", "--reason", "lost_card",
                  NULL);
    office_expect(office, "eve", 1, "identity.unknown", "status", NULL);
    struct said said =
        office_run(office, "ben", NULL, "--json", "people", "reactivate", "eve", NULL);
    id_of(&said, id);
    said_free(&said);
    office_expect(office, "ada", 0, NULL, "--yes", "people", "confirm", id, NULL);
    office_expect(office, "eve", 0, NULL, "status", NULL);
}

static void suspending_oversight_shows_in_everybodys_status(void **state)
{
    struct office *office = *state;
    char id[OV_ID_TEXT_SIZE];
    office_expect(office, "ada", 0, NULL, "people", "suspend", "olga", NULL);
    struct said said = office_run(office, "cleo", NULL, "status", NULL);
    assert_true(said_has(&said.out, "oversight.suspended"));
    said_free(&said);
    said = office_run(office, "ben", NULL, "--json", "alarms", NULL);
    json_t *json = json_loadb(said.out.data, said.out.length, 0, NULL);
    const json_t *alarm = NULL;
    size_t i = 0;
    id[0] = '\0';
    json_array_foreach(json_object_get(json, "alarms"), i, alarm)
    {
        if (strcmp(json_string_value(json_object_get(alarm, "code")), "oversight.suspended") == 0)
            (void)snprintf(id, sizeof(id), "%s", json_string_value(json_object_get(alarm, "id")));
    }
    json_decref(json);
    said_free(&said);
    office_expect(office, "ada", 1, "alarm.same_person", "alarm", "clear", id, NULL);
    office_expect(office, "ben", 0, NULL, "alarm", "clear", id, NULL);
    said = office_run(office, "ada", NULL, "--json", "people", "reactivate", "olga", NULL);
    id_of(&said, id);
    said_free(&said);
    office_expect(office, "ben", 0, NULL, "--yes", "people", "confirm", id, NULL);
}

static void a_membership_query_takes_two_and_its_reference_comes_on_standard_input(void **state)
{
    struct office *office = *state;
    char id[OV_ID_TEXT_SIZE];
    struct said said = office_run(office, "dora", SECRET_REFERENCE "0\n", "--json", "membership",
                                  "ask", "2026-05-01", "--request", "SAR-2026-117", NULL);
    id_of(&said, id);
    said_free(&said);
    office_expect(office, "dora", 2, "membership.reference", "membership", "ask", "2026-05-01",
                  "--request", "SAR-2026-118", NULL); /* standard input is empty */
    said = office_run(office, "hana", SECRET_REFERENCE "1\n", "membership", "confirm", id, NULL);
    assert_int_equal(said.status, 1);
    assert_true(said_has(&said.err, "(membership.differs)"));
    said_free(&said);
    said = office_run(office, "hana", SECRET_REFERENCE "0\n", "membership", "confirm", id, NULL);
    assert_int_equal(said.status, 0);
    assert_true(said_has(&said.out, "request SAR-2026-117: no"));
    said_free(&said);
    said = office_run(office, "hana", NULL, "membership", "list", NULL);
    assert_true(said_has(&said.out, "SAR-2026-117"));
    assert_true(said_has(&said.out, "answered"));
    said_free(&said);
}

const struct CMUnitTest people_tests[] = {
    cmocka_unit_test(a_person_is_let_in_by_two_administrators),
    cmocka_unit_test(one_administrator_locks_out_and_two_let_in_again),
    cmocka_unit_test(suspending_oversight_shows_in_everybodys_status),
    cmocka_unit_test(a_membership_query_takes_two_and_its_reference_comes_on_standard_input),
};
const size_t people_test_count = sizeof(people_tests) / sizeof(people_tests[0]);

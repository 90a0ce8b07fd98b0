/* An answer that gets lost: nothing is done twice, and it is said when it stays lost. */
#include "tests/integration/ctl/office.h"

#include "tests/integration/ctl/line.h"

#define NAME "North gate, 1/May?" /* made, and authorised, by the tests of lists */

#define SITES "SELECT count(*) FROM overt.site WHERE name LIKE 'lost-%'"

static void add_site(struct office *office, int to_lose, const char *name, int status,
                     const char *code)
{
    struct line line;
    int port = office->world.api_port;
    line_start(&line, port, 0, to_lose);
    office->world.api_port = line.port;
    office_expect(office, "ada", status, code, "site", "add", name, NULL);
    office->world.api_port = port;
    line_stop(&line);
    assert_int_equal(line.connections, 2);
}

static void a_lost_answer_is_asked_for_again_and_nothing_is_done_twice(void **state)
{
    struct office *office = *state;
    /* Sent again without its key, the second would be told that there is such a site. */
    add_site(office, 1, "lost-once", 0, NULL);
    assert_int_equal(world_psql_number(&office->world, SITES), 1);
}

static void an_answer_lost_twice_is_said_to_be_lost(void **state)
{
    struct office *office = *state;
    add_site(office, 2, "lost-twice", 4, "net.lost");
    assert_int_equal(world_psql_number(&office->world, SITES), 2);
}

/* The settings are read, the change is drawn up, and then it is made: that answer is lost. */
static void a_change_of_settings_whose_answer_is_lost_is_made_once(void **state)
{
    struct office *office = *state;
    struct line line;
    int port = office->world.api_port;
    line_start(&line, port, 2, 1);
    office->world.api_port = line.port;
    office_expect(office, "ada", 0, NULL, "--yes", "deployment", "change", NAME, "--threshold",
                  "0.501", "--reason", "fewer false alerts", NULL);
    office->world.api_port = port;
    line_stop(&line);
    assert_int_equal(line.connections, 4);
    assert_int_equal(
        world_psql_number(&office->world, "SELECT count(*) FROM overt.settings_change"), 1);
}

const struct CMUnitTest lost_tests[] = {
    cmocka_unit_test(a_lost_answer_is_asked_for_again_and_nothing_is_done_twice),
    cmocka_unit_test(an_answer_lost_twice_is_said_to_be_lost),
};
const size_t lost_test_count = sizeof(lost_tests) / sizeof(lost_tests[0]);

const struct CMUnitTest lost_change_tests[] = {
    cmocka_unit_test(a_change_of_settings_whose_answer_is_lost_is_made_once),
};
const size_t lost_change_test_count = sizeof(lost_change_tests) / sizeof(lost_change_tests[0]);

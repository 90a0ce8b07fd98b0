/* The keeper's table: what is due runs, and one task's failure is its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "server/retention/tasks.h"
#include "server/service/service.h"

static int broken_runs;
static int good_runs;
static int rare_runs;

static enum ov_status broken(struct service *service, struct ov_error *err)
{
    (void)service;
    broken_runs++;
    return ov_fail(err, OV_ERR_IO, "test.broken", "this one always fails");
}

static enum ov_status good(struct service *service, struct ov_error *err)
{
    (void)service;
    assert_int_equal(err->status, OV_OK); /* nobody else's error */
    assert_string_equal(err->code, "");
    good_runs++;
    return OV_OK;
}

static enum ov_status rare(struct service *service, struct ov_error *err)
{
    (void)service;
    (void)err;
    rare_runs++;
    return OV_OK;
}

static const struct keeper_task table[] = {
    {"broken", 1, broken, false}, {"good", 1, good, false}, {"rare", 60, rare, true}};
#define COUNT (sizeof(table) / sizeof(table[0]))

static int setup(void **state)
{
    (void)state;
    broken_runs = good_runs = rare_runs = 0;
    return 0;
}

static void a_task_that_fails_stops_no_other(void **state)
{
    (void)state;
    struct service service = {.store = NULL};
    struct task_state states[COUNT];
    memset(states, 0, sizeof(states));
    for (int64_t second = 1; second <= 3; second++)
        keeper_tasks_run(table, states, COUNT, &service, second * OV_US_PER_S);
    assert_int_equal(broken_runs, 3); /* and is tried again itself */
    assert_int_equal(good_runs, 3);
    assert_true(states[0].failing);
    assert_false(states[1].failing);
}

static void a_task_runs_at_once_and_then_when_it_is_due(void **state)
{
    (void)state;
    struct service service = {.store = NULL};
    struct task_state states[COUNT];
    memset(states, 0, sizeof(states));
    for (int64_t second = 1; second <= 120; second++)
        keeper_tasks_run(table, states, COUNT, &service, second * OV_US_PER_S);
    assert_int_equal(rare_runs, 2);
    keeper_tasks_run(table, states, COUNT, &service, 121 * OV_US_PER_S);
    assert_int_equal(rare_runs, 3);
}

static void a_machine_that_slept_catches_up_with_one_run(void **state)
{
    (void)state;
    struct service service = {.store = NULL};
    struct task_state states[COUNT];
    memset(states, 0, sizeof(states));
    keeper_tasks_run(table, states, COUNT, &service, OV_US_PER_S);
    keeper_tasks_run(table, states, COUNT, &service, 86400 * OV_US_PER_S);
    assert_int_equal(good_runs, 2);
    assert_int_equal(rare_runs, 2);
}

static void what_judges_ages_waits_after_a_jump_of_the_clock(void **state)
{
    (void)state;
    struct service service = {.store = NULL};
    struct task_state states[COUNT];
    memset(states, 0, sizeof(states));
    keeper_tasks_postpone(table, states, COUNT, OV_US_PER_S, 600);
    keeper_tasks_run(table, states, COUNT, &service, 600 * OV_US_PER_S);
    assert_int_equal(good_runs, 1);
    assert_int_equal(rare_runs, 0);
    keeper_tasks_run(table, states, COUNT, &service, 601 * OV_US_PER_S);
    assert_int_equal(rare_runs, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_task_that_fails_stops_no_other, setup),
        cmocka_unit_test_setup(a_task_runs_at_once_and_then_when_it_is_due, setup),
        cmocka_unit_test_setup(what_judges_ages_waits_after_a_jump_of_the_clock, setup),
        cmocka_unit_test_setup(a_machine_that_slept_catches_up_with_one_run, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

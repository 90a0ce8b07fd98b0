/*
 * The server is killed with SIGKILL, again and again, under load: at random moments, and at the
 * moment that matters most, between the commit of an alert and its way to the site.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/base/bytes.h"
#include "tests/integration/days/invariants.h"
#include "tests/integration/days/load.h"

#define KILLS 30
#define LIMIT_MS 60000

struct day {
    struct world world;
    struct faces faces;
    struct ov_id deployment;
};

static struct day day;
/* Each loads the models: a restart is quicker with fewer. */
static const char few_workers[] = "[matching]\nalert_workers = 2\napi_workers = 1\n";

static int scaled(const char *name, int fallback)
{
    const char *text = getenv(name);
    int64_t value = fallback;
    if (text != NULL && ov_parse_i64(text, 0, INT32_MAX, &value) != OV_OK)
        value = fallback;
    return (int)value;
}

static int group_setup(void **state)
{
    *state = &day;
    world_new(&day.world);
    faces_load(&day.faces, day.world.deps);
    world_start_overtd(&day.world, few_workers);
    world_go_live(&day.world, "bad-day", "north", 0, &day.deployment);
    return 0;
}

static int group_teardown(void **state)
{
    int status = day.world.overtd > 0 ? world_stop_overtd(&day.world) : 0;
    faces_free(&day.faces);
    world_free(&day.world);
    return status;
}

/* As soon as one more batch is acknowledged: its alerts are committed, and hardly pushed yet. */
static void run_until_commit(struct load *load)
{
    size_t before = load->acked_count;
    for (int i = 0; i < 1000 && load->acked_count == before; i++)
        load_run(load, 1);
}

static void killed_again_and_again(void **state)
{
    int kills = KILLS * scaled("OVERT_TEST_SCALE", 100) / 100;
    unsigned seed = (unsigned)scaled("OVERT_TEST_SEED", 20260501);
    struct load load;
    load_init(&load, &day.world, &day.faces, "north");
    for (int i = 0; i < kills; i++) {
        if (i % 2 == 0)
            load_run(&load, rand_r(&seed) % 400);
        else
            run_until_commit(&load);
        world_kill_overtd(&day.world);
        load_drop(&load);
        world_start_overtd(&day.world, few_workers);
    }
    assert_true(load_drain(&load, LIMIT_MS));
    print_message("%d kills, %zu matches\n", kills, load.match_count);
    assert_each_match_has_one_alert(&load);
    /* A key made for an alert whose transaction never committed opens nothing. */
    print_message("%ld keys without an alert\n", vault_orphans(&day.world));
    load_done(&load);
}

/* Committed, never seen by the site, the server dies: the site gets it when both are back. */
static void committed_alert_outlives_the_server(void **state)
{
    struct load load;
    load_init(&load, &day.world, &day.faces, "north");
    load.answers_alerts = false;
    load_run(&load, 500);
    assert_true(load.acked_count > 0);
    world_kill_overtd(&day.world);
    load_drop(&load);
    for (size_t i = 0; i < load.match_count; i++)
        load.matches[i].alerted = false; /* as if nothing had come */
    load.alert_count = 0;
    load.answers_alerts = true;
    world_start_overtd(&day.world, few_workers);
    assert_true(load_drain(&load, LIMIT_MS));
    assert_each_match_has_one_alert(&load);
    load_done(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(committed_alert_outlives_the_server),
        cmocka_unit_test(killed_again_and_again),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}

/* What the registry and the tally promise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/match/registry.h"
#include "server/match/tally.h"
#include "tests/unit/match/rows.h"

struct fake_time {
    int64_t utc_us;
    int64_t mono_us;
};

static int64_t fake_utc(void *ctx)
{
    return ((struct fake_time *)ctx)->utc_us;
}

static int64_t fake_mono(void *ctx)
{
    return ((struct fake_time *)ctx)->mono_us;
}

static struct gallery *make_gallery(uint32_t templates)
{
    uint64_t seed = 3;
    float row[ROWS_DIMENSION];
    struct gallery *gallery = NULL;
    struct gallery_builder *builder = gallery_builder_new(ROWS_DIMENSION, NULL);
    for (uint32_t t = 0; t < templates; t++) {
        struct ov_id id = rows_id(t);
        rows_fill(row, &seed);
        assert_int_equal(gallery_builder_add(builder, &id, &id, row, NULL), OV_OK);
    }
    assert_int_equal(gallery_build(builder, &gallery, NULL), OV_OK);
    return gallery;
}

static struct deployment make_deployment(uint32_t number)
{
    struct deployment deployment = {.id = rows_id(number),
                                    .state = DEPLOYMENT_LIVE,
                                    .starts_at_us = 1000,
                                    .ends_at_us = 2000,
                                    .threshold = 0.5f};
    return deployment;
}

static void a_held_target_survives_its_replacement(void **state)
{
    struct fake_time time = {0, 0};
    struct ov_clock clock = {fake_utc, fake_mono, &time};
    struct registry *registry = registry_new(&clock);
    struct deployment deployment = make_deployment(1);
    assert_int_equal(registry_put(registry, &deployment, make_gallery(3)), OV_OK);
    struct target *held = registry_get(registry, &deployment.id);
    deployment.threshold = 0.7f;
    assert_int_equal(registry_put(registry, &deployment, make_gallery(5)), OV_OK);
    struct target *newer = registry_get(registry, &deployment.id);
    assert_int_equal(gallery_templates(held->gallery), 3);
    assert_true(held->deployment.threshold < 0.6f);
    assert_int_equal(gallery_templates(newer->gallery), 5);
    registry_remove(registry, &deployment.id);
    assert_null(registry_get(registry, &deployment.id));
    assert_int_equal(gallery_templates(newer->gallery), 5);
    target_release(newer);
    target_release(target_retain(held));
    target_release(held);
    registry_free(registry);
}

static void what_is_not_running_any_more_is_removed(void **state)
{
    struct fake_time time = {0, 0};
    struct ov_clock clock = {fake_utc, fake_mono, &time};
    struct registry *registry = registry_new(&clock);
    struct registry_totals totals;
    for (uint32_t i = 1; i <= 20; i++) {
        struct deployment deployment = make_deployment(i);
        assert_int_equal(registry_put(registry, &deployment, make_gallery(2)), OV_OK);
    }
    registry_totals(registry, &totals);
    assert_int_equal(totals.galleries, 20);
    assert_int_equal(totals.templates, 40);
    struct ov_id kept[] = {rows_id(4), rows_id(17), rows_id(99)};
    assert_int_equal(registry_keep_only(registry, kept, 3), 18);
    registry_totals(registry, &totals);
    assert_int_equal(totals.galleries, 2);
    struct target *target = registry_get(registry, &kept[1]);
    assert_non_null(target);
    target_release(target);
    assert_null(registry_await(registry, &kept[2], 10));
    registry_free(registry);
}

static void a_target_is_live_only_inside_its_window(void **state)
{
    struct fake_time time = {0, 0};
    struct ov_clock clock = {fake_utc, fake_mono, &time};
    struct registry *registry = registry_new(&clock);
    struct deployment deployment = make_deployment(1);
    assert_int_equal(registry_put(registry, &deployment, make_gallery(0)), OV_OK);
    struct target *target = registry_get(registry, &deployment.id);
    assert_false(target_is_live(target, 999));
    assert_true(target_is_live(target, 1000));
    assert_true(target_is_live(target, 1999));
    assert_false(target_is_live(target, 2000));
    target->deployment.state = DEPLOYMENT_PAUSED;
    assert_false(target_is_live(target, 1500));
    target_release(target);
    registry_free(registry);
}

static void authority_by_word_of_mouth_ends_when_it_is_due_in_writing(void **state)
{
    struct fake_time time = {0, 0};
    struct ov_clock clock = {fake_utc, fake_mono, &time};
    struct registry *registry = registry_new(&clock);
    struct deployment deployment = make_deployment(1);
    deployment.authority = AUTHORITY_ORAL;
    deployment.written_due_at_us = 1500;
    assert_int_equal(registry_put(registry, &deployment, make_gallery(0)), OV_OK);
    struct target *target = registry_get(registry, &deployment.id);
    assert_true(target_is_live(target, 1499));
    assert_false(target_is_live(target, 1500));
    target->deployment.authority = AUTHORITY_WRITTEN;
    assert_true(target_is_live(target, 1500));
    target_release(target);
    registry_free(registry);
}

static void authority_that_was_never_confirmed_is_infinitely_old(void **state)
{
    struct fake_time time = {0, 5000};
    struct ov_clock clock = {fake_utc, fake_mono, &time};
    struct registry *registry = registry_new(&clock);
    assert_true(registry_unconfirmed_us(registry) == INT64_MAX);
    registry_confirm(registry, 5000);
    time.mono_us = 7500;
    assert_int_equal(registry_unconfirmed_us(registry), 2500);
    registry_free(registry);
}

static void a_confirmation_is_as_old_as_its_question(void **state)
{
    struct fake_time time = {0, 60000000};
    struct ov_clock clock = {fake_utc, fake_mono, &time};
    struct registry *registry = registry_new(&clock);
    registry_confirm(registry, 20000000); /* the answer took 40 seconds */
    assert_true(registry_unconfirmed_us(registry) > REGISTRY_SEARCH_LIMIT_US);
    registry_free(registry);
}

static void a_minute_is_taken_once_and_only_when_it_is_over(void **state)
{
    struct fake_time time = {10 * TALLY_MINUTE_US + 5, 0};
    struct ov_clock clock = {fake_utc, fake_mono, &time};
    struct tally *tally = tally_new(&clock);
    struct ov_id deployment = rows_id(1);
    struct ov_id site = rows_id(2);
    struct tally_step step = {.probes_compared = 7, .alerts = 1};
    struct server_counts counts;
    struct tally_totals totals;
    tally_add(tally, &deployment, &site, &step);
    tally_add(tally, &deployment, &site, &step);
    assert_int_equal(tally_take(tally, false, &counts), OV_ERR_NOT_FOUND);
    time.utc_us += TALLY_MINUTE_US;
    tally_add(tally, &deployment, &site, &step);
    assert_int_equal(tally_take(tally, false, &counts), OV_OK);
    assert_int_equal(counts.minute_us, 10 * TALLY_MINUTE_US);
    assert_int_equal(counts.probes_compared, 14);
    assert_int_equal(counts.alerts, 2);
    assert_int_equal(tally_take(tally, false, &counts), OV_ERR_NOT_FOUND);
    assert_int_equal(tally_take(tally, true, &counts), OV_OK);
    assert_int_equal(counts.probes_compared, 7);
    tally_put_back(tally, &counts);
    assert_int_equal(tally_take(tally, true, &counts), OV_OK);
    assert_int_equal(counts.minute_us, 11 * TALLY_MINUTE_US);
    tally_totals(tally, &totals);
    assert_int_equal(totals.probes_compared, 21);
    tally_free(tally);
}

/* The database keeps the first writing of a run's minute: a second one has to be of another run. */
static void a_minute_that_comes_again_is_counted_apart(void **state)
{
    struct fake_time time = {10 * TALLY_MINUTE_US + 5, 0};
    struct ov_clock clock = {fake_utc, fake_mono, &time};
    struct tally *tally = tally_new(&clock);
    struct ov_id deployment = rows_id(1);
    struct ov_id site = rows_id(2);
    struct tally_step step = {.probes_compared = 7};
    struct server_counts first;
    struct server_counts again;
    tally_add(tally, &deployment, &site, &step);
    time.utc_us += TALLY_MINUTE_US;
    assert_int_equal(tally_take(tally, false, &first), OV_OK);
    time.utc_us -= TALLY_MINUTE_US;
    tally_add(tally, &deployment, &site, &step);
    tally_add(tally, &deployment, &site, &step);
    tally_put_back(tally, &first); /* what could not be stored stays what it was */
    time.utc_us += TALLY_MINUTE_US;
    assert_int_equal(tally_take(tally, false, &again), OV_OK);
    assert_int_equal(again.minute_us, first.minute_us);
    assert_int_equal(again.probes_compared, 14);
    assert_false(ov_id_equal(&again.server_run, &first.server_run));
    assert_int_equal(tally_take(tally, false, &again), OV_OK);
    assert_int_equal(again.probes_compared, 7);
    assert_true(ov_id_equal(&again.server_run, &first.server_run));
    assert_int_equal(tally_take(tally, true, &again), OV_ERR_NOT_FOUND);
    tally_free(tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_held_target_survives_its_replacement),
        cmocka_unit_test(what_is_not_running_any_more_is_removed),
        cmocka_unit_test(a_target_is_live_only_inside_its_window),
        cmocka_unit_test(authority_by_word_of_mouth_ends_when_it_is_due_in_writing),
        cmocka_unit_test(authority_that_was_never_confirmed_is_infinitely_old),
        cmocka_unit_test(a_confirmation_is_as_old_as_its_question),
        cmocka_unit_test(a_minute_is_taken_once_and_only_when_it_is_over),
        cmocka_unit_test(a_minute_that_comes_again_is_counted_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

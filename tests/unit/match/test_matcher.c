/*
 * The matchers with real galleries and real threads: every job comes back, with the right answer,
 * while galleries are swapped under them. Run under TSan too.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/queue.h"
#include "server/match/matcher.h"
#include "server/vault/rotation_cache.h"
#include "server/vault/rotation_make.h"
#include "tests/unit/match/rows.h"

#define PEOPLE 40u
#define JOBS 300u
#define PROBES_PER_JOB 5u
#define ENDS_AT_US INT64_C(1000)

struct fixture {
    struct ov_clock clock; /* the test's own, see below */
    _Atomic int64_t utc_us;
    _Atomic int64_t mono_us;
    float people[PEOPLE][ROWS_DIMENSION]; /* as cameras see them */
    struct rotation *rotation;
    struct registry *registry;
    struct tally *tally;
    struct ov_queue *done;
    struct matchers *matchers;
    atomic_bool swapping;
};

static int64_t fake_utc(void *ctx)
{
    return atomic_load(&((struct fixture *)ctx)->utc_us);
}

static int64_t fake_mono(void *ctx)
{
    return atomic_load(&((struct fixture *)ctx)->mono_us);
}

static void on_matched(void *ctx, struct match_job *take_job)
{
    struct fixture *fixture = ctx;
    assert_int_equal(ov_queue_push(fixture->done, take_job, OV_WAIT_FOREVER), OV_OK);
}

/* The list of all, in an order that depends on turn. */
static struct gallery *make_gallery(const struct fixture *fixture, uint32_t turn)
{
    struct gallery *gallery = NULL;
    struct gallery_builder *builder = gallery_builder_new(ROWS_DIMENSION, fixture->rotation);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        uint32_t person = (i + turn) % PEOPLE;
        struct ov_id id = rows_id(person);
        float turned[ROWS_DIMENSION];
        rotation_apply(fixture->rotation, fixture->people[person], 1, turned);
        assert_int_equal(gallery_builder_add(builder, &id, &id, turned, NULL), OV_OK);
    }
    assert_int_equal(gallery_build(builder, &gallery, NULL), OV_OK);
    return gallery;
}

static struct deployment make_deployment(uint32_t number)
{
    struct deployment deployment = {.id = rows_id(number),
                                    .state = DEPLOYMENT_LIVE,
                                    .starts_at_us = 0,
                                    .ends_at_us = ENDS_AT_US,
                                    .threshold = 0.6f};
    return deployment;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    uint64_t seed = 4711;
    assert_non_null(fixture);
    for (uint32_t i = 0; i < PEOPLE; i++)
        rows_fill(fixture->people[i], &seed);
    struct ov_secret rotation_seed = OV_SECRET_INIT;
    assert_int_equal(ov_secret_new(&rotation_seed, ROTATION_SEED_BYTES), OV_OK);
    assert_int_equal(rotation_new(&rotation_seed, ROWS_DIMENSION, &fixture->rotation, NULL), OV_OK);
    ov_secret_free(&rotation_seed);
    fixture->clock = (struct ov_clock){fake_utc, fake_mono, fixture};
    fixture->registry = registry_new(&fixture->clock);
    registry_confirm(fixture->registry, 0);
    fixture->tally = tally_new(&fixture->clock);
    fixture->done = ov_queue_new(JOBS);
    for (uint32_t d = 1; d <= 2; d++) {
        struct deployment deployment = make_deployment(d);
        assert_int_equal(registry_put(fixture->registry, &deployment, make_gallery(fixture, d)),
                         OV_OK);
    }
    struct matchers_options options = {.registry = fixture->registry,
                                       .tally = fixture->tally,
                                       .clock = &fixture->clock,
                                       .threads = 2,
                                       .queue_capacity = JOBS,
                                       .on_matched = on_matched,
                                       .ctx = fixture};
    assert_int_equal(matchers_start(&options, &fixture->matchers, NULL), OV_OK);
    *state = fixture;
    return 0;
}

static void free_job(void *job)
{
    match_job_free(job);
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    matchers_stop(fixture->matchers);
    ov_queue_free(fixture->done, free_job);
    registry_free(fixture->registry);
    tally_free(fixture->tally);
    rotation_unref(fixture->rotation);
    free(fixture);
    return 0;
}

/* Probe 0 shows person number % PEOPLE, the others nobody. */
static struct match_job *make_job(const struct fixture *fixture, uint32_t number,
                                  uint32_t deployment)
{
    uint64_t seed = 1000 + number;
    struct match_job *job = match_job_new();
    assert_non_null(job);
    job->session = number;
    job->deployment_id = rows_id(deployment);
    job->site_id = rows_id(77);
    job->batch.batch = number + 1;
    job->batch.count = PROBES_PER_JOB;
    job->batch.probes = calloc(PROBES_PER_JOB, sizeof(*job->batch.probes));
    for (uint32_t i = 0; i < PROBES_PER_JOB; i++) {
        struct ov_secret *descriptor = &job->batch.probes[i].descriptor;
        assert_int_equal(ov_secret_new(descriptor, ROWS_DIMENSION * sizeof(float)), OV_OK);
        float *row = (float *)(void *)descriptor->data;
        if (i == 0)
            rows_near(row, fixture->people[number % PEOPLE], 0.04f, &seed);
        else
            rows_fill(row, &seed);
    }
    return job;
}

static void *swap_galleries(void *ctx)
{
    struct fixture *fixture = ctx;
    for (uint32_t turn = 0; atomic_load(&fixture->swapping); turn++) {
        struct deployment deployment = make_deployment(1 + turn % 2);
        assert_int_equal(registry_put(fixture->registry, &deployment, make_gallery(fixture, turn)),
                         OV_OK);
    }
    return NULL;
}

static void check_job(const struct match_job *job)
{
    struct ov_id expected = rows_id((uint32_t)job->session % PEOPLE);
    assert_int_equal(job->outcome, MATCH_COMPARED);
    assert_int_equal(job->candidates.count, 1);
    assert_int_equal(job->candidates.items[0].query, 0);
    assert_true(ov_id_equal(&job->candidates.items[0].entry_id, &expected));
    assert_non_null(job->target);
}

static void every_job_is_answered_rightly_while_galleries_are_swapped(void **state)
{
    struct fixture *fixture = *state;
    pthread_t swapper;
    struct tally_totals totals;
    atomic_store(&fixture->swapping, true);
    assert_int_equal(pthread_create(&swapper, NULL, swap_galleries, fixture), 0);
    for (uint32_t i = 0; i < JOBS; i++)
        assert_int_equal(matchers_submit(fixture->matchers, make_job(fixture, i, 1 + i % 2)),
                         OV_OK);
    for (uint32_t i = 0; i < JOBS; i++) {
        void *job = NULL;
        assert_int_equal(ov_queue_pop(fixture->done, 60000, &job), OV_OK);
        check_job(job);
        match_job_free(job);
    }
    atomic_store(&fixture->swapping, false);
    assert_int_equal(pthread_join(swapper, NULL), 0);
    tally_totals(fixture->tally, &totals);
    assert_true(totals.probes_compared >= (int64_t)JOBS * PROBES_PER_JOB);
}

static void of_a_probe_without_a_match_no_descriptor_is_left(void **state)
{
    struct fixture *fixture = *state;
    void *item = NULL;
    assert_int_equal(matchers_submit(fixture->matchers, make_job(fixture, 3, 1)), OV_OK);
    assert_int_equal(ov_queue_pop(fixture->done, 60000, &item), OV_OK);
    struct match_job *job = item;
    assert_non_null(job->batch.probes[0].descriptor.data);
    for (size_t i = 1; i < PROBES_PER_JOB; i++)
        assert_null(job->batch.probes[i].descriptor.data);
    match_job_free(job);
}

/* Of one with a match the turned form alone, in which it is sealed. */
static void of_a_probe_with_a_match_the_turned_descriptor_is_left(void **state)
{
    struct fixture *fixture = *state;
    void *item = NULL;
    float turned[ROWS_DIMENSION];
    struct match_job *job = make_job(fixture, 3, 1);
    rotation_apply(fixture->rotation,
                   (const float *)(const void *)job->batch.probes[0].descriptor.data, 1, turned);
    assert_int_equal(matchers_submit(fixture->matchers, job), OV_OK);
    assert_int_equal(ov_queue_pop(fixture->done, 60000, &item), OV_OK);
    job = item;
    assert_memory_equal(job->batch.probes[0].descriptor.data, turned, sizeof(turned));
    match_job_free(job);
}

static void nothing_is_compared_for_a_deployment_that_is_not_live(void **state)
{
    struct fixture *fixture = *state;
    struct tally_totals before;
    struct tally_totals after;
    struct deployment paused = make_deployment(3);
    paused.state = DEPLOYMENT_PAUSED;
    assert_int_equal(registry_put(fixture->registry, &paused, make_gallery(fixture, 0)), OV_OK);
    tally_totals(fixture->tally, &before);
    for (uint32_t deployment = 3; deployment <= 4; deployment++) { /* paused; not registered */
        void *item = NULL;
        assert_int_equal(matchers_submit(fixture->matchers, make_job(fixture, 3, deployment)),
                         OV_OK);
        assert_int_equal(ov_queue_pop(fixture->done, 60000, &item), OV_OK);
        struct match_job *job = item;
        assert_int_equal(job->outcome, MATCH_NOT_LIVE);
        assert_int_equal(job->candidates.count, 0);
        for (size_t i = 0; i < PROBES_PER_JOB; i++)
            assert_null(job->batch.probes[i].descriptor.data);
        match_job_free(job);
    }
    tally_totals(fixture->tally, &after);
    assert_int_equal(before.probes_compared, after.probes_compared);
}

static enum match_outcome outcome_of_a_job(struct fixture *fixture)
{
    void *item = NULL;
    assert_int_equal(matchers_submit(fixture->matchers, make_job(fixture, 3, 1)), OV_OK);
    assert_int_equal(ov_queue_pop(fixture->done, 60000, &item), OV_OK);
    enum match_outcome outcome = ((struct match_job *)item)->outcome;
    match_job_free(item);
    return outcome;
}

/* Whatever was true when the batch was received. */
static void nothing_is_compared_once_the_window_is_over(void **state)
{
    struct fixture *fixture = *state;
    atomic_store(&fixture->utc_us, ENDS_AT_US - 1);
    assert_int_equal(outcome_of_a_job(fixture), MATCH_COMPARED);
    atomic_store(&fixture->utc_us, ENDS_AT_US);
    assert_int_equal(outcome_of_a_job(fixture), MATCH_NOT_LIVE);
    atomic_store(&fixture->utc_us, 0);
}

static void nothing_is_compared_once_the_database_was_silent_too_long(void **state)
{
    struct fixture *fixture = *state;
    atomic_store(&fixture->mono_us, REGISTRY_SEARCH_LIMIT_US);
    assert_int_equal(outcome_of_a_job(fixture), MATCH_COMPARED);
    atomic_store(&fixture->mono_us, REGISTRY_SEARCH_LIMIT_US + 1);
    assert_int_equal(outcome_of_a_job(fixture), MATCH_NOT_LIVE);
    registry_confirm(fixture->registry, REGISTRY_SEARCH_LIMIT_US);
    assert_int_equal(outcome_of_a_job(fixture), MATCH_COMPARED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_job_is_answered_rightly_while_galleries_are_swapped),
        cmocka_unit_test(of_a_probe_without_a_match_no_descriptor_is_left),
        cmocka_unit_test(of_a_probe_with_a_match_the_turned_descriptor_is_left),
        cmocka_unit_test(nothing_is_compared_for_a_deployment_that_is_not_live),
        cmocka_unit_test(nothing_is_compared_once_the_window_is_over),
        cmocka_unit_test(nothing_is_compared_once_the_database_was_silent_too_long),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

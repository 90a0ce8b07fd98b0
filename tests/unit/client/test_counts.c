/* Counts per minute: final once sent, sent until acknowledged. */
#include "client/link/counts.h"
#include "tests/unit/client/test_client.h"

#define MINUTE (60 * OV_US_PER_S)
#define NOON (INT64_C(1777636800) * OV_US_PER_S)

static struct counts *fresh(void)
{
    const struct ov_id run = {{1}};
    struct counts *counts = counts_new(&run, "cam1");
    assert_non_null(counts);
    return counts;
}

static void add_faces(struct counts *counts, uint32_t faces, int64_t at_us)
{
    const struct counts_delta delta = {.faces_seen = faces};
    counts_add(counts, &delta, at_us);
}

static void test_a_minute_is_sent_only_when_it_is_over(void **state)
{
    (void)state;
    struct counts *counts = fresh();
    add_faces(counts, 2, NOON + 1);
    add_faces(counts, 3, NOON + MINUTE - 1);
    counts_tick(counts, NOON + MINUTE - 1);
    assert_null(counts_next(counts));
    counts_tick(counts, NOON + MINUTE);
    const struct ov_counts *done = counts_next(counts);
    assert_non_null(done);
    assert_int_equal(done->minute_us, NOON);
    assert_int_equal(done->faces_seen, 5);
    assert_string_equal(done->camera, "cam1");
    assert_null(counts_next(counts));
    counts_free(counts);
}

static void test_every_kind_of_number_is_added_up(void **state)
{
    (void)state;
    struct counts *counts = fresh();
    struct counts_delta delta = {.faces_seen = 1, .probes_sent = 2};
    delta.rejected[OV_QUALITY_BLURRED] = 3;
    delta.rejected[OV_REJECT_CAPACITY] = 4;
    counts_add(counts, &delta, NOON);
    counts_add(counts, &delta, NOON);
    counts_finish(counts);
    const struct ov_counts *done = counts_next(counts);
    assert_int_equal(done->faces_seen, 2);
    assert_int_equal(done->probes_sent, 4);
    assert_int_equal(done->rejected[OV_QUALITY_BLURRED], 6);
    assert_int_equal(done->rejected[OV_REJECT_CAPACITY], 8);
    counts_free(counts);
}

static void test_a_clock_set_back_never_reopens_a_minute(void **state)
{
    (void)state;
    struct counts *counts = fresh();
    add_faces(counts, 1, NOON);
    counts_tick(counts, NOON + MINUTE);
    add_faces(counts, 1, NOON - 10 * MINUTE);
    counts_finish(counts);
    assert_int_equal(counts_next(counts)->minute_us, NOON);
    assert_int_equal(counts_next(counts)->minute_us, NOON + MINUTE);
    counts_free(counts);
}

static void test_an_unacknowledged_minute_is_sent_again_after_a_reconnect(void **state)
{
    (void)state;
    struct counts *counts = fresh();
    add_faces(counts, 1, NOON);
    add_faces(counts, 1, NOON + MINUTE);
    counts_finish(counts);
    assert_non_null(counts_next(counts));
    assert_non_null(counts_next(counts));
    assert_true(counts_acked(counts, NOON));
    assert_false(counts_acked(counts, NOON));
    counts_resend(counts);
    assert_int_equal(counts_next(counts)->minute_us, NOON + MINUTE);
    assert_null(counts_next(counts));
    assert_int_equal(counts_waiting(counts), 1);
    counts_free(counts);
}

static void test_an_empty_minute_is_recorded_only_if_the_camera_watched(void **state)
{
    (void)state;
    struct counts *counts = fresh();
    counts_tick(counts, NOON + 5 * MINUTE);
    counts_finish(counts);
    assert_null(counts_next(counts));
    counts_watching(counts, NOON + 6 * MINUTE);
    counts_tick(counts, NOON + 7 * MINUTE);
    assert_int_equal(counts_next(counts)->faces_seen, 0);
    counts_free(counts);
}

static void test_a_day_without_the_server_loses_the_oldest_first(void **state)
{
    (void)state;
    struct counts *counts = fresh();
    for (int i = 0; i <= COUNTS_MAX; i++)
        add_faces(counts, 1, NOON + i * MINUTE);
    counts_finish(counts);
    assert_int_equal(counts_waiting(counts), COUNTS_MAX);
    assert_int_equal(counts_next(counts)->minute_us, NOON + MINUTE);
    counts_free(counts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_minute_is_sent_only_when_it_is_over),
        cmocka_unit_test(test_every_kind_of_number_is_added_up),
        cmocka_unit_test(test_a_clock_set_back_never_reopens_a_minute),
        cmocka_unit_test(test_an_unacknowledged_minute_is_sent_again_after_a_reconnect),
        cmocka_unit_test(test_an_empty_minute_is_recorded_only_if_the_camera_watched),
        cmocka_unit_test(test_a_day_without_the_server_loses_the_oldest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

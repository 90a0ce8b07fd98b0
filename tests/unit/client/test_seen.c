/* Alerts are shown once, whatever the number of deliveries. */
#include "client/link/seen.h"
#include "tests/unit/client/test_client.h"

static struct ov_id id_of(uint32_t number)
{
    struct ov_id id = {{1}};
    memcpy(id.bytes + 4, &number, sizeof(number));
    return id;
}

static void test_a_second_delivery_is_not_new(void **state)
{
    (void)state;
    struct seen *seen = seen_new();
    const struct ov_id id = id_of(1);
    assert_int_equal(seen_arrived(seen, &id, 5), SEEN_NEW);
    assert_int_equal(seen_arrived(seen, &id, 5), SEEN_WAITING);
    assert_int_equal(seen_waiting(seen), 1);
    assert_false(seen_has_shown(seen, 5));
    assert_true(seen_shown(seen, &id));
    assert_true(seen_has_shown(seen, 5));
    assert_int_equal(seen_arrived(seen, &id, 5), SEEN_SHOWN);
    assert_int_equal(seen_waiting(seen), 0);
    seen_free(seen);
}

static void test_one_that_could_not_be_shown_is_new_again(void **state)
{
    (void)state;
    struct seen *seen = seen_new();
    const struct ov_id id = id_of(1);
    assert_int_equal(seen_arrived(seen, &id, 0), SEEN_NEW);
    seen_forget(seen, &id);
    assert_false(seen_shown(seen, &id));
    assert_int_equal(seen_arrived(seen, &id, 0), SEEN_NEW);
    seen_free(seen);
}

static void test_alerts_of_other_runs_answer_for_no_sequence_of_ours(void **state)
{
    (void)state;
    struct seen *seen = seen_new();
    const struct ov_id id = id_of(1);
    (void)seen_arrived(seen, &id, 0);
    (void)seen_shown(seen, &id);
    assert_false(seen_has_shown(seen, 0));
    seen_free(seen);
}

static void test_memory_is_bounded_and_the_oldest_goes_first(void **state)
{
    (void)state;
    struct seen *seen = seen_new();
    for (uint32_t i = 0; i <= SEEN_MAX; i++) {
        const struct ov_id id = id_of(i);
        assert_int_equal(seen_arrived(seen, &id, 0), SEEN_NEW);
        assert_true(seen_shown(seen, &id));
    }
    const struct ov_id second = id_of(1);
    const struct ov_id first = id_of(0);
    assert_int_equal(seen_arrived(seen, &second, 0), SEEN_SHOWN);
    assert_int_equal(seen_arrived(seen, &first, 0), SEEN_NEW);
    seen_free(seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_second_delivery_is_not_new),
        cmocka_unit_test(test_one_that_could_not_be_shown_is_new_again),
        cmocka_unit_test(test_alerts_of_other_runs_answer_for_no_sequence_of_ours),
        cmocka_unit_test(test_memory_is_bounded_and_the_oldest_goes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

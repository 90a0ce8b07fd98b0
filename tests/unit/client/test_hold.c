/* The pause key: it holds until the server has paused and said live again, and no shorter. */
#include "client/link/hold.h"
#include "tests/unit/client/test_client.h"

static void test_a_key_that_the_server_hears_of_holds_until_it_is_live_again(void **state)
{
    (void)state;
    enum hold hold = HOLD_NONE;
    assert_true(hold_live(&hold));
    assert_true(hold_press(&hold));
    assert_false(hold_press(&hold));
    hold_sent(&hold);
    assert_false(hold_live(&hold)); /* a change of the threshold, before the request arrived */
    assert_int_equal(hold, HOLD_SENT);
    assert_true(hold_paused(&hold));
    assert_false(hold_paused(&hold));
    assert_true(hold_live(&hold));
    assert_int_equal(hold, HOLD_NONE);
}

static void test_a_key_without_a_server_is_reported_in_the_next_session(void **state)
{
    (void)state;
    enum hold hold = HOLD_NONE;
    assert_true(hold_press(&hold));
    assert_false(hold_live(&hold)); /* Welcome: it never heard of it */
    assert_int_equal(hold, HOLD_PRESSED);
    hold_sent(&hold);
    assert_true(hold_paused(&hold));
    assert_true(hold_live(&hold));
}

static void test_a_request_on_a_lost_connection_is_sent_again(void **state)
{
    (void)state;
    enum hold hold = HOLD_SENT;
    assert_false(hold_live(&hold));
    hold_sent(&hold);
    assert_int_equal(hold, HOLD_SENT);
}

static void test_not_live_answers_only_a_request_that_was_sent(void **state)
{
    (void)state;
    enum hold hold = HOLD_PRESSED; /* waiting for the deployment to begin */
    assert_false(hold_not_live(&hold));
    assert_int_equal(hold, HOLD_PRESSED);
    hold = HOLD_SENT;
    assert_true(hold_not_live(&hold));
    assert_int_equal(hold, HOLD_KNOWN);
    hold = HOLD_NONE;
    assert_false(hold_not_live(&hold));
    assert_int_equal(hold, HOLD_NONE);
}

static void test_without_a_key_nothing_is_held(void **state)
{
    (void)state;
    enum hold hold = HOLD_NONE;
    assert_false(hold_paused(&hold)); /* somebody else paused */
    hold_sent(&hold);
    assert_int_equal(hold, HOLD_NONE);
    assert_true(hold_live(&hold));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_key_that_the_server_hears_of_holds_until_it_is_live_again),
        cmocka_unit_test(test_a_key_without_a_server_is_reported_in_the_next_session),
        cmocka_unit_test(test_a_request_on_a_lost_connection_is_sent_again),
        cmocka_unit_test(test_not_live_answers_only_a_request_that_was_sent),
        cmocka_unit_test(test_without_a_key_nothing_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

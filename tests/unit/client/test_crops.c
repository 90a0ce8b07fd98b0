/* Crops: bounded in number and age, wiped when they go. */
#include "client/link/crops.h"
#include "tests/unit/client/test_client.h"

#define NOW (1000 * OV_US_PER_S)

static void put(struct crops *crops, uint64_t sequence, int64_t at_us)
{
    struct ov_secret jpeg = secret_of("a picture of a face");
    crops_put(crops, sequence, &jpeg, at_us);
    assert_null(jpeg.data); /* taken on every path */
}

static void test_a_compared_face_is_forgotten_unless_it_alerted(void **state)
{
    (void)state;
    struct crops *crops = crops_new();
    put(crops, 1, NOW);
    put(crops, 2, NOW);
    crops_alerted(crops, 2);
    crops_compared(crops, 1);
    crops_compared(crops, 2);
    assert_null(crops_get(crops, 1));
    assert_non_null(crops_get(crops, 2));
    assert_int_equal(crops_undelivered(crops), 1);
    crops_free(crops);
}

static void test_no_crop_lives_longer_than_15_s_without_an_alert_and_60_s_with_one(void **state)
{
    (void)state;
    struct crops *crops = crops_new();
    put(crops, 1, NOW);
    put(crops, 2, NOW);
    crops_alerted(crops, 2);
    crops_expire(crops, NOW + 15 * OV_US_PER_S - 1);
    assert_int_equal(crops_length(crops), 2);
    crops_expire(crops, NOW + 15 * OV_US_PER_S);
    assert_null(crops_get(crops, 1));
    crops_expire(crops, NOW + 60 * OV_US_PER_S - 1);
    assert_non_null(crops_get(crops, 2));
    crops_expire(crops, NOW + 60 * OV_US_PER_S);
    assert_int_equal(crops_length(crops), 0);
    crops_free(crops);
}

static void test_an_expired_crop_has_been_wiped_in_memory(void **state)
{
    (void)state;
    struct crops *crops = crops_new();
    put(crops, 1, NOW);
    const unsigned char *where = crops_get(crops, 1)->data;
    assert_memory_equal(where, "a picture of a face", 19);
    crops_expire(crops, NOW + 15 * OV_US_PER_S);
    /* Blocks of this size stay mapped on the free list. The first bytes may hold its link. */
    static const unsigned char zeros[11];
    assert_memory_equal(where + 8, zeros, sizeof(zeros));
    crops_free(crops);
}

static void test_a_full_store_gives_up_the_oldest_without_alert(void **state)
{
    (void)state;
    struct crops *crops = crops_new();
    for (uint64_t i = 1; i <= CROPS_MAX; i++)
        put(crops, i, NOW);
    crops_alerted(crops, 1);
    put(crops, CROPS_MAX + 1, NOW);
    assert_int_equal(crops_length(crops), CROPS_MAX);
    assert_non_null(crops_get(crops, 1));
    assert_null(crops_get(crops, 2));
    assert_non_null(crops_get(crops, CROPS_MAX + 1));
    for (uint64_t i = 1; i <= CROPS_MAX + 1; i++)
        crops_alerted(crops, i);
    put(crops, CROPS_MAX + 2, NOW);
    assert_null(crops_get(crops, CROPS_MAX + 2));
    assert_int_equal(crops_length(crops), CROPS_MAX);
    crops_free(crops);
}

static void test_a_crop_is_delivered_only_when_a_later_ping_is_answered(void **state)
{
    (void)state;
    struct crops *crops = crops_new();
    put(crops, 1, NOW);
    crops_alerted(crops, 1);
    crops_sent(crops, 1, 7);
    crops_answered(crops, 6);
    assert_non_null(crops_get(crops, 1));
    crops_disconnected(crops); /* what was sent may be lost */
    crops_answered(crops, 8);
    assert_non_null(crops_get(crops, 1));
    crops_sent(crops, 1, 9);
    crops_answered(crops, 9);
    assert_null(crops_get(crops, 1));
    crops_free(crops);
}

static void test_wiping_forgets_everything(void **state)
{
    (void)state;
    struct crops *crops = crops_new();
    put(crops, 1, NOW);
    put(crops, 2, NOW);
    crops_alerted(crops, 2);
    crops_wipe(crops);
    assert_int_equal(crops_length(crops), 0);
    assert_null(crops_get(crops, 0)); /* no sequence is 0: a free place is never found */
    crops_free(crops);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_compared_face_is_forgotten_unless_it_alerted),
        cmocka_unit_test(test_no_crop_lives_longer_than_15_s_without_an_alert_and_60_s_with_one),
        cmocka_unit_test(test_an_expired_crop_has_been_wiped_in_memory),
        cmocka_unit_test(test_a_full_store_gives_up_the_oldest_without_alert),
        cmocka_unit_test(test_a_crop_is_delivered_only_when_a_later_ping_is_answered),
        cmocka_unit_test(test_wiping_forgets_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

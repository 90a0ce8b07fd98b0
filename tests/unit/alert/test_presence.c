/* Which sites get alerts: counted sessions per site and deployment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/alert/crop.h"
#include "server/alert/presence.h"

static void a_pair_stays_until_its_last_session_has_gone(void **state)
{
    struct presence *presence = presence_new();
    struct presence_pair pairs[PRESENCE_MAX];
    struct ov_id north = {{1}};
    struct ov_id south = {{2}};
    struct ov_id trial = {{3}};
    assert_int_equal(presence_add(presence, &north, &trial), OV_OK);
    assert_int_equal(presence_add(presence, &north, &trial), OV_OK);
    assert_int_equal(presence_add(presence, &south, &trial), OV_OK);
    assert_int_equal(presence_list(presence, pairs), 2);
    presence_remove(presence, &north, &trial);
    assert_int_equal(presence_list(presence, pairs), 2);
    presence_remove(presence, &north, &trial);
    assert_int_equal(presence_list(presence, pairs), 1);
    assert_true(ov_id_equal(&pairs[0].site_id, &south));
    presence_remove(presence, &north, &trial); /* not there: harmless */
    assert_int_equal(presence_list(presence, pairs), 1);
    presence_free(presence);
}

static void an_arrival_is_told_once(void **state)
{
    struct presence *presence = presence_new();
    struct ov_id id = {{1}};
    assert_false(presence_take_arrived(presence));
    assert_int_equal(presence_add(presence, &id, &id), OV_OK);
    assert_true(presence_take_arrived(presence));
    assert_false(presence_take_arrived(presence));
    presence_free(presence);
}

static void there_is_a_limit_to_the_pairs(void **state)
{
    struct presence *presence = presence_new();
    struct ov_id id = {{0}};
    for (int i = 0; i < PRESENCE_MAX; i++) {
        id.bytes[0] = (uint8_t)i;
        id.bytes[1] = (uint8_t)(i >> 8);
        assert_int_equal(presence_add(presence, &id, &id), OV_OK);
    }
    id.bytes[2] = 1;
    assert_int_equal(presence_add(presence, &id, &id), OV_ERR_LIMIT);
    id.bytes[2] = 0; /* one that is there already still fits */
    assert_int_equal(presence_add(presence, &id, &id), OV_OK);
    presence_free(presence);
}

static void a_crop_matches_from_the_threshold_on(void **state)
{
    assert_true(crop_score_is_match(CROP_MATCH_COSINE));
    assert_true(crop_score_is_match(1.0f));
    assert_false(crop_score_is_match(CROP_MATCH_COSINE - 1e-6f));
    assert_false(crop_score_is_match(-1.0f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_stays_until_its_last_session_has_gone),
        cmocka_unit_test(an_arrival_is_told_once),
        cmocka_unit_test(there_is_a_limit_to_the_pairs),
        cmocka_unit_test(a_crop_matches_from_the_threshold_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

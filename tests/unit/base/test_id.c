/* Identifiers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/id.h"

static void a_new_id_is_a_random_version_4_uuid(void **state)
{
    (void)state;
    struct ov_id last = ov_id_new();
    for (int i = 0; i < 100; i++) {
        struct ov_id id = ov_id_new();
        assert_int_equal(id.bytes[6] >> 4, 4);
        assert_int_equal(id.bytes[8] >> 6, 2);
        assert_false(ov_id_equal(&id, &last));
        assert_false(ov_id_is_zero(&id));
        last = id;
    }
}

static void ids_go_to_text_and_back(void **state)
{
    (void)state;
    static const char text[] = "00112233-4455-4677-8899-aabbccddeeff";
    char out[OV_ID_TEXT_SIZE];
    struct ov_id id;
    assert_int_equal(ov_id_parse(text, &id), OV_OK);
    assert_string_equal(ov_id_format(&id, out), text);
    assert_int_equal(ov_id_parse("00112233-4455-4677-8899-AABBCCDDEEFF", &id), OV_OK);
    assert_string_equal(ov_id_format(&id, out), text);
}

static void anything_else_is_no_id(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "00112233445546778899aabbccddeeff",
                                      "00112233-4455-4677-8899-aabbccddeef",
                                      "00112233-4455-4677-8899-aabbccddeefff",
                                      "00112233-4455-4677-8899-aabbccddeefg",
                                      "001122334-455-4677-8899-aabbccddeeff",
                                      "{0112233-4455-4677-8899-aabbccddeef}",
                                      "------------------------------------"};
    struct ov_id id = {{1}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(ov_id_parse(bad[i], &id), OV_ERR_INVALID);
    assert_int_equal(id.bytes[0], 1);
    struct ov_id zero = {{0}};
    assert_true(ov_id_is_zero(&zero));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_id_is_a_random_version_4_uuid),
        cmocka_unit_test(ids_go_to_text_and_back),
        cmocka_unit_test(anything_else_is_no_id),
    };
    return cmocka_run_group_tests_name("id", tests, NULL, NULL);
}

/* Keyed tags: deterministic under one key, unrelated under another key or purpose. */
#include "tests/unit/service/service_tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/bytes.h"
#include "server/vault/keys.h"

static void tag(uint8_t fill, const char *purpose, const char *data, uint8_t out[VAULT_TAG_BYTES])
{
    struct vault_key key = {.class_id = VAULT_WATCHLIST};
    assert_int_equal(ov_secret_new(&key.key, 32), OV_OK);
    memset(key.key.data, fill, key.key.size);
    assert_int_equal(vault_tag(&key, purpose, data, strlen(data), out, NULL), OV_OK);
    ov_secret_free(&key.key);
}

static void test_a_tag_is_hkdf_and_hmac_as_documented(void **state)
{
    (void)state;
    /* Computed independently with Python's hmac: prk = HMAC(32 zero bytes, key), derived =
     * HMAC(prk, "overt tag v1\0entry.id\x01"), tag = HMAC(derived, "REF-0001"). */
    uint8_t expected[VAULT_TAG_BYTES];
    uint8_t got[VAULT_TAG_BYTES];
    assert_int_equal(
        ov_hex_decode("3c5722d5a8737a17e2b09a7b5171812dbb47a54cee4b18975afcf7746b43b252", expected,
                      sizeof(expected)),
        OV_OK);
    tag(0x42, "entry.id", "REF-0001", got);
    assert_memory_equal(got, expected, sizeof(got));
}

static void test_tags_differ_by_key_purpose_and_data(void **state)
{
    (void)state;
    uint8_t first[VAULT_TAG_BYTES];
    uint8_t other[VAULT_TAG_BYTES];
    tag(1, "entry.id", "a", first);
    tag(1, "entry.id", "a", other);
    assert_memory_equal(first, other, sizeof(first));
    tag(2, "entry.id", "a", other);
    assert_memory_not_equal(first, other, sizeof(first));
    tag(1, "image.digest", "a", other);
    assert_memory_not_equal(first, other, sizeof(first));
    tag(1, "entry.id", "b", other);
    assert_memory_not_equal(first, other, sizeof(first));
}

int run_tag_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_tag_is_hkdf_and_hmac_as_documented),
        cmocka_unit_test(test_tags_differ_by_key_purpose_and_data),
    };
    return cmocka_run_group_tests_name("tag", tests, NULL, NULL);
}

/* Leases can be checked with the public key of Welcome; wanted crops are kept once and in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "common/base/clock.h"
#include "server/capture/lease.h"
#include "server/capture/wanted.h"

static bool is_signed(const uint8_t *public_key, const struct ov_lease *lease,
                      const struct ov_id *run_id)
{
    uint8_t text[OV_LEASE_SIGNED_BYTES];
    ov_lease_signed_bytes(lease, run_id, text);
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, LEASE_KEY_BYTES);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good =
        EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
        EVP_DigestVerify(ctx, lease->signature, sizeof(lease->signature), text, sizeof(text)) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return good;
}

static void a_lease_holds_for_one_run_deployment_number_and_time(void **state)
{
    struct lease_signer *signer = NULL;
    struct ov_id run = ov_id_new();
    struct ov_id other_run = ov_id_new();
    struct ov_lease lease = {.deployment_id = ov_id_new(), .number = 5, .valid_ms = LEASE_VALID_MS};
    assert_int_equal(lease_signer_new(&signer, NULL), OV_OK);
    const uint8_t *key = lease_signer_public(signer);
    assert_int_equal(lease_sign(signer, &run, &lease, NULL), OV_OK);
    assert_true(is_signed(key, &lease, &run));
    assert_false(is_signed(key, &lease, &other_run));
    struct ov_lease changed = lease;
    changed.number++;
    assert_false(is_signed(key, &changed, &run));
    changed = lease;
    changed.valid_ms++;
    assert_false(is_signed(key, &changed, &run));
    changed = lease;
    changed.deployment_id = ov_id_new();
    assert_false(is_signed(key, &changed, &run));
    lease_signer_free(signer);
}

static void each_signer_has_a_key_of_its_own(void **state)
{
    struct lease_signer *one = NULL;
    struct lease_signer *two = NULL;
    assert_int_equal(lease_signer_new(&one, NULL), OV_OK);
    assert_int_equal(lease_signer_new(&two, NULL), OV_OK);
    assert_memory_not_equal(lease_signer_public(one), lease_signer_public(two), LEASE_KEY_BYTES);
    lease_signer_free(one);
    lease_signer_free(two);
}

static void wanted_crops_are_bounded_and_forgotten_in_time(void **state)
{
    struct wanted *wanted = calloc(1, sizeof(*wanted));
    struct ov_id first = ov_id_new();
    assert_non_null(wanted);
    struct wanted_crop crop = {.alert_id = first, .since_us = 0};
    wanted_add(wanted, &crop);
    wanted_add(wanted, &crop);
    assert_int_equal(wanted->count, 1);
    for (int i = 1; i <= (int)WANTED_MAX; i++) {
        crop.alert_id = ov_id_new();
        crop.since_us = i;
        wanted_add(wanted, &crop);
    }
    assert_int_equal(wanted->count, WANTED_MAX);
    assert_false(ov_id_equal(&wanted->items[0].alert_id, &first)); /* the oldest went */
    wanted_remove(wanted, &crop.alert_id);
    assert_int_equal(wanted->count, WANTED_MAX - 1);
    wanted_expire(wanted, 100 + WANTED_FOR_US);
    assert_int_equal(wanted->items[0].since_us, 100);
    wanted_expire(wanted, INT64_MAX / 2);
    assert_int_equal(wanted->count, 0);
    free(wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lease_holds_for_one_run_deployment_number_and_time),
        cmocka_unit_test(each_signer_has_a_key_of_its_own),
        cmocka_unit_test(wanted_crops_are_bounded_and_forgotten_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

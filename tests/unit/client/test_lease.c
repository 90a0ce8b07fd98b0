/* Leases: what is accepted, for how long, and what is not. */
#include <openssl/evp.h>

#include "client/link/lease.h"
#include "tests/unit/client/test_client.h"

#define NOW (1000 * OV_US_PER_S)

static const struct ov_id run = {{1, 2, 3}};
static const struct ov_id deployment = {{4, 5, 6}};

struct signer {
    EVP_PKEY *key;
    struct lease_state state;
};

static int make_signer(void **state)
{
    static struct signer signer;
    uint8_t public_key[LEASE_KEY_BYTES];
    size_t size = sizeof(public_key);
    signer.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (signer.key == NULL || EVP_PKEY_get_raw_public_key(signer.key, public_key, &size) != 1)
        return -1;
    lease_init(&signer.state, &run);
    lease_welcome(&signer.state, &deployment, public_key);
    *state = &signer;
    return 0;
}

static int drop_signer(void **state)
{
    struct signer *signer = *state;
    EVP_PKEY_free(signer->key);
    return 0;
}

static struct ov_lease make_lease(const struct signer *signer, uint64_t number, uint32_t valid_ms,
                                  const struct ov_id *for_run)
{
    struct ov_lease lease = {.deployment_id = deployment, .number = number, .valid_ms = valid_ms};
    uint8_t text[OV_LEASE_SIGNED_BYTES];
    size_t size = sizeof(lease.signature);
    ov_lease_signed_bytes(&lease, for_run, text);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, signer->key), 1);
    assert_int_equal(EVP_DigestSign(ctx, lease.signature, &size, text, sizeof(text)), 1);
    EVP_MD_CTX_free(ctx);
    return lease;
}

static void assert_refused(struct signer *signer, const struct ov_lease *lease, const char *code)
{
    struct ov_error err = OV_ERROR_INIT;
    int64_t before_us = signer->state.until_mono_us;
    assert_int_not_equal(lease_accept(&signer->state, lease, NOW, &err), OV_OK);
    assert_string_equal(err.code, code);
    assert_int_equal(signer->state.until_mono_us, before_us);
}

static void accept(struct signer *signer, const struct ov_lease *lease, int64_t now_us)
{
    assert_int_equal(lease_accept(&signer->state, lease, now_us, NULL), OV_OK);
}

static void test_without_a_lease_there_is_no_permission(void **state)
{
    struct signer *signer = *state;
    assert_false(lease_is_valid(&signer->state, NOW));
    assert_false(lease_is_valid(&signer->state, 1));
}

static void test_a_lease_holds_from_receipt_and_no_longer(void **state)
{
    struct signer *signer = *state;
    const struct ov_lease lease = make_lease(signer, 1, 20000, &run);
    accept(signer, &lease, NOW);
    assert_true(lease_is_valid(&signer->state, NOW + 20 * OV_US_PER_S - 1));
    assert_false(lease_is_valid(&signer->state, NOW + 20 * OV_US_PER_S));
}

static void test_no_lease_holds_longer_than_30_s(void **state)
{
    struct signer *signer = *state;
    const struct ov_lease lease = make_lease(signer, 1, 60000, &run);
    accept(signer, &lease, NOW);
    assert_false(lease_is_valid(&signer->state, NOW + 30 * OV_US_PER_S));
}

static void test_a_lease_of_zero_ends_the_permission(void **state)
{
    struct signer *signer = *state;
    const struct ov_lease first = make_lease(signer, 1, 30000, &run);
    const struct ov_lease second = make_lease(signer, 2, 0, &run);
    accept(signer, &first, NOW);
    accept(signer, &second, NOW + 1);
    assert_false(lease_is_valid(&signer->state, NOW + 1));
}

static void test_a_wrong_signature_is_refused(void **state)
{
    struct signer *signer = *state;
    struct ov_lease lease = make_lease(signer, 1, 30000, &run);
    lease.signature[10] ^= 1;
    assert_refused(signer, &lease, "lease.signature");
    lease.signature[10] ^= 1;
    lease.valid_ms = 30001; /* signed for 30000 */
    assert_refused(signer, &lease, "lease.signature");
}

static void test_a_lease_signed_with_another_key_is_refused(void **state)
{
    struct signer *signer = *state;
    struct signer other = *signer;
    other.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    const struct ov_lease lease = make_lease(&other, 1, 30000, &run);
    assert_refused(signer, &lease, "lease.signature");
    EVP_PKEY_free(other.key);
}

static void test_a_lease_of_another_run_is_refused(void **state)
{
    struct signer *signer = *state;
    const struct ov_id other = {{9}};
    const struct ov_lease lease = make_lease(signer, 1, 30000, &other);
    assert_refused(signer, &lease, "lease.signature");
}

static void test_a_lease_of_another_deployment_is_refused(void **state)
{
    struct signer *signer = *state;
    struct ov_lease lease = make_lease(signer, 1, 30000, &run);
    lease.deployment_id.bytes[0] ^= 1;
    assert_refused(signer, &lease, "lease.deployment");
}

static void test_an_older_or_repeated_lease_is_refused(void **state)
{
    struct signer *signer = *state;
    const struct ov_lease fifth = make_lease(signer, 5, 30000, &run);
    const struct ov_lease fourth = make_lease(signer, 4, 30000, &run);
    accept(signer, &fifth, NOW);
    assert_refused(signer, &fifth, "lease.number");
    assert_refused(signer, &fourth, "lease.number");
}

static void test_a_new_session_counts_anew_and_keeps_what_still_holds(void **state)
{
    struct signer *signer = *state;
    uint8_t key[LEASE_KEY_BYTES];
    memcpy(key, signer->state.key, sizeof(key));
    const struct ov_lease fifth = make_lease(signer, 5, 30000, &run);
    accept(signer, &fifth, NOW);
    lease_welcome(&signer->state, &deployment, key);
    assert_true(lease_is_valid(&signer->state, NOW + 1));
    const struct ov_lease first = make_lease(signer, 1, 30000, &run);
    accept(signer, &first, NOW + OV_US_PER_S);
    assert_true(lease_is_valid(&signer->state, NOW + 30 * OV_US_PER_S));
}

static void test_another_deployment_starts_without_permission(void **state)
{
    struct signer *signer = *state;
    uint8_t key[LEASE_KEY_BYTES];
    memcpy(key, signer->state.key, sizeof(key));
    const struct ov_lease lease = make_lease(signer, 1, 30000, &run);
    accept(signer, &lease, NOW);
    const struct ov_id other = {{7}};
    lease_welcome(&signer->state, &other, key);
    assert_false(lease_is_valid(&signer->state, NOW + 1));
}

#define LEASE_TEST(name) cmocka_unit_test_setup_teardown(name, make_signer, drop_signer)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LEASE_TEST(test_without_a_lease_there_is_no_permission),
        LEASE_TEST(test_a_lease_holds_from_receipt_and_no_longer),
        LEASE_TEST(test_no_lease_holds_longer_than_30_s),
        LEASE_TEST(test_a_lease_of_zero_ends_the_permission),
        LEASE_TEST(test_a_wrong_signature_is_refused),
        LEASE_TEST(test_a_lease_signed_with_another_key_is_refused),
        LEASE_TEST(test_a_lease_of_another_run_is_refused),
        LEASE_TEST(test_a_lease_of_another_deployment_is_refused),
        LEASE_TEST(test_an_older_or_repeated_lease_is_refused),
        LEASE_TEST(test_a_new_session_counts_anew_and_keeps_what_still_holds),
        LEASE_TEST(test_another_deployment_starts_without_permission),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

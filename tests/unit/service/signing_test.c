/* Statements and signatures: what is taken for a person's signature, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "common/base/bytes.h"
#include "server/service/signing.h"
#include "tests/unit/service/service_tests.h"

/* The vectors of server/audit/README.md. */
static const char vector_statement[] =
    "overt statement v1; act=deployment.apply; "
    "deployment=33333333-3333-4333-8333-333333333333; "
    "application=bf78903fd175caa4ab37c91a30b3a223c6703c3279bd6afd9ded304685cfc84a";
static const char vector_p256_key[] =
    "3059301306072a8648ce3d020106082a8648ce3d03010703420004d71b41c15161468d32"
    "47e2847e87f90db0f1822bc597029cb43fc27042fb1fa64a98d1d18bf796ad278e339c65"
    "bd4d53364ca803dee3e07baee0b4d6ce559e32";
static const char vector_p256_value[] =
    "30440220330bc74e89a65396a1ad9209864b63b9c8f50cdd1354d4d83717212b85f3505e"
    "02206db2f19f0f9be8dbd0e8a4e080cbaf16c840baa515754bfa15a0f06655920a8b";
static const char vector_ed25519_key[] =
    "302a300506032b6570032100b43c52069ef7b51612402a9d992512f8bc94a75e0a2fd97f"
    "e4d4088b480fb6cb";
static const char vector_ed25519_value[] =
    "29bf80026ed3fe88c9b0220138f119972d7f377b6bf99714d1d0e2354a127c33205023bb"
    "bdaac3ff1b608891827252fda1bf34d9404fe33a83aeb1f08370f403";

struct signer {
    EVP_PKEY *key;
    struct actor actor;
    uint8_t value[256];
    struct signature signature;
};

static void make_signer(struct signer *signer, EVP_PKEY *take_key)
{
    memset(signer, 0, sizeof(*signer));
    signer->key = take_key;
    assert_non_null(take_key);
    int size = i2d_PUBKEY(take_key, NULL);
    assert_true(size > 0);
    if ((size_t)size > sizeof(signer->actor.key))
        return; /* as with a certificate: a key that does not fit is none */
    unsigned char *at = signer->actor.key;
    signer->actor.key_bytes = (size_t)i2d_PUBKEY(take_key, &at);
}

static void sign(struct signer *signer, const char *statement)
{
    size_t size = sizeof(signer->value);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const EVP_MD *digest = EVP_PKEY_is_a(signer->key, "ED25519") ? NULL : EVP_sha256();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, digest, NULL, signer->key), 1);
    assert_int_equal(EVP_DigestSign(ctx, signer->value, &size, (const unsigned char *)statement,
                                    strlen(statement)),
                     1);
    EVP_MD_CTX_free(ctx);
    signer->signature = (struct signature){statement, signer->value, size};
}

static struct signing_statement statement_of(const char *act)
{
    struct signing_statement statement;
    signing_begin(&statement, act);
    signing_int(&statement, "n", 7);
    assert_false(statement.failed);
    return statement;
}

static void assert_code(const struct signer *signer, const struct signing_statement *current,
                        const struct signature *given, const char *code)
{
    struct ov_error err = OV_ERROR_INIT;
    enum ov_status status = signing_check(&signer->actor, current, given, &err);
    assert_string_equal(err.code, code);
    assert_int_equal(status == OV_OK, code[0] == '\0');
}

static void the_vectors_of_the_readme_hold(void **state)
{
    (void)state;
    static const char *const vectors[][2] = {{vector_p256_key, vector_p256_value},
                                             {vector_ed25519_key, vector_ed25519_value}};
    struct signing_statement current = {.failed = false};
    (void)snprintf(current.text, sizeof(current.text), "%s", vector_statement);
    for (size_t i = 0; i < 2; i++) {
        struct signer signer = {.key = NULL};
        signer.actor.key_bytes = strlen(vectors[i][0]) / 2;
        assert_int_equal(ov_hex_decode(vectors[i][0], signer.actor.key, signer.actor.key_bytes),
                         OV_OK);
        size_t size = strlen(vectors[i][1]) / 2;
        assert_int_equal(ov_hex_decode(vectors[i][1], signer.value, size), OV_OK);
        struct signature given = {vector_statement, signer.value, size};
        assert_code(&signer, &current, &given, "");
        for (size_t bit = 0; bit < size * 8; bit++) {
            signer.value[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_code(&signer, &current, &given, "signature.invalid");
            signer.value[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

static void a_statement_is_one_line_in_the_order_given(void **state)
{
    (void)state;
    struct signing_statement statement;
    struct ov_id id;
    assert_int_equal(ov_id_parse("33333333-3333-4333-8333-333333333333", &id), OV_OK);
    signing_begin(&statement, "deployment.apply");
    signing_id(&statement, "deployment", &id);
    signing_digest(&statement, "settings", "\x00\xff", 2);
    signing_word(&statement, "authority", "oral");
    signing_int(&statement, "list_version", -3);
    assert_false(statement.failed);
    assert_string_equal(statement.text,
                        "overt statement v1; act=deployment.apply; "
                        "deployment=33333333-3333-4333-8333-333333333333; settings=00ff; "
                        "authority=oral; list_version=-3");
}

static void nothing_gets_into_a_statement_that_could_be_another_part_of_it(void **state)
{
    (void)state;
    static const char *const words[] = {"", "a; act=b", "a b", "a=b", "a\nb", "\xc3\xa9"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct signing_statement statement = statement_of("x");
        signing_word(&statement, "key", words[i]);
        assert_true(statement.failed);
        statement = statement_of("x");
        signing_word(&statement, words[i], "word");
        assert_true(statement.failed);
    }
    struct signing_statement statement = statement_of("x");
    for (int i = 0; i < 100 && !statement.failed; i++)
        signing_int(&statement, "number", i);
    assert_true(statement.failed);
}

static void both_kinds_of_keys_sign(void **state)
{
    (void)state;
    EVP_PKEY *keys[] = {EVP_EC_gen("P-256"), EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")};
    for (size_t i = 0; i < 2; i++) {
        struct signer signer;
        struct signing_statement current = statement_of("deployment.apply");
        make_signer(&signer, keys[i]);
        sign(&signer, current.text);
        assert_code(&signer, &current, &signer.signature, "");
        assert_code(&signer, &current, NULL, "signature.missing");
        EVP_PKEY_free(signer.key);
    }
}

static void what_is_not_current_any_more_is_stale(void **state)
{
    (void)state;
    struct signer signer;
    struct signing_statement old = statement_of("deployment.apply");
    struct signing_statement other_act = statement_of("deployment.authorise");
    struct signing_statement current = statement_of("deployment.apply");
    signing_int(&current, "m", 1);
    make_signer(&signer, EVP_EC_gen("P-256"));
    sign(&signer, old.text);
    assert_code(&signer, &current, &signer.signature, "signature.stale");
    assert_code(&signer, &other_act, &signer.signature, "signature.stale");
    /* The current statement with the signature over the old one. */
    signer.signature.statement = current.text;
    assert_code(&signer, &current, &signer.signature, "signature.invalid");
    EVP_PKEY_free(signer.key);
}

static void another_persons_key_does_not_sign_for_me(void **state)
{
    (void)state;
    struct signer mine;
    struct signer other;
    struct signing_statement current = statement_of("deployment.authorise");
    make_signer(&mine, EVP_EC_gen("P-256"));
    make_signer(&other, EVP_EC_gen("P-256"));
    sign(&other, current.text);
    assert_code(&mine, &current, &other.signature, "signature.invalid");
    EVP_PKEY_free(mine.key);
    EVP_PKEY_free(other.key);
}

static void keys_of_other_kinds_sign_nothing(void **state)
{
    (void)state;
    EVP_PKEY *keys[] = {EVP_RSA_gen(2048), EVP_EC_gen("P-384"), EVP_EC_gen("secp256k1"),
                        EVP_PKEY_Q_keygen(NULL, NULL, "X25519")};
    static const uint8_t value[64] = {1};
    struct signing_statement current = statement_of("deployment.apply");
    struct signature given = {current.text, value, sizeof(value)};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct signer signer;
        make_signer(&signer, keys[i]);
        assert_code(&signer, &current, &given, "signature.key");
        EVP_PKEY_free(signer.key);
    }
}

static void a_key_or_value_that_is_none_is_refused(void **state)
{
    (void)state;
    struct signer signer;
    struct signing_statement current = statement_of("deployment.apply");
    make_signer(&signer, EVP_EC_gen("P-256"));
    sign(&signer, current.text);
    struct signature given = signer.signature;
    for (given.value_bytes = 0; given.value_bytes < signer.signature.value_bytes;
         given.value_bytes++)
        assert_code(&signer, &current, &given, "signature.invalid");
    given.value_bytes = SIGNATURE_VALUE_MAX + 1;
    assert_code(&signer, &current, &given, "signature.invalid");
    for (size_t size = 0; size < signer.actor.key_bytes; size++) {
        struct signer cut = signer;
        cut.actor.key_bytes = size;
        assert_code(&cut, &current, &signer.signature, "signature.key");
    }
    signer.actor.key_bytes++; /* a byte too many */
    assert_code(&signer, &current, &signer.signature, "signature.key");
    EVP_PKEY_free(signer.key);
}

int run_signing_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_the_readme_hold),
        cmocka_unit_test(a_statement_is_one_line_in_the_order_given),
        cmocka_unit_test(nothing_gets_into_a_statement_that_could_be_another_part_of_it),
        cmocka_unit_test(both_kinds_of_keys_sign),
        cmocka_unit_test(what_is_not_current_any_more_is_stale),
        cmocka_unit_test(another_persons_key_does_not_sign_for_me),
        cmocka_unit_test(keys_of_other_kinds_sign_nothing),
        cmocka_unit_test(a_key_or_value_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

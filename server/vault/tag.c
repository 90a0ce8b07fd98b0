/* Keyed digests: HKDF and HMAC through OpenSSL's EVP. */
#include <stdbool.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "common/base/secret.h"
#include "server/vault/keys.h"

#define LABEL "overt tag v1"
#define PURPOSE_MAX 64u
#define LABEL_MAX 128u

enum ov_status vault_key_derive(const struct vault_key *key, const void *info, size_t info_size,
                                uint8_t ret_key[VAULT_DERIVED_BYTES], struct ov_error *err)
{
    char digest[] = "SHA256";
    uint8_t bytes[LABEL_MAX];
    if (info_size > sizeof(bytes))
        return ov_fail(err, OV_ERR_INTERNAL, "vault.derive", "the label of a key is too long");
    memcpy(bytes, info, info_size); /* OpenSSL's parameters are not constant */
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key->key.data, key->key.size),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, bytes, info_size),
        OSSL_PARAM_construct_end()};
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
    bool fine = ctx != NULL && EVP_KDF_derive(ctx, ret_key, VAULT_DERIVED_BYTES, params) == 1;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    if (fine)
        return OV_OK;
    ERR_clear_error();
    return ov_fail(err, OV_ERR_CRYPTO, "vault.derive", "a key cannot be derived");
}

enum ov_status vault_tag(const struct vault_key *key, const char *purpose, const void *data,
                         size_t size, uint8_t ret_tag[VAULT_TAG_BYTES], struct ov_error *err)
{
    char info[sizeof(LABEL) + PURPOSE_MAX + 1] = LABEL; /* its NUL separates label and purpose */
    size_t length = strlen(purpose);
    if (length == 0 || length > PURPOSE_MAX)
        return ov_fail(err, OV_ERR_INTERNAL, "vault.tag", "a tag's purpose has 1 to %u bytes",
                       PURPOSE_MAX);
    memcpy(info + sizeof(LABEL), purpose, length + 1); /* with its NUL, which is not counted */
    uint8_t derived[VAULT_DERIVED_BYTES];
    uint8_t tag[VAULT_TAG_BYTES];
    unsigned tag_size = 0;
    enum ov_status status = vault_key_derive(key, info, sizeof(LABEL) + length, derived, err);
    if (status != OV_OK)
        return status;
    bool fine = HMAC(EVP_sha256(), derived, sizeof(derived), data, size, tag, &tag_size) != NULL &&
                tag_size == VAULT_TAG_BYTES;
    ov_wipe(derived, sizeof(derived));
    if (!fine) {
        ERR_clear_error();
        return ov_fail(err, OV_ERR_CRYPTO, "vault.tag", "a keyed digest cannot be computed");
    }
    memcpy(ret_tag, tag, sizeof(tag));
    return OV_OK;
}

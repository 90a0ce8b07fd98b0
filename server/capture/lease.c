/* Ed25519 (RFC 8032) through OpenSSL. */
#include "server/capture/lease.h"

#include <stdlib.h>

#include <openssl/evp.h>

struct lease_signer {
    EVP_PKEY *key;
    uint8_t public_key[LEASE_KEY_BYTES];
};

enum ov_status lease_signer_new(struct lease_signer **ret_signer, struct ov_error *err)
{
    struct lease_signer *signer = calloc(1, sizeof(*signer));
    size_t size = LEASE_KEY_BYTES;
    if (signer == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "lease.memory", "no memory for a key");
    signer->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (signer->key == NULL ||
        EVP_PKEY_get_raw_public_key(signer->key, signer->public_key, &size) != 1) {
        lease_signer_free(signer);
        return ov_fail(err, OV_ERR_CRYPTO, "lease.key", "cannot draw an Ed25519 key");
    }
    *ret_signer = signer;
    return OV_OK;
}

void lease_signer_free(struct lease_signer *signer)
{
    if (signer == NULL)
        return;
    EVP_PKEY_free(signer->key);
    free(signer);
}

const uint8_t *lease_signer_public(const struct lease_signer *signer)
{
    return signer->public_key;
}

enum ov_status lease_sign(struct lease_signer *signer, const struct ov_id *run_id,
                          struct ov_lease *lease, struct ov_error *err)
{
    uint8_t text[OV_LEASE_SIGNED_BYTES];
    size_t size = OV_LEASE_SIGNATURE_BYTES;
    ov_lease_signed_bytes(lease, run_id, text);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool signed_it = ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, signer->key) == 1 &&
                     EVP_DigestSign(ctx, lease->signature, &size, text, sizeof(text)) == 1;
    EVP_MD_CTX_free(ctx);
    if (!signed_it)
        return ov_fail(err, OV_ERR_CRYPTO, "lease.sign", "cannot sign a lease");
    return OV_OK;
}
